"""Least squares, correlation and collinearity from moments: exact over the rationals until a square root.

Given are n rows' means and the matrix of covariances (division by n); nothing else of the rows is needed. Singular
systems are found exactly, not by a tolerance. Sources: Draper and Smith, *Applied Regression Analysis*, 3rd ed., ch. 5
(normal equations of centred columns) and 14.3 (ridge); Marquardt 1970 (variance inflation factors). Test vectors: NIST
Statistical Reference Datasets, Longley.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from scipy import stats

from ledger.errors import InvalidRecord

Matrix = tuple[tuple[Fraction, ...], ...]


@dataclass(frozen=True, slots=True)
class Moments:
    """The moments of several columns over the same rows. covariances: symmetric, of the population (division by n)."""

    names: tuple[str, ...]
    count: int
    means: tuple[Fraction, ...]
    covariances: Matrix

    def __post_init__(self) -> None:
        size = len(self.names)
        if self.count < 1 or len(self.means) != size or [len(row) for row in self.covariances] != [size] * size:
            raise InvalidRecord("inference: moments of different numbers of columns, or of no row")

    def correlation(self, one: int, other: int) -> float | None:
        """Return Pearson's r of two columns; None if one does not vary."""
        spread = self.covariances[one][one] * self.covariances[other][other]
        return float(self.covariances[one][other]) / math.sqrt(spread) if spread else None

    def correlation_p(self, one: int, other: int) -> float | None:
        """Return the two-sided p value of no correlation, by Student's t with n - 2 degrees of freedom."""
        r = self.correlation(one, other)
        if r is None or self.count < 3:
            return None
        if abs(r) >= 1:
            return 0.0
        t = r * math.sqrt((self.count - 2) / (1 - r * r))
        return 2 * float(stats.t.sf(abs(t), self.count - 2))


@dataclass(frozen=True, slots=True)
class Term:
    """One coefficient. inflation: its variance inflation factor, None for the intercept. A ridge has values only."""

    name: str
    value: float
    error: float | None
    t: float | None
    p: float | None
    inflation: float | None


@dataclass(frozen=True, slots=True)
class Fit:
    """y = intercept + sum of coefficients times columns. residual: standard deviation of the residuals."""

    y: str
    count: int
    terms: tuple[Term, ...]
    r_squared: float
    adjusted: float | None
    residual: float | None
    f: float | None
    f_p: float | None

    @property
    def is_perfect(self) -> bool:
        """Tell whether nothing is left over: every row would follow from its columns."""
        return self.residual == 0


@dataclass(frozen=True, slots=True)
class _System:
    """The normal equations of centred columns, and their solution. against: sums of products with y. whole: of y."""

    names: tuple[str, ...]
    squares: list[list[Fraction]]
    inverse: list[list[Fraction]]
    against: list[Fraction]
    means: list[Fraction]
    whole: Fraction
    slopes: list[Fraction]
    intercept: Fraction

    @property
    def explained(self) -> Fraction:
        return _product(self.slopes, self.against)


def least_squares(moments: Moments, y: str, penalty: Fraction = Fraction(0)) -> Fit:
    """Fit y on all other columns.

    Args:
        penalty: of a ridge, added to n times each column's variance, so in the squared units of the columns; the
            intercept is not penalised. Standard errors and tests are of plain least squares only.

    Raises:
        InvalidRecord: fewer rows than coefficients, a y that does not vary, or columns that depend on each other.
    """
    system = _solved(moments, y, penalty)
    return _ridge(moments, y, system, penalty) if penalty else _plain(moments, y, system)


