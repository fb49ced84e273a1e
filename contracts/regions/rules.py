"""The rules of Regions as values and functions: what ``regions.vy`` accepts, refuses, records and computes.

Same order of checks and the same reason texts as the contract. A region has the id of the jurisdiction whose rule set
holds in it; the strictest limit on the way up to the nation holds for a party.
Source: Regulation on Government Data Sharing, articles 21, 22, 24 and 26 (rules R09, R10, R13, R14, R17).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeAlias

from contracts.addresses import REGIONS
from contracts.history import Change, Journal
from contracts.regulation import rules as regulation
from contracts.regulation.rules import NATIONAL, NOTHING, Limit, effective
from contracts.world import World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

REGION_SET: Final = "RegionSet(bytes32,uint256,bytes32,uint256)"
PARTY_PLACED: Final = "PartyPlaced(bytes32,uint256,bytes32)"
MAX_LEVELS: Final = 6


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. above, levels: by region; places: the region of each party that has one."""

    above: Mapping[bytes, bytes] = field(default_factory=dict)
    levels: Mapping[bytes, int] = field(default_factory=dict)
    places: Mapping[bytes, bytes] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def region_of(self, party: bytes) -> bytes:
        """Return where a party sits; at the national level if it was placed nowhere."""
        return self.places.get(party, NATIONAL)

    def is_known(self, region: bytes) -> bool:
        return region == NATIONAL or region in self.levels

    def way_up(self, region: bytes) -> tuple[bytes, ...]:
        """Return a region and all that it lies in, up to the nation; nothing above one that was never set."""
        found = [region]
        while found[-1] in self.above:
            found.append(self.above[found[-1]])
        return tuple(found)

    def is_within(self, inner: bytes, outer: bytes) -> bool:
        """Say whether a region is another one or lies in it."""
        return outer in self.way_up(inner)


class Located(Protocol):
    """How the rules of other contracts ask for limits where a party sits."""

    def limit_of(self, party: bytes, code: bytes) -> Limit:
        """Return the limit that holds where a party sits; raises NotFound as Regulation does."""
        ...


@dataclass(frozen=True, slots=True)
class SetRegion:
    """Say that there is a region, and in which it lies."""

    region: bytes
    above: bytes


@dataclass(frozen=True, slots=True)
class Place:
    """Say where a party sits from now on."""

    party: bytes
    region: bytes


Call: TypeAlias = SetRegion | Place
Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: World) -> Result:  # noqa: ARG001 - one signature for all areas
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if not world.is_governance(caller):
        raise NotAuthorized("region: governance only")
    world.require_open(REGIONS)
    match call:
        case SetRegion():
            return _set_region(state, call)
        case Place():
            return _place(state, call)


def limit(state: State, rules: regulation.State, party: bytes, code: bytes) -> Limit:
    """Return the limit that holds where a party sits: the strictest of its region and of all above it.

    Raises:
        NotFound: "regulation: unknown limit".
    """
    found = regulation.limit(rules, NATIONAL, code)
    for region in state.way_up(state.region_of(party)):
        found = effective(regulation.limit(rules, region, code), found)
    return found


def _set_region(state: State, call: SetRegion) -> Result:
    if call.region in (NOTHING, NATIONAL):
        raise InvalidRecord("region: id")
    if call.region in state.levels:
        raise Conflict("region: exists")
    if not state.is_known(call.above):
        raise NotFound("region: unknown")
    level = state.levels.get(call.above, 0) + 1
    if level > MAX_LEVELS:
        raise InvalidRecord("region: too deep")
    journal, change = state.journal.record(REGION_SET, call.region, call.above, level)
    above, levels = {**state.above, call.region: call.above}, {**state.levels, call.region: level}
    return replace(state, above=above, levels=levels, journal=journal), (change,)


def _place(state: State, call: Place) -> Result:
    if call.party == NOTHING:
        raise InvalidRecord("region: party missing")
    if not state.is_known(call.region):
        raise NotFound("region: unknown")
    if state.region_of(call.party) == call.region:
        raise Conflict("region: no change")
    journal, change = state.journal.record(PARTY_PLACED, call.party, call.region)
    return replace(state, places={**state.places, call.party: call.region}, journal=journal), (change,)
