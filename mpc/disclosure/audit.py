"""The structural audit: may these cells be opened beside everything that was answered before?

For answered supports a_1..a_q (0/1 vectors over atoms) it looks for a set of atoms t, not empty, that the answers
determine (t = sum lambda_i a_i) and that contains no cell proven to hold at least the minimum. If there is one, the
recipient could compute a figure about rows of which nobody showed that they are enough. It needs no values, so it
serves joins, where no owner knows the cells, and its refusals reveal nothing.

Source: D. E. Denning and J. Schlörer, "A fast procedure for finding a tracker in a statistical database" (1980) for the
attack; the search for t is one mixed-integer program (SciPy ``milp``, HiGHS), a hit is confirmed by exact rational
elimination. |lambda| <= 8. Whoever runs out of time says no. Cells add up: what does not (distinct keys over filters,
sources that change) is refused by ``mpc.disclosure.precedent`` before.

Not covered: combinations with larger weights, inference from outside knowledge, dominance inside a cell, and
differential privacy.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from time import monotonic

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix, eye, hstack

from ledger.errors import NotAuthorized
from mpc.disclosure.precedent import ISOLATES, Answer, related, require_consistent
from mpc.disclosure.region import Cell, Region, atoms

MAX_WEIGHT = 8
BUDGET_S = 10.0
"""Once before anything is computed and once after the gate: 20 seconds a job in all."""
_INFEASIBLE = 2


@dataclass(slots=True)
class Budget:
    """The time one job may spend in the audit on one side of the gate, over all cells and turns."""

    left_s: float = BUDGET_S
    _since: float = field(default=0.0, init=False)

    def __enter__(self) -> Budget:
        self._since = monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self.left_s -= monotonic() - self._since

    def remaining(self) -> float:
        """Return the seconds left within a running audit.

        Raises:
            NotAuthorized: none.
        """
        left = self.left_s - (monotonic() - self._since)
        if left <= 0:
            raise NotAuthorized("disclosure: the audit ran out of time; ask less at once, or a declared table")
        return left


def select(
    history: Sequence[Answer],
    cells: Sequence[Cell],
    passed: frozenset[str],
    candidates: frozenset[str] | None = None,
    budget: Budget | None = None,
) -> tuple[str, ...]:
    """Choose, in declared order, the cells that may be opened beside the history.

    The choice is a function of the questions and of public gate bits alone, so every owner with the same history
    chooses alike and the choice itself tells nothing.

    Args:
        passed: cells that the gate has shown to be large enough.
        candidates: those of them that are still up for opening (default: all).

    Raises:
        NotAuthorized: the audit cannot tell.
    """
    proven = [cell.region for cell in cells if cell.name in passed]
    up = [cell for cell in cells if cell.name in (passed if candidates is None else candidates & passed)]
    with budget or Budget() as time:
        puzzle = _Puzzle.of(history, [cell.region for cell in cells], proven)
        opened: list[Cell] = []
        while up:
            fitting = _fitting(puzzle, opened, up, time)
            opened, up = opened + up[:fitting], up[fitting + 1 :]
    return tuple(cell.name for cell in opened)


def require_answerable(history: Sequence[Answer], cells: Sequence[Cell], budget: Budget | None = None) -> None:
    """Refuse a job unless each of its cells will be opened if all of them pass.

    Called before anything is computed: the refusal is the same for every value of the data. A cell that could never
    be opened must not be tested either, since its gate's bit tells something about its rows.

    Raises:
        NotAuthorized: some cell could not be released beside what was released before.
    """
    require_consistent(history, cells)
    regions = [cell.region for cell in cells]
    with budget or Budget() as time:
        if not _Puzzle.of(history, regions, regions).is_safe(regions, time):
            raise NotAuthorized(ISOLATES)


def _fitting(puzzle: _Puzzle, opened: Sequence[Cell], up: Sequence[Cell], time: Budget) -> int:
    """Count how many cells can be opened one after the other before one cannot.

    What is safe together is safe in any part, so this need not ask cell by cell.
    """

    def is_safe(count: int) -> bool:
        return puzzle.is_safe([cell.region for cell in (*opened, *up[:count])], time)

    if is_safe(len(up)):
        return len(up)
    fits, breaks = 0, len(up)
    while breaks - fits > 1:
        middle = (fits + breaks) // 2
        fits, breaks = (middle, breaks) if is_safe(middle) else (fits, middle)
    return fits


@dataclass(frozen=True, slots=True)
class _Puzzle:
    """The atoms of a job and its history: one 0/1 column a region."""

    columns: dict[Region, NDArray[np.int8]]
    answered: frozenset[Region]
    proven: frozenset[Region]

    @classmethod
    def of(cls, history: Sequence[Answer], regions: Sequence[Region], proven: Sequence[Region]) -> _Puzzle:
        near = related(history, regions)
        known = list(dict.fromkeys([*(answer.region for answer in near if answer.proven), *regions]))
        return cls(
            columns=dict(zip(known, atoms(known).T, strict=True)),
            answered=frozenset(answer.region for answer in near if answer.opened),
            proven=frozenset([*(answer.region for answer in near if answer.proven), *proven]),
        )

    def is_safe(self, opening: Sequence[Region], time: Budget) -> bool:
        """Tell whether opening these leaves nothing determined that contains no proven cell."""
        answered = self._matrix(self.answered.union(opening))
        pieces = np.unique(np.hstack([answered, self._matrix(self.proven)]), axis=0)
        answered, proven = np.split(pieces, [answered.shape[1]], axis=1)
        return not answered.any() or not _discloses(answered, proven, time)

    def _matrix(self, regions: Iterable[Region]) -> NDArray[np.int8]:
        chosen = set(regions)
        kept = [column for region, column in self.columns.items() if region in chosen]
        empty = np.zeros((len(next(iter(self.columns.values()))), 0), dtype=np.int8)
        return np.column_stack([empty, *kept]).astype(np.int8)


def _discloses(answered: NDArray[np.int8], proven: NDArray[np.int8], time: Budget) -> bool:
    """answered: (m, q) and proven: (m, p), both 0/1 over m atoms."""
    excluded: list[NDArray[np.int8]] = []
    while True:
        found = _search(answered, proven, excluded, time.remaining())
        if found is None:
            return False
        if not found.any() or _is_determined(answered, found):
            return True
        excluded.append(found)


def _search(
    answered: NDArray[np.int8], proven: NDArray[np.int8], excluded: Sequence[NDArray[np.int8]], limit_s: float
) -> NDArray[np.int8] | None:
    """Return candidate atoms t, None when there are none, or all zeros when the solver cannot tell."""
    m, q = answered.shape
    rows: list[tuple[NDArray[np.float64], float, float]] = [(np.ones(m), 1.0, float(m))]
    rows += [(column.astype(np.float64), -np.inf, float(column.sum()) - 1) for column in proven.T]
    rows += [(1.0 - 2.0 * seen.astype(np.float64), 1.0 - float(seen.sum()), np.inf) for seen in excluded]
    cuts = csr_matrix(np.array([row for row, _, _ in rows]))
    result = milp(
        np.concatenate([np.zeros(q), np.ones(m)]),
        constraints=[
            LinearConstraint(hstack([csr_matrix(answered.astype(float)), -eye(m)]), 0, 0),
            LinearConstraint(
                hstack([csr_matrix((len(rows), q)), cuts]),
                [low for _, low, _ in rows],
                [high for _, _, high in rows],
            ),
        ],
        integrality=np.concatenate([np.zeros(q), np.ones(m)]),
        bounds=Bounds(
            np.concatenate([-MAX_WEIGHT * np.ones(q), np.zeros(m)]),
            np.concatenate([MAX_WEIGHT * np.ones(q), np.ones(m)]),
        ),
        options={"time_limit": limit_s},
    )
    if result.status == _INFEASIBLE:
        return None
    return np.round(result.x[q:]).astype(np.int8) if result.status == 0 else np.zeros(m, dtype=np.int8)


def _is_determined(answered: NDArray[np.int8], target: NDArray[np.int8]) -> bool:
    """Solve answered @ weights = target exactly over the rationals (Gauss elimination)."""
    rows = [[Fraction(int(v)) for v in row] + [Fraction(int(t))] for row, t in zip(answered, target, strict=True)]
    pivot = 0
    for column in range(answered.shape[1]):
        found = next((i for i in range(pivot, len(rows)) if rows[i][column]), None)
        if found is None:
            continue
        rows[pivot], rows[found] = rows[found], rows[pivot]
        head = rows[pivot]
        for i in range(len(rows)):
            if i != pivot and rows[i][column]:
                factor = rows[i][column] / head[column]
                rows[i] = [value - factor * top for value, top in zip(rows[i], head, strict=True)]
        pivot += 1
    return not any(row[-1] for row in rows[pivot:])
