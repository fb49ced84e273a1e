"""Holiday notices: the TOML files behind the Calendar's spans, read strictly.

A notice covers the days from ``first`` to ``last`` and says which of them differ from the plain week: ranges that are
off, single weekend days that are worked. Time zone and end of day stand in the file so that it reads as a record of
its own; no other than +08:00 and 24:00 is accepted. What it does NOT do: check a notice against the government's text;
the source stands in the file for that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from pathlib import Path

from contracts import document
from contracts.calendar.dates import date_of, number_of
from contracts.calendar.rules import MAX_FREE, MAX_SPAN, MAX_WORKED, SetSpan, State, pattern, set_span
from contracts.document import Document, Table
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from ledger.hashing import tagged

VERSION = 1


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice. title: Chinese and English; off and worked: ascending, inside first..last."""

    title: tuple[str, str]
    issuer: str
    source: str
    first: date
    last: date
    off: tuple[date, ...]
    worked: tuple[date, ...]

    @property
    def digest(self) -> bytes:
        """The 32 bytes that stand on chain: over the content, not over spaces and comments of the file."""
        days: dict[str, JsonValue] = {
            "off": [str(day) for day in self.off],
            "worked": [str(day) for day in self.worked],
        }
        content: dict[str, JsonValue] = {
            "version": VERSION, "zh": self.title[0], "en": self.title[1], "issuer": self.issuer,
            "source": self.source, "utc_offset": "+08:00", "end_of_day": "24:00",
            "first": str(self.first), "last": str(self.last), **days,
        }  # fmt: skip
        return tagged("SHUXIN-HOLIDAYS-V1", canonical.encode(content))

    @property
    def span(self) -> SetSpan:
        """The call that puts this notice in force."""
        off, worked = (tuple(map(number_of, days)) for days in (self.off, self.worked))
        return SetSpan(number_of(self.first), number_of(self.last), off, worked, self.digest)


def shipped() -> tuple[Notice, ...]:
    """Return the notices that come with this package, by first day."""
    files = resources.files("contracts.calendar").joinpath("notices").iterdir()
    found = [read(file.read_bytes(), file.name) for file in files if file.name.endswith(".toml")]
    return tuple(sorted(found, key=lambda notice: notice.first))


def load(path: Path) -> Notice:
    """Read a notice from a file.

    Raises:
        NotFound: there is no such file. InvalidRecord: "file:line: what is wrong".
    """
    return read(document.load(path, "holiday notice"), str(path))


def read(data: bytes, file: str) -> Notice:
    """Read a notice from its bytes; raises InvalidRecord, "file:line: what is wrong"."""
    found = document.parse(data, file)
    found.root.only({"version"})
    if found.root.number("version", 1, 1 << 31) != VERSION:
        found.root.refuse(f"version must be {VERSION}", "version")
    found.only({"notice"}, {"off", "worked"})
    head = found.one("notice")
    first, last = _extent(head)
    off, worked = _ranges(found, first, last), _days(found, first, last)
    notice = Notice(head.pair("title"), head.text("issuer"), head.text("source"), first, last, off, worked)
    try:
        pattern(notice.span)
    except InvalidRecord as fault:
        head.refuse(str(fault))
    return notice


def merged(notices: Sequence[Notice]) -> State:
    """Return the calendar that notices give together.

    Raises:
        InvalidRecord: two of them cover the same day.
    """
    state = State()
    for notice in sorted(notices, key=lambda notice: notice.first):
        # The same span again would be its next version on chain; two files that claim it contradict each other.
        if twice := state.days.keys() & pattern(notice.span).keys():
            overlap = f"calendar: spans overlap: {date_of(min(twice))} is set already"
            raise InvalidRecord(f"{notice.title[1]}, from {notice.first}: {overlap}")
        state, _ = set_span(state, notice.span, 0)
    return state


def _extent(head: Table) -> tuple[date, date]:
    head.only({"title", "issuer", "source", "utc_offset", "end_of_day", "first", "last"})
    for key, only in (("utc_offset", "+08:00"), ("end_of_day", "24:00")):
        if head.text(key) != only:
            head.refuse(f"{key}: only {only} is law here, got {head.text(key)}", key)
    first, last = head.day("first"), head.day("last")
    if first.year < 1970 or not 0 <= (last - first).days < MAX_SPAN:
        head.refuse(f"a notice covers 1 to {MAX_SPAN} days, in order, after 1969", "last")
    return first, last


def _ranges(found: Document, first: date, last: date) -> tuple[date, ...]:
    days: list[date] = []
    for table in found.all("off"):
        table.only({"name", "from", "to"})
        table.pair("name")
        start, end = table.day("from"), table.day("to")
        if start > end:
            table.refuse(f"ends on {end}, before it begins", "to")
        _inside(table, "from", start, first, last)
        _inside(table, "to", end, first, last)
        listed = [date_of(number) for number in range(number_of(start), number_of(end) + 1)]
        _append(days, listed, table, "from", MAX_FREE)
    return tuple(days)


def _days(found: Document, first: date, last: date) -> tuple[date, ...]:
    off = set(_ranges(found, first, last))
    days: list[date] = []
    for table in found.all("worked"):
        table.only({"name", "days"})
        table.pair("name")
        listed = sorted(table.days("days"))
        for day in listed:
            _inside(table, "days", day, first, last)
            if day.weekday() < 5:
                table.refuse(f"{day} is a weekday and needs no make-up", "days")
            if day in off:
                table.refuse(f"{day} is both off and worked", "days")
        _append(days, listed, table, "days", MAX_WORKED)
    return tuple(sorted(days))


def _append(days: list[date], more: Sequence[date], table: Table, key: str, limit: int) -> None:
    for day in more:
        if day in days:
            table.refuse(f"{day} appears twice", key)
        days.append(day)
    if days != sorted(days) and key == "from":
        table.refuse("ranges must be in order of time", key)
    if len(days) > limit:
        table.refuse(f"more than {limit} days", key)


def _inside(table: Table, key: str, day: date, first: date, last: date) -> None:
    if not first <= day <= last:
        table.refuse(f"{day} is outside {first} to {last}", key)
