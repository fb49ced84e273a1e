"""Titles as the index has them: who holds a unit in which shares and what stands against it, as of a block.

Holders are the salted commitments on chain; names are only in the registrar's book (``gateway.property.titles.answer``
opens and proves them). Working days, which some restrictions count, are given by the caller, who reads them by proof.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction

from contracts.addresses import RESTRICTIONS, TITLES
from contracts.restrictions.record import Days
from contracts.titles.record import UnitState
from contracts.titles.replay import Standing, read_burden, read_entry, restrictions_of, standing
from gateway.index.finding import Finder
from ledger.chain.port import Event
from ledger.errors import NotFound


@dataclass(frozen=True, slots=True)
class Rights:
    """A unit's title as of a block. events: of Titles and Restrictions, each of which can be proven."""

    unit: bytes
    last: int
    registrar: bytes
    state: UnitState
    right: int
    shares: tuple[tuple[bytes, Fraction], ...]
    burdens: tuple[Standing, ...]
    events: tuple[Event, ...]


def rights(finder: Finder, unit: bytes, last: int, time: int, calendar: Days) -> Rights:
    """Return a unit's title at a block's time.

    Raises:
        NotFound: the register has no such unit by then.
    """
    titles, burdens = finder.history(TITLES, unit, last), finder.history(RESTRICTIONS, unit, last)
    if not titles:
        raise NotFound(f"unit {unit.hex()[:16]}…: in no register after block {last}")
    entry = read_entry(titles[-1])
    known = restrictions_of((read_burden(unit, event), event.timestamp) for event in burdens)
    stands = standing(known.items(), entry.registrar, time, calendar)
    shares = tuple(sorted(entry.held.shares().items())) if entry.held.holders else ()
    return Rights(unit, last, entry.registrar, entry.state, entry.right, shares, stands, tuple(titles) + tuple(burdens))
