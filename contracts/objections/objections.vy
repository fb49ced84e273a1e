# pragma version 0.4.3
# @license Apache-2.0
# @title Objections
# @notice Who uses data reports that they are wrong or incomplete; the owner verifies, corrects and answers in time.
# @dev While an objection is open, everything derived from the asset stands under objection; after a correction, what was
#      derived before it does. Both follow from this contract and the job's roster. A late answer carries its breach.
#      Source: Regulation on Government Data Sharing, article 26 (rule R17).

from contracts.authorizations import known
from contracts.authorizations import standing
from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Objection:
    asset: bytes32
    owner: bytes32
    party: bytes32
    due: uint256
    state: uint256

event ObjectionRaised:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    asset: bytes32
    owner: bytes32
    authorization: bytes32
    fault: bytes32
    due: uint256

event ObjectionAnswered:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    asset: bytes32
    answer: bytes32
    breach: uint256

event ObjectionWithdrawn:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    asset: bytes32

NAME: constant(bytes32) = keccak256("Objections")
CORRECTION: constant(bytes32) = keccak256("correction")
OBJECTION_RAISED: constant(bytes32) = keccak256(
    "ObjectionRaised(bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes32,bytes32,uint256)"
)
OBJECTION_ANSWERED: constant(bytes32) = keccak256(
    "ObjectionAnswered(bytes32,uint256,uint256,bytes32,bytes32,bytes32,uint256)"
)
OBJECTION_WITHDRAWN: constant(bytes32) = keccak256("ObjectionWithdrawn(bytes32,uint256,uint256,bytes32,bytes32)")

# States of an objection.
OPEN: constant(uint256) = 1
CORRECTED: constant(uint256) = 2
CONFIRMED: constant(uint256) = 3
WITHDRAWN: constant(uint256) = 4

# Article 39(6): not verified, corrected and answered in time.
LATE: constant(uint256) = 3906

objections: public(HashMap[bytes32, Objection])
# Of each asset: how many objections are open, and when it was last corrected after one.
pending: public(HashMap[bytes32, uint256])
corrected: public(HashMap[bytes32, uint256])


@external
def object(id: bytes32, authorization: bytes32, fault: bytes32):
    """
    @notice Report that data granted to the caller's party are wrong or incomplete.
    @param fault Digest of what is wrong; words that can be guessed it does not hide.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    granted: standing.Authorization = known._authorization(authorization)
    assert granted.grantee == party, "objection: not the grantee (R17)"
    assert id != empty(bytes32) and fault != empty(bytes32), "objection: fault missing (R17)"
    assert self.objections[id].state == 0, "objection: exists"
    due: uint256 = known._due(granted.owner, CORRECTION)
    self.objections[id] = Objection(asset=granted.asset, owner=granted.owner, party=party, due=due, state=OPEN)
    self.pending[granted.asset] += 1
    data: Bytes[256] = abi_encode(
        journal._next(id), OPEN, party, granted.asset, granted.owner, authorization, fault, due
    )
    journal._record(id, OBJECTION_RAISED, data)


@external
def answer(id: bytes32, is_corrected: bool, reply: bytes32):
    """
    @notice Say what verification found: the data are corrected, or they were right.
    @param reply Digest of the answer in words; words that can be guessed it does not hide.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Objection = self._open(id)
    assert entry.owner == party, "objection: not the owner (R17)"
    assert reply != empty(bytes32), "objection: answer missing (R17)"
    state: uint256 = CORRECTED if is_corrected else CONFIRMED
    if is_corrected:
        self.corrected[entry.asset] = block.timestamp
    self._close(id, entry, state)
    breach: uint256 = LATE if block.timestamp >= entry.due else 0
    data: Bytes[192] = abi_encode(journal._next(id), state, party, entry.asset, reply, breach)
    journal._record(id, OBJECTION_ANSWERED, data)


@external
def withdraw(id: bytes32):
    """
    @notice Take an objection back that has no answer yet.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Objection = self._open(id)
    assert entry.party == party, "objection: of another party"
    self._close(id, entry, WITHDRAWN)
    journal._record(id, OBJECTION_WITHDRAWN, abi_encode(journal._next(id), WITHDRAWN, party, entry.asset))


@internal
@view
def _open(id: bytes32) -> Objection:
    entry: Objection = self.objections[id]
    assert entry.state != 0, "objection: unknown"
    assert entry.state == OPEN, "objection: state"
    return entry


@internal
def _close(id: bytes32, entry: Objection, state: uint256):
    self.objections[id].state = state
    self.pending[entry.asset] -= 1
