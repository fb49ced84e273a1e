"""An owner's columns as a few principal components of its own rows: of fewer columns, fewer numbers are opened.

It does NOT look at labels or at other owners' columns, so components are not those of the pooled table.
Source: Jolliffe, Principal Component Analysis, chapter 8 (regression on components).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from federated.columns import Floats
from ledger.errors import InvalidRecord


@dataclass(frozen=True, slots=True, eq=False)
class Components:
    """How rows become standardised components. means, deviations: by column; directions: (components, columns)."""

    means: Floats
    deviations: Floats
    directions: Floats

    def of(self, columns: Floats) -> Floats:
        """Return (components, rows) of (columns, rows)."""
        scaled = (columns - self.means[:, None]) / self.deviations[:, None]
        found: Floats = self.directions @ scaled
        return found


def standardised(columns: Floats) -> Components:
    """Keep every column, each with mean 0 and deviation 1."""
    return _made(columns, np.eye(len(columns)))


def principal(columns: Floats, count: int) -> Components:
    """Keep the ``count`` directions of largest variance, each with deviation 1.

    Raises:
        InvalidRecord: more components than columns, a column that is constant or has no number.
    """
    if not 1 <= count <= len(columns):
        raise InvalidRecord(f"components: 1..{len(columns)} expected, got {count}")
    scaled = standardised(columns).of(columns)
    left, sizes, _ = np.linalg.svd(scaled, full_matrices=False)
    kept = sizes[:count] / np.sqrt(columns.shape[1])
    if kept.min() < 1e-6:
        raise InvalidRecord("components: fewer directions with any variance than asked for")
    return _made(columns, left[:, :count].T / kept[:, None])


def _made(columns: Floats, directions: Floats) -> Components:
    if not np.isfinite(columns).all():
        raise InvalidRecord("components: every value must be a number")
    deviations = columns.std(axis=1)
    if deviations.min() == 0:
        raise InvalidRecord(f"components: column {int(np.argmin(deviations)) + 1} is constant")
    return Components(columns.mean(axis=1), deviations, directions)
