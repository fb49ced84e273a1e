"""Holiday notices: what is shipped is what the State Council announced, and a broken file is refused with its line."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from verdict import verdict

from contracts.calendar.dates import date_of, moment_of, number_of
from contracts.calendar.notice import load, merged, read, shipped
from ledger.errors import InvalidRecord, NotFound

TEXT = """version = 1

[notice]
title = { zh = "放假安排", en = "Holidays" }
issuer = "a ministry"
source = "its notice"
utc_offset = "+08:00"
end_of_day = "24:00"
first = 2025-09-26
last = 2025-10-16

[[off]]
name = { zh = "国庆节", en = "National Day" }
from = 2025-10-01
to = 2025-10-08

[[worked]]
name = { zh = "补班", en = "made up" }
days = [2025-09-28, 2025-10-11]
"""


def changed(old: str, new: str) -> bytes:
    assert TEXT.count(old) == 1
    return TEXT.replace(old, new).encode()


def test_the_shipped_notice_of_2025_has_the_national_day_off_and_two_days_made_up() -> None:
    found = next(notice for notice in shipped() if notice.first.year == 2025)
    autumn = range(number_of(date(2025, 9, 26)), number_of(date(2025, 10, 17)))
    assert [day for day in found.off if day.month == 10] == [date(2025, 10, day) for day in range(1, 9)]
    assert found.worked[-2:] == (date(2025, 9, 28), date(2025, 10, 11))
    days = merged((found,)).days
    assert [date_of(day) for day in autumn if days[day]] == [
        *(date(2025, 9, day) for day in (26, 28, 29, 30)),
        *(date(2025, 10, day) for day in (9, 10, 11, 13, 14, 15, 16)),
    ]


@pytest.mark.parametrize(
    ("year", "off", "worked", "working"),
    [(2024, 28, 8, 251), (2025, 28, 5, 248), (2026, 33, 6, 248)],
)
def test_a_shipped_year_is_whole_and_has_the_days_the_notice_counts(
    year: int, off: int, worked: int, working: int
) -> None:
    found = next(notice for notice in shipped() if notice.first.year == year)
    assert (found.first, found.last) == (date(year, 1, 1), date(year, 12, 31))
    assert (len(found.off), len(found.worked)) == (off, worked)
    # 365 or 366 less weekends and days off, weekends among these counted once, and the made-up days back
    assert sum(merged((found,)).days.values()) == working


def test_the_shipped_years_follow_each_other_and_name_notice_and_address() -> None:
    found = shipped()
    assert [notice.first.year for notice in found] == [2024, 2025, 2026]
    assert len(merged(found).days) == 366 + 365 + 365
    for notice in found:
        assert f"国办发明电〔{notice.first.year - 1}〕" in notice.source
        assert "https://www.gov.cn/zhengce/zhengceku/" in notice.source


def test_the_digest_is_over_the_content_not_over_comments() -> None:
    plain = read(TEXT.encode(), "f.toml")
    assert read(b"# a comment\n" + TEXT.encode(), "f.toml").digest == plain.digest
    assert read(changed("2025-10-11]", "]"), "f.toml").digest != plain.digest
    assert read(changed('"its notice"', '"hearsay"'), "f.toml").digest != plain.digest


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (changed("version = 1", "version = 2"), "f.toml:1: version must be 1"),
        (changed("version = 1", 'version = 1\nauthor = "me"'), "f.toml:2: unknown key 'author'"),
        (changed('"+08:00"', '"+07:00"'), "f.toml:7: utc_offset: only +08:00 is law here, got +07:00"),
        (changed('"24:00"', '"17:30"'), "f.toml:8: end_of_day: only 24:00 is law here, got 17:30"),
        (changed("last = 2025-10-16", "last = 2025-09-25"), "f.toml:10: a notice covers 1 to 366 days"),
        (changed("last = 2025-10-16", "last = 2026-09-27"), "f.toml:10: a notice covers 1 to 366 days"),
        (changed("first = 2025-09-26", "first = 2025-02-29"), "f.toml:9: "),
        (changed("first = 2025-09-26", 'first = "2025-09-26"'), "f.toml:9: first: expected days"),
        (changed("to = 2025-10-08", "to = 2025-09-30"), "f.toml:15: ends on 2025-09-30, before it begins"),
        (changed("to = 2025-10-08", "to = 2025-10-17"), "f.toml:15: 2025-10-17 is outside"),
        (changed("2025-10-11]", "2025-10-18]"), "f.toml:19: 2025-10-18 is outside"),
        (changed("2025-10-11]", "2025-10-13]"), "f.toml:19: 2025-10-13 is a weekday and needs no make-up"),
        (changed("2025-10-11]", "2025-10-04]"), "f.toml:19: 2025-10-04 is both off and worked"),
        (changed("2025-10-11]", "2025-09-28]"), "f.toml:19: 2025-09-28 appears twice"),
        (TEXT.encode() + b"\n[[holiday]]\nx = 1\n", "f.toml:21: unknown table 'holiday'"),
        (b"version = 1\n", "f.toml:1: table [notice] missing"),
    ],
)
def test_a_broken_notice_is_refused_with_file_and_line(data: bytes, reason: str) -> None:
    with pytest.raises(InvalidRecord) as refusal:
        read(data, "f.toml")
    assert str(refusal.value).startswith(reason)


def test_ranges_that_overlap_or_run_backwards_are_refused() -> None:
    again = '\n[[off]]\nname = { zh = "又", en = "again" }\nfrom = %s\nto = %s\n'
    with pytest.raises(InvalidRecord, match=r"f.toml:23: 2025-10-08 appears twice"):
        read((TEXT + again % ("2025-10-08", "2025-10-09")).encode(), "f.toml")
    with pytest.raises(InvalidRecord, match=r"f.toml:23: ranges must be in order"):
        read((TEXT + again % ("2025-09-29", "2025-09-30")).encode(), "f.toml")
    assert read((TEXT + again % ("2025-10-09", "2025-10-09")).encode(), "f.toml").off[-1] == date(2025, 10, 9)


def test_notices_that_cover_the_same_day_are_refused() -> None:
    one = read(TEXT.encode(), "f.toml")
    later = changed("first = 2025-09-26", "first = 2025-09-27")
    with pytest.raises(InvalidRecord, match="Holidays, from 2025-09-27: calendar: spans overlap: 2025-09-27 is set"):
        merged((one, read(later, "g.toml")))


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="no such holiday notice"):
        load(tmp_path / "2027.toml")
    (tmp_path / "2025.toml").write_text(TEXT, encoding="utf-8")
    assert load(tmp_path / "2025.toml") == read(TEXT.encode(), "f.toml")


def test_a_file_beyond_the_limit_is_not_taken_in(tmp_path: Path) -> None:
    (tmp_path / "2025.toml").write_text(TEXT + "#" * (1 << 20), encoding="utf-8")
    with pytest.raises(InvalidRecord, match="at most 1048576 bytes"):
        load(tmp_path / "2025.toml")


@given(st.integers(0, len(TEXT.encode()) - 1), st.integers(0, 255))
def test_a_changed_byte_raises_only_invalid_record(at: int, byte: int) -> None:
    data = bytearray(TEXT.encode())
    data[at] = byte
    _, reason = verdict(lambda: read(bytes(data), "f.toml"), refusal=InvalidRecord)
    assert not reason or reason.startswith("f.toml:")


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("yesterday", "expected 2025-09-26"),
        ("2025-09-26T09:00:00", "has no time zone"),
        ("1969-12-31", "before 1970"),
        ("2025-02-30", "expected 2025-09-26"),
        ("0001-01-01T00:00:00+08:00", "is "),
    ],
)
def test_a_moment_without_zone_or_meaning_is_refused(text: str, reason: str) -> None:
    with pytest.raises(InvalidRecord, match=reason):
        moment_of(text)


def test_a_date_is_its_first_second_here() -> None:
    assert moment_of("2025-09-26") == moment_of("2025-09-25T16:00:00Z") == moment_of("2025-09-26T00:00:00+08:00")
    with pytest.raises(InvalidRecord, match="before 1970"):
        number_of(date(1969, 12, 31))
    with pytest.raises(InvalidRecord, match="no date"):
        date_of(1 << 40)
