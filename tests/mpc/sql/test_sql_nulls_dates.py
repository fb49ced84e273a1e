"""Queries over columns that may be empty and over dates give what SQL gives over the pooled rows, or are refused."""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import duckdb
import pytest
from pooledtables import ASKING

from mpc.spec.parts import Interval, OneOf
from mpc.sql import samples, tables, trial
from mpc.sql.answering import rows as answering
from mpc.sql.planning import exact
from mpc.sql.planning import plan as planning
from mpc.sql.reading import text as reading
from mpc.sql.refusal import Reason, Unanswerable
from mpc.tables.calendars import Calendar, days
from mpc.tables.forms import Form
from mpc.tables.schema import Integer, Schema, Text
from mpc.tables.table import Table

FIRST, LAST = date(2019, 5, 1), date(2022, 8, 31)
ASSETS = ("permits-1", "permits-2", "permits-3")
FORMED = Text("[a-z0-9]{1,9}", nullable=True, form=Form.NFKC_STRIP_LOWER)


def schema(calendar: Calendar) -> Schema:
    """One owner writes dates in one calendar, another in the other."""
    columns = {
        "district": Text("north|south"),
        "kind": FORMED,
        "fee": Integer(0, 100_000, 2, nullable=True),
        "area": Integer(0, 500, nullable=True),
        "number": Integer(0, 99),
        "day": Integer(days(FIRST), days(LAST), calendar=calendar),
        "closed": Integer(days(FIRST), days(LAST), nullable=True, calendar=calendar),
    }
    return Schema(columns, groups=("district",), rows=1000)


SCHEMAS = dict(zip(ASSETS, map(schema, (Calendar.ISO, Calendar.ROC, Calendar.ISO)), strict=True))


class Pool:
    """Three departments' permits in files, and the same rows in one database."""

    def __init__(self, home: Path) -> None:
        chance = random.Random(11)
        self._home, self._db = home, duckdb.connect()
        self._db.execute(
            "CREATE TABLE permits (district VARCHAR, kind VARCHAR, fee DECIMAL(9, 2), area INTEGER, number INTEGER, "
            "day DATE, closed DATE)"
        )
        for number, asset in enumerate(ASSETS, 1):
            write = SCHEMAS[asset].columns["day"].calendar.write
            (home / f"p{number}{tables.SUFFIX}").write_text(
                tables.describe(f"department-{number}", asset, SCHEMAS[asset], {})
            )
            with (home / f"{asset}.csv").open("w", newline="") as file:
                out = csv.writer(file)
                out.writerow(SCHEMAS[asset].columns)
                for row in self._rows(chance):
                    self._db.execute(f"INSERT INTO permits VALUES ({', '.join('?' * 7)})", row)
                    kind = row[1] and chance.choice([row[1], row[1].upper() + " ", "\uff41" + row[1][1:]])
                    dated = [None if found is None else write(days(found)) for found in row[5:]]
                    out.writerow([row[0], kind, *row[2:5], *dated])
        names = ", ".join(f'"permits_{number}"' for number in (1, 2, 3))
        (home / tables.JOINT).write_text(f"version = 1\n[joint]\npermits = [{names}]\n")
        self.tables = tables.load(home)

    def plan(self, sql: str) -> planning.Plan:
        return exact.plan(reading.read(sql, self.tables), ASKING)

    def ask(self, sql: str) -> list[tuple[object, ...]]:
        plan = self.plan(sql)
        released = [trial.release(job, self._open) for job in plan.jobs]
        return [tuple(map(answering.plain, row)) for row in answering.answer(plan, released).rows]

    def pooled(self, sql: str) -> list[tuple[object, ...]]:
        return [tuple(map(_plain, row)) for row in self._db.execute(sql).fetchall()]

    def _rows(self, chance: random.Random) -> Iterator[tuple[object, ...]]:
        for place in range(240):
            day = FIRST + timedelta(chance.randrange((LAST - FIRST).days + 1))
            empty = [chance.random() < share for share in (0.1, 0.2, 0.3, 0.2)]
            kind = None if empty[0] else chance.choice(["apple", "axle"])
            fee = None if empty[1] else chance.randrange(100_001) / 100
            area = None if empty[2] else chance.randrange(501)
            closed = None if empty[3] else min(LAST, day + timedelta(chance.randrange(90)))
            yield ["north", "south"][place % 2], kind, fee, area, chance.randrange(100), day, closed

    def _open(self, asset: str) -> Table:
        return Table(self._home / f"{asset}.csv", SCHEMAS[asset])


def _plain(value: object) -> object:
    return str(value)[:10] if isinstance(value, date) else value


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    return Pool(Path(tmp_path_factory.mktemp("pool")))


