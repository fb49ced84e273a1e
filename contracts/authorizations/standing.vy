# pragma version 0.4.3
# @license Apache-2.0
# @title Standing
# @notice What an authorization is, and whether it permits a use at a moment. Pure: no storage, no calls.

struct Authorization:
    asset: bytes32
    owner: bytes32
    grantee: bytes32
    purpose: bytes32
    operations: uint256
    terms: bytes32
    valid_from: uint256
    valid_until: uint256
    max_uses: uint256
    uses: uint256
    state: uint256

# Expired and exhausted are derived from time and uses, never stored.
REQUESTED: constant(uint256) = 1
GRANTED: constant(uint256) = 2
REFUSED: constant(uint256) = 3
SUSPENDED: constant(uint256) = 4
REVOKED: constant(uint256) = 5


@internal
@view
def _obstacle(entry: Authorization, purpose: bytes32, operations: uint256, counted: bool) -> String[16]:
    """
    @notice Why a use is not permitted now, as one of the fixed texts; empty if it is permitted.
    @param counted False leaves the number of uses out, for a job that has consumed its use already.
    """
    if entry.state != GRANTED:
        return self._state_obstacle(entry.state)
    if block.timestamp < entry.valid_from:
        return "not yet valid"
    if block.timestamp >= entry.valid_until:
        return "expired"
    if counted and entry.uses >= entry.max_uses:
        return "exhausted"
    if purpose != entry.purpose:
        return "purpose"
    if operations == 0 or operations & entry.operations != operations:
        return "operation"
    return ""


@internal
@pure
def _state_obstacle(state: uint256) -> String[16]:
    if state == REQUESTED:
        return "not granted"
    if state == REFUSED:
        return "refused"
    if state == SUSPENDED:
        return "suspended"
    if state == REVOKED:
        return "revoked"
    return "unknown"
