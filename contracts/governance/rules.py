"""The rules of Governance as values and functions: what ``governance.vy`` accepts, refuses and records.

What an executed proposal does to OTHER contracts is theirs to judge: whoever replays a chain passes those calls on to
their rules. Calls of Governance to itself are carried out here.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from contracts.addresses import DIRECTORY, GOVERNANCE, name_id
from contracts.governance.calls import (
    Approve,
    Call,
    Deploy,
    Execute,
    Own,
    Pause,
    Propose,
    SetDigest,
    SetMember,
    SetQuorum,
    SetValidators,
    Unpause,
    calls_action,
    deployment_action,
    own_call,
)
from contracts.history import Change, Journal
from contracts.layout import word
from ledger.abi import AbiValue
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound
from ledger.hashing import keccak256

PROPOSED: Final = "Proposed(bytes32,uint256,address,bytes32,uint256)"
APPROVED: Final = "Approved(bytes32,uint256,address)"
EXECUTED: Final = "Executed(bytes32,uint256,uint256)"
PAUSED: Final = "Paused(bytes32,uint256,bool,address)"
MEMBER_SET: Final = "MemberSet(bytes32,uint256,bool,uint256)"
QUORUM_SET: Final = "QuorumSet(bytes32,uint256,uint256)"
VALIDATORS_SET: Final = "ValidatorsSet(bytes32,uint256,uint256,bytes32)"
DIGEST_SET: Final = "DigestSet(bytes32,uint256,bytes32)"

VALIDATORS: Final = keccak256(b"validators")
QUORUM: Final = keccak256(b"quorum")
MAX_MEMBERS: Final = 32
MAX_APPROVALS: Final = 64
MAX_OPEN: Final = 90 * 86400
NOTHING: Final = bytes(32)


@dataclass(frozen=True, slots=True)
class Proposal:
    """A vote: the hash of what will be done, and until when it can be."""

    action: bytes = NOTHING
    expires: int = 0
    executed: bool = False
    approvers: tuple[bytes, ...] = ()


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    members: frozenset[bytes] = frozenset()
    quorum: int = 0
    proposals: Mapping[bytes, Proposal] = field(default_factory=dict)
    paused: frozenset[bytes] = frozenset()
    validators: tuple[bytes, ...] = ()
    digests: Mapping[bytes, bytes] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)


Result: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, own: bytes) -> Result:
    """Return the state after a call, and its events.

    Args:
        own: the address of this contract, which alone may change what it keeps about itself.
    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    match call:
        case Unpause() | SetMember() | SetQuorum() | SetValidators() | SetDigest():
            if caller != own:
                raise NotAuthorized("governance: by quorum only")
            return _change_own(state, call, caller)
    if caller not in state.members:
        raise NotAuthorized("governance: members only")
    match call:
        case Propose():
            return _propose(state, call, caller, now)
        case Approve():
            return _approve(state, call, caller, now)
        case Pause():
            if call.name in (name_id(GOVERNANCE), name_id(DIRECTORY)):
                raise NotAuthorized("governance: cannot be paused")
            return _set_paused(state, call.name, True, caller)
        case Execute():
            return _execute(state, call, now, own)
        case Deploy():
            action = deployment_action(call.name, call.code_hash, call.initcode)
            return _settle(state, call.proposal, action, now)


def validators_hash(validators: Sequence[bytes]) -> bytes:
    """Return the hash that followers of the chain have proven before they trust a new set."""
    return keccak256(b"".join(validators))


def _propose(state: State, call: Propose, caller: bytes, now: int) -> Result:
    if call.action == NOTHING:
        raise InvalidRecord("governance: action missing")
    if state.journal.count(call.proposal):
        raise Conflict("governance: already proposed")
    if not now < call.expires <= now + MAX_OPEN:
        raise InvalidRecord("governance: bad expiry")
    journal, change = state.journal.record(PROPOSED, call.proposal, caller, call.action, call.expires)
    opened = {**state.proposals, call.proposal: Proposal(call.action, call.expires, False, (caller,))}
    return replace(state, proposals=opened, journal=journal), (change,)


