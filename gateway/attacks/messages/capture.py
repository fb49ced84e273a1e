"""What the relay's operator sees: envelopes in its own store, while they lie there.

Reads the relay's file as its operator can, and changes nothing in it. What nodes have acknowledged is gone, so a thread
looks many times a second while a job runs.
"""

from __future__ import annotations

import sqlite3
import threading
from contextlib import closing
from pathlib import Path
from typing import Self

LOOK_S = 0.03
MOST = 2000
QUERY = "SELECT mailbox, envelope, sender, size FROM message"


class Capture:
    """A thread while it is entered; keeps the newest envelopes seen, by mailbox and sender."""

    def __init__(self, store: Path) -> None:
        self._store = store
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.seen: dict[bytes, tuple[str, str]] = {}

    def __enter__(self) -> Self:
        self._stopping.clear()
        self._thread = threading.Thread(target=self._main, name="capture", daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(5.0)

    def settled(self, mailbox: str) -> list[bytes]:
        """Return captured envelopes that a party has taken since, oldest first: the relay holds them no more.

        One that still lies there would be known by its number and dropped.
        """
        if not self._store.is_file():
            return []
        with closing(sqlite3.connect(f"file:{self._store}?mode=ro", uri=True, timeout=5.0)) as db:
            held = {envelope for (envelope,) in db.execute("SELECT envelope FROM message")}
        return [envelope for envelope, (to, _) in self.seen.items() if to == mailbox and envelope not in held]

    def _main(self) -> None:
        if not self._store.is_file():
            return
        db = sqlite3.connect(f"file:{self._store}?mode=ro", uri=True, timeout=1.0)
        try:
            while not self._stopping.wait(LOOK_S):
                self._look(db)
        finally:
            db.close()

    def _look(self, db: sqlite3.Connection) -> None:
        try:
            rows = db.execute(QUERY).fetchall()
        except sqlite3.OperationalError:
            return  # the relay is writing; the next look is a moment away
        for mailbox, envelope, sender, _ in rows:
            self.seen.setdefault(envelope, (mailbox, sender))
            if len(self.seen) > MOST:
                del self.seen[next(iter(self.seen))]
