# pragma version 0.4.3
# @license Apache-2.0
# @title Grading
# @notice How a contract demands that the grades of what it grants fit the recipient and the operations. Stateless.

from contracts.modules import registry

interface Grades:
    def obstacle(asset: bytes32, terms: bytes32, recipient: bytes32, operations: uint256) -> String[48]: view

GRADES: constant(bytes32) = keccak256("Grades")


@internal
@view
def _require_graded(asset: bytes32, terms: bytes32, recipient: bytes32, operations: uint256):
    """
    @notice Refuse terms whose columns are ungraded, above the recipient's level, or not to be handed over.
    """
    text: String[48] = staticcall Grades(registry._at(GRADES)).obstacle(asset, terms, recipient, operations)
    if len(text) != 0:
        raise concat("grades: ", text)
