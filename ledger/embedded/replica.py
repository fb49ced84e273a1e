"""One node's copy of an embedded chain: what is final, what its tip says about the next block, and committing it.

What it does NOT do: decide. Builders draft on a tip, ``validation`` judges on a tip, co-signers and builders seal.
Trust assumption: none; a block is committed only after this process executed it.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path

from eth_typing import Address as EvmAddress
from eth_typing import Hash32

from ledger import rlp
from ledger.crypto.signing import Address
from ledger.embedded.execution.vm import EmbeddedHeader, Execution, decode_header, encode_header, reader
from ledger.embedded.genesis import GenesisConfig, genesis
from ledger.embedded.overlay import Overlay
from ledger.embedded.records import Block, LogEntry
from ledger.embedded.store import Commit, Store, TransactionRow
from ledger.errors import BackendError, Conflict, NotAuthorized, NotFound
from ledger.proofs.headers import parse_header

GENESIS_FILE = "genesis.json"
ANCESTORS = 256  # what the BLOCKHASH instruction can reach


class Tip:
    """The last final block and what its state says about the next one; safe to share between threads."""

    def __init__(self, raw: bytes, config: GenesisConfig, store: Store) -> None:
        self.header: EmbeddedHeader = decode_header(raw)
        self.raw = raw
        self.config = config
        self.store = store
        self._guard = threading.Lock()
        self._until: dict[bytes, int] = {}
        self._nonces: dict[bytes, int] = {}
        self._state = reader(Overlay(store), self.header)
        rule = config.validator_rule
        self.validators: tuple[Address, ...] = config.validators if rule is None else rule.validators(self._state)

    @property
    def number(self) -> int:
        return self.header.block_number

    def require_sender(self, sender: bytes, timestamp: int) -> None:
        """Raise NotAuthorized unless the parent state admits the sender beyond a timestamp."""
        rule = self.config.sender_rule
        if rule is None:
            return
        with self._guard:
            until = self._until.get(sender)
            if until is None:
                until = self._until[sender] = rule.until(self._state, sender)
        if until <= timestamp:
            raise NotAuthorized(f"sender 0x{sender.hex()} is not registered or its registration has ended")

    def nonce(self, sender: bytes) -> int:
        """Return the next nonce of a sender."""
        with self._guard:
            if sender not in self._nonces:
                self._nonces[sender] = self._state.get_nonce(EvmAddress(sender))
            return self._nonces[sender]

    def ancestors(self) -> Iterator[Hash32]:
        """Yield the hashes that BLOCKHASH of the next block sees, newest first."""
        yield self.header.hash
        yield from ancestors(self.store, self.number)


def ancestors(store: Store, number: int) -> Iterator[Hash32]:
    """Yield the hashes of the blocks before one, newest first."""
    for earlier in range(number - 1, max(-1, number - ANCESTORS), -1):
        yield Hash32(store.block_hash(earlier))


class Replica:
    """A chain directory opened for work."""

    def __init__(self, directory: Path, config: GenesisConfig | None) -> None:
        """Open or create the directory.

        Args:
            config: required for a new directory; for an existing one it must be the same, or None.

        Raises:
            Conflict: another process has the directory, or it holds another chain.
            NotFound: no chain here and none given.
        """
        self.store = Store(directory)
        try:
            self.config = _open_config(directory / GENESIS_FILE, config)
            self.genesis_hash = self._open_genesis()
            height = self.store.height()
            if height is None:
                raise BackendError("chain store: no block after creation")
            self.tip = self._tip(self.store.header(height))
        except BaseException:
            self.store.close()
            raise

    def close(self) -> None:
        self.store.close()

    def commit(self, execution: Execution, sealed: bytes) -> None:
        """Make an executed block final under its sealed header, durably, and move the tip."""
        header = parse_header(sealed)
        if header.block_hash != execution.header.hash:
            raise ValueError("commit: the sealed header is of another block")
        block = Block(sealed, tuple(outcome.transaction.raw for outcome in execution.outcomes))
        rows = [
            TransactionRow(
                hash=o.transaction.hash,
                position=position,
                sender=o.transaction.sender,
                recipient=o.transaction.to,
                accepted=o.accepted,
                gas_used=o.gas_used,
                cumulative_gas=o.cumulative_gas,
                kind=o.transaction.kind,
                reason=o.reason,
            )
            for position, o in enumerate(execution.outcomes)
        ]
        logs = list(_log_entries(execution, header.block_hash))
        receipts = rlp.encode(execution.receipts)
        place = (header.number, header.block_hash, header.timestamp)
        self.store.commit(Commit(*place, block, receipts, execution.nodes, rows, logs))
        self.tip = self._tip(sealed)

    def _tip(self, raw: bytes) -> Tip:
        return Tip(raw, self.config, self.store)

    def _open_genesis(self) -> bytes:
        """Write block 0 into an empty store; in a used one check that it is this configuration's."""
        first = genesis(self.config)
        block_hash = parse_header(first.header).block_hash
        if self.store.height() is None:
            block = Block(first.header, ())
            start = self.config.timestamp
            self.store.commit(Commit(0, block_hash, start, block, rlp.encode(()), first.nodes, (), ()))
        elif self.store.block_hash(0) != block_hash:
            raise Conflict(f"{GENESIS_FILE} does not belong to the blocks in this directory")
        return block_hash


def unsealed(execution: Execution) -> Block:
    """Return an executed block as it is proposed: without seals."""
    return Block(encode_header(execution.header), tuple(o.transaction.raw for o in execution.outcomes))


def _open_config(path: Path, config: GenesisConfig | None) -> GenesisConfig:
    if not path.exists():
        if config is None:
            raise NotFound(f"{path.parent}: no chain here")
        _write_whole(path, config.encode())
        return config
    stored = GenesisConfig.parse(path.read_bytes())
    if config is not None and config.encode() != stored.encode():
        raise Conflict(f"{path.parent}: holds a chain with another configuration")
    return stored


def _write_whole(path: Path, data: bytes) -> None:
    """Write a file so that a crash leaves all of it or nothing."""
    draft = path.with_suffix(".draft")
    with draft.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _log_entries(execution: Execution, block_hash: bytes) -> Iterator[LogEntry]:
    count = 0
    for index, outcome in enumerate(execution.outcomes):
        for log_index, (address, topics, data) in enumerate(outcome.logs):
            yield LogEntry(
                address=address,
                topics=topics,
                data=data,
                block_number=execution.header.block_number,
                block_hash=block_hash,
                timestamp=execution.header.timestamp,
                transaction_hash=outcome.transaction.hash,
                index=index,
                log_index=log_index,
                block_log_index=count,
            )
            count += 1
