"""Tables in a database become one checked file: SQLite here, a private PostgreSQL server where one is installed."""

from __future__ import annotations

import sqlite3
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pyarrow import parquet
from sqlalchemy import make_url
from sqlalchemy.exc import DatabaseError

from ledger.errors import BackendError, InvalidRecord, NotFound
from mpc.node.attempts import origin
from mpc.section import Section
from mpc.sources import address, reading, snapshot
from mpc.sources.address import Address, Password
from mpc.spec.parts import Interval
from mpc.tables.calendars import Calendar, days
from mpc.tables.schema import Integer, Schema, Text
from mpc.tables.table import Table

SECRET = "correct-horse-battery"
NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
SCHEMA = Schema(
    {
        "permit": Text("[0-9]{4}"),
        "fee": Integer(0, 100_000, 2, nullable=True),
        "day": Integer(days(date(2020, 1, 1)), days(date(2024, 12, 31)), calendar=Calendar.ROC),
    },
    unique="permit",
    rows=40_000,
)


@pytest.fixture
def registry(tmp_path: Path) -> Path:
    path = tmp_path / "registry.db"
    with sqlite3.connect(path) as db:
        db.execute("CREATE TABLE permits (permit TEXT, fee NUMERIC, day DATE, owner TEXT)")
        rows = [("0001", 12.5, "109/03/01", "Lin"), ("0002", None, "1130229", "Chen"), ("0003", 7, "110/01/01", "Wu")]
        db.executemany("INSERT INTO permits VALUES (?, ?, ?, ?)", rows)
    return path


def lying_in(path: Path, **chosen: object) -> Address:
    return Address(make_url(f"sqlite:///{path}"), None, **({"table": "permits"} | chosen))


def take(home: Path, source: Address, schema: Schema = SCHEMA) -> Path:
    target = home / "state" / "sources" / "permits.parquet"
    snapshot.take("permits", source, schema, target, NOW, {})
    return target


def test_a_snapshot_holds_the_declared_columns_and_is_read_as_any_table(tmp_path: Path, registry: Path) -> None:
    target = take(tmp_path, lying_in(registry))
    assert parquet.read_schema(target).names == ["permit", "fee", "day"]  # the owner's name stays in the database
    table = Table(target, SCHEMA)
    assert table.rows == 3
    assert list(table.values(["fee"], [Interval("fee", None, None)])) == [1250, 700]
    assert list(table.values(["day"], [])) == [days(date(2020, 3, 1)), days(date(2024, 2, 29)), days(date(2021, 1, 1))]
    assert target.stat().st_mode & 0o077 == 0


def test_a_select_gives_columns_names(tmp_path: Path, registry: Path) -> None:
    chosen = "SELECT substr(permit || ':1', 1, 4) AS permit, fee, day FROM permits WHERE owner <> 'Wu'"
    assert Table(take(tmp_path, lying_in(registry, table="", select=chosen)), SCHEMA).rows == 2


def test_the_version_is_named_by_its_bytes_and_changes_only_with_another_snapshot(
    tmp_path: Path, registry: Path
) -> None:
    target = take(tmp_path, lying_in(registry))
    with origin.unchanged(target) as digest:
        assert snapshot.taken("permits", target) == snapshot.Snapshot(3, digest, "2026-01-02T03:04:05+00:00")
    with sqlite3.connect(registry) as db:
        db.execute("DELETE FROM permits WHERE permit = '0003'")
    assert Table(target, SCHEMA).rows == 3
    take(tmp_path, lying_in(registry))
    assert Table(target, SCHEMA).rows == 2


def test_before_the_first_snapshot_one_is_asked_for(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="run: shuxin asset snapshot permits"):
        snapshot.taken("permits", tmp_path / "permits.parquet")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("UPDATE permits SET fee = 1000.01 WHERE permit = '0003'", "asset permits: row 3: column 'fee' holds a value"),
        ("UPDATE permits SET fee = 'free' WHERE permit = '0002'", "asset permits: row 2: column 'fee' holds a value"),
        ("UPDATE permits SET fee = x'00ff' WHERE permit = '0002'", "row 2: column 'fee' is of type bytes"),
        ("UPDATE permits SET fee = 9e999 WHERE permit = '0001'", "row 1: column 'fee' is of type float"),
        ("UPDATE permits SET permit = '0001'", "asset permits: row 3: column 'permit': the key stands"),
        ("UPDATE permits SET day = NULL WHERE permit = '0003'", "row 3: column 'day' holds a value"),
        ("DELETE FROM permits", "no rows"),
        ("ALTER TABLE permits RENAME COLUMN fee TO price", "cannot be read: OperationalError"),
    ],
)
def test_a_table_that_breaks_its_declaration_leaves_the_last_snapshot_in_force(
    tmp_path: Path, registry: Path, change: str, said: str
) -> None:
    target = take(tmp_path, lying_in(registry))
    before = target.read_bytes()
    with sqlite3.connect(registry) as db:
        db.execute(change)
    with pytest.raises((InvalidRecord, BackendError)) as refused:
        take(tmp_path, lying_in(registry))
    assert said in str(refused.value)
    assert not any(word in str(refused.value) for word in ("free", "1000.01", str(registry)))
    assert target.read_bytes() == before
    assert sorted(path.name for path in target.parent.iterdir()) == ["permits.json", "permits.parquet"]


def test_more_rows_than_declared_end_the_reading(tmp_path: Path, registry: Path) -> None:
    few = Schema(SCHEMA.columns, rows=2)
    with pytest.raises(InvalidRecord, match="more rows than the declared 2"):
        take(tmp_path, lying_in(registry), few)


