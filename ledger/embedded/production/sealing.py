"""Collecting seals for a proposed block: from keys in this process (development) or from co-signers elsewhere.

What it does NOT do: judge blocks (``validation``) or remember promises (``store``); it counts signatures over one seal
hash by distinct validators. Several keys in one process give the format of many seals and the trust of one operator.
Source: QBFT commit seals; quorum ceil(2N/3).
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Address, address_of, recover, sign_digest
from ledger.embedded.records import Block
from ledger.errors import InvalidRecord, NotAuthorized, VerificationError
from ledger.proofs.headers import parse_header, quorum


@dataclass(frozen=True, slots=True)
class Proposal:
    """An unsealed block on offer and who may seal it."""

    block: Block
    height: int
    block_hash: bytes
    seal_hash: bytes
    validators: tuple[Address, ...]

    @classmethod
    def of(cls, block: Block) -> Proposal:
        """Read what matters for sealing from the block's own header."""
        header = parse_header(block.header)
        return cls(block, header.number, header.block_hash, header.seal_hash, header.validators)


class ChainKey:
    """A secp256k1 key for seals and transactions: it signs digests."""

    def __init__(self, key: PrivateKey) -> None:
        if key.kind != "secp256k1":
            raise InvalidRecord(f"chain key: expected kind secp256k1, got {key.kind}")
        self._key = key
        self.address: Address = address_of(key.public)

    def __repr__(self) -> str:
        return f"ChainKey(0x{self.address.hex()})"

    def sign_digest(self, digest: bytes) -> bytes:
        """Return the 65-byte signature of a 32-byte digest."""
        return sign_digest(self._key.secret, digest)


class Sealers(Protocol):
    """Where the builder gets its seals from."""

    @property
    def shows(self) -> bool:
        """Whether others see a proposal, so that it must be durable first."""
        ...

    def open(self, proposal: Proposal) -> None:
        """Start collecting for a proposal; opening the same one again keeps what came in."""
        ...

    def collect(self, wait_s: float) -> tuple[bytes, ...] | None:
        """Return a quorum of seals as soon as there is one, None after the wait."""
        ...

    def proposal(self, after_height: int, wait_s: float) -> Block | None:
        """Return the open proposal above a height, None after the wait."""
        ...

    def add(self, height: int, block_hash: bytes, seal: bytes) -> bool:
        """Count a seal from elsewhere; False if it comes too late.

        Raises:
            VerificationError: for another block at this height, or a malformed seal.
            NotAuthorized: not by a validator.
        """
        ...

    def stop(self) -> None:
        """Let every waiting call return."""
        ...


class LocalSealers:
    """Every key in this process: for development only; the trust file must then say "single operator"."""

    shows = False

    def __init__(self, keys: Sequence[ChainKey]) -> None:
        self._keys = {key.address: key for key in keys}
        self._seals: tuple[bytes, ...] | None = None

    def open(self, proposal: Proposal) -> None:
        keys = [self._keys[address] for address in proposal.validators if address in self._keys]
        if len(keys) < quorum(len(proposal.validators)):
            raise NotAuthorized(f"sealing: {len(keys)} of {len(proposal.validators)} validator keys are no quorum")
        self._seals = tuple(key.sign_digest(proposal.seal_hash) for key in keys)

    def collect(self, wait_s: float) -> tuple[bytes, ...] | None:  # noqa: ARG002 - the port's form
        return self._seals

    def proposal(self, after_height: int, wait_s: float) -> Block | None:  # noqa: ARG002 - the port's form
        return None

    def add(self, height: int, block_hash: bytes, seal: bytes) -> bool:  # noqa: ARG002 - the port's form
        return False

    def stop(self) -> None:
        """Nothing waits here."""


class RemoteSealers:
    """At most one key here, the other seals arrive through ``add``."""

    shows = True

    def __init__(self, own: ChainKey | None = None) -> None:
        self._own = own
        self._changed = threading.Condition()
        self._proposal: Proposal | None = None
        self._seals: dict[Address, bytes] = {}
        self._stopped = False

    def open(self, proposal: Proposal) -> None:
        with self._changed:
            if self._proposal is not None and self._proposal.block_hash == proposal.block_hash:
                return
            self._proposal, self._seals = proposal, {}
            if self._own is not None and self._own.address in proposal.validators:
                self._seals[self._own.address] = self._own.sign_digest(proposal.seal_hash)
            self._changed.notify_all()

    def collect(self, wait_s: float) -> tuple[bytes, ...] | None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._is_complete(), wait_s)
            return tuple(self._seals.values()) if self._is_complete() else None

    def proposal(self, after_height: int, wait_s: float) -> Block | None:
        with self._changed:
            self._changed.wait_for(lambda: self._stopped or self._above(after_height) is not None, wait_s)
            return self._above(after_height)

    def add(self, height: int, block_hash: bytes, seal: bytes) -> bool:
        with self._changed:
            proposal = self._proposal
            if proposal is None or height != proposal.height:
                return False
            if block_hash != proposal.block_hash:
                raise VerificationError(f"seal: for another block at height {height}")
            sealer = _sealer(proposal, seal)
            self._seals.setdefault(sealer, seal)
            self._changed.notify_all()
            return True

    def stop(self) -> None:
        with self._changed:
            self._stopped = True
            self._changed.notify_all()

    def _is_complete(self) -> bool:
        return self._proposal is not None and len(self._seals) >= quorum(len(self._proposal.validators))

    def _above(self, height: int) -> Block | None:
        return self._proposal.block if self._proposal is not None and self._proposal.height > height else None


def _sealer(proposal: Proposal, seal: bytes) -> Address:
    try:
        sealer = recover(proposal.seal_hash, seal)
    except InvalidRecord as exc:
        raise VerificationError(f"seal: malformed: {exc}") from exc
    if sealer not in proposal.validators:
        raise NotAuthorized("seal: not by a validator of this block")
    return sealer
