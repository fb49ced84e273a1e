"""Several bounded integers in one plaintext: slots with room for their sum, and a guard bit above each.

A slot holds value - least, so it is never negative; it is wide enough for the sum of the declared number of addends,
for a mask that hides that sum, and for one guard bit, so no carry ever reaches the next slot. What a sum of plaintexts
holds then follows from the slots alone, and a declaration that does not fit the key is refused before any value is
read.

It does NOT protect against an addend that nobody declared: whoever decrypts checks the total width
(``mpc.additive.scheme.guard``) and each slot (``Columns.totals``).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ledger.errors import InvalidRecord
from mpc.additive.scheme import RangeGuard

GUARD_BITS = 1


@dataclass(frozen=True, slots=True)
class Packing:
    """Widths of slots in bits; the first slot is the lowest."""

    widths: tuple[int, ...]

    def __post_init__(self) -> None:
        if not self.widths or any(width < 1 for width in self.widths):
            raise InvalidRecord("packing: slots of at least one bit expected")

    @property
    def total(self) -> int:
        """Bits of a packed plaintext."""
        return sum(self.widths)

    def pack(self, numbers: Sequence[int]) -> int:
        """Put one number into each slot; one that does not fit is a bug of the caller."""
        packed, shift = 0, 0
        for number, width in zip(numbers, self.widths, strict=True):
            if number < 0 or number >> width:
                raise ValueError(f"slot of {width} bits overflows")
            packed |= number << shift
            shift += width
        return packed

    def unpack(self, packed: int) -> tuple[int, ...]:
        """Take the slots apart."""
        numbers = []
        for width in self.widths:
            numbers.append(packed & ((1 << width) - 1))
            packed >>= width
        return tuple(numbers)


@dataclass(frozen=True, slots=True)
class Bounds:
    """An integer column: every value lies in least..most."""

    least: int
    most: int

    def __post_init__(self) -> None:
        if not self.least <= self.most:
            raise InvalidRecord("packing: bounds least <= most expected")


@dataclass(frozen=True, slots=True)
class Columns:
    """Bounded columns that share plaintexts, of which at most ``addends`` are added up.

    mask_bits: by how much a random mask added to a sum is wider than it; 0 for no mask.
    """

    bounds: tuple[Bounds, ...]
    addends: int
    mask_bits: int = 0

    def __post_init__(self) -> None:
        if not self.bounds or self.addends < 1 or self.mask_bits < 0:
            raise InvalidRecord("packing: columns and at least one addend expected")

    @property
    def values(self) -> tuple[int, ...]:
        """Bits of the largest sum of each column."""
        return tuple((self.addends * (b.most - b.least)).bit_length() for b in self.bounds)

    @property
    def packing(self) -> Packing:
        """Lay the slots out."""
        return Packing(tuple(bits + self.mask_bits + GUARD_BITS for bits in self.values))

    def require_fits(self, plaintext_bits: int) -> None:
        """Refuse columns that one plaintext of a key cannot hold. Raises: InvalidRecord."""
        if self.packing.total > plaintext_bits:
            raise InvalidRecord(f"packing: {self.packing.total} bits of slots, the key offers {plaintext_bits}")

    def pack(self, row: Sequence[int]) -> int:
        """Pack one row. Raises: InvalidRecord if a value lies outside its bounds, without saying which value."""
        if len(row) != len(self.bounds) or any(
            not b.least <= x <= b.most for x, b in zip(row, self.bounds, strict=True)
        ):
            raise InvalidRecord("packing: a row outside the declared bounds")
        return self.packing.pack([x - b.least for x, b in zip(row, self.bounds, strict=True)])

    def totals(self, packed: int, addends: int) -> tuple[int, ...]:
        """Return the sums of the columns over so many packed rows, no mask on them.

        Raises:
            RangeGuard: slots hold what no such rows add up to.
        """
        if not 0 <= addends <= self.addends:
            raise ValueError(f"packing: at most {self.addends} addends were declared")
        numbers, packing = self.packing.unpack(packed), self.packing
        most = [addends * (b.most - b.least) for b in self.bounds]
        if packed < 0 or packed >> packing.total or any(x > m for x, m in zip(numbers, most, strict=True)):
            raise RangeGuard("a decrypted sum lies outside the declared slots")
        return tuple(x + addends * b.least for x, b in zip(numbers, self.bounds, strict=True))


def batches(bounds: Iterable[Bounds], addends: int, plaintext_bits: int, mask_bits: int = 0) -> tuple[Columns, ...]:
    """Spread columns over as few plaintexts as their order allows. Raises: InvalidRecord if one alone does not fit."""
    found: list[Columns] = []
    for bound in bounds:
        alone = Columns((bound,), addends, mask_bits)
        alone.require_fits(plaintext_bits)
        wider = Columns((*found[-1].bounds, bound), addends, mask_bits) if found else alone
        if found and wider.packing.total <= plaintext_bits:
            found[-1] = wider
        else:
            found.append(alone)
    return tuple(found)
