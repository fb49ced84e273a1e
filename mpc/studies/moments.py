"""Studies of several number columns together: correlation, covariance, least squares, ridge."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

from ledger.errors import InvalidRecord
from mpc.inference.linear import Fit, Moments, least_squares
from mpc.protocols.words import Text
from mpc.sql.answering.rows import Answer
from mpc.sql.planning.jobs import Jobs
from mpc.sql.planning.matrices import own_rows_needed
from mpc.studies.study import Cell, Finding, Study, exact, select

LEAST_FREEDOM = 10
"""Residual degrees of freedom below which a fit says more of single rows than of all."""


@dataclass(frozen=True, slots=True)
class Correlate(Study):
    """Pearson's correlation of every pair of columns."""

    table: str
    columns: tuple[str, ...]
    where: str = ""
    jobs: Jobs | None = None

    @property
    def queries(self) -> tuple[str, ...]:
        return (select(self.table, moments_sql(self.columns), [self.where]),)

    def conclude(self, answers: Sequence[Answer]) -> Finding:
        own = moments(self.columns, answers[0])
        rows = tuple(
            (self.columns[i], self.columns[j], own.correlation(i, j), own.correlation_p(i, j))
            for i, j in combinations(range(len(self.columns)), 2)
        )
        title = Text(f"correlation over {own.count} rows", f"{own.count} 行的相关系数")
        return Finding(title, ("column", "with", "r", "p"), rows, {"count": own.count})


@dataclass(frozen=True, slots=True)
class Covariances(Study):
    """The matrix of sample covariances (division by n - 1), with the means."""

    table: str
    columns: tuple[str, ...]
    where: str = ""
    jobs: Jobs | None = None

    @property
    def queries(self) -> tuple[str, ...]:
        return (select(self.table, moments_sql(self.columns), [self.where]),)

    def conclude(self, answers: Sequence[Answer]) -> Finding:
        own = moments(self.columns, answers[0])
        if own.count < 2:
            raise InvalidRecord("study: a covariance needs at least two rows")
        scale = Fraction(own.count, own.count - 1)
        rows: tuple[tuple[Cell, ...], ...] = tuple(
            (name, float(own.means[place]), *(float(value * scale) for value in own.covariances[place]))
            for place, name in enumerate(self.columns)
        )
        title = Text(f"covariances over {own.count} rows", f"{own.count} 行的协方差矩阵")
        return Finding(title, ("column", "mean", *self.columns), rows, {"count": own.count})


@dataclass(frozen=True, slots=True)
class Regress(Study):
    """Least squares of y on columns; with a penalty, a ridge."""

    table: str
    y: str
    on: tuple[str, ...]
    penalty: Fraction = Fraction(0)
    where: str = ""
    jobs: Jobs | None = None

    @property
    def queries(self) -> tuple[str, ...]:
        return (select(self.table, moments_sql((self.y, *self.on)), [self.where]),)

    def conclude(self, answers: Sequence[Answer]) -> Finding:
        fit = least_squares(moments((self.y, *self.on), answers[0]), self.y, self.penalty)
        if (free := fit.count - len(self.on) - 1) < LEAST_FREEDOM:
            raise InvalidRecord(f"study: {free} residual degrees of freedom, at least {LEAST_FREEDOM} are needed")
        if fit.is_perfect:
            raise InvalidRecord(f"study: {self.y} follows from the other columns exactly; that is no model of rows")
        rows = tuple((t.name, t.value, t.error, t.t, t.p, t.inflation) for t in fit.terms)
        heads = ("term", "coefficient", "standard error", "t", "p", "inflation")
        title = Text(
            f"{self.y} on {', '.join(self.on)}, {fit.count} rows",
            f"{self.y} 对 {'、'.join(self.on)} 的回归,{fit.count} 行",
        )
        named: dict[str, Cell] = {
            "count": fit.count, "r_squared": fit.r_squared, "adjusted": fit.adjusted, "residual": fit.residual,
            "f": fit.f, "p": fit.f_p,
        }  # fmt: skip
        return Finding(title, heads, rows, named, _quality(fit))


def moments_sql(columns: Sequence[str]) -> list[str]:
    """List the figures from which ``moments`` knows means and covariances."""
    if len(set(columns)) < len(columns) or len(columns) < 2:
        raise InvalidRecord("study: two different columns at least")
    items = ["count(*)", *(f"avg({column})" for column in columns), *(f"var_pop({column})" for column in columns)]
    return [*items, *(f"covar_pop({one}, {other})" for one, other in combinations(columns, 2))]


def moments(columns: Sequence[str], answer: Answer) -> Moments:
    """Read the one row that ``moments_sql`` asks for; raises InvalidRecord if it was withheld."""
    (row,) = answer.rows
    if answer.withheld:
        raise InvalidRecord(
            "study: its figures were withheld: too few rows or owners, or few that differ in a column; or, in one job, "
            f"an owner with fewer than {own_rows_needed(len(columns))} own rows (more, if moments were asked of them "
            "before); over a joint table --jobs each asks for the same without that rule"
        )
    found = [exact(value) for value in row]
    size = len(columns)
    means, variances, pairs = found[1 : 1 + size], found[1 + size : 1 + 2 * size], found[1 + 2 * size :]
    matrix = [[Fraction(0)] * size for _ in columns]
    for place, variance in enumerate(variances):
        matrix[place][place] = variance
    for (i, j), covariance in zip(combinations(range(size), 2), pairs, strict=True):
        matrix[i][j] = matrix[j][i] = covariance
    return Moments(tuple(columns), int(found[0]), tuple(means), tuple(map(tuple, matrix)))


def _quality(fit: Fit) -> tuple[Text, ...]:
    found = [Text(f"R squared {fit.r_squared:.6g}", f"R 平方 {fit.r_squared:.6g}")]
    if fit.adjusted is not None and fit.residual is not None:
        found.append(
            Text(
                f"adjusted {fit.adjusted:.6g}, residual standard deviation {fit.residual:.6g}",
                f"调整后 {fit.adjusted:.6g},残差标准差 {fit.residual:.6g}",
            )
        )
    if fit.f is not None and fit.f_p is not None:
        found.append(Text(f"F {fit.f:.6g}, p {fit.f_p:.3g}", f"F {fit.f:.6g},p {fit.f_p:.3g}"))
    return tuple(found)
