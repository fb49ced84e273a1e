"""Numbers of a model as words modulo 2^64 and back: fixed point, clipped, with room for the sum of all clients.

It does NOT hide anything, and says of a clipped vector only how many places were clipped.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ledger.errors import InvalidRecord
from mpc.vector import Words

Floats = NDArray[np.float64]
MAX_PLACES = 1 << 24


@dataclass(frozen=True, slots=True)
class Layout:
    """places: numbers in a vector. bound: the largest size of one. point_bits: behind the binary point."""

    places: int
    bound: float
    point_bits: int
    clients: int

    def __post_init__(self) -> None:
        if not 1 <= self.places <= MAX_PLACES or not 0 < self.bound < 1 << 30:
            raise InvalidRecord(f"vector: 1..{MAX_PLACES} places and a bound in (0, 2^30) expected")
        if not 8 <= self.point_bits <= 48 or self.clients < 1:
            raise InvalidRecord("vector: 8..48 bits behind the point and at least one client expected")
        if self.clients * (int(np.ceil(self.bound)) << self.point_bits) >= 1 << 63:
            raise InvalidRecord("vector: the sum of all clients could reach 2^63; fewer bits or a smaller bound")

    def words(self, values: Floats) -> Words:
        """Round and clip.

        Raises:
            InvalidRecord: another number of places, or one that is no number.
        """
        if values.shape != (self.places,):
            raise InvalidRecord(f"vector: {self.places} places expected, got {values.shape}")
        if not np.isfinite(values).all():
            raise InvalidRecord(f"vector: place {int(np.argmin(np.isfinite(values)))} is no finite number")
        clipped = np.clip(values, -self.bound, self.bound)
        return np.rint(clipped * float(1 << self.point_bits)).astype(np.int64).view(np.uint64)

    def clipped(self, values: Floats) -> int:
        """Count the places that lie beyond the bound."""
        return int((np.abs(values) > self.bound).sum())

    def floats(self, words: Words) -> Floats:
        """Read a sum."""
        return words.view(np.int64).astype(np.float64) / float(1 << self.point_bits)
