"""Pairwise masks: two parties derive the same stream, one adds it, the other subtracts it, so the sum keeps
nothing.

X25519 (RFC 7748; an all-zero shared secret is refused, which excludes the low-order points), HKDF-SHA256 with
the run's transcript as salt, AES-256-CTR. The keys of a pair are confirmed both ways by HMAC before any
masked value leaves: a courier that swapped a key, or showed two parties different contributor lists, is found
out first. Source: Bonawitz et al., Practical Secure Aggregation, CCS 2017, without its dropout recovery: an
attempt that loses a party is abandoned and restarted under fresh keys.

It does NOT hide the sum itself, nor protect a party whose pair partners all collude.
"""

import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey

from ledger.errors import InvalidRecord
from mpc.stream import Stream, derive
from mpc.vector import WORD_BYTES, Vector, Words, decode

PUBLIC_BYTES = 32
CONFIRMATION_BYTES = 32


@dataclass(frozen=True, slots=True)
class MaskKey:
    """One party's ephemeral X25519 key of one attempt."""

    private: X25519PrivateKey = field(repr=False)
    public: bytes


@dataclass(frozen=True, slots=True)
class Pair:
    """What two parties share: a mask key and a confirmation key. ``first`` sorts before ``second``."""

    first: str
    second: str
    mask: bytes = field(repr=False)
    confirm: bytes = field(repr=False)

    def confirmation(self, sender: str) -> bytes:
        """Prove knowledge of the pair's keys; differs by sender, so it cannot be reflected."""
        return hmac.digest(self.confirm, b"confirm|" + sender.encode(), "sha256")

    def confirms(self, sender: str, tag: bytes) -> bool:
        """Check the other side's proof."""
        return hmac.compare_digest(self.confirmation(sender), tag)


def mask_key(source: Stream) -> MaskKey:
    """Draw a key."""
    private = X25519PrivateKey.from_private_bytes(source.read(32))
    public = private.public_key().public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)
    return MaskKey(private, public)


def pair(me: str, mine: MaskKey, other: str, public: bytes, transcript: bytes) -> Pair:
    """Derive the keys shared with another party.

    Args:
        transcript: digest over the session and all parties' public keys of this attempt.

    Raises:
        InvalidRecord: not an X25519 key, or one that gives the all-zero secret.
    """
    try:
        secret = mine.private.exchange(X25519PublicKey.from_public_bytes(public))
    except ValueError as exc:
        raise InvalidRecord(f"mask key of {other}: not a usable X25519 key") from exc
    first, second = sorted((me, other))
    okm = derive(secret, transcript, f"pair|{first}|{second}", 64)
    return Pair(first, second, okm[:32], okm[32:])


def masks(me: str, pairs: Mapping[str, Pair], purpose: str, places: int) -> Vector:
    """Add up this party's masks for one vector modulo 2^128.

    Args:
        purpose: names the vector; every vector of a run has its own, since a stream never serves twice.
    """
    total = decode(bytes(WORD_BYTES * places))
    for shared in pairs.values():
        piece = decode(_stream(shared, f"{purpose}|128").read(WORD_BYTES * places))
        total = total + piece if me == shared.first else total - piece
    return total


def masks64(me: str, pairs: Mapping[str, Pair], purpose: str, places: int) -> Words:
    """Add up this party's masks modulo 2^64, for long vectors whose totals are bounded below 2^63."""
    total = np.zeros(places, dtype=np.uint64)
    streams = [(me == shared.first, _stream(shared, f"{purpose}|64")) for shared in pairs.values()]
    for start in range(0, places, _CHUNK):
        part = total[start : start + _CHUNK]
        for adds, stream in streams:
            piece = np.frombuffer(stream.read(8 * len(part)), dtype="<u8")
            (np.add if adds else np.subtract)(part, piece, out=part)
    return total


def residue_masks(me: str, pairs: Mapping[str, Pair], purpose: str, places: int, modulus: int) -> list[int]:
    """Add up this party's masks modulo any number of at most 256 bits (64 bytes a place: bias below 2^-256)."""
    total = [0] * places
    for shared in pairs.values():
        stream, sign = _stream(shared, f"{purpose}|{modulus:x}"), 1 if me == shared.first else -1
        total = [(mask + sign * int.from_bytes(stream.read(64), "little")) % modulus for mask in total]
    return total


_CHUNK = 1 << 14
"""Places at once: 128 kB of stream stay in the processor's cache, six times faster than whole vectors."""


def _stream(shared: Pair, vector: str) -> Stream:
    return Stream(derive(shared.mask, b"", f"mask|{vector}"))
