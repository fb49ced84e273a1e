"""The registrar's desk: what an entry presupposes, and the one place where it is written.

Same order of checks and the same reason texts as ``register.vy``.
Source: Interim Regulation on Real Estate Registration (2024), articles 8 and 21.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Final, Protocol

from contracts.addresses import TITLES
from contracts.applications.rules import Enter, RegistrationType
from contracts.history import Change
from contracts.titles.calls import Part
from contracts.titles.holding import Holdings
from contracts.titles.record import NOTHING, RightKind, State, Unit, UnitState
from contracts.world import AgentRole, PartyRole, World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

TITLE_ENTERED: Final = (
    "TitleEntered(bytes32,uint256,uint256,bytes32,uint256,bytes32,bytes32,bytes32,uint256,bytes32[],uint256[],uint256)"
)
ROLES: Final = AgentRole.OFFICER | AgentRole.NODE


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

    def relied(self, unit: bytes, registrar: bytes, now: int) -> bool:
        """Say whether somebody else's right rests on the holders of a unit of a registrar."""
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


@dataclass(slots=True)
class Desk:
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

    def consume(self, entry: Enter | None) -> None:
        """Refuse an entry that its application does not ask for."""
        if entry is not None:
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


def registrar_of(caller: bytes, now: int, world: World) -> bytes:
    world.require_open(TITLES)
    party = world.acting(caller, ROLES, now)
    if not world.serving(party, PartyRole.REGISTRAR, now):
        raise NotAuthorized("title: registrar only")
    return party
