"""The registrar's copy of what the chain recorded about units, so that a query need not read the whole chain again.

Beside the book, in the same file, brought up to date before each query. It proves nothing: whoever uses it proves the
histories, and if they do not hold the copy is thrown away and read anew (``forget``).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final, Protocol

from contracts.addresses import RESTRICTIONS, TITLES
from contracts.evidence.bundle import RecordedEvent
from ledger.chain.port import Cursor, Event, EventFact
from ledger.database import Database
from ledger.errors import BackendError

AREAS: Final = (TITLES, RESTRICTIONS)
MAX_PAGES: Final = 10_000
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS entries (
    contract TEXT, unit BLOB, block INTEGER, place INTEGER, log INTEGER, topic BLOB NOT NULL, data BLOB NOT NULL,
    PRIMARY KEY (block, place, log)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS entries_of_unit ON entries (contract, unit, block, place, log);
CREATE TABLE IF NOT EXISTS entries_mark (genesis BLOB PRIMARY KEY, block INTEGER, place INTEGER, log INTEGER);
"""


class Events(Protocol):
    """What of a ``ledger.chain.port.Chain`` is needed here."""

    def events(self, after: Cursor | None, *, limit: int = 1000) -> list[Event]: ...


@dataclass(frozen=True, slots=True)
class Kept:
    """One event and where it stands."""

    event: RecordedEvent = field(repr=False)
    fact: EventFact


class EntryBook:
    """The copy of one network's entries."""

    def __init__(self, database: Database, genesis: bytes) -> None:
        """Open the copy; one of another network is thrown away."""
        self._database, self._genesis = database, genesis
        with database.transaction() as db:
            for statement in _SCHEMA.split(";"):
                db.execute(statement)
            known = db.execute("SELECT genesis FROM entries_mark").fetchone()
        if known is None or known[0] != genesis:
            self.forget()

    def forget(self) -> None:
        """Throw the copy away."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM entries")
            db.execute("DELETE FROM entries_mark")
            db.execute("INSERT INTO entries_mark VALUES (?, NULL, NULL, NULL)", (self._genesis,))

    def follow(self, chain: Events) -> None:
        """Take up what the chain has recorded since."""
        for _ in range(MAX_PAGES):
            with self._database.transaction() as db:
                block, place, log = db.execute("SELECT block, place, log FROM entries_mark").fetchone()
            page = chain.events(None if block is None else Cursor(block, place, log))
            if not page:
                return
            self._keep(page)
        raise BackendError("property: the chain goes on recording faster than it can be read")

    def of(self, contract: str, unit: bytes, last: int) -> list[Kept]:
        """Return the events of a unit up to a block, in order."""
        return self._found("contract = ? AND unit = ? AND block <= ?", (contract, unit, last))

    def beside(self, fact: EventFact) -> list[Kept]:
        """Return the entries of Titles that one transaction made, in order."""
        return self._found("contract = ? AND block = ? AND place = ?", (TITLES, fact.block_number, fact.index))

    def _found(self, condition: str, values: tuple[object, ...]) -> list[Kept]:
        query = f"SELECT topic, unit, data, block, place, log FROM entries WHERE {condition} ORDER BY block, place, log"  # noqa: S608 constant texts
        with self._database.transaction() as db:
            rows = db.execute(query, values).fetchall()
        return [Kept(RecordedEvent((topic, unit), data), EventFact(*at)) for topic, unit, data, *at in rows]

    def _keep(self, page: Iterable[Event]) -> None:
        with self._database.transaction() as db:
            for event in page:
                if event.contract in AREAS and len(event.topics) == 2:
                    kind, unit = event.topics
                    db.execute(
                        "INSERT OR REPLACE INTO entries VALUES (?, ?, ?, ?, ?, ?, ?)",
                        (event.contract, unit, event.block_number, event.index, event.log_index, kind, event.data),
                    )
            at = event.cursor
            mark = (at.block_number, at.index, at.log_index)
            db.execute("UPDATE entries_mark SET block = ?, place = ?, log = ?", mark)
