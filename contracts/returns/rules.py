"""The rules of Returns as values and functions: what ``returns.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. A claim has no answer: it makes the authorization of the
same id (``granted`` says which) and begins the limit of a supply. What nobody states to have gathered cannot be
claimed; that statement is the owner's, or an authority's. To a claim the head of the claimant's sharing body agrees.
Source: Regulation on Government Data Sharing, articles 20, 22 and 24 (rules R02, R13, R14).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import Final, Protocol, TypeAlias

from contracts.addresses import RETURNS
from contracts.authorizations.known import KnownWorld
from contracts.authorizations.record import NOTHING, Scope
from contracts.authorizations.rules import Grant
from contracts.catalogue.rules import Asset
from contracts.endorsements.rules import Endorsing, act, require_endorsed
from contracts.history import Change, Journal
from contracts.regions import rules as regions
from contracts.requests.record import Request
from contracts.requests.rules import SUPPLY, require_complete
from contracts.world import AgentRole, PartyRole
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

DATA_GATHERED: Final = "DataGathered(bytes32,uint256,bytes32,bytes32)"
RETURN_CLAIMED: Final = "ReturnClaimed(bytes32,uint256,bytes32,bytes32,bytes32,bytes32,uint256)"
LATE: Final = 3905
"""Article 39(5): data of a lower level's region not returned as prescribed."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. gathered: (asset, region); due: of each claim, when its supply is late."""

    gathered: frozenset[tuple[bytes, bytes]] = frozenset()
    due: Mapping[bytes, int] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)


class ReturnWorld(KnownWorld, Endorsing, Protocol):
    """What the rules ask besides: Endorsements, Catalogue, Grades, Regions and Requests."""

    @property
    def seats(self) -> regions.State:
        """The regions and who sits in them."""
        ...

    def asset(self, asset: bytes) -> Asset:
        """Return a catalogue record, all zero for an asset never mounted."""
        ...

    def request(self, id: bytes) -> Request:
        """Return a request, all zero for an unknown one."""
        ...

    def whole_obstacle(self, asset: bytes, recipient: bytes, operations: int) -> str:
        """Say why an asset with all its columns may not be granted to a recipient, or nothing."""
        ...


@dataclass(frozen=True, slots=True)
class Gather:
    """State that an asset holds data of a region below its owner's."""

    asset: bytes
    region: bytes


@dataclass(frozen=True, slots=True)
class Claim:
    """Have data of a region flow back."""

    id: bytes
    asset: bytes
    region: bytes
    scope: Scope


Call: TypeAlias = Gather | Claim
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: ReturnWorld) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    world.require_open(RETURNS)
    party = world.acting(caller, AgentRole.OFFICER, now)
    match call:
        case Gather():
            return _gather(state, call, party, now, world)
        case Claim():
            return _claim(state, call, caller, party, now, world)


def act_of(call: Claim, n: int) -> bytes:
    """Return what the head of the claimant's sharing body agrees to before the claim, the n-th change of its id."""
    return act(RETURNS, call.id, n, call.asset, call.region, *astuple(call.scope))


def granted(call: Claim, owner: bytes, party: bytes) -> Grant:
    """Return what the contract enters in Authorizations with a claim; that it refuses undoes the claim."""
    return Grant(call.id, call.asset, owner, party, call.scope)


def _gather(state: State, call: Gather, party: bytes, now: int, world: ReturnWorld) -> Result:
    owner = _owner(world, call.asset)
    if owner != party and not _is_over(world, party, owner, now):
        raise NotAuthorized("return: not the owner (R14)")
    if not _is_below(world, call.region, owner):
        raise InvalidRecord("return: region not below the owner's (R14)")
    if (call.asset, call.region) in state.gathered:
        raise Conflict("return: stated already")
    journal, change = state.journal.record(DATA_GATHERED, call.asset, party, call.region)
    return replace(state, gathered=state.gathered | {(call.asset, call.region)}, journal=journal), (change,)


def _claim(state: State, call: Claim, caller: bytes, party: bytes, now: int, world: ReturnWorld) -> Result:
    if not world.serving(party, PartyRole.REQUESTER, now):
        raise NotAuthorized("request: party requests no data")
    if call.id == NOTHING:
        raise InvalidRecord("return: id missing")
    if world.request(call.id).state:
        raise Conflict("return: id of a request")
    require_complete(call.scope, now)
    if (call.asset, call.region) not in state.gathered:
        raise NotFound("return: nothing gathered there (R14)")
    seat = world.seats.region_of(party)
    if not world.seats.is_within(call.region, seat):
        raise NotAuthorized("return: data of another region (R14)")
    owner = _owner(world, call.asset)
    if not _is_below(world, seat, owner):
        raise NotAuthorized("return: owner at no higher level (R14)")
    if text := world.whole_obstacle(call.asset, party, call.scope.operations):
        raise NotAuthorized(f"grades: {text}")
    require_endorsed(world, party, act_of(call, state.journal.count(call.id) + 1), caller, now)
    due = world.deadline(owner, SUPPLY, now)
    journal, change = state.journal.record(RETURN_CLAIMED, call.id, party, owner, call.asset, call.region, due)
    return replace(state, due={**state.due, call.id: due}, journal=journal), (change,)


def _owner(world: ReturnWorld, asset: bytes) -> bytes:
    found = world.asset(asset)
    if not found.state:
        raise NotFound("catalogue: unknown asset")
    return found.owner


def _is_below(world: ReturnWorld, region: bytes, owner: bytes) -> bool:
    seat = world.seats.region_of(owner)
    return region != seat and world.seats.is_within(region, seat)


def _is_over(world: ReturnWorld, party: bytes, owner: bytes, now: int) -> bool:
    """Say whether a party is an authority in whose region the owner sits."""
    seats = world.seats
    is_authority = world.serving(party, PartyRole.AUTHORITY, now)
    return is_authority and seats.is_within(seats.region_of(owner), seats.region_of(party))
