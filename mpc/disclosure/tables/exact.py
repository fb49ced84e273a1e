"""The exact model of complementary suppression: a 0/1 program whose capacity cuts come from linear programs.

M. Fischetti, J.-J. Salazar, "Solving the cell suppression problem on tabular data with linear constraints", Management
Science 47 (2001): the program chooses the cells; for each primary cell and direction a linear program tells how far the
pattern lets its value move, and where that is too little, its dual gives a cut for the next round. It argues about
real numbers, so that what it finds is audited over integers and cut off again if it does not pass.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_matrix, vstack

from ledger.errors import NotAuthorized
from mpc.disclosure.tables.hierarchy import Grid
from mpc.disclosure.tables.sheets import Sheet, unprotected
from mpc.disclosure.tables.timing import TimeLimit

GAP = 0.01
"""The model stops within one percent of the least cost."""
_OPTIMAL, _STOPPED = 0, 1
Say = Callable[[str], None]


class OutOfTime(NotAuthorized):
    """The exact model has used up its share."""


class Exact:
    """The program of one table and its cuts."""

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
        """Return the withheld cells.

        Raises:
            OutOfTime: not within the time. NotAuthorized: nothing protects these cells.
        """
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
            raise OutOfTime(str(fault)) from fault

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
            raise OutOfTime("table: out of time")
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
                        raise OutOfTime("table: out of time")
                    if -move.fun < level - 1e-6:
                        price = wanted + self._relations.T @ move.eqlin.marginals
                        row = np.maximum(price, 0.0) * up + np.maximum(-price, 0.0) * down
                        found.append((np.minimum(row, level), float(level)))
        return found


def _left(time: TimeLimit) -> float:
    try:
        return time.remaining()
    except NotAuthorized as fault:
        raise OutOfTime(str(fault)) from fault
