# pragma version 0.4.3
# @license Apache-2.0
# @title Notary
# @notice Anchors of append-only streams: each commits (size, root) of a tree of record digests (RFC 9162).
# @dev Write-once: a stream belongs to the party that first anchored it, only grows, and the root of a size never
#      changes. The contract cannot check that the new tree extends the old one; readers do, by consistency proof.

from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Stream:
    owner: bytes32
    size: uint256
    root: bytes32

event Anchored:
    stream: indexed(bytes32)
    n: uint256
    owner: bytes32
    old_size: uint256
    new_size: uint256
    root: bytes32

NAME: constant(bytes32) = keccak256("Notary")
ANCHORED: constant(bytes32) = keccak256("Anchored(bytes32,uint256,bytes32,uint256,uint256,bytes32)")

# Stream positions are 8 bytes in tiles and proofs.
MAX_SIZE: constant(uint256) = 2**63 - 1

streams: HashMap[bytes32, Stream]
roots: HashMap[bytes32, HashMap[uint256, bytes32]]


@external
@view
def anchored(stream: bytes32) -> (uint256, bytes32, bytes32):
    """
    @notice Size, root and owning party of a stream; zeros for a stream never used.
    """
    head: Stream = self.streams[stream]
    return head.size, head.root, head.owner


@external
@view
def root_at(stream: bytes32, size: uint256) -> bytes32:
    """
    @notice The root anchored for exactly this size, zero if there was no anchor at it.
    """
    return self.roots[stream][size]


@external
def anchor(stream: bytes32, old_size: uint256, new_size: uint256, root: bytes32):
    """
    @notice Commit the tree of the first new_size records of a stream.
    @param old_size The size now on record: of two concurrent anchors only one holds.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER | registry.AGENT_NODE)
    head: Stream = self.streams[stream]
    assert head.size == 0 or head.owner == party, "notary: stream of another party"
    assert old_size == head.size, "notary: stale size"
    assert new_size > old_size, "notary: stream must grow"
    assert new_size <= MAX_SIZE, "notary: stream too long"
    assert root != empty(bytes32), "notary: root missing"
    self.streams[stream] = Stream(owner=party, size=new_size, root=root)
    self.roots[stream][new_size] = root
    journal._record(
        stream, ANCHORED, abi_encode(journal._next(stream), party, old_size, new_size, root)
    )
