"""The embedded chain as one object that any thread may call: admission, block production, every question to the chain.

What it does NOT do: JSON, transport, or the product's port (``engine`` does that over this).
Answers come from final blocks only; nothing here is a proof until the asker has verified it under a sealed header.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path

from eth_typing import Address as EvmAddress

from ledger import rlp
from ledger.crypto.signing import Address
from ledger.embedded.execution.tries import path
from ledger.embedded.execution.vm import EmbeddedHeader, call, decode_header, decode_transaction, reader
from ledger.embedded.genesis import GenesisConfig
from ledger.embedded.overlay import Overlay
from ledger.embedded.production.builder import CO_SIGNED_BUILD_S, Pace
from ledger.embedded.production.loop import BlockLoop
from ledger.embedded.production.pool import Pool
from ledger.embedded.production.sealing import Sealers
from ledger.embedded.records import (
    AccountEvidence,
    LogEntry,
    LogQuery,
    Reverted,
    SlotEvidence,
    TransactionReceipt,
)
from ledger.embedded.replica import Replica, ancestors
from ledger.errors import BackendError, InvalidRecord, NotFound
from ledger.hashing import keccak256
from ledger.proofs.proof import MAX_SLOTS, verify_account
from ledger.proofs.prover import receipt_path

CALL_GAS = 10_000_000  # 4,700 cold storage reads, a few seconds at worst
ZERO_ADDRESS = bytes(20)
EMPTY_CODE = keccak256(b"")


class EmbeddedNode:
    """The builder's node of an embedded chain."""

    def __init__(self, replica: Replica, sealers: Sealers, clock: Callable[[], float], pace: Pace) -> None:
        self._replica = replica
        self._store = replica.store
        self._sealers = sealers
        self._clock = clock
        self._pool = Pool()
        self._loop = BlockLoop(replica, self._pool, sealers, clock, pace)

    @classmethod
    def open(
        cls,
        directory: Path,
        sealers: Sealers,
        *,
        genesis: GenesisConfig | None = None,
        clock: Callable[[], float] = time.time,
        pace: Pace | None = None,
    ) -> EmbeddedNode:
        """Open a chain directory, or create it from a genesis configuration.

        Raises:
            Conflict: another process works on it, or it holds another chain.
            NotFound: nothing there and no genesis given.
        """
        replica = Replica(directory, genesis)
        try:
            chosen = pace or (Pace(build_s=CO_SIGNED_BUILD_S) if sealers.shows else Pace())
            return cls(replica, sealers, clock, chosen)
        except BaseException:
            replica.close()
            raise

    def start(self) -> None:
        """Produce blocks in a thread; without it, call ``step``."""
        self._loop.start()

    def step(self, wait_s: float = 0.0) -> int | None:
        """Produce one block by hand; None while its seals are missing."""
        return self._loop.step(wait_s)

    def close(self) -> None:
        """Stop producing blocks and release the directory."""
        self._loop.stop()
        self._replica.close()

    @property
    def config(self) -> GenesisConfig:
        return self._replica.config

    @property
    def chain_id(self) -> int:
        return self.config.chain_id

    @property
    def genesis_hash(self) -> bytes:
        return self._replica.genesis_hash

    def head_number(self) -> int:
        """Return the number of the last final block."""
        return self._replica.tip.number

    def wait_head(self, above: int, timeout_s: float) -> int:
        """Wait until a block above a height is final; return the head either way."""
        with self._loop.advanced:
            self._loop.advanced.wait_for(lambda: self.head_number() > above or self._loop.is_over, timeout_s)
        return self.head_number()

    def raw_header(self, block: int | bytes) -> bytes:
        """Return a sealed header by number or hash."""
        return self._store.header(self._store.number_of(block) if isinstance(block, bytes) else block)

    def block(self, number: int) -> bytes:
        """Return a final block for replicas."""
        return self._store.block(number).encode()

    def transactions(self, number: int) -> tuple[bytes, ...]:
        """Return the encoded transactions of a block."""
        return self._store.block(number).transactions

    def raw_receipts(self, number: int) -> tuple[bytes, ...]:
        """Return the encoded receipts of a block, as the receipts trie holds them."""
        items = rlp.decode(self._store.receipts(number))
        return tuple(item for item in items if isinstance(item, bytes))

    def send_raw(self, raw: bytes) -> bytes:
        """Admit a signed transaction and return its hash; one that is known already changes nothing.

        Raises:
            InvalidRecord: breaks a rule that needs no state.
            NotAuthorized: the sender is not registered.
            Conflict: the nonce is used or taken.
            BackendError: the pool is full or block production has stopped.
        """
        self._loop.check()
        tip = self._replica.tip
        transaction = decode_transaction(raw, tip.config.chain_id, tip.config.limits.transaction_gas)
        if transaction.hash in self._pool or self._store.transaction(transaction.hash) is not None:
            return transaction.hash
        tip.require_sender(transaction.sender, int(self._clock()))
        self._pool.add(transaction, tip.nonce(transaction.sender))
        return transaction.hash

    def receipt(self, transaction_hash: bytes) -> TransactionReceipt | None:
        """Return what became of a transaction, None while no final block has it."""
        found = self._store.transaction(transaction_hash)
        if found is None:
            return None
        number, block_hash, timestamp, row = found
        if number > self.head_number():  # on disk, and not yet the block that this node answers for
            return None
        return TransactionReceipt(
            transaction_hash=row.hash,
            block_number=number,
            block_hash=block_hash,
            timestamp=timestamp,
            index=row.position,
            sender=row.sender,
            to=row.recipient,
            accepted=row.accepted,
            gas_used=row.gas_used,
            cumulative_gas_used=row.cumulative_gas,
            kind=row.kind,
            reason=row.reason,
            logs=tuple(self._store.logs_of(number, row.position)),
        )

    def wait_receipt(self, transaction_hash: bytes, timeout_s: float) -> TransactionReceipt:
        """Wait until a transaction is final.

        Raises:
            NotAuthorized, Conflict: it was dropped, and why.
            BackendError: not final in time, or block production has stopped.
        """
        deadline = time.monotonic() + timeout_s
        while True:
            head = self.head_number()
            receipt = self.receipt(transaction_hash)
            if receipt is not None:
                return receipt
            fault = self._pool.dropped(transaction_hash)
            if fault is not None:
                raise fault
            self._loop.check()
            left = deadline - time.monotonic()
            if left <= 0 or self._loop.is_over:
                raise BackendError(f"transaction {transaction_hash.hex()}: not final within {timeout_s:g} s")
            self.wait_head(head, min(left, 1.0))  # a drop comes without a new head

    def transaction(self, transaction_hash: bytes) -> tuple[bytes, int, int] | None:
        """Return a final transaction's bytes, block number and index."""
        found = self._store.transaction(transaction_hash)
        if found is None:
            return None
        number, position = found[0], found[3].position
        return self._store.block(number).transactions[position], number, position

    def call(self, to: bytes, data: bytes, *, sender: bytes = ZERO_ADDRESS, block: int | None = None) -> bytes:
        """Run a call on the state of a block, the head by default, and return its output.

        Raises:
            Reverted: the contract refused.
        """
        if len(to) != 20 or len(sender) != 20:
            raise InvalidRecord("call: expected addresses of 20 bytes")
        header = self._header(block)
        succeeded, reason, output = call(
            Overlay(self._store),
            header,
            sender=sender,
            to=to,
            data=data,
            gas=CALL_GAS,
            chain_id=self.chain_id,
            ancestors=ancestors(self._store, header.block_number),
        )
        if not succeeded:
            raise Reverted(reason, output)
        return output

    def code(self, address: bytes, block: int | None = None) -> bytes:
        """Return the code of a contract, empty if there is none."""
        return reader(Overlay(self._store), self._header(block)).get_code(_address(address))

    def storage(self, address: bytes, slot: bytes, block: int | None = None) -> bytes:
        """Return the 32-byte word in a storage slot."""
        state = reader(Overlay(self._store), self._header(block))
        return state.get_storage(_address(address), int.from_bytes(slot, "big")).to_bytes(32, "big")

    def nonce(self, address: bytes, block: int | None = None, *, pending: bool = False) -> int:
        """Return how many transactions a sender has in final blocks, with pending: and in the pool without a gap."""
        if block is not None:
            return reader(Overlay(self._store), self._header(block)).get_nonce(_address(address))
        nonce = self._replica.tip.nonce(_address(address))
        return self._pool.pending_nonce(address, nonce) if pending else nonce

    def logs(self, query: LogQuery) -> list[LogEntry]:
        """Return the logs a query asks for, in chain order."""
        return self._store.logs(query)

    def account_proof(self, address: bytes, slots: Sequence[bytes], block: int | None = None) -> AccountEvidence:
        """Return an account and storage slots with the trie nodes that prove them under the block's state root."""
        if len(slots) > MAX_SLOTS or any(len(slot) != 32 for slot in slots):
            raise InvalidRecord(f"proof: expected at most {MAX_SLOTS} slots of 32 bytes")
        header, key = self._header(block), _address(address)
        nodes = path(header.state_root, keccak256(address), self._store.node)
        account = verify_account(header.state_root, Address(address), nodes)
        if account is None:
            raise NotFound(f"no account 0x{address.hex()} in block {header.block_number}")
        state, root = reader(Overlay(self._store), header), account.storage_root
        found = tuple(
            SlotEvidence(
                slot,
                state.get_storage(key, int.from_bytes(slot, "big")),
                path(root, keccak256(slot), self._store.node),
            )
            for slot in slots
        )
        return AccountEvidence(address, account.nonce, account.balance, account.code_hash, root, nodes, found)

    def receipt_proof(self, number: int, index: int) -> tuple[bytes, ...]:
        """Return the trie nodes from a block's receipts root to one receipt."""
        receipts = self.raw_receipts(number)
        if not 0 <= index < len(receipts):
            raise NotFound(f"block {number} has no transaction {index}")
        return receipt_path(receipts, index)

    def proposal(self, after_height: int, wait_s: float) -> bytes | None:
        """Return the proposal that waits for seals above a height, None after the wait."""
        block = self._sealers.proposal(after_height, wait_s)
        return None if block is None else block.encode()

    def add_seal(self, height: int, block_hash: bytes, seal: bytes) -> bool:
        """Count a co-signer's seal; False if that height is final already.

        Raises:
            VerificationError: for another block, or malformed.
            NotAuthorized: not by a validator.
        """
        return self._sealers.add(height, block_hash, seal)

    def _header(self, block: int | None) -> EmbeddedHeader:
        return self._replica.tip.header if block is None else decode_header(self._store.header(block))


def _address(value: bytes) -> EvmAddress:
    if len(value) != 20:
        raise InvalidRecord(f"address: expected 20 bytes, got {len(value)}")
    return EvmAddress(value)
