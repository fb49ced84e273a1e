"""The rules of Incidents as values and functions: what ``incidents.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. The moment of discovery is what the party states.
Whether a summary is due rests on the gravest that an incident was ever said to be, not on what it was called last.
Sources: Regulation on Network Data Security Management, article 11; Measures for National Cybersecurity Incident
Reporting, articles 4 (hours), 7 (follow-up) and 8 (summary within 30 days).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, Protocol, TypeAlias

from contracts.addresses import INCIDENTS
from contracts.history import NOTHING, Change, Journal
from contracts.world import AgentRole, PartyRole, World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

HOURS_SET: Final = "HoursSet(bytes32,uint256,uint256)"
INCIDENT_RECORDED: Final = (
    "IncidentRecorded(bytes32,uint256,uint256,bytes32,uint256,uint256,uint256,uint256,bytes32,bytes32)"
)
INCIDENT_REGRADED: Final = "IncidentRegraded(bytes32,uint256,uint256,bytes32,uint256,uint256,bytes32)"
INCIDENT_REPORTED: Final = "IncidentReported(bytes32,uint256,uint256,bytes32,bytes32,bytes32,uint256)"
INCIDENT_FOLLOWED: Final = "IncidentFollowed(bytes32,uint256,uint256,bytes32,uint256,bytes32)"
INCIDENT_ENDED: Final = "IncidentEnded(bytes32,uint256,uint256,bytes32,uint256,bytes32)"
INCIDENT_CLOSED: Final = "IncidentClosed(bytes32,uint256,uint256,bytes32,bytes32,uint256)"

HOUR: Final = 3600
SUMMARY_DAYS: Final = 30
CALENDAR_DAYS: Final = 2


class Operator(IntEnum):
    """Whose network it is: critical information infrastructure, a state organ's, any other."""

    CRITICAL = 1
    ORGAN = 2
    OTHER = 3


NATIONAL_HOURS: Final[Mapping[int, int]] = {Operator.CRITICAL: 1, Operator.ORGAN: 2, Operator.OTHER: 4}


class Severity(IntEnum):
    """How severe: 特别重大、重大、较大、一般; the last has no statutory hours."""

    ESPECIALLY_SERIOUS = 1
    SERIOUS = 2
    LARGER = 3
    ORDINARY = 4


class IncidentState(IntEnum):
    """Where an incident is."""

    UNKNOWN = 0
    RECORDED = 1
    REPORTED = 2
    ENDED = 3
    CLOSED = 4


@dataclass(frozen=True, slots=True)
class Incident:
    """One incident; all zero for an id never used.

    gravest: the highest severity ever stated, 1 is the highest; due: of what it waits for, 0 if nothing sets an end.
    """

    party: bytes = NOTHING
    authority: bytes = NOTHING
    operator: int = 0
    severity: int = 0
    gravest: int = 0
    found: int = 0
    due: int = 0
    state: IncidentState = IncidentState.UNKNOWN


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. shorter: hours below the national ones, by kind of operator."""

    incidents: Mapping[bytes, Incident] = field(default_factory=dict)
    shorter: Mapping[int, int] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def incident(self, id: bytes) -> Incident:
        return self.incidents.get(id, Incident())

    def hours(self, operator: int) -> int:
        return self.shorter.get(operator, NATIONAL_HOURS[operator])


@dataclass(frozen=True, slots=True)
class SetHours:
    """Set hours for the first report."""

    operator: int
    amount: int


@dataclass(frozen=True, slots=True)
class Record:
    """Record that an incident was discovered."""

    id: bytes
    operator: int
    severity: int
    found: int
    authority: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class Regrade:
    """Grade an incident anew before its first report."""

    id: bytes
    severity: int
    content: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """State that the first report went to the authority."""

    id: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class FollowUp:
    """Report what has become known since."""

    id: bytes
    severity: int
    content: bytes


@dataclass(frozen=True, slots=True)
class End:
    """State that an incident is dealt with."""

    id: bytes
    content: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Hand in the summary."""

    id: bytes
    content: bytes


Call: TypeAlias = SetHours | Record | Regrade | Report | FollowUp | End | Close
Result: TypeAlias = tuple[State, tuple[Change, ...]]


class IncidentWorld(World, Protocol):
    """The World with the Calendar."""

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        """Return the moment a limit ends; raises as the Calendar does."""
        ...


