"""Sums by bin in the nodes of a tree: of plain derivatives for the label owner's own columns, of ciphertexts elsewhere.

A root is one node. Below it nodes come in pairs, the two sides of a split; only one of a pair is added up, the other is
the difference to their parent. The bins of a pair are those of the parent, joined until both sides hold the minimum.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from numpy.typing import NDArray

from federated.boosting.bins import Binned, joined
from federated.boosting.packing import Totals

Members = NDArray[np.bool_]
"""For each row, whether a node holds it."""
Grid = tuple[int, ...]
"""A column's joined bins: the last bin of each."""


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """A column in a node and its sibling. joins: of each joined bin, the last one of the parent's that it has.

    rows: of each joined bin, the places of the node's rows.
    """

    grid: Grid
    joins: tuple[int, ...]
    rows: tuple[NDArray[np.int64], ...]


def root(binned: Binned) -> tuple[Grid, ...]:
    """Return every column's bins before any joining."""
    return tuple(tuple(range(len(edges) + 1)) for edges in binned.edges)


def columns(
    binned: Binned, parent: Sequence[Grid], node: Members, sibling: Members | None, minimum: int
) -> tuple[Column, ...]:
    """Divide a node's rows by joined bin, for every column. sibling: None at the root."""
    sides = [np.flatnonzero(side) for side in (node, sibling) if side is not None]
    return tuple(_column(places, grid, sides, minimum) for places, grid in zip(binned.places, parent, strict=True))


def plain(found: Column, first: NDArray[np.int64], second: NDArray[np.int64]) -> list[Totals]:
    """Add up rounded derivatives by joined bin."""
    return [Totals(len(rows), int(first[rows].sum()), int(second[rows].sum())) for rows in found.rows]


def encrypted(found: Column, ciphertexts: Sequence[int], add: Callable[[int, int], int]) -> list[int]:
    """Add up ciphertexts by joined bin; each has at least one row."""
    return [reduce(add, (ciphertexts[row] for row in rows.tolist())) for rows in found.rows]


def difference(parent: Sequence[Totals], joins: Sequence[int], node: Sequence[Totals]) -> list[Totals]:
    """Return the sibling's sums: the parent's, joined, less the node's."""
    starts = [0, *(end + 1 for end in joins[:-1])]
    whole = [reduce(Totals.__add__, parent[start : end + 1]) for start, end in zip(starts, joins, strict=True)]
    return [held - own for held, own in zip(whole, node, strict=True)]


def _column(places: NDArray[np.uint8], parent: Grid, sides: Sequence[NDArray[np.int64]], minimum: int) -> Column:
    held = [np.searchsorted(parent, places[side]) for side in sides]
    joins = joined([np.bincount(found, minlength=len(parent)) for found in held], minimum)
    numbers = np.searchsorted(joins, held[0])
    order = np.argsort(numbers, kind="stable")
    cuts = np.searchsorted(numbers[order], np.arange(1, len(joins)))
    return Column(tuple(parent[end] for end in joins), joins, tuple(np.split(sides[0][order], cuts)))
