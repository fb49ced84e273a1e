"""The rules of Disputes as values and functions: what ``disputes.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. What it does NOT do: carry a decision out.
Source: Regulation on Government Data Sharing, articles 27 and 28 (rules R20, R21); no time stands there, both are ours.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, Protocol, TypeAlias

from contracts.addresses import DISPUTES
from contracts.history import Change, Journal
from contracts.requests.record import Request
from contracts.world import AgentRole, World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

SUPERIOR_SET: Final = "SuperiorSet(bytes32,uint256,bytes32)"
DISPUTE_OPENED: Final = "DisputeOpened(bytes32,uint256,uint256,bytes32,bytes32,uint256,bytes32,bytes32)"
DISPUTE_ESCALATED: Final = "DisputeEscalated(bytes32,uint256,uint256,bytes32,uint256,bytes32,bytes32)"
SETTLEMENT_SIGNED: Final = "SettlementSigned(bytes32,uint256,uint256,bytes32,bytes32)"
DISPUTE_SETTLED: Final = "DisputeSettled(bytes32,uint256,uint256,bytes32,bytes32)"
DISPUTE_DECIDED: Final = "DisputeDecided(bytes32,uint256,uint256,bytes32,bytes32,bytes32)"
NOTHING: Final = bytes(32)
MAX_LEVELS: Final = 8
APPEAL: Final = 15 * 86400
"""For how long a decision may be taken further, in seconds."""
SILENCE: Final = 60 * 86400
"""After how long without a decision a dispute may go further, in seconds."""


class Rung(IntEnum):
    """Steps of the ladder."""

    NEGOTIATION = 1
    AUTHORITY = 2
    COMMON = 3
    GOVERNMENT = 4


class DisputeState(IntEnum):
    """Where a dispute is."""

    UNKNOWN = 0
    OPEN = 1
    SETTLED = 2
    DECIDED = 3


@dataclass(frozen=True, slots=True)
class Dispute:
    """One dispute; all zero for an id never used.

    Attributes:
        ending: number of the announced end it is about, zero for anything else.
        since: when it came to its step, or was decided there.
        signed: who signed the terms first.
    """

    subject: bytes = NOTHING
    ending: int = 0
    party: bytes = NOTHING
    other: bytes = NOTHING
    since: int = 0
    step: int = 0
    forum: bytes = NOTHING
    terms: bytes = NOTHING
    signed: bytes = NOTHING
    winner: bytes = NOTHING
    state: DisputeState = DisputeState.UNKNOWN


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. heard: of each case and announced end, the dispute about it."""

    disputes: Mapping[bytes, Dispute] = field(default_factory=dict)
    superiors: Mapping[bytes, bytes] = field(default_factory=dict)
    heard: Mapping[tuple[bytes, int], bytes] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def dispute(self, id: bytes) -> Dispute:
        return self.disputes.get(id, Dispute())

    def winner(self, subject: bytes, ending: int, now: int) -> bytes:
        """Return for whom the dispute about an announced end was decided for good; zero if it was not."""
        found = self.dispute(self.heard.get((subject, ending), NOTHING))
        is_final = found.step == Rung.GOVERNMENT or now >= found.since + APPEAL
        return found.winner if found.state is DisputeState.DECIDED and is_final else NOTHING

    def above(self, party: bytes) -> bytes:
        return self.superiors.get(party, NOTHING)


class DisputeWorld(World, Protocol):
    """What the rules ask besides: Requests and Terminations."""

    def disputable(self, authorization: bytes) -> int:
        """Return the announced end that may be disputed now, zero if there is none."""
        ...

    def request(self, id: bytes) -> Request:
        """Return a request, all zero for an unknown one."""
        ...


@dataclass(frozen=True, slots=True)
class SetSuperior:
    """Say which authority stands above a party."""

    party: bytes
    superior: bytes


@dataclass(frozen=True, slots=True)
class Open:
    """Begin to negotiate about a case; ending: number of the announced end it is about, zero for anything else."""

    id: bytes
    subject: bytes
    ending: int
    claim: bytes


@dataclass(frozen=True, slots=True)
class Escalate:
    """Take a dispute to the next step."""

    id: bytes
    reason: bytes


@dataclass(frozen=True, slots=True)
class Settle:
    """Sign a settlement."""

    id: bytes
    terms: bytes


@dataclass(frozen=True, slots=True)
class Decide:
    """Decide a dispute at the step it has reached."""

    id: bytes
    winner: bytes
    decision: bytes


Call: TypeAlias = SetSuperior | Open | Escalate | Settle | Decide
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: DisputeWorld) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if isinstance(call, SetSuperior):
        return set_superior(state, call, caller, world)
    if isinstance(call, Open | Escalate):
        world.require_open(DISPUTES)
    party = world.acting(caller, AgentRole.OFFICER, now)
    match call:
        case Open():
            return _open(state, call, party, now, world)
        case Escalate():
            return _escalate(state, call, party, now)
        case Settle():
            return _settle(state, call, party)
        case Decide():
            return _decide(state, call, party, now)


def set_superior(state: State, call: SetSuperior, caller: bytes, world: World) -> Result:
    """Do what SetSuperior says, in a world that need not know of cases; raises as ``apply`` does."""
    if not world.is_governance(caller):
        raise NotAuthorized("dispute: governance only")
    world.require_open(DISPUTES)
    if call.party in (NOTHING, call.superior):
        raise InvalidRecord("dispute: superior")
    journal, change = state.journal.record(SUPERIOR_SET, call.party, call.superior)
    return replace(state, superiors={**state.superiors, call.party: call.superior}, journal=journal), (change,)


