"""What an authorization is, as a value: the words that ``authorizations.vy`` stores. No rules here."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum, IntFlag
from typing import Final

NOTHING: Final = bytes(32)


class AuthorizationState(IntEnum):
    """What is stored; expired and exhausted are derived from time and uses."""

    UNKNOWN = 0
    GRANTED = 1
    SUSPENDED = 2
    REVOKED = 3
    DISPOSED = 4


class Operations(IntFlag):
    """What may be done with an asset: computed, or, by EXPORT, rows of it handed over, which no job does.

    ALIGN: other owners that a specification names may learn which of their keys the asset holds too. TRAIN: a model may
    be fitted to the rows, which every party of the job gets.
    """

    COUNT = 1
    SUM = 2
    MEAN = 4
    VARIANCE = 8
    HISTOGRAM = 16
    JOIN = 32
    DISTINCT = 64
    EXPORT = 128
    ALIGN = 256
    TRAIN = 512


ALL_OPERATIONS: Final = sum(Operations)


@dataclass(frozen=True, slots=True)
class Scope:
    """What a request asks to be permitted: for one purpose, these operations, in a period, so many times."""

    purpose: bytes = NOTHING
    operations: int = 0
    terms: bytes = NOTHING
    valid_from: int = 0
    valid_until: int = 0
    max_uses: int = 0


@dataclass(frozen=True, slots=True)
class Authorization:
    """An owner lets a grantee use an asset; all zero for one never granted. suspended_by: while it is."""

    asset: bytes = NOTHING
    owner: bytes = NOTHING
    grantee: bytes = NOTHING
    purpose: bytes = NOTHING
    operations: int = 0
    terms: bytes = NOTHING
    valid_from: int = 0
    valid_until: int = 0
    max_uses: int = 0
    uses: int = 0
    state: AuthorizationState = AuthorizationState.UNKNOWN
    suspended_by: bytes = NOTHING
