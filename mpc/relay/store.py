"""The relay's mailboxes: envelopes in one SQLite file until their owner acknowledges them or their time is over.

Bounded on every side: bytes of a message, count and bytes of a mailbox, and count and bytes of one sender in one
mailbox, so that a party that floods another fills only its own share. The sender is kept for that bound, told
to the mailbox's owner for the like, and goes with the message.

It does NOT know what envelopes contain, who may ask (``server`` does), nor any order but that of arrival.
Trust assumption: the disk keeps what it acknowledged (SQLite, synchronous=FULL).
"""

import sqlite3
from collections.abc import Sequence
from dataclasses import astuple, dataclass, field
from pathlib import Path

from ledger.database import Database
from ledger.errors import Conflict, InvalidRecord

ID_BYTES = 32
_SCHEMA = """
CREATE TABLE IF NOT EXISTS message (
    place INTEGER PRIMARY KEY AUTOINCREMENT, mailbox TEXT NOT NULL, id BLOB NOT NULL,
    sender TEXT NOT NULL, arrived REAL NOT NULL, size INTEGER NOT NULL, envelope BLOB NOT NULL,
    UNIQUE (mailbox, id)
);
CREATE INDEX IF NOT EXISTS message_arrived ON message (arrived);
"""


class MailboxFull(Conflict):
    """A bound of the mailbox, or of the sender in it, is reached; later there may be room again."""


class MessageTooLarge(InvalidRecord):
    """The envelope is larger than the relay takes."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the relay holds at most, per mailbox."""

    message_bytes: int = 2 << 20
    mailbox_bytes: int = 512 << 20
    mailbox_count: int = 8192
    sender_bytes: int = 128 << 20
    sender_count: int = 1024
    keep_s: float = 86_400.0

    def __post_init__(self) -> None:
        if min(astuple(self)) <= 0:
            raise InvalidRecord("relay limits: each is more than zero")


@dataclass(frozen=True, slots=True)
class Letter:
    """One envelope for one mailbox. ``id``: 32 bytes; the same id again is the same letter."""

    mailbox: str
    id: bytes
    envelope: bytes = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.id) != ID_BYTES:
            raise InvalidRecord(f"relay: a message id has {ID_BYTES} bytes")


@dataclass(frozen=True, slots=True)
class Held:
    """One envelope with its place in the order of arrival and who put it there, as the relay says."""

    place: int
    envelope: bytes = field(repr=False)
    sender: str = ""


class MailboxStore:
    """The file; threads may share it."""

    def __init__(self, path: Path, limits: Limits) -> None:
        self.limits = limits
        self._database = Database(path, _SCHEMA, name="relay store")

    def put(self, sender: str, letters: Sequence[Letter], *, now: float) -> list[Letter]:
        """Keep one sender's letters durably, all or none; return the new ones.

        Raises:
            Conflict: an id holds another envelope.
            MailboxFull: no room for one of them.
            MessageTooLarge: an envelope is too large.
        """
        if any(len(letter.envelope) > self.limits.message_bytes for letter in letters):
            raise MessageTooLarge(f"relay: a message has at most {self.limits.message_bytes} bytes")
        with self._database.transaction() as db:
            self._expire(db, now)
            return [letter for letter in letters if self._keep(db, sender, letter, now)]

    def after(self, mailbox: str, place: int, *, now: float, answer_bytes: int = 4 << 20) -> list[Held]:
        """List envelopes that arrived behind a place, oldest first: as many as fit the bytes, at least one."""
        with self._database.transaction() as db:
            query = "SELECT place, size FROM message WHERE mailbox = ? AND place > ? AND arrived > ? ORDER BY place"
            chosen: list[int] = []
            total = 0
            for number, size in db.execute(query, (mailbox, place, now - self.limits.keep_s)):
                total += size
                if chosen and total > answer_bytes:
                    break
                chosen.append(number)
            fetch = "SELECT place, envelope, sender FROM message WHERE place = ?"
            return [Held(*db.execute(fetch, (number,)).fetchone()) for number in chosen]

    def acknowledge(self, mailbox: str, places: Sequence[int]) -> int:
        """Delete envelopes that their owner has taken; return how many there were."""
        with self._database.transaction() as db:
            query = "DELETE FROM message WHERE mailbox = ? AND place = ?"
            return sum(db.execute(query, (mailbox, place)).rowcount for place in places)

    def held(self, mailbox: str) -> tuple[int, int]:
        """Return count and bytes of a mailbox."""
        with self._database.transaction() as db:
            query = "SELECT COUNT(*), COALESCE(SUM(size), 0) FROM message WHERE mailbox = ?"
            count, size = db.execute(query, (mailbox,)).fetchone()
            return int(count), int(size)

    def close(self) -> None:
        self._database.close()

    def _keep(self, db: sqlite3.Connection, sender: str, letter: Letter, now: float) -> bool:
        query = "SELECT envelope FROM message WHERE mailbox = ? AND id = ?"
        known = db.execute(query, (letter.mailbox, letter.id)).fetchone()
        if known is not None:
            if known[0] != letter.envelope:
                raise Conflict("relay: this message id holds another envelope")
            return False
        size = len(letter.envelope)
        self._check_room(db, letter.mailbox, sender, size)
        db.execute(
            "INSERT INTO message (mailbox, id, sender, arrived, size, envelope) VALUES (?, ?, ?, ?, ?, ?)",
            (letter.mailbox, letter.id, sender, now, size, letter.envelope),
        )
        return True

    def _check_room(self, db: sqlite3.Connection, mailbox: str, sender: str, size: int) -> None:
        query = (
            "SELECT COUNT(*), COALESCE(SUM(size), 0), COALESCE(SUM(sender = ?1), 0),"
            " COALESCE(SUM(CASE WHEN sender = ?1 THEN size END), 0) FROM message WHERE mailbox = ?2"
        )
        count, total, own_count, own = db.execute(query, (sender, mailbox)).fetchone()
        limits = self.limits
        if own_count >= limits.sender_count or own + size > limits.sender_bytes:
            raise MailboxFull("relay: this sender's share of the mailbox is full")
        if count >= limits.mailbox_count or total + size > limits.mailbox_bytes:
            raise MailboxFull("relay: the mailbox is full")

    def _expire(self, db: sqlite3.Connection, now: float) -> None:
        db.execute("DELETE FROM message WHERE arrived <= ?", (now - self.limits.keep_s,))
