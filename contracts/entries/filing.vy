# pragma version 0.4.3
# @license Apache-2.0
# @title Filing
# @notice What a filed entry is, and how the Catalogue demands the one of an asset and its owner. Stateless.

from contracts.modules import registry

struct Entry:
    asset: bytes32
    owner: bytes32
    category: uint256
    grade: uint256
    columns: bytes32
    filed: uint256

interface Entries:
    def entries(document: bytes32) -> Entry: view

ENTRIES: constant(bytes32) = keccak256("Entries")


@internal
@view
def _filed(document: bytes32, asset: bytes32, party: bytes32) -> Entry:
    """
    @notice The entry of this digest, if this party filed it for this asset (article 13).
    """
    filed: Entry = staticcall Entries(registry._at(ENTRIES)).entries(document)
    assert filed.asset == asset and filed.owner == party, "catalogue: no such entry (R03)"
    return filed
