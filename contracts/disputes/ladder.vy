# pragma version 0.4.3
# @license Apache-2.0
# @title Ladder
# @notice Who stands above whom, and who decides a dispute at the step above the one it has reached.
# @dev A module of Disputes; who may set a superior, and when a dispute goes up, is checked there.
#      Source: Regulation on Government Data Sharing, article 28 (rule R21).

# Steps of the ladder.
NEGOTIATION: constant(uint256) = 1
AUTHORITY: constant(uint256) = 2
COMMON: constant(uint256) = 3
GOVERNMENT: constant(uint256) = 4

# County, city, province and State with their departments are fewer.
MAX_LEVELS: constant(uint256) = 8

superiors: public(HashMap[bytes32, bytes32])


@internal
@view
def _above(party: bytes32, other: bytes32, reached: uint256, forum: bytes32) -> (uint256, bytes32):
    """
    @notice The step above the one reached, and its forum; zero if nobody is there.
    """
    if reached == NEGOTIATION:
        return AUTHORITY, self.superiors[other]
    common: bytes32 = self._common(party, other)
    if reached == AUTHORITY and common != forum:
        return COMMON, common
    return GOVERNMENT, self.superiors[common]


@internal
@view
def _common(one: bytes32, two: bytes32) -> bytes32:
    """
    @notice The lowest authority above both parties; zero if there is none.
    """
    left: bytes32 = one
    for i: uint256 in range(MAX_LEVELS):
        left = self.superiors[left]
        right: bytes32 = two
        for j: uint256 in range(MAX_LEVELS):
            right = self.superiors[right]
            if left == right or right == empty(bytes32):
                break
        if left == right or left == empty(bytes32):
            return left
    return empty(bytes32)
