"""What grades, covers and levels are, as values. No rules here.

Source: GB/T 43697 (grades); Personal Information Protection Law, article 13 (bases), 28 (sensitive information).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

NOTHING: Final = bytes(32)
HIGHEST: Final = 4
LOWEST: Final = 1
COMPUTE_ONLY: Final = 3
"""From this grade on data are computed with and never handed over."""


class Personal(IntEnum):
    """Whether a column is personal information."""

    NONE = 0
    PERSONAL = 1
    SENSITIVE = 2


class Basis(IntEnum):
    """Items of article 13 of the Personal Information Protection Law: why personal information may be processed."""

    NONE = 0
    CONSENT = 1
    CONTRACT = 2
    STATUTORY_DUTY = 3
    EMERGENCY = 4
    PUBLIC_INTEREST_REPORTING = 5
    DISCLOSED_ALREADY = 6
    OTHER_LAW = 7


@dataclass(frozen=True, slots=True)
class Column:
    """A column under its salted digest."""

    id: bytes = NOTHING
    grade: int = 0
    personal: int = 0


@dataclass(frozen=True, slots=True)
class Cover:
    """What some terms cover of an entry; all zero for terms never covered. grade: the highest among the columns."""

    document: bytes = NOTHING
    grade: int = 0
    personal: int = 0
    basis: int = 0
    assessment: bytes = NOTHING