def apply(state: State, call: Call, caller: bytes, now: int, world: IncidentWorld) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if isinstance(call, SetHours):
        return _set_hours(state, call, caller, world)
    world.require_open(INCIDENTS)
    party = world.acting(caller, AgentRole.OFFICER, now)
    if isinstance(call, Record):
        return _recorded(state, call, party, now, world)
    before = _own(state, call, party)
    match call:
        case Regrade():
            return _regrade(state, call, before, now)
        case Report():
            _require(before, IncidentState.RECORDED)
            after, late = replace(before, due=0, state=IncidentState.REPORTED), _late(before, now)
            return _record(state, INCIDENT_REPORTED, call.id, after, before.authority, call.content, late)
        case FollowUp():
            _require(before, IncidentState.REPORTED)
            _require_severity(call.severity)
            after = _graded(before, call.severity)
            return _record(state, INCIDENT_FOLLOWED, call.id, after, call.severity, call.content)
        case End():
            return _end(state, call, before, now, world)
        case Close():
            _require(before, IncidentState.ENDED)
            after = replace(before, state=IncidentState.CLOSED)
            return _record(state, INCIDENT_CLOSED, call.id, after, call.content, _late(before, now))


def _set_hours(state: State, call: SetHours, caller: bytes, world: World) -> Result:
    if not world.is_governance(caller):
        raise NotAuthorized("incident: governance only")
    world.require_open(INCIDENTS)
    _require_operator(call.operator)
    if not 0 < call.amount <= NATIONAL_HOURS[call.operator]:
        raise InvalidRecord("incident: looser than national")
    if state.hours(call.operator) == call.amount:
        raise Conflict("incident: no change")
    journal, change = state.journal.record(HOURS_SET, call.operator.to_bytes(32, "big"), call.amount)
    return replace(state, shorter={**state.shorter, call.operator: call.amount}, journal=journal), (change,)


def _recorded(state: State, call: Record, party: bytes, now: int, world: World) -> Result:
    if int.from_bytes(call.id, "big") <= max(Operator) or call.content == NOTHING:
        raise InvalidRecord("incident: content missing")
    if state.incident(call.id).state:
        raise Conflict("incident: exists")
    _require_operator(call.operator)
    _require_severity(call.severity)
    if not 0 < call.found <= now:
        raise InvalidRecord("incident: discovered in the future")
    if not world.serving(call.authority, PartyRole.AUTHORITY, now):
        raise NotAuthorized("incident: no authority")
    due = _until(state, call.operator, call.severity, call.found)
    after = Incident(
        party, call.authority, call.operator, call.severity, call.severity, call.found, due, IncidentState.RECORDED
    )
    values = (call.operator, call.severity, call.found, due, call.authority, call.content)
    return _record(state, INCIDENT_RECORDED, call.id, after, *values)


def _regrade(state: State, call: Regrade, before: Incident, now: int) -> Result:
    _require(before, IncidentState.RECORDED)
    _require_severity(call.severity)
    if before.severity == call.severity:
        raise Conflict("incident: no change")
    due = before.due or _until(state, before.operator, call.severity, now)
    after = replace(_graded(before, call.severity), due=due)
    return _record(state, INCIDENT_REGRADED, call.id, after, call.severity, due, call.content)


def _end(state: State, call: End, before: Incident, now: int, world: IncidentWorld) -> Result:
    _require(before, IncidentState.REPORTED)
    has_limit = before.gravest != Severity.ORDINARY
    due = world.due(now, SUMMARY_DAYS, CALENDAR_DAYS, now) if has_limit else 0
    after = replace(before, due=due, state=IncidentState.ENDED)
    return _record(state, INCIDENT_ENDED, call.id, after, due, call.content)


def _graded(before: Incident, severity: int) -> Incident:
    return replace(before, severity=severity, gravest=min(before.gravest, severity))


def _until(state: State, operator: int, severity: int, start: int) -> int:
    return 0 if severity == Severity.ORDINARY else start + state.hours(operator) * HOUR


def _late(before: Incident, now: int) -> int:
    return int(0 < before.due <= now)


def _own(state: State, call: Regrade | Report | FollowUp | End | Close, party: bytes) -> Incident:
    found = state.incident(call.id)
    if not found.state:
        raise NotFound("incident: unknown")
    if found.party != party:
        raise NotAuthorized("incident: of another party")
    if call.content == NOTHING:
        raise InvalidRecord("incident: content missing")
    return found


def _require(found: Incident, expected: IncidentState) -> None:
    if found.state is not expected:
        raise Conflict("incident: state")


def _require_operator(operator: int) -> None:
    if operator not in NATIONAL_HOURS:
        raise InvalidRecord("incident: operator")


def _require_severity(severity: int) -> None:
    if not 0 < severity <= Severity.ORDINARY:
        raise InvalidRecord("incident: severity")


def _record(state: State, signature: str, id: bytes, after: Incident, *values: int | bytes) -> Result:
    journal, change = state.journal.record(signature, id, int(after.state), after.party, *values)
    return replace(state, incidents={**state.incidents, id: after}, journal=journal), (change,)
