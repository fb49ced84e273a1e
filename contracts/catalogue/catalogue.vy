# pragma version 0.4.3
# @license Apache-2.0
# @title Catalogue
# @notice Data sets that parties offer for sharing: one source per item code, graded, versioned, withdrawn, destroyed.
# @dev Digests only: what the catalogue says of a data set stands in Entries, under the digest held here; rows stay with
#      the owner. Source: Regulation on Government Data Sharing, articles 13, 17, 19 and 27 (rules R03, R06, R07, R18).

from contracts.entries import filing
from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Asset:
    owner: bytes32
    item: bytes32
    category: uint256
    grade: uint256
    document: bytes32
    versions: uint256
    rows: uint256
    commitment: bytes32
    state: uint256

struct Version:
    rows: uint256
    commitment: bytes32

event AssetMounted:
    asset: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    item: bytes32
    category: uint256
    grade: uint256
    document: bytes32

event AssetAmended:
    asset: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    category: uint256
    grade: uint256
    document: bytes32

event AssetPublished:
    asset: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    version: uint256
    rows: uint256
    commitment: bytes32

event AssetUnmounted:
    asset: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32

event AssetDestroyed:
    asset: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    certificate: bytes32

NAME: constant(bytes32) = keccak256("Catalogue")
ASSET_MOUNTED: constant(bytes32) = keccak256(
    "AssetMounted(bytes32,uint256,uint256,bytes32,bytes32,uint256,uint256,bytes32)"
)
ASSET_AMENDED: constant(bytes32) = keccak256("AssetAmended(bytes32,uint256,uint256,bytes32,uint256,uint256,bytes32)")
ASSET_PUBLISHED: constant(bytes32) = keccak256(
    "AssetPublished(bytes32,uint256,uint256,bytes32,uint256,uint256,bytes32)"
)
ASSET_UNMOUNTED: constant(bytes32) = keccak256("AssetUnmounted(bytes32,uint256,uint256,bytes32)")
ASSET_DESTROYED: constant(bytes32) = keccak256("AssetDestroyed(bytes32,uint256,uint256,bytes32,bytes32)")

# States of an asset.
MOUNTED: constant(uint256) = 1
UNMOUNTED: constant(uint256) = 2
DESTROYED: constant(uint256) = 3

# Sharing categories of article 14: 1 unconditional, 2 conditional, 3 not shared.
NOT_SHARED: constant(uint256) = 3

# Row counts are 64-bit in every table format the nodes read.
MAX_ROWS: constant(uint256) = 2**63 - 1

assets: public(HashMap[bytes32, Asset])
versions: public(HashMap[bytes32, HashMap[uint256, Version]])
sources: public(HashMap[bytes32, bytes32])


@external
@view
def offered(asset: bytes32) -> bytes32:
    """
    @notice The owner of an asset that is mounted and may be shared; zero for any other.
    """
    entry: Asset = self.assets[asset]
    if entry.state != MOUNTED or entry.category == NOT_SHARED:
        return empty(bytes32)
    return entry.owner


@external
@view
def supplier(item: bytes32) -> bytes32:
    """
    @notice The asset that supplies an item by sharing; who could have that does not collect the item again (R07).
    """
    asset: bytes32 = self.sources[item]
    if self.assets[asset].category == NOT_SHARED:
        return empty(bytes32)
    return asset


@external
def mount(asset: bytes32, item: bytes32, document: bytes32):
    """
    @notice Enter a data set in the catalogue, or enter an unmounted one again under new conditions.
    @param item Digest of the item code; a code has one source (article 19).
    @param document Digest of the filed entry (article 13), mandatory in every category (article 15).
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert registry._serving(party, registry.OWNER), "catalogue: party owns no data"
    assert asset != empty(bytes32) and item != empty(bytes32), "catalogue: id missing"
    entry: Asset = self.assets[asset]
    assert entry.state == 0 or entry.owner == party, "catalogue: asset of another party"
    assert entry.state == 0 or entry.state == UNMOUNTED, "catalogue: state"
    assert self.sources[item] == empty(bytes32), "catalogue: item has a source (R07)"
    filed: filing.Entry = filing._filed(document, asset, party)
    self.sources[item] = asset
    entry.owner = party
    entry.item = item
    entry.category = filed.category
    entry.grade = filed.grade
    entry.document = document
    entry.state = MOUNTED
    self.assets[asset] = entry
    journal._record(
        asset,
        ASSET_MOUNTED,
        abi_encode(journal._next(asset), MOUNTED, party, item, filed.category, filed.grade, document),
    )


@external
def amend(asset: bytes32, document: bytes32):
    """
    @notice Put another entry in force for a mounted data set (article 17); authorizations stand as they are.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Asset = self._owned(asset, party)
    assert entry.state == MOUNTED, "catalogue: state"
    assert entry.document != document, "catalogue: no change"
    filed: filing.Entry = filing._filed(document, asset, party)
    entry.category = filed.category
    entry.grade = filed.grade
    entry.document = document
    self.assets[asset] = entry
    data: Bytes[192] = abi_encode(journal._next(asset), MOUNTED, party, filed.category, filed.grade, document)
    journal._record(asset, ASSET_AMENDED, data)


@external
def publish(asset: bytes32, rows: uint256, commitment: bytes32):
    """
    @notice Commit the next version of a mounted data set.
    @param commitment Root over the salted digests of the version's rows.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER | registry.AGENT_NODE)
    entry: Asset = self._owned(asset, party)
    assert entry.state == MOUNTED, "catalogue: state"
    assert rows <= MAX_ROWS, "catalogue: too many rows"
    assert commitment != empty(bytes32), "catalogue: commitment missing"
    entry.versions += 1
    entry.rows = rows
    entry.commitment = commitment
    self.assets[asset] = entry
    self.versions[asset][entry.versions] = Version(rows=rows, commitment=commitment)
    journal._record(
        asset,
        ASSET_PUBLISHED,
        abi_encode(journal._next(asset), MOUNTED, party, entry.versions, rows, commitment),
    )


@external
def unmount(asset: bytes32):
    """
    @notice Take a data set out of the catalogue: its item code is free, its authorizations cannot be used.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Asset = self._owned(asset, party)
    assert entry.state == MOUNTED, "catalogue: state"
    self._leave(asset, entry.item, UNMOUNTED)
    journal._record(asset, ASSET_UNMOUNTED, abi_encode(journal._next(asset), UNMOUNTED, party))


@external
def destroy(asset: bytes32, certificate: bytes32):
    """
    @notice Record that the data set exists no more. Final.
    @param certificate Digest of the certificate of destruction (article 27).
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Asset = self._owned(asset, party)
    assert entry.state != DESTROYED, "catalogue: state"
    assert certificate != empty(bytes32), "catalogue: certificate missing"
    self._leave(asset, entry.item, DESTROYED)
    journal._record(asset, ASSET_DESTROYED, abi_encode(journal._next(asset), DESTROYED, party, certificate))


@internal
@view
def _owned(asset: bytes32, party: bytes32) -> Asset:
    """
    @notice The entry of an asset of this party.
    """
    entry: Asset = self.assets[asset]
    assert entry.state != 0, "catalogue: unknown asset"
    assert entry.owner == party, "catalogue: asset of another party"
    return entry


@internal
def _leave(asset: bytes32, item: bytes32, state: uint256):
    """
    @notice Set the state of an asset that leaves the catalogue and free its item code.
    """
    self.assets[asset].state = state
    # An unmounted asset has given its code up already; another source may hold it by now.
    if self.sources[item] == asset:
        self.sources[item] = empty(bytes32)