def _solved(moments: Moments, y: str, penalty: Fraction) -> _System:
    place = moments.names.index(y)
    chosen = [index for index in range(len(moments.names)) if index != place]
    if not chosen or moments.count - len(chosen) - 1 < 1:
        raise InvalidRecord(f"inference: {moments.count} rows are too few for {len(chosen) + 1} coefficients")
    whole = moments.covariances[place][place] * moments.count
    if whole == 0:
        raise InvalidRecord(f"inference: {y} does not vary")
    squares = [[moments.covariances[row][column] * moments.count for column in chosen] for row in chosen]
    for index in range(len(chosen)):
        squares[index][index] += penalty
    names = tuple(moments.names[index] for index in chosen)
    inverse = inverted(squares, names)
    against = [moments.covariances[row][place] * moments.count for row in chosen]
    slopes = [_product(row, against) for row in inverse]
    means = [moments.means[index] for index in chosen]
    intercept = moments.means[place] - _product(slopes, means)
    return _System(names, squares, inverse, against, means, whole, slopes, intercept)


def _plain(moments: Moments, y: str, system: _System) -> Fit:
    size = len(system.names)
    free, left = moments.count - size - 1, system.whole - system.explained
    variance = left / free
    of_intercept = Fraction(1, moments.count) + _form(system.inverse, system.means)
    terms = [_term("intercept", system.intercept, variance * of_intercept, free, None)]
    for place, (name, slope) in enumerate(zip(system.names, system.slopes, strict=True)):
        factor = system.inverse[place][place]
        terms.append(_term(name, slope, variance * factor, free, float(factor * system.squares[place][place])))
    f = float(system.explained / size / variance) if variance else None
    return Fit(
        y,
        moments.count,
        tuple(terms),
        float(system.explained / system.whole),
        float(1 - left / system.whole * (moments.count - 1) / free),
        math.sqrt(variance),
        f,
        None if f is None else float(stats.f.sf(f, size, free)),
    )


def _ridge(moments: Moments, y: str, system: _System, penalty: Fraction) -> Fit:
    size = sum((slope * slope for slope in system.slopes), Fraction(0))
    left = system.whole - 2 * system.explained + _form(system.squares, system.slopes) - penalty * size
    values = [("intercept", system.intercept), *zip(system.names, system.slopes, strict=True)]
    terms = tuple(Term(name, float(value), None, None, None, None) for name, value in values)
    return Fit(y, moments.count, terms, float(1 - left / system.whole), None, None, None, None)


def _term(name: str, value: Fraction, variance: Fraction, free: int, inflation: float | None) -> Term:
    error = math.sqrt(variance)
    t = float(value) / error if error else None
    p = None if t is None else 2 * float(stats.t.sf(abs(t), free))
    return Term(name, float(value), error, t, p, inflation)


def _product(one: Sequence[Fraction], other: Sequence[Fraction]) -> Fraction:
    return sum((a * b for a, b in zip(one, other, strict=True)), Fraction(0))


def _form(matrix: Sequence[Sequence[Fraction]], vector: Sequence[Fraction]) -> Fraction:
    """Return v' M v."""
    size = range(len(vector))
    return sum((vector[i] * matrix[i][j] * vector[j] for i in size for j in size), Fraction(0))


def inverted(matrix: Sequence[Sequence[Fraction]], names: Sequence[str]) -> list[list[Fraction]]:
    """Invert by Gauss and Jordan over the rationals; raises InvalidRecord if a column depends on those before it."""
    size = len(matrix)
    rows = [[*row, *(Fraction(int(i == j)) for j in range(size))] for i, row in enumerate(matrix)]
    for column in range(size):
        pivot = next((row for row in range(column, size) if rows[row][column]), None)
        if pivot is None:
            raise InvalidRecord(f"inference: {names[column]} does not vary, or depends on the columns before it")
        rows[column], rows[pivot] = rows[pivot], rows[column]
        lead = rows[column][column]
        rows[column] = [value / lead for value in rows[column]]
        for row in range(size):
            if row != column and (factor := rows[row][column]):
                rows[row] = [value - factor * own for value, own in zip(rows[row], rows[column], strict=True)]
    return [row[size:] for row in rows]
