"""What the complete histories of a unit say: its entries in their order, and what stands against it at a moment.

A restriction that lapsed leaves no entry, so its end is derived from time, by the functions that the rules of
Restrictions use. What it does NOT do: prove that a history is complete (``contracts.proven``), or know names.
Source: Civil Code articles 220, 221, 366 and 406; Interim Regulation on Real Estate Registration (2024), article 8.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import cast

from contracts.applications.rules import RegistrationType
from contracts.history import Recorded
from contracts.restrictions.entries import RESTRICTION_ENTERED
from contracts.restrictions.record import (
    NEVER,
    NOTHING,
    Days,
    Restriction,
    RestrictionKind,
    RestrictionState,
    end,
    holding,
)
from contracts.titles.holding import Holdings
from contracts.titles.record import UnitState
from contracts.titles.register import TITLE_ENTERED
from ledger.abi import AbiValue, decode, topic
from ledger.errors import InvalidRecord


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry in Titles. source: the application, the reason of a correction, or the extract's leaf."""

    n: int
    state: UnitState
    registrar: bytes
    kind: RegistrationType
    source: bytes
    origin: bytes
    spatial: bytes
    right: int
    held: Holdings


@dataclass(frozen=True, slots=True)
class BurdenEntry:
    """One entry in Restrictions. after: the restriction as the entry leaves it, without the time of its first entry."""

    n: int
    id: bytes
    source: bytes
    after: Restriction


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands against a unit at a moment.

    Attributes:
        rank: of a mortgage, counted from 1; of a seizure its place in the queue, 1 for the one that holds; else 0.
        since: 0 for a queued seizure, and for a pre-notice whose days have not begun.
        until: NEVER without an end of its own.
    """

    id: bytes
    restriction: Restriction
    rank: int
    since: int
    until: int

    @property
    def kind(self) -> RestrictionKind:
        return RestrictionKind(self.restriction.kind)

    @property
    def is_queued(self) -> bool:
        """A seizure that waits for another one to end."""
        return self.kind is RestrictionKind.SEIZURE and self.rank > 1


def read_entry(event: Recorded) -> Entry:
    """Read an event of Titles; raises InvalidRecord."""
    values = _values(event, TITLE_ENTERED)
    n, state, registrar, kind, source, origin, spatial, right, holders, numerators, denominator = values
    held = Holdings(cast(tuple[bytes, ...], holders), cast(tuple[int, ...], numerators), cast(int, denominator))
    try:
        return Entry(
            cast(int, n), UnitState(cast(int, state)), cast(bytes, registrar), RegistrationType(cast(int, kind)),
            cast(bytes, source), cast(bytes, origin), cast(bytes, spatial), cast(int, right), held,
        )  # fmt: skip
    except ValueError as exc:
        raise InvalidRecord(f"title: an entry of state {state!r} and type {kind!r}") from exc


def read_burden(unit: bytes, event: Recorded) -> BurdenEntry:
    """Read an event of Restrictions; raises InvalidRecord."""
    values = _values(event, RESTRICTION_ENTERED)
    n, state, party, id, kind, source, holder, claim, since, days, until, ban = values
    if kind not in tuple(RestrictionKind) or state not in tuple(RestrictionState):
        raise InvalidRecord(f"restriction: an entry of state {state!r} and kind {kind!r}")
    registrar = NOTHING if kind == RestrictionKind.SEIZURE else cast(bytes, party)
    after = Restriction(
        unit, registrar, kind, cast(bytes, holder), cast(bytes, claim), 0, cast(int, since),
        cast(int, days), cast(int, until), bool(ban), RestrictionState(state),
    )  # fmt: skip
    return BurdenEntry(cast(int, n), cast(bytes, id), cast(bytes, source), after)


def restrictions_of(entries: Iterable[tuple[BurdenEntry, int]]) -> dict[bytes, Restriction]:
    """Return every restriction a unit ever had as its last entry left it, in the order of their registration.

    Args:
        entries: all of the unit's, in order, each with its time.
    """
    found: dict[bytes, Restriction] = {}
    for entry, time in entries:
        before = found.get(entry.id)
        found[entry.id] = replace(entry.after, entered=before.entered if before else time)
    return found


def standing(
    restrictions: Iterable[tuple[bytes, Restriction]], registrar: bytes, now: int, calendar: Days
) -> tuple[Standing, ...]:
    """Return what stands at a moment, in the order of registration.

    Args:
        restrictions: all that the unit ever had, in that order.
        registrar: the unit's, zero before its first registration; pre-notices that others entered before fell away.
    """
    entered = [(id, entry) for id, entry in restrictions if entry.state is RestrictionState.STANDING]
    seizures = {found.id: found for found in _seizures(entered, now)}
    mortgages, found = 0, []
    for id, entry in entered:
        if entry.kind == RestrictionKind.SEIZURE:
            found += [seizures[id]] if id in seizures else []
        elif now < (until := end(entry, now, calendar)) and registrar in (NOTHING, entry.registrar):
            mortgages += entry.kind == RestrictionKind.MORTGAGE
            rank = mortgages if entry.kind == RestrictionKind.MORTGAGE else 0
            found.append(Standing(id, entry, rank, entry.since, until))
    return tuple(found)


def _seizures(entered: Sequence[tuple[bytes, Restriction]], now: int) -> list[Standing]:
    """Return the seizure that holds and those that queue behind it."""
    held = holding(entered, now)
    if held is None:
        return []
    ids = [id for id, entry in entered if entry.kind == RestrictionKind.SEIZURE]
    queue, known = ids[ids.index(held.id) + 1 :], dict(entered)
    first = Standing(held.id, known[held.id], 1, held.since, held.until)
    return [first, *(Standing(id, known[id], rank, 0, NEVER) for rank, id in enumerate(queue, start=2))]


def _values(event: Recorded, signature: str) -> tuple[AbiValue, ...]:
    if event.topics[0] != topic(signature):
        raise InvalidRecord(f"history: expected an event {signature[: signature.index('(')]}")
    return decode(signature[signature.index("(") + 1 : -1].split(",")[1:], event.data)
