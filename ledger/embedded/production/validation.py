"""Judge a proposed block before sealing it: all of it must follow from the parent state, the clock and the rules.

Pure apart from reading the parent's state. What it does NOT do: look at seals (``ledger.proofs.headers``) or remember
what was sealed before (``cosign``). The header is not checked field by field but rebuilt: any field that differs is a
fault.
"""

from __future__ import annotations

import math

from ledger.embedded.execution.vm import (
    EmbeddedHeader,
    Execution,
    Transaction,
    child_header,
    decode_header,
    decode_transaction,
    execute,
)
from ledger.embedded.overlay import Overlay
from ledger.embedded.records import Block
from ledger.embedded.replica import Tip
from ledger.embedded.rules import MAX_AHEAD_S
from ledger.errors import InvalidRecord, NotAuthorized, VerificationError
from ledger.proofs.headers import Header, extra_data, parse_header


def validate_proposal(tip: Tip, block: Block, now: float | None) -> Execution:
    """Re-execute a block on its parent and check every rule.

    Args:
        now: the judge's clock in unix seconds; None for a block that a quorum already sealed.

    Raises:
        InvalidRecord: not a block at all.
        VerificationError: the fault's name, then what was expected. "time:" faults may pass later.
    """
    claimed, header = parse_header(block.header), decode_header(block.header)
    _check_place(tip, claimed)
    _check_time(tip, claimed, now)
    if len(block.transactions) > tip.config.limits.transactions:
        raise VerificationError(f"limits: expected at most {tip.config.limits.transactions} transactions")
    transactions = [_check_transaction(tip, raw, claimed.timestamp) for raw in block.transactions]
    draft = child_header(tip.header, claimed.timestamp, extra_data(tip.config.vanity, tip.validators))
    execution = execute(
        Overlay(tip.store),
        draft,
        transactions,
        chain_id=tip.config.chain_id,
        ancestors=tip.ancestors(),
        full=lambda _count, gas: gas >= tip.config.limits.block_gas,
    )
    if execution.taken < len(transactions):
        raise VerificationError(f"limits: expected the block to end at {tip.config.limits.block_gas} gas")
    if execution.dropped:
        raise VerificationError(f"transaction: cannot be executed: {execution.dropped[0][1]}")
    _compare(execution.header, header, claimed)
    return execution


def _check_place(tip: Tip, claimed: Header) -> None:
    if claimed.number != tip.number + 1 or claimed.parent_hash != tip.header.hash:
        raise VerificationError(
            f"parent: expected a child of block {tip.number} {tip.header.hash.hex()}, "
            f"got block {claimed.number} on {claimed.parent_hash.hex()}"
        )
    if claimed.vanity != tip.config.vanity:
        raise VerificationError("vanity: the block belongs to another chain")
    if claimed.validators != tip.validators:
        raise VerificationError("validators: expected the set of the parent state")
    if claimed.round_number != 0:
        raise VerificationError("round: expected 0, a single builder has no rounds")


def _check_time(tip: Tip, claimed: Header, now: float | None) -> None:
    if claimed.timestamp <= tip.header.timestamp:
        raise VerificationError(f"timestamp: expected more than {tip.header.timestamp}, got {claimed.timestamp}")
    if now is not None and claimed.timestamp > math.floor(now) + MAX_AHEAD_S:
        raise VerificationError(f"time: block is of {claimed.timestamp}, the clock says {now:.0f}")


def _check_transaction(tip: Tip, raw: bytes, timestamp: int) -> Transaction:
    try:
        transaction = decode_transaction(raw, tip.config.chain_id, tip.config.limits.transaction_gas)
        tip.require_sender(transaction.sender, timestamp)
    except (InvalidRecord, NotAuthorized) as exc:
        raise VerificationError(f"transaction: not admissible: {exc}") from exc
    return transaction


def _compare(expected: EmbeddedHeader, header: EmbeddedHeader, claimed: Header) -> None:
    """Compare what the block must look like with what it says, apart from seals."""
    if expected.hash == claimed.block_hash:
        return
    names = [name for name, _ in EmbeddedHeader._meta.fields if name != "extra_data"]
    wrong = [name for name in names if getattr(expected, name) != getattr(header, name)]
    raise VerificationError(f"header: re-execution gives another {', '.join(wrong) or 'extra_data'}")
