"""What Budgets keeps, as values: the words that ``budgets.vy`` and its modules store. Amounts are integer micro-rho.

Rho is that of zero-concentrated differential privacy (Bun and Steinke 2016): it adds up over releases, which epsilon
does only loosely. Callers round up. No rules here.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Final

from ledger.abi import encode
from ledger.hashing import keccak256

NOTHING: Final = bytes(32)
NOBODY: Final = bytes(20)
MICRO: Final = 1_000_000
"""Micro-rho in one rho."""
MAX_AMOUNT: Final = (1 << 63) - 1
EVERYBODY: Final = NOTHING
"""The class of recipients that every party is in unless Governance says otherwise."""
CLASSES: Final = keccak256(b"recipient classes")
"""The entity whose history is that of the partition of recipients."""


class Mode(IntEnum):
    """How figures of a data period are released, once one may have been; the two never mix."""

    UNSET = 0
    EXACT = 1
    PRIVATE = 2


class ReservationState(IntEnum):
    """Where a promised amount is on its way."""

    UNKNOWN = 0
    RESERVED = 1
    CONSUMED = 2
    SETTLED = 3
    REFUNDED = 4


class Fate(IntEnum):
    """What Jobs says became of an attempt; in doubt, opened."""

    RUNNING = 1
    OPENED = 2
    ENDED = 3


@dataclass(frozen=True, slots=True)
class Pot:
    """What may be spent on one data period of an asset, ever; all zero for one never used.

    holders: reservations that fix the mode, which are all but those given back before they could show anything.
    """

    limit: int = 0
    spent: int = 0
    reserved: int = 0
    mode: Mode = Mode.UNSET
    holders: int = 0

    @property
    def used(self) -> int:
        return self.spent + self.reserved

    @property
    def left(self) -> int:
        return self.limit - self.used

    def promise(self, mode: Mode, amount: int) -> Pot:
        """Reserve an amount, and hold the mode."""
        return replace(self, reserved=self.reserved + amount, mode=mode, holders=self.holders + 1)

    def resolve(self, amount: int, spent: int) -> Pot:
        """End the promise of an amount, of which so much is spent."""
        return replace(self, reserved=self.reserved - amount, spent=self.spent + spent)

    def leave(self) -> Pot:
        """Hold the mode by one reservation less; without any there is none."""
        holders = self.holders - 1
        return replace(self, holders=holders, mode=self.mode if holders else Mode.UNSET)


@dataclass(frozen=True, slots=True)
class Rate:
    """What may be spent for a class of recipients in each window of ``length`` seconds; length 0: no rate declared."""

    limit: int = 0
    length: int = 0


@dataclass(frozen=True, slots=True)
class Window:
    """What one window of a rate has spent and promised."""

    spent: int = 0
    reserved: int = 0

    @property
    def used(self) -> int:
        return self.spent + self.reserved


@dataclass(frozen=True, slots=True)
class Proposal:
    """A limit that one officer proposed and another may confirm; nobody's if there is none."""

    length: int = 0
    limit: int = 0
    officer: bytes = NOBODY


@dataclass(frozen=True, slots=True)
class Reservation:
    """What one attempt of a job takes out of one asset's pots.

    side: the part of amount that the protocol shows to a party before any opening. window: zero without a rate.
    """

    period: bytes = NOTHING
    mode: Mode = Mode.UNSET
    amount: int = 0
    side: int = 0
    window: bytes = NOTHING
    state: ReservationState = ReservationState.UNKNOWN

    def has_shown(self, begun: bool) -> bool:
        """Say whether an attempt that ended unopened may have shown something: an exact one its threshold's bits."""
        return begun and (self.mode is Mode.EXACT or self.side > 0)


def window_id(asset: bytes, recipient_class: bytes, length: int, time: int) -> bytes:
    """Return the id of a rate's window at a time, unix seconds."""
    words = (asset, recipient_class, length, time // length)
    return keccak256(encode(["bytes32", "bytes32", "uint256", "uint256"], words))
