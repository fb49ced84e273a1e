"""What all parties of a boosting run agree on before it: rows, trees, rules, loss and encryption.

It enters the job's record, so a party that was told other terms signs another digest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from federated.boosting.bins import MAX_BINS
from federated.boosting.growing import Rules
from federated.boosting.loss import Loss
from federated.boosting.packing import Layout
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.additive.scheme import Parameters

MAX_TREES, MAX_COLUMNS = 500, 512


@dataclass(frozen=True, slots=True)
class Terms:
    """One run. label: the party with the labels; features: the others, with the number of their columns.

    rows: aligned, the same at every party, in the same order. trees: of each output of the loss. alone: rounds of trees
    that the label owner grows first on its own columns, of which nothing is sent; later trees correct them, so the
    first split, which says most of labels, stays with it. exposure: the chance by which what the feature owners hold of
    the trees may rank a pair of unlike labels rightly (``federated.boosting.exposure``); once it is passed, the rest is
    grown alone. 1 for no bound.
    """

    label: str
    features: Mapping[str, int]
    rows: int
    trees: int
    bins: int
    rules: Rules
    loss: Loss
    scheme: Parameters
    alone: int = 0
    exposure: float = 1.0

    def __post_init__(self) -> None:
        if not self.features or self.label in self.features:
            raise InvalidRecord("boosting: at least one feature owner beside the label owner expected")
        if not 1 <= self.trees <= MAX_TREES or not 2 <= self.bins <= MAX_BINS:
            raise InvalidRecord(f"boosting: 1..{MAX_TREES} trees and 2..{MAX_BINS} bins expected")
        if not 0 <= self.alone < self.trees or not 0.5 < self.exposure <= 1:
            raise InvalidRecord("boosting: fewer rounds alone than trees, and an exposure in (0.5, 1] expected")
        if any(not 1 <= count <= MAX_COLUMNS for count in self.features.values()):
            raise InvalidRecord(f"boosting: 1..{MAX_COLUMNS} columns of each feature owner expected")
        if self.rows < 2 * self.rules.least:
            raise InvalidRecord(f"boosting: at least {2 * self.rules.least} aligned rows expected, got {self.rows}")
        if self.layout.bits > self.scheme.plaintext_bits:
            raise InvalidRecord(f"boosting: sums of {self.layout.bits} bits do not fit the encryption")

    @property
    def layout(self) -> Layout:
        """How derivatives are packed."""
        return Layout(self.rows, self.loss.bound)

    @property
    def grown(self) -> int:
        """How many trees are grown in all."""
        return self.trees * self.loss.outputs

    def most_nodes(self, level: int) -> int:
        """Return how many nodes of a level an owner may be asked about: of two siblings one, and the root."""
        return max(1, 1 << level >> 1)

    def record(self) -> JsonValue:
        """Render for the job record."""
        return {
            "label": self.label,
            "features": {party: str(count) for party, count in sorted(self.features.items())},
            "rows": str(self.rows),
            "trees": str(self.trees),
            "bins": str(self.bins),
            "depth": str(self.rules.depth),
            "least": str(self.rules.least),
            "ridge": self.rules.ridge.hex(),
            "rate": self.rules.rate.hex(),
            "loss": self.loss.name,
            "bound": self.loss.bound.hex(),
            "outputs": str(self.loss.outputs),
            "alone": str(self.alone),
            "exposure": self.exposure.hex(),
            "scheme": self.scheme.record(),
        }
