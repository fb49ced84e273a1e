"""Studies: a question in statistical terms, as one SQL query over departments' tables, and what its answer says.

A study opens no more than its query does, and a figure that was withheld is missing from it: a group is left out and
named, a correlation or regression cannot be told.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import combinations
from typing import TypeAlias

from ledger.errors import InvalidRecord
from mpc.inference.comparison import Outcome, Sample, anova, chi_square, weight_of_evidence, welch
from mpc.inference.linear import Fit, Moments, least_squares
from mpc.sql.answering import Answer, Value

Cell: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a study found, as a table with a title, and the groups that were withheld."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    notes: tuple[str, ...] = ()
    withheld: tuple[str, ...] = field(default=())

    def json(self) -> dict[str, object]:
        return {
            "title": self.title,
            "rows": [dict(zip(self.heads, row, strict=True)) for row in self.rows],
            "notes": list(self.notes),
            "withheld": list(self.withheld),
        }


class Study(ABC):
    """A question: the SQL that gives its figures, and what they say. table, where: as in SQL."""

    table: str
    where: str

    @property
    @abstractmethod
    def sql(self) -> str:
        """The query whose answer ``conclude`` reads."""

    @abstractmethod
    def conclude(self, answer: Answer) -> Finding:
        """Say what the figures mean; raises InvalidRecord if too many of them were withheld."""

    def _select(self, items: Sequence[str], group: str = "") -> str:
        words = ["SELECT", ", ".join(items), "FROM", self.table]
        words += ["WHERE", f"({self.where})"] if self.where else []
        return " ".join([*words, "GROUP BY", group] if group else words)


@dataclass(frozen=True, slots=True)
class Compare(Study):
    """Whether a value's mean differs between groups: Welch's t-test for two, analysis of variance for more."""

    table: str
    value: str
    by: str
    where: str = ""

    @property
    def sql(self) -> str:
        items = [self.by, "count(*)", f"avg({self.value})", f"var_samp({self.value})"]
        return self._select(items, self.by)

    def conclude(self, answer: Answer) -> Finding:
        samples = [
            Sample(str(group), int(count), float(mean), float(variance))
            for group, count, mean, variance in answer.rows
            if isinstance(count, Fraction) and isinstance(mean, Fraction) and isinstance(variance, Fraction)
        ]
        if len(samples) < 2:
            raise InvalidRecord("study: figures of fewer than two groups were released")
        found = welch(*samples) if len(samples) == 2 else anova(samples)
        named = "Welch t" if len(samples) == 2 else "F"
        effect = "difference of means" if len(samples) == 2 else "eta squared"
        rows = tuple((s.name, s.count, s.mean, s.variance) for s in samples)
        heads = (self.by, "count", "mean", "variance")
        return Finding(f"{self.value} by {self.by}", heads, rows, (_told(named, found, effect),), _named(answer))


@dataclass(frozen=True, slots=True)
class Independence(Study):
    """Whether classes of a value are independent of a group. bounds: upper ends of all classes but the last."""

    table: str
    value: str
    bounds: tuple[str, ...]
    by: str
    where: str = ""

    @property
    def labels(self) -> tuple[str, ...]:
        """Name the classes by their ends."""
        ends = [
            f"< {self.bounds[0]}",
            *(f"{low} to < {high}" for low, high in zip(self.bounds, self.bounds[1:], strict=False)),
        ]
        return (*ends, f">= {self.bounds[-1]}")

    @property
    def sql(self) -> str:
        ends = zip(self.bounds, self.labels, strict=False)
        branches = " ".join(f"WHEN {self.value} < {bound} THEN '{label}'" for bound, label in ends)
        classes = f"CASE {branches} ELSE '{self.labels[-1]}' END"
        return self._select([self.by, f"{classes} AS class", "count(*)"], f"{self.by}, class")

    def counts(self, answer: Answer) -> dict[str, list[int]]:
        """Return the counts by group, classes in order; only of groups of which every class was released."""
        found: dict[str, dict[str, int]] = {}
        for group, label, count in answer.rows:
            if isinstance(count, Fraction):
                found.setdefault(str(group), {})[str(label)] = int(count)
        return {
            group: [own[label] for label in self.labels] for group, own in found.items() if len(own) == len(self.labels)
        }

    def conclude(self, answer: Answer) -> Finding:
        counts = self.counts(answer)
        if len(counts) < 2:
            raise InvalidRecord("study: whole rows of fewer than two groups were released")
        told = [_told("chi-square", chi_square(list(counts.values())), "Cramer's V")]
        if len(counts) == 2:
            weighed = weight_of_evidence(self.labels, *counts.values())
            told.append("weight of evidence " + ", ".join(f"{label}: {w:.6g}" for label, w in weighed.weights.items()))
            told.append(f"information value {weighed.value:.6g}")
        rows: tuple[tuple[Cell, ...], ...] = tuple((group, *own) for group, own in counts.items())
        return Finding(f"{self.value} and {self.by}", (self.by, *self.labels), rows, tuple(told), _named(answer))


@dataclass(frozen=True, slots=True)
class Correlate(Study):
    """Pearson's correlation of every pair of columns."""

    table: str
    columns: tuple[str, ...]
    where: str = ""

    @property
    def sql(self) -> str:
        return self._select(_moments_sql(self.columns))

    def conclude(self, answer: Answer) -> Finding:
        moments = _moments(self.columns, answer)
        rows = tuple(
            (self.columns[i], self.columns[j], moments.correlation(i, j), moments.correlation_p(i, j))
            for i, j in combinations(range(len(self.columns)), 2)
        )
        return Finding(f"correlation over {moments.count} rows", ("column", "with", "r", "p"), rows)


