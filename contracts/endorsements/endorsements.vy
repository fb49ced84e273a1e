# pragma version 0.4.3
# @license Apache-2.0
# @title Endorsements
# @notice The head of a department's sharing body agrees to one act before its handler carries it out.
# @dev An act is a digest that other contracts compute from what they are asked to do, with the number of the change it
#      will be, so that an endorsement serves once. It counts only while the agent who gave it is in office, and never
#      for what that agent carries out alone. That two keys are two people the chain cannot see. A pause changes nothing
#      here: the contract that carries the act out has its own, and a no needs a head's agreement as well.
#      Source: Regulation on Government Data Sharing, articles 11 and 20 (rule R02).

from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Agent:
    party: bytes32
    roles: uint256
    held: uint256
    valid_from: uint256
    valid_until: uint256

interface Parties:
    def agent(agent: address) -> Agent: view

event Endorsed:
    act: indexed(bytes32)
    n: uint256
    party: bytes32
    head: address

event EndorsementWithdrawn:
    act: indexed(bytes32)
    n: uint256
    party: bytes32
    head: address

NAME: constant(bytes32) = keccak256("Endorsements")
ENDORSED: constant(bytes32) = keccak256("Endorsed(bytes32,uint256,bytes32,address)")
ENDORSEMENT_WITHDRAWN: constant(bytes32) = keccak256("EndorsementWithdrawn(bytes32,uint256,bytes32,address)")

# Who agreed, by party and act.
heads: public(HashMap[bytes32, HashMap[bytes32, address]])


@external
@view
def endorsed(party: bytes32, act: bytes32, handler: address) -> bool:
    """
    @notice Whether a head of this party, now in office and not the handler, has agreed to an act.
    """
    head: address = self.heads[party][act]
    if head == empty(address) or head == handler:
        return False
    found: Agent = staticcall Parties(registry._at(registry.PARTIES)).agent(head)
    in_office: bool = found.valid_from <= block.timestamp and block.timestamp < found.valid_until
    return in_office and found.party == party and found.roles & registry.AGENT_HEAD != 0


@external
def endorse(act: bytes32):
    """
    @notice Agree to an act of one's own party; a successor in office may agree again.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_HEAD)
    assert act != empty(bytes32), "endorsements: act missing"
    assert self.heads[party][act] != msg.sender, "endorsements: endorsed already"
    self.heads[party][act] = msg.sender
    journal._record(act, ENDORSED, abi_encode(journal._next(act), party, msg.sender))


@external
def withdraw(act: bytes32):
    """
    @notice Take an endorsement of one's own party back, whoever gave it.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_HEAD)
    assert self.heads[party][act] != empty(address), "endorsements: not endorsed"
    self.heads[party][act] = empty(address)
    journal._record(act, ENDORSEMENT_WITHDRAWN, abi_encode(journal._next(act), party, msg.sender))
