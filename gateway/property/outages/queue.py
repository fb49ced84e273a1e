"""The outage queue on the registrar's disk, in the book's own file: signed entries and what became of each.

Nothing is ever removed: what was entered or dropped stays, with block or reason. It proves nothing and decides nothing.
"""

from __future__ import annotations

from dataclasses import astuple, dataclass
from enum import StrEnum
from typing import Any, Final

from gateway.property.book import Book
from gateway.property.entering import plan
from gateway.property.entering.entry import RESTRICTIONS, Entry, EntryKind
from gateway.property.entering.living import Holder, Living, LivingBook
from gateway.property.entering.plan import Plan
from gateway.property.outages.outage import SignedEntry, beginning, state_of
from ledger.crypto.keys import PrivateKey
from ledger.errors import Conflict, NotFound

SCHEMA: Final = """CREATE TABLE IF NOT EXISTS outage (
    n INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, unit TEXT NOT NULL, plan TEXT NOT NULL, before BLOB NOT NULL,
    seen INTEGER NOT NULL, time INTEGER NOT NULL, previous BLOB NOT NULL, signature BLOB NOT NULL,
    state TEXT NOT NULL, reason TEXT NOT NULL, against TEXT NOT NULL, block INTEGER)"""


class QueueState(StrEnum):
    """What became of an entry."""

    WAITING = "waiting"
    CONFLICT = "conflict"
    ENTERED = "entered"
    DROPPED = "dropped"


@dataclass(frozen=True, slots=True)
class Queued:
    """An entry in the queue.

    Attributes:
        reason: why it conflicts or was dropped.
        against: what it conflicts with, as far as the chain tells; a line each.
        block: that has it.
    """

    entry: SignedEntry
    state: QueueState
    reason: str
    against: tuple[str, ...]
    block: int | None

    @property
    def is_open(self) -> bool:
        return self.state in (QueueState.WAITING, QueueState.CONFLICT)


class Queue:
    """One registrar's queue on one chain."""

    def __init__(self, book: Book, genesis: bytes) -> None:
        self._book, self.living = book, LivingBook(book)
        self.start = beginning(book.registrar, genesis)
        with book.database.transaction() as db:
            db.execute(SCHEMA)

    def all(self) -> list[Queued]:
        """Return the queue in order."""
        with self._book.database.transaction() as db:
            return [_queued(row) for row in db.execute("SELECT * FROM outage ORDER BY n")]

    def sign(self, asked: Entry, key: PrivateKey, seen: int, now: int) -> Queued:
        """Sign an entry and put it at the end; one that is in the queue already is returned as it is.

        Args:
            seen: number of the last block this desk has believed.
            now: the desk's clock, unix seconds.
        Raises:
            Conflict: its number is taken, the register has or lacks the unit, others will hold it than its papers are
                of, or the clock went back.
        """
        queue = self.all()
        for known in queue:
            if known.entry.code == asked.code:
                if plan.read(known.entry.plan).entry != asked or known.state is QueueState.DROPPED:
                    raise Conflict(f"application {asked.code}: the number is taken in the outage queue")
                return known
        if queue and now < queue[-1].entry.time:
            raise Conflict(f"clock: it is earlier than when entry {queue[-1].entry.n} was signed")
        before = self._expected(asked.unit, queue)
        self._check(asked, before)
        made = self._made(asked, before)
        made.require_givers(before)
        self.living.plan(asked.code, asked.unit, made.text())
        previous = queue[-1].entry.digest if queue else self.start
        entry = SignedEntry(
            len(queue) + 1, asked.code, asked.unit, made.text(), state_of(before), seen, now, previous
        ).signed(key)
        with self._book.database.transaction() as db:
            values = (*astuple(entry), QueueState.WAITING, "", "", None)
            db.execute(f"INSERT INTO outage VALUES ({','.join('?' * len(values))})", values)  # noqa: S608 - places only
        return self.all()[-1]

    def mark(
        self, n: int, state: QueueState, reason: str = "", against: tuple[str, ...] = (), block: int | None = None
    ) -> None:
        """Write down what became of an entry."""
        with self._book.database.transaction() as db:
            db.execute(
                "UPDATE outage SET state = ?, reason = ?, against = ?, block = ? WHERE n = ?",
                (state, reason, "\n".join(against), block, n),
            )

    def drop(self, code: str, reason: str) -> Queued:
        """Give an entry up, with the reason; it stays in the queue as dropped.

        Raises:
            NotFound: there is none of this number.
            Conflict: the chain has it, or it was dropped for another reason.
        """
        for known in self.all():
            if known.entry.code != code:
                continue
            if known.is_open:
                self.mark(known.entry.n, QueueState.DROPPED, reason)
            elif (known.state, known.reason) != (QueueState.DROPPED, reason):
                raise Conflict(f"application {code}: {known.state} already")
            return self.all()[known.entry.n - 1]
        raise NotFound(f"application {code}: not in the outage queue")

    def _expected(self, unit: str, queue: list[Queued]) -> Living | None:
        """Return what a unit will be when all that waits in front has been entered."""
        found = self.living.unit(unit)
        for known in queue:
            made = plan.read(known.entry.plan)
            if known.is_open and known.entry.unit == unit and made.entry.kind not in (*RESTRICTIONS, EntryKind.RELEASE):
                found = made.after(unit, self._book.id_of(unit), found)
        return found

    def _check(self, asked: Entry, before: Living | None) -> None:
        if asked.kind is EntryKind.FIRST and (before is not None or self._book.has(asked.unit)):
            raise Conflict(f"unit {asked.unit!r} is in the register or has a past")
        if before is None and asked.kind not in (EntryKind.FIRST, EntryKind.PRENOTICE):
            raise Conflict(f"unit {asked.unit!r} is not in the living register; it has to be opened on the chain first")

    def _made(self, asked: Entry, before: Living | None) -> Plan:
        """Return the plan of an application, the same as before if it was made before."""
        known = self.living.planned(asked.code)
        if known is None:
            return plan.make(asked, before, self._promised(asked))
        made = plan.read(known[1])
        if made.entry != asked:
            raise Conflict(f"application {asked.code}: the number is taken by another application")
        return made

    def _promised(self, asked: Entry) -> tuple[Holder, ...]:
        """Return the holders of a pre-notice that a transfer fulfils; whether it stands, the chain will say."""
        promised: tuple[Holder, ...] = ()
        for code in self.living.applications_for(asked.unit) if asked.kind is EntryKind.TRANSFER else ():
            known = self.living.planned(code)
            made = plan.read(known[1]) if known else None
            if made and made.entry.kind is EntryKind.PRENOTICE and set(made.entry.shares) == set(asked.shares):
                promised = made.holders
        return promised


def _queued(row: tuple[Any, ...]) -> Queued:
    *entry, state, reason, against, block = row
    return Queued(SignedEntry(*entry), QueueState(state), reason, tuple(against.split("\n")) if against else (), block)
