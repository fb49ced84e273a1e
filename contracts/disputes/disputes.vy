# pragma version 0.4.3
# @license Apache-2.0
# @title Disputes
# @notice Two parties of a case disagree: they negotiate, then the respondent's authority, the common superior and the
#         government decide, one step after the other.
# @dev Who is whose superior is set by quorum. Nobody skips a step; where the respondent's authority is the common
#      superior already, that step is one with the one before. A decision is final for the step it was taken at.
#      Source: Regulation on Government Data Sharing, article 28 (rule R21).

from contracts.modules import journal
from contracts.modules import registry
from contracts.requests import waiting

initializes: journal
exports: (journal.history, journal.count)

struct Dispute:
    subject: bytes32
    party: bytes32
    other: bytes32
    step: uint256
    forum: bytes32
    terms: bytes32
    signed: bytes32
    winner: bytes32
    state: uint256

interface Requests:
    def requests(id: bytes32) -> waiting.Request: view

event SuperiorSet:
    party: indexed(bytes32)
    n: uint256
    superior: bytes32

event DisputeOpened:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    subject: bytes32
    other: bytes32
    claim: bytes32

event DisputeEscalated:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    step: uint256
    forum: bytes32
    reason: bytes32

event SettlementSigned:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    terms: bytes32

event DisputeSettled:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    terms: bytes32

event DisputeDecided:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    winner: bytes32
    decision: bytes32

NAME: constant(bytes32) = keccak256("Disputes")
REQUESTS: constant(bytes32) = keccak256("Requests")
SUPERIOR_SET: constant(bytes32) = keccak256("SuperiorSet(bytes32,uint256,bytes32)")
DISPUTE_OPENED: constant(bytes32) = keccak256(
    "DisputeOpened(bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes32)"
)
DISPUTE_ESCALATED: constant(bytes32) = keccak256(
    "DisputeEscalated(bytes32,uint256,uint256,bytes32,uint256,bytes32,bytes32)"
)
SETTLEMENT_SIGNED: constant(bytes32) = keccak256("SettlementSigned(bytes32,uint256,uint256,bytes32,bytes32)")
DISPUTE_SETTLED: constant(bytes32) = keccak256("DisputeSettled(bytes32,uint256,uint256,bytes32,bytes32)")
DISPUTE_DECIDED: constant(bytes32) = keccak256("DisputeDecided(bytes32,uint256,uint256,bytes32,bytes32,bytes32)")

# Steps of the ladder.
NEGOTIATION: constant(uint256) = 1
AUTHORITY: constant(uint256) = 2
COMMON: constant(uint256) = 3
GOVERNMENT: constant(uint256) = 4

# States of a dispute.
OPEN: constant(uint256) = 1
SETTLED: constant(uint256) = 2
DECIDED: constant(uint256) = 3

# County, city, province and State with their departments are fewer.
MAX_LEVELS: constant(uint256) = 8

disputes: public(HashMap[bytes32, Dispute])
superiors: public(HashMap[bytes32, bytes32])
# Of each case, for whom its last dispute was decided.
winners: public(HashMap[bytes32, bytes32])


@external
def set_superior(party: bytes32, superior: bytes32):
    """
    @notice Say which authority stands above a party. By quorum only.
    """
    assert registry._is_governance(msg.sender), "dispute: governance only"
    registry._require_open(NAME)
    assert party != empty(bytes32) and party != superior, "dispute: superior"
    self.superiors[party] = superior
    journal._record(party, SUPERIOR_SET, abi_encode(journal._next(party), superior))


