"""A department's part: noised sums of derivatives by node, column and bin; nothing else leaves it.

It takes part with ``LEAST_ROWS`` rows at least, like other models. It draws its share of noise anew for every release,
so a release is asked for once. It does NOT mask: secure aggregation does.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import sqrt

import numpy as np

from federated.columns import Floats
from federated.ensemble.terms import EnsembleTerms
from federated.ensemble.tree import Places, Tree, placed, scores
from federated.horizontal import noised
from federated.horizontal.noised import POINT_BITS, Draw, Integers
from federated.horizontal.site import LEAST_ROWS
from ledger.errors import InvalidRecord


@dataclass(frozen=True, slots=True, eq=False)
class EnsembleSite:
    """A department's rows: (rows, columns) of numbers, a label and a person each."""

    terms: EnsembleTerms
    columns: Floats = field(repr=False)
    labels: Floats = field(repr=False)
    persons: Sequence[str] = field(repr=False)

    def __post_init__(self) -> None:
        rows = len(self.labels)
        if self.columns.shape != (rows, len(self.terms.edges)) or len(self.persons) != rows:
            raise InvalidRecord("trees: every row needs a label, a person and a value in every column")
        if rows < LEAST_ROWS:
            raise InvalidRecord(f"trees: at least {LEAST_ROWS} rows expected, there are {rows}")
        if not np.isfinite(self.columns).all():
            row, column = np.argwhere(~np.isfinite(self.columns))[0]
            raise InvalidRecord(f"trees: row {row + 1}, column {column + 1}: a number expected")
        expected = np.arange(max(2, self.terms.loss.outputs))
        if self.terms.loss.name != "squared" and not np.isin(self.labels, expected).all():
            raise InvalidRecord(f"trees: labels 0..{len(expected) - 1} expected")
        if not np.isfinite(self.labels).all():
            raise InvalidRecord(f"trees: labels: row {int(np.argmin(np.isfinite(self.labels))) + 1} is no number")

    @property
    def places(self) -> Places:
        """The bin of each row, by column."""
        return placed(self.columns, self.terms.edges)

    def sums(self, done: Sequence[Tree], growing: Tree, level: int, draw: Draw) -> Floats:
        """Return this department's part of a release, in units of 2^-8.

        Args:
            done: the finished trees; of a round of several outputs only earlier rounds count for derivatives.
            growing: the present tree down to ``level``, from 0.

        Raises:
            InvalidRecord: a tree that has splits at this level already, or a level that it cannot have.
        """
        if not 0 <= level < self.terms.depth or any(node >= 1 << level for node in growing.splits):
            raise InvalidRecord("trees: the sums of a level are asked for before it is split")
        _, persons = np.unique(np.array(self.persons), return_inverse=True)
        exact = exact_sums(self.terms, self.places, self.labels, persons, done, growing, level)
        noise = noised.noise(self.terms.protection.mechanism, self.terms.places, draw)
        found: Integers = exact + noise
        return found / (1 << POINT_BITS)


def exact_sums(
    terms: EnsembleTerms,
    places: Places,
    labels: Floats,
    persons: Integers,
    done: Sequence[Tree],
    growing: Tree,
    level: int,
) -> Integers:
    """Add up rows' derivatives by node of a level, column and bin, in whole numbers, shortened by person.

    What a row adds follows from its person's rows alone. A number is cut towards 0, so sums never grow by rounding.

    Args:
        persons: of each row its person's number, from 0 on.
    """
    outputs, columns = terms.loss.outputs, len(terms.edges)
    earlier = done[: len(done) // outputs * outputs]
    first, second = terms.loss.derivatives(labels, scores(earlier, outputs, places))[len(done) % outputs]
    lengths = np.bincount(persons, weights=np.sqrt(first**2 + second**2)) * sqrt(columns)
    clip = terms.protection.clip_milli / 1000
    factors = np.minimum(1.0, clip / np.maximum(lengths, 1e-12))[persons] * terms.protection.mechanism.grain
    whole = [np.trunc(part * factors).astype(np.int64) for part in (first, second)]
    nodes = growing.nodes(places) - (1 << level)
    found = np.zeros((1 << terms.depth - 1, columns, terms.bins, 2), dtype=np.int64)
    here = nodes >= 0  # rows of leaves above this level have smaller numbers
    for column, bins in enumerate(places):
        for derivative, values in enumerate(whole):
            np.add.at(found[:, column, :, derivative], (nodes[here], bins[here]), values[here])
    return found.ravel()
