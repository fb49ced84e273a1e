"""The rules of Authorizations as values and functions: what ``authorizations.vy`` accepts, refuses and records.

The contract decides; this is its oracle in tests, what a node's guard applies to a proven record, and the source of
messages. Same order of checks and the same reason texts as the contract. It does not see the terms, only their salted
digest: columns are checked by the node, which holds the terms.
Source: Regulation on Government Data Sharing, articles 25 (purpose) and 27 (suspend, end, dispose).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import Final, Protocol, TypeAlias

from contracts.addresses import AUTHORIZATIONS
from contracts.authorizations.reasons import Ground, UnusableAuthorization
from contracts.authorizations.record import NOTHING, Authorization, AuthorizationState, Operations, Scope
from contracts.history import Change, Journal
from contracts.world import AgentRole, PartyRole, World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

__all__ = [
    "Authorization",
    "AuthorizationState",
    "Call",
    "CatalogueWorld",
    "Dispose",
    "Grant",
    "Operations",
    "Resume",
    "Revoke",
    "Scope",
    "State",
    "Suspend",
    "Use",
    "apply",
    "check_use",
    "obstacle",
]

AUTHORIZATION_GRANTED: Final = (
    "AuthorizationGranted(bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes32,uint256,bytes32,uint256,uint256,"
    "uint256)"
)
AUTHORIZATION_SUSPENDED: Final = "AuthorizationSuspended(bytes32,uint256,uint256,bytes32,bytes32,uint256)"
AUTHORIZATION_RESUMED: Final = "AuthorizationResumed(bytes32,uint256,uint256,bytes32)"
AUTHORIZATION_REVOKED: Final = "AuthorizationRevoked(bytes32,uint256,uint256,bytes32,bytes32)"
AUTHORIZATION_DISPOSED: Final = "AuthorizationDisposed(bytes32,uint256,uint256,bytes32,bytes32)"
AUTHORIZATION_USED: Final = "AuthorizationUsed(bytes32,uint256,uint256,bytes32,bytes32,uint256)"

REQUESTER_BREACHES: Final = range(4001, 4008)
"""Items of article 40: 4002 is 40(2)."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    authorizations: Mapping[bytes, Authorization] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def authorization(self, id: bytes) -> Authorization:
        return self.authorizations.get(id, Authorization())


class CatalogueWorld(World, Protocol):
    """What the rules ask besides: Catalogue, Terminations, and who Jobs and Requests are."""

    def offered(self, asset: bytes) -> bytes:
        """Return the owner of an asset that is mounted and may be shared, zero for any other."""
        ...

    def is_jobs(self, caller: bytes) -> bool:
        """Say whether the caller is the contract now registered as Jobs."""
        ...

    def is_end_filed(self, id: bytes) -> bool:
        """Say whether Terminations holds that the owner may end this service."""
        ...

    def may_grant(self, caller: bytes) -> bool:
        """Say whether the caller is the contract now registered as Requests, or as Returns."""
        ...


@dataclass(frozen=True, slots=True)
class Grant:
    """Enter what an owner consented to, or owes a region below."""

    id: bytes
    asset: bytes
    owner: bytes
    grantee: bytes
    scope: Scope


@dataclass(frozen=True, slots=True)
class Suspend:
    """Stop every use until resumed; breach: the item of article 40 that was found, 0 for a doubt."""

    id: bytes
    reason: bytes
    breach: int = 0


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
class Dispose:
    """State that what was supplied is disposed of, for good."""

    id: bytes
    certificate: bytes


@dataclass(frozen=True, slots=True)
class Use:
    """Consume one use for a job."""

    id: bytes
    job: bytes
    purpose: bytes
    operations: int


Call: TypeAlias = Grant | Suspend | Resume | Revoke | Dispose | Use
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: CatalogueWorld) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if isinstance(call, Grant | Resume | Use):  # a pause keeps nobody from stopping a use
        world.require_open(AUTHORIZATIONS)
    match call:
        case Grant():
            return _grant(state, call, caller, world)
        case Use():
            return _use(state, call, caller, now, world)
    party = world.acting(caller, AgentRole.OFFICER, now)
    record = state.authorization(call.id)
    if not record.state:
        raise NotFound("authorization: unknown")
    match call:
        case Suspend():
            return _suspend(state, call, record, party, world.serving(party, PartyRole.AUTHORITY, now))
        case Resume():
            return _resume(state, call, record, party)
        case Revoke():
            return _revoke(state, call, record, party, now, world)
        case Dispose():
            return _dispose(state, call, record, party)


