"""The rules of Cases as values and functions: what ``cases.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. Departments sign in parallel, in any order; the clock is
one for the whole. Lateness is marked, never refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, Protocol, TypeAlias

from contracts.addresses import CASES
from contracts.history import Change, Journal
from contracts.world import AgentRole, PartyRole, World
from ledger.abi import AbiValue
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

TEMPLATE_DEFINED: Final = "TemplateDefined(bytes32,uint256,bytes32,uint256,uint256,bytes32[])"
CASE_OPENED: Final = "CaseOpened(bytes32,uint256,uint256,bytes32,bytes32,bytes32,uint256)"
CASE_SIGNED: Final = "CaseSigned(bytes32,uint256,uint256,bytes32,bytes32,bool)"
CASE_REFUSED: Final = "CaseRefused(bytes32,uint256,uint256,bytes32,bytes32)"
CASE_CLOSED: Final = "CaseClosed(bytes32,uint256,uint256,bytes32,bytes32,bool)"
CASE_WITHDRAWN: Final = "CaseWithdrawn(bytes32,uint256,uint256,bytes32,bytes32)"
NOTHING: Final = bytes(32)
HANDLERS: Final = AgentRole.OFFICER | AgentRole.NODE
MAX_DEPARTMENTS: Final = 16
MAX_SECONDS: Final = 366 * 86400
MAX_DAYS: Final = 250


class ClockUnit(IntEnum):
    """How a template's clock counts; days as the Calendar does."""

    WORKING_DAYS = 1
    CALENDAR_DAYS = 2
    SECONDS = 3


class CaseState(IntEnum):
    """Where a case is; overdue is derived from time, never stored."""

    UNKNOWN = 0
    OPEN = 1
    CLOSED = 2
    REFUSED = 3
    WITHDRAWN = 4


@dataclass(frozen=True, slots=True)
class Template:
    """A kind of case: its departments in ascending order, and its clock. unit 0: there is none."""

    authority: bytes = NOTHING
    departments: tuple[bytes, ...] = ()
    amount: int = 0
    unit: int = 0


@dataclass(frozen=True, slots=True)
class Case:
    """One case; signed: a bit for each department of its template. due: whoever acts at it or later is late."""

    template: bytes = NOTHING
    opener: bytes = NOTHING
    papers: bytes = NOTHING
    opened: int = 0
    due: int = 0
    signed: int = 0
    state: CaseState = CaseState.UNKNOWN

    def is_overdue(self, now: int) -> bool:
        """Say whether the case is open beyond its time."""
        return self.state is CaseState.OPEN and now >= self.due


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    templates: Mapping[bytes, Template] = field(default_factory=dict)
    cases: Mapping[bytes, Case] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def template(self, id: bytes) -> Template:
        return self.templates.get(id, Template())

    def case(self, id: bytes) -> Case:
        return self.cases.get(id, Case())


class CaseWorld(World, Protocol):
    """What the rules ask besides: the Calendar."""

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        """Return when a limit ends; raises as the Calendar does."""
        ...


@dataclass(frozen=True, slots=True)
class Define:
    """Say once which departments sign a kind of case, and in which time."""

    id: bytes
    departments: tuple[bytes, ...]
    amount: int
    unit: int


@dataclass(frozen=True, slots=True)
class Open:
    """Begin a case. papers: salted digest of all that was handed in."""

    id: bytes
    template: bytes
    papers: bytes


@dataclass(frozen=True, slots=True)
class Sign:
    """Sign for one's department. document: salted digest of what it issues."""

    id: bytes
    document: bytes


@dataclass(frozen=True, slots=True)
class Refuse:
    """Say no for one's department; ends the case."""

    id: bytes
    reason: bytes


@dataclass(frozen=True, slots=True)
class Close:
    """Hand out the result after every signature."""

    id: bytes
    certificate: bytes


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take a case back at the applicants' wish."""

    id: bytes
    reason: bytes


