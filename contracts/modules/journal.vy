# pragma version 0.4.3
# @license Apache-2.0
# @title Journal
# @notice Complete, ordered histories: every change of an entity emits one event and extends one hash.
# @dev The event is emitted from the very bytes that are hashed, so log and history cannot differ. The entity is
#      the only indexed argument (topics[1]) and the new count is the first word of the data, hence one storage
#      proof of (history, count) plus the events proves a complete history. The contract that includes this module
#      declares its events; the build checks that each topic constant belongs to a declared event.

history: public(HashMap[bytes32, bytes32])
count: public(HashMap[bytes32, uint256])

# 64 words: the largest event of any area (a job with 16 parties and 16 authorizations) has fewer than 50.
MAX_DATA: constant(uint256) = 2048


@internal
@view
def _next(entity: bytes32) -> uint256:
    """
    @notice The number the next change of this entity will carry.
    """
    return self.count[entity] + 1


@internal
def _record(entity: bytes32, topic: bytes32, data: Bytes[MAX_DATA]):
    """
    @notice Emit one event and extend the entity's history by it.
    @param data abi_encode(_next(entity), further arguments), exactly as the declared event orders them.
    """
    self.count[entity] += 1
    self.history[entity] = keccak256(concat(self.history[entity], topic, keccak256(data)))
    raw_log([topic, entity], data)
