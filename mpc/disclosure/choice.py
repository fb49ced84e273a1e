"""Which cells of a declared table open: as many as possible, so that none of the others is given away.

A table with margins holds many sums of the same rows, and once one cell is withheld, something beside it must be too:
its row's margin or another cell of the row, and so on over all relations. Taking cells in a fixed order wastes most of
a table; here a mixed-integer program chooses (SciPy ``milp``, HiGHS). Nobody in the protocol knows a value, so the
choice is a function of the questions and of which cells passed the gate, and every owner with the same history makes
it alike; where solvers differ, the owners open what all of them chose, and less is never worse.

Conflicts are found one by one: the program proposes a set of cells, a second one looks for an opened combination that
isolates rows which no cell above the minimum contains, and that combination is cut off. With ``slacks`` (what an owner
knows of its own largest contributions, ``mpc.disclosure.sensitivity``) it also looks for combinations that are
dominated by few. The proposal that survives is judged once more by ``mpc.disclosure.audit``, which has the last word.

Source: the model of M. Fischetti, J.-J. Salazar (2001), turned from values to supports as values are unknown.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix, eye, hstack

from ledger.errors import NotAuthorized
from mpc.disclosure.audit import MAX_WEIGHT, Budget, select
from mpc.disclosure.precedent import ISOLATES, Answer, related
from mpc.disclosure.region import Cell, atoms

_OPTIMAL, _INFEASIBLE = 0, 2
Slacks = Mapping[str, tuple[int, ...]]
"""Of each cell, by name, one number a rule: negative if few contributors dominate it. Over disjoint rows they add up to
at most the slack of the union."""


def choose(
    history: Sequence[Answer],
    cells: Sequence[Cell],
    passed: frozenset[str],
    candidates: frozenset[str],
    ranks: Sequence[Collection[str]],
    budget: Budget | None = None,
    slacks: Slacks | None = None,
) -> tuple[str, ...]:
    """Choose the cells that may be opened beside the history.

    Args:
        passed: cells that the gate has shown to be large enough. candidates: those still up for opening.
        ranks: the cells' names by priority: as many of the first rank as possible, then of the second, and so on.
        slacks: an owner's own knowledge; where there is none, no combination counts as dominated.

    Raises:
        NotAuthorized: no time, or nothing that this job could change would be safe.
    """
    time = budget or Budget()
    with time:
        hunt = _Hunt.of(history, cells, passed, slacks or {})
        open_to = [cell.name for cell in cells if cell.name in candidates & passed]
        cuts: list[frozenset[str]] = []
        while True:
            chosen = _most(open_to, ranks, cuts, time)
            conflict = hunt.find(chosen, time)
            if conflict is None:
                break
            if not conflict:
                raise NotAuthorized(ISOLATES)
            cuts.append(conflict)
    return select(history, cells, passed, frozenset(chosen), time)


def _most(
    names: Sequence[str], ranks: Sequence[Collection[str]], cuts: Sequence[frozenset[str]], time: Budget
) -> list[str]:
    """Choose as many names as possible, rank by rank, without all names of any cut."""
    place = {name: index for index, name in enumerate(names)}
    rows = [(_marks(cut, place), -np.inf, len(cut) - 1.0) for cut in cuts]
    chosen = np.zeros(len(names))
    for rank in ranks:
        wanted = _marks(rank, place)
        if not wanted.any():
            continue
        found = milp(
            -wanted,
            constraints=[LinearConstraint(np.array([row]), low, high) for row, low, high in rows],
            integrality=np.ones(len(names)),
            bounds=Bounds(0, 1),
            options={"time_limit": time.remaining(), "mip_rel_gap": 0.0},
        )
        if found.status != _OPTIMAL:
            raise NotAuthorized("disclosure: the choice of cells ran out of time; ask for a smaller table")
        chosen = np.rint(found.x)
        rows.append((wanted, float(wanted @ chosen), np.inf))
    return [name for name in names if chosen[place[name]]]


def _marks(names: Collection[str], place: Mapping[str, int]) -> NDArray[np.float64]:
    marks = np.zeros(len(place))
    marks[[place[name] for name in names if name in place]] = 1.0
    return marks


@dataclass(frozen=True, slots=True)
class _Hunt:
    """Looks for opened combinations that isolate too little: one 0/1 column of pieces a cell or earlier answer."""

    columns: Mapping[str, NDArray[np.int8]]
    answered: NDArray[np.int8]
    proven: NDArray[np.int8]
    weights: NDArray[np.float64]
    """One row a rule, one column a piece: the slack of the piece, 0 where it is not known."""

    @classmethod
    def of(cls, history: Sequence[Answer], cells: Sequence[Cell], passed: frozenset[str], slacks: Slacks) -> _Hunt:
        near = related(history, [cell.region for cell in cells])
        before = list(dict.fromkeys(answer.region for answer in near if answer.proven))
        opened = {answer.region for answer in near if answer.opened}
        matrix = atoms([*before, *(cell.region for cell in cells)])
        columns = {cell.name: matrix[:, len(before) + index] for index, cell in enumerate(cells)}
        large = [*matrix[:, : len(before)].T, *(columns[name] for name in columns if name in passed)]
        rules = max((len(known) for known in slacks.values()), default=0)
        weights = np.zeros((rules, len(matrix)))
        for name, known in slacks.items():
            if columns[name].sum() == 1:
                weights[:, int(columns[name].argmax())] = known
        none = np.zeros((len(matrix), 0), dtype=np.int8)
        return cls(
            columns=columns,
            answered=np.column_stack([none, *(matrix[:, i] for i, region in enumerate(before) if region in opened)]),
            proven=np.column_stack([none, *large]),
            weights=weights,
        )

    def find(self, chosen: Sequence[str], time: Budget) -> frozenset[str] | None:
        """Return cells of the job that must not all be opened, none if it is the history alone, None if all is well."""
        small = [(column.astype(np.float64), float(column.sum()) - 1) for column in self.proven.T]
        demands = [small, *([(row, -1.0)] for row in self._scaled() if (row < 0).any())]
        for demand in demands:
            found = self._combination(chosen, demand, time)
            if found is not None:
                return found
        return None

    def _scaled(self) -> NDArray[np.float64]:
        """Divide large slacks and round down, so that the solver's tolerance cannot hide a negative sum."""
        largest = np.abs(self.weights).max(axis=1, initial=1.0, keepdims=True)
        scaled: NDArray[np.float64] = np.floor(self.weights / np.maximum(largest / 1e6, 1.0))
        return scaled

    def _combination(
        self, chosen: Sequence[str], demand: Sequence[tuple[NDArray[np.float64], float]], time: Budget
    ) -> frozenset[str] | None:
        """Find pieces that opened cells determine, of which every row of the demand is at most its limit."""
        opened = np.column_stack([*(self.columns[name] for name in chosen), self.answered]).astype(float)
        pieces, count = opened.shape
        signed = hstack([csr_matrix(opened), csr_matrix(-opened), -eye(pieces)])
        rows = [(np.ones(pieces), 1.0, float(pieces)), *((row, -np.inf, most) for row, most in demand)]
        limits = hstack([csr_matrix((len(rows), 2 * count)), csr_matrix(np.array([row for row, _, _ in rows]))])
        result = milp(
            np.concatenate([np.ones(2 * count), np.zeros(pieces)]),
            constraints=[
                LinearConstraint(signed, 0, 0),
                LinearConstraint(limits, [low for _, low, _ in rows], [high for _, _, high in rows]),
            ],
            integrality=np.concatenate([np.zeros(2 * count), np.ones(pieces)]),
            bounds=Bounds(0, np.concatenate([np.full(2 * count, MAX_WEIGHT), np.ones(pieces)])),
            options={"time_limit": time.remaining()},
        )
        if result.status == _INFEASIBLE:
            return None
        if result.x is None:
            raise NotAuthorized("disclosure: the choice of cells ran out of time; ask for a smaller table")
        used = (result.x[:count] > 1e-6) | (result.x[count : 2 * count] > 1e-6)
        return frozenset(name for name, is_used in zip(chosen, used, strict=False) if is_used)
