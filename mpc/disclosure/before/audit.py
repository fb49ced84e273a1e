"""The structural audit: may these cells be opened beside everything that was answered before?

What is asked is kept in **leaves**: cells inside which no other cell was asked. Two rules, on questions alone:

* **Every leaf keeps a piece of its own**: somewhere rows may lie that no other leaf holds.
* **A cell that holds others is exactly their disjoint union** (a total and its bins, a margin and its row), and opens
  only if all of its leaves open.

They hold for counts over all cells, and for each other quantity (the sum of a column, its squares) over the cells of
which it was asked: a cell may be open for its count and closed for its sum, as an owner's dominance rule wants it.

The gate tests leaves only: what others make up passes with all of them (``mpc.protocols.sums.schema``), and is asked
after them only if all of them were opened. Then nothing that is published says more than the single cells say. Whatever
values a recipient tries for the pieces that several leaves share, the leaves' own pieces take up the difference: so
beside all figures and all gate bits, a hidden cell may hold anything from 0 to minimum - 1, every piece of an opened
cell may hold anything over a range of at least minimum - 1, and the only sets of rows whose number is determined are
opened cells and unions of them. This holds for combinations with any weights and needs no search through them.
``docs/disclosure.md`` has the proof.

Cost: a comparison with all earlier questions (linear, ``mpc.disclosure.before.register``), then work in the
neighbourhood of the new cells only, at most MAX_NEIGHBOURS each. Whoever would need more says no. Nothing depends on a
clock.

Cells add up: what does not (distinct keys over filters, sources that change) is refused by
``mpc.disclosure.before.precedent`` before. Not covered: inference from outside knowledge, dependencies between columns,
dominance inside a cell.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ledger.errors import NotAuthorized
from mpc.disclosure.before.cover import EVERYTHING, TOO_MANY, has_gap
from mpc.disclosure.before.history import Answer, History
from mpc.disclosure.before.precedent import ISOLATES, require_consistent
from mpc.disclosure.before.register import Flags, Register
from mpc.disclosure.region import Cell, Region, Span

MAX_NEIGHBOURS = 1000
"""Earlier questions that overlap one new cell, or lie inside it."""


def require_answerable(history: History | Iterable[Answer], cells: Sequence[Cell], domain: Region = EVERYTHING) -> None:
    """Refuse a job unless each of its cells will be opened if all of them pass.

    Called before anything is computed: the refusal is the same for every value of the data. A cell that could never
    be opened must not be tested either, since its gate's bit tells something about its rows.

    Args:
        domain: what rows can be by the owner's own declaration; pieces outside it are nobody's own.

    Raises:
        NotAuthorized: some cell could not be released beside what was released before.
    """
    past = History.of(history)
    require_consistent(past, cells)
    for family in _families(past, cells):
        family.require_own_pieces(domain)
        if any(not family.may_open(region, family.asked) for region in family.asked):
            raise NotAuthorized(ISOLATES)


def select(
    history: History | Iterable[Answer],
    cells: Sequence[Cell],
    passed: frozenset[str],
    candidates: frozenset[str] | None = None,
    domain: Region = EVERYTHING,
) -> tuple[str, ...]:
    """Choose, in declared order, the cells that may be opened beside the history: leaves first, then what they make up.

    The choice is a function of the questions and of public gate bits alone, so every owner with the same history
    chooses alike and the choice itself tells nothing. No cell is given up for another.

    Args:
        passed: cells that the gate has shown to be large enough.
        candidates: those of them that are still up for opening (default: all).

    Returns:
        the names; none if another job came between and this one could not be asked any more.
    """
    up = passed if candidates is None else candidates & passed
    families = _families(History.of(history), cells)
    try:
        for family in families:
            family.require_own_pieces(domain)
    except NotAuthorized:
        return ()
    opening = frozenset(cell.region for cell in cells if cell.name in up)
    return tuple(
        cell.name
        for cell in cells
        if cell.name in up
        and all(family.may_open(cell.region, opening) for family in families if cell.region in family.asked)
    )


def _families(past: History, cells: Sequence[Cell]) -> list[_Family]:
    """Take the cells for their counts, and for each quantity those that carry it: its figures add up by themselves."""
    kinds = dict.fromkeys(quantity for cell in cells for quantity in cell.quantities)
    return [_Family(past, cells, None), *(_Family(past, cells, quantity) for quantity in kinds)]


class _Family:
    """The regions of a job of which one quantity is asked (None: counts), beside those of which it was before."""

    def __init__(self, past: History, cells: Sequence[Cell], quantity: str | None) -> None:
        self._past, self._quantity = past, quantity
        regions = dict.fromkeys(cell.region for cell in cells if quantity is None or quantity in cell.quantities)
        self.asked = frozenset(regions)
        self._new = [region for region in regions if not past.is_tested(region, quantity)]
        self._register = Register(self._new)
        self._inner: dict[Region, list[Region]] = {}

    def require_own_pieces(self, domain: Region) -> None:
        """Refuse new regions that leave a leaf, new or earlier, without a piece of its own.

        Raises:
            NotAuthorized: they do, or too many others are near.
        """
        touched: dict[Region, None] = {}
        for region in self._new:
            if parts := self._leaves_inside(region):
                _require_union(region, parts, domain)
            else:
                touched[region] = None
                touched |= dict.fromkeys(self._neighbours(region))
        for region in touched:
            if not has_gap(region, self._neighbours(region), domain):
                raise NotAuthorized(ISOLATES)

    def may_open(self, region: Region, opening: frozenset[Region]) -> bool:
        """Tell whether all leaves inside are opened now or, unless this job asks them again, were before.

        A leaf that is asked again may stay closed for a figure that it did not have before, as an owner's dominance
        rule wants it: what holds the leaf must then stay closed too.
        """
        return all(
            part in opening or (part not in self.asked and self._past.is_opened(part, self._quantity))
            for part in self._leaves_inside(region)
        )

    def _neighbours(self, region: Region) -> list[Region]:
        """List the other leaves that share a row with one."""
        near = [*self._past.meeting(region, self._quantity), *_chosen(self._register, self._register.meeting(region))]
        return [found for found in _few(near) if found != region and self._is_leaf(found)]

    def _leaves_inside(self, region: Region) -> list[Region]:
        """List the leaves strictly inside a region, earlier and new ones."""
        new = _chosen(self._register, self._register.inside(region))
        inner = _few([*self._tested_inside(region), *(found for found in new if found != region)])
        return [found for found in inner if self._is_leaf(found)]

    def _is_leaf(self, region: Region) -> bool:
        """Tell whether nothing was asked inside; for an earlier region nothing earlier: no new one unmakes it."""
        if self._tested_inside(region):
            return False
        return self._past.is_tested(region, self._quantity) or self._register.inside(region).sum() == 1

    def _tested_inside(self, region: Region) -> list[Region]:
        if region not in self._inner:
            self._inner[region] = self._past.inside(region, self._quantity)
        return self._inner[region]


def _require_union(region: Region, parts: Sequence[Region], domain: Region) -> None:
    """Refuse a region that is not made up exactly of the leaves inside, which share no row.

    Ranges that cover all numbers do not hold a row without one, where the owner declares that there may be such.
    """
    if has_gap(region, parts, _empty(domain), unnamed=True):
        raise NotAuthorized(ISOLATES)
    register = Register(parts)
    if any(register.meeting(part).sum() > 1 for part in parts):
        raise NotAuthorized(ISOLATES)


def _empty(domain: Region) -> Region:
    """Keep of a declaration which attributes a row may have no value in."""
    sides = [(name, side) for name, side in domain.sides if isinstance(side, Span) and side.or_null]
    return Region.of({name: Span(None, None, or_null=True) for name, _ in sides})


def _chosen(register: Register, flags: Flags) -> list[Region]:
    return [register.regions[number] for number in flags.nonzero()[0].tolist()]


def _few(regions: list[Region]) -> list[Region]:
    if len(regions) > MAX_NEIGHBOURS:
        raise NotAuthorized(TOO_MANY)
    return regions
