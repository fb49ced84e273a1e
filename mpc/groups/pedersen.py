"""Pedersen commitments over ristretto255: C = x*G + r*H hides x whatever anybody computes, and binds who made it.

Commitments add: the product (here: sum) of several opens to the sum of their values and of their randomness. H comes
from hashing a label to the group, so that nobody knows log_G(H); who knew it could open a commitment in two ways.

A commitment alone does NOT show that its maker knows x (``KNOWLEDGE`` does), nor that x lies in a range: values are
residues modulo the group order, about 2^252. Whoever compares a sum with an integer has to bound the integer (here
below 2^127) for it to be the only one.
Source: Pedersen 1991 (CRYPTO '91). Trust: discrete logarithms in ristretto255 for binding; for hiding, that r is drawn
uniformly and never shown for one commitment alone, since a guess of x could be tried with it.
"""

from __future__ import annotations

from collections.abc import Iterable

from mpc.groups.group import SCALAR_BYTES, Element, RandomSource, Scalar
from mpc.groups.knowledge import Knowledge
from mpc.groups.ristretto255 import RISTRETTO255

__all__ = [
    "ELEMENT_BYTES",
    "KNOWLEDGE",
    "ORDER",
    "SCALAR_BYTES",
    "Element",
    "H",
    "Scalar",
    "commit",
    "draw",
    "product",
    "read",
]

TAG = b"SHUXIN-PEDERSEN-V01-ristretto255_XMD:SHA-512_R255MAP_RO_"
ELEMENT_BYTES, ORDER = RISTRETTO255.element_bytes, RISTRETTO255.order
H = RISTRETTO255.hash_to_group(b"second generator", TAG)
KNOWLEDGE = Knowledge(RISTRETTO255, H)
"""The proof that who made commitments knows what they hold."""


def commit(value: int, randomness: Scalar) -> Element:
    """Commit to an integer (negative too)."""
    group = RISTRETTO255
    return group.add(group.base(group.scalar(value)), group.multiply_or_identity(randomness, H))


def draw(source: RandomSource) -> Scalar:
    """Draw what hides one value."""
    return RISTRETTO255.random_scalar(source)


def product(commitments: Iterable[bytes]) -> Element:
    """Combine commitments into one to the sum of their values. Raises: InvalidElement."""
    total = RISTRETTO255.identity
    for commitment in commitments:
        total = RISTRETTO255.add(total, commitment)
    return total


def read(encoded: bytes) -> tuple[Element, ...]:
    """Read commitments, 32 bytes each, canonical and none the identity. Raises: InvalidRecord."""
    starts = range(0, len(encoded), ELEMENT_BYTES)
    return tuple(RISTRETTO255.decode_element(encoded[start : start + ELEMENT_BYTES]) for start in starts)
