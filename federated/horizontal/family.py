"""Families of models: how a score becomes an expectation, and what a wrong one costs.

Logistic (labels 0 and 1), Poisson (counts), ridge (numbers) and softmax (classes 0, 1, .., one score each): generalised
linear models with their canonical links, so the derivative by the score is the same in all, expectation less label.
Source: McCullagh and Nelder 1989, section 2.2.
"""

from __future__ import annotations

from enum import Enum

import numpy as np
from numpy.typing import NDArray

from ledger.errors import InvalidRecord

Floats = NDArray[np.float64]
_MOST = 30.0
"""A linear score beyond which nothing changes: exp(30) is far above every rate a table holds."""


class Family(Enum):
    """A family, by its name in specifications."""

    LOGISTIC = "logistic"
    POISSON = "poisson"
    RIDGE = "ridge"
    SOFTMAX = "softmax"

    def check(self, labels: Floats, outputs: int = 1) -> None:
        """Refuse labels that the family is not made for; raises InvalidRecord, naming no value."""
        if (outputs > 1) != (self is Family.SOFTMAX):
            raise InvalidRecord("labels: several outputs are those of classes, and classes have several outputs")
        if not np.isfinite(labels).all():
            raise InvalidRecord(f"labels: row {int(np.argmin(np.isfinite(labels))) + 1} is no number")
        if self is Family.LOGISTIC and not np.isin(labels, (0.0, 1.0)).all():
            raise InvalidRecord("labels: 0 and 1 expected for a logistic model")
        if self is Family.POISSON and ((labels < 0) | (labels != np.rint(labels))).any():
            raise InvalidRecord("labels: counts expected for a Poisson model")
        if self is Family.SOFTMAX and not np.isin(labels, np.arange(outputs)).all():
            raise InvalidRecord(f"labels: whole numbers 0..{outputs - 1} expected for {outputs} classes")

    def expected(self, scores: Floats) -> Floats:
        """Return the expectation of each label, or each class's chance. scores: (rows, outputs); returns the same."""
        clipped = np.clip(scores, -_MOST, _MOST)
        found: Floats
        if self is Family.LOGISTIC:
            found = 1 / (1 + np.exp(-clipped))
        elif self is Family.POISSON:
            found = np.exp(clipped)
        elif self is Family.SOFTMAX:
            powers = np.exp(clipped - clipped.max(axis=1, keepdims=True))
            found = powers / powers.sum(axis=1, keepdims=True)
        else:
            found = scores
        return found

    def errors(self, labels: Floats, scores: Floats) -> Floats:
        """Return the derivatives of each row's loss by its scores, (rows, outputs)."""
        return self.expected(scores) - self._targets(labels, scores)

    def loss(self, labels: Floats, scores: Floats) -> Floats:
        """Return each row's loss: the negative log likelihood without what does not depend on the score."""
        clipped, own = np.clip(scores, -_MOST, _MOST), labels[:, None]
        found: Floats
        if self is Family.LOGISTIC:
            found = np.logaddexp(0, clipped) - own * clipped
        elif self is Family.POISSON:
            found = np.exp(clipped) - own * clipped
        elif self is Family.SOFTMAX:
            found = -self._targets(labels, scores) * np.log(np.maximum(self.expected(scores), 1e-300))
        else:
            found = (own - scores) ** 2 / 2
        summed: Floats = found.sum(axis=1)
        return summed

    def _targets(self, labels: Floats, scores: Floats) -> Floats:
        if self is not Family.SOFTMAX:
            return labels[:, None]
        found: Floats = (labels[:, None] == np.arange(scores.shape[1])).astype(np.float64)
        return found
