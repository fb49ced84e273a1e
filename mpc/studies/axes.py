"""What rows are sorted by: a declared group, or classes of a number; and tables of counts over two of these.

An axis is written ``district``, ``district=east,west`` (only these values, in this order) or ``fee:50,100,200``
(classes below 50, from 50 to below 100, and so on, the last open above). One query counts a group against classes; over
two axes of one kind one is taken apart into conditions, a query each, which share no row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import TypeAlias

from ledger.errors import InvalidRecord
from mpc.sql.answering.rows import Answer
from mpc.studies.study import select, withheld

MAX_PARTS = 40


@dataclass(frozen=True, slots=True)
class Group:
    """A declared group column. values: those that count, in order; none: all that the description lists."""

    column: str
    values: tuple[str, ...] = ()

    @property
    def labels(self) -> tuple[str, ...]:
        return self.values

    @property
    def sql(self) -> str:
        return self.column

    @property
    def condition(self) -> str:
        """Choose the rows that lie on the axis."""
        return f"{self.column} IN ({', '.join(map(_quoted, self.values))})" if self.values else ""

    @property
    def conditions(self) -> tuple[str, ...]:
        """Choose the rows of each part."""
        return tuple(f"{self.column} = {_quoted(value)}" for value in self.values)


@dataclass(frozen=True, slots=True)
class Classes:
    """Classes of a number column. bounds: upper ends of all classes but the last."""

    column: str
    bounds: tuple[str, ...]

    def __post_init__(self) -> None:
        try:
            ends = [Fraction(bound) for bound in self.bounds]
        except (ValueError, ZeroDivisionError) as fault:
            raise InvalidRecord(f"study: bounds of {self.column} are no numbers: {','.join(self.bounds)}") from fault
        if not ends or ends != sorted(set(ends)) or any("/" in bound for bound in self.bounds):
            raise InvalidRecord(f"study: bounds of {self.column} must be decimals and ascending")

    @property
    def labels(self) -> tuple[str, ...]:
        """Name the classes by their ends."""
        inner = [f"{low} to < {high}" for low, high in pairwise(self.bounds)]
        return (f"< {self.bounds[0]}", *inner, f">= {self.bounds[-1]}")

    @property
    def sql(self) -> str:
        ends = zip(self.bounds, self.labels, strict=False)
        branches = " ".join(f"WHEN {self.column} < {bound} THEN '{label}'" for bound, label in ends)
        return f"CASE {branches} ELSE '{self.labels[-1]}' END"

    @property
    def condition(self) -> str:
        return ""

    @property
    def conditions(self) -> tuple[str, ...]:
        inner = [f"{self.column} >= {low} AND {self.column} < {high}" for low, high in pairwise(self.bounds)]
        return (f"{self.column} < {self.bounds[0]}", *inner, f"{self.column} >= {self.bounds[-1]}")


Axis: TypeAlias = Group | Classes


def read(text: str) -> Axis:
    """Read an axis as people write it.

    >>> read("fee:50,100").labels
    ('< 50', '50 to < 100', '>= 100')
    """
    for sign in (":", "="):
        column, found, rest = text.partition(sign)
        if found:
            parts = tuple(part.strip() for part in rest.split(","))
            if not column or not all(parts) or len(set(parts)) != len(parts) or len(parts) > MAX_PARTS:
                raise InvalidRecord(f"study: {text}: expected COLUMN{sign}A,B with 1..{MAX_PARTS} different parts")
            return Classes(column, parts) if sign == ":" else Group(column, parts)
    return Group(text)


@dataclass(frozen=True, slots=True)
class Table:
    """Counts over two axes; None: withheld. A row or column that holds one is not whole."""

    rows: tuple[str, ...]
    columns: tuple[str, ...]
    cells: Mapping[tuple[str, str], int | None]
    withheld: tuple[str, ...] = ()

    def row(self, name: str) -> list[int] | None:
        """Return the counts of one row if all of them were opened."""
        return _whole([self.cells.get((name, column)) for column in self.columns])

    def column(self, name: str) -> list[int] | None:
        """Return the counts of one column if all of them were opened."""
        return _whole([self.cells.get((row, name)) for row in self.rows])

    def whole_rows(self) -> dict[str, list[int]]:
        """Return the rows of which every count was opened."""
        return {name: found for name in self.rows if (found := self.row(name)) is not None}

    def whole(self) -> list[list[int]]:
        """Return all counts; raises InvalidRecord if one was withheld."""
        found = self.whole_rows()
        if len(found) < len(self.rows):
            raise InvalidRecord(f"study: counts were withheld: {'; '.join(self.withheld)}; ask wider classes")
        return list(found.values())


@dataclass(frozen=True, slots=True)
class Crossing:
    """The question for a table of counts."""

    table: str
    rows: Axis
    columns: Axis
    where: str = ""

    @property
    def queries(self) -> tuple[str, ...]:
        taken, kept = self._order
        if taken is None:
            group, classes = (self.rows, self.columns) if isinstance(self.rows, Group) else (self.columns, self.rows)
            items = [group.sql, f"{classes.sql} AS class", "count(*)"]
            return (select(self.table, items, [group.condition, self.where], [group.sql, "class"]),)
        return tuple(_counting(self.table, kept, [part, self.where]) for part in taken.conditions)

    def read(self, answers: Sequence[Answer]) -> Table:
        """Read the counts out of the answers to ``queries``."""
        taken, _ = self._order
        found: dict[tuple[str, str], int | None] = {}
        if taken is None:
            is_turned = isinstance(self.rows, Classes)
            for one, other, count in answers[0].rows:
                found[(str(other), str(one)) if is_turned else (str(one), str(other))] = _count(count)
        else:
            for label, answer in zip(taken.labels, answers, strict=True):
                for name, count in answer.rows:
                    place = (label, str(name)) if taken is self.rows else (str(name), label)
                    found[place] = _count(count)
        rows = self.rows.labels or tuple(dict.fromkeys(row for row, _ in found))
        columns = self.columns.labels or tuple(dict.fromkeys(column for _, column in found))
        missing = tuple(f"{row} / {column}" for row in rows for column in columns if found.get((row, column)) is None)
        return Table(rows, columns, found, missing)

    @property
    def _order(self) -> tuple[Axis | None, Axis]:
        """Choose the axis that is taken apart into conditions, if one must be, and the one that is counted by."""
        if self.rows.column == self.columns.column:
            raise InvalidRecord("study: a table is of two different columns")
        if isinstance(self.rows, Group) != isinstance(self.columns, Group):
            return None, self.columns
        if self.rows.labels:
            return self.rows, self.columns
        if self.columns.labels:
            return self.columns, self.rows
        raise InvalidRecord(f"study: list the values of one of the two groups: {self.rows.column}=A,B")


def counting(table: str, axis: Axis, where: str) -> str:
    """Write the query for the counts along one axis."""
    return _counting(table, axis, [where])


def counts(axis: Axis, answer: Answer) -> tuple[dict[str, int | None], tuple[str, ...]]:
    """Read the counts along one axis, and name those that were withheld."""
    found = {str(label): _count(count) for label, count in answer.rows}
    return {label: found.get(label) for label in axis.labels or found}, withheld([answer])


def _counting(table: str, axis: Axis, conditions: Sequence[str]) -> str:
    if isinstance(axis, Group):
        return select(table, [axis.sql, "count(*)"], [axis.condition, *conditions], [axis.sql])
    return select(table, [f"{axis.sql} AS class", "count(*)"], conditions, ["class"])


def _count(value: object) -> int | None:
    return int(value) if isinstance(value, Fraction) else None


def _whole(found: Sequence[int | None]) -> list[int] | None:
    known = [count for count in found if count is not None]
    return known if len(known) == len(found) else None


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
