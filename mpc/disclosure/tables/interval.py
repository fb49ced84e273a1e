"""The interval audit: between which integers must a cell lie, for somebody who knows all that was published?

What is known are integer cells, each within a range, and linear relations between them: margins are sums of their
parts, a released cell has one value, a withheld count is 0..k-1, a rounded one lies near its figure. The least and the
largest value of a cell, or of any weighted sum of cells, are two mixed-integer programs (SciPy ``milp``, HiGHS). The
linear relaxation is not enough: 2a + 3b = 7 leaves a in 0..3.5 by linear programming and exactly 2 by integers.

The solver is not trusted to say "safe": both ends that protect a cell are shown by **witnesses**, whole tables of
integers that are checked exactly against everything known. Ends without a witness, numbers too large for the solver's
floating point, and whoever runs out of time say no.

Source: A. Hundepool et al., Statistical Disclosure Control (2012), section 4.3 (feasibility intervals); M. Fischetti,
J.-J. Salazar (2001). It does NOT choose what to withhold (``mpc.disclosure.tables.suppression``), and knows nothing of
what an attacker has from elsewhere unless it is put into the ranges.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from ledger.errors import InvalidRecord, NotAuthorized
from mpc.disclosure.tables.timing import TimeLimit

Weights: TypeAlias = Mapping[int, int]
"""A weighted sum of cells, by their numbers; a single cell is ``{number: 1}``."""
_OPTIMAL, _STOPPED, _INFEASIBLE = 0, 1, 2
_LARGEST = 1 << 50
"""Integers up to here, and sums of a few of them, are exact in the solver's floating point."""


@dataclass(frozen=True, slots=True)
class Range:
    """Integers from ``low`` to ``high``, both included; None leaves a side open."""

    low: int | None
    high: int | None

    def __post_init__(self) -> None:
        if self.low is not None and self.high is not None and self.low > self.high:
            raise InvalidRecord(f"interval: {self.low}..{self.high} holds no integer")

    def __contains__(self, value: int) -> bool:
        return (self.low is None or self.low <= value) and (self.high is None or value <= self.high)

    @property
    def is_known(self) -> bool:
        return self.low is not None and self.low == self.high


