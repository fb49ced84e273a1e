"""Transactions that wait for a block, in the nonce order of each sender.

What it does NOT do: admit (the node checks signature, registration and nonce first) or survive a restart: a sender
keeps its own durable outbox and sends again. Bounded in total and per sender; thread-safe.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from itertools import zip_longest

from ledger.embedded.execution.vm import Transaction
from ledger.errors import BackendError, Conflict, TrustError

MAX_POOL = 20_000
MAX_POOL_BYTES = 64 << 20
MAX_PER_SENDER = 2_000
MAX_REMEMBERED = 10_000  # reasons of dropped transactions that a waiting sender may still ask for


class Pool:
    """Waiting transactions by sender and nonce, and why recent ones were dropped."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._waiting: dict[bytes, dict[int, Transaction]] = {}
        self._known: set[bytes] = set()
        self._bytes = 0
        self._dropped: dict[bytes, TrustError] = {}
        self._version = 0

    def __len__(self) -> int:
        return len(self._known)

    def add(self, transaction: Transaction, next_nonce: int) -> None:
        """Take a transaction; taking the same one again changes nothing.

        Raises:
            Conflict: the nonce is used, taken by another waiting transaction or too far ahead.
            BackendError: the pool is full.
        """
        with self._changed:
            if transaction.hash in self._known:
                return
            queue = self._waiting.get(transaction.sender, {})
            if not next_nonce <= transaction.nonce < next_nonce + MAX_PER_SENDER:
                raise Conflict(f"nonce: expected {next_nonce} or a little more, got {transaction.nonce}")
            if transaction.nonce in queue:
                raise Conflict(f"nonce: {transaction.nonce} is taken by another waiting transaction")
            if len(self._known) >= MAX_POOL or self._bytes + len(transaction.raw) > MAX_POOL_BYTES:
                raise BackendError(f"pool: {len(self._known)} transactions of {self._bytes} bytes are waiting already")
            self._waiting.setdefault(transaction.sender, queue)[transaction.nonce] = transaction
            self._known.add(transaction.hash)
            self._bytes += len(transaction.raw)
            self._dropped.pop(transaction.hash, None)
            self._version += 1
            self._changed.notify_all()

    def __contains__(self, transaction_hash: bytes) -> bool:
        return transaction_hash in self._known

    def take(self, limit: int, next_nonce: Callable[[bytes], int]) -> list[Transaction]:
        """List transactions that can run now, without gaps per sender, senders in turn; they stay in the pool."""
        with self._changed:
            runs = [_run(queue, next_nonce(sender), limit) for sender, queue in self._waiting.items()]
        turns = (transaction for turn in zip_longest(*runs) for transaction in turn if transaction is not None)
        return [transaction for transaction, _ in zip(turns, range(limit), strict=False)]

    def version(self) -> int:
        """Return a number that grows with every transaction that comes in."""
        return self._version

    def wait(self, seen: int, timeout_s: float) -> None:
        """Wait until the version is no longer the one seen, or wake() was called, or the time is over."""
        with self._changed:
            if self._version == seen:
                self._changed.wait(timeout_s)

    def wake(self) -> None:
        """Let waiters look around."""
        with self._changed:
            self._version += 1
            self._changed.notify_all()

    def pending_nonce(self, sender: bytes, next_nonce: int) -> int:
        """Return the nonce behind the last waiting transaction that leaves no gap."""
        with self._changed:
            return next_nonce + len(_run(self._waiting.get(sender, {}), next_nonce, MAX_PER_SENDER))

    def remove(self, transactions: Iterable[Transaction]) -> None:
        """Forget transactions that are in a final block, with any other of the same sender and nonce."""
        with self._changed:
            for transaction in transactions:
                waiting = self._waiting.get(transaction.sender, {}).get(transaction.nonce)
                if waiting is not None:
                    self._forget(waiting)

    def drop(self, transaction: Transaction, fault: TrustError) -> None:
        """Drop a transaction that cannot run, and those behind it, which now cannot either; remember why."""
        with self._changed:
            behind = [t for n, t in self._waiting.get(transaction.sender, {}).items() if n >= transaction.nonce]
            for waiting in behind:
                self._forget(waiting)
                first = waiting.hash == transaction.hash
                self._remember(waiting.hash, fault if first else Conflict("an earlier transaction was dropped"))

    def dropped(self, transaction_hash: bytes) -> TrustError | None:
        """Return why a transaction was dropped, None if it was not."""
        with self._changed:
            return self._dropped.get(transaction_hash)

    def _forget(self, transaction: Transaction) -> None:
        queue = self._waiting[transaction.sender]
        del queue[transaction.nonce]
        if not queue:
            del self._waiting[transaction.sender]
        self._known.discard(transaction.hash)
        self._bytes -= len(transaction.raw)

    def _remember(self, transaction_hash: bytes, fault: TrustError) -> None:
        self._dropped[transaction_hash] = fault
        while len(self._dropped) > MAX_REMEMBERED:
            del self._dropped[next(iter(self._dropped))]


def _run(queue: dict[int, Transaction], start: int, limit: int) -> list[Transaction]:
    run: list[Transaction] = []
    while len(run) < limit and start in queue:
        run.append(queue[start])
        start += 1
    return run
