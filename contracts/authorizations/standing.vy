# pragma version 0.4.3
# @license Apache-2.0
# @title Standing
# @notice What an authorization is, and whether it permits a use at a moment. Pure: no storage, no calls.

# What a grantee may do: for one purpose, these operations, under these terms, in a period, so many times.
struct Scope:
    purpose: bytes32
    operations: uint256
    terms: bytes32
    valid_from: uint256
    valid_until: uint256
    max_uses: uint256

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
    suspended_by: bytes32

# Expired and exhausted are derived from time and uses, never stored.
GRANTED: constant(uint256) = 1
SUSPENDED: constant(uint256) = 2
REVOKED: constant(uint256) = 3
DISPOSED: constant(uint256) = 4

# COUNT 1, SUM 2, MEAN 4, VARIANCE 8, HISTOGRAM 16, JOIN 32, DISTINCT 64; EXPORT 128 hands rows over, which no job does.
# ALIGN 256 tells named owners which of their keys the asset holds too; TRAIN 512 fits a model to its rows.
ALL_OPERATIONS: constant(uint256) = 1023
EXPORT: constant(uint256) = 128


@internal
@view
def _require_complete(scope: Scope):
    """
    @notice Refuse a scope that leaves something open, or is over already.
    """
    assert scope.purpose != empty(bytes32), "request: purpose missing (R08)"
    assert scope.operations != 0 and scope.operations <= ALL_OPERATIONS, "request: operations (R08)"
    assert scope.terms != empty(bytes32), "request: terms missing (R08)"
    assert scope.valid_from < scope.valid_until, "request: period (R08)"
    assert scope.max_uses != 0, "request: uses missing (R08)"
    assert block.timestamp < scope.valid_until, "request: period over (R08)"


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
    if state == SUSPENDED:
        return "suspended"
    if state == REVOKED:
        return "revoked"
    if state == DISPOSED:
        return "disposed"
    return "unknown"