SAME = [
    "SELECT count(*), avg(number) FROM permits",
    "SELECT count(fee), sum(fee), avg(fee), var_pop(fee) FROM permits",
    "SELECT count(area), sum(area) FROM permits WHERE district = 'north'",
    "SELECT district, count(fee) AS n, avg(fee) FROM permits GROUP BY district HAVING n > 10 ORDER BY 1",
    "SELECT count(*), sum(number) FROM permits WHERE fee > 300",
    "SELECT count(*), avg(fee), avg(number) FROM permits WHERE fee IS NOT NULL",
    "SELECT corr(fee, area) FROM permits",
    "SELECT corr(fee, area), count(*), avg(fee) FROM permits WHERE fee IS NOT NULL AND NOT area IS NULL",
    "SELECT count(*) FROM permits WHERE number IS NOT NULL",
    "SELECT count(*) FROM permits WHERE kind = 'apple' AND fee <= 900",
    "SELECT count(*) FROM permits WHERE kind IN ('apple', 'axle')",
    "SELECT CASE WHEN fee < 200 THEN 'low' ELSE 'high' END AS c, count(*) FROM permits WHERE fee IS NOT NULL "
    "GROUP BY c ORDER BY c",
    "SELECT count(*) FROM permits WHERE day >= DATE '2020-03-01' AND day < '2021-03-01'",
    "SELECT count(*) FROM permits WHERE day BETWEEN CAST('2020-01-01' AS DATE) AND DATE '2020-12-31'",
    "SELECT avg(number) FROM permits WHERE DATE '2021-06-30' >= day",
    "SELECT count(*) FROM permits WHERE year(day) = 2020",
    "SELECT count(*) FROM permits WHERE extract(year FROM day) > 2020 AND year(day) <= 2022",
    "SELECT count(*) FROM permits WHERE year(day) IN (2021, 2020) AND 2021 > year(day)",
    "SELECT count(*) FROM permits WHERE NOT year(day) < 2020 AND year(day) BETWEEN 2019 AND 2021",
    "SELECT count(*) FROM permits WHERE date_trunc('quarter', day) = DATE '2020-04-01'",
    "SELECT count(*) FROM permits WHERE date_trunc('month', day) >= DATE '2022-02-01'",
    "SELECT count(closed) FROM permits WHERE closed > DATE '2020-01-01'",
    "SELECT year(day) AS y, count(*) FROM permits GROUP BY y ORDER BY y",
    "SELECT year(p.day), count(*) FROM permits p GROUP BY year(day) HAVING year(day) > 2019 ORDER BY 1 DESC",
    "SELECT district, extract(year FROM day), count(*) FROM permits WHERE year(day) BETWEEN 2020 AND 2021 "
    "GROUP BY 1, 2 ORDER BY 1, 2",
    "SELECT date_trunc('quarter', day) AS q, count(*) FROM permits WHERE day >= '2021-01-01' GROUP BY q ORDER BY q",
    "SELECT date_trunc('month', day), count(*) FROM permits WHERE year(day) = 2020 GROUP BY 1 ORDER BY 2 DESC, 1",
    "SELECT year(closed), count(*) FROM permits WHERE closed IS NOT NULL GROUP BY 1 ORDER BY 1",
]


@pytest.mark.parametrize("sql", SAME)
def test_the_answer_is_that_of_the_pooled_rows(pool: Pool, sql: str) -> None:
    ours, theirs = pool.ask(sql), pool.pooled(sql)
    assert len(ours) == len(theirs) > 0
    for own, other in zip(ours, theirs, strict=True):
        assert [pytest.approx(float(v)) if not isinstance(v, str) else v for v in own] == [
            float(v) if not isinstance(v, str) else v for v in other
        ]


