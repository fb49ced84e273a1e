"""The rules of Titles as values and functions: what ``titles.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. A right changes by its entry, and an entry states whom
it takes the right from: of two entries about one state only the first holds. The registrar answers for having examined
signatures and papers; the contract sees commitments.
Source: Interim Regulation on Real Estate Registration (2024); Civil Code articles 209 to 221; ISO 19152 (LADM).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, Protocol, TypeAlias

from contracts.addresses import TITLES
from contracts.applications.rules import Enter, RegistrationType
from contracts.history import Change, Journal
from contracts.titles.calls import Alter, Call, Cancel, Correct, Divide, First, Merge, OpenRecord, Part, Transfer
from contracts.titles.holding import Holdings, extract, parts_digest, successors_digest
from contracts.world import AgentRole, PartyRole, World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound, VerificationError
from ledger.log.record import leaf_of
from ledger.merkle import verify_inclusion

TITLE_ENTERED: Final = (
    "TitleEntered(bytes32,uint256,uint256,bytes32,uint256,bytes32,bytes32,bytes32,uint256,bytes32[],uint256[],uint256)"
)
NOTHING: Final = bytes(32)
ROLES: Final = AgentRole.OFFICER | AgentRole.NODE


class RightKind(IntEnum):
    """The rights of article 5, numbered as its items; mortgages are restrictions here."""

    COLLECTIVE_LAND = 1
    BUILDING = 2
    FOREST = 3
    CONTRACTED_LAND = 4
    CONSTRUCTION_LAND = 5
    HOMESTEAD = 6
    SEA_AREA = 7
    EASEMENT = 8
    MORTGAGE = 9
    OTHER = 10


class UnitState(IntEnum):
    """SUCCEEDED: divided into others or merged into one."""

    UNKNOWN = 0
    REGISTERED = 1
    CANCELLED = 2
    SUCCEEDED = 3


@dataclass(frozen=True, slots=True)
class Unit:
    """A basic administrative unit with one right; all zero for one the register never had. since: of its last entry."""

    registrar: bytes = NOTHING
    spatial: bytes = NOTHING
    right: int = 0
    holdings: bytes = NOTHING
    since: int = 0
    state: UnitState = UnitState.UNKNOWN


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    units: Mapping[bytes, Unit] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def unit(self, unit: bytes) -> Unit:
        return self.units.get(unit, Unit())


class RegisterWorld(World, Protocol):
    """What the rules ask besides: Applications, Restrictions and Notary."""

    def check_entry(self, call: Enter) -> None:
        """Refuse an entry that its application does not ask for; raises as Applications does."""
        ...

    def obstacle(self, unit: bytes, registrar: bytes, beneficiary: bytes, acknowledged: bool, now: int) -> str:
        """Return why Restrictions forbids a transfer by the unit's registrar, "" if it does not."""
        ...

    def seized(self, unit: bytes, now: int) -> bool:
        """Say whether a seizure holds."""
        ...

    def burdened(self, unit: bytes, registrar: bytes, now: int) -> bool:
        """Say whether anything stands against a unit of a registrar."""
        ...

    def stream_owner(self, stream: bytes) -> bytes:
        """Return the party of a stream, zero for none."""
        ...

    def stream_root(self, stream: bytes, size: int) -> bytes:
        """Return the root anchored at exactly this size, zero for none."""
        ...


Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: RegisterWorld) -> Result:
    """Return the state after a call, and its events. The application it consumes: see ``consumed``.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    desk = _Desk(state, _registrar(caller, now, world), now, world)
    match call:
        case First():
            entry = desk.new(Part(call.unit, call.spatial), call.right, call.held)
            desk.consume(call)
            desk.enter(call.unit, entry, RegistrationType.FIRST, call.application, NOTHING, call.held)
        case OpenRecord():
            _open(desk, call)
        case Alter():
            _alter(desk, call)
        case Transfer():
            _transfer(desk, call)
        case Correct():
            _correct(desk, call)
        case Cancel():
            entry = replace(desk.unburdened(call.unit, call.before), state=UnitState.CANCELLED)
            desk.consume(call)
            desk.enter(call.unit, entry, RegistrationType.CANCELLATION, call.application, NOTHING, call.before)
        case Divide():
            _divide(desk, call)
        case Merge():
            _merge(desk, call)
    return desk.state, tuple(desk.changes)


def consumed(call: Call, registrar: bytes) -> Enter | None:
    """Return the entry that a call makes in Applications, None for one without application."""
    match call:
        case OpenRecord():
            return None
        case First():
            kind = RegistrationType.FIRST
        case Transfer():
            kind = RegistrationType.TRANSFER
        case Cancel():
            kind = RegistrationType.CANCELLATION
        case Correct():
            if call.application == NOTHING:
                return None
            kind = RegistrationType.CORRECTION
        case Alter() | Divide() | Merge():
            kind = RegistrationType.ALTERATION
    unit = call.parts[0] if isinstance(call, Merge) else call.unit
    return Enter(call.application, registrar, unit, int(kind))


@dataclass(slots=True)
class _Desk:
    """The registrar at one moment, writing entries one after the other."""

    state: State
    registrar: bytes
    now: int
    world: RegisterWorld
    changes: list[Change] = field(default_factory=list)

    def new(self, part: Part, right: int, held: Holdings) -> Unit:
        """Return a unit that no register has held yet."""
        if part.unit == NOTHING:
            raise InvalidRecord("title: unit missing")
        if self.state.unit(part.unit).state:
            raise Conflict("title: registered already")
        if part.spatial == NOTHING:
            raise InvalidRecord("title: spatial unit missing")
        if right not in tuple(RightKind) or right == RightKind.MORTGAGE:
            raise InvalidRecord("title: kind of right")
        return Unit(self.registrar, part.spatial, right, held.digest(), 0, UnitState.REGISTERED)

    def held(self, unit: bytes, before: Holdings) -> Unit:
        """Return a registered unit of this registrar, if it is held as the entry says."""
        entry = self.state.unit(unit)
        if not entry.state:
            raise NotFound("title: unknown")
        if entry.registrar != self.registrar:
            raise NotAuthorized("title: of another registrar")
        if entry.state is not UnitState.REGISTERED:
            raise Conflict("title: state")
        if entry.holdings != before.digest():
            raise Conflict("title: not the holders")
        return entry

    def unburdened(self, unit: bytes, before: Holdings) -> Unit:
        """Return the same, if nothing is registered against it."""
        entry = self.held(unit, before)
        if self.world.burdened(unit, entry.registrar, self.now):
            raise Conflict("title: burdened")
        return entry

    def consume(self, call: Call) -> None:
        """Refuse a call whose application does not ask for it."""
        if entry := consumed(call, self.registrar):
            self.world.check_entry(entry)

    def enter(
        self, unit: bytes, entry: Unit, kind: RegistrationType, source: bytes, origin: bytes, held: Holdings
    ) -> None:
        """Write an entry."""
        journal, change = self.state.journal.record(
            TITLE_ENTERED, unit, int(entry.state), entry.registrar, int(kind), source, origin, entry.spatial,
            entry.right, *held.values,
        )  # fmt: skip
        self.state = State({**self.state.units, unit: replace(entry, since=self.now)}, journal)
        self.changes.append(change)


def _registrar(caller: bytes, now: int, world: World) -> bytes:
    world.require_open(TITLES)
    party = world.acting(caller, ROLES, now)
    if not world.serving(party, PartyRole.REGISTRAR, now):
        raise NotAuthorized("title: registrar only")
    return party


def _open(desk: _Desk, call: OpenRecord) -> None:
    entry = desk.new(Part(call.unit, call.spatial), call.right, call.held)
    if desk.world.stream_owner(call.stream) != desk.registrar:
        raise NotAuthorized("title: stream of another registrar")
    root = desk.world.stream_root(call.stream, call.size)
    if root == NOTHING:
        raise NotFound("title: no such anchor")
    record = extract(call.unit, call.spatial, call.right, entry.holdings, call.last)
    leaf = leaf_of(call.salt, record)
    try:
        verify_inclusion(leaf, call.index, call.size, call.path, root)
    except VerificationError as exc:
        raise VerificationError("title: not in the stream") from exc
    desk.enter(call.unit, entry, RegistrationType.OPENING, leaf, call.stream, call.held)


def _alter(desk: _Desk, call: Alter) -> None:
    entry = desk.held(call.unit, call.before)
    after = replace(entry, spatial=call.spatial, holdings=call.after.digest())
    if call.spatial == NOTHING:
        raise InvalidRecord("title: spatial unit missing")
    if after.holdings != entry.holdings and desk.world.seized(call.unit, desk.now):
        raise Conflict("title: under seizure")  # no rule can tell a new name from another person
    if not call.before.divides_like(call.after):
        raise InvalidRecord("title: an alteration moves no share")
    desk.consume(call)
    desk.enter(call.unit, after, RegistrationType.ALTERATION, call.application, NOTHING, call.after)


def _transfer(desk: _Desk, call: Transfer) -> None:
    entry = desk.held(call.unit, call.before)
    after = replace(entry, holdings=call.after.digest())
    if after.holdings == entry.holdings:
        raise InvalidRecord("title: nothing changes")
    if reason := desk.world.obstacle(call.unit, entry.registrar, after.holdings, call.acknowledged, desk.now):
        raise Conflict(reason)
    desk.consume(call)
    desk.enter(call.unit, after, RegistrationType.TRANSFER, call.application, NOTHING, call.after)


def _correct(desk: _Desk, call: Correct) -> None:
    entry = desk.held(call.unit, call.before)
    if call.reason == NOTHING:
        raise InvalidRecord("title: reason missing")
    if call.spatial == NOTHING:
        raise InvalidRecord("title: spatial unit missing")
    if desk.world.seized(call.unit, desk.now):
        raise Conflict("title: under seizure")
    desk.consume(call)
    after = replace(entry, spatial=call.spatial, holdings=call.after.digest())
    desk.enter(call.unit, after, RegistrationType.CORRECTION, call.reason, call.application, call.after)


def _divide(desk: _Desk, call: Divide) -> None:
    entry = desk.unburdened(call.unit, call.held)
    if len(call.parts) < 2:
        raise InvalidRecord("title: at least two parts")
    desk.consume(call)
    for part in call.parts:
        made = desk.new(part, entry.right, call.held)
        desk.enter(part.unit, made, RegistrationType.ALTERATION, call.application, call.unit, call.held)
    after = replace(entry, state=UnitState.SUCCEEDED)
    successors = successors_digest((part.unit, part.spatial) for part in call.parts)
    desk.enter(call.unit, after, RegistrationType.ALTERATION, call.application, successors, call.held)


def _merge(desk: _Desk, call: Merge) -> None:
    if len(call.parts) < 2:
        raise InvalidRecord("title: at least two parts")
    right = desk.state.unit(call.parts[0]).right
    desk.consume(call)
    for part in call.parts:
        entry = desk.unburdened(part, call.held)
        if entry.right != right:
            raise InvalidRecord("title: another kind of right")
        after = replace(entry, state=UnitState.SUCCEEDED)
        desk.enter(part, after, RegistrationType.ALTERATION, call.application, call.into.unit, call.held)
    made = desk.new(call.into, right, call.held)
    origin = parts_digest(call.parts)
    desk.enter(call.into.unit, made, RegistrationType.ALTERATION, call.application, origin, call.held)
