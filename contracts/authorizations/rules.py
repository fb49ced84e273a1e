"""The rules of Authorizations as values and functions: what ``authorizations.vy`` accepts, refuses and records.

The contract decides; this is its oracle in tests, what a node's guard applies to a proven record, and the source of
messages. Same order of checks and the same reason texts as the contract. It does not see the terms, only their salted
digest: columns are checked by the node, which holds the terms.
Source: Regulation on Government Data Sharing, articles 20-21 (request, answer), 25 (purpose), 27 (suspend, end).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeAlias

from contracts.addresses import AUTHORIZATIONS
from contracts.authorizations.reasons import Ground, UnusableAuthorization
from contracts.authorizations.record import ALL_OPERATIONS, NOTHING, Authorization, AuthorizationState, Operations
from contracts.history import Change, Journal
from contracts.world import AgentRole, PartyRole, World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

__all__ = [
    "Authorization",
    "AuthorizationState",
    "Call",
    "CatalogueWorld",
    "Grant",
    "Operations",
    "Refuse",
    "Request",
    "Resume",
    "Revoke",
    "State",
    "Suspend",
    "Use",
    "apply",
    "check_use",
    "obstacle",
]

AUTHORIZATION_REQUESTED: Final = (
    "AuthorizationRequested(bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes32,uint256,bytes32,uint256,uint256,"
    "uint256)"
)
AUTHORIZATION_GRANTED: Final = "AuthorizationGranted(bytes32,uint256,uint256,bytes32)"
AUTHORIZATION_REFUSED: Final = "AuthorizationRefused(bytes32,uint256,uint256,bytes32,bytes32)"
AUTHORIZATION_SUSPENDED: Final = "AuthorizationSuspended(bytes32,uint256,uint256,bytes32,bytes32)"
AUTHORIZATION_RESUMED: Final = "AuthorizationResumed(bytes32,uint256,uint256,bytes32)"
AUTHORIZATION_REVOKED: Final = "AuthorizationRevoked(bytes32,uint256,uint256,bytes32,bytes32)"
AUTHORIZATION_USED: Final = "AuthorizationUsed(bytes32,uint256,uint256,bytes32,bytes32,uint256)"

@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    authorizations: Mapping[bytes, Authorization] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def authorization(self, id: bytes) -> Authorization:
        return self.authorizations.get(id, Authorization())


class CatalogueWorld(World, Protocol):
    """What the rules ask besides: the Catalogue, and who the Jobs contract is."""

    def offered(self, asset: bytes) -> bytes:
        """Return the owner of an asset that is mounted and may be shared, zero for any other."""
        ...

    def is_jobs(self, caller: bytes) -> bool:
        """Say whether the caller is the contract now registered as Jobs."""
        ...


@dataclass(frozen=True, slots=True)
class Request:
    """Ask the owner of an asset."""

    id: bytes
    asset: bytes
    owner: bytes
    purpose: bytes
    operations: int
    terms: bytes
    valid_from: int
    valid_until: int
    max_uses: int


@dataclass(frozen=True, slots=True)
class Grant:
    """Say yes to a request as it stands."""

    id: bytes


@dataclass(frozen=True, slots=True)
class Refuse:
    """Say no to a request, for good."""

    id: bytes
    reason: bytes


@dataclass(frozen=True, slots=True)
class Suspend:
    """Stop every use until resumed."""

    id: bytes
    reason: bytes


@dataclass(frozen=True, slots=True)
class Resume:
    """Lift a suspension."""

    id: bytes


@dataclass(frozen=True, slots=True)
class Revoke:
    """End an authorization, for good."""

    id: bytes
    reason: bytes


@dataclass(frozen=True, slots=True)
class Use:
    """Consume one use for a job."""

    id: bytes
    job: bytes
    purpose: bytes
    operations: int


Call: TypeAlias = Request | Grant | Refuse | Suspend | Resume | Revoke | Use

# Of each answer: the states it starts from, the state it leads to, and the event.
_MOVES: Final = {
    Grant: ((AuthorizationState.REQUESTED,), AuthorizationState.GRANTED, AUTHORIZATION_GRANTED),
    Refuse: ((AuthorizationState.REQUESTED,), AuthorizationState.REFUSED, AUTHORIZATION_REFUSED),
    Suspend: ((AuthorizationState.GRANTED,), AuthorizationState.SUSPENDED, AUTHORIZATION_SUSPENDED),
    Resume: ((AuthorizationState.SUSPENDED,), AuthorizationState.GRANTED, AUTHORIZATION_RESUMED),
    Revoke: (
        (AuthorizationState.GRANTED, AuthorizationState.SUSPENDED),
        AuthorizationState.REVOKED,
        AUTHORIZATION_REVOKED,
    ),
}


def apply(
    state: State, call: Call, caller: bytes, now: int, world: CatalogueWorld
) -> tuple[State, tuple[Change, ...]]:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if not isinstance(call, Refuse | Suspend | Revoke):  # a pause keeps nobody from stopping a use
        world.require_open(AUTHORIZATIONS)
    match call:
        case Request():
            return _request(state, call, caller, now, world)
        case Use():
            return _use(state, call, caller, now, world)
        case _:
            return _answer(state, call, world.acting(caller, AgentRole.OFFICER, now), now, world)


def check_use(
    record: Authorization, now: int, purpose: bytes, operations: int, *, counted: bool = True
) -> None:
    """Refuse a use that the authorization does not permit at this moment.

    Args:
        record: as proven; whether its asset is still offered is the Catalogue's to say.
        now: unix seconds; the authorization holds while valid_from <= now < valid_until.
        counted: False leaves the number of uses out, for a job that has consumed its use already.
    Raises:
        UnusableAuthorization: with the ground, the first in the order of ``Ground``.
    """
    if (ground := _obstacle(record, now, purpose, operations, counted)) is not None:
        raise UnusableAuthorization(ground)


def obstacle(
    record: Authorization, offered: bytes, now: int, purpose: bytes, operations: int, *, counted: bool = True
) -> Ground | None:
    """Say why a use is not permitted, or None; ``offered`` is what the Catalogue says of the asset."""
    ground = _obstacle(record, now, purpose, operations, counted)
    return Ground.ASSET if ground is None and offered != record.owner else ground


_STANDING: Final = {
    AuthorizationState.UNKNOWN: Ground.UNKNOWN,
    AuthorizationState.REQUESTED: Ground.NOT_GRANTED,
    AuthorizationState.REFUSED: Ground.REFUSED,
    AuthorizationState.SUSPENDED: Ground.SUSPENDED,
    AuthorizationState.REVOKED: Ground.REVOKED,
}


def _obstacle(record: Authorization, now: int, purpose: bytes, operations: int, counted: bool) -> Ground | None:
    grounds = (
        (now < record.valid_from, Ground.NOT_YET_VALID),
        (now >= record.valid_until, Ground.EXPIRED),
        (counted and record.uses >= record.max_uses, Ground.EXHAUSTED),
        (purpose != record.purpose, Ground.PURPOSE),
        (operations == 0 or operations & record.operations != operations, Ground.OPERATION),
    )
    return _STANDING.get(record.state) or next((ground for holds, ground in grounds if holds), None)


def _request(
    state: State, call: Request, caller: bytes, now: int, world: CatalogueWorld
) -> tuple[State, tuple[Change, ...]]:
    party = world.acting(caller, AgentRole.OFFICER, now)
    if not world.serving(party, PartyRole.REQUESTER, now):
        raise NotAuthorized("authorization: party requests no data")
    if call.id == NOTHING:
        raise InvalidRecord("authorization: id missing")
    if state.authorization(call.id).state:
        raise Conflict("authorization: exists")
    _check_request(call)
    _require_offered(world, call.asset, call.owner)
    if now >= call.valid_until:
        raise UnusableAuthorization(Ground.EXPIRED)
    record = Authorization(
        call.asset, call.owner, party, call.purpose, call.operations, call.terms, call.valid_from,
        call.valid_until, call.max_uses, 0, AuthorizationState.REQUESTED,
    )  # fmt: skip
    values = (
        call.asset, call.owner, call.purpose, call.operations, call.terms, call.valid_from, call.valid_until,
        call.max_uses,
    )  # fmt: skip
    return _record(state, AUTHORIZATION_REQUESTED, call.id, record, party, *values)


def _check_request(call: Request) -> None:
    checks = (
        (call.purpose == NOTHING, "authorization: purpose missing"),
        (not 0 < call.operations <= ALL_OPERATIONS, "authorization: operations"),
        (call.terms == NOTHING, "authorization: terms missing"),
        (call.valid_from >= call.valid_until, "authorization: period"),
        (call.max_uses == 0, "authorization: uses missing"),
    )
    for fails, reason in checks:
        if fails:
            raise InvalidRecord(reason)


def _require_offered(world: CatalogueWorld, asset: bytes, owner: bytes) -> None:
    offered = world.offered(asset)
    if offered == NOTHING:
        raise UnusableAuthorization(Ground.ASSET)
    if offered != owner:
        raise NotAuthorized("authorization: not the owner")


def _answer(
    state: State, call: Grant | Refuse | Suspend | Resume | Revoke, party: bytes, now: int, world: CatalogueWorld
) -> tuple[State, tuple[Change, ...]]:
    record = state.authorization(call.id)
    if not record.state:
        raise NotFound("authorization: unknown")
    if record.owner != party:
        raise NotAuthorized("authorization: not the owner")
    before, after, signature = _MOVES[type(call)]
    if record.state not in before:
        raise Conflict("authorization: state")
    reason: tuple[bytes, ...] = ()
    if isinstance(call, Grant):
        _require_offered(world, record.asset, party)
        if now >= record.valid_until:
            raise UnusableAuthorization(Ground.EXPIRED)
    elif not isinstance(call, Resume):
        reason = (call.reason,)
    if NOTHING in reason:
        raise InvalidRecord("authorization: reason missing")
    return _record(state, signature, call.id, replace(record, state=after), party, *reason)


def _use(
    state: State, call: Use, caller: bytes, now: int, world: CatalogueWorld
) -> tuple[State, tuple[Change, ...]]:
    if not world.is_jobs(caller):
        raise NotAuthorized("authorization: only a job uses")
    record = state.authorization(call.id)
    ground = obstacle(record, world.offered(record.asset), now, call.purpose, call.operations)
    if ground is not None:
        raise UnusableAuthorization(ground)
    after = replace(record, uses=record.uses + 1)
    return _record(state, AUTHORIZATION_USED, call.id, after, record.grantee, call.job, after.uses)


def _record(
    state: State, signature: str, id: bytes, after: Authorization, party: bytes, *values: int | bytes
) -> tuple[State, tuple[Change, ...]]:
    journal, change = state.journal.record(signature, id, int(after.state), party, *values)
    return State({**state.authorizations, id: after}, journal), (change,)