def check_use(record: Authorization, now: int, purpose: bytes, operations: int, *, counted: bool = True) -> None:
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
    AuthorizationState.SUSPENDED: Ground.SUSPENDED,
    AuthorizationState.REVOKED: Ground.REVOKED,
    AuthorizationState.DISPOSED: Ground.DISPOSED,
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


def _grant(state: State, call: Grant, caller: bytes, world: CatalogueWorld) -> Result:
    if not world.may_grant(caller):
        raise NotAuthorized("authorization: only a request is granted (R08)")
    if state.authorization(call.id).state:
        raise Conflict("authorization: exists")
    if world.offered(call.asset) != call.owner:
        raise UnusableAuthorization(Ground.ASSET)
    scope = call.scope
    record = Authorization(
        call.asset, call.owner, call.grantee, scope.purpose, scope.operations, scope.terms, scope.valid_from,
        scope.valid_until, scope.max_uses, 0, AuthorizationState.GRANTED,
    )  # fmt: skip
    values = (call.grantee, call.asset, *astuple(scope))
    return _record(state, AUTHORIZATION_GRANTED, call.id, record, call.owner, *values)


def _suspend(state: State, call: Suspend, record: Authorization, party: bytes, is_authority: bool) -> Result:
    if record.owner != party and not is_authority:
        raise NotAuthorized("authorization: not the owner")
    _require_state(record, AuthorizationState.GRANTED)
    _require_reason(call.reason)
    if call.breach and call.breach not in REQUESTER_BREACHES:
        raise InvalidRecord("authorization: unknown breach (R27)")
    after = replace(record, state=AuthorizationState.SUSPENDED, suspended_by=party)
    return _record(state, AUTHORIZATION_SUSPENDED, call.id, after, party, call.reason, call.breach)


def _resume(state: State, call: Resume, record: Authorization, party: bytes) -> Result:
    _require_state(record, AuthorizationState.SUSPENDED)
    if record.suspended_by != party:
        raise NotAuthorized("authorization: suspended by another party (R19)")
    after = replace(record, state=AuthorizationState.GRANTED, suspended_by=NOTHING)
    return _record(state, AUTHORIZATION_RESUMED, call.id, after, party)


def _revoke(state: State, call: Revoke, record: Authorization, party: bytes, now: int, world: CatalogueWorld) -> Result:
    is_ordered = record.state is AuthorizationState.SUSPENDED and record.suspended_by == party
    if record.owner != party and not (is_ordered and world.serving(party, PartyRole.AUTHORITY, now)):
        raise NotAuthorized("authorization: not the owner")
    _require_state(record, AuthorizationState.GRANTED, AuthorizationState.SUSPENDED)
    _require_reason(call.reason)
    if record.owner == party and not world.is_end_filed(call.id):
        raise Conflict("authorization: end not consulted on and filed (R20)")
    after = replace(record, state=AuthorizationState.REVOKED)
    return _record(state, AUTHORIZATION_REVOKED, call.id, after, party, call.reason)


def _dispose(state: State, call: Dispose, record: Authorization, party: bytes) -> Result:
    if record.grantee != party:
        raise NotAuthorized("authorization: not the grantee (R18)")
    if record.state is AuthorizationState.DISPOSED:
        raise Conflict("authorization: disposed (R18)")
    if call.certificate == NOTHING:
        raise InvalidRecord("authorization: certificate missing (R18)")
    after = replace(record, state=AuthorizationState.DISPOSED)
    return _record(state, AUTHORIZATION_DISPOSED, call.id, after, party, call.certificate)


def _require_state(record: Authorization, *allowed: AuthorizationState) -> None:
    if record.state not in allowed:
        raise Conflict("authorization: state")


def _require_reason(reason: bytes) -> None:
    if reason == NOTHING:
        raise InvalidRecord("authorization: reason missing (R20)")


def _use(state: State, call: Use, caller: bytes, now: int, world: CatalogueWorld) -> Result:
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
) -> Result:
    journal, change = state.journal.record(signature, id, int(after.state), party, *values)
    return State({**state.authorizations, id: after}, journal), (change,)
