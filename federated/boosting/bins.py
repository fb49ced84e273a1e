"""Columns as small numbers of bins, at their owner: boosting asks of a row only in which bin it lies.

Edges are quantiles of the owner's own rows, so that bins hold about as many rows each; they never leave the owner. In a
node of a tree, bins that hold too few of its rows are joined with their neighbours, because the sum of the gradients of
few rows names them: with distinct gradients, a subset-sum search finds the rows of bins of a 20-row node. Siblings join
alike, and only what their parent has: otherwise the difference of two sums would be the sum of few rows again.

It does NOT accept empty values. Source: Chen and Guestrin 2016, section 3.3 (approximate splits by quantiles).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ledger.errors import InvalidRecord

MAX_BINS = 256
Places = NDArray[np.uint8]


@dataclass(frozen=True, slots=True, eq=False)
class Binned:
    """An owner's columns in bins. edges: ascending, by column; places: (columns, rows), the bin of each row."""

    names: tuple[str, ...]
    edges: tuple[NDArray[np.float64], ...]
    places: Places

    @property
    def rows(self) -> int:
        return int(self.places.shape[1])

    def ordered(self, order: Sequence[int]) -> Binned:
        """Return the same columns in another order."""
        names, edges = tuple(self.names[place] for place in order), tuple(self.edges[place] for place in order)
        return Binned(names, edges, self.places[list(order)])


def fit(columns: Mapping[str, NDArray[np.float64]], most: int) -> Binned:
    """Choose at most ``most`` bins a column and place every row.

    Raises:
        InvalidRecord: no column, columns of different lengths, an empty or infinite value, a column that is constant.
    """
    if not 2 <= most <= MAX_BINS:
        raise InvalidRecord(f"bins: 2..{MAX_BINS} expected, got {most}")
    edges = tuple(_edges(name, values, most) for name, values in columns.items())
    return place(columns, edges)


def place(columns: Mapping[str, NDArray[np.float64]], edges: tuple[NDArray[np.float64], ...]) -> Binned:
    """Place rows, which need not be those of ``fit``, between known edges.

    Raises:
        InvalidRecord: as ``fit``.
    """
    lengths = {len(values) for values in columns.values()}
    if len(lengths) != 1 or len(columns) != len(edges):
        raise InvalidRecord("bins: at least one column expected, and all of one length")
    for name, values in columns.items():
        _require_finite(name, values)
    pairs = zip(columns.values(), edges, strict=True)
    placed = [np.searchsorted(found, values, side="right").astype(np.uint8) for values, found in pairs]
    return Binned(tuple(columns), edges, np.stack(placed))


def joined(counts: Sequence[NDArray[np.int64]], minimum: int) -> tuple[int, ...]:
    """Join neighbouring bins until each holds ``minimum`` rows of every node; where they never do, all are one.

    Args:
        counts: for each node, the rows in each bin; all over the same bins.

    Returns:
        the last bin of each joined bin, ascending.
    """
    ends: list[int] = []
    held = np.zeros(len(counts), dtype=np.int64)
    for place, rows in enumerate(np.stack(counts, axis=1)):
        held += rows
        if (held >= minimum).all():
            ends.append(place)
            held[:] = 0
    last = len(counts[0]) - 1
    return (*ends[:-1], last)


def _edges(name: str, values: NDArray[np.float64], most: int) -> NDArray[np.float64]:
    _require_finite(name, values)
    quantiles = np.unique(np.quantile(values, np.linspace(0, 1, most + 1)[1:-1], method="lower"))
    above = values > values.min()
    if not above.any():
        raise InvalidRecord(f"column {name}: all values are equal")
    edges: NDArray[np.float64] = quantiles[quantiles > values.min()]
    return edges if len(edges) else values[above].min(keepdims=True)


def _require_finite(name: str, values: NDArray[np.float64]) -> None:
    if not np.isfinite(values).all():
        row = int(np.argmin(np.isfinite(values))) + 1
        raise InvalidRecord(f"column {name}, row {row}: a number expected, found none")
