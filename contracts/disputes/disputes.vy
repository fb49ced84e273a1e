# pragma version 0.4.3
# @license Apache-2.0
# @title Disputes
# @notice Two parties of a case disagree: they negotiate, then the respondent's authority, the common superior and the
#         government decide, one step after the other.
# @dev Who is whose superior is set by quorum. Nobody skips a step: a dispute goes up once it is decided where it is, or
#      has lain there undecided for SILENCE; where the respondent's authority is the common superior already, that step
#      is one with the one before. A decision that nobody takes further within APPEAL is final; the government's is at
#      once. What is announced to end is disputed once.
#      Source: Regulation on Government Data Sharing, articles 27 and 28 (rules R20, R21); its articles name no time, both are ours.

from contracts.disputes import ladder
from contracts.modules import journal
from contracts.modules import registry
from contracts.requests import waiting

initializes: journal
initializes: ladder
exports: (journal.history, journal.count, ladder.superiors)

struct Dispute:
    subject: bytes32
    ending: uint256
    party: bytes32
    other: bytes32
    since: uint256
    step: uint256
    forum: bytes32
    terms: bytes32
    signed: bytes32
    winner: bytes32
    state: uint256

interface Requests:
    def requests(id: bytes32) -> waiting.Request: view

interface Terminations:
    def disputable(authorization: bytes32) -> uint256: view

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
    ending: uint256
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
TERMINATIONS: constant(bytes32) = keccak256("Terminations")
SUPERIOR_SET: constant(bytes32) = keccak256("SuperiorSet(bytes32,uint256,bytes32)")
DISPUTE_OPENED: constant(bytes32) = keccak256(
    "DisputeOpened(bytes32,uint256,uint256,bytes32,bytes32,uint256,bytes32,bytes32)"
)
DISPUTE_ESCALATED: constant(bytes32) = keccak256(
    "DisputeEscalated(bytes32,uint256,uint256,bytes32,uint256,bytes32,bytes32)"
)
SETTLEMENT_SIGNED: constant(bytes32) = keccak256("SettlementSigned(bytes32,uint256,uint256,bytes32,bytes32)")
DISPUTE_SETTLED: constant(bytes32) = keccak256("DisputeSettled(bytes32,uint256,uint256,bytes32,bytes32)")
DISPUTE_DECIDED: constant(bytes32) = keccak256("DisputeDecided(bytes32,uint256,uint256,bytes32,bytes32,bytes32)")

# States of a dispute.
OPEN: constant(uint256) = 1
SETTLED: constant(uint256) = 2
DECIDED: constant(uint256) = 3

# For how long a decision may be taken further, and after how long without one a dispute may: calendar days in seconds.
APPEAL: constant(uint256) = 15 * 86400
SILENCE: constant(uint256) = 60 * 86400

disputes: public(HashMap[bytes32, Dispute])
# Of each case and announced end, the dispute about it.
heard: public(HashMap[bytes32, HashMap[uint256, bytes32]])


@external
@view
def winner(subject: bytes32, ending: uint256) -> bytes32:
    """
    @notice For whom the dispute about an announced end was decided for good; zero if it was not.
    """
    entry: Dispute = self.disputes[self.heard[subject][ending]]
    is_final: bool = entry.step == ladder.GOVERNMENT or block.timestamp >= entry.since + APPEAL
    return entry.winner if entry.state == DECIDED and is_final else empty(bytes32)


@external
def set_superior(party: bytes32, superior: bytes32):
    """
    @notice Say which authority stands above a party. By quorum only.
    """
    assert registry._is_governance(msg.sender), "dispute: governance only"
    registry._require_open(NAME)
    assert party != empty(bytes32) and party != superior, "dispute: superior"
    ladder.superiors[party] = superior
    journal._record(party, SUPERIOR_SET, abi_encode(journal._next(party), superior))


@external
def open(id: bytes32, subject: bytes32, ending: uint256, claim: bytes32):
    """
    @notice Begin to negotiate about a case: one of its two parties with the other.
    @param subject The request's id, which is its authorization's.
    @param ending Number of the announced end it is about (Terminations); zero for anything else.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    asked: waiting.Request = staticcall Requests(registry._at(REQUESTS)).requests(subject)
    assert party == asked.owner or party == asked.requester, "dispute: of other parties (R21)"
    assert id != empty(bytes32) and claim != empty(bytes32), "dispute: claim missing (R21)"
    assert self.disputes[id].state == 0, "dispute: exists"
    if ending != 0:
        disputable: uint256 = staticcall Terminations(registry._at(TERMINATIONS)).disputable(subject)
        assert ending == disputable, "dispute: no such end announced (R20)"
        assert self.heard[subject][ending] == empty(bytes32), "dispute: end disputed already (R20)"
        self.heard[subject][ending] = id
    other: bytes32 = asked.requester if party == asked.owner else asked.owner
    self.disputes[id] = Dispute(
        subject=subject, ending=ending, party=party, other=other, since=block.timestamp, step=ladder.NEGOTIATION,
        forum=empty(bytes32), terms=empty(bytes32), signed=empty(bytes32), winner=empty(bytes32), state=OPEN,
    )
    data: Bytes[224] = abi_encode(journal._next(id), OPEN, party, subject, ending, other, claim)
    journal._record(id, DISPUTE_OPENED, data)


@external
def escalate(id: bytes32, reason: bytes32):
    """
    @notice Take a dispute to the next step, which its forum decides: from negotiation, or after a decision that is not
            final yet, or where none came in time.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Dispute = self.disputes[id]
    assert entry.state != 0, "dispute: unknown"
    assert entry.state != SETTLED, "dispute: state"
    assert party == entry.party or party == entry.other, "dispute: of other parties (R21)"
    assert reason != empty(bytes32), "dispute: reason missing (R21)"
    assert entry.step < ladder.GOVERNMENT, "dispute: no step above (R21)"
    if entry.state == DECIDED:
        assert block.timestamp < entry.since + APPEAL, "dispute: decision final (R21)"
    elif entry.step != ladder.NEGOTIATION:
        assert block.timestamp >= entry.since + SILENCE, "dispute: not decided here yet (R21)"
    step: uint256 = 0
    forum: bytes32 = empty(bytes32)
    step, forum = ladder._above(entry.party, entry.other, entry.step, entry.forum)
    assert forum != empty(bytes32), "dispute: no authority above (R21)"
    self.disputes[id].step = step
    self.disputes[id].forum = forum
    self.disputes[id].since = block.timestamp
    self.disputes[id].winner = empty(bytes32)
    self.disputes[id].state = OPEN
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
    assert entry.step != ladder.NEGOTIATION, "dispute: not negotiated to the end (R21)"
    assert entry.forum == party, "dispute: not before this authority (R21)"
    assert winner == entry.party or winner == entry.other, "dispute: winner"
    assert decision != empty(bytes32), "dispute: decision missing (R21)"
    self.disputes[id].winner = winner
    self.disputes[id].since = block.timestamp
    self.disputes[id].state = DECIDED
    journal._record(id, DISPUTE_DECIDED, abi_encode(journal._next(id), DECIDED, party, winner, decision))


@internal
@view
def _disputed(id: bytes32) -> Dispute:
    entry: Dispute = self.disputes[id]
    assert entry.state != 0, "dispute: unknown"
    assert entry.state == OPEN, "dispute: state"
    return entry
