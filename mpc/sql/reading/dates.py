"""Dates in SQL: literals, and the functions of a date that are ranges of days.

``year(d)``, ``extract(year FROM d)`` and ``date_trunc('year' | 'quarter' | 'month', d)`` grow with the date, so what
they are compared with is a range of days, and grouping by them is classes of days. A month or quarter of every year is
no range, and is refused. Dates are written in ISO 8601 in a query, however the owners' columns write them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from fractions import Fraction

from sqlglot import exp

from ledger.errors import InvalidRecord
from mpc.spec.parts import MAX_CELLS
from mpc.sql.query import Classes, Joined, Measure, Query, Range, aggregates
from mpc.sql.refusal import Reason, Unanswerable
from mpc.tables.calendars import Calendar, day, days
from mpc.tables.schema import Column, Integer


class Unit(StrEnum):
    """How long a period is."""

    YEAR = "year"
    QUARTER = "quarter"
    MONTH = "month"


_MONTHS = {Unit.YEAR: 12, Unit.QUARTER: 3, Unit.MONTH: 1}
_OTHERS = (exp.Month, exp.Quarter, exp.Day, exp.DayOfWeek, exp.DayOfMonth, exp.DayOfYear, exp.Week)


@dataclass(frozen=True, slots=True)
class Part:
    """A function of a date column; ``is_number``: its values are years, not first days of periods."""

    column: exp.Column
    unit: Unit
    is_number: bool

    def text(self, resolve: Callable[[exp.Column], str]) -> str:
        """Name it, however it was written."""
        return f"{'year' if self.is_number else f'trunc {self.unit}'}({resolve(self.column)})"


def part(node: exp.Expression) -> Part | None:
    """Read a function of a date that is a range of days; None if the node is no function of a date.

    Raises:
        Unanswerable: it is one, and no range.
    """
    if isinstance(node, exp.Year):
        return _of(node, node.this, Unit.YEAR, is_number=True)
    if isinstance(node, exp.Extract):
        if node.name.upper() != "YEAR":
            raise Unanswerable(Reason.DATE_PART, node.sql())
        return _of(node, node.expression, Unit.YEAR, is_number=True)
    if isinstance(node, exp.DateTrunc | exp.TimestampTrunc):
        unit = next((unit for unit in Unit if unit == node.text("unit").lower()), None)
        if unit is None:
            raise Unanswerable(Reason.DATE_PART, node.sql())
        return _of(node, node.this, unit, is_number=False)
    if isinstance(node, _OTHERS):
        raise Unanswerable(Reason.DATE_PART, node.sql())
    return None


def bound(node: exp.Expression) -> Fraction:
    """Read a date as the days since 1970-01-01: ``DATE '2024-02-29'``, or the text alone."""
    inner = node.this if isinstance(node, exp.Cast) and node.to.this == exp.DataType.Type.DATE else node
    found = Calendar.ISO.read(inner.this) if isinstance(inner, exp.Literal) and inner.is_string else None
    if found is None:
        raise Unanswerable(Reason.DATE, node.sql())
    return Fraction(found)


def compared(kind: type[exp.Expression], found: Part, name: str, node: exp.Expression) -> Range:
    """Read a comparison of a part with a value as a range of the column's days."""
    low, high = _period(found, node)
    if kind is exp.EQ:
        return Range(name, low, high, is_high_open=True)
    ends: dict[type[exp.Expression], tuple[Fraction | None, Fraction | None]] = {
        exp.LT: (None, low), exp.LTE: (None, high), exp.GT: (high, None), exp.GTE: (low, None),
    }  # fmt: skip
    if kind not in ends:
        raise Unanswerable(Reason.CONDITION, node.sql())
    first, last = ends[kind]
    return Range(name, first, last, is_high_open=last is not None)


def classes(found: Part, name: str, declared: Column, chosen: Range | None) -> Classes:
    """Lay GROUP BY a part out as classes of days, over the declared dates or those that the conditions leave.

    Raises:
        Unanswerable: no column of dates, or too many periods.
    """
    if not isinstance(declared, Integer) or declared.calendar is None:
        raise Unanswerable(Reason.TYPE, found.column.sql())
    low, high = Fraction(declared.low), Fraction(declared.high)
    if chosen is not None and chosen.low is not None:
        low = max(low, chosen.low + chosen.is_low_open)
    if chosen is not None and chosen.high is not None:
        high = min(high, chosen.high - chosen.is_high_open)
    if low > high:
        raise Unanswerable(Reason.EMPTY, name)
    starts = [_start(day(int(low)), found.unit)]
    while days(after := _next(starts[-1], found.unit)) <= high:
        starts.append(after)
        if len(starts) > MAX_CELLS:
            raise Unanswerable(Reason.PERIODS, found.column.sql())
    labels = tuple(str(start.year) if found.is_number else start.isoformat() for start in starts)
    return Classes(name, tuple(Fraction(days(start)) for start in starts[1:]), labels, found.is_number)


def require_counted(query: Query) -> None:
    """Refuse sums and means of dates; they are counted only."""
    table = query.relation.holder if isinstance(query.relation, Joined) else query.relation
    for asked in aggregates(query):
        for name in (asked.column, asked.other):
            declared = None if name is None else table.columns[name]
            if asked.measure is not Measure.COUNT and isinstance(declared, Integer) and declared.calendar is not None:
                raise Unanswerable(Reason.TYPE, f"{asked.measure}({name})")


def _of(node: exp.Expression, column: exp.Expression, unit: Unit, *, is_number: bool) -> Part:
    if not isinstance(column, exp.Column):
        raise Unanswerable(Reason.DATE_PART, node.sql())
    return Part(column, unit, is_number)


def _period(found: Part, node: exp.Expression) -> tuple[Fraction, Fraction]:
    """Return the first day of the period that a value names, and that of the next one."""
    if found.is_number:
        if not isinstance(node, exp.Literal) or node.is_string or not node.this.isdigit():
            raise Unanswerable(Reason.DATE, node.sql())
        year = int(node.this[:5])
        if not date.min.year <= year < date.max.year:
            raise Unanswerable(Reason.DATE, node.sql())
        start = date(year, 1, 1)
    else:
        start = day(int(bound(node)))
        if start != _start(start, found.unit):
            raise Unanswerable(Reason.DATE, node.sql())
    return Fraction(days(start)), Fraction(days(_next(start, found.unit)))


def _start(of: date, unit: Unit) -> date:
    return date(of.year, (of.month - 1) // _MONTHS[unit] * _MONTHS[unit] + 1, 1)


def _next(start: date, unit: Unit) -> date:
    months = start.year * 12 + start.month - 1 + _MONTHS[unit]
    if months // 12 > date.max.year:
        raise InvalidRecord("query: dates end with the year 9999")
    return date(months // 12, months % 12 + 1, 1)
