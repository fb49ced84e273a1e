"""Studies of means: descriptions of columns, and tests of one, two, or more means."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from scipy import stats

from ledger.errors import InvalidRecord
from mpc.inference.comparison import Outcome, Sample, anova, one_sample, pooled, welch
from mpc.protocols.words import Text
from mpc.sql.answering.rows import Answer
from mpc.studies.axes import Group
from mpc.studies.moments import moments, moments_sql
from mpc.studies.study import Cell, Finding, Study, exact, figures, select, told, withheld

DIFFERENCE = Text("difference of means", "均值之差")
_SPREAD = ("count", "mean", "variance", "standard deviation", "standard error", "low", "high")


@dataclass(frozen=True, slots=True)
class Describe(Study):
    """Count, mean, variance and a 95% interval of the mean, of several columns, by a declared group if there is one."""

    table: str
    columns: tuple[str, ...]
    by: str = ""
    where: str = ""

    @property
    def queries(self) -> tuple[str, ...]:
        items = [*([self.by] if self.by else []), "count(*)"]
        items += [f"{name}({column})" for column in self.columns for name in ("avg", "var_samp")]
        return (select(self.table, items, [self.where], [self.by] if self.by else []),)

    def conclude(self, answers: Sequence[Answer]) -> Finding:
        rows = list[tuple[Cell, ...]]()
        for found in answers[0].rows:
            labels, (count, *pairs) = (found[:1], found[1:]) if self.by else ((), found)
            for place, column in enumerate(self.columns):
                mean, variance = pairs[2 * place : 2 * place + 2]
                if isinstance(count, Fraction) and isinstance(mean, Fraction) and isinstance(variance, Fraction):
                    own = Sample(column, int(count), float(mean), float(variance))
                    rows.append((*map(str, labels), column, *_spread(own)))
        if not rows:
            raise InvalidRecord("study: its figures were withheld: too few rows or owners")
        heads = (*([self.by] if self.by else []), "column", *_SPREAD)
        title = Text(f"description of {', '.join(self.columns)}", f"{'、'.join(self.columns)} 的描述统计")
        return Finding(title, heads, tuple(rows), withheld=withheld(answers))


@dataclass(frozen=True, slots=True)
class Compare(Study):
    """Whether a value's mean differs between groups: a t-test for two of them, analysis of variance for more.

    is_pooled: two variances are taken as one (Student) instead of as they are (Welch).
    """

    table: str
    value: str
    by: Group
    where: str = ""
    is_pooled: bool = False

    @property
    def queries(self) -> tuple[str, ...]:
        items = [self.by.sql, "count(*)", f"avg({self.value})", f"var_samp({self.value})"]
        return (select(self.table, items, [self.by.condition, self.where], [self.by.sql]),)

    def conclude(self, answers: Sequence[Answer]) -> Finding:
        samples = [
            Sample(str(group), int(count), float(mean), float(variance))
            for group, count, mean, variance in answers[0].rows
            if isinstance(count, Fraction) and isinstance(mean, Fraction) and isinstance(variance, Fraction)
        ]
        if len(samples) < 2:
            raise InvalidRecord("study: figures of fewer than two groups were released")
        found, name, effect = self._tested(samples)
        title = Text(f"{self.value} by {self.by.column}", f"按 {self.by.column} 比较 {self.value}")
        rows = tuple((s.name, s.count, s.mean, s.variance) for s in samples)
        named = figures(found, name.en.rpartition(" ")[2].lower(), effect.en.replace(" ", "_"))
        heads = (self.by.column, "count", "mean", "variance")
        return Finding(title, heads, rows, named, (told(name, found, effect),), withheld(answers))

    def _tested(self, samples: Sequence[Sample]) -> tuple[Outcome, Text, Text]:
        if len(samples) > 2:
            return anova(samples), Text("F", "方差分析 F"), Text("eta squared", "eta 平方")
        if self.is_pooled:
            return pooled(samples[0], samples[1]), Text("Student t", "Student t"), DIFFERENCE
        return welch(samples[0], samples[1]), Text("Welch t", "Welch t"), DIFFERENCE


@dataclass(frozen=True, slots=True)
class OneMean(Study):
    """Whether a column has a given mean; of a column of differences, a paired test."""

    table: str
    column: str
    mean: Fraction = Fraction(0)
    where: str = ""

    @property
    def queries(self) -> tuple[str, ...]:
        items = ["count(*)", f"avg({self.column})", f"var_samp({self.column})"]
        return (select(self.table, items, [self.where]),)

    def conclude(self, answers: Sequence[Answer]) -> Finding:
        count, mean, variance = map(exact, answers[0].rows[0])
        sample = Sample(self.column, int(count), float(mean), float(variance))
        found = one_sample(sample, float(self.mean))
        title = Text(
            f"mean of {self.column} against {float(self.mean):g}", f"{self.column} 的均值与 {float(self.mean):g} 比较"
        )
        effect = Text("difference", "差")
        named = figures(found, "t", "difference")
        return Finding(
            title,
            ("column", *_SPREAD),
            ((self.column, *_spread(sample)),),
            named,
            (told(Text("t", "t"), found, effect),),
        )


@dataclass(frozen=True, slots=True)
class Paired(Study):
    """Whether two columns of the same rows have one mean: a paired t-test from the moments and the product."""

    table: str
    one: str
    other: str
    where: str = ""

    @property
    def queries(self) -> tuple[str, ...]:
        return (select(self.table, moments_sql((self.one, self.other)), [self.where]),)

    def conclude(self, answers: Sequence[Answer]) -> Finding:
        own = moments((self.one, self.other), answers[0])
        (a, b), (c, d) = own.covariances
        name = f"{self.one} - {self.other}"
        variance = (a - b - c + d) * own.count / max(own.count - 1, 1)
        sample = Sample(name, own.count, float(own.means[0] - own.means[1]), float(variance))
        found = one_sample(sample)
        title = Text(f"{self.one} against {self.other}, paired", f"{self.one} 与 {self.other} 配对比较")
        rows = ((name, *_spread(sample)),)
        notes = (told(Text("paired t", "配对 t"), found, DIFFERENCE),)
        return Finding(title, ("column", *_SPREAD), rows, figures(found, "t", "difference_of_means"), notes)


def _spread(sample: Sample) -> tuple[Cell, ...]:
    error = math.sqrt(sample.variance / sample.count)
    width = error * float(stats.t.ppf(0.975, sample.count - 1))
    deviation, low, high = math.sqrt(sample.variance), sample.mean - width, sample.mean + width
    return sample.count, sample.mean, sample.variance, deviation, error, low, high
