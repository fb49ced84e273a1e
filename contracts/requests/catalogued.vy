# pragma version 0.4.3
# @license Apache-2.0
# @title Catalogued
# @notice What the Catalogue says of an asset on the day it is asked for. No storage.

from contracts.modules import registry

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

interface Catalogue:
    def offered(asset: bytes32) -> bytes32: view
    def assets(asset: bytes32) -> Asset: view

CATALOGUE: constant(bytes32) = keccak256("Catalogue")


@internal
@view
def _entry(asset: bytes32, owner: bytes32) -> Asset:
    """
    @notice The entry of an asset that this party offers for sharing.
    """
    offered: bytes32 = staticcall Catalogue(registry._at(CATALOGUE)).offered(asset)
    assert offered != empty(bytes32), "request: asset withdrawn"
    assert offered == owner, "request: not the owner"
    return staticcall Catalogue(registry._at(CATALOGUE)).assets(asset)