@external
def open(id: bytes32, subject: bytes32, claim: bytes32):
    """
    @notice Begin to negotiate about a case: one of its two parties with the other.
    @param subject The request's id, which is its authorization's.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    asked: waiting.Request = staticcall Requests(registry._at(REQUESTS)).requests(subject)
    assert party == asked.owner or party == asked.requester, "dispute: of other parties (R21)"
    assert id != empty(bytes32) and claim != empty(bytes32), "dispute: claim missing (R21)"
    assert self.disputes[id].state == 0, "dispute: exists"
    other: bytes32 = asked.requester if party == asked.owner else asked.owner
    self.disputes[id] = Dispute(
        subject=subject, party=party, other=other, step=NEGOTIATION, forum=empty(bytes32), terms=empty(bytes32),
        signed=empty(bytes32), winner=empty(bytes32), state=OPEN,
    )
    journal._record(id, DISPUTE_OPENED, abi_encode(journal._next(id), OPEN, party, subject, other, claim))


@external
def escalate(id: bytes32, reason: bytes32):
    """
    @notice Take a dispute to the next step, which its forum decides.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Dispute = self._disputed(id)
    assert party == entry.party or party == entry.other, "dispute: of other parties (R21)"
    assert reason != empty(bytes32), "dispute: reason missing (R21)"
    assert entry.step < GOVERNMENT, "dispute: no step above (R21)"
    step: uint256 = entry.step + 1
    forum: bytes32 = self.superiors[entry.other]
    if step > AUTHORITY:
        common: bytes32 = self._common(entry.party, entry.other)
        if step == COMMON and common == entry.forum:
            step = GOVERNMENT
        forum = common if step == COMMON else self.superiors[common]
    assert forum != empty(bytes32), "dispute: no authority above (R21)"
    self.disputes[id].step = step
    self.disputes[id].forum = forum
    data: Bytes[192] = abi_encode(journal._next(id), OPEN, party, step, forum, reason)
    journal._record(id, DISPUTE_ESCALATED, data)


@external
def settle(id: bytes32, terms: bytes32):
    """
    @notice Sign a settlement; the dispute ends when both parties have signed the same, at any step.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Dispute = self._disputed(id)
    assert party == entry.party or party == entry.other, "dispute: of other parties (R21)"
    assert terms != empty(bytes32), "dispute: terms missing (R21)"
    assert entry.terms != terms or entry.signed != party, "dispute: signed already"
    is_settled: bool = entry.terms == terms
    state: uint256 = SETTLED if is_settled else OPEN
    topic: bytes32 = DISPUTE_SETTLED if is_settled else SETTLEMENT_SIGNED
    self.disputes[id].terms = terms
    self.disputes[id].signed = party
    self.disputes[id].state = state
    journal._record(id, topic, abi_encode(journal._next(id), state, party, terms))


@external
def decide(id: bytes32, winner: bytes32, decision: bytes32):
    """
    @notice Decide a dispute at the step it has reached: the forum of that step alone.
    @param winner The party whose claim is upheld.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Dispute = self._disputed(id)
    assert entry.step != NEGOTIATION, "dispute: not negotiated to the end (R21)"
    assert entry.forum == party, "dispute: not before this authority (R21)"
    assert winner == entry.party or winner == entry.other, "dispute: winner"
    assert decision != empty(bytes32), "dispute: decision missing (R21)"
    self.disputes[id].winner = winner
    self.disputes[id].state = DECIDED
    self.winners[entry.subject] = winner
    journal._record(id, DISPUTE_DECIDED, abi_encode(journal._next(id), DECIDED, party, winner, decision))


@internal
@view
def _disputed(id: bytes32) -> Dispute:
    entry: Dispute = self.disputes[id]
    assert entry.state != 0, "dispute: unknown"
    assert entry.state == OPEN, "dispute: state"
    return entry


@internal
@view
def _common(one: bytes32, two: bytes32) -> bytes32:
    """
    @notice The lowest authority above both parties; zero if there is none.
    """
    left: bytes32 = one
    for i: uint256 in range(MAX_LEVELS):
        left = self.superiors[left]
        right: bytes32 = two
        for j: uint256 in range(MAX_LEVELS):
            right = self.superiors[right]
            if left == right or right == empty(bytes32):
                break
        if left == right or left == empty(bytes32):
            return left
    return empty(bytes32)
