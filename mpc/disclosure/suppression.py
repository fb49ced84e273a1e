"""Complementary suppression: which cells to withhold beside the sensitive ones, at the least cost.

A sensitive (primary) cell that is merely left out is the difference of a margin and the rest of its row. What else must
be withheld is found so that each primary cell remains possible both ``below`` and ``above`` its value, for anybody who
knows all released cells and that none is negative.

* Up to ``EXACT_CELLS`` cells: the model of M. Fischetti, J.-J. Salazar, "Solving the cell suppression problem on
  tabular data with linear constraints", Management Science 47 (2001). A 0/1 program chooses the cells; for each primary
  cell and direction a linear program tells how far the pattern lets its value move, and where that is too little, its
  dual gives a capacity cut for the next round.
* Beyond, or out of time: the hypercube heuristic (``mpc.disclosure.hypercube``), which withholds more.

Both argue about real numbers; what counts in the end is the **interval audit** over integers, and a pattern that does
not pass it is extended until it does, or refused. Several **sheets** (counts and sums over the same rows) share one
pattern, since a cell that is withheld is withheld in all.

What is NOT covered: a respondent who knows a primary cell because he alone is in it and takes another one apart with
it; several tables about the same rows that were published apart.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_matrix, vstack

from ledger.errors import InvalidRecord, NotAuthorized
from mpc.disclosure.hierarchy import Grid
from mpc.disclosure.hypercube import Hypercubes
from mpc.disclosure.interval import Knowledge, Need, Range, Relation, unmet
from mpc.disclosure.moves import Move, Moves
from mpc.disclosure.timing import LIMIT_S, TimeLimit

EXACT_CELLS = 1000
GAP = 0.01
"""The exact model stops within one percent of the least cost."""
_OPTIMAL, _STOPPED = 0, 1
Say = Callable[[str], None]


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


@dataclass(frozen=True, slots=True)
class Pattern:
    """The withheld cells by number, the sensitive among them, and whether that is the least cost within ``GAP``.

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
                    return Pattern(_Exact(grid, sheets, costs, primary, released).solve(own, tell), primary, True)
            except _OutOfTime:
                tell("the exact model ran out of time: going on with hypercubes")
        cubes = Hypercubes(grid, [sheet.values for sheet in sheets], costs, released)
        withheld = _by_hypercubes(grid, sheets, cubes, primary, time, tell)
        return Pattern(withheld, primary, False, cubes.moves)


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


class _OutOfTime(NotAuthorized):
    """The exact model has used up its share."""


class _Exact:
    """The 0/1 program and its cuts."""

    def __init__(
        self,
        grid: Grid,
        sheets: Sequence[Sheet],
        costs: Sequence[float],
        primary: frozenset[int],
        released: frozenset[int],
    ) -> None:
        self._grid, self._sheets, self._costs = grid, sheets, np.asarray(costs, float)
        self._size = grid.size
        self._lowest, self._highest = np.zeros(self._size), np.ones(self._size)
        self._lowest[list(primary)] = 1.0
        self._highest[list(released)] = 0.0
        rows = list(grid.relations())
        entries = [(row, cell, weight) for row, weights in enumerate(rows) for cell, weight in weights.items()]
        at, cells, weights = zip(*entries, strict=True)
        self._relations = csr_matrix((weights, (at, cells)), shape=(len(rows), self._size), dtype=float)
        self._cuts: list[csr_matrix] = [self._pairs(rows)]
        self._least = [np.zeros(self._cuts[0].shape[0])]

    def solve(self, time: TimeLimit, tell: Say) -> frozenset[int]:
        while True:
            chosen = self._cheapest(time)
            cuts = [cut for sheet in self._sheets for cut in self._capacity_cuts(sheet, chosen, time)]
            if cuts:
                tell(f"{int(chosen.sum())} cells withheld are not enough, {len(cuts)} conditions more")
                for row, least in cuts:
                    self._add(row, least)
                continue
            withheld = frozenset(int(cell) for cell in np.flatnonzero(chosen))
            if not self._unprotected(withheld, time):
                return withheld
            # Integers allow less than real numbers; no part of an unsafe pattern is safe, so something must be added.
            self._add(1.0 - chosen, 1.0)

    def _unprotected(self, withheld: frozenset[int], time: TimeLimit) -> frozenset[int]:
        try:
            return unprotected(self._grid, self._sheets, withheld, _left(time))
        except NotAuthorized as fault:
            raise _OutOfTime(str(fault)) from fault

    def _pairs(self, rows: Sequence[Mapping[int, int]]) -> csr_matrix:
        """A relation in which exactly one cell is withheld gives it away: each needs another one."""
        entries: list[tuple[int, int, float]] = []
        count = 0
        for weights in rows:
            for cell in weights:
                entries += [(count, other, 1.0) for other in weights if other != cell]
                entries.append((count, cell, -1.0))
                count += 1
        at, cells, values = zip(*entries, strict=True)
        return csr_matrix((values, (at, cells)), shape=(count, self._size))

    def _add(self, row: NDArray[np.float64], least: float) -> None:
        self._cuts.append(csr_matrix(row[None, :]))
        self._least.append(np.array([least]))

    def _cheapest(self, time: TimeLimit) -> NDArray[np.float64]:
        found = milp(
            self._costs,
            constraints=[LinearConstraint(vstack(self._cuts), np.concatenate(self._least), np.inf)],
            integrality=np.ones(self._size),
            bounds=Bounds(self._lowest, self._highest),
            options={"time_limit": _left(time), "mip_rel_gap": GAP},
        )
        if found.status == _STOPPED:
            raise _OutOfTime("table: out of time")
        if found.status != _OPTIMAL:
            raise NotAuthorized("table: no pattern protects these cells")
        chosen: NDArray[np.float64] = np.rint(found.x)
        return chosen

    def _capacity_cuts(
        self, sheet: Sheet, chosen: NDArray[np.float64], time: TimeLimit
    ) -> list[tuple[NDArray[np.float64], float]]:
        """For each primary cell and direction that cannot move far enough, the condition that lets it."""
        down = np.asarray(sheet.values, float)
        most = max((max(level.below, level.above) for level in sheet.levels.values()), default=0)
        up = np.maximum(down, 4.0 * most)
        bounds = np.column_stack([-down * chosen, up * chosen])
        found = []
        for cell, levels in sheet.levels.items():
            for sign, level in ((1.0, levels.above), (-1.0, levels.below)):
                if level:
                    wanted = np.zeros(self._size)
                    wanted[cell] = sign
                    move = linprog(
                        -wanted, A_eq=self._relations, b_eq=np.zeros(self._relations.shape[0]), bounds=bounds,
                        method="highs", options={"time_limit": _left(time)},
                    )  # fmt: skip
                    if move.status != _OPTIMAL:
                        raise _OutOfTime("table: out of time")
                    if -move.fun < level - 1e-6:
                        price = wanted + self._relations.T @ move.eqlin.marginals
                        row = np.maximum(price, 0.0) * up + np.maximum(-price, 0.0) * down
                        found.append((np.minimum(row, level), float(level)))
        return found


def _left(time: TimeLimit) -> float:
    try:
        return time.remaining()
    except NotAuthorized as fault:
        raise _OutOfTime(str(fault)) from fault


def _silently(_text: str) -> None:
    """Say nothing."""
