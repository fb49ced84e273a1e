# pragma version 0.4.3
# @license Apache-2.0
# @title Regions
# @notice Which region lies in which, where each party sits, and how long a limit of the statute lasts there.
# @dev A region has the id of the jurisdiction whose rule set holds in it, so every limit on the way up to the nation counts
#      and the strictest of them holds; Regulation bounds each by the national one. A party placed nowhere sits at the
#      national level. A region is set once and lies in one that was set before, so the tree has no circle.
#      Source: Regulation on Government Data Sharing, articles 21, 22, 24 and 26 (rules R09, R10, R13, R14, R17).

from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Limit:
    amount: uint256
    unit: uint256
    minimum: bool

interface Regulation:
    def limit(jurisdiction: bytes32, code: bytes32) -> Limit: view

interface Calendar:
    def due(start: uint256, days: uint256, unit: uint256) -> uint256: view

event RegionSet:
    region: indexed(bytes32)
    n: uint256
    above: bytes32
    level: uint256

event PartyPlaced:
    party: indexed(bytes32)
    n: uint256
    region: bytes32

NAME: constant(bytes32) = keccak256("Regions")
REGULATION: constant(bytes32) = keccak256("Regulation")
CALENDAR: constant(bytes32) = keccak256("Calendar")
NATIONAL: constant(bytes32) = keccak256("national")
REGION_SET: constant(bytes32) = keccak256("RegionSet(bytes32,uint256,bytes32,uint256)")
PARTY_PLACED: constant(bytes32) = keccak256("PartyPlaced(bytes32,uint256,bytes32)")

# Province, city, county and township lie below the nation; a development zone may come in between.
MAX_LEVELS: constant(uint256) = 6

above: public(HashMap[bytes32, bytes32])
levels: public(HashMap[bytes32, uint256])
places: HashMap[bytes32, bytes32]


@external
@view
def region_of(party: bytes32) -> bytes32:
    """
    @notice Where a party sits; at the national level if it was placed nowhere.
    """
    return self._region_of(party)


@external
@view
def within(inner: bytes32, outer: bytes32) -> bool:
    """
    @notice Whether a region is another one or lies in it.
    """
    region: bytes32 = inner
    for step: uint256 in range(MAX_LEVELS + 1):
        if region == outer:
            return True
        if region == empty(bytes32):
            return False
        region = self.above[region]
    return False


@external
@view
def limit(party: bytes32, code: bytes32) -> Limit:
    """
    @notice The limit that holds where a party sits: the strictest of its region and of all above it.
    """
    return self._limit(party, code)


@external
@view
def due(party: bytes32, code: bytes32, start: uint256) -> uint256:
    """
    @notice The moment such a limit ends that began at start: whoever acts at it or later is late.
    """
    limit: Limit = self._limit(party, code)
    assert not limit.minimum, "regulation: no deadline"
    return staticcall Calendar(registry._at(CALENDAR)).due(start, limit.amount, limit.unit)


@external
def set_region(region: bytes32, above: bytes32):
    """
    @notice Say that there is a region, and in which it lies. By quorum only.
    """
    self._require_decided()
    assert region != empty(bytes32) and region != NATIONAL, "region: id"
    assert self.levels[region] == 0, "region: exists"
    assert self._is_known(above), "region: unknown"
    level: uint256 = self.levels[above] + 1
    assert level <= MAX_LEVELS, "region: too deep"
    self.above[region] = above
    self.levels[region] = level
    journal._record(region, REGION_SET, abi_encode(journal._next(region), above, level))


@external
def place(party: bytes32, region: bytes32):
    """
    @notice Say where a party sits from now on; limits that run already stay as they are. By quorum only.
    """
    self._require_decided()
    assert party != empty(bytes32), "region: party missing"
    assert self._is_known(region), "region: unknown"
    assert self._region_of(party) != region, "region: no change"
    self.places[party] = region
    journal._record(party, PARTY_PLACED, abi_encode(journal._next(party), region))


@internal
@view
def _require_decided():
    assert registry._is_governance(msg.sender), "region: governance only"
    registry._require_open(NAME)


@internal
@view
def _is_known(region: bytes32) -> bool:
    return region == NATIONAL or self.levels[region] != 0


@internal
@view
def _region_of(party: bytes32) -> bytes32:
    region: bytes32 = self.places[party]
    return NATIONAL if region == empty(bytes32) else region


@internal
@view
def _limit(party: bytes32, code: bytes32) -> Limit:
    regulation: address = registry._at(REGULATION)
    region: bytes32 = self._region_of(party)
    found: Limit = staticcall Regulation(regulation).limit(region, code)
    for step: uint256 in range(MAX_LEVELS):
        if region == NATIONAL:
            break
        region = self.above[region]
        # All are bounded by the national limit, so they have its unit and its direction.
        wider: Limit = staticcall Regulation(regulation).limit(region, code)
        found.amount = max(found.amount, wider.amount) if found.minimum else min(found.amount, wider.amount)
    return found
