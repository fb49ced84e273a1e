"""The calls of Requests as values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from contracts.authorizations.record import Scope


@dataclass(frozen=True, slots=True)
class Submit:
    """Ask, or hand in what was missing. grounds: digests of basis, scenario, extent, method and term of use."""

    id: bytes
    asset: bytes
    owner: bytes
    grounds: tuple[bytes, bytes, bytes, bytes, bytes]
    scope: Scope


@dataclass(frozen=True, slots=True)
class AskSupplement:
    """Say once what is missing."""

    id: bytes
    missing: bytes


@dataclass(frozen=True, slots=True)
class Extend:
    """Give the owner more time, by the authority."""

    id: bytes
    reason: bytes


@dataclass(frozen=True, slots=True)
class Consent:
    """Say yes; conditions: digest of the catalogue entry the answer rests on."""

    id: bytes
    conditions: bytes


@dataclass(frozen=True, slots=True)
class Refuse:
    """Say no, with the number of the rule it rests on and a digest of the reasons."""

    id: bytes
    rule: int
    reason: bytes


@dataclass(frozen=True, slots=True)
class Withdraw:
    """Take back a request that has no answer yet."""

    id: bytes


Call: TypeAlias = Submit | AskSupplement | Extend | Consent | Refuse | Withdraw
