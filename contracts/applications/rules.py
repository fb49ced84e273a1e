"""The rules of Applications as values and functions: what ``applications.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. An application changes no right: its entry does.
Source: Interim Regulation on Real Estate Registration (2024), articles 3, 15, 17, 20 and 22.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, Protocol, TypeAlias

from contracts.addresses import APPLICATIONS
from contracts.calendar.rules import Unit as LimitUnit
from contracts.history import Change, Journal
from contracts.world import AgentRole, PartyRole, World
from ledger.abi import AbiValue
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

APPLICATION_ACCEPTED: Final = "ApplicationAccepted(bytes32,uint256,uint256,bytes32,bytes32,uint256,bytes32,uint256)"
APPLICATION_ENTERED: Final = "ApplicationEntered(bytes32,uint256,uint256,bytes32,bool)"
APPLICATION_WITHDRAWN: Final = "ApplicationWithdrawn(bytes32,uint256,uint256,bytes32,bytes32)"
APPLICATION_REFUSED: Final = "ApplicationRefused(bytes32,uint256,uint256,bytes32,uint256,bytes32)"
NOTHING: Final = bytes(32)
ROLES: Final = AgentRole.OFFICER | AgentRole.NODE
DAYS: Final = 30
LAST_GROUND: Final = 4


class RegistrationType(IntEnum):
    """The eight types of article 3, and the opening of a unit from its historical record."""

    FIRST = 1
    ALTERATION = 2
    TRANSFER = 3
    CANCELLATION = 4
    CORRECTION = 5
    OBJECTION = 6
    PRENOTICE = 7
    SEIZURE = 8
    OPENING = 9


# A seizure follows a court's order, an opening an extract of the historical stream: no application.
BY_APPLICATION: Final = tuple(RegistrationType)[: RegistrationType.PRENOTICE]


class ApplicationState(IntEnum):
    """Where an application is."""

    UNKNOWN = 0
    ACCEPTED = 1
    ENTERED = 2
    WITHDRAWN = 3
    REFUSED = 4


@dataclass(frozen=True, slots=True)
class Application:
    """One application; all zero for an id never used. due: whoever enters at it or later is late, unix seconds."""

    registrar: bytes = NOTHING
    unit: bytes = NOTHING
    kind: int = 0
    papers: bytes = NOTHING
    accepted: int = 0
    due: int = 0
    state: ApplicationState = ApplicationState.UNKNOWN


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    applications: Mapping[bytes, Application] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def application(self, id: bytes) -> Application:
        return self.applications.get(id, Application())


class RegistryWorld(World, Protocol):
    """What the rules ask besides: the Calendar, and who the register's contracts are."""

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        """Return when a limit ends; raises as the Calendar does."""
        ...

    def is_register(self, caller: bytes) -> bool:
        """Say whether the caller is Titles or Restrictions."""
        ...


@dataclass(frozen=True, slots=True)
class Accept:
    """Accept an application with complete papers."""

    id: bytes
    unit: bytes
    kind: int
    papers: bytes


@dataclass(frozen=True, slots=True)
class Enter:
    """Consume an application by its entry; Titles and Restrictions only."""

    id: bytes
    registrar: bytes
    unit: bytes
    kind: int


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Withdraw an application before its entry. source: digest of the applicants' signed request."""

    id: bytes
    source: bytes


@dataclass(frozen=True, slots=True)
class Refuse:
    """Refuse registration on one of the four grounds of article 22, with a digest of the reasons."""

    id: bytes
    ground: int
    reason: bytes


Call: TypeAlias = Accept | Enter | Withdraw | Refuse
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: RegistryWorld) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    match call:
        case Accept():
            world.require_open(APPLICATIONS)
            return _accept(state, call, _registrar(caller, now, world), now, world)
        case Enter():
            if not world.is_register(caller):
                raise NotAuthorized("application: register only")
            return _enter(state, call, now)
        case Withdraw() | Refuse():
            return _end(state, call, _registrar(caller, now, world))


def check_entry(before: Application, call: Enter) -> None:
    """Refuse an entry that this application does not ask for."""
    if not before.state:
        raise NotFound("application: unknown")
    if before.registrar != call.registrar:
        raise NotAuthorized("application: of another registrar")
    if before.state is not ApplicationState.ACCEPTED:
        raise Conflict("application: state")
    if before.unit != call.unit:
        raise InvalidRecord("application: another unit")
    if before.kind != call.kind:
        raise InvalidRecord("application: another type")


def _accept(state: State, call: Accept, party: bytes, now: int, world: RegistryWorld) -> Result:
    if call.id == NOTHING:
        raise InvalidRecord("application: id missing")
    if state.application(call.id).state:
        raise Conflict("application: id used")
    checks = (
        (call.unit == NOTHING, "application: unit missing"),
        (call.kind not in BY_APPLICATION, "application: type"),
        (call.papers == NOTHING, "application: papers missing"),
    )
    for fails, reason in checks:
        if fails:
            raise InvalidRecord(reason)
    due = world.due(now, DAYS, LimitUnit.WORKING, now)
    after = Application(party, call.unit, call.kind, call.papers, now, due, ApplicationState.ACCEPTED)
    return _record(state, APPLICATION_ACCEPTED, call.id, after, call.unit, call.kind, call.papers, due)


def _enter(state: State, call: Enter, now: int) -> Result:
    before = state.application(call.id)
    check_entry(before, call)
    after = replace(before, state=ApplicationState.ENTERED)
    return _record(state, APPLICATION_ENTERED, call.id, after, now >= before.due)


def _end(state: State, call: Withdraw | Refuse, party: bytes) -> Result:
    before = state.application(call.id)
    if not before.state:
        raise NotFound("application: unknown")
    if before.registrar != party:
        raise NotAuthorized("application: of another registrar")
    if before.state is not ApplicationState.ACCEPTED:
        raise Conflict("application: state")
    match call:
        case Withdraw():
            if call.source == NOTHING:
                raise InvalidRecord("application: source missing")
            after = replace(before, state=ApplicationState.WITHDRAWN)
            return _record(state, APPLICATION_WITHDRAWN, call.id, after, call.source)
        case Refuse():
            if not 0 < call.ground <= LAST_GROUND:
                raise InvalidRecord("application: ground missing")
            if call.reason == NOTHING:
                raise InvalidRecord("application: reason missing")
            after = replace(before, state=ApplicationState.REFUSED)
            return _record(state, APPLICATION_REFUSED, call.id, after, call.ground, call.reason)


def _registrar(caller: bytes, now: int, world: RegistryWorld) -> bytes:
    party = world.acting(caller, ROLES, now)
    if not world.serving(party, PartyRole.REGISTRAR, now):
        raise NotAuthorized("application: registrar only")
    return party


def _record(state: State, signature: str, id: bytes, after: Application, *values: AbiValue) -> Result:
    journal, change = state.journal.record(signature, id, int(after.state), after.registrar, *values)
    return State({**state.applications, id: after}, journal), (change,)
