"""The rules of the Catalogue as values and functions: what ``catalogue.vy`` accepts, refuses and records.

The contract decides; this is its oracle in tests and the source of messages. Same order of checks and the same reason
texts as the contract. What the catalogue says of a data set stands in Entries, by its digest; rows stay at home.
Source: Regulation on Government Data Sharing, articles 13 and 17 (catalogue), 19 (one source), 27 (disposal).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum
from typing import Final, Protocol, TypeAlias

from contracts.addresses import CATALOGUE
from contracts.entries.record import Entry
from contracts.history import Change, Journal
from contracts.world import AgentRole, PartyRole, World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

ASSET_MOUNTED: Final = "AssetMounted(bytes32,uint256,uint256,bytes32,bytes32,uint256,uint256,bytes32)"
ASSET_AMENDED: Final = "AssetAmended(bytes32,uint256,uint256,bytes32,uint256,uint256,bytes32)"
ASSET_PUBLISHED: Final = "AssetPublished(bytes32,uint256,uint256,bytes32,uint256,uint256,bytes32)"
ASSET_UNMOUNTED: Final = "AssetUnmounted(bytes32,uint256,uint256,bytes32)"
ASSET_DESTROYED: Final = "AssetDestroyed(bytes32,uint256,uint256,bytes32,bytes32)"

NOTHING: Final = bytes(32)
# Row counts are 64-bit in every table format the nodes read.
MAX_ROWS: Final = (1 << 63) - 1


class AssetState(IntEnum):
    """Where an asset is in its life."""

    UNKNOWN = 0
    MOUNTED = 1
    UNMOUNTED = 2
    DESTROYED = 3


class Category(IntEnum):
    """Sharing categories of article 14."""

    UNCONDITIONAL = 1
    CONDITIONAL = 2
    NOT_SHARED = 3


class Grade(IntEnum):
    """Grades of GB/T 43697."""

    GENERAL = 1
    IMPORTANT = 2
    CORE = 3


@dataclass(frozen=True, slots=True)
class Asset:
    """One catalogue entry with its newest version; all zero for an asset never mounted."""

    owner: bytes = NOTHING
    item: bytes = NOTHING
    category: int = 0
    grade: int = 0
    document: bytes = NOTHING
    versions: int = 0
    rows: int = 0
    commitment: bytes = NOTHING
    state: AssetState = AssetState.UNKNOWN

    @property
    def offered(self) -> bytes:
        """The owner if the asset is mounted and may be shared, else zero."""
        shared = self.state is AssetState.MOUNTED and self.category != Category.NOT_SHARED
        return self.owner if shared else NOTHING


@dataclass(frozen=True, slots=True)
class Version:
    """One committed version: row count and root over the salted row digests."""

    rows: int = 0
    commitment: bytes = NOTHING


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    assets: Mapping[bytes, Asset] = field(default_factory=dict)
    versions: Mapping[tuple[bytes, int], Version] = field(default_factory=dict)
    sources: Mapping[bytes, bytes] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def asset(self, asset: bytes) -> Asset:
        return self.assets.get(asset, Asset())

    def supplier(self, item: bytes) -> bytes:
        """Return the asset that supplies an item by sharing, zero if there is none."""
        found = self.sources.get(item, NOTHING)
        return NOTHING if self.asset(found).category == Category.NOT_SHARED else found


class EnteredWorld(World, Protocol):
    """What the rules ask besides: Entries."""

    def filed(self, document: bytes) -> Entry:
        """Return an entry by its digest, all zero for one never filed."""
        ...


@dataclass(frozen=True, slots=True)
class Mount:
    """Enter a data set, or an unmounted one again."""

    asset: bytes
    item: bytes
    document: bytes


@dataclass(frozen=True, slots=True)
class Amend:
    """Put another entry in force for a mounted data set."""

    asset: bytes
    document: bytes


@dataclass(frozen=True, slots=True)
class Publish:
    """Commit the next version of a mounted data set."""

    asset: bytes
    rows: int
    commitment: bytes


@dataclass(frozen=True, slots=True)
class Unmount:
    """Take a data set out of the catalogue."""

    asset: bytes


@dataclass(frozen=True, slots=True)
class Destroy:
    """Record that a data set exists no more."""

    asset: bytes
    certificate: bytes


Call: TypeAlias = Mount | Amend | Publish | Unmount | Destroy


def apply(state: State, call: Call, caller: bytes, now: int, world: EnteredWorld) -> tuple[State, tuple[Change, ...]]:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    world.require_open(CATALOGUE)
    match call:
        case Mount():
            return _mount(state, call, caller, now, world)
        case Amend():
            return _amend(state, call, world.acting(caller, AgentRole.OFFICER, now), world)
        case Publish():
            return _publish(state, call, world.acting(caller, AgentRole.OFFICER | AgentRole.NODE, now))
        case Unmount():
            return _unmount(state, call, world.acting(caller, AgentRole.OFFICER, now))
        case Destroy():
            return _destroy(state, call, world.acting(caller, AgentRole.OFFICER, now))


def _mount(state: State, call: Mount, caller: bytes, now: int, world: EnteredWorld) -> tuple[State, tuple[Change, ...]]:
    party = world.acting(caller, AgentRole.OFFICER, now)
    if not world.serving(party, PartyRole.OWNER, now):
        raise NotAuthorized("catalogue: party owns no data")
    if NOTHING in (call.asset, call.item):
        raise InvalidRecord("catalogue: id missing")
    before = state.asset(call.asset)
    if before.state and before.owner != party:
        raise NotAuthorized("catalogue: asset of another party")
    if before.state not in (AssetState.UNKNOWN, AssetState.UNMOUNTED):
        raise Conflict("catalogue: state")
    if call.item in state.sources:
        raise Conflict("catalogue: item has a source (R07)")
    filed = _filed(world, call.document, call.asset, party)
    after = replace(
        before, owner=party, item=call.item, category=filed.category, grade=filed.grade, document=call.document,
        state=AssetState.MOUNTED,
    )  # fmt: skip
    moved = replace(state, sources={**state.sources, call.item: call.asset})
    values = (call.item, filed.category, filed.grade, call.document)
    return _record(moved, ASSET_MOUNTED, call.asset, after, *values)


def _amend(state: State, call: Amend, party: bytes, world: EnteredWorld) -> tuple[State, tuple[Change, ...]]:
    before = _owned(state, call.asset, party)
    if before.state is not AssetState.MOUNTED:
        raise Conflict("catalogue: state")
    if before.document == call.document:
        raise Conflict("catalogue: no change")
    filed = _filed(world, call.document, call.asset, party)
    after = replace(before, category=filed.category, grade=filed.grade, document=call.document)
    return _record(state, ASSET_AMENDED, call.asset, after, filed.category, filed.grade, call.document)


def _filed(world: EnteredWorld, document: bytes, asset: bytes, party: bytes) -> Entry:
    found = world.filed(document)
    if (found.asset, found.owner) != (asset, party):
        raise NotAuthorized("catalogue: no such entry (R03)")
    return found


def _publish(state: State, call: Publish, party: bytes) -> tuple[State, tuple[Change, ...]]:
    before = _owned(state, call.asset, party)
    if before.state is not AssetState.MOUNTED:
        raise Conflict("catalogue: state")
    if call.rows > MAX_ROWS:
        raise InvalidRecord("catalogue: too many rows")
    if call.commitment == NOTHING:
        raise InvalidRecord("catalogue: commitment missing")
    number = before.versions + 1
    after = replace(before, versions=number, rows=call.rows, commitment=call.commitment)
    version = {(call.asset, number): Version(call.rows, call.commitment)}
    moved = replace(state, versions={**state.versions, **version})
    return _record(moved, ASSET_PUBLISHED, call.asset, after, number, call.rows, call.commitment)


def _unmount(state: State, call: Unmount, party: bytes) -> tuple[State, tuple[Change, ...]]:
    before = _owned(state, call.asset, party)
    if before.state is not AssetState.MOUNTED:
        raise Conflict("catalogue: state")
    moved = _free(state, call.asset, before.item)
    return _record(moved, ASSET_UNMOUNTED, call.asset, replace(before, state=AssetState.UNMOUNTED))


def _destroy(state: State, call: Destroy, party: bytes) -> tuple[State, tuple[Change, ...]]:
    before = _owned(state, call.asset, party)
    if before.state is AssetState.DESTROYED:
        raise Conflict("catalogue: state")
    if call.certificate == NOTHING:
        raise InvalidRecord("catalogue: certificate missing")
    moved = _free(state, call.asset, before.item)
    after = replace(before, state=AssetState.DESTROYED)
    return _record(moved, ASSET_DESTROYED, call.asset, after, call.certificate)


def _owned(state: State, asset: bytes, party: bytes) -> Asset:
    found = state.asset(asset)
    if not found.state:
        raise NotFound("catalogue: unknown asset")
    if found.owner != party:
        raise NotAuthorized("catalogue: asset of another party")
    return found


def _free(state: State, asset: bytes, item: bytes) -> State:
    """Give the item code up, unless another source has taken it since this asset was unmounted."""
    if state.sources.get(item) != asset:
        return state
    return replace(state, sources={key: held for key, held in state.sources.items() if key != item})


def _record(
    state: State, signature: str, asset: bytes, after: Asset, *values: int | bytes
) -> tuple[State, tuple[Change, ...]]:
    journal, change = state.journal.record(signature, asset, int(after.state), after.owner, *values)
    return replace(state, assets={**state.assets, asset: after}, journal=journal), (change,)
