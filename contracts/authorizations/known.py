"""What the rules of contracts around authorizations ask: an authorization by its id, and when a limit ends.

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

    def deadline(self, party: bytes, code: bytes, now: int) -> int:
        """Return the moment a limit ends that begins now where a party sits; raises as Regulation and Calendar do."""
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
