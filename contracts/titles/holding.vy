# pragma version 0.4.3
# @license Apache-2.0
# @title Holding
# @notice Who holds a right in which shares, as one digest; shares always sum to one.
# @dev Holders are salted commitments of the registrar: the same person has another one in each unit. The lists are in
#      calls and events, the digest is in storage, so state does not grow with the number of holders.
#      Source: ISO 19152 (LADM), LA_RRR with share and shareCheck.

struct Holdings:
    holders: DynArray[bytes32, 16]
    numerators: DynArray[uint256, 16]
    denominator: uint256

MAX_DENOMINATOR: constant(uint256) = 2**64


@internal
@pure
def _digest(held: Holdings) -> bytes32:
    """
    @notice The digest of a list of holders with shares, after checking that it is one.
    """
    assert len(held.holders) != 0, "title: no holder"
    assert len(held.holders) == len(held.numerators), "title: a share for each holder"
    assert held.denominator != 0 and held.denominator <= MAX_DENOMINATOR, "title: denominator"
    total: uint256 = 0
    before: uint256 = 0
    for i: uint256 in range(len(held.holders), bound=16):
        number: uint256 = convert(held.holders[i], uint256)
        assert number > before, "title: holders in ascending order"
        before = number
        assert held.numerators[i] != 0 and held.numerators[i] <= held.denominator, "title: share"
        total += held.numerators[i]
    assert total == held.denominator, "title: shares do not sum to one"
    return keccak256(abi_encode(held.holders, held.numerators, held.denominator))


@internal
@pure
def _same_shares(before: Holdings, after: Holdings) -> bool:
    """
    @notice Whether two lists divide the right alike: the same shares as a multiset, whoever holds them.
    """
    if before.denominator != after.denominator or len(before.numerators) != len(after.numerators):
        return False
    for share: uint256 in before.numerators:
        if self._times(share, before.numerators) != self._times(share, after.numerators):
            return False
    return True


@internal
@pure
def _times(share: uint256, shares: DynArray[uint256, 16]) -> uint256:
    count: uint256 = 0
    for other: uint256 in shares:
        if other == share:
            count += 1
    return count
