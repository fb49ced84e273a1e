# pragma version 0.4.3
# @license Apache-2.0
# @title Parties
# @notice Who takes part: parties with roles, validity and keys, and the agents (scoped chain keys) that act for them.
# @dev Nothing is ever deleted: old keys stay readable per epoch so that old evidence verifies. Whoever operates must
#      not approve, inspect or have data, no agent is ever approver or head and auditor; who manages, who operates and who
#      audits the data are three parties. Parties are hashes of public codes of bodies.

from contracts.modules import journal
from contracts.modules import registry
from contracts.parties import keyring

initializes: journal
initializes: keyring[journal := journal]
exports: (journal.history, journal.count, keyring.keys)

struct Party:
    roles: uint256
    duties: uint256  # every role any of its agents ever had
    valid_from: uint256
    valid_until: uint256

struct Agent:
    party: bytes32
    roles: uint256
    held: uint256  # every role it ever had
    valid_from: uint256
    valid_until: uint256

event Registered:
    party: indexed(bytes32)
    n: uint256
    roles: uint256
    valid_from: uint256
    valid_until: uint256

event Rotated:
    party: indexed(bytes32)
    n: uint256
    epoch: uint256
    statement: bytes32
    seal: bytes32
    tls: bytes32

event Compromised:
    party: indexed(bytes32)
    n: uint256
    epoch: uint256
    since: uint256

event Enrolled:
    agent: indexed(bytes32)
    n: uint256
    party: bytes32
    roles: uint256
    valid_from: uint256
    valid_until: uint256

event Dismissed:
    agent: indexed(bytes32)
    n: uint256
    party: bytes32

NAME: constant(bytes32) = keccak256("Parties")
REGISTERED: constant(bytes32) = keccak256("Registered(bytes32,uint256,uint256,uint256,uint256)")
ENROLLED: constant(bytes32) = keccak256("Enrolled(bytes32,uint256,bytes32,uint256,uint256,uint256)")
DISMISSED: constant(bytes32) = keccak256("Dismissed(bytes32,uint256,bytes32)")

PARTY_ROLES: constant(uint256) = 127
AGENT_ROLES: constant(uint256) = 31
CONSENT: constant(uint256) = 20  # APPROVER | HEAD
INSPECTION: constant(uint256) = 28  # CONSENT | AUDITOR
SEPARATED: constant(uint256) = 76  # AUTHORITY | OPERATOR | AUDITOR
DATA: constant(uint256) = 3  # OWNER | REQUESTER
MAX_TIME: constant(uint256) = 2**40  # the year 36812; sums of times cannot overflow

parties: HashMap[bytes32, Party]
agents: HashMap[address, Agent]
# The chain admits transactions of an address while this lies after its block's time.
admitted_until: public(HashMap[address, uint256])


@external
@view
def party(party: bytes32) -> Party:
    """
    @notice Roles and validity of a party; zeros for an unknown one.
    """
    return self.parties[party]


@external
@view
def agent(agent: address) -> Agent:
    """
    @notice Party, roles and validity of an agent; zeros for an unknown one.
    """
    return self.agents[agent]


@internal
@view
def _serving(party: bytes32, role: uint256) -> bool:
    found: Party = self.parties[party]
    return found.roles & role != 0 and found.valid_from <= block.timestamp and block.timestamp < found.valid_until


@external
@view
def serving(party: bytes32, role: uint256) -> bool:
    """
    @notice Whether a party is valid now and holds at least one of the roles in the mask.
    """
    return self._serving(party, role)


@internal
@view
def _acting(agent: address, role: uint256) -> bytes32:
    found: Agent = self.agents[agent]
    assert found.party != empty(bytes32), "parties: unknown agent"
    assert found.roles & role != 0, "parties: agent lacks the role"
    assert found.valid_from <= block.timestamp, "parties: agent not yet valid"
    assert block.timestamp < found.valid_until, "parties: agent expired"
    assert self._serving(found.party, PARTY_ROLES), "parties: party not valid"
    return found.party


@external
@view
def acting(agent: address, role: uint256) -> bytes32:
    """
    @notice The party an agent acts for now; reverts unless it holds at least one of the roles in the mask.
    """
    return self._acting(agent, role)


@internal
@view
def _require_appointed(party: bytes32, stops: bool):
    """
    @notice Allow Governance, and approvers of this party.
    @param stops Whether the call only takes powers away, which approvers may do also while the contract is paused.
    """
    registry._require_current(NAME)
    if registry._is_governance(msg.sender):
        return
    if not stops:
        registry._require_open(NAME)
    assert self._acting(msg.sender, registry.AGENT_APPROVER) == party, "parties: approver of another party"


