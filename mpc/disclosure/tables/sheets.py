"""Sheets of a table: one figure of every cell, what must remain possible of the sensitive ones, and the audit of both.

The **interval audit** argues over integers (``mpc.disclosure.tables.interval``): its reader knows all released cells
exactly, and of the withheld ones that none is negative and that margins add up. It has the last word on every pattern,
however that was found.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from ledger.errors import InvalidRecord
from mpc.disclosure.tables.hierarchy import Grid
from mpc.disclosure.tables.interval import Knowledge, Need, Range, Relation, unmet
from mpc.disclosure.tables.moves import Move, Moves
from mpc.disclosure.tables.timing import LIMIT_S, TimeLimit


@dataclass(frozen=True, slots=True)
class Levels:
    """How far under and over its value a primary cell must remain possible."""

    below: int
    above: int

    def __post_init__(self) -> None:
        if self.below < 0 or self.above < 0:
            raise InvalidRecord("table: protection levels are not negative")


@dataclass(frozen=True, slots=True)
class Sheet:
    """One figure of every cell, by number, none negative, and the levels of the primary ones."""

    values: Sequence[int]
    levels: Mapping[int, Levels]

    def __post_init__(self) -> None:
        if min(self.values, default=0) < 0:
            raise InvalidRecord("table: values must not be negative; complementary suppression does not hold for them")
        if any(levels.below > self.values[cell] for cell, levels in self.levels.items()):
            raise InvalidRecord("table: no value can be known to lie below 0, so none can be protected to there")

    def need(self, cell: int) -> Need:
        """Return what must remain possible of a primary cell."""
        levels, value = self.levels[cell], self.values[cell]
        return Need({cell: 1}, reach=Range(value - levels.below, value + levels.above))


def unprotected(
    grid: Grid,
    sheets: Sequence[Sheet],
    withheld: Collection[int],
    limit_s: float = LIMIT_S,
    moves: Sequence[Sequence[Move]] = (),
) -> frozenset[int]:
    """Audit a pattern by intervals over integers; return the primary cells that it leaves too well known.

    Args:
        moves: of each sheet, ways to move it that may spare the audit a program.

    Raises:
        NotAuthorized: the audit cannot tell in its time.
    """
    relations = [Relation(weights, Range(0, 0)) for weights in grid.relations()]
    found: set[int] = set()
    time = TimeLimit(limit_s)
    for sheet, known_moves in zip(sheets, moves or [()] * len(sheets), strict=True):
        knowledge = seen(sheet, withheld, relations)
        shown = Moves(knowledge, sheet.values, known_moves)
        cells = [cell for cell in sheet.levels if not sheet.need(cell).is_met(shown.seen({cell: 1}))]
        found |= {cells[place] for place in unmet(knowledge, [sheet.need(cell) for cell in cells], time)}
    return frozenset(found)


def seen(sheet: Sheet, withheld: Collection[int], relations: Sequence[Relation]) -> Knowledge:
    """What everybody knows of a sheet: released cells exactly, of withheld ones that they are not negative."""
    hidden = set(withheld)
    ranges = [Range(0, None) if cell in hidden else Range(value, value) for cell, value in enumerate(sheet.values)]
    return Knowledge(ranges, relations)
