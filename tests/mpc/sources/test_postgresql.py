"""A table in PostgreSQL: streamed by a server-side cursor, read only, with a password that appears nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import postgresserver
import pytest
from sqlalchemy import URL

from ledger.errors import BackendError
from mpc.sources import reading, snapshot
from mpc.sources.address import Address, Password
from mpc.spec.parts import Interval
from mpc.tables.calendars import Calendar, days
from mpc.tables.schema import Integer, Schema, Text
from mpc.tables.table import Table

psycopg = pytest.importorskip("psycopg")
PROGRAMS = postgresserver.programs()
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PROGRAMS is None, reason="no PostgreSQL server is installed (Debian: postgresql)"),
]
SECRET = "correct-horse-battery"
WORD = {"REGISTRY_PASSWORD": SECRET}
SCHEMA = Schema(
    {
        "permit": Text("[0-9]{6}"),
        "fee": Integer(0, 10_000_000, 2, nullable=True),
        "day": Integer(days(date(2020, 1, 1)), days(date(2024, 12, 31)), calendar=Calendar.ROC),
    },
    unique="permit",
    rows=100_000,
)
TABLE = """
CREATE SCHEMA office; SET search_path TO office;
CREATE TABLE permits (permit text, fee numeric(9, 2), day date, owner text);
INSERT INTO permits SELECT lpad(n::text, 6, '0'), CASE WHEN n % 10 > 0 THEN n / 100.0 END,
    DATE '2020-01-01' + n % 1000, 'Lin' FROM generate_series(1, 50000) n;
CREATE FUNCTION spoil() RETURNS text LANGUAGE sql AS 'DELETE FROM office.permits RETURNING owner';
"""


@pytest.fixture(scope="module")
def place() -> Iterator[URL]:
    assert PROGRAMS is not None
    with postgresserver.server(PROGRAMS, SECRET) as socket:
        url = URL.create("postgresql+psycopg", "owner", database="postgres", query={"host": socket})
        with psycopg.connect(host=socket, user="owner", password=SECRET, dbname="postgres") as connection:
            connection.execute(TABLE)
        yield url


def source(place: URL, **chosen: object) -> Address:
    return Address(place, Password("REGISTRY_PASSWORD"), **({"table": "office.permits"} | chosen))


def test_a_snapshot_of_a_table_is_read_as_any_file(place: URL, tmp_path: Path) -> None:
    target = tmp_path / "permits.parquet"
    found = snapshot.take("permits", source(place), SCHEMA, target, datetime.now(UTC), WORD)
    assert found.rows == 50_000
    table = Table(target, SCHEMA)
    assert table.values(["fee"], [Interval("fee", None, None)]).sum() == sum(n for n in range(1, 50_001) if n % 10)
    assert table.values(["day"], []).max() == days(date(2022, 9, 26))
    assert SECRET.encode() not in target.read_bytes() + target.with_suffix(".json").read_bytes()


def test_a_select_with_casts_is_passed_on_as_it_stands(place: URL) -> None:
    chosen = "SELECT permit::text, fee, day FROM office.permits WHERE owner LIKE 'L%' AND fee < 1::numeric"
    batches = reading.stream("permits", source(place, table="", select=chosen), SCHEMA.columns, WORD)
    rows = [list(row) for batch in batches for row in zip(*batch, strict=True)]
    assert rows[0] == ["000001", "0.01", "109/01/02"]
    assert len(rows) == 90


def test_a_select_that_calls_what_writes_is_stopped_by_the_transaction(place: URL) -> None:
    chosen = "SELECT office.spoil() AS permit, NULL AS fee, NULL AS day"
    with pytest.raises(BackendError, match=r"ReadOnlySqlTransaction, SQLSTATE 25006$"):
        list(reading.stream("permits", source(place, table="", select=chosen), SCHEMA.columns, WORD))


def test_a_statement_ends_with_its_time(place: URL) -> None:
    chosen = "SELECT pg_sleep(30)::text AS permit, NULL AS fee, NULL AS day"
    with pytest.raises(BackendError, match=r"QueryCanceled, SQLSTATE 57014$"):
        list(reading.stream("permits", source(place, table="", select=chosen, timeout_s=1), SCHEMA.columns, WORD))


def test_a_wrong_password_is_neither_accepted_nor_repeated(place: URL) -> None:
    with pytest.raises(BackendError) as refused:
        list(reading.stream("permits", source(place), SCHEMA.columns, {"REGISTRY_PASSWORD": "not-" + SECRET}))
    assert str(refused.value).startswith("asset permits: its source cannot be read: OperationalError")
    assert SECRET not in str(refused.value)
    assert refused.value.__cause__ is None