def _open(state: State, call: Open, party: bytes, now: int, world: DisputeWorld) -> Result:
    asked = world.request(call.subject)
    if party not in (asked.owner, asked.requester):
        raise NotAuthorized("dispute: of other parties (R21)")
    if NOTHING in (call.id, call.claim):
        raise InvalidRecord("dispute: claim missing (R21)")
    if state.dispute(call.id).state:
        raise Conflict("dispute: exists")
    heard = _heard(state, call, world)
    other = asked.requester if party == asked.owner else asked.owner
    after = Dispute(call.subject, call.ending, party, other, now, Rung.NEGOTIATION, state=DisputeState.OPEN)
    values = (call.subject, call.ending, other, call.claim)
    return _record(replace(state, heard=heard), DISPUTE_OPENED, call.id, after, party, *values)


def _heard(state: State, call: Open, world: DisputeWorld) -> Mapping[tuple[bytes, int], bytes]:
    if not call.ending:
        return state.heard
    if call.ending != world.disputable(call.subject):
        raise Conflict("dispute: no such end announced (R20)")
    if (call.subject, call.ending) in state.heard:
        raise Conflict("dispute: end disputed already (R20)")
    return {**state.heard, (call.subject, call.ending): call.id}


def _escalate(state: State, call: Escalate, party: bytes, now: int) -> Result:
    before = _disputed(state, call.id, party, DisputeState.OPEN, DisputeState.DECIDED)
    if call.reason == NOTHING:
        raise InvalidRecord("dispute: reason missing (R21)")
    if before.step >= Rung.GOVERNMENT:
        raise Conflict("dispute: no step above (R21)")
    if before.state is DisputeState.DECIDED and now >= before.since + APPEAL:
        raise Conflict("dispute: decision final (R21)")
    is_pending = before.state is DisputeState.OPEN and before.step != Rung.NEGOTIATION
    if is_pending and now < before.since + SILENCE:
        raise Conflict("dispute: not decided here yet (R21)")
    step, forum = next_forum(state, before)
    if forum == NOTHING:
        raise Conflict("dispute: no authority above (R21)")
    after = replace(before, since=now, step=step, forum=forum, winner=NOTHING, state=DisputeState.OPEN)
    return _record(state, DISPUTE_ESCALATED, call.id, after, party, step, forum, call.reason)


def next_forum(state: State, dispute: Dispute) -> tuple[int, bytes]:
    """Return the step above the one a dispute has reached, and who decides there; zero if nobody does."""
    step = dispute.step + 1
    if step == Rung.AUTHORITY:
        return step, state.above(dispute.other)
    common = _common(state, dispute.party, dispute.other)
    if step == Rung.COMMON and common != dispute.forum:
        return step, common
    return Rung.GOVERNMENT, state.above(common)


def _common(state: State, one: bytes, two: bytes) -> bytes:
    others = set(_chain(state, two))
    return next((superior for superior in _chain(state, one) if superior in others), NOTHING)


def _chain(state: State, party: bytes) -> list[bytes]:
    found: list[bytes] = []
    for _ in range(MAX_LEVELS):
        party = state.above(party)
        if party == NOTHING:
            break
        found.append(party)
    return found


def _settle(state: State, call: Settle, party: bytes) -> Result:
    before = _disputed(state, call.id, party)
    if call.terms == NOTHING:
        raise InvalidRecord("dispute: terms missing (R21)")
    if (before.terms, before.signed) == (call.terms, party):
        raise Conflict("dispute: signed already")
    is_settled = before.terms == call.terms
    reached = DisputeState.SETTLED if is_settled else DisputeState.OPEN
    after = replace(before, terms=call.terms, signed=party, state=reached)
    return _record(state, DISPUTE_SETTLED if is_settled else SETTLEMENT_SIGNED, call.id, after, party, call.terms)


def _decide(state: State, call: Decide, party: bytes, now: int) -> Result:
    before = _disputed(state, call.id)
    if before.step == Rung.NEGOTIATION:
        raise Conflict("dispute: not negotiated to the end (R21)")
    if before.forum != party:
        raise NotAuthorized("dispute: not before this authority (R21)")
    if call.winner not in (before.party, before.other):
        raise InvalidRecord("dispute: winner")
    if call.decision == NOTHING:
        raise InvalidRecord("dispute: decision missing (R21)")
    after = replace(before, since=now, winner=call.winner, state=DisputeState.DECIDED)
    return _record(state, DISPUTE_DECIDED, call.id, after, party, call.winner, call.decision)


def _disputed(state: State, id: bytes, party: bytes = NOTHING, *states: DisputeState) -> Dispute:
    """Return a dispute in one of these states, open unless said otherwise; of this party, unless none is named."""
    found = state.dispute(id)
    if not found.state:
        raise NotFound("dispute: unknown")
    if found.state not in (states or (DisputeState.OPEN,)):
        raise Conflict("dispute: state")
    if party != NOTHING and party not in (found.party, found.other):
        raise NotAuthorized("dispute: of other parties (R21)")
    return found


def _record(state: State, signature: str, id: bytes, after: Dispute, party: bytes, *values: int | bytes) -> Result:
    journal, change = state.journal.record(signature, id, int(after.state), party, *values)
    return replace(state, disputes={**state.disputes, id: after}, journal=journal), (change,)
