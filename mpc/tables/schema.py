"""What an owner declares of a table: its columns with type and bounds, key, groups and rows.

Says what a value may be and why one is not; reading a file against it is ``mpc.tables.table``.

Trust: the declaration is the department's own. What is checked here is that it makes sense, not that it is true.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import TypeAlias

from ledger.errors import InvalidRecord
from mpc.disclosure.tables.sensitivity import Sensitivity
from mpc.tables.calendars import Calendar
from mpc.tables.forms import Form

MAX_ROWS = 50_000_000
DEFAULT_ROWS = 1 << 20
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Integer:
    """An integer column after scaling by 10**scale (prices in cents: scale 2), inside [low, high].

    nullable: whether a cell may be empty; such a row counts for no figure of this column, and no condition on it holds.
    calendar: for a column of dates, how they are written; its integers are days since 1970-01-01.
    """

    low: int
    high: int
    scale: int = 0
    nullable: bool = False
    calendar: Calendar | None = None

    def __post_init__(self) -> None:
        if self.low > self.high or not 0 <= self.scale <= 6:
            raise InvalidRecord("table: an integer column needs low <= high and a scale of 0..6")
        if max(abs(self.low), abs(self.high)) >= 1 << 96:
            raise InvalidRecord("table: integer bounds must stay below 2^96")
        if self.calendar is not None:
            if self.scale:
                raise InvalidRecord("table: a column of dates has no scale")
            self.calendar.write(self.low), self.calendar.write(self.high)  # raises for what is no date

    def fault(self, text: str | None) -> str | None:
        """Say what is wrong with a cell, or None; the value is not repeated."""
        if not text:
            return None if self.nullable else "is empty"
        found = self._number(text) if self.calendar is None else self.calendar.read(text)
        if found is None:
            return "is not a number" if self.calendar is None else f"is not a date ({self.calendar})"
        if found != int(found):
            return f"has more than {self.scale} decimals"
        if self.low <= found <= self.high:
            return None
        ends = (self.low, self.high) if self.calendar is None else map(self.calendar.write, (self.low, self.high))
        return "is outside the declared {}..{}".format(*ends)

    def _number(self, text: str) -> Decimal | None:
        try:
            scaled = Decimal(text).scaleb(self.scale)
        except InvalidOperation:
            return None
        return scaled if scaled.is_finite() else None


@dataclass(frozen=True, slots=True)
class Text:
    """A text column whose every value, in its declared form, matches ``pattern`` whole.

    form: by which rule texts are compared, as keys too. nullable: whether a cell may be empty; then it equals nothing.
    """

    pattern: str
    nullable: bool = False
    form: Form = Form.EXACT

    def fault(self, text: str | None) -> str | None:
        """Say what is wrong with a cell, or None."""
        if not text and self.nullable:
            return None
        is_good = text is not None and re.fullmatch(self.pattern, self.form.of(text))
        return None if is_good else "does not match the declared pattern"


Column: TypeAlias = Integer | Text


@dataclass(frozen=True, slots=True)
class Schema:
    """What an owner declares of an asset; a table is checked against all of it whenever it is read, whole.

    unique: the column whose values must be distinct (None: rows may repeat). key: the one column by which the asset
    may be joined (None: by none). groups: columns by which a join or a declared table may be grouped; every key, if
    there is one, has one value in each. rows: the most rows, and so keys, that the table will ever have.
    sensitivity: the owner's own rules against cells that few respondents dominate.
    """

    columns: Mapping[str, Column]
    unique: str | None = None
    key: str | None = None
    groups: tuple[str, ...] = ()
    rows: int = DEFAULT_ROWS
    sensitivity: Sensitivity | None = None

    def __post_init__(self) -> None:
        wrong = [name for name in self.columns if not _NAME.fullmatch(name)]
        if wrong:
            raise InvalidRecord(f"table: column name {wrong[0]!r} is not a plain name")
        if self.unique is not None and self.unique not in self.columns:
            raise InvalidRecord(f"table: unique column {self.unique!r} is not declared")
        for name in (*self.groups, *([] if self.key is None else [self.key])):
            if not isinstance(self.columns.get(name), Text):
                raise InvalidRecord(f"table: {name!r}, a key or group, is not declared as a text column")
        if empty := [name for name in self.groups if self.columns[name].nullable]:
            raise InvalidRecord(f"table: {empty[0]!r} is a group, so none of its cells may be empty")
        if self.key in self.groups:
            raise InvalidRecord("table: the key is none of the groups")
        respondent = self.sensitivity.respondent if self.sensitivity else None
        if respondent is not None and respondent not in self.columns:
            raise InvalidRecord(f"table: {respondent!r}, the respondent of the sensitivity rules, is not declared")
        if respondent is not None and self.columns[respondent].nullable:
            raise InvalidRecord(f"table: {respondent!r} names respondents, so none of its cells may be empty")
        if not 0 < self.rows <= MAX_ROWS:
            raise InvalidRecord(f"table: rows must be in 1..{MAX_ROWS}, got {self.rows}")
