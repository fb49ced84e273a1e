# pragma version 0.4.3
# @license Apache-2.0
# @title Known
# @notice How other contracts look an authorization up, and until when a limit of the statute runs from now on. No storage.

from contracts.authorizations import standing
from contracts.modules import registry

interface Authorizations:
    def authorizations(id: bytes32) -> standing.Authorization: view

interface Regions:
    def due(party: bytes32, code: bytes32, start: uint256) -> uint256: view

AUTHORIZATIONS: constant(bytes32) = keccak256("Authorizations")
REGIONS: constant(bytes32) = keccak256("Regions")


@internal
@view
def _authorization(id: bytes32) -> standing.Authorization:
    """
    @notice An authorization that was granted once, whatever became of it.
    """
    found: standing.Authorization = staticcall Authorizations(registry._at(AUTHORIZATIONS)).authorizations(id)
    assert found.state != 0, "authorization: unknown"
    return found


@internal
@view
def _due(party: bytes32, code: bytes32) -> uint256:
    """
    @notice The moment a limit ends that begins now where a party sits: whoever acts at it or later is late.
    """
    return staticcall Regions(registry._at(REGIONS)).due(party, code, block.timestamp)
