"""A validator outside the builder's process: a full copy of the chain and one key that seals only what it re-executed.

What it does NOT do: build blocks or talk to a network; a command line loop fetches proposals and hands seals back.
Before a seal leaves, (height, block hash) is durable, so that no crash makes it seal two blocks at one height.

A proposal may be old only by as long as the builder was out of reach. This co-signer remembers when it last knew that
the next block did not exist yet: when it sealed the one before, or was told that nothing is on offer. An honest block
is dated after that; one dated more than a minute before is refused, unless this key has sealed it already. So the
chain's clock cannot be run behind, and a builder that restarts with an old proposal still gets it sealed: it had told
nobody since that there is none.
Trust assumption: none in the builder; the clock of this machine is right within a second.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable
from pathlib import Path

from ledger.embedded.execution.vm import Execution
from ledger.embedded.genesis import GenesisConfig
from ledger.embedded.production.sealing import ChainKey, Proposal
from ledger.embedded.production.validation import validate_proposal
from ledger.embedded.records import Block, Seal
from ledger.embedded.replica import Replica
from ledger.errors import NotAuthorized, NotFound, VerificationError
from ledger.proofs.headers import parse_header, verify_header

MOST_BEHIND_S = 60  # building, sending and judging a block, and the difference of two clocks


class CoSigner:
    """One validator's replica and key; thread-safe, all calls in turn."""

    def __init__(self, replica: Replica, key: ChainKey, clock: Callable[[], float]) -> None:
        self._replica = replica
        self._key = key
        self._clock = clock
        self._turn = threading.Lock()
        self._judged: Execution | None = None  # spares executing a block twice: once to seal, once to commit
        self._known_at = -math.inf  # when the next block did not exist yet

    @classmethod
    def open(
        cls,
        directory: Path,
        key: ChainKey,
        *,
        genesis: GenesisConfig | None = None,
        clock: Callable[[], float] = time.time,
    ) -> CoSigner:
        """Open or create a replica. Raises: Conflict if another process has it or it is another chain's."""
        return cls(Replica(directory, genesis), key, clock)

    def close(self) -> None:
        with self._turn:
            self._replica.close()

    @property
    def genesis_hash(self) -> bytes:
        return self._replica.genesis_hash

    def head_number(self) -> int:
        """Return the height of the last final block here."""
        return self._replica.tip.number

    def sealed_height(self) -> int:
        """Return the greatest height this key has sealed or seen final: proposals above it are news."""
        return max(self.head_number(), self._replica.store.highest_promise())

    def nothing_offered(self) -> None:
        """Note that the builder says just now that no proposal waits for seals."""
        with self._turn:
            self._known_at = self._clock()

    def consider(self, proposal: bytes) -> Seal:
        """Judge a proposed block and seal it; the same proposal again gives the same seal.

        Raises:
            InvalidRecord: not a block.
            VerificationError: a fault in the block, named; one starting with "time:" may pass later.
            Conflict: this key has sealed another block at that height.
            NotFound: this replica is behind and must first take over final blocks.
            NotAuthorized: this key is no validator of that block.
        """
        with self._turn:
            block = Block.decode(proposal)
            offered = Proposal.of(block)
            if parse_header(block.header).seals:
                raise VerificationError("proposal: carries seals already")
            self._require_near(offered.height)
            now = self._clock()
            self._require_recent(offered, now)
            execution = self._judged_as(offered.block_hash)
            if execution is None:
                execution = validate_proposal(self._replica.tip, block, now)
            if self._key.address not in offered.validators:
                raise NotAuthorized("this key is no validator of the proposed block")
            self._replica.store.promise(offered.height, offered.block_hash, block)
            self._judged, self._known_at = execution, now
            return Seal(offered.height, offered.block_hash, self._key.sign_digest(offered.seal_hash))

    def finalize(self, block: bytes) -> None:
        """Commit a block that a quorum sealed; one that is already here changes nothing.

        Raises:
            InvalidRecord: not a block.
            VerificationError: seals or contents do not hold, or it contradicts a block that is final here.
            NotFound: blocks before it are missing here.
        """
        with self._turn:
            sealed = Block.decode(block)
            header = parse_header(sealed.header)
            if header.number <= self._replica.tip.number:
                self._require_same(header.number, header.block_hash)
                return
            self._require_near(header.number)
            verify_header(sealed.header, self._replica.tip.validators)
            execution = self._judged_as(header.block_hash) or validate_proposal(self._replica.tip, sealed, None)
            self._replica.commit(execution, sealed.header)
            self._judged = None

    def _judged_as(self, block_hash: bytes) -> Execution | None:
        judged = self._judged
        return judged if judged is not None and judged.header.hash == block_hash else None

    def _require_near(self, number: int) -> None:
        if number > self._replica.tip.number + 1:
            raise NotFound(f"behind: block {number} is offered, the replica ends at {self._replica.tip.number}")

    def _require_recent(self, offered: Proposal, now: float) -> None:
        """Refuse a block dated long before its builder can have begun it, unless this key is bound to it already."""
        timestamp, least = parse_header(offered.block.header).timestamp, min(now, self._known_at) - MOST_BEHIND_S
        if timestamp >= least:
            return
        promised = self._replica.store.promised(offered.height)
        if promised is None or promised[0] != offered.block_hash:
            raise VerificationError(f"timestamp: expected at least {least:.0f}, got {timestamp}")

    def _require_same(self, number: int, block_hash: bytes) -> None:
        if self._replica.store.block_hash(number) != block_hash:
            raise VerificationError(f"block {number}: another one is final here")
