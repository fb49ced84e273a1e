# pragma version 0.4.3
# @license Apache-2.0
# @title Endorsing
# @notice How a contract demands that the head of the acting party's sharing body agreed to what its agent asks for.
# @dev Stateless. The caller computes the act: keccak256(abi_encode(its name, the entity, the number of the change, its
#      content)). Source: Regulation on Government Data Sharing, articles 11 and 20 (rule R02).

from contracts.modules import registry

interface Endorsements:
    def endorsed(party: bytes32, act: bytes32, handler: address) -> bool: view

ENDORSEMENTS: constant(bytes32) = keccak256("Endorsements")


@internal
@view
def _require_endorsed(party: bytes32, act: bytes32):
    """
    @notice Refuse what only one of the two people has signed.
    """
    contract: address = registry._at(ENDORSEMENTS)
    agreed: bool = staticcall Endorsements(contract).endorsed(party, act, msg.sender)
    assert agreed, "endorsements: the head has not agreed (R02)"
