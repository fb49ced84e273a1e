"""What one row contributes to a step of a fit: working weight, residual of the mean and deviance, in fixed point.

With eta = b0 + b1 x1 + .. the mean is 1 / (1 + exp(-eta)) or exp(eta), the weight its derivative by eta. Every node
must come to the same integers on every machine, or an opened audit could not repeat them: eta is exact, functions of it
are computed in decimal arithmetic, where exp and ln are rounded correctly (General Decimal Arithmetic Specification
1.70), once for each different eta, to multiples of 2^-``FINE``. An owner's **sums** are rounded to multiples of
2^-``BITS``, and no row: a rounded weight is a threshold wherever the coefficients put it, and its sum counts the rows
beyond. What rounding to 2^-``FINE`` moves stays far below a released unit for any values and number of rows. A million
rows with as many different eta take some 130 seconds of one core.

Beyond ``LIMITS`` eta counts as the limit: there means are 0 or 1 to 13 digits, or larger than 8 million; a question
that can reach them is refused (``mpc.kinds.matrices.bounds``). It reads no table and applies no release rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Context, Decimal, localcontext
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from mpc.spec.moments import PLACES, Family, Step

BITS: Final = 32
FINE = 192
"""Two values of 2^40 and 2^40 rows of them, times a rounding of 2^-192, are 2^-72."""
LIMITS: Final = {Family.LOGISTIC: (-30, 30), Family.POISSON: (-30, 16)}
MOST_MEAN: Final = 8_886_111
"""exp(16), rounded up."""
_CONTEXT: Final = Context(prec=80)
_ONE, _TWO = Decimal(1), Decimal(2)
Exact = NDArray[Any]
"""An array of Python integers, which do not wrap."""


def most(step: Step) -> tuple[int, int, int]:
    """Return bounds of what one row can have: weight, absolute residual, deviance; in multiples of 2^-BITS."""
    bound, unit = step.response.bound, 1 << BITS
    if step.family is Family.LOGISTIC:
        return unit // 4, unit, 61 * unit
    return MOST_MEAN * unit, max(bound, MOST_MEAN) * unit, 2 * (bound * (bound.bit_length() + 30) + MOST_MEAN) * unit


def totals(
    step: Step | None, columns: Sequence[NDArray[np.int64]], response: NDArray[np.int64] | None = None
) -> dict[str, int]:
    """Add up one owner's rows, by the names of ``mpc.kinds.matrices.cells``."""
    rows = len(columns[0])
    design = np.empty((rows, len(columns) + 1), dtype=object)
    design[:, 0] = 1
    for place, column in enumerate(columns, 1):
        design[:, place] = column.tolist()
    if step is None or response is None:
        return _products("product", design, design)
    weights, residuals, deviance = _working(step, design, response.tolist())
    found = {**_products("weight", design, design * weights[:, None])}
    scores = residuals @ design if rows else [0] * design.shape[1]
    found |= {f"score-{place}": int(score) for place, score in enumerate(scores)}
    return {name: _released(total) for name, total in {**found, "deviance": int(deviance)}.items()}


def effective(step: Step, columns: Sequence[NDArray[np.int64]]) -> float:
    """Count rows by their weights: (sum of w)^2 / (sum of w^2). In floating point, for a threshold only."""
    low, high = LIMITS[step.family]
    slopes = [float(text) for text in step.coefficients]
    eta = slopes[0] + sum(slope * column for slope, column in zip(slopes[1:], columns, strict=True))
    mean = np.exp(np.clip(eta, low, high))
    weights = mean if step.family is Family.POISSON else mean / (1 + mean) ** 2
    return float(weights.sum() ** 2 / (weights**2).sum())


def _products(name: str, one: Exact, other: Exact) -> dict[str, int]:
    size = one.shape[1]
    sums = one.T @ other if len(one) else np.zeros((size, size), dtype=object)
    places = [(i, j) for i in range(size) for j in range(i, size) if name == "weight" or (i, j) != (0, 0)]
    return {f"{name}-{i}-{j}": int(sums[i, j]) for i, j in places}


def _working(step: Step, design: Exact, response: Sequence[int]) -> tuple[Exact, Exact, int]:
    """Return weights and residuals row by row, and the deviance of all."""
    scaled = np.array(step.scaled, dtype=object)
    low, high = (limit * 10**PLACES for limit in LIMITS[step.family])
    etas = [min(max(int(exact), low), high) for exact in design @ scaled]
    with localcontext(_CONTEXT):
        known = {eta: _row(step.family, Decimal(eta).scaleb(-PLACES)) for eta in set(etas)}
        logs = {y: _scaled(_TWO * (y * Decimal(y).ln() - y)) if y else 0 for y in set(response)}
    weights = np.array([known[eta][0] for eta in etas], dtype=object)
    means = np.array([known[eta][1] for eta in etas], dtype=object)
    residuals = np.array([y << FINE for y in response], dtype=object) - means
    if step.family is Family.LOGISTIC:
        return weights, residuals, sum(known[eta][3 if y else 2] for eta, y in zip(etas, response, strict=True))
    parts = (logs[y] + 2 * known[eta][1] - _fit(y, eta) for eta, y in zip(etas, response, strict=True))
    return weights, residuals, sum(parts)


def _row(family: Family, eta: Decimal) -> tuple[int, int, int, int]:
    """Return weight, mean, and of a logistic model the deviance of a response of 0 and of 1; the context is set."""
    if family is Family.POISSON:
        return _scaled(eta.exp()), _scaled(eta.exp()), 0, 0
    odds = (-eta).exp()
    mean, of_one = _ONE / (_ONE + odds), _TWO * (_ONE + odds).ln()
    return _scaled(mean * (_ONE - mean)), _scaled(mean), _scaled(of_one + _TWO * eta), _scaled(of_one)


def _fit(y: int, eta: int) -> int:
    """Return 2 y eta."""
    unit: int = 10**PLACES
    return ((2 * y * eta << FINE) + unit // 2) // unit


def _scaled(value: Decimal) -> int:
    return int((value * (1 << FINE)).to_integral_value())


def _released(total: int) -> int:
    """Round a sum, halves up."""
    down = FINE - BITS
    return (total + (1 << down >> 1)) >> down
