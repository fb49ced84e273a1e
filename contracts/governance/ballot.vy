# pragma version 0.4.3
# @license Apache-2.0
# @title Ballot
# @notice Members, quorum, and votes on proposals.
# @dev A module of Governance, which decides who may call and declares the events. A proposal is carried out at most
#      once and not after its expiry; only approvals of accounts that are members at that moment count.

from contracts.modules import journal

uses: journal

struct Proposal:
    action: bytes32
    expires: uint256
    executed: bool

PROPOSED: constant(bytes32) = keccak256("Proposed(bytes32,uint256,address,bytes32,uint256)")
APPROVED: constant(bytes32) = keccak256("Approved(bytes32,uint256,address)")
EXECUTED: constant(bytes32) = keccak256("Executed(bytes32,uint256,uint256)")
MEMBER_SET: constant(bytes32) = keccak256("MemberSet(bytes32,uint256,bool,uint256)")
QUORUM_SET: constant(bytes32) = keccak256("QuorumSet(bytes32,uint256,uint256)")
QUORUM: constant(bytes32) = keccak256("quorum")

MAX_MEMBERS: constant(uint256) = 32
# Approvals of former members stay on record beside those that count.
MAX_APPROVALS: constant(uint256) = 2 * MAX_MEMBERS
# A vote that nobody executes must not lie ready for years.
MAX_OPEN: constant(uint256) = 90 * 86400

quorum: public(uint256)
member_count: public(uint256)
members: public(HashMap[address, bool])
proposals: public(HashMap[bytes32, Proposal])
approvers: HashMap[bytes32, DynArray[address, MAX_APPROVALS]]


@external
@view
def approvals(proposal: bytes32) -> DynArray[address, MAX_APPROVALS]:
    """
    @notice Who approved a proposal, in order, the proposer first.
    """
    return self.approvers[proposal]


@internal
def _propose(proposal: bytes32, action: bytes32, expires: uint256):
    """
    @notice Open a vote; the proposer approves by proposing.
    """
    assert action != empty(bytes32), "governance: action missing"
    # A number in the journal means the id is taken, by a proposal or by a name or member.
    assert journal.count[proposal] == 0, "governance: already proposed"
    assert block.timestamp < expires and expires <= block.timestamp + MAX_OPEN, "governance: bad expiry"
    self.proposals[proposal] = Proposal(action=action, expires=expires, executed=False)
    self.approvers[proposal].append(msg.sender)
    journal._record(proposal, PROPOSED, abi_encode(journal._next(proposal), msg.sender, action, expires))


@internal
def _approve(proposal: bytes32):
    """
    @notice Vote for a proposal that is open.
    """
    self._require_live(proposal)
    assert msg.sender not in self.approvers[proposal], "governance: already approved"
    assert len(self.approvers[proposal]) < MAX_APPROVALS, "governance: too many approvals"
    self.approvers[proposal].append(msg.sender)
    journal._record(proposal, APPROVED, abi_encode(journal._next(proposal), msg.sender))


@internal
def _settle(proposal: bytes32, action: bytes32):
    """
    @notice Mark a proposal as carried out, or refuse: before anything is called, so that it cannot run twice.
    """
    self._require_live(proposal)
    assert self.proposals[proposal].action == action, "governance: another action"
    approvals: uint256 = 0
    for member: address in self.approvers[proposal]:
        if self.members[member]:
            approvals += 1
    assert approvals >= self.quorum, "governance: quorum missing"
    self.proposals[proposal].executed = True
    journal._record(proposal, EXECUTED, abi_encode(journal._next(proposal), approvals))


@internal
def _set_member(member: address, is_member: bool):
    """
    @notice Admit or remove a member, so that a quorum stays possible.
    """
    assert member != empty(address) and self.members[member] != is_member, "governance: no change"
    members: uint256 = self.member_count + 1 if is_member else self.member_count - 1
    assert members <= MAX_MEMBERS, "governance: too many members"
    assert members >= self.quorum, "governance: quorum out of reach"
    self.members[member] = is_member
    self.member_count = members
    entity: bytes32 = convert(member, bytes32)
    journal._record(entity, MEMBER_SET, abi_encode(journal._next(entity), is_member, members))


@internal
def _set_quorum(quorum: uint256):
    """
    @notice Change how many approvals carry a proposal.
    """
    assert quorum != 0 and quorum <= self.member_count, "governance: quorum out of reach"
    self.quorum = quorum
    journal._record(QUORUM, QUORUM_SET, abi_encode(journal._next(QUORUM), quorum))


@internal
@view
def _require_live(proposal: bytes32):
    """
    @notice Refuse unless a proposal exists, is not carried out and has not expired.
    """
    found: Proposal = self.proposals[proposal]
    assert found.action != empty(bytes32), "governance: unknown proposal"
    assert not found.executed, "governance: already executed"
    assert block.timestamp < found.expires, "governance: proposal expired"
