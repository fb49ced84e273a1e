"""The structural audit: may these cells be opened beside everything that was answered before?

For answered supports a_1..a_q (0/1 vectors over atoms) it looks for a set of atoms t, not empty, that the answers
determine (t = sum lambda_i a_i) and that contains no cell proven to hold at least the minimum. If there is one, the
recipient could compute a figure about rows of which nobody showed that they are enough. It needs no values, so it
serves joins, where no owner knows the cells, and its refusals reveal nothing.

Source: D. E. Denning and J. Schlörer, "A fast procedure for finding a tracker in a statistical database" (1980) for the
attack; the search for t is one mixed-integer program (SciPy ``milp``, HiGHS), a hit is confirmed by exact rational
elimination. |lambda| <= 8. A solver that runs out of time means "no".

Not covered: inference from outside knowledge, dominance inside a cell, and differential privacy.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from time import monotonic

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix, eye, hstack

from ledger.errors import NotAuthorized
from mpc.disclosure.region import Cell, Region, atoms

MAX_WEIGHT = 8
TIME_LIMIT_S = 10.0
_INFEASIBLE = 2


@dataclass(frozen=True, slots=True)
class Answer:
    """A cell that was tested before: its rows, and whether it was opened after passing the gate.

    A cell that failed the gate stays in no list: nobody may rely on it, and nobody was told more than "below".
    """

    region: Region
    opened: bool


def select(
    history: Sequence[Answer],
    cells: Sequence[Cell],
    passed: frozenset[str],
    candidates: frozenset[str] | None = None,
) -> tuple[str, ...]:
    """Choose, in declared order, the cells that may be opened beside the history.

    The choice is a function of the questions and of public gate bits alone, so every owner with the same history
    chooses alike and the choice itself tells nothing.

    Args:
        passed: cells that the gate has shown to be large enough.
        candidates: those of them that are still up for opening (default: all).
    """
    proven = [cell.region for cell in cells if cell.name in passed]
    opened: list[str] = []
    regions: list[Region] = []
    for cell in cells:
        if cell.name not in (passed if candidates is None else candidates & passed):
            continue
        if cell.region in regions or is_safe(history, [*regions, cell.region], proven):
            opened.append(cell.name)
            regions.append(cell.region)
    return tuple(opened)


def require_answerable(history: Sequence[Answer], cells: Sequence[Cell]) -> None:
    """Refuse a job of which no cell could be opened even if every cell passed the gate.

    Called before anything is computed: the refusal is the same for every value of the data.

    Raises:
        NotAuthorized: nothing of this job can be released beside what was released before.
    """
    if not select(history, cells, frozenset(cell.name for cell in cells)):
        raise NotAuthorized(
            "disclosure: together with earlier answers this would isolate rows no threshold protects"
        )


def is_safe(history: Sequence[Answer], opening: Sequence[Region], proven: Sequence[Region]) -> bool:
    """Tell whether opening these regions leaves nothing determined that contains no proven cell."""
    answered = _distinct([*(answer.region for answer in history if answer.opened), *opening])
    shown = _distinct([*(answer.region for answer in history), *proven])
    pieces = atoms([*answered, *shown])
    return not _discloses(pieces[:, : len(answered)], pieces[:, len(answered) :])


def _discloses(answered: NDArray[np.int8], proven: NDArray[np.int8]) -> bool:
    """answered: (m, q) and proven: (m, p), both 0/1 over m atoms."""
    excluded: list[NDArray[np.int8]] = []
    until = monotonic() + TIME_LIMIT_S
    while True:
        found = _search(answered, proven, excluded, until - monotonic())
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
    if limit_s <= 0:
        return np.zeros(m, dtype=np.int8)
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
    rows = [
        [Fraction(int(v)) for v in row] + [Fraction(int(t))] for row, t in zip(answered, target, strict=True)
    ]
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


def _distinct(regions: Sequence[Region]) -> list[Region]:
    return list(dict.fromkeys(regions))
