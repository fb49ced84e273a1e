"""Counts that all processes of one gateway share: requests by source, and answers that stay open.

One SQLite file beside the accounts. Each change is one short transaction that waits for no disk: after a crash of the
machine the counts begin anew, and after one of a process its seats end by their time. Not in the file of accounts
itself, whose every change has callers looked up again (``gate.known``). What it does NOT do: count sign-ins that fail,
which are durable and stand with the accounts.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ledger.errors import BackendError

FILE: Final = "counts.sqlite"
BUSY_S: Final = 5.0
"""How long to wait for another process, whose transactions take microseconds."""
SWEPT: Final = 1024
"""Draws after which buckets that are full again are taken out."""
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS buckets(
  what TEXT, source TEXT, left REAL NOT NULL, last REAL NOT NULL, PRIMARY KEY (what, source)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS bucket_age ON buckets(what, last);
CREATE TABLE IF NOT EXISTS seats(id INTEGER PRIMARY KEY AUTOINCREMENT, who TEXT NOT NULL, until REAL NOT NULL);
"""


class Counts:
    """The file, or a memory of its own without one; threads may share it."""

    def __init__(self, path: Path | None = None) -> None:
        """Open or create it; raises BackendError."""
        self._lock, self._draws = threading.Lock(), 0
        try:
            if path is not None:
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
            self._db = sqlite3.connect(path or ":memory:", BUSY_S, isolation_level=None, check_same_thread=False)
            self._db.execute("PRAGMA journal_mode=WAL")
            self._db.execute("PRAGMA synchronous=OFF")
            self._db.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as exc:
            raise BackendError(f"counts: cannot be opened: {exc}") from exc

    def close(self) -> None:
        with self._lock:
            self._db.close()

    def draw(
        self, what: str, source: str, wanted: int, unused: int, now: float, per_s: float, burst: int
    ) -> tuple[int, float]:  # fmt: skip
        """Take up to so many requests out of a source's bucket.

        Args:
            unused: requests drawn before and not made, which go back first.
        Returns:
            How many were drawn, and if none, in how many seconds one will be there.
        """
        with self._transaction() as db:
            row = db.execute("SELECT left, last FROM buckets WHERE what = ? AND source = ?", (what, source)).fetchone()
            left, last = row or (float(burst), now)
            left = min(float(burst), left + unused + max(0.0, now - last) * per_s)
            drawn = min(wanted, int(left))
            db.execute("INSERT OR REPLACE INTO buckets VALUES (?, ?, ?, ?)", (what, source, left - drawn, now))
            self._draws += 1
            if self._draws % SWEPT == 0:
                db.execute("DELETE FROM buckets WHERE what = ? AND last < ?", (what, now - burst / per_s))
        return drawn, 0.0 if drawn else (1 - left) / per_s

    def sit(
        self, who: str, until: float, now: float, most: int, most_of_one: int, longest_s: float
    ) -> tuple[int | None, float]:  # fmt: skip
        """Take a seat until a moment; or, if all are taken or one's own, none, and when the first of them ends.

        Args:
            longest_s: for how long one is taken at most; one that ends later is of before the clock was set back.
        """
        with self._transaction() as db:
            db.execute("DELETE FROM seats WHERE until <= ? OR until > ?", (now, now + longest_s))
            for limit, where, values in ((most_of_one, " WHERE who = ?", (who,)), (most, "", ())):
                taken, first = db.execute(f"SELECT count(*), min(until) FROM seats{where}", values).fetchone()  # noqa: S608 - constant
                if taken >= limit:
                    return None, float(first)
            return db.execute("INSERT INTO seats(who, until) VALUES (?, ?)", (who, until)).lastrowid, until

    def stand_up(self, seat: int) -> None:
        with self._transaction() as db:
            db.execute("DELETE FROM seats WHERE id = ?", (seat,))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._db.execute("BEGIN IMMEDIATE")
                try:
                    yield self._db
                finally:
                    self._db.execute("COMMIT")  # each block writes once, so that none is left half done
            except sqlite3.Error as exc:
                raise BackendError(f"counts: {exc}") from exc
