"""Complementary suppression: which cells to withhold beside the sensitive ones, at the least cost.

A sensitive (primary) cell that is merely left out is the difference of a margin and the rest of its row. What else must
be withheld is found so that each primary cell remains possible both ``below`` and ``above`` its value, for anybody who
knows all released cells and that none is negative.

* Up to ``EXACT_CELLS`` cells: the exact model (``mpc.disclosure.tables.exact``).
* Beyond, or out of time: the hypercube heuristic (``mpc.disclosure.tables.hypercube``), which withholds more.

Both argue about real numbers; what counts in the end is the **interval audit** over integers, and a pattern that does
not pass it is extended until it does, or refused. Several **sheets** (counts and sums over the same rows) share one
pattern, since a cell that is withheld is withheld in all.

What is NOT covered: a respondent who knows a primary cell because he alone is in it and takes another one apart with
it; several tables about the same rows that were published apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ledger.errors import InvalidRecord
from mpc.disclosure.tables.exact import Exact, OutOfTime, Say
from mpc.disclosure.tables.hierarchy import Grid
from mpc.disclosure.tables.hypercube import Hypercubes
from mpc.disclosure.tables.moves import Move
from mpc.disclosure.tables.sheets import Levels, Sheet, unprotected
from mpc.disclosure.tables.timing import TimeLimit

EXACT_CELLS = 1000


@dataclass(frozen=True, slots=True)
class Pattern:
    """The withheld cells by number, the sensitive among them, and whether that is the least cost within ``exact.GAP``.

    moves: of each sheet, changes that its readers cannot exclude, as far as the choice came upon them.
    """

    withheld: frozenset[int]
    primary: frozenset[int]
    is_optimal: bool
    moves: tuple[tuple[Move, ...], ...] = field(default=(), repr=False)


def protect(
    grid: Grid,
    sheets: Sequence[Sheet],
    costs: Sequence[float],
    *,
    forced: frozenset[int] = frozenset(),
    released: frozenset[int] = frozenset(),
    exact_cells: int = EXACT_CELLS,
    limit: TimeLimit | None = None,
    say: Say | None = None,
) -> Pattern:
    """Choose the cells to withhold.

    Args:
        costs: of withholding each cell, by number; positive.
        forced: cells that are withheld beside those with levels, whatever can be said of them.
        released: cells that stay open in any case, since everybody knows them.
        exact_cells: the largest table for which the exact model is tried.

    Raises:
        NotAuthorized: within the time no pattern was found that the audit lets pass.
    """
    primary = forced.union(cell for sheet in sheets for cell in sheet.levels)
    if primary & released:
        raise InvalidRecord("table: a sensitive cell cannot stay released")
    tell = say or _silently
    time = limit or TimeLimit(60.0)
    with time:
        if not primary:
            return Pattern(frozenset(), primary, True)
        if grid.size <= exact_cells:
            share = time.remaining() / 2
            try:
                with TimeLimit(share) as own:
                    return Pattern(Exact(grid, sheets, costs, primary, released).solve(own, tell), primary, True)
            except OutOfTime:
                tell("the exact model ran out of time: going on with hypercubes")
        cubes = Hypercubes(grid, [sheet.values for sheet in sheets], costs, released)
        withheld = _by_hypercubes(grid, sheets, cubes, primary, time, tell)
        return Pattern(withheld, primary, False, cubes.moves)


def _by_hypercubes(
    grid: Grid, sheets: Sequence[Sheet], cubes: Hypercubes, primary: frozenset[int], time: TimeLimit, tell: Say
) -> frozenset[int]:
    cubes.withhold(primary)
    for number, cell in enumerate(sorted(primary, key=lambda cell: -max(_demand(sheets, cell)[1])), start=1):
        cubes.cover(cell, *_demand(sheets, cell))
        if number % 100 == 0:
            tell(f"{number} of {len(primary)} sensitive cells covered")
        time.remaining()
    while True:
        tell(f"auditing {len(cubes.withheld)} withheld cells")
        open_ones = unprotected(grid, sheets, cubes.withheld, time.remaining(), cubes.moves)
        if not open_ones:
            return cubes.withheld
        tell(f"{len(open_ones)} cells need more beside them")
        for cell in sorted(open_ones):
            cubes.cover(cell, *_demand(sheets, cell), is_new=True)  # ends at the latest when nothing is left to add


def _demand(sheets: Sequence[Sheet], cell: int) -> tuple[list[int], list[int]]:
    """The levels of a cell in every sheet: below, above."""
    levels = [sheet.levels.get(cell, Levels(0, 0)) for sheet in sheets]
    return [level.below for level in levels], [level.above for level in levels]


def _silently(_text: str) -> None:
    """Say nothing."""
