"""What Restrictions stores, and how an entry about a restriction is written.

Pure: a state goes in, the next one comes out. Who may write is the rules' (``rules``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from contracts.history import Change, Journal
from contracts.restrictions.record import (
    FOR_SEIZURES,
    MAX_STANDING,
    NOTHING,
    Days,
    Restriction,
    RestrictionKind,
    RestrictionState,
    day_end,
    end,
    holding,
)
from ledger.errors import Conflict, InvalidRecord

RESTRICTION_ENTERED: Final = (
    "RestrictionEntered(bytes32,uint256,uint256,bytes32,bytes32,uint256,bytes32,bytes32,bytes32,"
    "uint256,uint256,uint256,bool)"
)


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. standing: a unit's restrictions in the order of their registration."""

    restrictions: Mapping[bytes, Restriction] = field(default_factory=dict)
    standing: Mapping[bytes, tuple[bytes, ...]] = field(default_factory=dict)
    orders: frozenset[bytes] = frozenset()
    journal: Journal = field(default_factory=Journal)

    def restriction(self, id: bytes) -> Restriction:
        return self.restrictions.get(id, Restriction())

    def of(self, unit: bytes) -> tuple[tuple[bytes, Restriction], ...]:
        """Return what stands against a unit, lapsed ones included, in order."""
        return tuple((id, self.restrictions[id]) for id in self.standing.get(unit, ()))


Result: TypeAlias = tuple[State, tuple[Change, ...]]


def use(state: State, order: bytes) -> State:
    """Use up an authority's order.

    Raises:
        InvalidRecord, Conflict: there is none, or it was used.
    """
    if order == NOTHING:
        raise InvalidRecord("restriction: order missing")
    if order in state.orders:
        raise Conflict("restriction: order used")
    return replace(state, orders=state.orders | {order})


def settle(state: State, unit: bytes, registrar: bytes, now: int, calendar: Days) -> State:
    """Write down what time has done: drop what lapsed, give the seizure that holds its start and end.

    Args:
        registrar: the unit's, zero before its first registration: pre-notices of others then fall away.
    """
    held = holding(state.of(unit), now)
    kept, records, behind = [], dict(state.restrictions), False
    for id, entry in state.of(unit):
        if entry.kind == RestrictionKind.SEIZURE:
            if held and id == held.id:
                behind = True
                records[id] = replace(entry, since=held.since, until=held.until)
            stands = behind
        else:
            foreign = registrar != NOTHING and entry.registrar != registrar
            stands = not foreign and now < end(entry, now, calendar)
        if stands:
            kept.append(id)
        else:
            records[id] = replace(entry, state=RestrictionState.ENDED)
    return replace(state, restrictions=records, standing={**state.standing, unit: tuple(kept)})


def add(state: State, id: bytes, source: bytes, entry: Restriction) -> Result:
    """Put a restriction behind those that stand; they have been settled.

    Raises:
        InvalidRecord, Conflict: the id is missing or used, or too many stand.
    """
    if id == NOTHING:
        raise InvalidRecord("restriction: id missing")
    if state.restriction(id).state:
        raise Conflict("restriction: id used")
    before = state.standing.get(entry.unit, ())
    places = MAX_STANDING if entry.kind == RestrictionKind.SEIZURE else MAX_STANDING - FOR_SEIZURES
    if len(before) >= places:
        raise Conflict("restriction: too many")
    return write(replace(state, standing={**state.standing, entry.unit: (*before, id)}), id, source, entry)


def finish(state: State, id: bytes, source: bytes, entry: Restriction, now: int) -> Result:
    """End a restriction by an entry; behind a seizure that held the next one starts, by an entry of its own."""
    held = holding(state.of(entry.unit), now)
    rest = tuple(other for other in state.standing.get(entry.unit, ()) if other != id)
    state = replace(state, standing={**state.standing, entry.unit: rest})
    state, changes = write(state, id, source, replace(entry, state=RestrictionState.ENDED))
    if held is None or held.id != id:
        return state, changes
    for other in rest:
        queued = state.restriction(other)
        if queued.kind == RestrictionKind.SEIZURE:
            state, more = write(state, other, source, replace(queued, since=now, until=day_end(now, queued.days)))
            return state, (*changes, *more)
    return state, changes


def write(state: State, id: bytes, source: bytes, entry: Restriction) -> Result:
    """Write an entry; from here on it has effect (article 21)."""
    party = entry.holder if entry.kind == RestrictionKind.SEIZURE else entry.registrar
    journal, change = state.journal.record(
        RESTRICTION_ENTERED, entry.unit, int(entry.state), party, id, entry.kind, source, entry.holder, entry.claim,
        entry.since, entry.days, entry.until, entry.ban,
    )  # fmt: skip
    return replace(state, restrictions={**state.restrictions, id: entry}, journal=journal), (change,)
