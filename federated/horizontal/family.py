"""Families of linear models: how a linear score becomes an expectation, and what a wrong one costs.

Logistic (labels 0 and 1), Poisson (counts) and ridge (numbers): generalised linear models with their canonical links,
so the gradient is the same in all, columns times error. Source: McCullagh and Nelder 1989, section 2.2.
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

    def check(self, labels: Floats) -> None:
        """Refuse labels that the family is not made for; raises InvalidRecord, naming no value."""
        if not np.isfinite(labels).all():
            raise InvalidRecord(f"labels: row {int(np.argmin(np.isfinite(labels))) + 1} is no number")
        if self is Family.LOGISTIC and not np.isin(labels, (0.0, 1.0)).all():
            raise InvalidRecord("labels: 0 and 1 expected for a logistic model")
        if self is Family.POISSON and ((labels < 0) | (labels != np.rint(labels))).any():
            raise InvalidRecord("labels: counts expected for a Poisson model")

    def expected(self, scores: Floats) -> Floats:
        """Return the expectation of each label."""
        clipped = np.clip(scores, -_MOST, _MOST)
        found: Floats
        if self is Family.LOGISTIC:
            found = 1 / (1 + np.exp(-clipped))
        elif self is Family.POISSON:
            found = np.exp(clipped)
        else:
            found = scores
        return found

    def loss(self, labels: Floats, scores: Floats) -> Floats:
        """Return each row's loss: the negative log likelihood without what does not depend on the score."""
        clipped = np.clip(scores, -_MOST, _MOST)
        found: Floats
        if self is Family.LOGISTIC:
            found = np.logaddexp(0, clipped) - labels * clipped
        elif self is Family.POISSON:
            found = np.exp(clipped) - labels * clipped
        else:
            found = (labels - scores) ** 2 / 2
        return found
