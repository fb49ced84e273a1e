"""A SQLite file of one table or a few, for what must survive a crash: opened durable, changed in whole transactions.

It does NOT know what is in the file, nor suit many readers at a time (``ledger.embedded.store`` has its own): one
connection that writes, one transaction after the other, for threads and processes alike, and one that only reads and
so waits for no write.

Trust assumption: the disk keeps what it acknowledged (WAL, synchronous=FULL).
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ledger.errors import BackendError

BUSY_S = 10.0  # how long to wait for another process


class Database:
    """One open file; threads may share it."""

    def __init__(self, path: Path, schema: str, *, name: str) -> None:
        """Open or create the file. Args: name: what errors call it. Raises: BackendError."""
        self._name = name
        self._lock = threading.Lock()
        self._added: set[str] = set()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))  # this user's alone; SQLite's other files follow
            self._db = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=FULL")
            self._db.executescript(schema)
            self._reader = sqlite3.connect(path, timeout=BUSY_S, isolation_level=None, check_same_thread=False)
            self._reader.execute("PRAGMA query_only=ON")
            self._reader_lock = threading.Lock()
        except (sqlite3.Error, OSError) as exc:
            raise BackendError(f"{name}: cannot open {path.name}: {exc}") from exc

    def add_tables(self, schema: str) -> None:
        """Make further tables where they are missing, once for an open file. Raises: BackendError."""
        if schema in self._added:
            return
        with self.transaction() as db:
            for statement in schema.split(";"):
                db.execute(statement)
        self._added.add(schema)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Run a block as one transaction: durable at its end, undone if it raises. SQLite's errors: BackendError."""
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                    self._db.execute("COMMIT")
                except BaseException:
                    if self._db.in_transaction:
                        self._db.execute("ROLLBACK")
                    raise
            except sqlite3.Error as exc:
                raise BackendError(f"{self._name}: {exc}") from exc

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """Run statements that change nothing, each for itself, beside a transaction that is under way."""
        with self._reader_lock:
            try:
                yield self._reader
            except sqlite3.Error as exc:
                raise BackendError(f"{self._name}: {exc}") from exc

    def version(self) -> int:
        """Return a number that changes with every commit, of whichever process; it costs no look at the disk.

        Source: SQLite, PRAGMA data_version; the connection that asks never writes.
        """
        with self.reading() as db:
            return int(db.execute("PRAGMA data_version").fetchone()[0])

    def close(self) -> None:
        with self._lock, self._reader_lock:
            self._reader.close()
            self._db.close()
