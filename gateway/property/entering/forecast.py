"""What the contracts would say to entries before any is sent: their own rules, on a state read by proof.

Entries follow each other, so that what the first would change is what the second meets. It does NOT foresee pauses, the
clerk's term of office, or what others enter in the meantime.
"""
# ruff: noqa: ARG002 - a world that foresees no pause does not look at what it is asked about

from __future__ import annotations

from dataclasses import dataclass, replace

from contracts.applications.rules import Application, ApplicationState, Enter, check_entry
from contracts.evidence.title.chain import ProvenDays
from contracts.parties.client import party_id
from contracts.restrictions import rules as restrictions
from contracts.restrictions.entries import State as Burdens
from contracts.titles import rules as titles
from contracts.titles.calls import Correct, Divide, Merge
from contracts.titles.record import State, Unit
from gateway.property.entering.desk import Desk
from gateway.property.entering.draft import Revised


@dataclass(slots=True)
class Ground:
    """The world of the rules, as the newest sealed state has it and as entries foreseen so far would leave it."""

    register: State
    burdens: Burdens
    applications: dict[bytes, Application]
    party: bytes
    days: ProvenDays

    def require_open(self, name: str) -> None:
        """Foresee no pause."""

    def is_governance(self, caller: bytes) -> bool:
        return False

    def acting(self, agent: bytes, role: int, now: int) -> bytes:
        return self.party

    def serving(self, party: bytes, role: int, now: int) -> bool:
        return True

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        return self.days.due(start, days, unit, now)

    def check_entry(self, call: Enter) -> None:
        check_entry(self.applications.get(call.id, Application()), call)

    def unit(self, unit: bytes) -> Unit:
        return self.register.unit(unit)

    def obstacle(self, unit: bytes, registrar: bytes, beneficiary: bytes, acknowledged: bool, now: int) -> str:
        asked = (unit, registrar, beneficiary, acknowledged)
        return restrictions.obstacle(self.burdens, *asked, now, self, transfers=True)

    def seized(self, unit: bytes, now: int) -> bool:
        return restrictions.seized(self.burdens, unit, now)

    def relied(self, unit: bytes, registrar: bytes, now: int) -> bool:
        return restrictions.relied(self.burdens, unit, registrar, now, self)

    def burdened(self, unit: bytes, registrar: bytes, now: int) -> bool:
        return restrictions.burdened(self.burdens, unit, registrar, now, self)

    def stream_owner(self, stream: bytes) -> bytes:
        return bytes(32)

    def stream_root(self, stream: bytes, size: int) -> bytes:
        return bytes(32)


class Forecast:
    """Entries of one registrar, foreseen one after the other."""

    def __init__(self, desk: Desk, party: str, days: ProvenDays, now: int) -> None:
        self._desk, self._now = desk, now
        self._ground = Ground(State(), Burdens(), {}, party_id(party), days)

    def enter(self, call: Revised, number: str) -> None:
        """Foresee an entry; number: of its application, empty for none.

        Raises:
            NotAuthorized, Conflict, InvalidRecord, NotFound: the contracts would refuse, with this reason.
        """
        for unit in _units(call):
            self._read(unit)
        ground = self._ground
        if asked := titles.consumed(call, ground.party):
            found = self._desk.application(number)
            if found.state is ApplicationState.UNKNOWN:  # would be accepted first
                found = Application(asked.registrar, asked.unit, asked.kind, state=ApplicationState.ACCEPTED)
            ground.applications.setdefault(asked.id, found)
        ground.register, _ = titles.apply(ground.register, call, bytes(20), self._now, ground)
        if asked:
            entered = replace(ground.applications[asked.id], state=ApplicationState.ENTERED)
            ground.applications[asked.id] = entered

    def _read(self, unit: bytes) -> None:
        """Read a unit and what stands against it, once."""
        ground = self._ground
        if unit in ground.register.units:
            return
        ground.register = replace(ground.register, units={**ground.register.units, unit: self._desk.unit(unit)})
        standing = self._desk.standing(unit)
        ground.burdens = replace(
            ground.burdens,
            restrictions={**ground.burdens.restrictions, **dict(standing)},
            standing={**ground.burdens.standing, unit: tuple(id for id, _ in standing)},
        )


def _units(call: Revised) -> tuple[bytes, ...]:
    match call:
        case Correct():
            return (call.unit,)
        case Divide():
            return (call.unit, *(part.unit for part in call.parts))
        case Merge():
            return (*(part.unit for part in call.parts), call.into.unit)
