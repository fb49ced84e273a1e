"""A durable queue of signed transactions, one line of nonces a key.

An operation is written here, signed, before it is sent. A retry with the same op_id, in this process or after a
crash, sends the same bytes again, so that it can never happen twice. A nonce is the lowest one that the chain has
not used and no waiting entry holds, so that a discarded entry leaves no gap for long.

It does NOT talk to a chain and holds no key: the caller signs and sends.

Trust assumption: the disk keeps what it acknowledged (SQLite, synchronous=FULL).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ledger.database import Database
from ledger.errors import Conflict, NotFound
from ledger.hashing import keccak256

Sign = Callable[[int], bytes]
"""Gives the raw signed transaction for a nonce."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS network (one INTEGER PRIMARY KEY CHECK (one = 1), digest BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS entry (
    op_id BLOB PRIMARY KEY, sender BLOB NOT NULL, nonce INTEGER NOT NULL, call BLOB NOT NULL,
    raw BLOB NOT NULL, settled INTEGER NOT NULL DEFAULT 0
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS entry_nonce ON entry (sender, nonce);
"""
_COLUMNS = "op_id, sender, nonce, call, raw, settled"


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation with the transaction that carries it; `call` is the digest of what it does."""

    op_id: bytes
    sender: bytes
    nonce: int
    call: bytes
    raw: bytes
    settled: bool

    def __post_init__(self) -> None:
        if len(self.op_id) != 32 or len(self.sender) != 20 or len(self.call) != 32 or self.nonce < 0:
            raise ValueError("outbox: entry out of form")

    @property
    def transaction_hash(self) -> bytes:
        return keccak256(self.raw)


class Outbox:
    """The queue file of one party; threads may share it, and so may processes."""

    def __init__(self, path: Path, network: bytes) -> None:
        """Open or create the file.

        Args: network: the genesis hash.
        Raises: Conflict if the file is another chain's.
        """
        self._database = Database(path, _SCHEMA, name="outbox")
        self._bind(network)

    def find(self, op_id: bytes) -> Entry | None:
        with self._database.transaction() as db:
            return _find(db, op_id)

    def pending(self, sender: bytes) -> list[Entry]:
        """List the entries not yet known to be sealed, in nonce order."""
        with self._database.transaction() as db:
            query = f"SELECT {_COLUMNS} FROM entry WHERE sender = ? AND settled = 0 ORDER BY nonce"  # noqa: S608
            return [_entry(row) for row in db.execute(query, (sender,))]

    def reserve(self, op_id: bytes, sender: bytes, call: bytes, chain_nonce: int, sign: Sign) -> Entry:
        """Give the operation a nonce and a durable signed transaction, or return the one it already has.

        Raises: Conflict if the op_id was used for another call or by another key.
        """
        with self._database.transaction() as db:
            known = _find(db, op_id)
            if known is not None:
                if (known.sender, known.call) != (sender, call):
                    raise Conflict("outbox: this op_id was used for another operation")
                return known
            return _insert(db, op_id, sender, call, chain_nonce, sign)

    def renew(self, op_id: bytes, passed: int, start: int, sign: Sign) -> Entry:
        """Sign the operation anew, unless somebody did so already.

        Args: passed: the chain's next nonce for the sender: below it nothing unsealed can ever be sealed, so the
            caller must have seen that this entry's transaction has no receipt; start: the lowest nonce to take.
        """
        with self._database.transaction() as db:
            known = _find(db, op_id)
            if known is None:
                raise NotFound("outbox: no such operation")
            if known.settled or known.nonce >= passed:
                return known
            db.execute("DELETE FROM entry WHERE op_id = ?", (op_id,))
            return _insert(db, op_id, known.sender, known.call, start, sign)

    def settle(self, op_id: bytes) -> None:
        """Remember that the transaction is sealed; the entry stays, for a late retry to find its receipt."""
        with self._database.transaction() as db:
            db.execute("UPDATE entry SET settled = 1 WHERE op_id = ?", (op_id,))

    def discard(self, op_id: bytes) -> None:
        """Forget an entry that the chain refused to admit, so that its nonce is free again."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM entry WHERE op_id = ? AND settled = 0", (op_id,))

    def close(self) -> None:
        self._database.close()

    def _bind(self, network: bytes) -> None:
        with self._database.transaction() as db:
            db.execute("INSERT OR IGNORE INTO network VALUES (1, ?)", (network,))
            (bound,) = db.execute("SELECT digest FROM network").fetchone()
        if bound != network:
            self.close()
            raise Conflict("outbox: the queue belongs to another chain")


def _find(db: sqlite3.Connection, op_id: bytes) -> Entry | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM entry WHERE op_id = ?", (op_id,)).fetchone()  # noqa: S608
    return _entry(row) if row else None


def _entry(row: tuple[bytes, bytes, int, bytes, bytes, int]) -> Entry:
    return Entry(row[0], row[1], row[2], row[3], row[4], bool(row[5]))


def _insert(db: sqlite3.Connection, op_id: bytes, sender: bytes, call: bytes, chain_nonce: int, sign: Sign) -> Entry:
    query = "SELECT nonce FROM entry WHERE sender = ? AND nonce >= ?"
    taken = {nonce for (nonce,) in db.execute(query, (sender, chain_nonce))}
    nonce = next(n for n in range(chain_nonce, chain_nonce + len(taken) + 1) if n not in taken)
    entry = Entry(op_id, sender, nonce, call, sign(nonce), False)
    db.execute("INSERT INTO entry VALUES (?, ?, ?, ?, ?, 0)", (op_id, sender, nonce, call, entry.raw))
    return entry
