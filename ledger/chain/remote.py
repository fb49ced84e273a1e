"""The Chain port over any Ethereum JSON-RPC node: ours, Besu or the GoQuorum family.

Operations become legacy transactions at gas price 0, kept in a durable outbox before they are sent, so that a retry
with the same op_id sends the same bytes. Contract names are resolved through the Directory's storage.

It does NOT believe nor disbelieve the node: `read` and `events` are conveniences, `prove` returns verified proofs,
and who decides something looks at the chain through `ledger.proofs.view`.

Trust assumption: none for what is proven; liveness and `read` depend on the node.
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
from ledger.chain.remote_node import NodeLog, NodeReceipt, RemoteNode, replay_reason
from ledger.chain.transactions import sign_call
from ledger.chain.wire import RpcError
from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Address
from ledger.errors import BackendError, Conflict, InvalidRecord, NotAuthorized, TrustError
from ledger.proofs.headers import Header
from ledger.proofs.proof import Log
from ledger.proofs.prover import receipt_proof, storage_proof

GAS = 5_000_000  # the cap of a transaction; gas costs nothing
NAME_TTL_S = 30.0  # a replaced contract refuses at once, so a stale address costs one refusal
POLL_S = 0.25
MAX_HEADERS = 64  # of the blocks proven under last
RESEND_S = 5.0
LOG_BLOCKS = 10_000  # asked for at first; halved when the node finds it too much


class RemoteChain:
    """One party's connection to a chain; threads may share it."""

    def __init__(
        self,
        node: RemoteNode,
        interfaces: Mapping[str, Interface],
        directory: Address,
        *,
        key: PrivateKey | None = None,
        outbox: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args: key, outbox: both or neither; without them the chain can only be read."""
        if (key is None) != (outbox is None):
            raise InvalidRecord("remote: a key needs an outbox, and an outbox a key")
        self._node = node
        self._names = Names(node.storage, interfaces, directory=directory, ttl_s=NAME_TTL_S, clock=clock)
        self._key = key
        self._outbox_path = outbox
        self._outbox: Outbox | None = None
        self._sent: set[bytes] = set()
        self._sending = threading.Lock()  # nonces must reach the node in order
        self._closed = threading.Event()
        self._clock = clock
        self._proving: dict[int, Header] = {}

    def submit(self, operation: Operation, *, timeout_s: float = 30.0) -> Receipt:
        """Carry out an operation and return once it is final; see `Chain.submit`."""
        deadline = self._clock() + timeout_s
        call = self._names.encode(operation)
        if self._key is None:
            raise NotAuthorized("remote: no key to sign with")
        entry, is_admitted = self._enqueue(self._key, operation.op_id, call)
        receipt = self._await(self._key, entry, call, deadline, is_admitted=is_admitted)
        self._queue().settle(operation.op_id)
        reason = receipt.reason
        if reason is None:
            reason = replay_reason(self._node, call.to, call.payload, self._key.address, receipt.block_number)
        return Receipt(
            op_id=operation.op_id,
            transaction_hash=receipt.transaction_hash,
            block_number=receipt.block_number,
            block_hash=receipt.block_hash,
            index=receipt.index,
            accepted=receipt.accepted,
            reason=reason,
            events=tuple(self._events_of(list(receipt.logs))),
        )

    def read(self, contract: str, method: str, *args: AbiValue) -> tuple[AbiValue, ...]:
        """Call a view method at the newest block; see `Chain.read`."""
        return self._names.read(self._node.call, contract, method, args)

    def events(self, after: Cursor | None, *, limit: int = 1000) -> list[Event]:
        """Return the next events of known contracts behind a cursor, in order."""
        if not 1 <= limit <= MAX_EVENTS:
            raise InvalidRecord(f"events: expected a limit of 1..{MAX_EVENTS}, got {limit}")
        head = self._node.head_number()
        found: list[Event] = []
        for logs in self._ranges(after.block_number if after else 0, head):
            found += [event for event in self._events_of(logs) if after is None or event.cursor > after]
            if len(found) >= limit:
                break
        return found[:limit]

    def head(self) -> Header:
        return self._node.header(None)

    def header(self, number: int) -> Header:
        return self._node.header(number)

    def body(self, number: int) -> Body:
        """Return the transactions and receipts of a block, as the node says."""
        return Body(tuple(self._node.raw_transactions(number)), tuple(self._node.raw_receipts(number)))

    def prove(self, fact: Fact) -> Proof:
        """Return a verified proof; see `Chain.prove`."""
        match fact:
            case EventFact():
                header = self._final_header(fact.block_number)
                receipts = self._node.raw_receipts(fact.block_number)
                return EvmReceipt(header.raw, receipt_proof(header, receipts, fact.index, fact.log_index))
            case StateFact():
                header = self._final_header(fact.block_number)
                address = self._names.address(fact.contract)
                answer = self._node.proof(address, fact.slots, header.number)
                return EvmStorage(header.raw, storage_proof(header, address, fact.slots, answer)[0])

    def capabilities(self) -> Capabilities:
        proofs = frozenset({"evm-receipt", "evm-storage"})
        return Capabilities("remote", proofs, self._node.chain_id, MAX_EVENTS)

    def close(self) -> None:
        self._closed.set()
        with self._sending:
            if self._outbox is not None:
                self._outbox.close()
        self._node.close()

    def _final_header(self, number: int | None) -> Header:
        """Return a header to prove under, asked for once: sealed blocks stay. The proof is checked against it."""
        header = self._proving.get(-1 if number is None else number) or self._node.header(number)
        if len(self._proving) >= MAX_HEADERS:
            self._proving.clear()
        self._proving[header.number] = header
        return header

    def _queue(self) -> Outbox:
        if self._outbox_path is None:
            raise NotAuthorized("remote: no outbox to send from")
        if self._outbox is None:
            self._outbox = Outbox(self._outbox_path, self._node.header(0).block_hash)
        return self._outbox

    def _enqueue(self, key: PrivateKey, op_id: bytes, call: Call) -> tuple[Entry, bool]:
        """Write the operation to the outbox and send it with all that wait before it; tell whether it was admitted."""
        with self._sending:
            outbox = self._queue()
            is_fresh = outbox.find(op_id) is None
            nonce = self._node.nonce(key.address, pending=True) if is_fresh else 0
            entry = outbox.reserve(op_id, key.address, call.digest, nonce, self._signature(key, call))
            if entry.settled:
                return entry, True
            self._send_waiting(outbox, key, before=entry)
            return entry, self._send(outbox, entry, is_fresh=is_fresh)

    def _signature(self, key: PrivateKey, call: Call) -> Callable[[int], bytes]:
        chain_id = self._node.chain_id
        return lambda nonce: sign_call(key, chain_id=chain_id, nonce=nonce, to=call.to, data=call.payload, gas=GAS)

    def _send_waiting(self, outbox: Outbox, key: PrivateKey, *, before: Entry) -> None:
        """Send what an earlier run left unsent: a gap in the nonces would hold back all that follow."""
        for entry in outbox.pending(key.address):
            if entry.nonce < before.nonce and entry.op_id not in self._sent:
                self._send(outbox, entry, is_fresh=False)

    def _send(self, outbox: Outbox, entry: Entry, *, is_fresh: bool) -> bool:
        """Send a transaction; False if the node says that it is known already or its nonce is used.

        Raises: what the node refuses it for; a fresh entry then leaves the outbox, an older one may be sealed yet.
        """
        try:
            self._node.send(entry.raw)
        except (NotAuthorized, InvalidRecord, Conflict, RpcError) as exc:
            if isinstance(exc, Conflict | RpcError) and _is_late(exc):
                self._sent.add(entry.op_id)
                return False
            if is_fresh:
                outbox.discard(entry.op_id)
            if _is_permissioning(exc):
                raise NotAuthorized(str(exc)) from exc
            raise
        self._sent.add(entry.op_id)
        return True

    def _await(self, key: PrivateKey, entry: Entry, call: Call, deadline: float, *, is_admitted: bool) -> NodeReceipt:
        """Wait for the receipt, and look after the transaction now and then, at once if it was not admitted."""
        look_at = self._clock() + (RESEND_S if is_admitted else 0.0)
        while True:
            head = self._node.head_number()
            receipt = self._node.receipt(entry.transaction_hash)
            if receipt is not None:
                return receipt
            if self._clock() >= look_at:
                look_at = self._clock() + RESEND_S
                entry = self._revive(key, entry, call)
            elif self._clock() >= deadline or self._closed.is_set():
                raise BackendError("remote: the operation is not final in time; submit it again to go on waiting")
            else:
                self._pause(head, min(deadline, look_at))

    def _revive(self, key: PrivateKey, entry: Entry, call: Call) -> Entry:
        """Send a transaction again that the node may have lost; sign it anew if another one used up its nonce."""
        passed = self._node.nonce(key.address, pending=False)
        # once the nonce has passed, either the receipt is there by now, or it can never come
        if passed > entry.nonce and self._node.receipt(entry.transaction_hash) is not None:
            return entry
        with self._sending:
            outbox = self._queue()
            if passed > entry.nonce:
                start = self._node.nonce(key.address, pending=True)
                entry = outbox.renew(entry.op_id, passed, start, self._signature(key, call))
            self._send(outbox, entry, is_fresh=False)
        return entry

    def _pause(self, head: int, deadline: float) -> None:
        """Wait for the next block, or a moment where the node cannot tell."""
        left = max(0.0, deadline - self._clock())
        if self._node.is_ours:
            try:
                return self._node.wait_head(head, left)
            except RpcError:
                pass  # this party waits for as many operations as the node has places for it
        self._closed.wait(min(left, POLL_S))

    def _ranges(self, first: int, head: int) -> Iterator[list[NodeLog]]:
        """Yield the logs of all blocks, a range at a time, in ranges the node is willing to answer."""
        width = LOG_BLOCKS
        while first <= head:
            last = min(head, first + width - 1)
            try:
                logs = self._node.logs(first, last)
            except RpcError:
                if last == first:
                    raise
                width = max(1, (last - first + 1) // 2)
                continue
            yield logs
            first, width = last + 1, min(LOG_BLOCKS, width * 2)

    def _events_of(self, logs: list[NodeLog]) -> Iterator[Event]:
        """Decode logs that are complete per transaction, since a log's index counts within its receipt."""
        start: tuple[int, int] | None = None
        base = 0
        for log in logs:
            if (log.block_number, log.index) != start:
                start, base = (log.block_number, log.index), log.place
            event = self._event(log, log.place - base)
            if event is not None:
                yield event

    def _event(self, log: NodeLog, log_index: int) -> Event | None:
        known = self._names.decode(Log(log.address, log.topics, log.data))
        if known is None:
            return None
        timestamp = log.timestamp
        if timestamp is None:
            timestamp = self._node.header(log.block_number).timestamp
        place = (log.block_number, timestamp, log.index, log_index)
        return Event(known.contract, known.name, log.address, log.topics, log.data, known.args, *place)


def _is_late(exc: Conflict | RpcError) -> bool:
    """Tell "already known" and "nonce too low" in the words of all makers."""
    text = str(exc).lower()
    return any(word in text for word in ("known", "nonce", "underpriced"))


def _is_permissioning(exc: TrustError) -> bool:
    """Tell a refused sender in the words of Besu and GoQuorum."""
    text = str(exc).lower()
    return isinstance(exc, RpcError) and ("not authorized" in text or "not permitted" in text)
