"""Means, variances, covariances and the line of least squares, from opened totals.

Exact rationals; only a square root becomes a double. n is the number of rows, S sums, Q sums of squares, P the sum of
products. Sources: ISO/IEC 9075-2 (set functions), where a measure that has too few rows, or a column that does not
vary, is null.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeAlias

from mpc.sql.query import Measure

Figure: TypeAlias = Fraction | float | None


@dataclass(frozen=True, slots=True)
class Totals:
    """The sum of a value over the rows of a cell and the sum of its squares; None where it was not asked or opened."""

    total: Fraction | None
    squares: Fraction | None


def of_one(measure: Measure, count: int | Fraction, own: Totals) -> Figure:
    """Compute a measure of one column."""
    if own.total is None:
        return None
    if measure is Measure.SUM:
        return own.total
    if measure is Measure.MEAN:
        return own.total / count if count else None
    is_sample = measure in (Measure.SAMPLE_VARIANCE, Measure.SAMPLE_DEVIATION)
    divisor = count * (count - 1) if is_sample else count**2
    spread = _spread(count, own)
    if spread is None or divisor == 0:
        return None
    variance = spread / divisor
    return variance if measure in (Measure.VARIANCE, Measure.SAMPLE_VARIANCE) else math.sqrt(variance)


def of_pair(measure: Measure, count: int, y: Totals, x: Totals, products: Totals) -> Figure:
    """Compute a measure of two columns; the line is y = intercept + slope * x."""
    if y.total is None or x.total is None or products.total is None or count == 0:
        return None
    together = count * products.total - y.total * x.total
    if measure is Measure.COVARIANCE:
        return together / count**2
    if measure is Measure.SAMPLE_COVARIANCE:
        return together / (count * (count - 1)) if count > 1 else None
    of_x, of_y = _spread(count, x), _spread(count, y)
    if of_x is None or of_y is None or of_x == 0:
        return None
    if measure is Measure.SLOPE:
        return together / of_x
    if measure is Measure.INTERCEPT:
        return (y.total - together / of_x * x.total) / count
    if measure is Measure.DETERMINATION:
        return together**2 / (of_x * of_y) if of_y else Fraction(1)
    return float(together) / math.sqrt(of_x * of_y) if of_y else None


def _spread(count: int | Fraction, own: Totals) -> Fraction | None:
    """n Q - S^2, which is n^2 times the variance of the population."""
    return None if own.squares is None or own.total is None else count * own.squares - own.total**2
