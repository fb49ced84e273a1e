"""What lies between columns and scores, by its sizes: nothing (a linear model), one hidden layer, or trees.

A model is one list of numbers: of outputs, and of a hidden layer before them, its weights
(``federated.horizontal.shape``); of trees three numbers a node, so many as all trees could have
(``federated.runs.trees``). So messages, digests and the run's stream need not know which it is.

A round of trees is a level of one tree: sums of derivatives by node, column and bin. Trees of several outputs take
turns. It computes no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields

MAX_HIDDEN, MAX_CLASSES, MAX_DEPTH, MAX_BINS = 64, 16, 6, 64
LEAST_CLASSES = 3
"""Two are the logistic model's."""
NODE = 3
"""Numbers of a node: column (0: none, it is a leaf), bin, weight."""
WITH_NOISE: Mapping[str, str] = {
    "softmax": "its gradients are sums by class, which no rule judges beside other figures of the same rows",
    "a hidden layer": "its gradients are products of columns, of which no count of figures holds",
    "trees": "sums by node and bin are those of few rows, and the coordinator reads them",
}
"""Why a model has no exact run: its rounds are opened under noise by person alone."""


@dataclass(frozen=True, slots=True)
class Trees:
    """Trees in place of one model of the columns. least: second derivatives on a side of a split, in millionths."""

    depth: int
    bins: int
    least: int

    def __post_init__(self) -> None:
        if not (1 <= self.depth <= MAX_DEPTH and 2 <= self.bins <= MAX_BINS and 0 < self.least < 1 << 53):
            raise InvalidRecord(f"spec: trees have a depth of 1..{MAX_DEPTH}, 2..{MAX_BINS} bins and a least above 0")

    @property
    def numbers(self) -> int:
        """Numbers of one tree."""
        return NODE * ((2 << self.depth) - 1)

    def json(self) -> JsonValue:
        return {"depth": self.depth, "bins": self.bins, "least": str(self.least)}


def read_trees(fields: Fields) -> Trees:
    """Read the member ``trees`` of an algorithm; raises InvalidRecord."""
    found = Trees(fields.integer("depth"), fields.integer("bins"), fields.decimal("least"))
    fields.done()
    return found


@dataclass(frozen=True, slots=True)
class Sizes:
    """columns: without the constant. outputs: scores of a row, one or one for each class. rounds: of the run."""

    columns: int
    outputs: int
    hidden: int
    trees: Trees | None
    rounds: int

    def __post_init__(self) -> None:
        if self.trees is not None and self.rounds % (self.trees.depth * self.outputs):
            turns = f"{self.trees.depth} levels" + (f" of {self.outputs} outputs" if self.outputs > 1 else "")
            raise InvalidRecord(f"spec: rounds of trees are a multiple of {turns}, got {self.rounds}")

    @property
    def is_linear(self) -> bool:
        """Whether it is a linear model of one output, the only one that exact sums are made of."""
        return self.outputs == 1 and not self.hidden and self.trees is None

    @property
    def numbers(self) -> int:
        """Numbers of the model."""
        if self.trees is not None:
            return self.rounds // self.trees.depth * self.trees.numbers
        return self.hidden * (self.columns + 1) + self.outputs * ((self.hidden or self.columns) + 1)

    @property
    def released(self) -> int:
        """Numbers in a round's sum; of trees those of the last level, for all rounds have one length."""
        return self.numbers if self.trees is None else self._level(self.trees, self.trees.depth - 1)

    def drawn(self, round_: int) -> int:
        """Return how many numbers of a round's sum carry noise: of trees those of its level's nodes, the rest is 0."""
        return self.numbers if self.trees is None else self._level(self.trees, (round_ - 1) % self.trees.depth)

    def _level(self, trees: Trees, level: int) -> int:
        return (self.columns * trees.bins * 2) << level


def refused_exactly(sizes: Sizes) -> str:
    """Say why a model of these sizes has no exact run; empty where it may have one."""
    found = {"trees": sizes.trees is not None, "a hidden layer": bool(sizes.hidden), "softmax": sizes.outputs > 1}
    return next((f"without noise by person (a member 'privacy') there is no run of {name}: {WITH_NOISE[name]}"
                 for name, is_it in found.items() if is_it), "")  # fmt: skip
