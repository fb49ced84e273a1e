"""The rules of Supplies as values and functions: what ``supplies.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. Nothing but digests: whether what was delivered is what
was asked for, the requester says by signing, or by an objection.
Source: Regulation on Government Data Sharing, articles 22, 24, 25 and 34 (rules R13 to R15, R24).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, Protocol, TypeAlias

from contracts.addresses import SUPPLIES
from contracts.authorizations.known import KnownWorld, require_authorization
from contracts.authorizations.record import NOTHING, Authorization, AuthorizationState, Operations
from contracts.history import Change, Journal
from contracts.requests.rules import LATE
from contracts.returns.rules import LATE as LATE_RETURN
from contracts.world import AgentRole
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

SUPPLIED: Final = "Supplied(bytes32,uint256,bytes32,bytes32,uint256,uint256,bytes32,bytes32,uint256)"
SUPPLY_SIGNED: Final = "SupplySigned(bytes32,uint256,bytes32,uint256)"


class Method(IntEnum):
    """How data reach the requester: not at all where they are computed on, or the three ways of article 22."""

    COMPUTE = 1
    API = 2
    BATCH = 3
    FILE = 4


@dataclass(frozen=True, slots=True)
class Delivery:
    """One delivery; all zero for a number never given. signed: when the grantee took it over, 0 until then."""

    supplier: bytes = NOTHING
    method: int = 0
    content: bytes = NOTHING
    delivered: int = 0
    signed: int = 0


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. owned: how many of the deliveries were the owner's own."""

    deliveries: Mapping[tuple[bytes, int], Delivery] = field(default_factory=dict)
    numbers: Mapping[bytes, int] = field(default_factory=dict)
    owned: Mapping[bytes, int] = field(default_factory=dict)
    signed: Mapping[bytes, int] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)


class SupplyWorld(KnownWorld, Protocol):
    """What the rules ask besides: Requests and Returns."""

    def supply_due(self, id: bytes) -> int:
        """Return until when an answered request is supplied in time."""
        ...

    def return_due(self, id: bytes) -> int:
        """Return until when a claimed return is supplied in time; 0 if the authorization is none."""
        ...


@dataclass(frozen=True, slots=True)
class Deliver:
    """State that data were supplied; source: the authorization under which the supplier has them, zero for owners."""

    authorization: bytes
    method: int
    content: bytes
    source: bytes = NOTHING


@dataclass(frozen=True, slots=True)
class Sign:
    """Sign for a delivery."""

    authorization: bytes
    number: int


Call: TypeAlias = Deliver | Sign
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: SupplyWorld) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if isinstance(call, Deliver):
        world.require_open(SUPPLIES)
    party = world.acting(caller, AgentRole.OFFICER, now)
    record = require_authorization(world, call.authorization)
    match call:
        case Deliver():
            return _deliver(state, call, record, party, now, world)
        case Sign():
            return _sign(state, call, record, party, now)


def _deliver(state: State, call: Deliver, record: Authorization, party: bytes, now: int, world: SupplyWorld) -> Result:
    if call.method not in tuple(Method):
        raise InvalidRecord("supply: unknown method (R13)")
    if call.content == NOTHING:
        raise InvalidRecord("supply: content missing (R13)")
    _require_handing_over(record, call.method)
    if record.state is not AuthorizationState.GRANTED:
        raise Conflict("supply: not in force (R19)")
    if now >= record.valid_until:
        raise Conflict("supply: expired (R18)")
    if call.source != NOTHING:
        _check_onward(state, call, record, party, now, world)
    elif record.owner != party:
        raise NotAuthorized("supply: not the owner (R15)")
    id, number = call.authorization, state.numbers.get(call.authorization, 0) + 1
    owned = state.owned.get(id, 0) + (call.source == NOTHING)
    is_first = owned == 1 and call.source == NOTHING
    breach = _breach(world, id, now) if is_first else 0
    after = replace(
        state,
        deliveries={**state.deliveries, (id, number): Delivery(party, call.method, call.content, now)},
        numbers={**state.numbers, id: number},
        owned={**state.owned, id: owned},
    )
    values = (record.grantee, number, call.method, call.content, call.source, breach)
    return _record(after, SUPPLIED, id, party, *values)


def _breach(world: SupplyWorld, id: bytes, now: int) -> int:
    """Return the breach that the owner's first delivery now is; a return has its own item."""
    owed = world.return_due(id)
    if owed:
        return LATE_RETURN if now >= owed else 0
    return LATE if now >= world.supply_due(id) else 0


def _check_onward(
    state: State, call: Deliver, record: Authorization, party: bytes, now: int, world: SupplyWorld
) -> None:
    own = require_authorization(world, call.source)
    if own.grantee != party or not state.signed.get(call.source, 0):
        raise NotAuthorized("supply: nothing received (R24)")
    if (own.asset, own.owner) != (record.asset, record.owner):
        raise NotAuthorized("supply: no grant of the provider (R15)")
    if own.state is not AuthorizationState.GRANTED:
        raise Conflict("supply: not in force (R19)")
    if now >= own.valid_until:
        raise Conflict("supply: expired (R18)")
    _require_handing_over(own, call.method)


def _require_handing_over(record: Authorization, method: int) -> None:
    """Refuse to hand rows over under an authorization that permits computing only."""
    if method != Method.COMPUTE and not record.operations & Operations.EXPORT:
        raise NotAuthorized("supply: computing only, no rows (R15)")


def _sign(state: State, call: Sign, record: Authorization, party: bytes, now: int) -> Result:
    id, key = call.authorization, (call.authorization, call.number)
    if record.grantee != party:
        raise NotAuthorized("supply: not the grantee (R24)")
    delivery = state.deliveries.get(key, Delivery())
    if not delivery.delivered:
        raise NotFound("supply: unknown delivery")
    if delivery.signed:
        raise Conflict("supply: signed already")
    after = replace(
        state,
        deliveries={**state.deliveries, key: replace(delivery, signed=now)},
        signed={**state.signed, id: state.signed.get(id, 0) + 1},
    )
    return _record(after, SUPPLY_SIGNED, id, party, call.number)


def _record(state: State, signature: str, id: bytes, party: bytes, *values: int | bytes) -> Result:
    journal, change = state.journal.record(signature, id, party, *values)
    return replace(state, journal=journal), (change,)
