"""The study of times until an event: Kaplan-Meier curves by group, and the log-rank test between them.

Rows are counted by interval, those that end by the event and those that are censored in two queries that share no row.
An interval of too few rows stays closed like any cell, and numbers at risk need all of them; so intervals are chosen
wide enough before asking. Nothing is merged afterwards: a merged count less its open parts is the hidden one.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger.errors import InvalidRecord
from mpc.inference.survival import Ends, kaplan_meier, log_rank, median
from mpc.protocols.words import Text
from mpc.sql.answering.rows import Answer
from mpc.studies import axes
from mpc.studies.axes import Axis, Classes, Crossing, Group
from mpc.studies.counts import having
from mpc.studies.study import Cell, Finding, Study, figures, told

EVERYBODY = "*"


@dataclass(frozen=True, slots=True)
class Survival(Study):
    """How long rows last. event: two listed values of a column (the first is the event), or a number with one bound."""

    table: str
    time: Classes
    event: Axis
    by: Group | None = None
    where: str = ""

    def __post_init__(self) -> None:
        if len(self.event.labels) != 2:
            raise InvalidRecord("study: an event has two values: COLUMN=YES,NO or COLUMN:BOUND")

    @property
    def queries(self) -> tuple[str, ...]:
        place = having(self.event)
        conditions = [self.event.conditions[place], self.event.conditions[1 - place]]
        return tuple(
            self._counting(" AND ".join(f"({part})" for part in (found, self.where) if part)) for found in conditions
        )

    def _counting(self, condition: str) -> str:
        if self.by is None:
            return axes.counting(self.table, self.time, condition)
        return Crossing(self.table, self.by, self.time, condition).queries[0]

    def conclude(self, answers: Sequence[Answer]) -> Finding:
        (events, hidden), (censored, also_hidden) = map(self._counts, answers)
        groups = {name: Ends(tuple(events[name]), tuple(censored[name])) for name in events if name in censored}
        if not groups:
            closed = "; ".join(dict.fromkeys([*hidden, *also_hidden]))
            raise InvalidRecord(
                f"study: intervals were withheld: {closed}; of these rows they stay closed, since a wider interval "
                "less its open parts would be the hidden one: ask rows that were not asked yet by wider intervals"
            )
        rows, named, notes = list[tuple[Cell, ...]](), dict[str, Cell](), list[Text]()
        for name, own in groups.items():
            steps = kaplan_meier(own)
            for label, s in zip(self.time.labels, steps, strict=True):
                rows.append((name, label, s.at_risk, s.events, s.censored, s.survival, s.error, s.low, s.high))
            place = median(steps)
            named[f"median_{name}"] = middle = None if place is None else self.time.labels[place]
            notes.append(Text(f"median {name}: {middle or 'not reached'}", f"中位数 {name}:{middle or '未达到'}"))
        if len(groups) > 1:
            found = log_rank(list(groups.values()))
            notes.append(told(Text("log-rank chi-square", "对数秩检验卡方"), found))
            named |= figures(found, "chi_square")
        heads = (
            self.by.column if self.by else "group", self.time.column, "at risk", "events", "censored", "survival",
            "standard error", "low", "high",
        )  # fmt: skip
        title = Text(f"survival over {self.time.column}", f"{self.time.column} 的生存曲线")
        return Finding(title, heads, tuple(rows), named, tuple(notes), tuple(dict.fromkeys([*hidden, *also_hidden])))

    def _counts(self, answer: Answer) -> tuple[dict[str, list[int]], tuple[str, ...]]:
        """Read the rows by interval of each group of which all were released."""
        if self.by is not None:
            table = Crossing(self.table, self.by, self.time).read([answer])
            return table.whole_rows(), table.withheld
        found, hidden = axes.counts(self.time, answer)
        known = [count for count in found.values() if count is not None]
        return ({EVERYBODY: known} if len(known) == len(found) else {}), hidden
