# pragma version 0.4.3
# @license Apache-2.0
# @title Registry
# @notice How a contract finds the others and asks them whether its caller may act.
# @dev Stateless. The Directory is a genesis predeploy, everything else is resolved through it, so replacing a
#      contract needs no change in the others.

interface Directory:
    def at(name: bytes32) -> address: view

interface Governance:
    def paused(name: bytes32) -> bool: view

interface Parties:
    def acting(agent: address, role: uint256) -> bytes32: view
    def serving(party: bytes32, role: uint256) -> bool: view

DIRECTORY: constant(address) = 0x0000000000000000000000000000000000005301

GOVERNANCE: constant(bytes32) = keccak256("Governance")
PARTIES: constant(bytes32) = keccak256("Parties")

# Roles of a party.
OWNER: constant(uint256) = 1
REQUESTER: constant(uint256) = 2
AUDITOR: constant(uint256) = 4
OPERATOR: constant(uint256) = 8
REGISTRAR: constant(uint256) = 16
COURT: constant(uint256) = 32
AUTHORITY: constant(uint256) = 64

# Roles of an agent.
AGENT_OFFICER: constant(uint256) = 1
AGENT_NODE: constant(uint256) = 2
AGENT_APPROVER: constant(uint256) = 4
AGENT_AUDITOR: constant(uint256) = 8
AGENT_HEAD: constant(uint256) = 16


@internal
@view
def _at(name: bytes32) -> address:
    """
    @notice The account now registered under a name.
    """
    account: address = staticcall Directory(DIRECTORY).at(name)
    assert account != empty(address), "directory: no such contract"
    return account


@internal
@view
def _require_current(name: bytes32):
    """
    @notice Refuse in a version that has been replaced: its state is read-only for ever.
    """
    assert self._at(name) == self, "directory: superseded"


@internal
@view
def _require_open(name: bytes32):
    """
    @notice Refuse in a version that has been replaced and in a contract a guardian has paused.
    @dev Calls that only stop something ask for _require_current: a pause must not keep anybody from saying no.
    """
    self._require_current(name)
    assert not staticcall Governance(self._at(GOVERNANCE)).paused(name), "governance: paused"


@internal
@view
def _is_governance(caller: address) -> bool:
    return caller == self._at(GOVERNANCE)


@internal
@view
def _acting(agent: address, role: uint256) -> bytes32:
    """
    @notice The party this agent acts for now; reverts unless it holds at least one of the roles in the mask.
    """
    return staticcall Parties(self._at(PARTIES)).acting(agent, role)


@internal
@view
def _serving(party: bytes32, role: uint256) -> bool:
    """
    @notice Whether a party is valid now and holds at least one of the roles in the mask.
    """
    return staticcall Parties(self._at(PARTIES)).serving(party, role)
