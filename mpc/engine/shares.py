"""Replicated shares of integers among three parties, as ABY3 has them: written and read by ourselves.

A value is the sum of three residues modulo 2^64 or 2^128; party i holds the i-th and the next, so one party alone
holds two uniform numbers, and any two hold all three. Owners split with a stream of the attempt's seed, so that an
opened audit reproduces what they sent; whoever opens adds up, and compares the residues that two parties hold alike.
Neither needs the engine: nothing is pickled, and only an owner ever sees its plain values.

Source: Mohassel, Rindal, ABY3: A Mixed Protocol Framework for Machine Learning, CCS 2018, section 3. Semi-honest:
a party that changes a residue which nobody else sends is not noticed.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import Enum

import numpy as np
from numpy.typing import NDArray

from ledger.errors import InvalidRecord, VerificationError
from mpc.stream import Stream
from mpc.vector import Vector

PARTIES = 3
Integers = NDArray[np.int64]
Bytes = NDArray[np.uint8]


class Ring(Enum):
    """The modulus, as the engine names it; the value is the number of bytes of a residue."""

    FM64 = 8
    FM128 = 16

    @property
    def largest(self) -> int:
        """The largest absolute value that cannot be mistaken for another."""
        return (1 << (8 * self.value - 1)) - 1


def split(values: Integers, ring: Ring, source: Stream) -> tuple[bytes, bytes, bytes]:
    """Share int64 values: what each of the three parties is sent, 2 residues a value."""
    first, second = (_vector(source.read(len(values) * ring.value), ring) for _ in range(2))
    low = values.astype(np.uint64)
    high = (values >> np.int64(63)).astype(np.uint64)  # the sign, over all of the upper word
    third = Vector(low, high) - first - second
    residues = [_encode(residue, ring) for residue in (first, second, third)]
    return (_pair(residues, 0), _pair(residues, 1), _pair(residues, 2))


def combine(pieces: Sequence[bytes], ring: Ring) -> list[int]:
    """Open what three parties sent: signed integers.

    Raises:
        InvalidRecord: pieces of another number or size.
        VerificationError: two parties sent different residues where both hold the same.
    """
    if len(pieces) != PARTIES or len({len(piece) for piece in pieces}) != 1 or len(pieces[0]) % (2 * ring.value):
        raise InvalidRecord("shares: three pieces of one size expected")
    halves = [np.frombuffer(piece, dtype=np.uint8).reshape(-1, 2, ring.value) for piece in pieces]
    for party in range(PARTIES):
        if not np.array_equal(halves[party][:, 1], halves[(party + 1) % PARTIES][:, 0]):
            raise VerificationError("shares: two parties hold different residues of one value")
    first, second, third = (_vector(half[:, 0].tobytes(), ring) for half in halves)
    modulus = 1 << (8 * ring.value)
    residues = [number % modulus for number in (first + second + third).integers()]
    return [number - modulus if number > ring.largest else number for number in residues]


def _vector(data: bytes, ring: Ring) -> Vector:
    words = np.frombuffer(data, dtype="<u8").astype(np.uint64)
    if ring is Ring.FM64:
        return Vector(words, np.zeros_like(words))
    return Vector(words[0::2].copy(), words[1::2].copy())


def _encode(residues: Vector, ring: Ring) -> Bytes:
    encoded = np.frombuffer(residues.encode(), dtype=np.uint8).reshape(-1, Ring.FM128.value)
    return encoded[:, : ring.value]


def _pair(residues: Sequence[Bytes], party: int) -> bytes:
    return np.stack((residues[party], residues[(party + 1) % PARTIES]), axis=1).tobytes()
