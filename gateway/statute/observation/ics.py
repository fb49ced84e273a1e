"""Deadlines as an iCalendar file that any calendar program imports; pure, and the same bytes for the same deadlines.

An entry has a stable UID, so that importing again moves it instead of doubling it. Times stand in the one zone of the
statute's clock, UTC+8, which the file defines itself. What it does NOT do: read such files, or anything of the standard
beyond events with a reminder.
Source: RFC 5545 sections 3.1 (lines), 3.3.11 (escapes), 3.6.1 (event), 3.6.5 (time zone), 3.6.6 (alarm).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from contracts.calendar.dates import ZONE
from ledger.errors import InvalidRecord

ZONE_NAME: Final = "Asia/Shanghai"
MAX_OCTETS: Final = 75
DAY_S: Final = 86400
MINUTE_S: Final = 60
SHOWN_S: Final = 3600
"""How long before its end an entry begins: a deadline has no length, and programs hide what has none."""

_ZONE_LINES: Final = (
    "BEGIN:VTIMEZONE", f"TZID:{ZONE_NAME}", "BEGIN:STANDARD", "DTSTART:19700101T000000", "TZOFFSETFROM:+0800",
    "TZOFFSETTO:+0800", "TZNAME:UTC+8", "END:STANDARD", "END:VTIMEZONE",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """One deadline.

    Attributes:
        until: whoever acts at it or later is late, unix seconds.
        since: when it began to run; a reminder comes a day ahead, or after three quarters of a shorter time.
    """

    uid: str
    until: int
    title: str
    text: str
    since: int = 0

    @property
    def lead_s(self) -> int:
        """How long before its end the reminder comes."""
        return min(DAY_S, max(MINUTE_S, (self.until - self.since) // 4)) // MINUTE_S * MINUTE_S

    def __post_init__(self) -> None:
        if not self.uid.isascii() or not self.uid.isprintable() or " " in self.uid:
            raise InvalidRecord(f"calendar entry: {self.uid!r} is no UID")


def encode(name: str, entries: Iterable[Entry], stamp: int) -> bytes:
    """Write a calendar.

    Args:
        stamp: the moment the entries were true, unix seconds.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Shuxin//inbox//EN", "CALSCALE:GREGORIAN", "METHOD:PUBLISH"]
    lines += [f"X-WR-CALNAME:{_text(name)}", *_ZONE_LINES]
    for entry in entries:
        lines += _event(entry, stamp)
    return b"".join(_folded(line) for line in [*lines, "END:VCALENDAR"])


def _event(entry: Entry, stamp: int) -> Sequence[str]:
    return (
        "BEGIN:VEVENT", f"UID:{entry.uid}", f"DTSTAMP:{datetime.fromtimestamp(stamp, UTC):%Y%m%dT%H%M%SZ}",
        f"DTSTART;TZID={ZONE_NAME}:{_local(entry.until - SHOWN_S)}", f"DTEND;TZID={ZONE_NAME}:{_local(entry.until)}",
        f"SUMMARY:{_text(entry.title)}", f"DESCRIPTION:{_text(entry.text)}", "TRANSP:TRANSPARENT",
        "BEGIN:VALARM", "ACTION:DISPLAY", f"TRIGGER:{_lead(entry.lead_s)}", f"DESCRIPTION:{_text(entry.title)}",
        "END:VALARM", "END:VEVENT",
    )  # fmt: skip


def _lead(seconds: int) -> str:
    return "-P1D" if seconds == DAY_S else f"-PT{seconds // MINUTE_S}M"


def _local(moment: int) -> str:
    return f"{datetime.fromtimestamp(moment, ZONE):%Y%m%dT%H%M%S}"


def _text(value: str) -> str:
    """Escape a text: backslash, semicolon, comma, and line ends of any kind; other control characters go."""
    escaped = value.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    escaped = "\\n".join(escaped.splitlines())
    return "".join(char for char in escaped if char.isprintable() or char == "\t")


def _folded(line: str) -> bytes:
    """Fold a line to at most 75 octets each, never inside of a character."""
    return b"\r\n ".join(part.encode() for part in _parts(line)) + b"\r\n"


def _parts(line: str) -> Iterator[str]:
    part, room = "", MAX_OCTETS
    for char in line:
        size = len(char.encode())
        if size > room:
            yield part
            part, room = "", MAX_OCTETS - 1  # a folded line begins with the blank that says so
        part, room = part + char, room - size
    yield part
