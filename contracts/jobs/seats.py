"""Who takes part in a job and under which authorizations, as rules: what ``seats.vy`` refuses, with the same reasons.

It does NOT know states or steps (``rules`` does).
"""

from __future__ import annotations

from typing import Protocol

from contracts.authorizations.reasons import Ground
from contracts.authorizations.record import Authorization
from contracts.jobs.calls import (
    Propose,
)
from contracts.jobs.record import NOTHING, Job, Roster
from contracts.world import World
from ledger.errors import InvalidRecord, NotAuthorized, NotFound


class AuthorizationWorld(World, Protocol):
    """What the rules ask besides: Authorizations."""

    def authorization(self, id: bytes) -> Authorization:
        """Return a record, all zero for an unknown one."""
        ...

    def obstacle(self, id: bytes, purpose: bytes, operations: int, counted: bool, now: int) -> Ground | None:
        """Say why a use is not permitted now, or None."""
        ...


def require_seated(call: Propose, world: AuthorizationWorld) -> None:
    """Refuse a roster out of order, or with an authorization that is not the party's own for the recipient."""
    last = NOTHING
    for party, id in zip(call.roster.parties, call.roster.authorizations, strict=True):
        if party <= last:
            raise InvalidRecord("job: parties not in order")
        last = party
        if id == NOTHING:
            continue
        if not world.authorization(id).state:
            raise NotFound("job: authorization unknown")
        if world.authorization(id).owner != party:
            raise NotAuthorized("job: authorization of another owner")
        if world.authorization(id).grantee != call.recipient:
            raise NotAuthorized("job: authorization of another grantee")


def require_complete(entry: Job, roster: Roster, members: int) -> None:
    """Refuse a set of parties that cannot carry out the job."""
    if members >> len(roster.parties):
        raise InvalidRecord("job: parties not on the roster")
    if not members & roster.bit(entry.requester):
        raise InvalidRecord("job: requester takes no part")
    if not 0 < entry.contributors <= (members & entry.suppliers).bit_count():
        raise InvalidRecord("job: contributors")


def require_usable(entry: Job, authorizations: tuple[bytes, ...], now: int, world: AuthorizationWorld) -> None:
    """Refuse authorizations that do not permit this use now."""
    for id in authorizations:
        ground = world.obstacle(id, entry.purpose, entry.operations, not entry.frozen, now)
        if ground is not None:
            raise NotAuthorized(f"job: authorization {ground.value}")