@dataclass(frozen=True, slots=True)
class Regress(Study):
    """Least squares of y on columns; with a penalty, a ridge."""

    table: str
    y: str
    on: tuple[str, ...]
    penalty: Fraction = Fraction(0)
    where: str = ""

    @property
    def sql(self) -> str:
        return self._select(_moments_sql((self.y, *self.on)))

    def conclude(self, answer: Answer) -> Finding:
        fit = least_squares(_moments((self.y, *self.on), answer), self.y, self.penalty)
        rows = tuple((t.name, t.value, t.error, t.t, t.p, t.inflation) for t in fit.terms)
        heads = ("term", "coefficient", "standard error", "t", "p", "inflation")
        return Finding(f"{self.y} on {', '.join(self.on)}, {fit.count} rows", heads, rows, _quality(fit))


def _moments_sql(columns: Sequence[str]) -> list[str]:
    items = ["count(*)", *(f"avg({column})" for column in columns), *(f"var_pop({column})" for column in columns)]
    return [*items, *(f"covar_pop({one}, {other})" for one, other in combinations(columns, 2))]


def _moments(columns: Sequence[str], answer: Answer) -> Moments:
    """Read the one row that ``_moments_sql`` asks for."""
    (row,) = answer.rows
    figures = [_exact(value) for value in row]
    size = len(columns)
    means, variances, pairs = figures[1 : 1 + size], figures[1 + size : 1 + 2 * size], figures[1 + 2 * size :]
    matrix = [[Fraction(0)] * size for _ in columns]
    for place, variance in enumerate(variances):
        matrix[place][place] = variance
    for (i, j), covariance in zip(combinations(range(size), 2), pairs, strict=True):
        matrix[i][j] = matrix[j][i] = covariance
    return Moments(tuple(columns), int(figures[0]), tuple(means), tuple(map(tuple, matrix)))


def _exact(value: Value) -> Fraction:
    if not isinstance(value, Fraction):
        raise InvalidRecord("study: its figures were withheld: too few rows or owners")
    return value


def _quality(fit: Fit) -> tuple[str, ...]:
    told = [f"R squared {fit.r_squared:.6g}"]
    if fit.adjusted is not None and fit.residual is not None:
        told.append(f"adjusted {fit.adjusted:.6g}, residual standard deviation {fit.residual:.6g}")
    if fit.f is not None and fit.f_p is not None:
        told.append(f"F {fit.f:.6g}, p {fit.f_p:.3g}")
    return tuple(told)


def _told(name: str, found: Outcome, effect: str) -> str:
    freedom = ", ".join(f"{value:g}" for value in found.freedom)
    return f"{name} {found.statistic:.6g} ({freedom} degrees of freedom), p {found.p:.3g}, {effect} {found.effect:.6g}"


def _named(answer: Answer) -> tuple[str, ...]:
    return tuple(" / ".join(labels) for labels in answer.withheld)
