"""The durable file: what one transaction writes is there as a whole, for this process and others, or not at all."""

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.database import Database
from ledger.errors import BackendError, Conflict

SCHEMA = "CREATE TABLE IF NOT EXISTS word (text TEXT PRIMARY KEY);"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(tmp_path / "new" / "words.sqlite", SCHEMA, name="words")
    yield opened
    opened.close()


def add(database: Database, *words: str) -> None:
    with database.transaction() as db:
        db.executemany("INSERT INTO word VALUES (?)", [(word,) for word in words])


def held(database: Database) -> list[str]:
    with database.transaction() as db:
        return [word for (word,) in db.execute("SELECT text FROM word ORDER BY text")]


def test_a_transaction_that_ends_is_seen_by_another_connection(database: Database, tmp_path: Path) -> None:
    add(database, "a", "b")
    other = Database(tmp_path / "new" / "words.sqlite", SCHEMA, name="words")
    assert held(other) == ["a", "b"]
    other.close()


def test_tables_are_added_once_keep_their_rows_and_a_faulty_one_is_a_backend_error(database: Database) -> None:
    for _ in range(2):
        database.add_tables("CREATE TABLE IF NOT EXISTS more (n INTEGER); CREATE TABLE IF NOT EXISTS most (n INTEGER)")
        with database.transaction() as db:
            db.execute("INSERT INTO more VALUES (1)")
    with database.reading() as db:
        assert db.execute("SELECT count(*) FROM more, (SELECT count(*) FROM most)").fetchone() == (2,)
    with pytest.raises(BackendError, match="words"):
        database.add_tables("CREATE TABLE word (n INTEGER)")


def test_a_transaction_that_raises_leaves_nothing_and_the_next_one_works(database: Database) -> None:
    def refused() -> None:
        with database.transaction() as db:
            db.execute("INSERT INTO word VALUES ('a')")
            raise Conflict("words: no")

    with pytest.raises(Conflict):
        refused()
    add(database, "b")
    assert held(database) == ["b"]


def test_a_failing_statement_is_a_backend_error_and_undoes_the_ones_before(database: Database) -> None:
    add(database, "a")
    with pytest.raises(BackendError, match="words: UNIQUE"):
        add(database, "b", "a")
    assert held(database) == ["a"]


def test_a_closed_database_is_a_backend_error(database: Database) -> None:
    database.close()
    with pytest.raises(BackendError, match="words:"):
        held(database)


def test_what_is_no_database_is_a_backend_error_that_names_the_file(tmp_path: Path) -> None:
    (tmp_path / "words.sqlite").write_bytes(b"something else entirely" * 100)
    with pytest.raises(BackendError, match=r"words: cannot open words\.sqlite"):
        Database(tmp_path / "words.sqlite", SCHEMA, name="words")
    with pytest.raises(BackendError, match="cannot open"):
        Database(tmp_path / "words.sqlite" / "below", SCHEMA, name="words")


def test_what_is_written_survives_the_machine(database: Database) -> None:
    with database.transaction() as db:
        found: sqlite3.Connection = db
        assert found.execute("PRAGMA synchronous").fetchone() == (2,)
        assert found.execute("PRAGMA journal_mode").fetchone() == ("wal",)


def test_a_reader_waits_for_no_write_and_sees_what_is_committed(database: Database) -> None:
    add(database, "a")
    with database.transaction() as db:
        db.execute("INSERT INTO word VALUES ('b')")
        with database.reading() as beside:
            assert [word for (word,) in beside.execute("SELECT text FROM word")] == ["a"]
    with database.reading() as after:
        assert after.execute("SELECT count(*) FROM word").fetchone() == (2,)
    with pytest.raises(BackendError), database.reading() as no_writer:
        no_writer.execute("INSERT INTO word VALUES ('c')")


def test_the_version_changes_with_a_commit_of_this_process_or_another_and_with_nothing_else(
    database: Database, tmp_path: Path
) -> None:
    other, seen = Database(tmp_path / "new" / "words.sqlite", SCHEMA, name="words"), [database.version()]
    assert held(database) == []
    assert database.version() == seen[0]
    for writer, word in ((database, "a"), (other, "b")):
        add(writer, word)
        seen.append(database.version())
    other.close()
    assert len(set(seen)) == 3
