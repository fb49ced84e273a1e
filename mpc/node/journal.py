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
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from ledger import canonical
from ledger.errors import Conflict
from mpc.disclosure import region
from mpc.disclosure.history import Answer, History, Outcome
from mpc.disclosure.region import Cell, Region
from mpc.node.probing import Probes
from mpc.node.recipients import EVERYBODY, knows
from mpc.node.usage import Usage
from mpc.node.versions import Earlier, OwnRows, name_of
from mpc.session import Session

_SCHEMA = """
CREATE TABLE IF NOT EXISTS attempts (job BLOB, attempt INTEGER, seed BLOB NOT NULL, salt BLOB NOT NULL,
    input BLOB, PRIMARY KEY (job, attempt));
CREATE TABLE IF NOT EXISTS sent (job BLOB, attempt INTEGER, step TEXT, digest BLOB NOT NULL,
    PRIMARY KEY (job, attempt, step));
CREATE TABLE IF NOT EXISTS openings (job BLOB PRIMARY KEY, contribution BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS answers (job BLOB, attempt INTEGER, cell TEXT, class TEXT, region BLOB, base BLOB,
    outcome TEXT, PRIMARY KEY (job, attempt, cell));
CREATE TABLE IF NOT EXISTS recipients (number INTEGER PRIMARY KEY, party TEXT NOT NULL, class TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS watched (job BLOB PRIMARY KEY);
CREATE TABLE IF NOT EXISTS begun (job BLOB, attempt INTEGER, PRIMARY KEY (job, attempt));
CREATE TABLE IF NOT EXISTS refusals (number INTEGER PRIMARY KEY, at INTEGER, job BLOB, reason TEXT);
CREATE TABLE IF NOT EXISTS own_rows (job BLOB, attempt INTEGER, cell TEXT, asset TEXT NOT NULL, region BLOB NOT NULL,
    version BLOB NOT NULL, rows BLOB NOT NULL, PRIMARY KEY (job, attempt, cell));
CREATE TABLE IF NOT EXISTS row_sets (name BLOB PRIMARY KEY, rows BLOB NOT NULL);
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
        self.usage = Usage(self._db, self._lock)
        self.probes = Probes(self._db, self._lock)
        self.deciding = threading.RLock()
        """Held from reading the history to recording the answer: two jobs must not decide side by side."""
        self._memory: dict[frozenset[str], History] = {}

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
            row = self._row(
                "SELECT seed, salt, input FROM attempts WHERE job = ? AND attempt = ?", job, attempt
            )
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
        """Persist what is about to leave (``mpc.session.Journal``); raises Conflict when it contradicts the past."""
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
            self._db.execute(
                "INSERT OR IGNORE INTO openings VALUES (?, ?)", (session.job, session.contribution)
            )
            row = self._row("SELECT contribution FROM openings WHERE job = ?", session.job)
        if row is None or row[0] != session.contribution:
            raise Conflict("journal: shares of this job were opened for another contributor set")

    def admit(self, recipient: str, recipient_class: str) -> None:
        """Remember the class in which a recipient asks now, as proven on chain; without a word it is everybody's."""
        with self._lock:
            if self._class_of(recipient) != recipient_class:
                self._db.execute("INSERT INTO recipients (party, class) VALUES (?, ?)", (recipient, recipient_class))

    def record_answers(
        self, session: Session, cells: Sequence[Cell], passed: Collection[str], opened: Collection[str]
    ) -> None:
        """Remember every tested cell and its outcome, those below the gate too, before anything of it leaves.

        A later call of the same attempt replaces an earlier one (the owners agree on ever fewer cells); what another
        attempt opened stays.
        """
        with self._changing(session):
            rows = [self._row_of(session, cell, _outcome(cell, passed, opened)) for cell in cells]
            self._db.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", rows)

    def record_tested(self, session: Session, cells: Sequence[Cell], own: OwnRows | None = None) -> None:
        """Remember that an attempt begins to test these cells, and the own rows in each.

        What becomes of the cells replaces this; the rows stay, since the gate's bits are of them.
        """
        with self._changing(session):
            rows = [self._row_of(session, cell, Outcome.TESTED) for cell in cells]
            self._db.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?)", rows)
            if own is not None:
                self._record_rows(session, cells, own)

    def withdraw_answers(self, session: Session) -> None:
        """Take back what an attempt wanted to open, when it ended before anything of it could leave.

        The gate's bits are known to its owners, so the cells stay as tested.
        """
        with self._changing(session):
            self._db.execute(
                "UPDATE answers SET outcome = ? WHERE job = ? AND attempt = ?",
                (Outcome.TESTED, session.job, session.attempt),
            )

    def history(self, recipient: str, job: bytes, attempt: int) -> list[Answer]:
        """Everything tested for this recipient's class, without what this very attempt tested."""
        with self._lock:
            known = self._known_to(recipient)
            rows = self._db.execute(
                f"SELECT region, base, outcome FROM answers WHERE class IN ({_marks(known)}) "  # noqa: S608 - marks only
                "AND NOT (job = ? AND attempt = ?) ORDER BY rowid",
                (*known, job, attempt),
            ).fetchall()
        return [_answer(*row) for row in rows]

    @contextmanager
    def past(self, recipient: str, job: bytes, attempt: int) -> Iterator[History]:
        """Lend the same as ``history``, held in memory; nobody else decides meanwhile, and nothing is recorded."""
        with self.deciding:
            with self._lock:
                known = self._known_to(recipient)
                own = [answer for found, answer in self._answers_of(job, attempt) if found in known]
            if known not in self._memory:
                self._memory[known] = History(self.history(recipient, job, attempt))
            else:
                for answer in own:
                    self._memory[known].remove(answer)
            try:
                yield self._memory[known]
            finally:
                for answer in own:
                    self._memory[known].add(answer)

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
            return [
                Refusal(*row)
                for row in self._db.execute("SELECT at, job, reason FROM refusals ORDER BY number")
            ]

    def row_key(self) -> bytes:
        """Return the key of this journal's row digests, drawing it durably the first time."""
        with self._lock:
            self._db.execute("INSERT OR IGNORE INTO row_key VALUES (1, ?)", (secrets.token_bytes(32),))
            row = self._row("SELECT key FROM row_key")
        assert row is not None
        return row[0]

    def earlier(self, asset: str, job: bytes, attempt: int) -> list[Earlier]:
        """Every cell that other attempts tested on this asset, with the version and the rows it had."""
        with self._lock:
            rows = self._db.execute(
                "SELECT DISTINCT region, version, rows FROM own_rows "
                "WHERE asset = ? AND NOT (job = ? AND attempt = ?)",
                (asset, job, attempt),
            ).fetchall()
        return [Earlier(_region(data), version, name) for data, version, name in rows]

    def rows_of(self, name: bytes) -> bytes:
        """Return the row digests that ``Earlier.rows`` names."""
        with self._lock:
            row = self._row("SELECT rows FROM row_sets WHERE name = ?", name)
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
            self._db.execute(
                "DELETE FROM reservations WHERE (job, attempt, asset) = (?, ?, ?)", (job, attempt, asset)
            )

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

    @contextmanager
    def _changing(self, session: Session) -> Iterator[None]:
        """One transaction on an attempt's answers, carried over to the memory."""
        with self.deciding, self._lock:
            before = self._answers_of(session.job, session.attempt)
            self._db.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._db.execute("ROLLBACK")
                raise
            self._db.execute("COMMIT")
            after = self._answers_of(session.job, session.attempt)
            for known, history in self._memory.items():
                for found, answer in before:
                    if found in known:
                        history.remove(answer)
                for found, answer in after:
                    if found in known:
                        history.add(answer)

    def _answers_of(self, job: bytes, attempt: int) -> list[tuple[str, Answer]]:
        query = "SELECT class, region, base, outcome FROM answers WHERE job = ? AND attempt = ?"
        return [(found, _answer(*row)) for found, *row in self._db.execute(query, (job, attempt))]

    def _class_of(self, recipient: str) -> str:
        query = "SELECT class FROM recipients WHERE party = ? ORDER BY number DESC LIMIT 1"
        row = self._db.execute(query, (recipient,)).fetchone()
        return str(row[0]) if row else EVERYBODY

    def _known_to(self, recipient: str) -> frozenset[str]:
        sightings = self._db.execute("SELECT party, class FROM recipients ORDER BY number").fetchall()
        return knows(self._class_of(recipient), sightings)

    def _row_of(self, session: Session, cell: Cell, outcome: Outcome) -> tuple[object, ...]:
        recipient_class = self._class_of(session.recipient)
        regions = (_bytes(cell.region), _bytes(cell.base))
        return (session.job, session.attempt, cell.name, recipient_class, *regions, outcome)

    def _record_rows(self, session: Session, cells: Sequence[Cell], own: OwnRows) -> None:
        for cell in cells:
            rows = own.cells[cell.name]
            self._db.execute("INSERT OR IGNORE INTO row_sets VALUES (?, ?)", (name_of(rows), rows))
            self._db.execute(
                "INSERT OR REPLACE INTO own_rows VALUES (?, ?, ?, ?, ?, ?, ?)",
                (session.job, session.attempt, cell.name, own.asset, _bytes(cell.region), own.version, name_of(rows)),
            )

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


def _answer(data: bytes, base: bytes, outcome: str) -> Answer:
    return Answer(_region(data), _region(base), Outcome(outcome))


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))


def _bytes(found: Region) -> bytes:
    return canonical.encode(found.json())


@lru_cache(maxsize=1 << 17)
def _region(data: bytes) -> Region:
    """Read a region; the same ones come back for every job, and reading costs more than deciding."""
    return region.read(canonical.decode(data))


def _outcome(cell: Cell, passed: Collection[str], opened: Collection[str]) -> Outcome:
    if cell.name in opened:
        return Outcome.OPENED
    return Outcome.PASSED if cell.name in passed else Outcome.BELOW
