# pragma version 0.4.3
# @title Successor
# @notice A second version of the Notary for the tests: reads the frozen first version until a stream is touched here.

from contracts.modules import journal
from contracts.modules import registry

initializes: journal

struct Stream:
    owner: bytes32
    size: uint256
    root: bytes32

interface Predecessor:
    def anchored(stream: bytes32) -> (uint256, bytes32, bytes32): view
    def history(entity: bytes32) -> bytes32: view
    def count(entity: bytes32) -> uint256: view

event Anchored:
    stream: indexed(bytes32)
    n: uint256
    owner: bytes32
    old_size: uint256
    new_size: uint256
    root: bytes32

NAME: constant(bytes32) = keccak256("Notary")
ANCHORED: constant(bytes32) = keccak256("Anchored(bytes32,uint256,bytes32,uint256,uint256,bytes32)")
PREDECESSOR: constant(address) = 0x0000000000000000000000000000000000005307

streams: HashMap[bytes32, Stream]


@internal
@view
def _stream(stream: bytes32) -> Stream:
    if journal.count[stream] != 0:
        return self.streams[stream]
    size: uint256 = 0
    root: bytes32 = empty(bytes32)
    owner: bytes32 = empty(bytes32)
    size, root, owner = staticcall Predecessor(PREDECESSOR).anchored(stream)
    return Stream(owner=owner, size=size, root=root)


@external
@view
def anchored(stream: bytes32) -> (uint256, bytes32, bytes32):
    """
    @notice Size, root and owning party, of either version.
    """
    head: Stream = self._stream(stream)
    return head.size, head.root, head.owner


@external
@view
def count(entity: bytes32) -> uint256:
    """
    @notice Number of changes in both versions.
    """
    return max(journal.count[entity], staticcall Predecessor(PREDECESSOR).count(entity))


@external
@view
def history(entity: bytes32) -> bytes32:
    """
    @notice Hash over the changes in both versions.
    """
    if journal.count[entity] != 0:
        return journal.history[entity]
    return staticcall Predecessor(PREDECESSOR).history(entity)


@external
def anchor(stream: bytes32, old_size: uint256, new_size: uint256, root: bytes32):
    """
    @notice Commit the tree of the first new_size records of a stream.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER | registry.AGENT_NODE)
    head: Stream = self._stream(stream)
    assert head.size == 0 or head.owner == party, "notary: stream of another party"
    assert old_size == head.size and new_size > old_size, "notary: stale size"
    if journal.count[stream] == 0:
        journal.count[stream] = staticcall Predecessor(PREDECESSOR).count(stream)
        journal.history[stream] = staticcall Predecessor(PREDECESSOR).history(stream)
    self.streams[stream] = Stream(owner=party, size=new_size, root=root)
    journal._record(stream, ANCHORED, abi_encode(journal._next(stream), party, old_size, new_size, root))
