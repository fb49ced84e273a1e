"""What lies between columns and scores: nothing (a linear model), or one hidden layer (a small network).

A model is one vector of weights: of the hidden layer, unit by unit, then of the outputs, each with its constant first.
So averaging, masking, noise and digests need not know what it means. Scores of several outputs are those of classes.

It does NOT choose a learning rate or a loss. Source: Rumelhart, Hinton, Williams 1986 (backpropagation).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from federated.horizontal.family import Floats
from ledger.errors import InvalidRecord

MAX_HIDDEN, MAX_OUTPUTS = 256, 64


@dataclass(frozen=True, slots=True)
class Shape:
    """columns: without the constant; hidden: units of the hidden layer, 0 for none; outputs: scores a row."""

    columns: int
    hidden: int = 0
    outputs: int = 1

    def __post_init__(self) -> None:
        if self.columns < 1 or not 0 <= self.hidden <= MAX_HIDDEN or not 1 <= self.outputs <= MAX_OUTPUTS:
            raise InvalidRecord(f"model: columns, 0..{MAX_HIDDEN} hidden units and 1..{MAX_OUTPUTS} outputs expected")

    @property
    def places(self) -> int:
        """Numbers in a model."""
        return self.hidden * (self.columns + 1) + self.outputs * ((self.hidden or self.columns) + 1)

    def first(self, seed: int) -> Floats:
        """Return the model to begin with: zeros, but in a hidden layer, whose units must differ."""
        found = np.zeros(self.places)
        size = self.hidden * (self.columns + 1)
        drawn = np.random.default_rng(seed).normal(size=size)
        found[:size] = drawn / np.sqrt(self.columns + 1)
        return found

    def scores(self, weights: Floats, rows: Floats) -> Floats:
        """Return (rows, outputs). rows: scaled, the constant 1 first."""
        outer, inner = self._parts(weights)
        found: Floats = self._hidden(inner, rows) @ outer.T
        return found

    def gradients(self, weights: Floats, rows: Floats, errors: Floats) -> Floats:
        """Return each row's gradient, (rows, places). errors: (rows, outputs), of the loss by the scores."""
        outer, inner = self._parts(weights)
        units = self._hidden(inner, rows)
        last = (errors[:, :, None] * units[:, None, :]).reshape(len(rows), -1)
        if not self.hidden:
            return last
        back = (errors @ outer[:, 1:]) * (1 - units[:, 1:] ** 2)
        return np.hstack(((back[:, :, None] * rows[:, None, :]).reshape(len(rows), -1), last))

    def gradient(self, weights: Floats, rows: Floats, errors: Floats) -> Floats:
        """Return the mean gradient over rows."""
        outer, inner = self._parts(weights)
        units = self._hidden(inner, rows)
        last = (errors.T @ units / len(rows)).ravel()
        if not self.hidden:
            return last
        back = (errors @ outer[:, 1:]) * (1 - units[:, 1:] ** 2)
        return np.concatenate(((back.T @ rows / len(rows)).ravel(), last))

    def penalised(self) -> Floats:
        """Return 1 for each weight that a penalty counts, 0 for constants."""
        found = np.ones(self.places)
        size = self.hidden * (self.columns + 1)
        found[: size : self.columns + 1] = 0.0
        found[size :: (self.hidden or self.columns) + 1] = 0.0
        return found

    def _parts(self, weights: Floats) -> tuple[Floats, Floats]:
        size = self.hidden * (self.columns + 1)
        return weights[size:].reshape(self.outputs, -1), weights[:size].reshape(self.hidden, self.columns + 1)

    def _hidden(self, inner: Floats, rows: Floats) -> Floats:
        if not self.hidden:
            return rows
        return np.hstack((np.ones((len(rows), 1)), np.tanh(rows @ inner.T)))
