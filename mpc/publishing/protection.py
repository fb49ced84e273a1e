"""Deciding which cells of a department's own table must not be published, and showing that the rest hides them.

Primary: fewer units or respondents than the minimum; sums that few respondents dominate (p%). Then complements
(``mpc.disclosure.tables.suppression``), rounding of counts if asked, and at the end the interval audit of every
withheld cell against exactly what is published. Counts and sums are withheld together.

A small count must remain possible from 0 up to itself plus the minimum, its sum from 0 to twice itself; a dominated sum
as far down and up as p% asks. Source of both: A. Hundepool et al., Statistical Disclosure Control (2012), chapter 4.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import log2

import numpy as np

from ledger.errors import InvalidRecord, NotAuthorized
from mpc.disclosure.tables.hierarchy import Grid
from mpc.disclosure.tables.interval import Knowledge, Range, Relation, extents
from mpc.disclosure.tables.moves import Moves
from mpc.disclosure.tables.rounding import Rounding
from mpc.disclosure.tables.sensitivity import Percent
from mpc.disclosure.tables.sheets import Levels, Sheet, seen
from mpc.disclosure.tables.suppression import Pattern, protect
from mpc.disclosure.tables.timing import TimeLimit
from mpc.publishing.tally import Tally

Say = Callable[[str], None]
_CHUNK = 100
"""Withheld cells audited between two words about how far it got."""


class Reason(StrEnum):
    """Why a cell is withheld."""

    SMALL = "small"
    DOMINATED = "dominated"
    COMPLEMENT = "complement"


@dataclass(frozen=True, slots=True)
class Rules:
    """The primary rules.

    minimum: units and respondents below which a cell is small. percent: the p% rule, None without a value column.
    are_zeros_known: empty cells are no secret and stay published; otherwise they are small like others.
    """

    minimum: int
    percent: Percent | None = None
    are_zeros_known: bool = False

    def __post_init__(self) -> None:
        if not 2 <= self.minimum <= 10_000:
            raise InvalidRecord(f"table: a minimum of 2..10000 expected, got {self.minimum}")


@dataclass(frozen=True, slots=True)
class Doubt:
    """What a reader of the published table can say of a withheld cell: its count, and its sum if there are any.

    With the exact model these are the least and largest possible figures; with hypercubes, figures that are possible:
    the true ends lie as far apart, or further.
    """

    count: Range
    sum: Range | None


@dataclass(frozen=True, slots=True)
class Protected:
    """The outcome: why each withheld cell is, what is shown of the others' counts, what readers can say of it."""

    tally: Tally
    pattern: Pattern
    reasons: Mapping[int, Reason]
    shown: Sequence[int]
    doubts: Mapping[int, Doubt]


def secure(tally: Tally, rules: Rules, *, rounding: Rounding | None, limit_s: float, say: Say) -> Protected:
    """Protect a table.

    Raises:
        NotAuthorized: within the time no pattern was found that the audit lets pass.
        InvalidRecord: p% without a value column.
    """
    if rules.percent and (tally.sums is None or not tally.parts):
        raise InvalidRecord("table: the p% rule needs a value column and single units, not counts")
    small, dominated = _small(tally, rules), _dominated(tally, rules.percent)
    sheets = [Sheet(tally.counts, {cell: Levels(tally.counts[cell], rules.minimum) for cell in small})]
    if tally.sums is not None:
        sheets.append(Sheet(tally.sums, _sum_levels(tally.sums, small, dominated)))
    zeros = frozenset(cell for cell, count in enumerate(tally.counts) if count == 0 and rules.are_zeros_known)
    say(f"{tally.grid.size} cells, {len(small)} small, {len(set(dominated) - small)} dominated")
    time = TimeLimit(limit_s)
    pattern = protect(
        tally.grid, sheets, _costs(tally), released=zeros, forced=small | set(dominated), limit=time, say=say
    )
    shown = [rounding.round("/".join(tally.grid.codes(c)), n) if rounding else n for c, n in enumerate(tally.counts)]
    doubts = _doubts(tally.grid, sheets, pattern, rounding, shown, TimeLimit(limit_s), say)
    reasons = {
        cell: Reason.SMALL if cell in small else Reason.DOMINATED if cell in dominated else Reason.COMPLEMENT
        for cell in sorted(pattern.withheld)
    }
    return Protected(tally, pattern, reasons, shown, doubts)


