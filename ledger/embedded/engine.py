"""The product's chain port over an embedded node in the same process.

What it does NOT do: build blocks or answer JSON-RPC (``node`` does both for everybody). A party's operations are
written, signed, to its durable outbox before they are sent, so that a retry with the same op_id takes effect once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from ledger.abi import AbiValue
from ledger.chain.interface import Interface
from ledger.chain.names import Call, Names
from ledger.chain.outbox import Entry, Outbox
from ledger.chain.port import (
    MAX_EVENTS,
    Body,
    Capabilities,
    Cursor,
    Event,
    EventFact,
    EvmReceipt,
    EvmStorage,
    Fact,
    Operation,
    Proof,
    Receipt,
    StateFact,
)
from ledger.chain.transactions import sign_call
from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Address, address_of
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.records import LogEntry, LogQuery, TransactionReceipt
from ledger.errors import BackendError, Conflict, InvalidRecord, NotAuthorized, NotFound
from ledger.proofs.headers import Header, parse_header
from ledger.proofs.proof import Log, SlotProof, StorageProof
from ledger.proofs.prover import receipt_proof


class EmbeddedChain:
    """One party's port to a chain whose builder runs in this process; threads may share it."""

    def __init__(
        self,
        node: EmbeddedNode,
        interfaces: Mapping[str, Interface],
        *,
        directory: Address | None = None,
        addresses: Mapping[str, Address] | None = None,
        key: PrivateKey | None = None,
        outbox: Path | None = None,
        owns_node: bool = True,
    ) -> None:
        """Args: key, outbox: both or neither, without them the chain can only be read; owns_node: close it too."""
        if (key is None) != (outbox is None):
            raise InvalidRecord("chain: a key needs an outbox, and an outbox a key")
        self._node = node
        self._names = Names(node.storage, interfaces, directory=directory, addresses=addresses)
        self._owns_node = owns_node
        self._sender: _Sender | None = None
        if key is not None and outbox is not None:
            self._sender = _Sender(node, key, Outbox(outbox, node.genesis_hash))

    def submit(self, operation: Operation, *, timeout_s: float = 30.0) -> Receipt:
        """Carry out an operation and return once it is final; see ``Chain.submit``."""
        if self._sender is None:
            raise NotAuthorized("chain: no key to sign with")
        call = self._names.encode(operation)
        found = self._sender.carry_out(operation.op_id, call, time.monotonic() + timeout_s)
        return Receipt(
            op_id=operation.op_id,
            transaction_hash=found.transaction_hash,
            block_number=found.block_number,
            block_hash=found.block_hash,
            index=found.index,
            accepted=found.accepted,
            reason=found.reason,
            events=tuple(self._decoded(found.logs)),
        )

    def read(self, contract: str, method: str, *args: AbiValue) -> tuple[AbiValue, ...]:
        """Call a view method at the newest final block; see ``Chain.read``."""
        return self._names.read(self._node.call, contract, method, args)

    def events(self, after: Cursor | None, *, limit: int = 1000) -> list[Event]:
        """Return the next events of known contracts behind a cursor, in order."""
        if not 1 <= limit <= MAX_EVENTS:
            raise InvalidRecord(f"events: expected a limit of 1..{MAX_EVENTS}, got {limit}")
        head, found = self._node.head_number(), list[Event]()
        place = (after.block_number, after.index, after.log_index) if after else None
        while len(found) < limit:
            entries = self._node.logs(LogQuery(place[0] if place else 0, head, after=place, limit=limit))
            found += self._decoded(entries)
            if len(entries) < limit:
                break
            place = (entries[-1].block_number, entries[-1].index, entries[-1].log_index)
        return found[:limit]

    def head(self) -> Header:
        """Return the newest final header."""
        return self.header(self._node.head_number())

    def header(self, number: int) -> Header:
        """Return the final header of a block."""
        return parse_header(self._node.raw_header(number))

    def body(self, number: int) -> Body:
        """Return the transactions and receipts of a final block."""
        return Body(self._node.transactions(number), self._node.raw_receipts(number))

    def prove(self, fact: Fact) -> Proof:
        """Return a proof of a fact; see ``Chain.prove``."""
        match fact:
            case EventFact():
                return self._prove_event(fact)
            case StateFact():
                return self._prove_state(fact)

    def capabilities(self) -> Capabilities:
        """Say what this engine can do."""
        return Capabilities("embedded", frozenset({"evm-receipt", "evm-storage"}), self._node.chain_id, MAX_EVENTS)

    def close(self) -> None:
        """Release the outbox, and the node if it is ours."""
        if self._sender is not None:
            self._sender.close()
        if self._owns_node:
            self._node.close()

    def _prove_event(self, fact: EventFact) -> EvmReceipt:
        header = self.header(fact.block_number)
        here = LogQuery(fact.block_number, fact.block_number)
        if not any((log.index, log.log_index) == (fact.index, fact.log_index) for log in self._node.logs(here)):
            raise NotFound(f"block {fact.block_number} has no event {fact.log_index} in transaction {fact.index}")
        receipts = self._node.raw_receipts(fact.block_number)
        return EvmReceipt(header.raw, receipt_proof(header, receipts, fact.index, fact.log_index))

    def _prove_state(self, fact: StateFact) -> EvmStorage:
        header = self.header(self._node.head_number() if fact.block_number is None else fact.block_number)
        address = self._names.address(fact.contract)
        found = self._node.account_proof(address, fact.slots, header.number)
        slots = tuple(SlotProof(slot.slot, slot.nodes) for slot in found.slots)
        return EvmStorage(header.raw, StorageProof(header.block_hash, address, found.account_nodes, slots))

    def _decoded(self, entries: list[LogEntry] | tuple[LogEntry, ...]) -> Iterator[Event]:
        for log in entries:
            plain = Log(Address(log.address), log.topics, log.data)
            place = (log.block_number, log.timestamp, log.index, log.log_index)
            known = self._names.decode(plain)
            if known is not None:
                yield Event(known.contract, known.name, plain.address, log.topics, log.data, known.args, *place)


