"""Producing blocks: build one from the pool, offer it for sealing, commit it once a quorum has sealed, and again.

What it does NOT do: decide what is valid (``builder``, ``validation``) or keep keys (``sealing``).
A proposal that others may see is durable before they see it and comes back unchanged after a restart, so that the
builder's own key, too, never seals two blocks at one height. At most one block a second, never ahead of the clock.
"""

from __future__ import annotations

import logging
import math
import threading
from collections.abc import Callable

from ledger.embedded.execution.vm import Execution
from ledger.embedded.production.builder import Pace, build
from ledger.embedded.production.pool import Pool
from ledger.embedded.production.sealing import Proposal, Sealers
from ledger.embedded.production.validation import validate_proposal
from ledger.embedded.replica import Replica, unsealed
from ledger.errors import BackendError
from ledger.proofs.headers import with_seals

logger = logging.getLogger(__name__)


class BlockLoop:
    """One builder over one replica; either its thread runs or somebody calls ``step``, not both."""

    def __init__(self, replica: Replica, pool: Pool, sealers: Sealers, clock: Callable[[], float], pace: Pace) -> None:
        self._replica = replica
        self._pool = pool
        self._sealers = sealers
        self._clock = clock
        self._pace = pace
        self._open: Execution | None = None
        self._allowance_s = pace.build_s
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None
        self.advanced = threading.Condition()  # notified after each commit and when the loop ends
        self.failure: str | None = None
        self._resume()

    def start(self) -> None:
        """Run in a thread of its own."""
        self._thread = threading.Thread(target=self._run, name="block-loop", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """End the thread; an open proposal stays durable."""
        self._stopping.set()
        self._sealers.stop()
        self._pool.wake()
        if self._thread is not None:
            self._thread.join(timeout=30.0)
        with self.advanced:
            self.advanced.notify_all()

    def step(self, wait_s: float = 0.0) -> int | None:
        """Take one block as far as it goes: build it from what waits, unless one is open, and commit it if sealed.

        Returns: its height, or None while seals are missing.
        """
        if self._open is None:
            self._propose(self._clock())
        return self._finish(wait_s)

    @property
    def is_over(self) -> bool:
        """Whether no block will come any more."""
        return self.failure is not None or self._stopping.is_set()

    def check(self) -> None:
        """Raise BackendError if block production has ended on a fault."""
        if self.failure is not None:
            raise BackendError(f"block production has stopped: {self.failure}")

    def _run(self) -> None:
        try:
            while not self._stopping.is_set():
                self._advance()
        except Exception as exc:  # the edge of a thread: report to every waiting caller instead of dying unseen
            logger.exception("block production has stopped")
            self.failure = f"{type(exc).__name__}: {exc}"
            with self.advanced:
                self.advanced.notify_all()

    def _advance(self) -> None:
        """Wait for what the next block needs, or take it one step further."""
        if self._open is not None:
            self._finish(self._pace.retry_s)
            return
        tip, now, seen = self._replica.tip, self._clock(), self._pool.version()
        wait_s = tip.header.timestamp + 1 - now
        if wait_s > 0:
            self._stopping.wait(min(wait_s, 1.0))
        elif self._pool.take(1, tip.nonce):
            self._stopping.wait(self._pace.linger_s)
            self._produce(self._clock())
        elif now >= tip.header.timestamp + self._pace.heartbeat_s:
            self._produce(now)
        else:
            self._pool.wait(seen, min(1.0, tip.header.timestamp + self._pace.heartbeat_s - now))

    def _produce(self, now: float) -> None:
        if now >= self._replica.tip.header.timestamp + 1:  # unless somebody has just set the clock back
            self._propose(now)
            self._finish(self._pace.retry_s)

    def _propose(self, now: float) -> None:
        tip = self._replica.tip
        if math.floor(now) <= tip.header.timestamp:
            raise BackendError("the clock stands still or went back: this second has a block already")
        batch = self._pool.take(tip.config.limits.transactions, tip.nonce)
        execution, refused = build(tip, batch, now, build_s=self._pace.budget(self._allowance_s, now))
        for transaction, fault in refused:
            self._pool.drop(transaction, fault)
        self._offer(execution)

    def _offer(self, execution: Execution) -> None:
        proposal = Proposal.of(unsealed(execution))
        if self._sealers.shows:
            self._replica.store.promise(proposal.height, proposal.block_hash, proposal.block)
        self._sealers.open(proposal)
        self._open = execution

    def _finish(self, wait_s: float) -> int | None:
        if self._open is None:
            return None
        seals = self._sealers.collect(wait_s)
        if seals is None:
            return None
        execution, block = self._open, unsealed(self._open)
        self._replica.commit(execution, with_seals(block.header, seals))
        self._open = None
        self._allowance_s = self._pace.adjusted(self._allowance_s, self._clock() - execution.header.timestamp)
        self._pool.remove(outcome.transaction for outcome in execution.outcomes)
        with self.advanced:
            self.advanced.notify_all()
        return self._replica.tip.number

    def _resume(self) -> None:
        """Offer again what was promised before a restart, byte for byte."""
        promised = self._replica.store.promised(self._replica.tip.number + 1)
        if promised is not None:
            self._offer(validate_proposal(self._replica.tip, promised[1], None))
