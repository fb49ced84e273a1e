# pragma version 0.4.3
# @license Apache-2.0
# @title Returns
# @notice Data that a higher level has gathered in a region flow back to it: who sits there claims them and has them granted.
# @dev There is no answer to a claim, so the owner can neither refuse it nor add conditions: the claim itself makes the
#      authorization, with the scope the claimant states, and begins the limit of a supply (article 24 says "promptly" and
#      names no number of days). All columns flow back, so the highest of their grades bounds who may have them, and how.
#      It is an application for data, so the head of the claimant's sharing body agrees to it (article 20, rule R02).
#      Source: Regulation on Government Data Sharing, articles 20, 22 and 24 (rules R02, R13, R14).

from contracts.authorizations import known
from contracts.authorizations import standing
from contracts.modules import endorsing
from contracts.modules import journal
from contracts.modules import registry
from contracts.requests import catalogued
from contracts.requests import waiting

initializes: journal
exports: (journal.history, journal.count)

interface Authorizations:
    def grant(
        id: bytes32, asset: bytes32, owner: bytes32, grantee: bytes32, scope: standing.Scope
    ): nonpayable

interface Catalogue:
    def assets(asset: bytes32) -> catalogued.Asset: view

interface Grades:
    def whole_obstacle(asset: bytes32, recipient: bytes32, operations: uint256) -> String[48]: view

interface Regions:
    def region_of(party: bytes32) -> bytes32: view
    def within(inner: bytes32, outer: bytes32) -> bool: view

interface Requests:
    def requests(id: bytes32) -> waiting.Request: view

event DataGathered:
    asset: indexed(bytes32)
    n: uint256
    party: bytes32
    region: bytes32

event ReturnClaimed:
    id: indexed(bytes32)
    n: uint256
    party: bytes32
    owner: bytes32
    asset: bytes32
    region: bytes32
    due: uint256

NAME: constant(bytes32) = keccak256("Returns")
CATALOGUE: constant(bytes32) = keccak256("Catalogue")
GRADES: constant(bytes32) = keccak256("Grades")
REQUESTS: constant(bytes32) = keccak256("Requests")
SUPPLY: constant(bytes32) = keccak256("supply")
DATA_GATHERED: constant(bytes32) = keccak256("DataGathered(bytes32,uint256,bytes32,bytes32)")
RETURN_CLAIMED: constant(bytes32) = keccak256(
    "ReturnClaimed(bytes32,uint256,bytes32,bytes32,bytes32,bytes32,uint256)"
)

gathered: public(HashMap[bytes32, HashMap[bytes32, bool]])
# Until when a claimed return is supplied in time; zero for an id that was never claimed.
due: public(HashMap[bytes32, uint256])


@external
def gather(asset: bytes32, region: bytes32):
    """
    @notice State that an asset holds data of a region below its owner's: the owner, or an authority above or beside it.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    owner: bytes32 = self._owner(asset)
    assert owner == party or self._is_over(party, owner), "return: not the owner (R14)"
    assert self._is_below(region, owner), "return: region not below the owner's (R14)"
    assert not self.gathered[asset][region], "return: stated already"
    self.gathered[asset][region] = True
    journal._record(asset, DATA_GATHERED, abi_encode(journal._next(asset), party, region))


@external
def claim(id: bytes32, asset: bytes32, region: bytes32, scope: standing.Scope):
    """
    @notice Have data of a region flow back to a party that sits there, or at a level between there and the owner's.
    @param scope What the authorization permits: the claimant's needs, bounded by the grades of the columns alone.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert registry._serving(party, registry.REQUESTER), "request: party requests no data"
    assert id != empty(bytes32), "return: id missing"
    # Whoever comes first has the id; a request that waits for its answer is not cut off from it.
    request: waiting.Request = staticcall Requests(registry._at(REQUESTS)).requests(id)
    assert request.state == 0, "return: id of a request"
    standing._require_complete(scope)
    assert self.gathered[asset][region], "return: nothing gathered there (R14)"
    regions: Regions = Regions(registry._at(known.REGIONS))
    seat: bytes32 = staticcall regions.region_of(party)
    assert staticcall regions.within(region, seat), "return: data of another region (R14)"
    owner: bytes32 = self._owner(asset)
    assert self._is_below(seat, owner), "return: owner at no higher level (R14)"
    text: String[48] = staticcall Grades(registry._at(GRADES)).whole_obstacle(asset, party, scope.operations)
    if len(text) != 0:
        raise concat("grades: ", text)
    act: bytes32 = keccak256(abi_encode(NAME, id, journal._next(id), asset, region, scope))
    endorsing._require_endorsed(party, act)
    due: uint256 = known._due(owner, SUPPLY)
    self.due[id] = due
    journal._record(id, RETURN_CLAIMED, abi_encode(journal._next(id), party, owner, asset, region, due))
    extcall Authorizations(registry._at(known.AUTHORIZATIONS)).grant(id, asset, owner, party, scope)


@internal
@view
def _owner(asset: bytes32) -> bytes32:
    entry: catalogued.Asset = staticcall Catalogue(registry._at(CATALOGUE)).assets(asset)
    assert entry.state != 0, "catalogue: unknown asset"
    return entry.owner


@internal
@view
def _is_below(region: bytes32, owner: bytes32) -> bool:
    """
    @notice Whether a region lies in the owner's and is another one.
    """
    regions: Regions = Regions(registry._at(known.REGIONS))
    seat: bytes32 = staticcall regions.region_of(owner)
    return region != seat and staticcall regions.within(region, seat)


@internal
@view
def _is_over(party: bytes32, owner: bytes32) -> bool:
    """
    @notice Whether a party is an authority in whose region the owner sits: one below could claim what it states itself.
    """
    if not registry._serving(party, registry.AUTHORITY):
        return False
    regions: Regions = Regions(registry._at(known.REGIONS))
    return staticcall regions.within(staticcall regions.region_of(owner), staticcall regions.region_of(party))
