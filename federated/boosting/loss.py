"""What boosting minimises: first and second derivatives of a loss by the score, and the score to begin with.

A score is what trees add up to: log odds for a yes/no label, the value itself for a number. Both derivatives lie in
declared bounds, which the fixed point of the encrypted sums needs (``federated.boosting.packing``).

It does NOT weigh rows and knows no classes beyond two. Source: Friedman 2001 (gradient boosting); Chen and Guestrin
2016, section 2.2 (second order).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ledger.errors import InvalidRecord

Floats = NDArray[np.float64]


class Loss(Protocol):
    """A twice differentiable loss with bounded derivatives."""

    @property
    def name(self) -> str: ...

    @property
    def bound(self) -> float:
        """The largest size of a first derivative; second derivatives lie in 0..1."""
        ...

    def check(self, labels: Floats) -> None:
        """Refuse labels that this loss is not made for. Raises: InvalidRecord."""
        ...

    def start(self, labels: Floats) -> float:
        """Return the constant score with the least loss."""
        ...

    def derivatives(self, labels: Floats, scores: Floats) -> tuple[Floats, Floats]:
        """Return first and second derivatives at the scores, one a row."""
        ...

    def predict(self, scores: Floats) -> Floats:
        """Turn scores into what is predicted: a probability, or the number."""
        ...


@dataclass(frozen=True, slots=True)
class Logistic:
    """Log loss of labels 0 and 1."""

    name: str = "logistic"
    bound: float = 1.0

    def check(self, labels: Floats) -> None:
        if not np.isin(labels, (0.0, 1.0)).all():
            raise InvalidRecord("labels: 0 and 1 expected for the logistic loss")
        if labels.min() == labels.max():
            raise InvalidRecord("labels: rows of both classes expected, all are of one")

    def start(self, labels: Floats) -> float:
        share = float(labels.mean())
        return float(np.log(share / (1 - share)))

    def derivatives(self, labels: Floats, scores: Floats) -> tuple[Floats, Floats]:
        chances = self.predict(scores)
        return chances - labels, chances * (1 - chances)

    def predict(self, scores: Floats) -> Floats:
        found: Floats = 1 / (1 + np.exp(-np.clip(scores, -60, 60)))
        return found


@dataclass(frozen=True, slots=True)
class Squared:
    """Half the squared error of numbers; a residual beyond ``bound`` counts as that large (Huber 1964)."""

    bound: float
    name: str = "squared"

    def __post_init__(self) -> None:
        if not 0 < self.bound < 1 << 20:
            raise InvalidRecord("squared loss: a bound of residuals in (0, 2^20) expected")

    def check(self, labels: Floats) -> None:
        if labels.min() == labels.max():
            raise InvalidRecord("labels: all are equal, nothing can be learned")

    def start(self, labels: Floats) -> float:
        return float(labels.mean())

    def derivatives(self, labels: Floats, scores: Floats) -> tuple[Floats, Floats]:
        return np.clip(scores - labels, -self.bound, self.bound), np.ones(len(labels))

    def predict(self, scores: Floats) -> Floats:
        return scores
