"""Trees that every party may see: a split names a column and a bin, a leaf a weight; nodes are numbered level by
level.

The root is node 1; node n has the children 2n (bins up to the split's) and 2n + 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from federated.boosting.loss import Floats
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.hashing import tagged

Places = NDArray[np.int64]
"""(columns, rows): the bin of each row."""


@dataclass(frozen=True, slots=True)
class Tree:
    """splits: (column, last bin that goes left) by node; weights: of leaves, by node."""

    splits: Mapping[int, tuple[int, int]] = field(default_factory=dict)
    weights: Mapping[int, float] = field(default_factory=dict)

    def nodes(self, places: Places) -> NDArray[np.int64]:
        """Return the node that each row has come to."""
        found = np.ones(places.shape[1], dtype=np.int64)
        for node, (column, bin) in sorted(self.splits.items()):
            here = found == node
            found[here] = 2 * node + (places[column, here] > bin)
        return found

    def scores(self, places: Places) -> Floats:
        """Return what the leaves add to each row's score."""
        nodes = self.nodes(places)
        found = np.zeros(len(nodes))
        for node, weight in self.weights.items():
            found[nodes == node] = weight
        return found

    def json(self) -> JsonValue:
        splits: dict[str, JsonValue] = {str(n): [str(column), str(bin)] for n, (column, bin) in self.splits.items()}
        return {"splits": splits, "weights": {str(node): weight.hex() for node, weight in self.weights.items()}}


def placed(columns: Floats, edges: Sequence[Floats]) -> Places:
    """Place rows, (rows, columns), between declared edges."""
    pairs = zip(columns.T, edges, strict=True)
    return np.stack([np.searchsorted(own, values, side="right") for values, own in pairs]).astype(np.int64)


def scores(trees: Sequence[Tree], outputs: int, places: Places) -> Floats:
    """Return (outputs, rows): what all trees, which take turns, add up to."""
    found = np.zeros((outputs, places.shape[1]))
    for number, tree in enumerate(trees):
        found[number % outputs] += tree.scores(places)
    return found


def digest(trees: Sequence[Tree]) -> bytes:
    """Return the digest of a model."""
    listed: list[JsonValue] = [tree.json() for tree in trees]
    return tagged("SHUXIN-ENSEMBLE-V1", canonical.encode(listed))