Call: TypeAlias = Define | Open | Sign | Refuse | Close | Withdraw
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: CaseWorld) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if not isinstance(call, Refuse | Withdraw):  # a pause keeps nobody from saying no
        world.require_open(CASES)
    duty = AgentRole.OFFICER if isinstance(call, Define | Refuse | Withdraw) else HANDLERS
    party = world.acting(caller, duty, now)
    match call:
        case Define():
            return _define(state, call, party, now, world)
        case Open():
            return _open(state, call, party, now, world)
        case Sign():
            return _sign(state, call, party, now)
        case Refuse():
            before = _going(state, call.id)
            _place(state.template(before.template), party)
            _require(call.reason, "reason")
            return _record(state, CASE_REFUSED, call.id, replace(before, state=CaseState.REFUSED), party, call.reason)
        case Close() | Withdraw():
            return _end(state, call, party, now)


def _define(state: State, call: Define, party: bytes, now: int, world: World) -> Result:
    if not world.serving(party, PartyRole.AUTHORITY, now):
        raise NotAuthorized("case: authority only")
    _require(call.id, "id")
    if state.template(call.id).unit:
        raise Conflict("case: template exists")
    if not call.departments:
        raise InvalidRecord("case: no department")
    pairs = zip((NOTHING, *call.departments), call.departments, strict=False)
    if any(department <= before for before, department in pairs):
        raise InvalidRecord("case: departments in ascending order")
    if call.unit not in tuple(ClockUnit):
        raise InvalidRecord("case: unit")
    if not 0 < call.amount <= (MAX_SECONDS if call.unit == ClockUnit.SECONDS else MAX_DAYS):
        raise InvalidRecord("case: time")
    template = Template(party, call.departments, call.amount, call.unit)
    journal, change = state.journal.record(TEMPLATE_DEFINED, call.id, party, call.amount, call.unit, call.departments)
    return replace(state, templates={**state.templates, call.id: template}, journal=journal), (change,)


def _open(state: State, call: Open, party: bytes, now: int, world: CaseWorld) -> Result:
    _require(call.id, "id")
    if state.case(call.id).state:
        raise Conflict("case: id used")
    template = state.template(call.template)
    if not template.unit:
        raise NotFound("case: no such template")
    _place(template, party)
    _require(call.papers, "papers")
    if template.unit == ClockUnit.SECONDS:
        due = now + template.amount + 1  # whoever acts in the last second is in time
    else:
        due = world.due(now, template.amount, template.unit, now)
    after = Case(call.template, party, call.papers, now, due, 0, CaseState.OPEN)
    return _record(state, CASE_OPENED, call.id, after, party, call.template, call.papers, due)


def _sign(state: State, call: Sign, party: bytes, now: int) -> Result:
    before = _going(state, call.id)
    bit = 1 << _place(state.template(before.template), party)
    if before.signed & bit:
        raise Conflict("case: signed already")
    _require(call.document, "document")
    after = replace(before, signed=before.signed | bit)
    return _record(state, CASE_SIGNED, call.id, after, party, call.document, now >= before.due)


def _end(state: State, call: Close | Withdraw, party: bytes, now: int) -> Result:
    before = _going(state, call.id)
    if before.opener != party:
        raise NotAuthorized("case: of another window")
    if isinstance(call, Withdraw):
        _require(call.reason, "reason")
        return _record(state, CASE_WITHDRAWN, call.id, replace(before, state=CaseState.WITHDRAWN), party, call.reason)
    if before.signed != (1 << len(state.template(before.template).departments)) - 1:
        raise Conflict("case: signatures missing")
    _require(call.certificate, "certificate")
    after = replace(before, state=CaseState.CLOSED)
    return _record(state, CASE_CLOSED, call.id, after, party, call.certificate, now >= before.due)


def _going(state: State, id: bytes) -> Case:
    before = state.case(id)
    if not before.state:
        raise NotFound("case: unknown")
    if before.state is not CaseState.OPEN:
        raise Conflict("case: state")
    return before


def _place(template: Template, party: bytes) -> int:
    if party not in template.departments:
        raise NotAuthorized("case: not a department of it")
    return template.departments.index(party)


def _require(value: bytes, name: str) -> None:
    if value == NOTHING:
        raise InvalidRecord(f"case: {name} missing")


def _record(state: State, signature: str, id: bytes, after: Case, party: bytes, *values: AbiValue) -> Result:
    journal, change = state.journal.record(signature, id, int(after.state), party, *values)
    return replace(state, cases={**state.cases, id: after}, journal=journal), (change,)
