"""Hashing to a group (RFC 9380): ``expand_message_xmd``, and the simplified SWU map onto a Weierstrass curve.

Generic over hash and curve, so that the official vectors of NIST P-256 test the code that SM2 runs on, for which there
are none. The curves here have prime order: no cofactor is cleared. It is NOT constant-time: who watches the machine may
learn about the message.
Source: RFC 9380 sections 5.2 (hash_to_field), 5.3.1 (expand_message_xmd), 6.6.2 (simplified SWU), F.2 (its formulas).
Trust: the hash behaves like a random oracle.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from cryptography.hazmat.primitives.hashes import Hash, HashAlgorithm
from gmpy2 import invert, mpz, powmod

FIELD_BYTES = 48
"""Uniform bytes behind one field element of 256 bits at 128 bits of security: ceil((256 + 128) / 8)."""


def expand_message(algorithm: HashAlgorithm, message: bytes, tag: bytes, size: int) -> bytes:
    """Return ``size`` uniform bytes, separated by ``tag`` (1..255 bytes)."""
    if not 0 < len(tag) < 256:
        raise ValueError(f"domain separation tag: 1..255 bytes expected, got {len(tag)}")
    blocks = -(-size // algorithm.digest_size)
    if not 0 < blocks < 256:
        raise ValueError(f"uniform bytes: 1 to 255 digests expected, got {size} bytes")
    tag_prime = tag + bytes([len(tag)])
    first = _digest(algorithm, bytes(_block_bytes(algorithm)) + message + size.to_bytes(2, "big") + b"\0" + tag_prime)
    block = uniform = _digest(algorithm, first + b"\1" + tag_prime)
    for number in range(2, blocks + 1):
        mixed = bytes(a ^ b for a, b in zip(first, block, strict=True))
        block = _digest(algorithm, mixed + bytes([number]) + tag_prime)
        uniform += block
    return uniform[:size]


@dataclass(frozen=True, slots=True)
class Weierstrass:
    """y^2 = x^3 + a*x + b over the integers modulo p, p = 3 mod 4, a and b not zero; z as RFC 9380 section 6.6.2."""

    p: mpz
    a: mpz
    b: mpz
    z: mpz

    def right_side(self, x: mpz) -> mpz:
        """Evaluate x^3 + a*x + b."""
        return (x * x * x + self.a * x + self.b) % self.p

    def root(self, square: mpz) -> mpz | None:
        """Return a square root, or None if there is none."""
        found = powmod(square, (self.p + 1) // 4, self.p)
        return found if found * found % self.p == square else None

    def map_to_curve(self, u: mpz) -> tuple[mpz, mpz]:
        """Map a field element to a point that is not the identity, by the simplified SWU method."""
        p = self.p
        zu2 = self.z * u * u % p
        denominator = (zu2 * zu2 + zu2) % p
        if denominator:
            x = -self.b * invert(self.a, p) * (1 + invert(denominator, p)) % p
        else:
            x = self.b * invert(self.z * self.a % p, p) % p
        y = self.root(self.right_side(x))
        if y is None:
            x = zu2 * x % p
            y = self.root(self.right_side(x))
        if y is None:
            raise AssertionError("one of the two candidates of the map lies on the curve")
        return x, y if y % 2 == u % 2 else p - y


def field_elements(uniform: bytes, p: int) -> list[mpz]:
    """Cut uniform bytes into elements of a field of 256 bits (the second half of hash_to_field)."""
    starts = range(0, len(uniform), FIELD_BYTES)
    return [mpz(int.from_bytes(uniform[start : start + FIELD_BYTES], "big")) % p for start in starts]


_QUICK = {"sha512": hashlib.sha512, "sha256": hashlib.sha256}
"""A third of the time of ``Hash`` for messages as short as these: joins hash every key."""


def _digest(algorithm: HashAlgorithm, data: bytes) -> bytes:
    if quick := _QUICK.get(algorithm.name):
        return quick(data).digest()
    hashing = Hash(algorithm)
    hashing.update(data)
    return hashing.finalize()


def _block_bytes(algorithm: HashAlgorithm) -> int:
    """The hash's input block, the length of Z_pad: 128 bytes of SHA-512, 64 of SHA-256 and SM3."""
    return 128 if algorithm.digest_size > 32 else 64
