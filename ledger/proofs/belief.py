"""The durable part of a node's belief: the highest block it accepted and the proven changes of the validators.

It does NOT verify anything (`ledger.proofs.view` did so before saving), but it never goes back: not to a lower block,
and not to another block at the same height.

Trust assumption: the disk keeps what it acknowledged, and nobody else writes this file.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from ledger import rlp
from ledger.crypto.signing import Address
from ledger.database import Database
from ledger.errors import Conflict, InvalidRecord, VerificationError
from ledger.proofs.headers import block_hash
from ledger.proofs.proof import SlotProof, StorageProof
from ledger.proofs.trust import ValidatorChange

_SCHEMA = """
CREATE TABLE IF NOT EXISTS belief (
    one INTEGER PRIMARY KEY CHECK (one = 1), genesis BLOB NOT NULL, number INTEGER NOT NULL, hash BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS change (place INTEGER PRIMARY KEY, record BLOB NOT NULL);
"""


@dataclass(frozen=True, slots=True)
class Belief:
    """The highest accepted block and how the validators got there."""

    number: int
    block_hash: bytes
    changes: tuple[ValidatorChange, ...]


class BeliefStore:
    """One node's belief in a SQLite file."""

    def __init__(self, path: Path, genesis_hash: bytes) -> None:
        """Open or create the file. Raises: Conflict if it belongs to another network."""
        self._database = Database(path, _SCHEMA, name="belief")
        self._changes: tuple[ValidatorChange, ...] = ()
        self._bind(genesis_hash)

    def load(self) -> Belief:
        """Read the belief, as this or another process last saved it."""
        with self._database.transaction() as db:
            number, known = db.execute("SELECT number, hash FROM belief").fetchone()
            query = "SELECT record FROM change WHERE place >= ? ORDER BY place"
            rows = db.execute(query, (len(self._changes),)).fetchall()
            self._changes += tuple(_decode(record) for (record,) in rows)
            return Belief(number, known, self._changes)

    def save(self, belief: Belief) -> None:
        """Keep a verified belief; one that changes nothing costs nothing.

        Raises: VerificationError for another block at the believed height: somebody sealed two.
        """
        if belief == self.load():
            return
        with self._database.transaction() as db:
            number, known = db.execute("SELECT number, hash FROM belief").fetchone()
            if number == belief.number and known != belief.block_hash:
                raise VerificationError(f"belief: two sealed blocks at height {number}: the chain forked")
            if number <= belief.number:
                db.execute("UPDATE belief SET number = ?, hash = ?", (belief.number, belief.block_hash))
                rows = [(place, _encode(change)) for place, change in enumerate(belief.changes)]
                db.executemany("INSERT OR IGNORE INTO change VALUES (?, ?)", rows)

    def close(self) -> None:
        self._database.close()

    def _bind(self, genesis_hash: bytes) -> None:
        with self._database.transaction() as db:
            db.execute("INSERT OR IGNORE INTO belief VALUES (1, ?, 0, ?)", (genesis_hash, genesis_hash))
            (bound,) = db.execute("SELECT genesis FROM belief").fetchone()
        if bound != genesis_hash:
            self.close()
            raise Conflict("belief: the file belongs to another network")


def _encode(change: ValidatorChange) -> bytes:
    proof = change.proof
    slots = tuple((slot.slot, slot.nodes) for slot in proof.slots)
    return rlp.encode((change.header, bytes(proof.address), proof.account_nodes, slots, change.validators))


def _decode(record: bytes) -> ValidatorChange:
    match rlp.decode(record):
        case (bytes(header), bytes(address), tuple(nodes), tuple(slots), tuple(validators)):
            proof = StorageProof(block_hash(header), Address(address), _many(nodes), tuple(map(_slot, slots)))
            return ValidatorChange(header, proof, tuple(Address(member) for member in _many(validators)))
    raise InvalidRecord("belief: expected a change of the validators")


def _slot(item: rlp.Item) -> SlotProof:
    match item:
        case (bytes(slot), tuple(nodes)):
            return SlotProof(slot, _many(nodes))
    raise InvalidRecord("belief: expected a slot and its proof")


def _many(items: tuple[rlp.Item, ...]) -> tuple[bytes, ...]:
    found = tuple(item for item in items if isinstance(item, bytes))
    if len(found) != len(items):
        raise InvalidRecord("belief: expected byte strings")
    return found