@dataclass(frozen=True, slots=True)
class Relation:
    """A weighted sum of cells that is known to lie within a range."""

    weights: Weights
    range: Range


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What is known of cells 0, 1, ...: a range of each, and relations between them."""

    ranges: Sequence[Range]
    relations: Sequence[Relation]

    def __post_init__(self) -> None:
        ends = [end for known in self.ranges for end in (known.low, known.high)]
        ends += [end for relation in self.relations for end in (relation.range.low, relation.range.high)]
        if any(end is not None and abs(end) > _LARGEST for end in ends):
            raise InvalidRecord("interval: numbers above 2^50 cannot be audited; use a larger unit")
        if any(cell not in range(len(self.ranges)) for relation in self.relations for cell in relation.weights):
            raise InvalidRecord("interval: a relation names a cell that there is not")


@dataclass(frozen=True, slots=True)
class Need:
    """How uncertain a weighted sum of cells must stay.

    width: the least distance between its ends. reach: ends that must both remain possible (a side None: no demand).
    """

    weights: Weights
    width: int = 0
    reach: Range = Range(None, None)

    def is_met(self, found: Range) -> bool:
        """Tell whether these ends are uncertain enough; a side that is open is."""
        is_low = found.low is None or self.reach.low is None or found.low <= self.reach.low
        is_high = found.high is None or self.reach.high is None or self.reach.high <= found.high
        is_wide = found.low is None or found.high is None or found.high - found.low >= self.width
        return is_low and is_high and is_wide


def extents(knowledge: Knowledge, sums: Sequence[Weights], limit: TimeLimit | None = None) -> list[Range]:
    """Find between which integers each weighted sum of cells must lie.

    Returns: for each, the exact least and largest possible value; None where none was found within eight times the
        largest number known.
    Raises:
        NotAuthorized: the time was not enough, or an end could not be shown by a table of integers.
        InvalidRecord: what is known contradicts itself.
    """
    puzzle = _Puzzle(knowledge)
    with limit or TimeLimit() as time:
        return [Range(puzzle.end(weights, -1, time), puzzle.end(weights, 1, time)) for weights in sums]


def unmet(knowledge: Knowledge, needs: Sequence[Need], limit: TimeLimit | None = None) -> list[int]:
    """Say which needs the knowledge leaves too narrow, by their place; raises as ``extents``.

    Cost: at most two programs a need; a table of integers found for one need serves all.
    """
    puzzle = _Puzzle(knowledge)
    with limit or TimeLimit() as time:
        return [place for place, need in enumerate(needs) if not puzzle.is_met(need, time)]


class _Puzzle:
    """The unknown cells, in parts that no relation ties together, and the witnesses found so far."""

    def __init__(self, knowledge: Knowledge) -> None:
        self._known = {cell: known.low for cell, known in enumerate(knowledge.ranges) if known.is_known}
        self._part_of: dict[int, _Part] = {}
        for cells, relations in _components(knowledge, self._known):
            part = _Part(cells, [knowledge.ranges[cell] for cell in cells], relations)
            self._part_of.update(dict.fromkeys(cells, part))

    def end(self, weights: Weights, sign: int, time: TimeLimit) -> int | None:
        """Return the largest (sign 1) or least (sign -1) value; None if it is open."""
        fixed, parts = self._split(weights)
        total = fixed
        for part, own in parts:
            found = part.end(own, sign, time)
            if found is None:
                return None
            total += found
        return total

    def is_met(self, need: Need, time: TimeLimit) -> bool:
        """Tell whether a need is met, first by witnesses found before."""
        fixed, parts = self._split(need.weights)
        seen = [part.seen(own) for part, own in parts]
        if all(seen):
            low, high = (fixed + sum(values) for values in zip(*seen, strict=True)) if seen else (fixed, fixed)
            if need.is_met(Range(low, high)):
                return True
        return need.is_met(Range(self.end(need.weights, -1, time), self.end(need.weights, 1, time)))

    def _split(self, weights: Weights) -> tuple[int, list[tuple[_Part, Weights]]]:
        fixed, own = 0, dict[int, tuple[_Part, dict[int, int]]]()
        for cell, weight in weights.items():
            if cell in self._known:
                fixed += weight * (self._known[cell] or 0)
            elif weight:
                part = self._part_of[cell]
                own.setdefault(id(part), (part, {}))[1][cell] = weight
        return fixed, list(own.values())


class _Part:
    """Unknown cells that relations tie together, as one program with changing objectives."""

    def __init__(self, cells: Sequence[int], ranges: Sequence[Range], relations: Sequence[Relation]) -> None:
        self._cells, self._ranges, self._relations = cells, ranges, relations
        self._place = {cell: place for place, cell in enumerate(cells)}
        rows = [(row, self._place[c], w) for row, r in enumerate(relations) for c, w in r.weights.items()]
        at, along, weights = zip(*rows, strict=True) if rows else ((), (), ())
        self._matrix = csr_matrix((weights, (at, along)), shape=(len(relations), len(cells)), dtype=np.float64)
        self._bounds = Bounds(*_ends(ranges))
        self._sides = _ends([relation.range for relation in relations])
        ends = [abs(e) for r in (*ranges, *(r.range for r in relations)) for e in (r.low, r.high) if e is not None]
        self._horizon = min(8 * max(ends, default=0) + 1000, 2 * _LARGEST)
        self._witnesses: list[list[int]] = []

    def seen(self, weights: Weights) -> tuple[int, int] | None:
        """Return the least and largest value among the witnesses."""
        values = [self._value(weights, witness) for witness in self._witnesses]
        return (min(values), max(values)) if values else None

    def end(self, weights: Weights, sign: int, time: TimeLimit) -> int | None:
        """Solve for one end and keep the table that shows it."""
        objective = np.zeros(len(self._cells))
        for cell, weight in weights.items():
            objective[self._place[cell]] = weight
        horizon = self._horizon * sum(abs(weight) for weight in weights.values())
        constraints = [LinearConstraint(csr_matrix(objective[None, :]), -horizon, horizon)]
        if self._relations:
            constraints.append(LinearConstraint(self._matrix, *self._sides))
        found = milp(
            -sign * objective,
            constraints=constraints,
            integrality=np.ones(len(self._cells)),
            bounds=self._bounds,
            options={"time_limit": time.remaining(), "mip_rel_gap": 0.0},
        )
        if found.status == _INFEASIBLE:
            raise InvalidRecord("interval: what is known contradicts itself")
        if found.status != _OPTIMAL:
            raise NotAuthorized("disclosure: the interval audit cannot tell in the time it has")
        value = self._value(weights, self._witness(found.x))
        return None if sign * value >= horizon else value

    def _witness(self, solution: NDArray[np.float64]) -> list[int]:
        """Round to integers and check them exactly; only then they count."""
        table = [int(value) for value in np.rint(solution)]
        is_possible = all(value in known for value, known in zip(table, self._ranges, strict=True)) and all(
            self._value(relation.weights, table) in relation.range for relation in self._relations
        )
        if not is_possible:
            raise NotAuthorized("disclosure: the interval audit cannot tell: its numbers are too large for the solver")
        self._witnesses.append(table)
        return table

    def _value(self, weights: Weights, table: Sequence[int]) -> int:
        return sum(weight * table[self._place[cell]] for cell, weight in weights.items())


def _components(knowledge: Knowledge, known: Mapping[int, int | None]) -> Iterable[tuple[list[int], list[Relation]]]:
    """Take out what is known and split the rest into parts."""
    left = [_without(relation, known) for relation in knowledge.relations]
    left = [relation for relation in left if relation.weights]
    count = len(knowledge.ranges)
    edges = [(count + row, cell) for row, relation in enumerate(left) for cell in relation.weights]
    size = count + len(left)
    at, along = zip(*edges, strict=True) if edges else ((), ())
    _, labels = connected_components(csr_matrix((np.ones(len(edges)), (at, along)), shape=(size, size)), directed=False)
    cells, relations = defaultdict[int, list[int]](list), defaultdict[int, list[Relation]](list)
    for cell in range(count):
        if cell not in known:
            cells[labels[cell]].append(cell)
    for row, relation in enumerate(left):
        relations[labels[count + row]].append(relation)
    return [(members, relations[label]) for label, members in cells.items()]


def _without(relation: Relation, known: Mapping[int, int | None]) -> Relation:
    fixed = sum(weight * (known[cell] or 0) for cell, weight in relation.weights.items() if cell in known)
    weights = {cell: weight for cell, weight in relation.weights.items() if weight and cell not in known}
    if not weights and fixed not in relation.range:
        raise InvalidRecord("interval: what is known contradicts itself")
    low, high = relation.range.low, relation.range.high
    moved = Range(None if low is None else low - fixed, None if high is None else high - fixed)
    return Relation(weights, moved)


def _ends(ranges: Sequence[Range]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lows = np.array([-np.inf if known.low is None else known.low for known in ranges], dtype=np.float64)
    highs = np.array([np.inf if known.high is None else known.high for known in ranges], dtype=np.float64)
    return lows, highs
