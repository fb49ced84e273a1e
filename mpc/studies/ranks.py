"""Studies of ranks over ordered classes: two groups, several groups, two columns, differences from zero.

They are exact for values put into the classes; over classes of one value each, for the values themselves.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction

from ledger.errors import InvalidRecord
from mpc.inference.ranks import kruskal_wallis, mid_ranks, rank_sum, signed_rank, spearman
from mpc.protocols.words import Text
from mpc.sql.answering.rows import Answer
from mpc.studies import axes
from mpc.studies.axes import Axis, Classes, Group
from mpc.studies.crossed import Crossed
from mpc.studies.study import Cell, Finding, Study, figures, told

BISERIAL = Text("rank-biserial correlation", "秩双列相关")


@dataclass(frozen=True, slots=True)
class Ranks(Crossed):
    """Whether values tend to be larger in one group: Mann-Whitney for two, Kruskal-Wallis for more."""

    table: str
    value: Classes
    by: Group
    where: str = ""

    @property
    def axes(self) -> tuple[Axis, Axis]:
        return self.by, self.value

    def conclude(self, answers: Sequence[Answer]) -> Finding:
        table = self.read(answers)
        whole = table.whole_rows()
        if len(whole) < 2:
            raise InvalidRecord("study: whole rows of fewer than two groups were released; ask wider classes")
        ranks = mid_ranks([sum(column) for column in zip(*whole.values(), strict=True)])
        means = [float(sum(n * rank for n, rank in zip(own, ranks, strict=True)) / sum(own)) for own in whole.values()]
        if len(whole) == 2:
            found = rank_sum(*whole.values())
            note, named = (
                told(Text("Mann-Whitney U", "Mann-Whitney U"), found, BISERIAL),
                figures(found, "u", "rank_biserial"),
            )
        else:
            found = kruskal_wallis(list(whole.values()))
            note = told(Text("Kruskal-Wallis H", "Kruskal-Wallis H"), found, Text("epsilon squared", "epsilon 平方"))
            named = figures(found, "h", "epsilon_squared")
        rows = tuple((name, sum(own), mean) for (name, own), mean in zip(whole.items(), means, strict=True))
        title = Text(
            f"ranks of {self.value.column} by {self.by.column}", f"按 {self.by.column} 比较 {self.value.column} 的秩"
        )
        return Finding(
            title, (self.by.column, "count", "mean rank"), rows, named, (note, _grid(self.value)), table.withheld
        )


@dataclass(frozen=True, slots=True)
class RankCorrelation(Crossed):
    """Spearman's correlation of two columns, from the table of their classes: a query for each class of the first."""

    table: str
    one: Classes
    other: Classes
    where: str = ""

    @property
    def axes(self) -> tuple[Axis, Axis]:
        return self.one, self.other

    def conclude(self, answers: Sequence[Answer]) -> Finding:
        table = self.read(answers)
        whole = table.whole()
        found = spearman(whole)
        rows: tuple[tuple[Cell, ...], ...] = tuple((name, *own) for name, own in zip(table.rows, whole, strict=True))
        title = Text(
            f"ranks of {self.one.column} and {self.other.column}", f"{self.one.column} 与 {self.other.column} 的秩相关"
        )
        notes = (told(Text("Spearman rho", "Spearman rho"), found), _grid(self.one), _grid(self.other))
        return Finding(title, (self.one.column, *table.columns), rows, figures(found, "rho"), notes)


@dataclass(frozen=True, slots=True)
class SignedRanks(Study):
    """Whether a column of differences lies symmetrically about zero (Wilcoxon's signed ranks).

    bounds: of the absolute difference, positive; no value may lie on one (10.5 for whole numbers), so that a class and
    its mirror image hold the same absolute differences. What lies below the first bound counts as no difference.
    """

    table: str
    column: str
    bounds: tuple[str, ...]
    where: str = ""

    def __post_init__(self) -> None:
        if Fraction(Classes(self.column, self.bounds).bounds[0]) <= 0:
            raise InvalidRecord("study: bounds of absolute differences are positive")

    @property
    def _classes(self) -> Classes:
        return Classes(self.column, (*(f"-{bound}" for bound in reversed(self.bounds)), *self.bounds))

    @property
    def queries(self) -> tuple[str, ...]:
        return (axes.counting(self.table, self._classes, self.where),)

    def conclude(self, answers: Sequence[Answer]) -> Finding:
        counts, hidden = axes.counts(self._classes, answers[0])
        known = [count for count in counts.values() if count is not None]
        if len(known) < len(counts):
            raise InvalidRecord(f"study: counts were withheld: {'; '.join(hidden)}; ask wider classes")
        size = len(self.bounds)
        below, above = known[:size][::-1], known[size + 1 :]
        found = signed_rank(below, above)
        labels = Classes(self.column, self.bounds).labels[1:]
        rows = tuple(zip(labels, below, above, strict=True))
        title = Text(f"signed ranks of {self.column}", f"{self.column} 的符号秩")
        note = told(Text("Wilcoxon T", "Wilcoxon T"), found, BISERIAL)
        named = {**figures(found, "t", "rank_biserial"), "zeros": known[size]}
        return Finding(
            title, ("absolute difference", "below zero", "above zero"), rows, named, (note, _grid(self._classes))
        )


def _grid(classes: Classes) -> Text:
    return Text(
        f"ranks are of {len(classes.labels)} classes of {classes.column}; rows of one class are ties",
        f"秩按 {classes.column} 的 {len(classes.labels)} 个区间计算;同一区间内的行视为并列",
    )
