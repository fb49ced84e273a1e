"""Kaplan-Meier curves and the log-rank test from counts of events and censored rows by interval of time.

A row that is censored in an interval counts as at risk through the whole of it. So over intervals that tell all times
apart the figures are those of the rows; over wider ones, of the times put into these intervals. Sources: Kaplan and
Meier 1958; Greenwood 1926 (standard errors); Kalbfleisch and Prentice, *The Statistical Analysis of Failure Time
Data*, 2nd ed., 1.4 (limits by log(-log S)); Mantel 1966 (log-rank, hypergeometric variance).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ledger.errors import InvalidRecord
from mpc.inference.comparison import Outcome


@dataclass(frozen=True, slots=True)
class Ends:
    """How the rows of one group end: events and censored rows by interval, intervals in ascending order."""

    events: tuple[int, ...]
    censored: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(self.events) != len(self.censored) or not self.at_risk or self.at_risk[0] < 1:
            raise InvalidRecord("inference: rows by interval are needed, events and censored alike")

    @property
    def at_risk(self) -> tuple[int, ...]:
        """Count the rows that have not ended before each interval."""
        found, left = list[int](), sum(self.events) + sum(self.censored)
        for event, censored in zip(self.events, self.censored, strict=True):
            found.append(left)
            left -= event + censored
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Step:
    """One interval of a curve. survival: the share without event to its end; error: Greenwood's; low, high: limits.

    error and limits are None where there is no spread: before the first event, and where nobody is left.
    """

    at_risk: int
    events: int
    censored: int
    survival: float
    error: float | None
    low: float | None
    high: float | None


def kaplan_meier(ends: Ends, level: float = 0.95) -> tuple[Step, ...]:
    """Draw the curve of one group, with pointwise confidence limits."""
    quantile = float(stats.norm.ppf((1 + level) / 2))
    found, survival, spread = list[Step](), 1.0, 0.0
    for at_risk, events, censored in zip(ends.at_risk, ends.events, ends.censored, strict=True):
        if at_risk:
            survival *= 1 - events / at_risk
            spread += events / (at_risk * (at_risk - events)) if events < at_risk else 0.0
        error = survival * math.sqrt(spread) if 0 < survival < 1 else None
        low, high = (None, None) if error is None else _limits(survival, spread, quantile)
        found.append(Step(at_risk, events, censored, survival, error, low, high))
    return tuple(found)


def median(steps: Sequence[Step]) -> int | None:
    """Return the place of the first interval at whose end at most half have had no event; None if there is none."""
    return next((place for place, step in enumerate(steps) if step.survival <= 0.5), None)


def log_rank(groups: Sequence[Ends]) -> Outcome:
    """Test whether the groups have one survival curve; the statistic is a chi-square of one less than the groups.

    Raises:
        InvalidRecord: fewer than two groups, or no event while more than one of them is at risk.
    """
    if len(groups) < 2:
        raise InvalidRecord("inference: at least two groups are needed")
    size = len(groups)
    excess, covariance = np.zeros(size), np.zeros((size, size))
    for at_risk, events in zip(
        zip(*(own.at_risk for own in groups), strict=True),
        zip(*(own.events for own in groups), strict=True),
        strict=True,
    ):
        share, total, happened = np.array(at_risk, dtype=float), sum(at_risk), sum(events)
        if total < 2 or not happened:
            continue
        share /= total
        excess += np.array(events) - happened * share
        scale = happened * (total - happened) / (total - 1)
        covariance += scale * (np.diag(share) - np.outer(share, share))
    inner = covariance[1:, 1:]
    if np.linalg.matrix_rank(inner) < size - 1:
        raise InvalidRecord("inference: no event while more than one group was at risk")
    statistic = float(excess[1:] @ np.linalg.solve(inner, excess[1:]))
    return Outcome(statistic, (float(size - 1),), float(stats.chi2.sf(statistic, size - 1)))


def _limits(survival: float, spread: float, quantile: float) -> tuple[float, float]:
    """Limits by the complementary log-log transformation, which stay between 0 and 1."""
    width = quantile * math.sqrt(spread) / abs(math.log(survival))
    return survival ** math.exp(width), survival ** math.exp(-width)
