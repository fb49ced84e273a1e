"""How each asset was used: in which mode, and which private questions it answered. Part of the node's journal.

Exact and private figures of one (asset, data period) never mix, since exact figures beside noised ones void what the
noise promises. The first opening fixes the mode for ever, and so does the first exact protocol that begins: its
owners know its threshold's bits, which are exact. What only was reserved fixes nothing here; as long as it is, the
chain keeps others out (``contracts.budgets``). An asset whose owner declares no period holds
all periods. A private question that was released is not drawn again on the same published versions: the recipient has
the answer, and averaging draws would spend the budget for nothing. One that was opened and never released may be asked
in another job, which is another draw and another charge.
"""

from __future__ import annotations

import sqlite3
import threading

from contracts.budgets.record import Mode
from ledger.errors import NotAuthorized
from mpc.privacy.budget import DEFAULT_PERIOD

SCHEMA = """
CREATE TABLE IF NOT EXISTS modes (asset TEXT, period TEXT, mode TEXT NOT NULL, PRIMARY KEY (asset, period));
CREATE TABLE IF NOT EXISTS private_answers (asset TEXT, question BLOB, job BLOB NOT NULL, attempt INTEGER NOT NULL,
    PRIMARY KEY (asset, question));
"""


class Usage:
    """The tables of a journal that say so; safe to use from several threads."""

    def __init__(self, db: sqlite3.Connection, lock: threading.Lock) -> None:
        self._db, self._lock = db, lock
        self._db.executescript(SCHEMA)

    def require(self, asset: str, period: str, mode: Mode) -> None:
        """Refuse a mode that is not the asset's; raises NotAuthorized."""
        with self._lock:
            self._require(asset, period, mode)

    def fix(self, asset: str, period: str, mode: Mode) -> None:
        """Fix the mode before anything leaves that shows a figure or a bit; raises NotAuthorized if it is another."""
        with self._lock:
            self._require(asset, period, mode)
            self._db.execute("INSERT OR IGNORE INTO modes VALUES (?, ?, ?)", (asset, period, mode.name.lower()))

    def answering(self, asset: str, question: bytes) -> bytes | None:
        """Return the job that was opened last for a private question on these versions."""
        with self._lock:
            return self._answering(asset, question)

    def record_answer(self, asset: str, question: bytes, job: bytes, attempt: int, *, after: bytes | None) -> None:
        """Record a private question before it is opened.

        Args:
            after: the job that was found to answer it so far and to have failed.

        Raises:
            NotAuthorized: another job was opened for it meanwhile.
        """
        with self._lock:
            if self._answering(asset, question) != after:
                raise answered(asset)
            self._db.execute(
                "INSERT OR REPLACE INTO private_answers VALUES (?, ?, ?, ?)", (asset, question, job, attempt)
            )

    def withdraw_answer(self, job: bytes, attempt: int) -> None:
        """Take back what an attempt recorded, when it ended before anything could leave."""
        with self._lock:
            self._db.execute("DELETE FROM private_answers WHERE (job, attempt) = (?, ?)", (job, attempt))

    def _answering(self, asset: str, question: bytes) -> bytes | None:
        row = self._db.execute(
            "SELECT job FROM private_answers WHERE (asset, question) = (?, ?)", (asset, question)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def _require(self, asset: str, period: str, mode: Mode) -> None:
        row = self._db.execute(
            "SELECT 1 FROM modes WHERE asset = ?1 AND mode <> ?3 AND (period IN (?2, ?4) OR ?2 = ?4)",
            (asset, period, mode.name.lower(), DEFAULT_PERIOD),
        ).fetchone()
        if row is not None:
            raise NotAuthorized(f"privacy: asset {asset} is released in the other mode, exact and private never mix")


def answered(asset: str) -> NotAuthorized:
    """The refusal of a repetition."""
    return NotAuthorized(f"privacy: asset {asset} answered this question on this version; the answer stands")
