"""The messages of a CKKS sum as bytes; every one has the same length whatever it carries."""

from __future__ import annotations

from collections.abc import Sequence

from ledger.errors import InvalidRecord
from ledger.hashing import tagged
from mpc.protocols.ckks.lattice import CIPHERTEXT_BYTES, CONTEXT_BYTES

CONTEXT, VECTOR, SUM, RELEASE = "ckks-context", "ckks-vector", "ckks-sum", "ckks-release"
LENGTH_BYTES, DIGEST_BYTES, WORD_BYTES = 4, 32, 16
CONTEXT_SIZE = LENGTH_BYTES + CONTEXT_BYTES
CIPHERTEXT_SIZE = LENGTH_BYTES + CIPHERTEXT_BYTES


def filled(body: bytes, size: int) -> bytes:
    """Write a body with its length and zeros up to ``size`` bytes: compressed lengths differ by chance."""
    if LENGTH_BYTES + len(body) > size:
        raise ValueError(f"message of {len(body)} bytes does not fit {size}")
    return (len(body).to_bytes(LENGTH_BYTES, "big") + body).ljust(size, b"\0")


def emptied(message: bytes, size: int) -> bytes:
    """Read such a body. Raises: InvalidRecord."""
    length = int.from_bytes(message[:LENGTH_BYTES], "big")
    if len(message) != size or length > size - LENGTH_BYTES or any(message[LENGTH_BYTES + length :]):
        raise InvalidRecord(f"message of {size} bytes, zeros after its body, expected")
    return message[LENGTH_BYTES : LENGTH_BYTES + length]


def context_digest(session: bytes, context: bytes) -> bytes:
    """Name the key under which an owner encrypts, bound to the attempt."""
    return tagged("SHUXIN-CKKS-V1 context", session, context)


def encode_totals(totals: Sequence[int]) -> bytes:
    """Write released units as signed words."""
    return b"".join(total.to_bytes(WORD_BYTES, "big", signed=True) for total in totals)


def decode_totals(body: bytes) -> tuple[int, ...]:
    """Read released units."""
    starts = range(0, len(body), WORD_BYTES)
    return tuple(int.from_bytes(body[start : start + WORD_BYTES], "big", signed=True) for start in starts)
