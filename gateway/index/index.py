"""The index of one network: filled run by run from checked blocks, read by whoever answers questions.

A run is kept as a whole or not at all, and only behind the block the index ends with, so that a process that was
killed, or two at once, leave the same rows as one that ran through. Rebuilt from block 0 it is identical (``digest``).

It is never the source of truth: who decides something asks for the proof (``gateway.provenance.proving``).
Trust assumption: that of ``ledger.proofs.runs``, and that nobody else writes the database.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from hashlib import sha256
from typing import Final

from sqlalchemy import Table, delete, insert, select, update

from contracts.addresses import GENESIS_ADDRESSES
from contracts.oversight.acts import Reader
from gateway.index.store import Store
from gateway.index.tables import ACTS, ADDRESSES, BLOCKS, EDGES, EVENTS, MARK, MENTIONS, NODES
from gateway.index.writing import Rows
from ledger.chain.port import Chain
from ledger.errors import Conflict, NotFound
from ledger.proofs.headers import Header
from ledger.proofs.runs import RUN, Calls, Mark, read_run
from ledger.proofs.view import ProvenView

Progress = Callable[[int, int], None]
"""Told how many blocks of how many have been read."""

MOMENT_S: Final = 0.5
_FILLED: Final = (EDGES, NODES, MENTIONS, EVENTS, ACTS, BLOCKS, ADDRESSES, MARK)


class Index:
    """One database and the network whose blocks are in it; threads may share it."""

    def __init__(self, store: Store, genesis: Header) -> None:
        """Open or begin it. Raises: Conflict if it holds another network's blocks."""
        self.store, self._genesis = store, genesis
        self._known: tuple[float, Mark] | None = None
        self._mark = store.written(select(MARK.c.number, MARK.c.time, MARK.c.hash))
        with store.transaction() as db:
            known = db.execute(select(MARK.c.genesis)).scalar_one_or_none()
        if known is None:
            self._begin()
        elif bytes(known) != genesis.block_hash:
            raise Conflict("index: the database holds another network's blocks")

    def last(self) -> Mark:
        """Return the last block that was in a moment ago; for answers that say what they are as of."""
        known = self._known
        if known is None or time.monotonic() >= known[0] + MOMENT_S:
            self._known = known = (time.monotonic(), self.mark)
        return known[1]

    @property
    def mark(self) -> Mark:
        """The last block that is in now."""
        found = self.store.rows(self._mark)
        if not found:
            raise NotFound("index: emptied while it was in use")
        number, time, block_hash = found[0]
        return Mark(number, time, bytes(block_hash))

    def follow(self, chain: Chain, view: ProvenView, *, say: Progress | None = None) -> Header:
        """Take in every block up to the head that the view proves, and return that head.

        Raises:
            VerificationError: a block is not the one sealed, or its calls are not all there; no row of its run is kept.
        """
        head = view.head()
        start = self.mark.number
        while (mark := self.mark).number < head.number:
            last = min(head.number, mark.number + RUN)
            self.keep(mark, list(read_run(chain, view, mark, last)))
            if say is not None:
                say(last - start, head.number - start)
        return head

    def keep(self, after: Mark, run: list[tuple[Header, Calls]]) -> bool:
        """Enter a checked run if the index still ends where it begins; else another process has entered it."""
        last, self._known = run[-1][0], None
        mark = update(MARK).where(MARK.c.hash == after.block_hash)
        with self.store.transaction() as db:
            taken = db.execute(mark.values(number=last.number, time=last.timestamp, hash=last.block_hash))
            if taken.rowcount != 1:
                return False
            known = {bytes(address): name for address, name in db.execute(select(ADDRESSES))}
            reader, rows = Reader(known), Rows()
            for header, calls in run:
                acts = reader.read(header.number, header.timestamp, calls)
                rows.block(header.number, header.timestamp, header.block_hash, acts)
            rows.write(db)
            found = [{"address": address, "name": name} for address, name in reader.addresses.items()]
            fresh = [row for row in found if row["address"] not in known]
            if fresh:
                db.execute(insert(ADDRESSES), fresh)
        self._known = None
        return True

    def forget(self) -> None:
        """Empty the index, so that the next follow reads from block 0."""
        with self.store.transaction() as db:
            for table in _FILLED:
                db.execute(delete(table))
        self._begin()

    def digest(self) -> bytes:
        """Return one digest over all rows in the order of their keys: equal for equal content on every database."""
        hasher = sha256()
        with self.store.transaction() as db:
            for table in reversed(_FILLED):
                hasher.update(f"{table.name}\n".encode())
                for row in db.execute(_ordered(table)):
                    shown = [value.hex() if isinstance(value, bytes | memoryview) else value for value in row]
                    hasher.update(json.dumps(shown).encode() + b"\n")
        return hasher.digest()

    def _begin(self) -> None:
        self._known = None
        first = self._genesis
        pairs = [{"address": bytes(address), "name": name} for name, address in GENESIS_ADDRESSES.items()]
        mark = {"genesis": first.block_hash, "number": 0, "time": first.timestamp, "hash": first.block_hash}
        with self.store.transaction() as db:
            db.execute(insert(MARK), mark)
            db.execute(insert(ADDRESSES), pairs)


def _ordered(table: Table):  # type: ignore[no-untyped-def]  # a Select of columns whose types differ by table
    return select(table).order_by(*table.primary_key.columns)
