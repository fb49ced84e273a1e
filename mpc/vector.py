"""Vectors of integers modulo 2^128, and exact sums of machine integers.

A vector is two uint64 arrays (low and high half) added with carry: the sum of squares of real prices already
reaches 0.78 of 2^64, and in cents it is far beyond. Two independent uint64 limbs would be wrong twice: the
carry is lost, and wider slots publish how often it occurred. Values are signed (two's complement).

It does NOT choose bounds: that a total fits is checked on the schema, before any value is read.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ledger.errors import InvalidRecord

Words = NDArray[np.uint64]
Integers = NDArray[np.int64]

MODULUS = 1 << 128
WORD_BYTES = 16
_CHUNK = 1 << 20
"""Rows summed at once: products of 21-bit limbs stay below 2^42, so 2^20 of them stay below 2^62."""


@dataclass(frozen=True, slots=True, eq=False)
class Vector:
    """Integers modulo 2^128; ``low`` and ``high`` are uint64 arrays of one length. Compare by ``encode``."""

    low: Words
    high: Words

    def __post_init__(self) -> None:
        if self.low.shape != self.high.shape or self.low.ndim != 1:
            raise ValueError("a vector is two flat arrays of one length")

    def __len__(self) -> int:
        return len(self.low)

    def __add__(self, other: "Vector") -> "Vector":
        low = self.low + other.low
        return Vector(low, self.high + other.high + (low < self.low))

    def __sub__(self, other: "Vector") -> "Vector":
        return Vector(self.low - other.low, self.high - other.high - (self.low < other.low))

    def keep(self, chosen: Sequence[bool]) -> "Vector":
        """Set every place to zero that is not chosen."""
        factor = np.asarray(chosen, dtype=np.uint64)
        return Vector(self.low * factor, self.high * factor)

    def encode(self) -> bytes:
        """Render as 16 little-endian bytes a place."""
        return np.stack((self.low, self.high), axis=1).astype("<u8").tobytes()

    def integers(self) -> list[int]:
        """Read the places as unsigned integers below 2^128."""
        return [(high << 64) | low for low, high in zip(self.low.tolist(), self.high.tolist(), strict=True)]


def decode(encoded: bytes) -> Vector:
    """Read a vector from outside bytes; every multiple of 16 bytes is one.

    Raises:
        InvalidRecord: another length.
    """
    if len(encoded) % WORD_BYTES:
        raise InvalidRecord(f"vector: a multiple of {WORD_BYTES} bytes expected, got {len(encoded)}")
    words = np.frombuffer(encoded, dtype="<u8").reshape(-1, 2).astype(np.uint64)
    return Vector(words[:, 0].copy(), words[:, 1].copy())


def vector(values: Iterable[int]) -> Vector:
    """Build a vector from Python integers of any size and sign."""
    return decode(b"".join((value % MODULUS).to_bytes(WORD_BYTES, "little") for value in values))


def signed(residue: int) -> int:
    """Read a residue modulo 2^128 as a signed integer."""
    return residue - MODULUS if residue >= MODULUS // 2 else residue


def open_cells(masked: Sequence[Sequence[int]], pads: Sequence[Sequence[int]]) -> list[int]:
    """Add up opened cells: one row a contributor, one column a cell; the pairwise masks cancel in the sum.

    A verifier restates exactly this: total = sum of masked - sum of pads modulo 2^128, read as signed.
    """
    ups = [sum(column) for column in zip(*masked, strict=True)]
    downs = [sum(column) for column in zip(*pads, strict=True)]
    return [signed((up - down) % MODULUS) for up, down in zip(ups, downs, strict=True)]


def exact_sum(values: Integers) -> int:
    """Sum int64 values without wrapping."""
    return sum((int((c >> 32).sum()) << 32) + int((c & 0xFFFFFFFF).sum()) for c in _chunks(values))


def exact_sum_of_squares(values: Integers) -> int:
    """Sum the squares of int64 values without wrapping: x = 2^42 a + 2^21 b + c with limbs of 21 bits."""
    total = 0
    for chunk in _chunks(values):
        size = np.abs(chunk).astype(np.uint64)  # |-2^63| wraps to itself: right once read as unsigned
        a, b, c = size >> np.uint64(42), size >> np.uint64(21) & _LIMB, size & _LIMB
        total += (_dot(a, a) << 84) + (_dot(a, b) << 64) + ((2 * _dot(a, c) + _dot(b, b)) << 42)
        total += (_dot(b, c) << 22) + _dot(c, c)
    return total


_LIMB = np.uint64((1 << 21) - 1)


def _dot(left: Words, right: Words) -> int:
    return int(np.dot(left, right))


def _chunks(values: Integers) -> Iterable[Integers]:
    return (values[start : start + _CHUNK] for start in range(0, len(values), _CHUNK))