def _small(tally: Tally, rules: Rules) -> frozenset[int]:
    least = [min(pair) for pair in zip(tally.counts, tally.respondents, strict=True)]
    return frozenset(
        cell for cell, few in enumerate(least) if few < rules.minimum and not (few == 0 and rules.are_zeros_known)
    )


def _dominated(tally: Tally, percent: Percent | None) -> dict[int, int]:
    """The cells that break the p% rule, with the doubt it asks for."""
    if percent is None:
        return {}
    levels = {cell: percent.level(list(parts.values())) for cell, parts in tally.parts.items()}
    return {cell: level for cell, level in levels.items() if level}


def _sum_levels(sums: Sequence[int], small: Collection[int], dominated: Mapping[int, int]) -> dict[int, Levels]:
    found = {cell: Levels(sums[cell], sums[cell]) for cell in small if sums[cell]}
    for cell, level in dominated.items():
        least = found.get(cell, Levels(0, 0))
        found[cell] = Levels(max(min(level, sums[cell]), least.below), max(level, least.above))
    return found


def _costs(tally: Tally) -> list[float]:
    """Price a cell by the size of what is lost; a margin by all that it sums up."""
    inner = np.zeros(tally.grid.shape, dtype=np.int64)
    flat = inner.reshape(-1)
    for cell, count in enumerate(tally.counts):
        if tally.grid.is_inner(cell):
            flat[cell] = 1000 + round(1000 * log2(1 + count))
    return [float(cost) for cost in tally.grid.added_up(inner)]


def _doubts(
    grid: Grid,
    sheets: Sequence[Sheet],
    pattern: Pattern,
    rounding: Rounding | None,
    shown: Sequence[int],
    time: TimeLimit,
    say: Say,
) -> dict[int, Doubt]:
    """Find what readers of the published table can say of each withheld cell.

    Raises:
        NotAuthorized: a sensitive cell is better known than its levels allow, or the audit cannot tell in time.
    """
    relations = [Relation(weights, Range(0, 0)) for weights in grid.relations()]
    withheld = sorted(pattern.withheld)
    columns = []
    for number, sheet in enumerate(sheets):
        known = seen(sheet, withheld, relations)
        if rounding and number == 0:
            ranges = [Range(0, None) if c in pattern.withheld else rounding.range(n) for c, n in enumerate(shown)]
            known = Knowledge(ranges, relations)
        found: dict[int, Range] = {}
        if pattern.moves:
            moves = Moves(known, sheet.values, pattern.moves[number])
            found = {cell: moves.seen({cell: 1}) for cell in withheld}
            found = {cell: doubt for cell, doubt in found.items() if _is_met(sheet, cell, doubt)}
        found |= _extents(known, [cell for cell in withheld if cell not in found], time, say)
        for cell, doubt in found.items():
            if not _is_met(sheet, cell, doubt):
                raise NotAuthorized(f"table: cell {'/'.join(grid.codes(cell))} would be known too closely")
        columns.append(found)
    return {cell: Doubt(columns[0][cell], columns[1][cell] if columns[1:] else None) for cell in withheld}


def _is_met(sheet: Sheet, cell: int, doubt: Range) -> bool:
    return cell not in sheet.levels or sheet.need(cell).is_met(doubt)


def _extents(known: Knowledge, cells: Sequence[int], time: TimeLimit, say: Say) -> dict[int, Range]:
    found: dict[int, Range] = {}
    for start in range(0, len(cells), _CHUNK):
        chunk = cells[start : start + _CHUNK]
        found |= dict(zip(chunk, extents(known, [{cell: 1} for cell in chunk], time), strict=True))
        say(f"{len(found)} of {len(cells)} withheld cells audited")
    return found
