"""Runs of blocks, read whole and checked: every header names the one before it and the last is proven to be sealed.

A block's calls and receipts must be all that its header commits to (``ledger.proofs.blocks``), so what a run hands out
rests on no word of an RPC. What it does NOT do: keep anything, or know contracts.

Trust assumption: that of ``ledger.proofs.view``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, TypeAlias

from ledger.chain.port import Chain
from ledger.errors import VerificationError
from ledger.proofs.blocks import Sent, read_body
from ledger.proofs.headers import Header
from ledger.proofs.trie import EMPTY_ROOT

RUN = 256
"""Blocks that are checked and kept at once."""

Calls: TypeAlias = tuple[Sent | None, ...]
"""Of one block, as ``ledger.proofs.blocks`` reads them."""


class View(Protocol):
    """What of a ``ledger.proofs.view.ProvenView`` is needed here."""

    def header(self, number: int) -> Header: ...


@dataclass(frozen=True, slots=True)
class Mark:
    """The last block that a reader holds."""

    number: int
    time: int
    block_hash: bytes


def read_run(chain: Chain, view: View, mark: Mark, last: int) -> Iterator[tuple[Header, Calls]]:
    """Read and check the blocks behind a mark; the last one is proven to be sealed before anything is handed out.

    Raises:
        VerificationError: a block does not follow the one before it, is not the one sealed, or its calls are not all
            there.
    """
    sealed = view.header(last)
    headers, parent, time = [], mark.block_hash, mark.time
    for number in range(mark.number + 1, last + 1):
        header = chain.header(number)
        if (header.number, header.parent_hash) != (number, parent):
            raise VerificationError(f"run: block {number} does not follow the one before it")
        if header.timestamp < time:
            raise VerificationError(f"run: the clock went backwards at block {number}")
        parent, time = header.block_hash, header.timestamp
        headers.append(header)
    if parent != sealed.block_hash:
        raise VerificationError(f"run: block {last} is not the one sealed")
    for header in headers:
        yield header, () if header.transactions_root == EMPTY_ROOT else read_body(header, chain.body(header.number))
