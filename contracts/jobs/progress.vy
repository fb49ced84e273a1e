# pragma version 0.4.3
# @license Apache-2.0
# @title Progress
# @notice What a job is and how far it has come. Pure: no storage, no calls.
# @dev Sets of parties are bitmaps: bit i stands for parties[i] of the job.

struct Job:
    requester: bytes32
    recipient: bytes32
    spec: bytes32
    purpose: bytes32
    operations: uint256
    minimum: uint256
    contributors: uint256
    deadline: uint256
    roster: bytes32
    suppliers: uint256
    attempt: uint256
    state: uint256
    members: uint256
    flags: uint256
    frozen: uint256
    result: bytes32
    statement: bytes32
    by: bytes32
    reason: bytes32

struct Inputs:
    input: bytes32
    seed: bytes32

PROPOSED: constant(uint256) = 1
ACCEPTED: constant(uint256) = 2
COMMITTED: constant(uint256) = 3
OPENING: constant(uint256) = 4
RELEASED: constant(uint256) = 5
ABORTED: constant(uint256) = 6
REFUSED: constant(uint256) = 7

# The steps a party takes in an attempt, as positions of their bitmaps in flags: one word, so one storage proof, for all.
ACCEPT: constant(uint256) = 0
COMMIT: constant(uint256) = 32
OPEN: constant(uint256) = 64
SIGN: constant(uint256) = 96

# As many as the event of a proposal names in the 2048 bytes that a record takes; a set has 32 bits.
MAX_PARTIES: constant(uint256) = 25
ALL: constant(uint256) = 2**32 - 1


@internal
@pure
def _done(flags: uint256, step: uint256) -> uint256:
    """
    @notice The set of parties that have taken a step in this attempt.
    """
    return (flags >> step) & ALL


@internal
@pure
def _size(members: uint256) -> uint256:
    """
    @notice The number of parties in a set.
    """
    size: uint256 = 0
    for i: uint256 in range(MAX_PARTIES):
        size += (members >> i) & 1
    return size
