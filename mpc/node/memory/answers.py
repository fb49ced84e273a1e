"""What was answered to whom, and on which own rows: the memory of the disclosure rules. Part of the node's journal.

Every tested cell stays, with its outcome and the class of who asked, those that stayed closed too: the gate's bits are
known to its owners. It does NOT decide anything (``mpc.disclosure.before.audit``, ``mpc.node.memory.versions``).
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache

from ledger import canonical
from mpc.disclosure import region
from mpc.disclosure.before.history import Answer, History, Outcome
from mpc.disclosure.region import Cell, Region
from mpc.node.memory.recipients import knows
from mpc.node.memory.versions import Earlier, OwnRows, dominated, name_of
from mpc.privacy.declaration import EVERYBODY
from mpc.sessions.session import Session

_SCHEMA = """
CREATE TABLE IF NOT EXISTS answers (job BLOB, attempt INTEGER, cell TEXT, class TEXT, region BLOB, base BLOB,
    outcome TEXT, quantities BLOB, PRIMARY KEY (job, attempt, cell));
CREATE TABLE IF NOT EXISTS recipients (number INTEGER PRIMARY KEY, party TEXT NOT NULL, class TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS own_rows (job BLOB, attempt INTEGER, cell TEXT, asset TEXT NOT NULL, region BLOB NOT NULL,
    version BLOB NOT NULL, rows BLOB NOT NULL, PRIMARY KEY (job, attempt, cell));
CREATE TABLE IF NOT EXISTS judged (asset TEXT, region BLOB, dominated INTEGER NOT NULL, PRIMARY KEY (asset, region));
CREATE TABLE IF NOT EXISTS row_sets (name BLOB PRIMARY KEY, rows BLOB NOT NULL);
"""


class Answers:
    """The tables of a journal that say so; safe to use from several threads."""

    def __init__(self, db: sqlite3.Connection, lock: threading.Lock) -> None:
        self._db, self._lock = db, lock
        self._db.executescript(_SCHEMA)
        self.deciding = threading.RLock()
        """Held from reading the history to recording the answer: two jobs must not decide side by side."""
        self._memory: dict[frozenset[str], History] = {}

    def admit(self, recipient: str, recipient_class: str) -> None:
        """Remember the class in which a recipient asks now, as proven on chain; without a word it is everybody's."""
        with self._lock:
            if self._class_of(recipient) != recipient_class:
                self._db.execute("INSERT INTO recipients (party, class) VALUES (?, ?)", (recipient, recipient_class))

    def record_tested(self, session: Session, cells: Sequence[Cell], own: OwnRows | None = None) -> None:
        """Remember that an attempt begins to test these cells, and the own rows in each.

        What becomes of the cells replaces this; the rows stay, since the gate's bits are of them.
        """
        with self._changing(session):
            rows = [self._row_of(session, cell, Outcome.TESTED) for cell in cells]
            self._db.executemany("INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)
            if own is not None:
                self._record_rows(session, cells, own)

    def record(self, session: Session, cells: Sequence[Cell], passed: Collection[str], opened: Collection[str]) -> None:
        """Remember every tested cell and its outcome, those below the gate too, before anything of it leaves.

        A later call of the same attempt replaces an earlier one (the owners agree on ever fewer cells); what another
        attempt opened stays.
        """
        with self._changing(session):
            rows = [self._row_of(session, cell, _outcome(cell, passed, opened)) for cell in cells]
            self._db.executemany("INSERT OR REPLACE INTO answers VALUES (?, ?, ?, ?, ?, ?, ?, ?)", rows)

    def withdraw(self, session: Session) -> None:
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
                f"SELECT region, base, outcome, quantities FROM answers WHERE class IN ({_marks(known)}) "  # noqa: S608 - marks only
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

    def earlier(self, asset: str, job: bytes, attempt: int) -> list[Earlier]:
        """Every cell that other attempts tested on this asset, with the version and the rows it had.

        Whoever it was opened for: versions are compared across all classes of recipients.
        """
        query = """
            SELECT own_rows.region, version, rows, max(outcome = ?) FROM own_rows
            JOIN answers USING (job, attempt, cell) WHERE asset = ? AND NOT (job = ? AND attempt = ?)
            GROUP BY own_rows.region, version, rows ORDER BY min(own_rows.rowid)"""
        with self._lock:
            rows = self._db.execute(query, (Outcome.OPENED, asset, job, attempt)).fetchall()
        return [Earlier(_region(data), version, name, bool(opened)) for data, version, name, opened in rows]

    def dominated(self, asset: str, cells: Sequence[Cell]) -> frozenset[str]:
        """Name the cells that this owner last judged as dominated by few of its respondents, for whatever question."""
        query = "SELECT dominated FROM judged WHERE asset = ? AND region = ?"
        with self._lock:
            found = {cell.name: self._db.execute(query, (asset, _bytes(cell.region))).fetchone() for cell in cells}
        return frozenset(name for name, row in found.items() if row is not None and row[0])

    def rows_of(self, name: bytes) -> bytes:
        """Return the row digests that ``Earlier.rows`` names."""
        with self._lock:
            row = self._db.execute("SELECT rows FROM row_sets WHERE name = ?", (name,)).fetchone()
        return bytes(row[0])

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
        query = "SELECT class, region, base, outcome, quantities FROM answers WHERE job = ? AND attempt = ?"
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
        carried = canonical.encode([*cell.quantities])
        return (session.job, session.attempt, cell.name, recipient_class, *regions, outcome, carried)

    def _record_rows(self, session: Session, cells: Sequence[Cell], own: OwnRows) -> None:
        for cell in cells:
            if cell.name in own.slacks:
                judged = (own.asset, _bytes(cell.region), cell.name in dominated(own))
                self._db.execute("INSERT OR REPLACE INTO judged VALUES (?, ?, ?)", judged)
            rows = own.cells[cell.name]
            self._db.execute("INSERT OR IGNORE INTO row_sets VALUES (?, ?)", (name_of(rows), rows))
            self._db.execute(
                "INSERT OR REPLACE INTO own_rows VALUES (?, ?, ?, ?, ?, ?, ?)",
                (session.job, session.attempt, cell.name, own.asset, _bytes(cell.region), own.version, name_of(rows)),
            )


def _answer(data: bytes, base: bytes, outcome: str, quantities: bytes) -> Answer:
    return Answer(_region(data), _region(base), Outcome(outcome), _quantities(quantities))


def _marks(values: Collection[str]) -> str:
    return ", ".join("?" * len(values))


def _bytes(found: Region) -> bytes:
    return canonical.encode(found.json())


@lru_cache
def _quantities(data: bytes) -> tuple[str, ...]:
    found = canonical.decode(data)
    assert isinstance(found, list)
    return tuple(map(str, found))


@lru_cache(maxsize=1 << 17)
def _region(data: bytes) -> Region:
    """Read a region; the same ones come back for every job, and reading costs more than deciding."""
    return region.read(canonical.decode(data))


def _outcome(cell: Cell, passed: Collection[str], opened: Collection[str]) -> Outcome:
    if cell.name in opened:
        return Outcome.OPENED
    return Outcome.PASSED if cell.name in passed else Outcome.BELOW
