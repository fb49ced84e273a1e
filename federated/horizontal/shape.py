"""What lies between columns and scores: nothing (a linear model), or one hidden layer (a small network).

A model is one vector of weights: of the hidden layer, unit by unit, then of the outputs, each with its constant first.
So averaging, masking, noise and digests need not know what it means. Scores of several outputs are those of classes.

It does NOT choose a learning rate or a loss. Source: Rumelhart, Hinton, Williams 1986 (backpropagation).
"""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

import numpy as np

from federated.horizontal.family import Floats
from ledger.crypto.keystream import keystream
from ledger.errors import InvalidRecord
from ledger.hashing import tagged

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
        """Return the model to begin with: zeros, but in a hidden layer, whose units must differ.

        These are uniform with variance 1 / (columns + 1), of the words of a keystream, so that everybody has the same.
        """
        found = np.zeros(self.places)
        size = self.hidden * (self.columns + 1)
        stream = keystream(tagged("SHUXIN-FIRST-WEIGHTS-V1", seed.to_bytes(8, "big")), 8 * size)
        words = np.frombuffer(stream, dtype="<u8").astype(np.uint64)
        found[:size] = ((words >> np.uint64(11)).astype(np.float64) / 2.0**52 - 1.0) * sqrt(3 / (self.columns + 1))
        return found

    def scores(self, weights: Floats, rows: Floats) -> Floats:
        """Return (rows, outputs). rows: scaled, the constant 1 first."""
        outer, inner = self._parts(weights)
        found: Floats = self._hidden(inner, rows) @ outer.T
        return found

    def row_scores(self, weights: Floats, rows: Floats) -> Floats:
        """Return (rows, outputs), each row's from itself alone (``apart``), for sums that one person may not move."""
        outer, inner = self._parts(weights)
        return apart(self._hidden_apart(inner, rows), outer)

    def gradients(self, weights: Floats, rows: Floats, errors: Floats) -> Floats:
        """Return each row's gradient from itself alone, (rows, places). errors: (rows, outputs), of the loss by the
        scores."""
        outer, inner = self._parts(weights)
        units = self._hidden_apart(inner, rows)
        last = (errors[:, :, None] * units[:, None, :]).reshape(len(rows), -1)
        if not self.hidden:
            return last
        back = apart(errors, outer[:, 1:].T) * (1 - units[:, 1:] ** 2)
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

    def _hidden_apart(self, inner: Floats, rows: Floats) -> Floats:
        return np.hstack((np.ones((len(rows), 1)), np.tanh(apart(rows, inner)))) if self.hidden else rows


def apart(rows: Floats, weights: Floats) -> Floats:
    """Return rows @ weights.T, each row's numbers from itself alone.

    A product of matrices takes the last rows of a table in another order of additions than the others, so a person more
    or less would move other persons' numbers by their last bits, and, at the edge of a bin, the rows to another one.
    """
    return np.stack([(rows * own).sum(axis=1) for own in weights], axis=1)
