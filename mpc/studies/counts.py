"""Studies of counts: histogram with quantiles, contingency table, independence, shares, weight of evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from ledger.errors import InvalidRecord
from mpc.inference.comparison import chi_square, weight_of_evidence
from mpc.inference.proportions import Share, two_shares, wilson
from mpc.protocols.words import Text
from mpc.sql.answering.rows import Answer
from mpc.studies import axes
from mpc.studies.axes import Axis, Classes, Group
from mpc.studies.crossed import Crossed
from mpc.studies.study import Cell, Finding, Study, figures, told

QUANTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True, slots=True)
class Histogram(Study):
    """Rows by class or group, with shares; of classes that were all released also where the quartiles lie."""

    table: str
    axis: Axis
    where: str = ""

    @property
    def queries(self) -> tuple[str, ...]:
        return (axes.counting(self.table, self.axis, self.where),)

    def conclude(self, answers: Sequence[Answer]) -> Finding:
        found, hidden = axes.counts(self.axis, answers[0])
        known = {label: count for label, count in found.items() if count is not None}
        if not known:
            raise InvalidRecord("study: its figures were withheld: too few rows or owners")
        total = sum(known.values())
        rows = tuple((label, count, count / total) for label, count in known.items())
        named: dict[str, Cell] = {"count": total}
        notes = list[Text]()
        if isinstance(self.axis, Classes) and len(known) == len(found):
            for share in QUANTILES:
                place = _quantile(list(known.values()), share)
                named[f"quantile_{share}"] = place_name = self.axis.labels[place]
                notes.append(Text(f"quantile {share}: {place_name}", f"分位数 {share}:{place_name}"))
        title = Text(f"rows by {self.axis.column}", f"按 {self.axis.column} 的行数")
        return Finding(title, (self.axis.column, "count", "share"), rows, named, tuple(notes), hidden)


@dataclass(frozen=True, slots=True)
class Contingency(Crossed):
    """Counts of two axes against each other, with margins, chi-square and Cramer's V over the rows released whole."""

    table: str
    rows: Axis
    columns: Axis
    where: str = ""

    @property
    def axes(self) -> tuple[Axis, Axis]:
        return self.rows, self.columns

    def conclude(self, answers: Sequence[Answer]) -> Finding:
        table = self.read(answers)
        whole = table.whole_rows()
        if len(whole) < 2:
            raise InvalidRecord("study: whole rows of fewer than two groups were released")
        found = chi_square(list(whole.values()))
        rows: list[tuple[Cell, ...]] = [(name, *own, sum(own)) for name, own in whole.items()]
        margin = [sum(column) for column in zip(*whole.values(), strict=True)]
        rows.append(("*", *margin, sum(margin)))
        title = Text(f"{self.rows.column} and {self.columns.column}", f"{self.rows.column} 与 {self.columns.column}")
        notes = (told(Text("chi-square", "卡方"), found, Text("Cramer's V", "Cramer V")),)
        named = figures(found, "chi_square", "cramers_v")
        heads = (self.rows.column, *table.columns, "all")
        return Finding(title, heads, tuple(rows), named, notes, table.withheld)


@dataclass(frozen=True, slots=True)
class Weights(Crossed):
    """Weight of evidence of each class of a value for one outcome against another, and the information value.

    outcome: a group with two listed values (the first is the good), or a number with one bound (good from it on).
    """

    table: str
    axis: Axis
    outcome: Axis
    where: str = ""

    def __post_init__(self) -> None:
        if len(self.outcome.labels) != 2:
            raise InvalidRecord("study: an outcome has two values: COLUMN=GOOD,BAD or COLUMN:BOUND")

    @property
    def axes(self) -> tuple[Axis, Axis]:
        return self.axis, self.outcome

    def conclude(self, answers: Sequence[Answer]) -> Finding:
        table = self.read(answers)
        whole, place = table.whole_rows(), having(self.outcome)
        if len(whole) < 2:
            raise InvalidRecord("study: both outcomes of fewer than two classes were released")
        goods, bads = ([own[at] for own in whole.values()] for at in (place, 1 - place))
        found = weight_of_evidence(list(whole), goods, bads)
        rows = tuple(
            (label, good, bad, found.weights[label], (good / sum(goods) - bad / sum(bads)) * found.weights[label])
            for label, good, bad in zip(whole, goods, bads, strict=True)
        )
        heads = (self.axis.column, "good", "bad", "weight of evidence", "information value")
        title = Text(
            f"evidence of {self.axis.column} for {self.outcome.labels[place]}",
            f"{self.axis.column} 对 {self.outcome.labels[place]} 的证据权重",
        )
        notes = (Text(f"information value {found.value:.6g}", f"信息值 {found.value:.6g}"),)
        return Finding(title, heads, rows, {"information_value": found.value}, notes, table.withheld)


@dataclass(frozen=True, slots=True)
class Shares(Crossed):
    """The share of rows with an attribute in each group, with Wilson's limits; of two groups also a test.

    event: as the outcome of ``Weights``; the share is that of its good.
    """

    table: str
    event: Axis
    by: Axis
    where: str = ""

    def __post_init__(self) -> None:
        if len(self.event.labels) != 2:
            raise InvalidRecord("study: an event has two values: COLUMN=YES,NO or COLUMN:BOUND")

    @property
    def axes(self) -> tuple[Axis, Axis]:
        return self.by, self.event

    def conclude(self, answers: Sequence[Answer]) -> Finding:
        table = self.read(answers)
        place = having(self.event)
        shares = [Share(name, own[place], sum(own)) for name, own in table.whole_rows().items()]
        if not shares:
            raise InvalidRecord("study: its figures were withheld: too few rows or owners")
        rows = tuple((own.name, own.having, own.count, own.value, *wilson(own)) for own in shares)
        heads = (self.by.column, "having", "count", "share", "low", "high")
        title = Text(
            f"share of {self.event.labels[place]} in {self.event.column}",
            f"{self.event.column} 为 {self.event.labels[place]} 的比例",
        )
        if len(shares) != 2:
            return Finding(title, heads, rows, withheld=table.withheld)
        found = two_shares(shares[0], shares[1])
        notes = (told(Text("z", "z"), found, Text("difference of shares", "比例之差")),)
        return Finding(title, heads, rows, figures(found, "z", "difference"), notes, table.withheld)


def having(outcome: Axis) -> int:
    """Return which of an outcome's two parts is looked for: the first listed, or what lies from the bound on."""
    return 0 if isinstance(outcome, Group) else 1


def _quantile(counts: Sequence[int], share: float) -> int:
    """Return the class in which the least value lies that at least this share of the rows do not exceed."""
    wanted = share * sum(counts)
    return next(place for place, below in enumerate(accumulate(counts)) if below >= wanted)
