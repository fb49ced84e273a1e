"""A department's rows in a run with noise: scaled by declared bounds, by bin of declared bounds, with whose they are.

Rows lie person by person, so they are taken in pieces that divide no person (``pieces``), and memory follows a piece,
not the table. It computes nothing of a model.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from federated.ensemble.tree import Places
from federated.horizontal.family import Floats
from federated.horizontal.noised import Integers
from federated.horizontal.site import Scale
from mpc.spec.training import Bounded, TrainingSpec

PIECE = 1 << 22
"""Numbers of gradients that are held at once, about."""


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """scaled: (rows, 1 + columns), the constant first. places: (columns, rows), of trees alone. persons: of each row
    its person's number, ascending."""

    scaled: Floats = field(repr=False)
    places: Places = field(repr=False)
    labels: Floats = field(repr=False)
    persons: Integers = field(repr=False)

    def where(self, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Part:
        """Return some of the rows."""
        return Part(self.scaled[chosen], self.places[:, chosen], self.labels[chosen], self.persons[chosen])

    def pieces(self, numbers: int) -> Iterator[slice]:
        """Divide the rows where persons end, for so many numbers a row."""
        rows, most = len(self.labels), max(1, PIECE // numbers)
        ends = [*(np.flatnonzero(np.diff(self.persons)) + 1).tolist(), rows]
        start = 0
        for end, following in zip(ends, [*ends[1:], rows + most + 1], strict=True):
            if end > start and following - start > most:
                yield slice(start, end)
                start = end


def declared(spec: TrainingSpec) -> Scale:
    """Return the scale that the bounds declare: to -1..1."""
    ends = [(column.least, column.most) for column in spec.features]
    means = np.array([(least + most) / 2 for least, most in ends])
    return Scale(means, np.array([(most - least) / 2 for least, most in ends]))


def part(spec: TrainingSpec, columns: Floats, labels: Floats, persons: Integers) -> Part:
    """Take rows, (rows, columns) of whole numbers within their bounds."""
    order = np.argsort(persons, kind="stable")
    scale, trees = declared(spec), spec.algorithm.trees
    scaled = (columns[order] - scale.means) / scale.deviations
    bins = [] if trees is None else [
        np.searchsorted(edges(column, trees.bins), own, side="right")
        for column, own in zip(spec.features, columns[order].T, strict=True)
    ]  # fmt: skip
    places = np.array(bins, dtype=np.int64).reshape(len(bins), len(order))
    return Part(np.hstack((np.ones((len(order), 1)), scaled)), places, labels[order], persons[order])


def edges(column: Bounded, bins: int) -> Floats:
    """Divide what a column may hold into bins of one width, or one a value.

    Returns: the least value of each bin but the first; whole numbers, so that everybody has the same.
    """
    values = column.most - column.least + 1
    found = min(bins, values)
    return np.array([column.least - (-place * values // found) for place in range(1, found)], dtype=np.float64)
