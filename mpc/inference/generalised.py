"""Logistic and Poisson regression from what the steps of a fit opened: the next coefficients, and when to stop.

Newton's method for the canonical link, which is iteratively reweighted least squares: from the weighted squares
H = X'WX and the scores g = X'(y - mu) at coefficients b, the next are b + H^-1 g. It ends when g' H^-1 g, twice the
gain in likelihood that is left, falls below ``ENOUGH``. Exact rationals until a square root. Source: McCullagh and
Nelder, *Generalized Linear Models*, 2nd ed., 2.5; separation: Albert and Anderson 1984.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from scipy import stats

from ledger.errors import InvalidRecord
from mpc.inference.linear import inverted
from mpc.spec.moments import PLACES

ENOUGH = 1e-12
MOST_STEPS = 15
LEAST_DEVIANCE = 1e-4
"""A row, of a logistic model; below, the classes are told apart by the columns and the coefficients have no end."""
_UNIT = 1 << 32


@dataclass(frozen=True, slots=True)
class Opened:
    """What one step opened: rows, weighted squares, scores and deviance, at the coefficients they were asked with."""

    coefficients: tuple[Fraction, ...]
    count: int
    weights: tuple[tuple[Fraction, ...], ...]
    scores: tuple[Fraction, ...]
    deviance: float


@dataclass(frozen=True, slots=True)
class Term:
    """One coefficient. low, high: of its 95% interval."""

    name: str
    value: float
    error: float
    z: float
    p: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Move:
    """Where a step leads. gain: g' H^-1 g; inverse: of H, the covariance of the coefficients."""

    coefficients: tuple[Fraction, ...]
    gain: float
    inverse: tuple[tuple[Fraction, ...], ...]

    @property
    def is_last(self) -> bool:
        return self.gain < ENOUGH


def opened(coefficients: Sequence[str], cells: Mapping[str, str]) -> Opened:
    """Read the cells of one step.

    Raises:
        InvalidRecord: its figures were withheld.
    """
    size = len(coefficients)
    places = [(min(i, j), max(i, j)) for i in range(size) for j in range(size)]
    try:
        flat = [Fraction(int(cells[f"weight-{i}-{j}"]), _UNIT) for i, j in places]
        scores = tuple(Fraction(int(cells[f"score-{i}"]), _UNIT) for i in range(size))
        count, deviance = int(cells["count"]), int(cells["deviance"]) / _UNIT
    except KeyError as fault:
        raise InvalidRecord(
            "study: the figures of a step were withheld: too few rows for this many figures, too few owners, a small "
            "class of the response, or a column in which few rows differ"
        ) from fault
    weights = tuple(tuple(flat[row * size : (row + 1) * size]) for row in range(size))
    return Opened(tuple(map(Fraction, coefficients)), count, weights, scores, deviance)


def move(found: Opened, names: Sequence[str]) -> Move:
    """Make one step.

    Raises:
        InvalidRecord: a column that does not vary or depends on others, or weights that vanish.
    """
    inverse = tuple(map(tuple, inverted([list(row) for row in found.weights], ("constant", *names))))
    steps = [sum((a * g for a, g in zip(row, found.scores, strict=True)), Fraction(0)) for row in inverse]
    gain = sum((s * g for s, g in zip(steps, found.scores, strict=True)), Fraction(0))
    rounded = tuple(_rounded(b + s) for b, s in zip(found.coefficients, steps, strict=True))
    return Move(rounded, float(gain), inverse)


def require_unseparated(found: Opened) -> None:
    """Refuse classes that the columns tell apart; raises InvalidRecord."""
    if found.deviance < LEAST_DEVIANCE * found.count:
        raise InvalidRecord(
            "study: the columns tell the two classes apart (separation): the coefficients grow without end"
        )


def terms(made: Move, names: Sequence[str], scales: Sequence[int]) -> tuple[Term, ...]:
    """Say coefficients in the units of the columns. scales: decimal digits that a column's integers leave out."""
    quantile = float(stats.norm.ppf(0.975))
    found = []
    for place, (name, scale) in enumerate(zip(("constant", *names), (0, *scales), strict=True)):
        unit = 10**scale
        value = float(made.coefficients[place] * unit)
        error = math.sqrt(made.inverse[place][place]) * unit
        z = value / error
        p = 2 * float(stats.norm.sf(abs(z)))
        found.append(Term(name, value, error, z, p, value - quantile * error, value + quantile * error))
    return tuple(found)


def written(value: Fraction) -> str:
    """Write a coefficient as specifications do: an exact decimal in its shortest form.

    >>> written(Fraction(-3, 2)), written(Fraction(0))
    ('-1.5', '0')
    """
    digits = round(value * 10**PLACES)
    whole, part = divmod(abs(digits), 10**PLACES)
    tail = f"{part:0{PLACES}d}".rstrip("0")
    return f"{'-' if digits < 0 else ''}{whole}{'.' if tail else ''}{tail}"


def _rounded(value: Fraction) -> Fraction:
    return Fraction(round(value * 10**PLACES), 10**PLACES)
