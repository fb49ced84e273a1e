"""Dates as a declared column writes them, and as the days since 1970-01-01 that filters, bins and protocols work with.

Two forms: ISO 8601 (``2024-02-29``), and the calendar of the Republic of China, whose year 1 is 1912 (``113/02/29``,
``113-02-29``, ``113.02.29`` or ``1130229``; years have two or three digits). Neither knows times of day or time zones.
"""

from __future__ import annotations

import re
from datetime import date
from enum import StrEnum

from ledger.errors import InvalidRecord

EPOCH = date(1970, 1, 1).toordinal()
FIRST, LAST = date.min.toordinal() - EPOCH, date.max.toordinal() - EPOCH
_ROC_YEARS = 1911
_ISO = r"([0-9]{4})-([0-9]{2})-([0-9]{2})"
_ROC = r"([0-9]{2,3})[-/.]?([0-9]{2})[-/.]?([0-9]{2})"


class Calendar(StrEnum):
    """How a date is written."""

    ISO = "iso"
    ROC = "roc"

    @property
    def pattern(self) -> str:
        """A regular expression with year, month and day as groups."""
        return _ISO if self is Calendar.ISO else _ROC

    @property
    def years(self) -> int:
        """What is added to a written year."""
        return 0 if self is Calendar.ISO else _ROC_YEARS

    def read(self, text: str) -> int | None:
        """Return the days of a written date; None if it is none."""
        found = re.fullmatch(self.pattern, text, re.ASCII)
        if found is None:
            return None
        year, month, day = map(int, found.groups())
        try:
            return days(date(year + self.years, month, day))
        except ValueError:
            return None

    def write(self, number: int) -> str:
        """Write the date of so many days."""
        found = day(number)
        if self is Calendar.ISO:
            return found.isoformat()
        if not 0 < found.year - _ROC_YEARS < 1000:
            raise InvalidRecord(f"table: {found.isoformat()} lies outside the years 1 to 999 of this calendar")
        return f"{found.year - _ROC_YEARS:03d}/{found.month:02d}/{found.day:02d}"

    def sql(self, name: str) -> str:
        """Return the same as ``read`` in DuckDB's SQL, NULL for what is no date."""
        if self is Calendar.ISO:
            found = f"CASE WHEN regexp_full_match({name}, '{_ISO}') THEN TRY_CAST({name} AS DATE) END"
            return f"date_diff('day', DATE '1970-01-01', {found})"
        pattern = f"'^{self.pattern}$'"
        part = [f"regexp_extract({name}, {pattern}, {place})" for place in (1, 2, 3)]
        year = f"lpad(CAST(TRY_CAST({part[0]} AS INTEGER) + {self.years} AS VARCHAR), 4, '0')"
        written = f"TRY_CAST({year} || '-' || {part[1]} || '-' || {part[2]} AS DATE)"
        return f"date_diff('day', DATE '1970-01-01', {written})"


def days(found: date) -> int:
    """Count the days from 1970-01-01."""
    return found.toordinal() - EPOCH


def day(number: int) -> date:
    """Return the date of so many days from 1970-01-01; raises InvalidRecord beyond the years 1 to 9999."""
    if not FIRST <= number <= LAST:
        raise InvalidRecord(f"table: {number} days from 1970-01-01 lie outside the years 1 to 9999")
    return date.fromordinal(number + EPOCH)