class _Sender:
    """One key's line of transactions: outbox, pool, receipt."""

    def __init__(self, node: EmbeddedNode, key: PrivateKey, outbox: Outbox) -> None:
        self._node = node
        self._key = key
        self._address = address_of(key.public)
        self._outbox = outbox
        self._turn = threading.Lock()  # nonces must reach the pool in order

    def close(self) -> None:
        self._outbox.close()

    def carry_out(self, op_id: bytes, call: Call, deadline: float) -> TransactionReceipt:
        """Queue, send and wait; a transaction whose nonce somebody else used up is signed anew."""
        sign = self._signature(call)
        with self._turn:
            is_fresh = self._outbox.find(op_id) is None
            start = self._node.nonce(self._address, pending=True)
            entry = self._outbox.reserve(op_id, self._address, call.digest, start, sign)
            if not entry.settled:
                self._send_waiting(entry)
                entry = self._send(entry, sign, is_fresh=is_fresh)
        receipt = self._await(entry, sign, deadline)
        self._outbox.settle(op_id)
        return receipt

    def _signature(self, call: Call) -> Callable[[int], bytes]:
        chain_id, gas = self._node.chain_id, self._node.config.limits.transaction_gas
        return lambda nonce: sign_call(
            self._key, chain_id=chain_id, nonce=nonce, to=call.to, data=call.payload, gas=gas
        )

    def _send_waiting(self, entry: Entry) -> None:
        """Send what an earlier run left unsent: a gap in the nonces would hold back all that follow."""
        for earlier in self._outbox.pending(self._address):
            if earlier.nonce < entry.nonce:
                try:
                    self._node.send_raw(earlier.raw)
                except Conflict:
                    continue  # its nonce has been used: its own submitter will sign it anew

    def _send(self, entry: Entry, sign: Callable[[int], bytes], *, is_fresh: bool) -> Entry:
        try:
            self._node.send_raw(entry.raw)
        except (NotAuthorized, InvalidRecord):
            if is_fresh:
                self._outbox.discard(entry.op_id)
            raise
        except Conflict:
            return self._renew(entry, sign)
        return entry

    def _renew(self, entry: Entry, sign: Callable[[int], bytes]) -> Entry:
        """Sign again if the entry's nonce has passed without it; otherwise it may still become final."""
        passed = self._node.nonce(self._address)
        if self._node.receipt(entry.transaction_hash) is not None or entry.nonce >= passed:
            return entry
        start = self._node.nonce(self._address, pending=True)
        renewed = self._outbox.renew(entry.op_id, passed, start, sign)
        self._node.send_raw(renewed.raw)
        return renewed

    def _await(self, entry: Entry, sign: Callable[[int], bytes], deadline: float) -> TransactionReceipt:
        while True:
            try:
                return self._node.wait_receipt(entry.transaction_hash, max(0.0, deadline - time.monotonic()))
            except NotAuthorized:
                self._outbox.discard(entry.op_id)
                raise
            except Conflict as exc:
                with self._turn:
                    renewed = self._renew(entry, sign)
                if renewed == entry:
                    self._outbox.discard(entry.op_id)
                    raise BackendError(f"chain: the transaction was dropped, submit it again: {exc}") from exc
                entry = renewed
