"""Entries signed while the chain is out of reach: each bound to the one before it, to its time and to what it changes.

An officer signs with the key that signs calls on chain, under a label of its own, so that neither signature serves as
the other. What was signed names the state it was signed on: who held the unit in which words, and the last block that
this desk had seen. What it does NOT do: have effect. An entry has effect when the chain has it, and limits count from
then. Trust assumption: the clock of the desk is the desk's word; the chain adds when it was entered. That the last
entries of a queue were taken away is not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

from gateway.property.entering.living import Living
from ledger.crypto.keys import PrivateKey
from ledger.crypto.signing import Address, recover, sign_digest
from ledger.errors import VerificationError
from ledger.hashing import tagged

NOTHING: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class SignedEntry:
    """One application with its entry, as an officer signed it.

    Attributes:
        n: its place in the queue, from 1.
        plan: what it enters, with the salts (``gateway.property.entering.plan``).
        before: the unit's state that it changes (``state_of``), zero for none.
        seen: number of the last block that the desk had believed.
        time: when it was signed, unix seconds.
        previous: digest of the entry before it; of the first, the queue's own (``beginning``).
    """

    n: int
    code: str
    unit: str
    plan: str
    before: bytes
    seen: int
    time: int
    previous: bytes
    signature: bytes = b""

    @property
    def digest(self) -> bytes:
        numbers = b"".join(number.to_bytes(8, "big") for number in (self.n, self.seen, self.time))
        texts = (text.encode() for text in (self.code, self.unit, self.plan))
        return tagged("SHUXIN-OUTAGE-ENTRY-V1", numbers, *texts, self.before, self.previous)

    @property
    def signer(self) -> Address:
        """The account that signed; raises InvalidRecord."""
        return recover(self.digest, self.signature)

    def signed(self, key: PrivateKey) -> SignedEntry:
        """Return it with an officer's signature."""
        return replace(self, signature=sign_digest(key.secret, self.digest))


def beginning(registrar: str, genesis: bytes) -> bytes:
    """Return what the first entry of a registrar's queue on one chain is bound to."""
    return tagged("SHUXIN-OUTAGE-QUEUE-V1", registrar.encode(), genesis)


def state_of(unit: Living | None) -> bytes:
    """Return the digest of who holds a unit and how it is described; zero for a unit that is not registered."""
    return state_digest(unit.holdings.digest(), unit.spatial) if unit else NOTHING


def state_digest(holdings: bytes, spatial: bytes) -> bytes:
    """The same from the words that the chain has of a unit."""
    return tagged("SHUXIN-OUTAGE-UNIT-V1", holdings, spatial)


def verify(entries: Sequence[SignedEntry], start: bytes) -> None:
    """Check that a queue is in the order in which it was signed, each entry once and after the one before it.

    Raises:
        VerificationError: an entry was moved, repeated, changed or left out, or signed before the one in front of it.
    """
    previous, time = start, 0
    for place, entry in enumerate(entries, start=1):
        if entry.n != place:
            raise VerificationError(f"outage queue: expected entry {place}, got {entry.n}")
        if entry.previous != previous:
            raise VerificationError(f"outage queue: entry {place} was signed behind another one")
        if entry.time < time:
            raise VerificationError(f"outage queue: entry {place} was signed before the one in front of it")
        previous, time = entry.digest, entry.time