def test_rows_come_in_batches_within_a_time(registry: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with sqlite3.connect(registry) as db:
        db.execute("DELETE FROM permits")
        db.executemany("INSERT INTO permits VALUES (?, 1, '109/03/01', '')", [(f"{n:05}",) for n in range(40_000)])
    batches = list(reading.stream("permits", lying_in(registry), SCHEMA.columns, {}))
    assert [len(batch[0]) for batch in batches] == [16384, 16384, 7232]
    times = iter([0.0, 1.0, 601.0])
    monkeypatch.setattr(reading.time, "monotonic", lambda: next(times))
    rows = reading.stream("permits", lying_in(registry), SCHEMA.columns, {})
    assert len(next(rows)[0]) == 16384
    with pytest.raises(BackendError, match="longer than 600 s"):
        next(rows)


def test_reading_writes_nothing_and_makes_no_database(tmp_path: Path, registry: Path) -> None:
    with reading.connected("permits", lying_in(registry), {}) as connection, pytest.raises(DatabaseError) as refused:
        connection.exec_driver_sql("DELETE FROM permits")
    assert "attempt to write a readonly database" in str(refused.value)
    with pytest.raises(BackendError, match="cannot be read: OperationalError"):
        take(tmp_path, lying_in(tmp_path / "absent.db"))
    assert not (tmp_path / "absent.db").exists()


@pytest.mark.parametrize(
    "select",
    [
        "DELETE FROM permits",
        "SELECT 1; DROP TABLE permits",
        "WITH gone AS (DELETE FROM permits RETURNING *) SELECT * FROM gone",
        "SELECT * INTO copy FROM permits",
        "SELECT * FROM permits FOR UPDATE",
        "PRAGMA query_only = OFF",
        "nonsense (",
    ],
)
def test_what_is_not_one_select_is_refused(select: str) -> None:
    with pytest.raises(InvalidRecord, match="one SELECT"):
        Address(make_url("sqlite:///x.db"), None, select=select)


@pytest.mark.parametrize(
    "url",
    [
        f"postgresql+psycopg://reader:{SECRET}@db/registry",
        f"postgresql+psycopg://reader@db/registry?password={SECRET}",
        f"mssql+pyodbc:///?odbc_connect=DRIVER%3Dx%3BPWD%3D{SECRET}",
    ],
)
def test_a_password_in_a_url_is_refused_and_not_repeated(url: str) -> None:
    with pytest.raises(InvalidRecord, match="password_file or password_env") as refused:
        declared({"url": url, "table": "permits"})
    assert SECRET not in str(refused.value)
    assert SECRET not in repr(refused.value.__cause__)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"url": "not a url", "table": "permits"}, "not an SQLAlchemy URL"),
        ({"url": "sqlite:///x.db"}, "either a table or a select"),
        ({"url": "sqlite:///x.db", "table": "a", "select": "SELECT 1"}, "either a table or a select"),
        ({"url": "sqlite:///x.db", "table": 'a"; DROP TABLE b'}, "plain name"),
        ({"url": "sqlite:///x.db", "table": "a", "timeout_s": 0}, "1..86400"),
        ({"url": "sqlite:///x.db", "table": "a", "password_env": "A", "password_file": "b"}, "either password_env"),
        ({"url": "sqlite:///x.db", "table": "a", "user": "b"}, "unknown fields user"),
    ],
)
def test_a_faulty_source_is_named(fields: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidRecord, match=said):
        declared(fields)


def declared(fields: dict[str, object]) -> Address:
    return address.read(Section(fields, "node.toml [source]", Path("/node")))


def test_a_relative_file_lies_beside_the_configuration() -> None:
    assert declared({"url": "sqlite:///registry.db", "table": "a"}).url.database == "/node/registry.db"


def test_passwords_come_from_the_environment_or_a_file_of_their_owners_own(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(SECRET + "\n")
    file.chmod(0o600)
    source = Address(make_url("postgresql+psycopg://reader@db/registry"), Password(file=file), "permits")
    assert source.resolved({}).password == SECRET
    assert SECRET not in repr(source) + str(source.resolved({}))
    file.chmod(0o640)
    with pytest.raises(InvalidRecord, match="others may read it; chmod 600"):
        source.resolved({})
    with pytest.raises(NotFound):
        Password(file=tmp_path / "absent").read({})
    assert Password("REGISTRY_PASSWORD").read({"REGISTRY_PASSWORD": SECRET}) == SECRET
    with pytest.raises(NotFound, match="no variable REGISTRY_PASSWORD"):
        Password("REGISTRY_PASSWORD").read({})


def test_an_error_of_a_driver_says_its_kind_and_nothing_else(tmp_path: Path) -> None:
    source = Address(
        make_url("postgresql+psycopg://reader@127.0.0.1:1/registry"), Password("WORD"), "permits", timeout_s=2
    )
    pytest.importorskip("psycopg")
    with pytest.raises(BackendError) as refused:
        list(reading.stream("permits", source, SCHEMA.columns, {"WORD": SECRET}))
    assert str(refused.value) == "asset permits: its source cannot be read: OperationalError"
    assert refused.value.__cause__ is None
    unknown = Address(make_url("informix://reader@db/registry"), None, "permits")
    with pytest.raises(BackendError, match="driver for this url is not installed"):
        list(reading.stream("permits", unknown, SCHEMA.columns, {}))
