"""What boosting minimises: first and second derivatives of a loss by the score, and the score to begin with.

A score is what trees add up to: log odds for a yes/no label, the value itself for a number. Both derivatives lie in
declared bounds, which the fixed point of the encrypted sums needs (``federated.boosting.packing``).

Scores have one row for each output: one, or of several classes one each, whose trees take turns and whose chances add
up to 1.

It does NOT weigh rows. Source: Friedman 2001 (gradient boosting; algorithm 6 for classes); Chen and Guestrin 2016,
section 2.2 (second order).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from ledger.errors import InvalidRecord

Floats = NDArray[np.float64]
Derivatives = tuple[Floats, Floats]
MAX_CLASSES = 64


class Loss(Protocol):
    """A twice differentiable loss with bounded derivatives."""

    @property
    def name(self) -> str: ...

    @property
    def bound(self) -> float:
        """The largest size of a first derivative; second derivatives lie in 0..1."""
        ...

    @property
    def outputs(self) -> int:
        """Scores a row has: trees are grown for each in turn."""
        ...

    def check(self, labels: Floats) -> None:
        """Refuse labels that this loss is not made for. Raises: InvalidRecord."""
        ...

    def start(self, labels: Floats) -> tuple[float, ...]:
        """Return the constant scores with the least loss, by output."""
        ...

    def derivatives(self, labels: Floats, scores: Floats) -> list[Derivatives]:
        """Return first and second derivatives by each output's score, one a row. scores: (outputs, rows)."""
        ...

    def predict(self, scores: Floats) -> Floats:
        """Turn scores into what is predicted: a row's probability or number, or (classes, rows) probabilities."""
        ...

    def mean(self, labels: Floats, scores: Floats) -> float:
        """Return the mean loss over rows."""
        ...


@dataclass(frozen=True, slots=True)
class Logistic:
    """Log loss of labels 0 and 1."""

    name: str = "logistic"
    bound: float = 1.0
    outputs: int = 1

    def check(self, labels: Floats) -> None:
        if not np.isin(labels, (0.0, 1.0)).all():
            raise InvalidRecord("labels: 0 and 1 expected for the logistic loss")
        if labels.min() == labels.max():
            raise InvalidRecord("labels: rows of both classes expected, all are of one")

    def start(self, labels: Floats) -> tuple[float, ...]:
        share = float(labels.mean())
        return (float(np.log(share / (1 - share))),)

    def derivatives(self, labels: Floats, scores: Floats) -> list[Derivatives]:
        chances = self.predict(scores)
        return [(chances - labels, chances * (1 - chances))]

    def predict(self, scores: Floats) -> Floats:
        found: Floats = 1 / (1 + np.exp(-np.clip(scores[0], -60, 60)))
        return found

    def mean(self, labels: Floats, scores: Floats) -> float:
        return float((np.logaddexp(0, scores[0]) - labels * scores[0]).mean())


@dataclass(frozen=True, slots=True)
class Softmax:
    """Log loss of labels 0, 1, .. below ``classes``."""

    classes: int
    name: str = "softmax"
    bound: float = 1.0

    def __post_init__(self) -> None:
        if not 3 <= self.classes <= MAX_CLASSES:
            raise InvalidRecord(f"softmax loss: 3..{MAX_CLASSES} classes expected; two are the logistic loss")

    @property
    def outputs(self) -> int:
        return self.classes

    def check(self, labels: Floats) -> None:
        if not np.isin(labels, np.arange(self.classes)).all():
            raise InvalidRecord(f"labels: whole numbers 0..{self.classes - 1} expected for the softmax loss")
        missing = sorted(set(range(self.classes)) - set(labels.astype(int).tolist()))
        if missing:
            raise InvalidRecord(f"labels: rows of every class expected, none is of class {missing[0]}")

    def start(self, labels: Floats) -> tuple[float, ...]:
        shares = np.bincount(labels.astype(int), minlength=self.classes) / len(labels)
        return tuple(float(np.log(share)) for share in shares)

    def derivatives(self, labels: Floats, scores: Floats) -> list[Derivatives]:
        chances = enumerate(self.predict(scores))
        return [(chance - (labels == output), chance * (1 - chance)) for output, chance in chances]

    def predict(self, scores: Floats) -> Floats:
        powers = np.exp(scores - scores.max(axis=0))
        found: Floats = powers / powers.sum(axis=0)
        return found

    def mean(self, labels: Floats, scores: Floats) -> float:
        own = self.predict(scores)[labels.astype(int), np.arange(len(labels))]
        return float(-np.log(np.maximum(own, 1e-300)).mean())


@dataclass(frozen=True, slots=True)
class Squared:
    """Half the squared error of numbers; a residual beyond ``bound`` counts as that large (Huber 1964)."""

    bound: float
    name: str = "squared"
    outputs: int = 1

    def __post_init__(self) -> None:
        if not 0 < self.bound < 1 << 20:
            raise InvalidRecord("squared loss: a bound of residuals in (0, 2^20) expected")

    def check(self, labels: Floats) -> None:
        if not np.isfinite(labels).all():
            raise InvalidRecord(f"labels: row {int(np.argmin(np.isfinite(labels))) + 1} is no number")
        if labels.min() == labels.max():
            raise InvalidRecord("labels: all are equal, nothing can be learned")

    def start(self, labels: Floats) -> tuple[float, ...]:
        return (float(labels.mean()),)

    def derivatives(self, labels: Floats, scores: Floats) -> list[Derivatives]:
        return [(np.clip(scores[0] - labels, -self.bound, self.bound), np.ones(len(labels)))]

    def predict(self, scores: Floats) -> Floats:
        found: Floats = scores[0]
        return found

    def mean(self, labels: Floats, scores: Floats) -> float:
        return float(((scores[0] - labels) ** 2).mean() / 2)
