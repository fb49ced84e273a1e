"""The rules of Revisions as values and functions: what ``revisions.vy`` accepts, refuses and records.

Same order of checks and the same reason texts as the contract. The entry itself stands in Entries and is put in force
by the Catalogue; here is until when that has to happen, and who published it. When a law changed people say.
Source: Regulation on Government Data Sharing, article 17 (rule R06).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, Protocol, TypeAlias

from contracts.addresses import REVISIONS
from contracts.catalogue.rules import Asset
from contracts.history import Change, Journal
from contracts.regions.rules import Located
from contracts.regulation.client import limit_id
from contracts.world import AgentRole, PartyRole, World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

CHANGE_NOTICED: Final = "ChangeNoticed(bytes32,uint256,uint256,bytes32,bytes32,bytes32,uint256,uint256)"
UPDATE_EXTENDED: Final = "UpdateExtended(bytes32,uint256,uint256,bytes32,bytes32,uint256)"
UPDATE_HANDED_OVER: Final = "UpdateHandedOver(bytes32,uint256,uint256,bytes32,bytes32,bytes32,uint256,uint256)"
ENTRY_PUBLISHED: Final = "EntryPublished(bytes32,uint256,uint256,bytes32,bytes32,uint256)"
ENTRY_RETURNED: Final = "EntryReturned(bytes32,uint256,uint256,bytes32,bytes32,bytes32,uint256,uint256)"

NOTHING: Final = bytes(32)
UPDATE: Final = limit_id("catalogue-update")
EXTENSION: Final = limit_id("catalogue-extension")
REVIEW: Final = limit_id("catalogue-review")
LATE: Final = 3901
"""Article 39(1): the catalogue not updated as required."""
LATE_REVIEW: Final = 4103
"""Article 41(3): the authority did not do its part as prescribed."""


class RevisionState(IntEnum):
    """Where the revision of an asset's entry is."""

    NONE = 0
    OUTDATED = 1
    HANDED_OVER = 2
    PUBLISHED = 3


