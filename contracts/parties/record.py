"""What Parties stores: parties, their agents and their keys by epoch. It judges nothing but validity in time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

NOTHING: Final = bytes(32)
NOBODY: Final = bytes(20)


@dataclass(frozen=True, slots=True)
class Party:
    """A department, registrar, auditor, operator or court. duties: every role any of its agents ever had."""

    roles: int = 0
    duties: int = 0
    valid_from: int = 0
    valid_until: int = 0

    def is_serving(self, role: int, now: int) -> bool:
        return bool(self.roles & role) and self.valid_from <= now < self.valid_until


@dataclass(frozen=True, slots=True)
class Agent:
    """A scoped key of a party. held: every role it ever had."""

    party: bytes = NOTHING
    roles: int = 0
    held: int = 0
    valid_from: int = 0
    valid_until: int = 0


@dataclass(frozen=True, slots=True)
class Keys:
    """The public keys of one epoch of a party. until 0: the epoch lasts; compromised 0: never."""

    statement: bytes = NOTHING
    seal: bytes = NOTHING
    tls: bytes = NOTHING
    since: int = 0
    until: int = 0
    compromised: int = 0

    def is_good_at(self, time: int) -> bool:
        """Say whether a signature of that (proven) time counts."""
        ended = self.until and time >= self.until
        return self.since != 0 and self.since <= time and not ended and not (0 < self.compromised <= time)
