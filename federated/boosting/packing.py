"""One row's derivatives as one plaintext, and the sum of many read back.

Three slots: how many rows (1 each), the first derivative moved above zero, the second derivative. Slots are wide
enough for the declared number of rows, so a sum never carries into its neighbour; the range guard of the scheme refuses
what is wider than all three. The number of rows undoes the move.

It does NOT encrypt. Fixed point with 20 bits after the point: an error below 2^-21 a row.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from federated.boosting.loss import Floats
from ledger.errors import InvalidRecord

POINT_BITS = 20
MAX_ROWS = 1 << 26


@dataclass(frozen=True, slots=True)
class Totals:
    """Sums over the rows of a bin. first and second in units of 2^-20."""

    rows: int
    first: int
    second: int

    def __add__(self, other: Totals) -> Totals:
        return Totals(self.rows + other.rows, self.first + other.first, self.second + other.second)

    def __sub__(self, other: Totals) -> Totals:
        return Totals(self.rows - other.rows, self.first - other.first, self.second - other.second)

    @property
    def slope(self) -> float:
        return self.first / (1 << POINT_BITS)

    @property
    def curvature(self) -> float:
        return self.second / (1 << POINT_BITS)


@dataclass(frozen=True, slots=True)
class Layout:
    """Slots for sums of up to ``rows`` rows whose first derivative is at most ``bound``."""

    rows: int
    bound: float

    def __post_init__(self) -> None:
        if not 0 < self.rows <= MAX_ROWS:
            raise InvalidRecord(f"packing: 1..{MAX_ROWS} rows expected, got {self.rows}")
        if not 0 < self.bound < 1 << 20:
            raise InvalidRecord("packing: a bound of derivatives in (0, 2^20) expected")

    @property
    def bits(self) -> int:
        """The width of a sum of all rows."""
        return self._row_bits + self._first_bits + self._second_bits

    def fixed(self, first: Floats, second: Floats) -> tuple[list[int], list[int]]:
        """Round derivatives to units of 2^-20.

        Raises:
            InvalidRecord: one that is no number or outside its bound; rows are named by place, values are not repeated.
        """
        outside = ~(np.abs(first) <= self.bound) | ~((second >= 0) & (second <= 1))
        if outside.any():
            raise InvalidRecord(f"row {int(np.argmax(outside)) + 1}: a derivative of the loss is outside its bound")
        scale = float(1 << POINT_BITS)
        return np.rint(first * scale).astype(np.int64).tolist(), np.rint(second * scale).astype(np.int64).tolist()

    def pack(self, first: int, second: int) -> int:
        """Make one row's plaintext of rounded derivatives."""
        return (1 << self._second_bits + self._first_bits) | ((first + self._offset) << self._second_bits) | second

    def read(self, plaintext: int) -> Totals:
        """Read a sum of plaintexts.

        Raises:
            InvalidRecord: a sum that no set of rows can have.
        """
        second = plaintext & ((1 << self._second_bits) - 1)
        moved = plaintext >> self._second_bits & ((1 << self._first_bits) - 1)
        rows = plaintext >> self._second_bits + self._first_bits
        if rows > self.rows or moved > 2 * rows * self._offset or second > rows << POINT_BITS:
            raise InvalidRecord("a sum of derivatives that no set of rows can have")
        return Totals(rows, moved - rows * self._offset, second)

    @property
    def _offset(self) -> int:
        return int(np.ceil(self.bound * (1 << POINT_BITS)))

    @property
    def _row_bits(self) -> int:
        return self.rows.bit_length()

    @property
    def _first_bits(self) -> int:
        return (2 * self.rows * self._offset).bit_length()

    @property
    def _second_bits(self) -> int:
        return (self.rows << POINT_BITS).bit_length()
