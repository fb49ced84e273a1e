"""The rules of Listings as values and functions: what ``listings.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. Whether a ground is true and a provision fits, the
contract cannot see; who says so, when, and that the subject was heard, it can.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, field, replace
from typing import Final, Protocol, TypeAlias

from contracts.addresses import LISTINGS
from contracts.calendar.rules import Unit
from contracts.history import Change, Journal
from contracts.listings.terms import (
    DAY,
    NOBODY,
    NOTHING,
    Listed,
    Listing,
    ListingState,
    Plea,
    require_pleadable,
    require_terms,
)
from contracts.world import AgentRole, World
from ledger.abi import AbiValue, encode
from ledger.crypto.signing import recover
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound, VerificationError
from ledger.hashing import keccak256

LIST_SET: Final = "ListSet(bytes32,uint256,bytes32,uint256,bytes32,uint256,uint256,uint256,uint256)"
LISTING_ANNOUNCED: Final = (
    "ListingAnnounced(bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes32,address,uint256,uint256)"
)
LISTING_PUBLISHED: Final = "ListingPublished(bytes32,uint256,uint256,bytes32,uint256)"
LISTING_PLEADED: Final = "ListingPleaded(bytes32,uint256,bytes32,bytes32,uint256,bytes32,uint256)"
LISTING_ANSWERED: Final = "ListingAnswered(bytes32,uint256,uint256,bytes32,uint256,bool,bytes32,bool)"
LISTING_WITHDRAWN: Final = "ListingWithdrawn(bytes32,uint256,uint256,bytes32,bytes32)"
PLEA: Final = keccak256(b"shuxin listing plea v1")


class ListingWorld(World, Protocol):
    """The other contracts, the Calendar among them."""

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        """Return the moment a number of days ends; raises as the Calendar does."""
        ...


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    lists: Mapping[bytes, Listed] = field(default_factory=dict)
    listings: Mapping[bytes, Listing] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def listed(self, list: bytes) -> Listed:
        return self.lists.get(list, Listed())

    def listing(self, id: bytes) -> Listing:
        return self.listings.get(id, Listing())


@dataclass(frozen=True, slots=True)
class SetList:
    """Say who keeps a list, under which provision and with which terms."""

    list: bytes
    terms: Listed


@dataclass(frozen=True, slots=True)
class Announce:
    """Tell a subject that it is to be listed, and why."""

    id: bytes
    list: bytes
    subject: bytes
    ground: bytes
    voice: bytes
    days: int


@dataclass(frozen=True, slots=True)
class Publish:
    """Put a listing in force whose subject was heard."""

    id: bytes


@dataclass(frozen=True, slots=True)
class Plead:
    """Pass on what the subject pleads, signed with the key of its notice; signature: r, s, v as ``signing`` has it."""

    id: bytes
    plea: int
    claim: bytes
    signature: bytes

    def __post_init__(self) -> None:
        if len(self.signature) != 65:
            raise InvalidRecord(f"plea: expected a signature of 65 bytes, got {len(self.signature)}")


@dataclass(frozen=True, slots=True)
class Answer:
    """Answer the plea that waits; one that is granted ends the listing."""

    id: bytes
    is_granted: bool
    reply: bytes


@dataclass(frozen=True, slots=True)
class Withdraw:
    """End a listing that should not be."""

    id: bytes
    reason: bytes


Call: TypeAlias = SetList | Announce | Publish | Plead | Answer | Withdraw
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def signed_plea(id: bytes, n: int, plea: int, claim: bytes) -> bytes:
    """Return the digest that a subject signs for its plea, which is to be change n of the listing."""
    return keccak256(encode(["bytes32", "bytes32", "uint256", "uint256", "bytes32"], [PLEA, id, n, plea, claim]))


def apply(state: State, call: Call, caller: bytes, now: int, world: ListingWorld) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if isinstance(call, SetList):
        return _set_list(state, call, caller, world)
    if isinstance(call, Announce | Publish):
        world.require_open(LISTINGS)
    party = world.acting(caller, AgentRole.OFFICER, now)
    match call:
        case Announce():
            return _announce(state, call, party, now, world)
        case Publish():
            return _publish(state, call, party, now)
        case Plead():
            return _plead(state, call, party, now, world)
        case Answer():
            return _answer(state, call, party, now)
        case Withdraw():
            return _withdraw(state, call, party)


def _set_list(state: State, call: SetList, caller: bytes, world: World) -> Result:
    if not world.is_governance(caller):
        raise NotAuthorized("listing: governance only")
    world.require_open(LISTINGS)
    require_terms(call.list, call.terms)
    journal, change = state.journal.record(LIST_SET, call.list, *astuple(call.terms))
    return replace(state, lists={**state.lists, call.list: call.terms}, journal=journal), (change,)


def _announce(state: State, call: Announce, party: bytes, now: int, world: ListingWorld) -> Result:
    terms = state.listed(call.list)
    if terms.keeper == NOTHING:
        raise NotFound("listing: unknown list")
    if terms.keeper != party:
        raise NotAuthorized("listing: not competent")
    _require_complete(call)
    if not 0 < call.days <= terms.term:
        raise InvalidRecord("listing: term")
    if state.listing(call.id).state or state.listed(call.id).keeper != NOTHING:
        raise Conflict("listing: exists")
    hearing = world.due(now, terms.hearing, Unit.WORKING, now)
    after = Listing(call.list, call.subject, call.voice, ListingState.ANNOUNCED, call.days, hearing)
    values = (call.list, call.subject, call.ground, call.voice, call.days, hearing)
    return _record(state, LISTING_ANNOUNCED, call.id, after, int(after.state), party, *values)


def _require_complete(call: Announce) -> None:
    if NOTHING in (call.id, call.subject):
        raise InvalidRecord("listing: subject missing")
    if call.ground == NOTHING:
        raise InvalidRecord("listing: ground missing")
    if call.voice == NOBODY:
        raise InvalidRecord("listing: voice missing")


def _publish(state: State, call: Publish, party: bytes, now: int) -> Result:
    before = _kept(state, call.id, party)
    if before.state is not ListingState.ANNOUNCED:
        raise Conflict("listing: state")
    if now < before.hearing:
        raise Conflict("listing: time to object not over")
    if before.plea:
        raise Conflict("listing: objection not answered")
    end = now + before.days * DAY
    after = replace(before, state=ListingState.PUBLISHED, published=now, valid_until=end)
    return _record(state, LISTING_PUBLISHED, call.id, after, int(after.state), party, end)


def _plead(state: State, call: Plead, party: bytes, now: int, world: ListingWorld) -> Result:
    before = state.listing(call.id)
    terms = state.listed(before.list)
    require_pleadable(before, terms, call.plea, now)
    if terms.keeper == party:
        raise NotAuthorized("listing: keeper speaks for no subject")
    if call.claim == NOTHING:
        raise InvalidRecord("listing: claim missing")
    signed = signed_plea(call.id, state.journal.count(call.id) + 1, call.plea, call.claim)
    if _signer(signed, call.signature) != before.voice:
        raise NotAuthorized("listing: not signed by its subject")
    due = world.due(now, terms.answer, Unit.WORKING, now)
    after = replace(before, plea=Plea(call.plea), due=due)
    return _record(state, LISTING_PLEADED, call.id, after, terms.keeper, party, call.plea, call.claim, due)


def _signer(digest: bytes, signature: bytes) -> bytes:
    """Return who signed, nobody if the signature is none."""
    try:
        return recover(digest, signature)
    except (InvalidRecord, VerificationError):
        return NOBODY


def _answer(state: State, call: Answer, party: bytes, now: int) -> Result:
    before = _kept(state, call.id, party)
    if not before.plea:
        raise Conflict("listing: nothing to answer")
    if call.reply == NOTHING:
        raise InvalidRecord("listing: answer missing")
    reached = before.state
    if call.is_granted:
        reached = ListingState.REPAIRED if before.plea is Plea.REPAIR else ListingState.WITHDRAWN
    after = replace(before, state=reached, plea=Plea.NONE, due=0, heard=True)
    values = (int(reached), party, int(before.plea), call.is_granted, call.reply, now >= before.due)
    return _record(state, LISTING_ANSWERED, call.id, after, *values)


def _withdraw(state: State, call: Withdraw, party: bytes) -> Result:
    before = _kept(state, call.id, party)
    if before.state not in (ListingState.ANNOUNCED, ListingState.PUBLISHED):
        raise Conflict("listing: state")
    if call.reason == NOTHING:
        raise InvalidRecord("listing: reason missing")
    after = replace(before, state=ListingState.WITHDRAWN, plea=Plea.NONE, due=0)
    return _record(state, LISTING_WITHDRAWN, call.id, after, int(after.state), party, call.reason)


def _kept(state: State, id: bytes, party: bytes) -> Listing:
    found = state.listing(id)
    if not found.state:
        raise NotFound("listing: unknown")
    if state.listed(found.list).keeper != party:
        raise NotAuthorized("listing: not competent")
    return found


def _record(state: State, signature: str, id: bytes, after: Listing, *values: AbiValue) -> Result:
    journal, change = state.journal.record(signature, id, *values)
    return replace(state, listings={**state.listings, id: after}, journal=journal), (change,)
