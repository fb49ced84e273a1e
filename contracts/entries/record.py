"""What an entry of the catalogue is, as values: what is stated of a data set, and what is stored. No rules here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

NOTHING: Final = bytes(32)


class Secrecy(IntEnum):
    """Whether an item is a secret; no secret may be entered."""

    NONE = 0
    WORK = 1
    STATE = 2


@dataclass(frozen=True, slots=True)
class Content:
    """What article 13 demands of an entry, beside its provider and its conditions; digests but for the three numbers.

    law: cited for data that are not shared; columns: digest of the columns with their grades.
    """

    name: bytes
    items: bytes
    format: bytes
    frequency: bytes
    method: bytes
    category: int
    grade: int
    secrecy: int
    law: bytes
    secrecy_assessment: bytes
    personal_assessment: bytes
    columns: bytes


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry by its digest; all zero for one never filed. filed: unix seconds."""

    asset: bytes = NOTHING
    owner: bytes = NOTHING
    category: int = 0
    grade: int = 0
    columns: bytes = NOTHING
    filed: int = 0
