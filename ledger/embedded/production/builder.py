"""Building the next block: which transactions, at what second, executed once.

What it does NOT do: seal, commit or wait. One invalid transaction never fails the batch: it is left out, with why.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ledger.embedded.execution.vm import Execution, Transaction, child_header, execute
from ledger.embedded.overlay import Overlay
from ledger.embedded.replica import Tip
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, TrustError
from ledger.proofs.headers import extra_data

LATE_S = 0.85  # a block final later than this behind its timestamp makes the next ones shorter,
LEAST = 5  # down to this fraction; on a busy machine the chain slows down before its clock falls behind
CO_SIGNED_BUILD_S = 0.25  # the co-signers execute it once more before the second is over
Refusal = tuple[Transaction, TrustError]
"""A transaction that cannot run, and why."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How a builder spends its time, in seconds; nothing here is a rule of the chain."""

    heartbeat_s: float = 30.0  # an idle chain still shows that its head is fresh
    linger_s: float = 0.05  # lets operations that arrive together share a block
    build_s: float = 0.55  # of each second for execution, the rest for sealing and committing
    retry_s: float = 5.0  # between looks at whether seals have come in

    def __post_init__(self) -> None:
        if not (0 < self.heartbeat_s <= 60 and 0 <= self.linger_s <= 1):
            raise InvalidRecord("pace: out of range")
        if min(self.build_s, self.retry_s) <= 0:
            raise InvalidRecord("pace: out of range")

    def budget(self, allowance_s: float, now: float) -> float:
        """Return the seconds a block begun now may be executed, so that it is final soon after its own second."""
        return max(self.build_s / LEAST, allowance_s - now % 1.0)

    def adjusted(self, allowance_s: float, offset_s: float) -> float:
        """Return the next allowance, after a block that was final so many seconds behind its timestamp."""
        if offset_s > LATE_S:
            return max(self.build_s / LEAST, allowance_s * LATE_S / offset_s)
        return min(self.build_s, allowance_s * 1.1)


def build(
    tip: Tip,
    transactions: Sequence[Transaction],
    now: float,
    *,
    build_s: float = math.inf,
    stopwatch: Callable[[], float] = time.monotonic,
) -> tuple[Execution, list[Refusal]]:
    """Execute a batch as the child of the tip, stamped with the current second.

    Returns: the block and the transactions that cannot run, with reasons.
    """
    timestamp = math.floor(now)
    if timestamp <= tip.header.timestamp:
        raise ValueError("build: this second has a block already")
    admitted, refused = _admit(tip, transactions, timestamp)
    limits, start = tip.config.limits, stopwatch()

    def full(count: int, gas: int) -> bool:
        spent = count > 0 and stopwatch() - start > build_s
        return count >= limits.transactions or gas >= limits.block_gas or spent

    draft = child_header(tip.header, timestamp, extra_data(tip.config.vanity, tip.validators))
    execution = execute(
        Overlay(tip.store),
        draft,
        admitted,
        chain_id=tip.config.chain_id,
        ancestors=tip.ancestors(),
        full=full,
    )
    refused += [(transaction, Conflict(f"transaction: {reason}")) for transaction, reason in execution.dropped]
    return execution, refused


def _admit(tip: Tip, transactions: Sequence[Transaction], timestamp: int) -> tuple[list[Transaction], list[Refusal]]:
    """Look at registrations again: they may have ended since the transaction came in."""
    admitted: list[Transaction] = []
    refused: list[Refusal] = []
    for transaction in transactions:
        try:
            tip.require_sender(transaction.sender, timestamp)
        except NotAuthorized as exc:
            refused.append((transaction, exc))
        else:
            admitted.append(transaction)
    return admitted, refused
