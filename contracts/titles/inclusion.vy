# pragma version 0.4.3
# @license Apache-2.0
# @title Inclusion
# @notice Whether a salted record is a leaf of a stream's anchored tree.
# @dev The same leaf and path as ledger.log.record and ledger.merkle. Source: RFC 9162 sections 2.1.1 and 2.1.3.2.

MAX_PATH: constant(uint256) = 40
LABEL: constant(Bytes[16]) = b"SHUXIN-STREAM-V1"
# What one record of an opened unit is: this label and five words (contracts.titles.extract).
EXTRACT: constant(Bytes[16]) = b"SHUXIN-EXTRACT-1"


@internal
@pure
def _leaf(salt: bytes16, unit: bytes32, spatial: bytes32, right: uint256, holdings: bytes32, last: bytes32) -> bytes32:
    """
    @notice The leaf hash of a register extract under its salt.
    """
    words: bytes32 = convert(right, bytes32)
    record: Bytes[192] = concat(EXTRACT, unit, spatial, words, holdings, last)
    return sha256(concat(b"\x00", sha256(concat(LABEL, salt, record))))


@internal
@pure
def _root(leaf: bytes32, index: uint256, size: uint256, path: DynArray[bytes32, MAX_PATH]) -> bytes32:
    """
    @notice The root that a path leads to; zero if the path is not one of a leaf at this index of this many.
    """
    if index >= size:
        return empty(bytes32)
    place: uint256 = index
    last: uint256 = size - 1
    computed: bytes32 = leaf
    used: uint256 = 0
    for step: uint256 in range(64):
        if last == 0:
            break
        if place & 1 == 1 or place < last:
            if used == len(path):
                return empty(bytes32)
            if place & 1 == 1:
                computed = sha256(concat(b"\x01", path[used], computed))
            else:
                computed = sha256(concat(b"\x01", computed, path[used]))
            used += 1
        place = place >> 1
        last = last >> 1
    return computed if used == len(path) and last == 0 else empty(bytes32)
