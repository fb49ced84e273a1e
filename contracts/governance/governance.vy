# pragma version 0.4.3
# @license Apache-2.0
# @title Governance
# @notice Decisions by quorum: calls of other contracts, new versions of them, members, validators, rule versions.
# @dev A proposal is the hash of what will be done, so members vote on exactly that; it is carried out at most once and
#      not after its expiry. Only approvals of accounts that are members at that moment count. What this contract
#      keeps about itself changes by a call it makes to itself. One member alone can pause, never unpause.

from contracts.modules import journal
from contracts.governance import ballot
from contracts.modules import registry

initializes: journal
initializes: ballot[journal := journal]
exports: (
    journal.history, journal.count,
    ballot.members, ballot.member_count, ballot.quorum, ballot.proposals, ballot.approvals,
)

interface Directory:
    def set(name: bytes32, account: address, code_hash: bytes32): nonpayable

struct Call:
    target: bytes32
    data: Bytes[4096]

event Proposed:
    proposal: indexed(bytes32)
    n: uint256
    member: address
    action: bytes32
    expires: uint256

event Approved:
    proposal: indexed(bytes32)
    n: uint256
    member: address

event Executed:
    proposal: indexed(bytes32)
    n: uint256
    approvals: uint256

event Paused:
    name: indexed(bytes32)
    n: uint256
    paused: bool
    by: address

event MemberSet:
    member: indexed(bytes32)
    n: uint256
    is_member: bool
    members: uint256

event QuorumSet:
    governance: indexed(bytes32)
    n: uint256
    quorum: uint256

event ValidatorsSet:
    validators: indexed(bytes32)
    n: uint256
    size: uint256
    validators_hash: bytes32

event DigestSet:
    name: indexed(bytes32)
    n: uint256
    digest: bytes32

NAME: constant(bytes32) = keccak256("Governance")
DIRECTORY_NAME: constant(bytes32) = keccak256("Directory")
VALIDATORS: constant(bytes32) = keccak256("validators")
# First words of an action, so that a call list can never be read as a deployment.
CALLS: constant(bytes32) = keccak256("shuxin governance calls v1")
DEPLOYMENT: constant(bytes32) = keccak256("shuxin governance deployment v1")

PAUSED: constant(bytes32) = keccak256("Paused(bytes32,uint256,bool,address)")
VALIDATORS_SET: constant(bytes32) = keccak256("ValidatorsSet(bytes32,uint256,uint256,bytes32)")
DIGEST_SET: constant(bytes32) = keccak256("DigestSet(bytes32,uint256,bytes32)")

MAX_VALIDATORS: constant(uint256) = 64
MAX_CALLS: constant(uint256) = 16
MAX_INITCODE: constant(uint256) = 20_000

paused: public(HashMap[bytes32, bool])
# keccak256 of the validators' addresses, 20 bytes each, ascending: what followers of the chain prove.
validators_hash: public(bytes32)
validators: DynArray[address, MAX_VALIDATORS]
# Versions of rule sets and calendars.
digests: public(HashMap[bytes32, bytes32])


@external
@view
def getValidators() -> DynArray[address, MAX_VALIDATORS]:
    """
    @notice Who seals the blocks after this one. The name is the one that QBFT nodes call in validator-contract mode.
    """
    return self.validators


@external
def propose(proposal: bytes32, action: bytes32, expires: uint256):
    """
    @notice Put an action to the vote; the proposer approves it by proposing.
    @param action keccak256(abi_encode(CALLS, calls)) or keccak256(abi_encode(DEPLOYMENT, name, code hash,
           keccak256(initcode))).
    """
    self._require_member()
    ballot._propose(proposal, action, expires)


@external
def approve(proposal: bytes32):
    """
    @notice Vote for a proposal. There is no vote against: it lapses at its expiry.
    """
    self._require_member()
    ballot._approve(proposal)


@external
def execute(proposal: bytes32, calls: DynArray[Call, MAX_CALLS]):
    """
    @notice Carry out an approved list of calls, all or none.
    """
    self._require_member()
    ballot._settle(proposal, keccak256(abi_encode(CALLS, calls)))
    for call: Call in calls:
        raw_call(registry._at(call.target), call.data)


@external
def deploy(proposal: bytes32, name: bytes32, code_hash: bytes32, initcode: Bytes[MAX_INITCODE]):
    """
    @notice Carry out an approved deployment and register it as the contract's next version.
    """
    self._require_member()
    ballot._settle(proposal, keccak256(abi_encode(DEPLOYMENT, name, code_hash, keccak256(initcode))))
    account: address = raw_create(initcode)
    extcall Directory(registry._at(DIRECTORY_NAME)).set(name, account, code_hash)


@external
def pause(name: bytes32):
    """
    @notice Stop a contract's changes at once: any single member can.
    """
    self._require_member()
    assert name != NAME and name != DIRECTORY_NAME, "governance: cannot be paused"
    self._set_paused(name, True)


@external
def unpause(name: bytes32):
    """
    @notice Let a contract change again. By quorum only.
    """
    self._require_quorum()
    self._set_paused(name, False)


@external
def set_member(member: address, is_member: bool):
    """
    @notice Admit or remove a member. By quorum only.
    """
    self._require_quorum()
    ballot._set_member(member, is_member)


@external
def set_quorum(quorum: uint256):
    """
    @notice Change how many approvals carry a proposal. By quorum only.
    """
    self._require_quorum()
    ballot._set_quorum(quorum)


@external
def set_validators(validators: DynArray[address, MAX_VALIDATORS]):
    """
    @notice Replace the validators, in ascending order; they seal from the next block on. By quorum only.
    """
    self._require_quorum()
    assert len(validators) != 0, "governance: no validators"
    previous: address = empty(address)
    packed: Bytes[20 * MAX_VALIDATORS] = b""
    for validator: address in validators:
        assert convert(validator, uint160) > convert(previous, uint160), "governance: validators not ascending"
        packed = convert(concat(packed, convert(validator, bytes20)), Bytes[20 * MAX_VALIDATORS])
        previous = validator
    self.validators = validators
    self.validators_hash = keccak256(packed)
    journal._record(
        VALIDATORS,
        VALIDATORS_SET,
        abi_encode(journal._next(VALIDATORS), len(validators), self.validators_hash),
    )


@external
def set_digest(name: bytes32, digest: bytes32):
    """
    @notice Put a version of a rule set or calendar in force. By quorum only.
    """
    self._require_quorum()
    assert name != empty(bytes32) and digest != empty(bytes32), "governance: digest missing"
    self.digests[name] = digest
    journal._record(name, DIGEST_SET, abi_encode(journal._next(name), digest))


@internal
@view
def _require_member():
    registry._require_current(NAME)
    assert ballot.members[msg.sender], "governance: members only"


@internal
@view
def _require_quorum():
    assert msg.sender == self, "governance: by quorum only"


@internal
def _set_paused(name: bytes32, paused: bool):
    """
    @notice Record a pause or its end.
    """
    assert self.paused[name] != paused, "governance: no change"
    self.paused[name] = paused
    journal._record(name, PAUSED, abi_encode(journal._next(name), paused, msg.sender))
