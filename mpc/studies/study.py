"""What every study is: queries over departments' tables, and a finding from their answers.

A study opens no more than its queries do, and a figure that was withheld is missing from it: a group is left out and
named, or the study says that it cannot conclude.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias

from ledger.errors import InvalidRecord
from mpc.inference.comparison import Outcome
from mpc.protocols.words import Text
from mpc.sql.answering.rows import Answer, Value
from mpc.sql.planning.jobs import Jobs

Cell: TypeAlias = str | int | float | None


@dataclass(frozen=True, slots=True)
class Finding:
    """What a study found: a table with a title, figures by name, remarks, and the groups that were withheld."""

    title: Text
    heads: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    figures: Mapping[str, Cell] = field(default_factory=dict)
    notes: tuple[Text, ...] = ()
    withheld: tuple[str, ...] = ()

    def json(self) -> dict[str, object]:
        return {
            "title": self.title.record(),
            "rows": [dict(zip(self.heads, row, strict=True)) for row in self.rows],
            "figures": dict(self.figures),
            "notes": [note.record() for note in self.notes],
            "withheld": list(self.withheld),
        }


class Study(ABC):
    """A question. table, where: as in SQL. jobs: how a matrix of moments is asked, where there is one."""

    table: str
    where: str
    jobs: Jobs | None = None

    @property
    @abstractmethod
    def queries(self) -> tuple[str, ...]:
        """The queries whose answers ``conclude`` reads, in this order."""

    @abstractmethod
    def conclude(self, answers: Sequence[Answer]) -> Finding:
        """Say what the figures mean; raises InvalidRecord if too many of them were withheld."""


def select(table: str, items: Sequence[str], conditions: Sequence[str], groups: Sequence[str] = ()) -> str:
    """Write a query; empty conditions are left out."""
    words = ["SELECT", ", ".join(items), "FROM", table]
    given = " AND ".join(f"({condition})" for condition in conditions if condition)
    words += ["WHERE", given] if given else []
    return " ".join([*words, "GROUP BY", ", ".join(groups)] if groups else words)


def exact(value: Value) -> Fraction:
    """Return a figure; raises InvalidRecord if it was withheld."""
    if not isinstance(value, Fraction):
        raise InvalidRecord("study: its figures were withheld: too few rows or owners")
    return value


def withheld(answers: Sequence[Answer]) -> tuple[str, ...]:
    """Name the groups that were withheld, each once."""
    return tuple(dict.fromkeys(" / ".join(labels) for answer in answers for labels in answer.withheld))


def told(name: Text, found: Outcome, effect: Text | None = None) -> Text:
    """Put the outcome of a test in words."""

    def say(language: str) -> str:
        freedom = ", ".join(f"{value:.6g}" for value in found.freedom)
        of = {"en": f" ({freedom} degrees of freedom)", "zh": f"(自由度 {freedom})"}[language] if freedom else ""
        parts = [f"{name.en if language == 'en' else name.zh} {found.statistic:.6g}{of}", f"p {found.p:.3g}"]
        if effect is not None and found.effect is not None:
            parts.append(f"{effect.en if language == 'en' else effect.zh} {found.effect:.6g}")
        if found.limits is not None:
            low, high = found.limits
            parts.append({"en": "95% interval", "zh": "95% 置信区间"}[language] + f" {low:.6g} .. {high:.6g}")
        return {"en": ", ", "zh": ","}[language].join(parts)

    return Text(say("en"), say("zh"))


def figures(found: Outcome, statistic: str, effect: str | None = None) -> dict[str, Cell]:
    """Name the parts of an outcome, for programs."""
    named: dict[str, Cell] = {statistic: found.statistic, "p": found.p}
    named |= {f"freedom_{place}": value for place, value in enumerate(found.freedom, 1)}
    if effect is not None and found.effect is not None:
        named[effect] = found.effect
    if found.limits is not None:
        named |= {"low": found.limits[0], "high": found.limits[1]}
    return named
