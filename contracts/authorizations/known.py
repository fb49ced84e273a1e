"""What the rules of contracts around authorizations ask: an authorization by its id, and when a national limit ends.

The Python side of ``known.vy``.
"""

from __future__ import annotations

from typing import Protocol

from contracts.authorizations.record import Authorization
from contracts.world import World
from ledger.errors import NotFound


class KnownWorld(World, Protocol):
    """Authorizations and Regulation as of one moment."""

    def authorization(self, id: bytes) -> Authorization:
        """Return an authorization, all zero for an unknown one."""
        ...

    def deadline(self, code: bytes, now: int) -> int:
        """Return the moment a national limit ends that begins now; raises as Regulation and Calendar do."""
        ...


def require_authorization(world: KnownWorld, id: bytes) -> Authorization:
    """Return an authorization that was granted once, whatever became of it.

    Raises:
        NotFound: it never was.
    """
    found = world.authorization(id)
    if not found.state:
        raise NotFound("authorization: unknown")
    return found
