"""What all departments of a joint ensemble of trees agree on: bins, trees, loss, and what its noise costs.

Sums by bin of few rows would name them, and the coordinator reads every sum; so there is no ensemble without noise.
Edges of bins are declared with the run, from bounds of columns or a catalogue, never computed from rows.

A row adds, in every column, its two derivatives to one bin: over C columns sqrt(C (g^2 + h^2)), at most ``longest``.
Rows of one person are shortened together to the declared clip, so a person adds no more, however many it has. Of a tree
each level is one release; leaves follow from the last, and are bounded.

It does NOT hold rows. Sources: Friedman 2001; Chen and Guestrin 2016 (gain, weights); Li et al., AAAI 2020 (trees under
differential privacy).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, sqrt

import numpy as np

from federated.boosting.loss import Loss, Squared
from federated.columns import Floats
from federated.horizontal.noised import Protection
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

MAX_DEPTH, MAX_TREES, MAX_BINS = 6, 200, 64


@dataclass(frozen=True, slots=True, eq=False)
class EnsembleTerms:
    """edges: by column, ascending; a bin is between two. trees: of each output. least: the noised second derivatives
    that a side of a split keeps. clip_milli: the longest vector of a person, in thousandths; 0: that of any row.
    least_bins: bins of every column at least, more than its edges leave empty. The other fields as in
    ``federated.boosting.growing.Rules`` and ``Protection``."""

    edges: Sequence[Floats]
    loss: Loss
    trees: int
    depth: int
    least: float
    ridge: float
    rate: float
    owners: int
    colluders: int
    lost: int
    spread: int
    persons: int
    micro_rho: int
    clip_milli: int = 0
    least_bins: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.depth <= MAX_DEPTH or not 1 <= self.trees <= MAX_TREES:
            raise InvalidRecord(f"trees: 1..{MAX_TREES} of a depth of 1..{MAX_DEPTH} expected")
        if not self.edges or any(not 1 <= len(own) < MAX_BINS or (np.diff(own) <= 0).any() for own in self.edges):
            raise InvalidRecord(f"trees: for each column 1..{MAX_BINS - 1} ascending edges expected")
        if not (self.least > 0 and self.ridge >= 0 and 0 < self.rate <= 1):
            raise InvalidRecord("trees: a least weight above 0, a ridge of at least 0 and a rate in (0, 1] expected")
        _ = self.protection.mechanism

    @property
    def bins(self) -> int:
        """Of every column; columns of fewer edges leave the last ones empty."""
        return max(self.least_bins, 1 + max(len(own) for own in self.edges))

    @property
    def releases(self) -> int:
        """How often sums are opened: a level of a tree each time."""
        return self.trees * self.loss.outputs * self.depth

    @property
    def places(self) -> int:
        """Numbers in a release; the same at every level, so that a message's length tells nothing."""
        return (1 << self.depth - 1) * len(self.edges) * self.bins * 2

    @property
    def longest(self) -> int:
        """What no row passes, in thousandths: a clip beyond it pays for nothing."""
        second = 1.0 if isinstance(self.loss, Squared) else 0.25
        return ceil(1000 * sqrt(len(self.edges) * (self.loss.bound**2 + second**2)))

    @property
    def protection(self) -> Protection:
        """The noise of every release, and what all cost."""
        return Protection(
            places=self.places,
            clip_milli=self.clip_milli or self.longest,
            micro_rho=self.micro_rho,
            rounds=self.releases,
            owners=self.owners,
            colluders=self.colluders,
            lost=self.lost,
            spread=self.spread,
            persons=self.persons,
        )

    def record(self) -> JsonValue:
        """Render for the job record."""
        edges: list[JsonValue] = [[float(edge).hex() for edge in own] for own in self.edges]
        return {
            "edges": edges,
            "loss": self.loss.name,
            "outputs": str(self.loss.outputs),
            "trees": str(self.trees),
            "depth": str(self.depth),
            "least": self.least.hex(),
            "ridge": self.ridge.hex(),
            "rate": self.rate.hex(),
            "protection": self.protection.record(),
        }


def even(least: float, most: float, bins: int) -> Floats:
    """Divide a declared range into bins of one width; return the edges between them."""
    if not (np.isfinite([least, most]).all() and least < most and 2 <= bins <= MAX_BINS):
        raise InvalidRecord(f"trees: a range and 2..{MAX_BINS} bins expected")
    return np.linspace(least, most, bins + 1)[1:-1]
