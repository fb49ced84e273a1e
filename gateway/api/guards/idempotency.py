"""Idempotency keys: a write that is repeated under the same key is answered as it was the first time.

One SQLite file; a key belongs to a caller and a route, and stands for one body. Who repeats a write that is still under
way, here or in another process, waits for its end. A key that was taken by a request that never ended, because the
process died, may be used again: the system frees its lock.
Source: draft-ietf-httpapi-idempotency-key-header.
"""

from __future__ import annotations

import fcntl
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import Final

from ledger.database import Database
from ledger.errors import BackendError, Conflict, InvalidRecord

KEEP_S: Final = 86_400
_KEY: Final = re.compile(r"[\x21-\x7e]{8,128}")
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS done(
  caller TEXT, route TEXT, key TEXT, body BLOB NOT NULL, time INTEGER NOT NULL, answer BLOB NOT NULL,
  PRIMARY KEY (caller, route, key)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS done_by_time ON done(time);
"""


class Keys:
    """The keys of one gateway; threads may share it, and processes that open the same file."""

    def __init__(self, path: Path, clock: Callable[[], float]) -> None:
        self._database, self._clock = Database(path, _SCHEMA, name="idempotency"), clock
        self._locks = path.with_name(f"{path.name}-locks")

    def once(self, caller: str, route: str, key: str | None, body: bytes, do: Callable[[], bytes]) -> bytes:
        """Do something, or return what it gave when it was done under this key.

        Raises:
            InvalidRecord: no key. Conflict: the key was used with another body. BackendError: the disk refuses.
        """
        if key is None:
            return do()
        if not _KEY.fullmatch(key):
            raise InvalidRecord("Idempotency-Key: expected 8 to 128 visible characters")
        with self._alone(caller, route, key):
            return self._first(caller, route, key, sha256(body).digest(), do)

    def _first(self, caller: str, route: str, key: str, digest: bytes, do: Callable[[], bytes]) -> bytes:
        now = int(self._clock())
        with self._database.transaction() as db:
            db.execute("DELETE FROM done WHERE time < ?", (now - KEEP_S,))
            query = "SELECT body, answer FROM done WHERE caller = ? AND route = ? AND key = ?"
            known = db.execute(query, (caller, route, key)).fetchone()
        if known is not None:
            if known[0] != digest:
                raise Conflict("Idempotency-Key: used before with another body")
            return bytes(known[1])
        answer = do()
        with self._database.transaction() as db:
            values = (caller, route, key, digest, now, answer)
            db.execute("INSERT OR IGNORE INTO done VALUES (?, ?, ?, ?, ?, ?)", values)
        return answer

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def _alone(self, *named: str) -> Iterator[None]:
        """Hold the lock that the key has with others: one of 256, so that there are never more files."""
        try:
            self._locks.mkdir(mode=0o700, exist_ok=True)
            lock = (self._locks / sha256("\0".join(named).encode()).hexdigest()[:2]).open("ab")
        except OSError as fault:
            raise BackendError(f"idempotency: cannot open a lock: {fault.strerror}") from fault
        with lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield
