"""The node's durable memory (SQLite): what it promised, what left it, what was answered, what it refused.

A node that restarts continues from here and never contradicts itself: one seed per (job, attempt), one message per
(job, attempt, step), one contributor set per job after the first opening (protocols: a second masked vector under one
attempt would reveal a difference of inputs). It holds secrets (seeds, salts): the file is readable by its owner only.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import sqlite3
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ledger.errors import Conflict
from mpc.node.guarding.probing import Probes
from mpc.node.memory.answers import Answers
from mpc.node.memory.usage import Usage
from mpc.sessions.session import Session

_SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (job BLOB, attempt INTEGER, seed BLOB NOT NULL, salt BLOB NOT NULL,
    input BLOB, PRIMARY KEY (job, attempt));
CREATE TABLE IF NOT EXISTS sent (job BLOB, attempt INTEGER, step TEXT, digest BLOB NOT NULL,
    PRIMARY KEY (job, attempt, step));
CREATE TABLE IF NOT EXISTS openings (job BLOB PRIMARY KEY, contribution BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS watched (job BLOB PRIMARY KEY);
CREATE TABLE IF NOT EXISTS begun (job BLOB, attempt INTEGER, PRIMARY KEY (job, attempt));
CREATE TABLE IF NOT EXISTS refusals (number INTEGER PRIMARY KEY, at INTEGER, job BLOB, reason TEXT);
CREATE TABLE IF NOT EXISTS row_key (only INTEGER PRIMARY KEY CHECK (only = 1), key BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS reservations (job BLOB, attempt INTEGER, asset BLOB, PRIMARY KEY (job, attempt, asset));
CREATE TABLE IF NOT EXISTS cursors (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """This node's secrets of one attempt; ``input`` is the commitment it made, once it made one."""

    seed: bytes
    salt: bytes
    input: bytes | None

    def __repr__(self) -> str:
        return "Attempt(seed=..., salt=...)"


@dataclass(frozen=True, slots=True)
class Refusal:
    """One line of the node's own log of refusals; ``at`` in seconds since 1970."""

    at: int
    job: bytes
    reason: str


class NodeJournal:
    """One node's journal; safe to use from several threads."""

    def __init__(self, path: Path) -> None:
        """Raises: Conflict: another process works with this journal."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self._held = _hold(path.with_name(f"{path.name}.lock"))
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=FULL")
        self._db.executescript(_SCHEMA)
        self._lock = threading.Lock()
        self.answers = Answers(self._db, self._lock)
        self.usage = Usage(self._db, self._lock)
        self.probes = Probes(self._db, self._lock)

    def attempt(self, job: bytes, attempt: int) -> Attempt:
        """Return this attempt's secrets, drawing them durably the first time.

        The salt is one per job: a later attempt with the same input has the same commitment, so that it may go on
        after shares were opened.
        """
        with self._lock:
            self._db.execute(
                "INSERT OR IGNORE INTO attempts VALUES "
                "(?1, ?2, ?3, coalesce((SELECT salt FROM attempts WHERE job = ?1 LIMIT 1), ?4), NULL)",
                (job, attempt, secrets.token_bytes(32), secrets.token_bytes(32)),
            )
            row = self._row("SELECT seed, salt, input FROM attempts WHERE job = ? AND attempt = ?", job, attempt)
        assert row is not None
        return Attempt(*row)

    def commit_input(self, job: bytes, attempt: int, commitment: bytes) -> None:
        """Fix the input commitment of an attempt; another one later is a Conflict (the table changed meanwhile)."""
        with self._lock:
            self._db.execute(
                "UPDATE attempts SET input = coalesce(input, ?) WHERE job = ? AND attempt = ?",
                (commitment, job, attempt),
            )
            row = self._row("SELECT input FROM attempts WHERE job = ? AND attempt = ?", job, attempt)
        if row is None or row[0] != commitment:
            raise Conflict("journal: the input of this attempt was committed with other contents")

    def before_send(self, session: Session, step: str, digest: bytes) -> None:
        """Persist what is about to leave (see ``session.Journal``); raises Conflict when it contradicts the past."""
        with self._lock:
            opened = self._row("SELECT contribution FROM openings WHERE job = ?", session.job)
            if opened is not None and opened[0] != session.contribution:
                raise Conflict("journal: shares of this job were opened for another contributor set")
            self._db.execute(
                "INSERT OR IGNORE INTO sent VALUES (?, ?, ?, ?)", (session.job, session.attempt, step, digest)
            )
            row = self._row(
                "SELECT digest FROM sent WHERE job = ? AND attempt = ? AND step = ?",
                session.job,
                session.attempt,
                step,
            )
        if row is None or row[0] != digest:
            raise Conflict(f"journal: another message already left at step {step} of this attempt")

    def record_opening(self, session: Session) -> None:
        """Fix the contributor set of a job for ever, before the first pad or share leaves."""
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO openings VALUES (?, ?)", (session.job, session.contribution))
            row = self._row("SELECT contribution FROM openings WHERE job = ?", session.job)
        if row is None or row[0] != session.contribution:
            raise Conflict("journal: shares of this job were opened for another contributor set")

    def begin(self, job: bytes, attempt: int) -> bool:
        """Say once that the protocol of this attempt starts; False if it had started before (this node restarted)."""
        with self._lock:
            made = self._db.execute("INSERT OR IGNORE INTO begun VALUES (?, ?)", (job, attempt))
        return made.rowcount == 1

    def watch(self, job: bytes) -> None:
        """Remember a job this party takes part in."""
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO watched VALUES (?)", (job,))

    def unwatch(self, job: bytes) -> None:
        """Forget a job in which nothing can happen any more."""
        with self._lock:
            self._db.execute("DELETE FROM watched WHERE job = ?", (job,))

    def watched(self) -> list[bytes]:
        """The jobs this party takes part in that were not over yet, oldest first."""
        with self._lock:
            return [job for (job,) in self._db.execute("SELECT job FROM watched ORDER BY rowid")]

    def refuse(self, at: int, job: bytes, reason: str) -> None:
        """Write one line into the log of refusals."""
        with self._lock:
            self._db.execute("INSERT INTO refusals (at, job, reason) VALUES (?, ?, ?)", (at, job, reason))

    def refusals(self) -> list[Refusal]:
        with self._lock:
            return [Refusal(*row) for row in self._db.execute("SELECT at, job, reason FROM refusals ORDER BY number")]

    def row_key(self) -> bytes:
        """Return the key of this journal's row digests, drawing it durably the first time."""
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO row_key VALUES (1, ?)", (secrets.token_bytes(32),))
            row = self._row("SELECT key FROM row_key")
        assert row is not None
        return row[0]

    def record_reservation(self, job: bytes, attempt: int, asset: bytes) -> None:
        """Remember what is about to be reserved on chain, so that it is settled whatever happens to this node."""
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO reservations VALUES (?, ?, ?)", (job, attempt, asset))

    def reservations(self) -> list[tuple[bytes, int, bytes]]:
        """Job, attempt and asset of the reservations that are not settled yet, oldest first."""
        with self._lock:
            return list(self._db.execute("SELECT job, attempt, asset FROM reservations ORDER BY rowid"))

    def forget_reservation(self, job: bytes, attempt: int, asset: bytes) -> None:
        """Forget a reservation that is settled or refunded, or was never made."""
        with self._lock:
            self._db.execute("DELETE FROM reservations WHERE (job, attempt, asset) = (?, ?, ?)", (job, attempt, asset))

    def cursor(self, name: str) -> str | None:
        with self._lock:
            row = self._row("SELECT CAST(value AS BLOB) FROM cursors WHERE name = ?", name)
        return row[0].decode() if row else None

    def move_cursor(self, name: str, value: str) -> None:
        with self._lock:
            self._db.execute("INSERT OR REPLACE INTO cursors VALUES (?, ?)", (name, value))

    def close(self) -> None:
        with self._lock:
            self._db.close()
            if self._held >= 0:
                os.close(self._held)
            self._held = -1

    def _row(self, query: str, *arguments: object) -> Sequence[bytes] | None:
        found: Sequence[bytes] | None = self._db.execute(query, arguments).fetchone()
        return found


def _hold(path: Path) -> int:
    """Lock a file until its descriptor is closed; two processes on one journal would break each other's promises."""
    handle = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as fault:
        os.close(handle)
        raise Conflict(f"{path.parent}: another process runs this node") from fault
    return handle
