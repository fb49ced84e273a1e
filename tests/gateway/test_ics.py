"""The iCalendar file: an independent reader finds in it what was put there, and no text breaks out of its field."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.calendar.dates import moment_of
from gateway.statute.observation.ics import Entry, encode
from ledger.errors import InvalidRecord

END = moment_of("2026-03-17")  # the end of the 16th
NAMED = Entry("request-1-answer@net.shuxin", END, "答复共享申请: sales / audit", "R10 (第21条); 逾期\n二, 三\\四")


def events(data: bytes) -> list[icalendar.Event]:
    return [part for part in icalendar.Calendar.from_ical(data).walk() if part.name == "VEVENT"]


def test_an_independent_reader_finds_the_deadline_at_24_hours_of_its_day() -> None:
    (found,) = events(encode("Shuxin finance", [NAMED], END - 86_400))
    assert found["UID"] == NAMED.uid
    assert found.decoded("DTEND") == datetime(2026, 3, 17, tzinfo=found.decoded("DTEND").tzinfo)
    assert found.decoded("DTEND").utcoffset() == timedelta(hours=8)
    assert found.decoded("DTEND").timestamp() == END
    assert found.decoded("DTSTART") < found.decoded("DTEND")
    assert (str(found["SUMMARY"]), str(found["DESCRIPTION"])) == (NAMED.title, NAMED.text)
    assert found.decoded("DTSTAMP") == datetime.fromtimestamp(END - 86_400, UTC)
    assert [alarm.decoded("TRIGGER") for alarm in found.walk("VALARM")] == [timedelta(days=-1)]


@pytest.mark.parametrize(
    ("runs", "ahead"),
    [
        (30, timedelta(minutes=1)),
        (3601, timedelta(minutes=15)),
        (86_400, timedelta(hours=6)),
        (10 * 86_400, timedelta(days=1)),
    ],
)
def test_the_reminder_of_a_short_time_comes_in_its_last_quarter(runs: int, ahead: timedelta) -> None:
    entry = Entry("window-1-sign-case@net.shuxin", END, "签署一窗办件", "", since=END - runs)
    (found,) = events(encode("Shuxin finance", [entry], END - runs))
    assert [alarm.decoded("TRIGGER") for alarm in found.walk("VALARM")] == [-ahead]


def test_the_file_defines_its_zone_and_every_line_is_short_and_ends_as_the_standard_says() -> None:
    data = encode("名" * 60, [NAMED] * 3, END)
    zones = [part for part in icalendar.Calendar.from_ical(data).walk() if part.name == "VTIMEZONE"]
    assert [zone["TZID"] for zone in zones] == ["Asia/Shanghai"]
    assert data.endswith(b"END:VCALENDAR\r\n")
    lines = data.split(b"\r\n")[:-1]
    assert max(map(len, lines)) <= 75
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    for line in lines:
        line.decode()  # no character is cut in two


def test_the_same_deadlines_give_the_same_bytes_and_an_empty_list_a_valid_calendar() -> None:
    assert encode("x", [NAMED], END) == encode("x", [NAMED], END)
    assert events(encode("x", [], END)) == []


@pytest.mark.parametrize("uid", ["a b", "名", "a\r\nATTENDEE:x"])
def test_a_uid_that_could_break_the_line_is_refused(uid: str) -> None:
    with pytest.raises(InvalidRecord, match="is no UID"):
        Entry(uid, END, "t", "x")


@settings(deadline=None, max_examples=60)
@given(st.text(min_size=1, max_size=200), st.text(max_size=300))
def test_no_text_breaks_out_of_its_field(title: str, text: str) -> None:
    data = encode("x", [Entry("u@n", END, title, text)], END)
    (found,) = events(data)
    assert set(found.keys()) == {
        "UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "DESCRIPTION", "TRANSP",
    }  # fmt: skip
    printable = "".join(char for char in "\n".join(title.splitlines()) if char.isprintable() or char in "\t\n")
    assert str(found["SUMMARY"]) == printable