def _approve(state: State, call: Approve, caller: bytes, now: int) -> Result:
    found = _live(state, call.proposal, now)
    if caller in found.approvers:
        raise Conflict("governance: already approved")
    if len(found.approvers) >= MAX_APPROVALS:
        raise Conflict("governance: too many approvals")
    journal, change = state.journal.record(APPROVED, call.proposal, caller)
    approved = replace(found, approvers=(*found.approvers, caller))
    return replace(state, proposals={**state.proposals, call.proposal: approved}, journal=journal), (change,)


def _execute(state: State, call: Execute, now: int, own: bytes) -> Result:
    state, changes = _settle(state, call.proposal, calls_action(call.calls), now)
    for target, data in call.calls:
        if target == name_id(GOVERNANCE):
            state, further = apply(state, own_call(data), own, now, own)
            changes += further
    return state, changes


def _settle(state: State, proposal: bytes, action: bytes, now: int) -> Result:
    found = _live(state, proposal, now)
    if found.action != action:
        raise Conflict("governance: another action")
    approvals = len(state.members.intersection(found.approvers))
    if approvals < state.quorum:
        raise NotAuthorized("governance: quorum missing")
    journal, change = state.journal.record(EXECUTED, proposal, approvals)
    settled = {**state.proposals, proposal: replace(found, executed=True)}
    return replace(state, proposals=settled, journal=journal), (change,)


def _live(state: State, proposal: bytes, now: int) -> Proposal:
    found = state.proposals.get(proposal)
    if found is None:
        raise NotFound("governance: unknown proposal")
    if found.executed:
        raise Conflict("governance: already executed")
    if now >= found.expires:
        raise Conflict("governance: proposal expired")
    return found


def _change_own(state: State, call: Own, caller: bytes) -> Result:
    match call:
        case Unpause():
            return _set_paused(state, call.name, False, caller)
        case SetMember():
            return _set_member(state, call)
        case SetQuorum():
            if not 0 < call.quorum <= len(state.members):
                raise InvalidRecord("governance: quorum out of reach")
            return _recorded(replace(state, quorum=call.quorum), QUORUM_SET, QUORUM, call.quorum)
        case SetValidators():
            return _set_validators(state, call)
        case SetDigest():
            if NOTHING in (call.name, call.digest):
                raise InvalidRecord("governance: digest missing")
            digests = {**state.digests, call.name: call.digest}
            return _recorded(replace(state, digests=digests), DIGEST_SET, call.name, call.digest)


def _set_paused(state: State, name: bytes, paused: bool, caller: bytes) -> Result:
    if (name in state.paused) == paused:
        raise Conflict("governance: no change")
    changed = state.paused | {name} if paused else state.paused - {name}
    return _recorded(replace(state, paused=changed), PAUSED, name, paused, caller)


def _set_member(state: State, call: SetMember) -> Result:
    if call.member == bytes(20) or (call.member in state.members) == call.is_member:
        raise Conflict("governance: no change")
    members = state.members | {call.member} if call.is_member else state.members - {call.member}
    if len(members) > MAX_MEMBERS:
        raise Conflict("governance: too many members")
    if len(members) < state.quorum:
        raise Conflict("governance: quorum out of reach")
    changed = replace(state, members=members)
    return _recorded(changed, MEMBER_SET, word(call.member), call.is_member, len(members))


def _set_validators(state: State, call: SetValidators) -> Result:
    if not call.validators:
        raise InvalidRecord("governance: no validators")
    if list(call.validators) != sorted(set(call.validators)) or bytes(20) in call.validators:
        raise InvalidRecord("governance: validators not ascending")
    changed = replace(state, validators=call.validators)
    size, digest = len(call.validators), validators_hash(call.validators)
    return _recorded(changed, VALIDATORS_SET, VALIDATORS, size, digest)


def _recorded(state: State, signature: str, entity: bytes, *values: AbiValue) -> Result:
    journal, change = state.journal.record(signature, entity, *values)
    return replace(state, journal=journal), (change,)
