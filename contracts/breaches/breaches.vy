# pragma version 0.4.3
# @license Apache-2.0
# @title Breaches
# @notice An authority finds a breach of the Regulation, orders it corrected by a moment, and closes the case.
# @dev What a contract sees by itself, a late step or a use out of bounds, carries its item in that contract's events. Here
#      stands what only people see: each item of articles 39 to 41 can be found, under the rule it belongs to. The words
#      and the evidence stay off chain, as digests. Sanctions against persons are no matter of a contract.
#      Source: Regulation on Government Data Sharing, articles 39 to 41 (rule R27).

from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Breach:
    accused: bytes32
    authority: bytes32
    item: uint256
    rule: uint256
    due: uint256
    state: uint256

event BreachFound:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    accused: bytes32
    item: uint256
    rule: uint256
    subject: bytes32
    evidence: bytes32
    due: uint256

event BreachCorrected:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    authority: bytes32
    report: bytes32
    late: bool

event BreachClosed:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    accused: bytes32
    item: uint256
    outcome: bytes32

NAME: constant(bytes32) = keccak256("Breaches")
BREACH_FOUND: constant(bytes32) = keccak256(
    "BreachFound(bytes32,uint256,uint256,bytes32,bytes32,uint256,uint256,bytes32,bytes32,uint256)"
)
BREACH_CORRECTED: constant(bytes32) = keccak256(
    "BreachCorrected(bytes32,uint256,uint256,bytes32,bytes32,bytes32,bool)"
)
BREACH_CLOSED: constant(bytes32) = keccak256("BreachClosed(bytes32,uint256,uint256,bytes32,bytes32,uint256,bytes32)")

# States of a breach; one that did not hold is lifted.
FOUND: constant(uint256) = 1
CORRECTED: constant(uint256) = 2
CLOSED: constant(uint256) = 3
LIFTED: constant(uint256) = 4

# Items of providers 39(1) to 39(9), of requesters 40(1) to 40(7), of authorities 41(1) to 41(3).
PROVIDER: constant(uint256) = 3900
REQUESTER: constant(uint256) = 4000
AUTHORITY: constant(uint256) = 4100
LAST_RULE: constant(uint256) = 27

breaches: public(HashMap[bytes32, Breach])


@external
def find(
    id: bytes32, accused: bytes32, item: uint256, rule: uint256, subject: bytes32, evidence: bytes32, due: uint256
):
    """
    @notice Find a breach and order it corrected; an authority's.
    @param item Number of the item, 3904 for 39(4).
    @param rule Number of the rule that was broken.
    @param subject What it is about: a request, an authorization, an asset.
    @param evidence Digest of the finding in words; words that can be guessed it does not hide.
    @param due Until when it is to be corrected, unix seconds; the authority sets it.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert registry._serving(party, registry.AUTHORITY), "breach: authority only (R27)"
    assert id != empty(bytes32) and evidence != empty(bytes32), "breach: finding missing (R27)"
    assert self.breaches[id].state == 0, "breach: exists"
    assert accused != empty(bytes32) and accused != party, "breach: accused"
    assert self._is_item(item), "breach: unknown item (R27)"
    assert rule != 0 and rule <= LAST_RULE, "breach: rule missing (R27)"
    assert due > block.timestamp, "breach: due in the past (R27)"
    self.breaches[id] = Breach(accused=accused, authority=party, item=item, rule=rule, due=due, state=FOUND)
    data: Bytes[288] = abi_encode(journal._next(id), FOUND, party, accused, item, rule, subject, evidence, due)
    journal._record(id, BREACH_FOUND, data)


@external
def correct(id: bytes32, report: bytes32):
    """
    @notice Report, as the accused, what was done; the authority sees to it that it was.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Breach = self._known(id)
    assert entry.accused == party, "breach: of another party"
    assert entry.state == FOUND, "breach: state"
    assert report != empty(bytes32), "breach: report missing (R27)"
    self.breaches[id].state = CORRECTED
    late: bool = block.timestamp >= entry.due
    journal._record(
        id, BREACH_CORRECTED, abi_encode(journal._next(id), CORRECTED, party, entry.authority, report, late)
    )


@external
def close(id: bytes32, is_lifted: bool, outcome: bytes32):
    """
    @notice End the case, as the authority that found it: corrected or dealt with otherwise, or lifted as unfounded.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Breach = self._known(id)
    assert entry.authority == party, "breach: before another authority (R27)"
    assert entry.state == FOUND or entry.state == CORRECTED, "breach: state"
    assert outcome != empty(bytes32), "breach: outcome missing (R27)"
    state: uint256 = LIFTED if is_lifted else CLOSED
    self.breaches[id].state = state
    journal._record(id, BREACH_CLOSED, abi_encode(journal._next(id), state, party, entry.accused, entry.item, outcome))


@internal
@view
def _known(id: bytes32) -> Breach:
    entry: Breach = self.breaches[id]
    assert entry.state != 0, "breach: unknown"
    return entry


@internal
@pure
def _is_item(item: uint256) -> bool:
    """
    @notice Whether a number is an item of the three lists.
    """
    if item > AUTHORITY:
        return item <= AUTHORITY + 3
    if item > REQUESTER:
        return item <= REQUESTER + 7
    return item > PROVIDER and item <= PROVIDER + 9
