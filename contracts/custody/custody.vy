# pragma version 0.4.3
# @license Apache-2.0
# @title Custody
# @notice Who holds an item, since when and in which condition: handed on only by two signatures, giver's and taker's.
# @dev The item is known by the salted digest of its description, which is its id. The holder alone offers it, the named
#      taker alone accepts, in the very condition that was offered; so every holder but the first was offered the item by
#      the one before, and the history says who held it at any block. The contract sees digests, never the item: that
#      digest and thing belong together says the holder who enters it.

from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Item:
    holder: bytes32
    taker: bytes32
    condition: bytes32
    offered: bytes32
    seal: bytes32
    state: uint256

event ItemEntered:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    condition: bytes32
    seal: bytes32

event ItemOffered:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    taker: bytes32
    condition: bytes32

event ItemTaken:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    giver: bytes32
    condition: bytes32
    seal: bytes32

event OfferEnded:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    taker: bytes32
    reason: bytes32

event SealChanged:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    condition: bytes32
    seal: bytes32

event ItemClosed:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    outcome: bytes32

NAME: constant(bytes32) = keccak256("Custody")
ITEM_ENTERED: constant(bytes32) = keccak256("ItemEntered(bytes32,uint256,uint256,bytes32,bytes32,bytes32)")
ITEM_OFFERED: constant(bytes32) = keccak256("ItemOffered(bytes32,uint256,uint256,bytes32,bytes32,bytes32)")
ITEM_TAKEN: constant(bytes32) = keccak256("ItemTaken(bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes32)")
OFFER_ENDED: constant(bytes32) = keccak256("OfferEnded(bytes32,uint256,uint256,bytes32,bytes32,bytes32)")
SEAL_CHANGED: constant(bytes32) = keccak256("SealChanged(bytes32,uint256,uint256,bytes32,bytes32,bytes32)")
ITEM_CLOSED: constant(bytes32) = keccak256("ItemClosed(bytes32,uint256,uint256,bytes32,bytes32)")

# States of an item.
HELD: constant(uint256) = 1
OFFERED: constant(uint256) = 2
CLOSED: constant(uint256) = 3

ANY_ROLE: constant(uint256) = 127

items: public(HashMap[bytes32, Item])


@external
def enter(id: bytes32, condition: bytes32, seal: bytes32):
    """
    @notice Begin an item's custody at the caller's party.
    @param id Salted digest of the item's description.
    @param condition Digest of the condition it is in; salted where it can be guessed.
    @param seal Digest of the seal on it, nothing if it is open.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert id != empty(bytes32) and condition != empty(bytes32), "custody: condition missing"
    assert self.items[id].state == 0, "custody: exists"
    self.items[id] = Item(
        holder=party, taker=empty(bytes32), condition=condition, offered=empty(bytes32), seal=seal, state=HELD
    )
    journal._record(id, ITEM_ENTERED, abi_encode(journal._next(id), HELD, party, condition, seal))


@external
def offer(id: bytes32, taker: bytes32, condition: bytes32):
    """
    @notice Offer an item to another party, in a stated condition: the giver's signature.
    """
    registry._require_open(NAME)
    party: bytes32 = self._holder(id, HELD)
    assert taker != party and registry._serving(taker, ANY_ROLE), "custody: no other valid party"
    assert condition != empty(bytes32), "custody: condition missing"
    self.items[id].taker = taker
    self.items[id].offered = condition
    self.items[id].state = OFFERED
    journal._record(id, ITEM_OFFERED, abi_encode(journal._next(id), OFFERED, party, taker, condition))


@external
def take(id: bytes32, condition: bytes32, seal: bytes32):
    """
    @notice Accept an item in the condition and under the seal that the giver states: the taker's signature.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Item = self._item(id, OFFERED)
    assert entry.taker == party, "custody: not the taker"
    assert entry.offered == condition, "custody: another condition"
    assert entry.seal == seal, "custody: another seal"
    self.items[id] = Item(
        holder=party, taker=empty(bytes32), condition=condition, offered=empty(bytes32), seal=seal, state=HELD
    )
    data: Bytes[192] = abi_encode(journal._next(id), HELD, party, entry.holder, condition, seal)
    journal._record(id, ITEM_TAKEN, data)


@external
def decline(id: bytes32, reason: bytes32):
    """
    @notice End an offer: the taker does not accept, or the giver takes it back. The item stays where it is.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Item = self._item(id, OFFERED)
    assert party == entry.holder or party == entry.taker, "custody: of other parties"
    assert reason != empty(bytes32), "custody: reason missing"
    self.items[id].taker = empty(bytes32)
    self.items[id].offered = empty(bytes32)
    self.items[id].state = HELD
    journal._record(id, OFFER_ENDED, abi_encode(journal._next(id), HELD, party, entry.taker, reason))


@external
def reseal(id: bytes32, condition: bytes32, seal: bytes32):
    """
    @notice Open or seal an item, as holder, and state its condition after that.
    @param seal Digest of the new seal, nothing if it is opened.
    """
    registry._require_open(NAME)
    party: bytes32 = self._holder(id, HELD)
    assert condition != empty(bytes32), "custody: condition missing"
    assert self.items[id].seal != seal, "custody: no change"
    self.items[id].condition = condition
    self.items[id].seal = seal
    journal._record(id, SEAL_CHANGED, abi_encode(journal._next(id), HELD, party, condition, seal))


@external
def close(id: bytes32, outcome: bytes32):
    """
    @notice End an item's custody for good, as holder: returned to whom it belongs, used up, destroyed.
    @param outcome Digest of what became of it.
    """
    registry._require_open(NAME)
    party: bytes32 = self._holder(id, HELD)
    assert outcome != empty(bytes32), "custody: outcome missing"
    self.items[id].state = CLOSED
    journal._record(id, ITEM_CLOSED, abi_encode(journal._next(id), CLOSED, party, outcome))


@internal
@view
def _holder(id: bytes32, state: uint256) -> bytes32:
    """
    @notice The caller's party, which must hold the item.
    """
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert self._item(id, state).holder == party, "custody: not the holder"
    return party


@internal
@view
def _item(id: bytes32, state: uint256) -> Item:
    entry: Item = self.items[id]
    assert entry.state != 0, "custody: unknown"
    assert entry.state == state, "custody: state"
    return entry
