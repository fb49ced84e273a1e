"""Days of the calendar: number, date, weekday, and the moments a day begins and ends.

A day is its number since 1970-01-01 in the one time zone of the statute's clock, UTC+8 without daylight saving; it
ends at 24:00. Nothing here reads a clock.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final, NewType

from ledger.errors import InvalidRecord

Day = NewType("Day", int)

UTC_OFFSET: Final = 8 * 3600
END_OF_DAY: Final = 24 * 3600
DAY: Final = 86400
ZONE: Final = timezone(timedelta(seconds=UTC_OFFSET), "UTC+8")
_EPOCH: Final = date(1970, 1, 1).toordinal()


def day_of(moment: int) -> Day:
    """Return the day a moment (unix seconds) falls on.

    >>> date_of(day_of(1758902399)), date_of(day_of(1758902400))  # 2025-09-26 15:59:59Z and 16:00:00Z
    (datetime.date(2025, 9, 26), datetime.date(2025, 9, 27))
    """
    return Day((moment + UTC_OFFSET) // DAY)


def end_of(day: Day) -> int:
    """Return the moment a day is over: whoever acts at it is late."""
    return day * DAY + END_OF_DAY - UTC_OFFSET


def number_of(day: date) -> Day:
    """Return the number of a date; dates before 1970 have none.

    Raises:
        InvalidRecord: the date is before 1970.
    """
    if day.toordinal() < _EPOCH:
        raise InvalidRecord(f"calendar: {day} is before 1970")
    return Day(day.toordinal() - _EPOCH)


def date_of(day: int) -> date:
    """Return the date of a day.

    Raises:
        InvalidRecord: the day is beyond the year 9999.
    """
    try:
        return date.fromordinal(day + _EPOCH)
    except (ValueError, OverflowError) as exc:
        raise InvalidRecord(f"calendar: day {day} has no date") from exc


def is_weekend(day: int) -> bool:
    """Say whether a day is a Saturday or Sunday."""
    return (day + 3) % 7 > 4  # day 0 was a Thursday


def moment_of(text: str) -> int:
    """Read a moment: a date (its first second here) or a date and time with its zone.

    Raises:
        InvalidRecord: neither, or a time without a zone, or a moment before 1970.
    """
    try:
        found = datetime.fromisoformat(text)
    except ValueError as exc:
        raise InvalidRecord(f"moment: expected 2025-09-26 or 2025-09-26T15:59:59Z, got {text!r}") from exc
    if found.tzinfo is None:
        if len(text) > len("2025-09-26"):
            raise InvalidRecord(f"moment: {text!r} has no time zone; write Z or +08:00 behind it")
        found = found.replace(tzinfo=ZONE)
    try:
        moment = int(found.astimezone(UTC).timestamp())
    except OverflowError as exc:
        raise InvalidRecord(f"moment: {text!r} is out of range") from exc
    if moment < 0:
        raise InvalidRecord(f"moment: {text!r} is before 1970")
    return moment
