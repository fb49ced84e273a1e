"""Records of what was taken in, each a leaf of a stream on this disk, each once, also after a crash half way.

A record is entered with the place it will have, then appended; a place that the stream does not reach when the book is
opened, or written next, was never reached, and its record is taken out. What it does NOT do: put the stream's root on
the chain (``gateway.streams.anchoring`` does), or judge what it is given.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.database import Database
from ledger.errors import Conflict, TrustError
from ledger.log.stream import StreamWriter

STREAM: Final = "stream"
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS taken(id TEXT PRIMARY KEY, record BLOB NOT NULL, place INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS taken_at ON taken(place);
CREATE TABLE IF NOT EXISTS names(name TEXT, id TEXT, PRIMARY KEY (name, id)) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Entry:
    """One record to be taken in, under its own id, and the names by which it is found."""

    id: str
    record: bytes
    names: tuple[str, ...] = ()


class TakenIn(Conflict):
    """A record of this id was taken in before; it is ``known`` now."""


class Book:
    """One stream and its records; threads may share it, and processes write it in turn."""

    def __init__(self, directory: Path, name: str) -> None:
        """Open or begin the book of a stream of this name; raises as ``StreamWriter.in_turn``."""
        directory.mkdir(parents=True, exist_ok=True)
        self._stream, self._name, self._lock = directory / STREAM, name, threading.Lock()
        self._database = Database(directory / "book.sqlite", _SCHEMA, name=name)
        with StreamWriter.in_turn(self._stream, name) as writer:  # so that nobody is half way
            self._forget(writer.checkpoint.size)

    def known(self, id: str) -> tuple[bytes, int] | None:
        """Return a record taken in before, and its place."""
        with self._database.transaction() as db:
            row = db.execute("SELECT record, place FROM taken WHERE id = ?", (id,)).fetchone()
        return None if row is None else (row[0], row[1])

    def named(self, name: str, *, after: int = -1, limit: int = 100) -> list[tuple[bytes, int]]:
        """Return records behind a place that go by a name, with their places."""
        query = (
            "SELECT record, place FROM taken t JOIN names n ON n.id = t.id WHERE n.name = ? AND place > ? "
            "ORDER BY place LIMIT ?"
        )
        with self._database.transaction() as db:
            return db.execute(query, (name, after, limit)).fetchall()

    def append(self, entries: Sequence[Entry]) -> list[int]:
        """Take records in as one transaction and return their places.

        Raises:
            TakenIn: another hand took one of them in meanwhile. BackendError, Conflict: nothing was taken in either.
        """
        if not entries:
            return []
        with self._lock, StreamWriter.in_turn(self._stream, self._name) as writer:
            first = writer.checkpoint.size
            self._forget(first)  # another hand may have died half way
            with self._database.transaction() as db:
                for entry in entries:
                    if db.execute("SELECT 1 FROM taken WHERE id = ?", (entry.id,)).fetchone():
                        raise TakenIn(f"book: {entry.id} was taken in before")
                rows = [(entry.id, entry.record, first + n) for n, entry in enumerate(entries)]
                db.executemany("INSERT INTO taken VALUES (?, ?, ?)", rows)
                names = [(name, entry.id) for entry in entries for name in entry.names]
                db.executemany("INSERT OR IGNORE INTO names VALUES (?, ?)", names)
            try:
                writer.append([entry.record for entry in entries])
            except TrustError:
                self._forget(first)
                raise
        return list(range(first, first + len(entries)))

    def close(self) -> None:
        self._database.close()

    def _forget(self, size: int) -> None:
        """Take out what stands at places that the stream does not reach."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM names WHERE id IN (SELECT id FROM taken WHERE place >= ?)", (size,))
            db.execute("DELETE FROM taken WHERE place >= ?", (size,))
