"""Passwords of local accounts: Argon2id, and the least that a password must be.

Source: RFC 9106 section 4, second recommended option (64 MiB, three passes); NIST SP 800-63B section 5.1.1.2 for length
instead of composition. What it does NOT do: look a password up in lists of leaked ones.
"""

from __future__ import annotations

from typing import Final, Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from ledger.errors import BackendError, InvalidRecord

SHORTEST: Final = 12
LONGEST: Final = 200
_HASHER: Final = PasswordHasher(time_cost=3, memory_cost=64 * 1024, parallelism=4)


class Passwords(Protocol):
    """How secrets are kept and compared."""

    def keep(self, password: str) -> str: ...

    def fits(self, kept: str, password: str) -> bool: ...


class Argon:
    """Argon2id; comparing takes as long for an account that is not there (``decoy``)."""

    def __init__(self, hasher: PasswordHasher = _HASHER) -> None:
        self._hasher = hasher
        self.decoy = hasher.hash("no account has this password")

    def keep(self, password: str) -> str:
        """Hash a password; raises InvalidRecord if it is too short or too long."""
        check(password)
        return self._hasher.hash(password)

    def fits(self, kept: str, password: str) -> bool:
        """Say whether a password is the one kept; raises BackendError if what was kept is damaged."""
        if len(password) > LONGEST:
            return False
        try:
            return self._hasher.verify(kept, password)
        except VerifyMismatchError:
            return False
        except (InvalidHashError, VerificationError) as fault:
            raise BackendError("accounts: a kept password is damaged") from fault


def check(password: str) -> None:
    """Raises InvalidRecord for a password that no account may have."""
    if not SHORTEST <= len(password) <= LONGEST:
        raise InvalidRecord(f"password: expected {SHORTEST} to {LONGEST} characters, got {len(password)}")
    if len(set(password)) < 5:
        raise InvalidRecord("password: expected at least five different characters")
