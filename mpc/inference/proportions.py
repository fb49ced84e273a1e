"""Shares of rows with an attribute: their limits, and whether two groups have one share.

Sources: Wilson 1927 (limits of one share); Newcombe 1998, method 10 (limits of a difference, from Wilson's).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from scipy import stats

from ledger.errors import InvalidRecord
from mpc.inference.comparison import Outcome


@dataclass(frozen=True, slots=True)
class Share:
    """Rows with the attribute among all rows of a group."""

    name: str
    having: int
    count: int

    def __post_init__(self) -> None:
        if not 0 <= self.having <= self.count or self.count < 1:
            raise InvalidRecord("inference: a share of at least one row, 0 to all of them, is needed")

    @property
    def value(self) -> float:
        return self.having / self.count


def wilson(share: Share, level: float = 0.95) -> tuple[float, float]:
    """Return the confidence limits of a share."""
    square = float(stats.norm.ppf((1 + level) / 2)) ** 2
    n, p = share.count, share.value
    middle, width = p + square / (2 * n), math.sqrt(square * (p * (1 - p) / n + square / (4 * n * n)))
    return (middle - width) / (1 + square / n), (middle + width) / (1 + square / n)


def two_shares(one: Share, other: Share, level: float = 0.95) -> Outcome:
    """Test whether two groups have one share, by z of the pooled share; effect: the difference, with its limits.

    Raises:
        InvalidRecord: all rows have the attribute, or none.
    """
    pooled = (one.having + other.having) / (one.count + other.count)
    if pooled in (0, 1):
        raise InvalidRecord("inference: all rows have the attribute, or none")
    difference = one.value - other.value
    z = difference / math.sqrt(pooled * (1 - pooled) * (1 / one.count + 1 / other.count))
    (low, high), (low_2, high_2) = wilson(one, level), wilson(other, level)
    limits = (
        difference - math.hypot(one.value - low, high_2 - other.value),
        difference + math.hypot(high - one.value, other.value - low_2),
    )
    return Outcome(z, (), 2 * float(stats.norm.sf(abs(z))), difference, limits)
