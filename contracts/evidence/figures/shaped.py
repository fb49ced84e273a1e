"""What lies between a model's columns and scores, restated for verifiers: sizes, first numbers, the release.

    linear, layer  outputs * ((hidden or columns) + 1) + hidden * (columns + 1) numbers, those of the layer first
    trees          three a node of every tree, 2^(depth + 1) - 1 nodes: column (0: a leaf), bin, weight (``grown``)
    first          zeros; of a layer (word / 2^52 - 1) sqrt(3 / (columns + 1)), words: 53 bits of the seed's keystream

Restates ``mpc.training.shapes``, ``federated.horizontal.shape`` and ``federated.runs.trees``; tests hold both to each
other.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from contracts.evidence.figures.grown import NODE, Trees, written
from contracts.evidence.questions.noised import number
from ledger.canonical import JsonValue
from ledger.crypto.keystream import keystream
from ledger.errors import InvalidRecord
from ledger.hashing import tagged

MAX_HIDDEN, MAX_CLASSES, MAX_DEPTH, MAX_BINS = 64, 16, 6, 64


@dataclass(frozen=True, slots=True)
class Shaped:
    """outputs: scores of a row. trees: None where there are weights. rounds: of the run."""

    columns: int
    outputs: int
    hidden: int
    trees: Trees | None
    rounds: int
    seed: int

    @property
    def is_linear(self) -> bool:
        return self.outputs == 1 and not self.hidden and self.trees is None

    @property
    def numbers(self) -> int:
        if self.trees is not None:
            return self.rounds // self.trees.depth * self.trees.nodes * NODE
        return self.hidden * (self.columns + 1) + self.outputs * ((self.hidden or self.columns) + 1)

    @property
    def released(self) -> int:
        """Numbers of a round's sum."""
        if self.trees is None:
            return self.numbers
        return (self.columns * self.trees.bins * 2) << (self.trees.depth - 1)

    @property
    def first(self) -> tuple[float, ...]:
        size = self.hidden * (self.columns + 1)
        stream = keystream(tagged("SHUXIN-FIRST-WEIGHTS-V1", self.seed.to_bytes(8, "big")), 8 * size)
        wide = math.sqrt(3 / (self.columns + 1))
        drawn = tuple(((word >> 11) / 2.0**52 - 1.0) * wide for word in struct.unpack(f"<{size}Q", stream))
        return (*drawn, *(0.0,) * (self.numbers - size))

    def document(self, weights: Sequence[float]) -> dict[str, JsonValue]:
        """Write what the release says of the model beside its names, means and deviations."""
        classes: dict[str, JsonValue] = {"classes": self.outputs} if self.outputs > 1 else {}
        if self.trees is not None:
            return {**classes, "bins": self.trees.bins, "trees": written(self.trees, weights)}
        hidden: dict[str, JsonValue] = {"hidden": self.hidden} if self.hidden else {}
        return {**classes, **hidden, "weights": [repr(value) for value in weights]}


def read(spec: Mapping[str, JsonValue], columns: Sequence[tuple[int, int]], rounds: int) -> Shaped:
    """Read what of a specification says it; raises InvalidRecord.

    Args:
        columns: least and most of each feature.
    """
    match spec:
        case {"algorithm": dict(algorithm), "label": {"least": least, "most": most}, "seed": seed}:
            model, hidden = algorithm.get("model"), algorithm.get("hidden", 0)
            classes = number(most) + 1 if model == "softmax" else 1
        case _:
            raise InvalidRecord("specification: malformed training run")
    if not isinstance(hidden, int) or not 0 <= hidden <= MAX_HIDDEN or not 0 <= number(seed) < 1 << 32:
        raise InvalidRecord("specification: malformed hidden layer or seed")
    if model == "softmax" and (number(least) != 0 or not 3 <= classes <= MAX_CLASSES):
        raise InvalidRecord("specification: malformed classes")
    trees = None
    if "trees" in algorithm:
        trees = _trees(algorithm, columns, classes)
        if hidden or rounds % (trees.depth * classes) or model == "poisson":
            raise InvalidRecord("specification: rounds of trees are whole trees, without a layer")
    return Shaped(len(columns), classes, hidden, trees, rounds, number(seed))


def _trees(algorithm: Mapping[str, JsonValue], columns: Sequence[tuple[int, int]], outputs: int) -> Trees:
    match algorithm:
        case {
            "trees": {"depth": int(depth), "bins": int(bins), "least": least, **rest},
            "ridge": ridge,
            "rate": rate,
        } if not rest and 1 <= depth <= MAX_DEPTH and 2 <= bins <= MAX_BINS and number(least) > 0:
            edges = tuple(min(bins, most - low + 1) - 1 for low, most in columns)
            return Trees(depth, bins, number(least), number(ridge), number(rate), edges, outputs)
    raise InvalidRecord("specification: malformed trees")