@external
def register(
    party: bytes32, roles: uint256, valid_from: uint256, valid_until: uint256,
    statement: bytes32, seal: bytes32, tls: bytes32,
):
    """
    @notice Enter a party with the keys of its first epoch. Governance only.
    """
    assert registry._is_governance(msg.sender), "parties: governance only"
    registry._require_current(NAME)
    assert party != empty(bytes32), "parties: party missing"
    assert self.parties[party].roles == 0, "parties: already registered"
    self._set_party(party, roles, valid_from, valid_until)
    keyring._rotate(party, statement, seal, tls)


@external
def renew(party: bytes32, roles: uint256, valid_from: uint256, valid_until: uint256):
    """
    @notice Replace roles and validity of a party; valid_until in the past expels it. Governance only.
    """
    assert registry._is_governance(msg.sender), "parties: governance only"
    registry._require_current(NAME)
    assert self.parties[party].roles != 0, "parties: unknown party"
    self._set_party(party, roles, valid_from, valid_until)


@external
def rotate(party: bytes32, statement: bytes32, seal: bytes32, tls: bytes32):
    """
    @notice Begin a new epoch of keys; those before stay readable with the time they ended.
    """
    self._require_appointed(party, False)
    assert self.parties[party].roles != 0, "parties: unknown party"
    keyring._rotate(party, statement, seal, tls)


@external
def compromised(party: bytes32, epoch: uint256, since: uint256):
    """
    @notice Declare that an epoch's keys may have been in other hands since a time.
    """
    self._require_appointed(party, True)
    keyring._compromise(party, epoch, since)


@external
def enroll(agent: address, party: bytes32, roles: uint256, valid_from: uint256, valid_until: uint256):
    """
    @notice Appoint an agent, or replace roles and validity of one this party appointed before.
    """
    self._require_appointed(party, False)
    owner: Party = self.parties[party]
    known: Agent = self.agents[agent]
    assert owner.roles != 0, "parties: unknown party"
    assert agent != empty(address), "parties: agent missing"
    assert known.party == empty(bytes32) or known.party == party, "parties: agent of another party"
    assert roles != 0 and roles <= AGENT_ROLES, "parties: unknown role"
    held: uint256 = known.held | roles
    assert held & registry.AGENT_AUDITOR == 0 or held & CONSENT == 0, "parties: approver and auditor in one agent"
    assert owner.roles & registry.OPERATOR == 0 or roles & INSPECTION == 0, "parties: operator may not approve or audit"
    assert valid_from < valid_until, "parties: empty validity"
    assert valid_until <= owner.valid_until, "parties: agent outlives its party"
    self.parties[party].duties = owner.duties | roles
    self.agents[agent] = Agent(party=party, roles=roles, held=held, valid_from=valid_from, valid_until=valid_until)
    self.admitted_until[agent] = valid_until
    entity: bytes32 = convert(agent, bytes32)
    journal._record(entity, ENROLLED, abi_encode(journal._next(entity), party, roles, valid_from, valid_until))


@external
def dismiss(agent: address):
    """
    @notice End an agent's powers and its admission to the chain now.
    """
    party: bytes32 = self.agents[agent].party
    assert party != empty(bytes32), "parties: unknown agent"
    self._require_appointed(party, True)
    assert block.timestamp < self.agents[agent].valid_until, "parties: agent expired"
    self.agents[agent].valid_until = block.timestamp
    self.admitted_until[agent] = 0
    entity: bytes32 = convert(agent, bytes32)
    journal._record(entity, DISMISSED, abi_encode(journal._next(entity), party))


@internal
def _set_party(party: bytes32, roles: uint256, valid_from: uint256, valid_until: uint256):
    assert roles != 0 and roles <= PARTY_ROLES, "parties: unknown role"
    parts: uint256 = max(roles & SEPARATED, 1)
    assert parts & (parts - 1) == 0, "parties: manager and operator and auditor are three"
    duties: uint256 = self.parties[party].duties
    assert roles & registry.OPERATOR == 0 or duties & INSPECTION == 0, "parties: operator may not approve or audit"
    assert roles & registry.OPERATOR == 0 or roles & DATA == 0, "parties: operator has no data (R25)"
    assert valid_from < valid_until and valid_until <= MAX_TIME, "parties: empty validity"
    self.parties[party].roles = roles
    self.parties[party].valid_from = valid_from
    self.parties[party].valid_until = valid_until
    journal._record(party, REGISTERED, abi_encode(journal._next(party), roles, valid_from, valid_until))
