"""The integers of a join: summed columns, the slots of one plaintext, the noise that figures carry, cells' names.

Every width follows from declared bounds alone, so that no message length depends on data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.additive.packing import GUARD_BITS, Packing
from mpc.privacy.accounting import MILLI, TAIL

MASK_BITS = 40
"""Statistical distance of a masked sum from uniform: 2^-40."""


WHOLE = "*"
"""The one group of an owner whose rows or keys are not grouped."""


def cell_names(groups: Sequence[str], lister_groups: Sequence[str]) -> tuple[str, ...]:
    """Name the cells of a join: as the groups where one owner has any, as a JSON list of two where both have."""
    if not lister_groups:
        return tuple(groups)
    if tuple(groups) == (WHOLE,):
        return tuple(lister_groups)
    return tuple(canonical.encode([group, own]).decode() for group in groups for own in lister_groups)


@dataclass(frozen=True, slots=True)
class Column:
    """A summed integer column: every row lies in least..most."""

    name: str
    least: int
    most: int

    def __post_init__(self) -> None:
        if not 0 < len(self.name) <= 128 or not -(1 << 96) <= self.least < self.most <= 1 << 96:
            raise InvalidRecord(f"join terms: column {self.name[:40]!r} needs bounds least < most within 2^96")

    def record(self) -> JsonValue:
        return {"name": self.name, "least": str(self.least), "most": str(self.most)}


@dataclass(frozen=True, slots=True)
class Slots:
    """Widths in bits of keys, rows and sums inside one plaintext, masks included; the first slot is the lowest.

    masks: how many owners add one.
    """

    values: tuple[int, ...]
    masks: int = 1

    @property
    def packing(self) -> Packing:
        """Room for a value, its masks and what they carry over in each slot."""
        carry = max(self.masks.bit_length(), GUARD_BITS)
        return Packing(tuple(bits + MASK_BITS + carry for bits in self.values))

    @property
    def widths(self) -> tuple[int, ...]:
        return self.packing.widths

    @property
    def total(self) -> int:
        return self.packing.total

    @property
    def bytes(self) -> tuple[int, ...]:
        """What each slot takes in a share."""
        return tuple(-(-width // 8) for width in self.widths)

    @property
    def moduli(self) -> tuple[int, ...]:
        """Where noised shares are added."""
        return tuple(1 << 8 * size for size in self.bytes)

    def pack(self, numbers: tuple[int, ...]) -> int:
        """Put one number into each slot."""
        return self.packing.pack(numbers)

    def unpack(self, packed: int) -> tuple[int, ...]:
        """Take the slots apart."""
        return self.packing.unpack(packed)


@dataclass(frozen=True, slots=True)
class Guarantee:
    """What noised figures are worth, and how much noise each owner adds to each figure of a group, in slot order.

    micro_rho: the cost to each asset; side: the part of it that sizes and matches show before any opening.
    """

    deviations_milli: tuple[int, ...]
    micro_rho: int
    side: int
    delta_log2: int
    epsilon_milli: int

    def __post_init__(self) -> None:
        if any(deviation < 1 for deviation in self.deviations_milli) or not 0 <= self.side <= self.micro_rho:
            raise InvalidRecord("join terms: noise has a positive deviation, and its cost holds what is shown before")

    @property
    def reaches(self) -> tuple[int, ...]:
        """What one owner's noise on each figure does not pass, but with probability below 2^-100."""
        return tuple(-(-TAIL * deviation // MILLI) for deviation in self.deviations_milli)

    def record(self) -> JsonValue:
        return {
            "deviations_milli": [str(deviation) for deviation in self.deviations_milli],
            "micro_rho": str(self.micro_rho),
            "side": str(self.side),
            "delta_log2": self.delta_log2,
            "epsilon_milli": str(self.epsilon_milli),
        }
