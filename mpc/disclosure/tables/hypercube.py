"""The hypercube heuristic: cover a sensitive cell by the corners of a box of which every margin stays the same.

In one dimension, moving one unit from category b to category a changes no sum but those between a or b and their
common ancestor. Such a **shift** has +1 on a and its ancestors below that one, -1 likewise on b's side; or +1 on a's
whole line up to and including the total. The product of one shift a dimension moves a table along while all its
relations hold, in both directions, as far as the corners' values allow: a rectangle in a flat two-way table. Its
corners are withheld.

For each sensitive cell all products are priced at once as tensor products and the cheapest is taken in which every
corner has enough to give (or as many as can); cells withheld already cost nothing. Source: the idea of R. D.
Repsilber's hypercube method (A. Hundepool et al., Statistical Disclosure Control, 2012, section 4.4.3), here for
hierarchies without splitting them into sub-tables. It is a heuristic: the audit afterwards decides
(``mpc.disclosure.tables.suppression``).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import reduce

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix

from ledger.errors import NotAuthorized
from mpc.disclosure.tables.hierarchy import Dimension, Grid
from mpc.disclosure.tables.moves import Move

Array = NDArray[np.float64]


class Hypercubes:
    """The withheld cells so far, growing by one hypercube at a time."""

    def __init__(
        self, grid: Grid, sheets: Sequence[Sequence[int]], costs: Sequence[float], released: Collection[int]
    ) -> None:
        self._grid = grid
        self._sheets = [np.asarray(values, dtype=np.float64).reshape(grid.shape) for values in sheets]
        self._costs = np.array(costs, dtype=np.float64).reshape(grid.shape)
        self._released = np.zeros(grid.size)
        self._released[list(released)] = 1.0
        self._withheld: set[int] = set()
        self._shifts: dict[tuple[int, int], csr_matrix] = {}
        self._moves: list[list[Move]] = [[] for _ in sheets]

    @property
    def withheld(self) -> frozenset[int]:
        return frozenset(self._withheld)

    @property
    def moves(self) -> tuple[tuple[Move, ...], ...]:
        """Of each sheet, its moves along every hypercube, as far as asked."""
        return tuple(tuple(moves) for moves in self._moves)

    def withhold(self, cells: Collection[int]) -> None:
        """Withhold cells; from now on they cost nothing."""
        self._withheld |= set(cells)
        self._costs.ravel()[list(cells)] = 0.0

    def cover(self, cell: int, below: Sequence[int], above: Sequence[int], is_new: bool = False) -> None:
        """Withhold the corners of the cheapest hypercube at a cell, among those in which fewest corners lack room.

        Args:
            below, above: how far the cell must be able to move, in each sheet.
            is_new: take one that withholds something more.

        Raises:
            NotAuthorized: there is none that withholds something more.
        """
        places = self._grid.places(cell)
        shifts = [self._of(axis, place) for axis, place in enumerate(places)]
        support = [abs(shift) for shift in shifts]
        price = _over(self._costs, support)
        price[_over(self._released.reshape(self._grid.shape), support) > 0] = np.inf
        if is_new:
            price[price == 0.0] = np.inf
        lacking = sum(
            self._lacking(values, shifts, places, least, most)
            for values, least, most in zip(self._sheets, below, above, strict=True)
        )
        if np.isfinite(price).any():
            price[lacking > np.min(lacking, where=np.isfinite(price), initial=np.inf)] = np.inf
        best = np.unravel_index(int(np.argmin(price)), price.shape)
        if not np.isfinite(price[best]):
            raise NotAuthorized("table: no pattern protects a sensitive cell; withhold a margin or merge categories")
        lines = [shift[[at]].toarray()[0] for shift, at in zip(shifts, best, strict=True)]
        signs = reduce(np.multiply.outer, lines).ravel()
        corners = {int(number): int(signs[number]) for number in np.flatnonzero(signs)}
        self.withhold(corners)
        for moves, least, most in zip(self._moves, below, above, strict=True):
            moves += [{number: sign * by for number, sign in corners.items()} for by in (most, -least) if by]

    def _lacking(
        self, values: Array, shifts: Sequence[csr_matrix], places: tuple[int, ...], below: int, above: int
    ) -> Array:
        """Count, for each product of shifts, the corners that have too little to give for a move up and a move down.

        A corner with the opposite sign gives when the cell rises, one with the same sign when it falls.
        """
        gives_down, gives_up = (values < below).astype(float), (values < above).astype(float)
        gives_down[places] = 0.0
        support = [abs(shift) for shift in shifts]
        # Of all corners, those of the same sign are (all + signed) / 2, the others (all - signed) / 2.
        same = (_over(gives_down, support) + _over(gives_down, shifts)) / 2
        opposite = (_over(gives_up, support) - _over(gives_up, shifts)) / 2
        lacking: Array = np.rint(same + opposite)
        return lacking

    def _of(self, axis: int, place: int) -> csr_matrix:
        if (axis, place) not in self._shifts:
            self._shifts[axis, place] = _shifts(self._grid.dimensions[axis], place)
        return self._shifts[axis, place]


def _shifts(dimension: Dimension, place: int) -> csr_matrix:
    """All shifts that raise a category: one row each, one column a category, entries -1, 0 and 1."""
    lines = {leaf: set(dimension.line(leaf)) for leaf in dimension.leaves}
    rows = []
    for up in (leaf for leaf, line in lines.items() if place in line):
        for down in (None, *(leaf for leaf, line in lines.items() if place not in line)):
            row = np.zeros(len(dimension.codes))
            row[list(lines[up])] = 1.0
            if down is not None:
                row[list(lines[down])] -= 1.0
            rows.append(row)
    return csr_matrix(np.array(rows))


def _over(array: Array, factors: Sequence[csr_matrix]) -> Array:
    """Sum an array over the product of one row of each factor, for all combinations of rows."""
    for factor in factors:
        summed = factor @ array.reshape(len(array), -1)
        array = np.moveaxis(summed.reshape(-1, *array.shape[1:]), 0, -1)
    return array
