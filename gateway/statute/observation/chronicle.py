"""The chronicle: a party's own copy of all acts on the chain, each block checked against its sealed header.

One SQLite file under ``state/``. Blocks come in runs: every header names the one before it, the last of a run is proven
to be sealed, and a block's calls and receipts must be all that its header commits to; only then is the run kept. So a
run that was interrupted is begun again at its first block, and nothing in the file rests on an RPC's word. The agenda
is kept beside the blocks, changed by the same transaction, with an index by party: what waits for somebody is found
without looking at what is over.

Trust assumption: that of ``ledger.proofs.view``, and that nobody else writes the file.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from contracts.addresses import GENESIS_ADDRESSES
from contracts.oversight.acts import Act, Reader
from contracts.oversight.pending.agenda import NONE_LENT, Case, CaseKey, Item, Waiting, cases_of, follow, lender_of
from contracts.oversight.pending.step import EVERYBODY
from contracts.oversight.pending.steps import lapsing
from ledger import rlp
from ledger.abi import AbiValue
from ledger.chain.port import Chain, Event
from ledger.crypto.signing import Address
from ledger.database import Database
from ledger.errors import BackendError, Conflict, InvalidRecord
from ledger.proofs.blocks import Sent
from ledger.proofs.headers import Header
from ledger.proofs.proof import Log
from ledger.proofs.runs import RUN, Calls, Mark, read_run
from ledger.proofs.view import ProvenView

Progress = Callable[[int, int], None]
"""Told how many blocks of how many have been read."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS mark(genesis BLOB PRIMARY KEY, number INTEGER, time INTEGER, hash BLOB);
CREATE TABLE IF NOT EXISTS blocks(number INTEGER PRIMARY KEY, time INTEGER NOT NULL, calls BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS addresses(address BLOB PRIMARY KEY, name TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS cases(
  kind TEXT, id BLOB, facts TEXT NOT NULL, PRIMARY KEY (kind, id)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS waiting(
  kind TEXT, id BLOB, step TEXT, party BLOB, since INTEGER, due INTEGER,
  PRIMARY KEY (kind, id, step, party)) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS waiting_of_party ON waiting(party, due);
"""


class Chronicle:
    """One party's file; ``follow`` brings it up to the chain's proven head."""

    def __init__(self, path: Path, genesis: Header) -> None:
        """Open or begin the file. Raises: Conflict if it belongs to another network."""
        self._database = Database(path, _SCHEMA, name="chronicle")
        with self._database.transaction() as db:
            if db.execute("SELECT 1 FROM mark").fetchone() is None:
                first = (genesis.block_hash, 0, genesis.timestamp, genesis.block_hash)
                db.execute("INSERT INTO mark VALUES (?, ?, ?, ?)", first)
                pairs = [(bytes(address), name) for name, address in GENESIS_ADDRESSES.items()]
                db.executemany("INSERT INTO addresses VALUES (?, ?)", pairs)
            known = db.execute("SELECT genesis FROM mark").fetchone()
        if known != (genesis.block_hash,):
            raise Conflict(f"{path}: the chronicle of another network")

    def close(self) -> None:
        self._database.close()

    @property
    def mark(self) -> Mark:
        with self._database.transaction() as db:
            return Mark(*db.execute("SELECT number, time, hash FROM mark").fetchone())

    def follow(self, chain: Chain, view: ProvenView, *, say: Progress | None = None) -> Header:
        """Take in every block up to the head that the view proves, and return that head.

        Raises: VerificationError if a block is not the one sealed, or its calls are not all there.
        """
        head = view.head()
        start = self.mark.number
        while (mark := self.mark).number < head.number:
            last = min(head.number, mark.number + RUN)
            self._keep(mark, list(read_run(chain, view, mark, last)))
            if say is not None:
                say(last - start, head.number - start)
        return head

    def acts(self, last: int, *, after: int = 0, reader: Reader | None = None) -> Iterator[Act]:
        """Read all acts up to a block in their order.

        Args:
            after, reader: to go on behind a block, with the reader that has read up to there.
        """
        reader, number = reader or Reader(), after
        while rows := self._page(number, last):
            for number, time, calls in rows:
                yield from reader.read(number, time, _decode(calls))

    def items(self, party: bytes, now: int) -> list[Item]:
        """Return what waits for a party, or for whoever has the role, as stored; lapsed steps are left out.

        Cost: one look into the index by party, then only what waits.
        """
        query = (
            "SELECT w.kind, w.id, w.step, w.party, w.since, w.due, c.facts FROM waiting w JOIN cases c "
            "ON c.kind = w.kind AND c.id = w.id WHERE w.party IN (?, ?) ORDER BY w.due"
        )
        with self._database.transaction() as db:
            rows = db.execute(query, (party, EVERYBODY)).fetchall()
        items = [
            Item(kind, case, step, bound, since, due, _facts(facts))
            for kind, case, step, bound, since, due, facts in rows
        ]
        return [item for item in items if not item.has_lapsed(now)]

    def count(self) -> tuple[int, int]:
        """Return how many cases and waiting steps the file holds."""
        with self._database.transaction() as db:
            cases: int = db.execute("SELECT count(*) FROM cases").fetchone()[0]
            waiting: int = db.execute("SELECT count(*) FROM waiting").fetchone()[0]
        return cases, waiting

    def _keep(self, after: Mark, run: list[tuple[Header, Calls]]) -> None:
        """Keep a run if the file still ends where the run begins; else another process has kept it."""
        last = run[-1][0]
        with self._database.transaction() as db:
            if db.execute("SELECT hash FROM mark").fetchone() != (after.block_hash,):
                return
            reader = Reader(dict(db.execute("SELECT address, name FROM addresses")))
            for header, calls in run:
                if not calls:
                    continue
                db.execute("INSERT INTO blocks VALUES (?, ?, ?)", (header.number, header.timestamp, _encode(calls)))
                for act in reader.read(header.number, header.timestamp, calls):
                    for event in act.events:
                        _turn(db, event)
            _forget_lapsed(db, last.timestamp)
            db.executemany("INSERT OR REPLACE INTO addresses VALUES (?, ?)", reader.addresses.items())
            mark = (last.number, last.timestamp, last.block_hash)
            db.execute("UPDATE mark SET number = ?, time = ?, hash = ?", mark)

    def _page(self, after: int, last: int) -> list[tuple[int, int, bytes]]:
        query = "SELECT number, time, calls FROM blocks WHERE number > ? AND number <= ? ORDER BY number LIMIT ?"
        with self._database.transaction() as db:
            return db.execute(query, (after, last, RUN)).fetchall()


def _turn(db: sqlite3.Connection, event: Event) -> None:
    """Bring the agenda up to an event: its cases are read, changed and written, and no others are written."""
    for turn, key in cases_of(event):
        lender = lender_of(turn, event)
        lent = _case(db, lender).facts if lender else NONE_LENT
        _write(db, key, follow(_case(db, key), turn, event, lent))


def _write(db: sqlite3.Connection, key: CaseKey, after: Case) -> None:
    db.execute("DELETE FROM waiting WHERE kind = ? AND id = ?", key)
    if after.closed:
        db.execute("DELETE FROM cases WHERE kind = ? AND id = ?", key)
        return
    db.execute("INSERT OR REPLACE INTO cases VALUES (?, ?, ?)", (*key, _text(after.facts)))
    rows = [(*key, step.step, step.party, step.since, step.due) for step in after.waiting]
    db.executemany("INSERT INTO waiting VALUES (?, ?, ?, ?, ?, ?)", rows)


def _forget_lapsed(db: sqlite3.Connection, now: int) -> None:
    """Take out the cases whose moment has passed, whether something waits in them or not: nothing can follow there."""
    query = "SELECT kind, id FROM cases WHERE kind = ? AND json_extract(facts, '$.' || ?) <= ?"
    for kind, ends in lapsing().items():
        found = db.execute(query, (kind, ends, now)).fetchall()
        db.executemany("DELETE FROM cases WHERE kind = ? AND id = ?", found)
        db.executemany("DELETE FROM waiting WHERE kind = ? AND id = ?", found)


def _case(db: sqlite3.Connection, key: CaseKey) -> Case:
    row = db.execute("SELECT facts FROM cases WHERE kind = ? AND id = ?", key).fetchone()
    if row is None:
        return Case()
    waiting = db.execute("SELECT step, party, since, due FROM waiting WHERE kind = ? AND id = ?", key).fetchall()
    return Case(_facts(row[0]), tuple(Waiting(*step) for step in waiting))


def _text(facts: Mapping[str, AbiValue]) -> str:
    """Write facts as JSON: bytes as hexadecimal digits, sequences as lists."""
    return json.dumps({name: _plain(value) for name, value in facts.items()})


def _plain(value: AbiValue) -> object:
    match value:
        case bytes():
            return value.hex()
        case tuple():
            return [_plain(item) for item in value]
        case _:
            return value


def _facts(text: str) -> dict[str, AbiValue]:
    return {name: _value(value) for name, value in json.loads(text).items()}


def _value(value: object) -> AbiValue:
    match value:
        case str():
            return bytes.fromhex(value)
        case list():
            return tuple(map(_value, value))
        case int():
            return value
    raise BackendError(f"chronicle: a fact of type {type(value).__name__}")


def _encode(calls: Calls) -> bytes:
    return rlp.encode(
        tuple(
            (sent.sender, sent.to, sent.payload, bytes([sent.accepted]),
             tuple((log.address, log.topics, log.data) for log in sent.logs)) if sent else ()
            for sent in calls
        )
    )  # fmt: skip


def _decode(raw: bytes) -> Calls:
    try:
        items = rlp.decode(raw)
    except InvalidRecord as fault:
        raise BackendError("chronicle: a damaged block") from fault
    if not isinstance(items, tuple):
        raise BackendError("chronicle: a damaged block")
    return tuple(map(_sent, items))


def _sent(item: rlp.Item) -> Sent | None:
    match item:
        case ():
            return None
        case (bytes(sender), bytes(to), bytes(payload), bytes(accepted), tuple(logs)):
            return Sent(Address(sender), Address(to), payload, accepted == b"\1", tuple(map(_log, logs)))
    raise BackendError("chronicle: a damaged block")


def _log(item: rlp.Item) -> Log:
    match item:
        case (bytes(address), tuple(topics), bytes(data)):
            return Log(Address(address), tuple(bytes(topic) for topic in topics if isinstance(topic, bytes)), data)
    raise BackendError("chronicle: a damaged block")