REFUSED = [
    ("SELECT count(*), count(fee) FROM permits", Reason.NULLS),
    ("SELECT count(*), avg(fee) FROM permits", Reason.NULLS),
    ("SELECT sum(fee), sum(number) FROM permits", Reason.NULLS),
    ("SELECT corr(fee, area), avg(fee) FROM permits", Reason.NULLS),
    ("SELECT district, count(*) FROM permits GROUP BY district ORDER BY sum(fee)", Reason.NULLS),
    ("SELECT count(*) FROM permits WHERE fee IS NULL", Reason.NULL_ROWS),
    ("SELECT count(*) FROM permits WHERE fee = NULL", Reason.NULL_VALUE),
    ("SELECT count(*) FROM permits WHERE kind NOT IN ('apple', NULL)", Reason.NULL_VALUE),
    ("SELECT count(*) FROM permits WHERE number IN (1, NULL)", Reason.NULL_VALUE),
    ("SELECT count(*) FROM permits WHERE kind IS NOT NULL", Reason.NULL_TEXT),
    ("SELECT count(kind) FROM permits", Reason.NULL_TEXT),
    ("SELECT count(*) FROM permits WHERE kind <> 'apple'", Reason.GROUP_VALUES),
    ("SELECT CASE WHEN fee < 9 THEN 'l' ELSE 'h' END c, count(*) FROM permits GROUP BY c", Reason.NULL_CLASS),
    ("SELECT year(closed), count(*) FROM permits GROUP BY 1", Reason.NULL_CLASS),
    ("SELECT count(*) FROM permits WHERE month(day) = 3", Reason.DATE_PART),
    ("SELECT extract(quarter FROM day), count(*) FROM permits GROUP BY 1", Reason.DATE_PART),
    ("SELECT date_trunc('week', day), count(*) FROM permits GROUP BY 1", Reason.DATE_PART),
    ("SELECT year(number), count(*) FROM permits GROUP BY 1", Reason.TYPE),
    ("SELECT count(*) FROM permits WHERE year(number) = 3", Reason.TYPE),
    ("SELECT count(*) FROM permits WHERE day > 2020", Reason.DATE),
    ("SELECT count(*) FROM permits WHERE day = DATE '2021-02-29'", Reason.DATE),
    ("SELECT count(*) FROM permits WHERE year(day) = '2020'", Reason.DATE),
    ("SELECT count(*) FROM permits WHERE date_trunc('month', day) = DATE '2020-02-02'", Reason.DATE),
    ("SELECT count(*) FROM permits WHERE year(day) IN (2019, 2021)", Reason.CONDITION),
    ("SELECT count(*) FROM permits WHERE year(day) <> 2020", Reason.CONDITION),
    ("SELECT avg(day) FROM permits", Reason.TYPE),
    ("SELECT year(day) FROM permits", Reason.ROWS),
    ("SELECT year(day), sum(fee) FROM permits WHERE fee > 1 GROUP BY 1", Reason.CLASSES_OF_OTHER),
    ("SELECT year(day), count(*) FROM permits WHERE day > DATE '2023-01-01' GROUP BY 1", Reason.EMPTY),
]


@pytest.mark.parametrize(("sql", "reason"), REFUSED)
def test_what_would_tell_few_rows_apart_or_is_no_range_is_refused(pool: Pool, sql: str, reason: Reason) -> None:
    with pytest.raises(Unanswerable) as refused:
        pool.plan(sql)
    assert refused.value.reason is reason


def test_the_job_says_that_rows_without_a_value_are_left_out(pool: Pool) -> None:
    (job,) = pool.plan("SELECT avg(fee) FROM permits").jobs
    assert job.filters == (Interval("fee", None, None),)
    (job,) = pool.plan("SELECT avg(fee) FROM permits WHERE fee < 10").jobs
    assert job.filters == (Interval("fee", None, 1000),)
    (job,) = pool.plan("SELECT avg(number) FROM permits WHERE number IS NOT NULL").jobs
    assert job.filters == ()


def test_a_count_of_all_rows_is_asked_over_a_column_that_is_never_empty(pool: Pool) -> None:
    (job,) = pool.plan("SELECT count(*) FROM permits").jobs
    assert job.value.column == "number"


def test_a_text_in_a_query_is_brought_into_the_columns_form(pool: Pool) -> None:
    (job,) = pool.plan("SELECT count(*) FROM permits WHERE kind = ' \uff21pple'").jobs
    assert job.filters == (OneOf("kind", ("apple",)),)


def test_a_description_says_what_the_owner_declared(pool: Pool) -> None:
    assert [pool.tables.owned[asset.replace("-", "_")].schema for asset in ASSETS] == [SCHEMAS[a] for a in ASSETS]


def test_too_many_periods_are_refused_before_a_job_is_laid_out(pool: Pool, tmp_path: Path) -> None:
    long = Schema({"day": Integer(0, days(date(2024, 1, 1)), calendar=Calendar.ISO)}, rows=9)
    for number in (1, 2, 3):
        (tmp_path / f"{number}{tables.SUFFIX}").write_text(tables.describe(f"d-{number}", f"a-{number}", long, {}))
    (tmp_path / tables.JOINT).write_text('version = 1\n[joint]\na = ["a_1", "a_2", "a_3"]\n')
    with pytest.raises(Unanswerable) as refused:
        reading.read("SELECT date_trunc('month', day), count(*) FROM a GROUP BY 1", tables.load(tmp_path))
    assert refused.value.reason is Reason.PERIODS


def test_invented_rows_keep_declarations_of_dates(pool: Pool, tmp_path: Path) -> None:
    owned = pool.tables.owned["permits_2"]
    samples.Sampler(50).write(owned, tmp_path / "s.csv")
    assert Table(tmp_path / "s.csv", owned.schema).rows == 50
