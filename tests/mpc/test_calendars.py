"""Dates in declared columns: written in one of two calendars, days since 1970 inside."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import duckdb
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidRecord
from mpc.spec.parts import Interval
from mpc.tables.calendars import Calendar, day, days
from mpc.tables.schema import Integer, Schema
from mpc.tables.table import Table

GOOD = [
    (Calendar.ISO, "1970-01-01", 0),
    (Calendar.ISO, "2024-02-29", 19782),
    (Calendar.ISO, "1899-12-31", -25568),
    (Calendar.ROC, "113/02/29", 19782),
    (Calendar.ROC, "113-02-29", 19782),
    (Calendar.ROC, "113.02.29", 19782),
    (Calendar.ROC, "1130229", 19782),
    (Calendar.ROC, "59/01/01", 0),
]
BAD = [
    (Calendar.ISO, "2023-02-29"),
    (Calendar.ISO, "2024-2-29"),
    (Calendar.ISO, " 2024-02-29"),
    (Calendar.ISO, "2024/02/29"),
    (Calendar.ISO, "2024-02-29 00:00:00"),
    (Calendar.ISO, "２０２４-02-29"),
    (Calendar.ROC, "112/02/29"),
    (Calendar.ROC, "113/13/01"),
    (Calendar.ROC, "2024-02-29"),
    (Calendar.ROC, "民國113年2月29日"),
    (Calendar.ROC, ""),
]
PERIOD = {"day": Integer(days(date(2020, 1, 1)), days(date(2024, 12, 31)), calendar=Calendar.ROC)}


@pytest.mark.parametrize(("calendar", "text", "number"), GOOD)
def test_a_date_is_read_alike_here_and_in_the_table(calendar: Calendar, text: str, number: int) -> None:
    assert calendar.read(text) == number == in_table(calendar, text)


@pytest.mark.parametrize(("calendar", "text"), BAD)
def test_what_is_no_date_of_the_calendar_is_refused_alike(calendar: Calendar, text: str) -> None:
    assert calendar.read(text) is None
    assert in_table(calendar, text) is None


@given(st.sampled_from(Calendar), st.dates(date(1912, 1, 1), date(2910, 12, 31)))
def test_what_is_written_is_read_again(calendar: Calendar, found: date) -> None:
    assert calendar.read(calendar.write(days(found))) == days(found)
    assert day(days(found)) == found


def test_dates_beyond_the_calendar_are_no_bounds() -> None:
    with pytest.raises(InvalidRecord, match="outside the years 1 to 999"):
        Integer(days(date(1911, 12, 31)), 0, calendar=Calendar.ROC)
    with pytest.raises(InvalidRecord, match="outside the years"):
        Integer(0, 1 << 40, calendar=Calendar.ISO)
    with pytest.raises(InvalidRecord, match="no scale"):
        Integer(0, 1, scale=2, calendar=Calendar.ISO)


def test_a_table_with_dates_counts_and_filters_by_days(tmp_path: Path) -> None:
    table = read(tmp_path, "109/01/01\n1130229\n113/12/31\n")
    assert list(table.values(["day"], [Interval("day", days(date(2024, 1, 1)), None)])) == [19782, 20088]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("112/02/29", "line 3: column 'day' is not a date (roc)"),
        ("114/01/01", "line 3: column 'day' is outside the declared 109/01/01..113/12/31"),
    ],
)
def test_a_faulty_date_is_named_by_line_and_column_and_not_repeated(tmp_path: Path, row: str, said: str) -> None:
    with pytest.raises(InvalidRecord) as refused:
        read(tmp_path, f"109/01/01\n{row}\n")
    assert said in str(refused.value)
    assert row not in str(refused.value)


def read(home: Path, rows: str) -> Table:
    (home / "t.csv").write_text("day\n" + rows)
    return Table(home / "t.csv", Schema(PERIOD))


def in_table(calendar: Calendar, text: str) -> int | None:
    with duckdb.connect() as db:
        (found,) = db.execute(f"SELECT {calendar.sql('x')} FROM (SELECT ?::VARCHAR AS x)", [text]).fetchone()
        return found
