"""Rounding of released figures, and what a rounded figure still tells.

**Rounding alone is no protection.** Margins are rounded by themselves, so a rounded total limits its rounded parts:
five cells of 1, each shown as 0, beside a total of 5 that is shown as 6, must all be 1. It makes differences of small
counts uncertain and a table calmer to read; what it leaves possible must be audited like everything else (``Range`` of
each figure into ``mpc.disclosure.tables.interval``), and what the audit refuses must be withheld.

* ``Nearest``: to the nearest multiple of the base, ties up. Says the same each time, and gives the smaller intervals.
* ``Unbiased``: down or up to a multiple of the base, up with the chance that makes the expectation the value. The
  choice is a keyed function of cell and value, not a fresh draw: averaging over repeated publications tells nothing
  new. Who holds the key can undo part of it.

Source: A. Hundepool et al., Statistical Disclosure Control (2012), section 5.4.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass, field
from typing import TypeAlias

from ledger.errors import InvalidRecord
from mpc.disclosure.tables.interval import Range

KEY_BYTES = 32
_DRAWN_BITS = 128


@dataclass(frozen=True, slots=True)
class Nearest:
    """Deterministic rounding."""

    base: int

    def __post_init__(self) -> None:
        _check(self.base)

    def round(self, _cell: str, value: int) -> int:
        """Round a value that is not negative."""
        return (2 * value + self.base) // (2 * self.base) * self.base

    def range(self, shown: int) -> Range:
        """Return the values that are shown as this."""
        least = shown - self.base // 2
        return Range(max(0, least), least + self.base - 1)


@dataclass(frozen=True, slots=True)
class Unbiased:
    """Random rounding whose expectation is the value; ``key`` keeps the choice the same for the same cell and value."""

    base: int
    key: bytes = field(repr=False)

    def __post_init__(self) -> None:
        _check(self.base)
        if len(self.key) != KEY_BYTES:
            raise InvalidRecord(f"rounding: a key of {KEY_BYTES} bytes expected, got {len(self.key)}")

    def round(self, cell: str, value: int) -> int:
        """Round a value that is not negative."""
        over = value % self.base
        digest = hmac.digest(self.key, f"SHUXIN-ROUNDING-V1\n{self.base}\n{value}\n{cell}".encode(), "sha256")
        # 128 bits reduced modulo a base of at most 2^20: the chance is off by less than 2^-108.
        is_up = int.from_bytes(digest, "big") % (1 << _DRAWN_BITS) * self.base >> _DRAWN_BITS < over
        return value - over + self.base * is_up

    def range(self, shown: int) -> Range:
        """Return the values that may be shown as this."""
        return Range(max(0, shown - self.base + 1), shown + self.base - 1)


Rounding: TypeAlias = Nearest | Unbiased


def _check(base: int) -> None:
    if not 2 <= base <= 1 << 20:
        raise InvalidRecord(f"rounding: a base in 2..2^20 expected, got {base}")
