"""The calls of Parties as values, in the order of the contract's arguments."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Register:
    """Enter a party with the keys of its first epoch."""

    party: bytes
    roles: int
    valid_from: int
    valid_until: int
    statement: bytes
    seal: bytes
    tls: bytes


@dataclass(frozen=True, slots=True)
class Renew:
    """Replace roles and validity of a party."""

    party: bytes
    roles: int
    valid_from: int
    valid_until: int


@dataclass(frozen=True, slots=True)
class Rotate:
    """Begin a new epoch of keys."""

    party: bytes
    statement: bytes
    seal: bytes
    tls: bytes


@dataclass(frozen=True, slots=True)
class Compromised:
    """Declare that an epoch's keys may have been in other hands since a time."""

    party: bytes
    epoch: int
    since: int


@dataclass(frozen=True, slots=True)
class Enroll:
    """Appoint an agent, or replace its roles and validity."""

    agent: bytes
    party: bytes
    roles: int
    valid_from: int
    valid_until: int


@dataclass(frozen=True, slots=True)
class Dismiss:
    """End an agent's powers now."""

    agent: bytes


Call: TypeAlias = Register | Renew | Rotate | Compromised | Enroll | Dismiss