@dataclass(frozen=True, slots=True)
class Revision:
    """The revision of an asset's entry; all zero for one never noticed nor handed over.

    Attributes:
        document: the entry that is outdated, or that was handed over.
        due: whoever updates, or reviews, at it or later is late.
    """

    document: bytes = NOTHING
    authority: bytes = NOTHING
    changed: int = 0
    due: int = 0
    extended: bool = False
    state: RevisionState = RevisionState.NONE


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. published: the entry of each asset that the authority published last."""

    revisions: Mapping[bytes, Revision] = field(default_factory=dict)
    published: Mapping[bytes, bytes] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def revision(self, asset: bytes) -> Revision:
        return self.revisions.get(asset, Revision())


class RevisionWorld(World, Located, Protocol):
    """What the rules ask besides: Catalogue, Regions and Calendar."""

    def asset(self, asset: bytes) -> Asset:
        """Return a catalogue record, all zero for an asset never mounted."""
        ...

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        """Return when a limit ends; raises as the Calendar does."""
        ...


@dataclass(frozen=True, slots=True)
class Notice:
    """State that a change, at a moment, made the entry outdated."""

    asset: bytes
    cause: bytes
    changed: int


@dataclass(frozen=True, slots=True)
class Extend:
    """Give the owner more time, by the authority."""

    asset: bytes
    reason: bytes


@dataclass(frozen=True, slots=True)
class HandOver:
    """Hand the entry now in force to an authority."""

    asset: bytes
    authority: bytes


@dataclass(frozen=True, slots=True)
class Publish:
    """Publish what was handed over."""

    asset: bytes


@dataclass(frozen=True, slots=True)
class GiveBack:
    """Give it back with what review found."""

    asset: bytes
    reason: bytes


Call: TypeAlias = Notice | Extend | HandOver | Publish | GiveBack
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: RevisionWorld) -> Result:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    world.require_open(REVISIONS)
    party = world.acting(caller, AgentRole.OFFICER, now)
    match call:
        case Notice():
            return _notice(state, call, party, now, world)
        case Extend():
            return _extend(state, call, party, now, world)
        case HandOver():
            return _hand_over(state, call, party, now, world)
        case Publish():
            before = _reviewed(state, call.asset, party)
            after = replace(before, state=RevisionState.PUBLISHED)
            kept = replace(state, published={**state.published, call.asset: before.document})
            return _record(kept, ENTRY_PUBLISHED, call.asset, after, party, before.document, _late(before, now))
        case GiveBack():
            return _give_back(state, call, party, now, world)


def _notice(state: State, call: Notice, party: bytes, now: int, world: RevisionWorld) -> Result:
    entry = _entry(world, call.asset)
    if entry.owner != party and not world.serving(party, PartyRole.AUTHORITY, now):
        raise NotAuthorized("revision: not the owner (R06)")
    if call.cause == NOTHING:
        raise InvalidRecord("revision: cause missing (R06)")
    if state.revision(call.asset).state not in (RevisionState.NONE, RevisionState.PUBLISHED):
        raise Conflict("revision: state")
    due = _due(world, entry.owner, UPDATE, call.changed, now)
    after = Revision(entry.document, NOTHING, call.changed, due, state=RevisionState.OUTDATED)
    values = (entry.owner, call.cause, call.changed, due)
    return _record(state, CHANGE_NOTICED, call.asset, after, party, *values)


def _extend(state: State, call: Extend, party: bytes, now: int, world: RevisionWorld) -> Result:
    if not world.serving(party, PartyRole.AUTHORITY, now):
        raise NotAuthorized("revision: authority only (R06)")
    if call.reason == NOTHING:
        raise InvalidRecord("revision: reason missing (R06)")
    before = state.revision(call.asset)
    if before.state is not RevisionState.OUTDATED:
        raise Conflict("revision: state")
    if before.extended:
        raise Conflict("revision: extended once (R06)")
    if now >= before.due:
        raise Conflict("revision: overdue (R06)")
    owner = _entry(world, call.asset).owner
    first, more = world.limit_of(owner, UPDATE), world.limit_of(owner, EXTENSION)
    if first.unit != more.unit:
        raise Conflict("revision: another kind of limit")
    due = world.due(before.changed, first.amount + more.amount, first.unit, now)
    after = replace(before, due=due, extended=True)
    return _record(state, UPDATE_EXTENDED, call.asset, after, party, call.reason, due)


def _hand_over(state: State, call: HandOver, party: bytes, now: int, world: RevisionWorld) -> Result:
    entry = _entry(world, call.asset)
    if entry.owner != party:
        raise NotAuthorized("revision: not the owner (R06)")
    if not world.serving(call.authority, PartyRole.AUTHORITY, now):
        raise NotAuthorized("revision: no such authority (R06)")
    before = state.revision(call.asset)
    if before.state is RevisionState.HANDED_OVER:
        raise Conflict("revision: state")
    is_outdated = before.state is RevisionState.OUTDATED
    if entry.document == (before.document if is_outdated else state.published.get(call.asset, NOTHING)):
        raise Conflict("revision: entry not updated (R06)")
    breach = LATE if is_outdated and now >= before.due else 0
    due = _due(world, party, REVIEW, now, now)
    after = replace(before, document=entry.document, authority=call.authority, due=due, state=RevisionState.HANDED_OVER)
    values = (call.authority, entry.document, breach, due)
    return _record(state, UPDATE_HANDED_OVER, call.asset, after, party, *values)


def _give_back(state: State, call: GiveBack, party: bytes, now: int, world: RevisionWorld) -> Result:
    before = _reviewed(state, call.asset, party)
    if call.reason == NOTHING:
        raise InvalidRecord("revision: reason missing (R06)")
    owner = _entry(world, call.asset).owner
    due = _due(world, owner, UPDATE, now, now)
    after = Revision(before.document, NOTHING, now, due, state=RevisionState.OUTDATED)
    values = (owner, call.reason, _late(before, now), due)
    return _record(state, ENTRY_RETURNED, call.asset, after, party, *values)


def _reviewed(state: State, asset: bytes, party: bytes) -> Revision:
    found = state.revision(asset)
    if found.state is not RevisionState.HANDED_OVER:
        raise Conflict("revision: state")
    if found.authority != party:
        raise NotAuthorized("revision: before another authority (R06)")
    return found


def _late(before: Revision, now: int) -> int:
    return LATE_REVIEW if now >= before.due else 0


def _due(world: RevisionWorld, owner: bytes, code: bytes, start: int, now: int) -> int:
    limit = world.limit_of(owner, code)
    return world.due(start, limit.amount, limit.unit, now)


def _entry(world: RevisionWorld, asset: bytes) -> Asset:
    found = world.asset(asset)
    if not found.state:
        raise NotFound("catalogue: unknown asset")
    return found


def _record(state: State, signature: str, asset: bytes, after: Revision, party: bytes, *values: int | bytes) -> Result:
    journal, change = state.journal.record(signature, asset, int(after.state), party, *values)
    return replace(state, revisions={**state.revisions, asset: after}, journal=journal), (change,)
