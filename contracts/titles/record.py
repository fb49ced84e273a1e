"""What Titles stores about a unit in the living register, and which rights there are.

Pure values. Who may change them is the rules' (``rules``).
Source: ISO 19152 (LADM), LA_BAUnit; Interim Regulation on Real Estate Registration (2024), articles 5 and 8.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from contracts.history import Journal

NOTHING: Final = bytes(32)


class RightKind(IntEnum):
    """The rights of article 5, numbered as its items; mortgages are restrictions here."""

    COLLECTIVE_LAND = 1
    BUILDING = 2
    FOREST = 3
    CONTRACTED_LAND = 4
    CONSTRUCTION_LAND = 5
    HOMESTEAD = 6
    SEA_AREA = 7
    EASEMENT = 8
    MORTGAGE = 9
    OTHER = 10


class UnitState(IntEnum):
    """SUCCEEDED: divided into others or merged into one."""

    UNKNOWN = 0
    REGISTERED = 1
    CANCELLED = 2
    SUCCEEDED = 3


@dataclass(frozen=True, slots=True)
class Unit:
    """A basic administrative unit with one right; all zero for one the register never had. since: of its last entry."""

    registrar: bytes = NOTHING
    spatial: bytes = NOTHING
    right: int = 0
    holdings: bytes = NOTHING
    since: int = 0
    state: UnitState = UnitState.UNKNOWN


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    units: Mapping[bytes, Unit] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def unit(self, unit: bytes) -> Unit:
        return self.units.get(unit, Unit())
