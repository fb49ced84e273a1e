"""The calls of Governance as values, what members vote on, and the calls it makes to itself as bytes."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from ledger.abi import decode, encode, selector
from ledger.errors import InvalidRecord
from ledger.hashing import keccak256

CALLS: Final = keccak256(b"shuxin governance calls v1")
DEPLOYMENT: Final = keccak256(b"shuxin governance deployment v1")


@dataclass(frozen=True, slots=True)
class Propose:
    """Put an action to the vote."""

    proposal: bytes
    action: bytes
    expires: int


@dataclass(frozen=True, slots=True)
class Approve:
    """Vote for a proposal."""

    proposal: bytes


@dataclass(frozen=True, slots=True)
class Execute:
    """Carry out an approved list of calls (target name, call data)."""

    proposal: bytes
    calls: tuple[tuple[bytes, bytes], ...]


@dataclass(frozen=True, slots=True)
class Deploy:
    """Carry out an approved deployment."""

    proposal: bytes
    name: bytes
    code_hash: bytes
    initcode: bytes


@dataclass(frozen=True, slots=True)
class Pause:
    """Stop a contract's changes."""

    name: bytes


@dataclass(frozen=True, slots=True)
class Unpause:
    """Let a contract change again."""

    name: bytes


@dataclass(frozen=True, slots=True)
class SetMember:
    """Admit or remove a member."""

    member: bytes
    is_member: bool


@dataclass(frozen=True, slots=True)
class SetQuorum:
    """Change how many approvals carry a proposal."""

    quorum: int


@dataclass(frozen=True, slots=True)
class SetValidators:
    """Replace the validators."""

    validators: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class SetDigest:
    """Put a version of a rule set or calendar in force."""

    name: bytes
    digest: bytes


Own: TypeAlias = Unpause | SetMember | SetQuorum | SetValidators | SetDigest
Call: TypeAlias = Propose | Approve | Execute | Deploy | Pause | Own

_OWN: Final[Mapping[bytes, tuple[list[str], Callable[..., Own]]]] = {
    selector("unpause(bytes32)"): (["bytes32"], Unpause),
    selector("set_member(address,bool)"): (["address", "bool"], SetMember),
    selector("set_quorum(uint256)"): (["uint256"], SetQuorum),
    selector("set_validators(address[])"): (["address[]"], SetValidators),
    selector("set_digest(bytes32,bytes32)"): (["bytes32", "bytes32"], SetDigest),
}


def calls_action(calls: Sequence[tuple[bytes, bytes]]) -> bytes:
    """Return the action members vote on: the hash of a list of (target name, call data)."""
    return keccak256(encode(["bytes32", "(bytes32,bytes)[]"], (CALLS, tuple(calls))))


def deployment_action(name: bytes, code_hash: bytes, initcode: bytes) -> bytes:
    """Return the action members vote on: the hash of a deployment."""
    return keccak256(encode(["bytes32"] * 4, (DEPLOYMENT, name, code_hash, keccak256(initcode))))


def own_call(data: bytes) -> Own:
    """Read the call data of a change Governance makes to itself.

    Raises:
        InvalidRecord: it is none.
    """
    if data[:4] not in _OWN:
        raise InvalidRecord("governance: not a call to itself")
    types, make = _OWN[data[:4]]
    return make(*decode(types, data[4:]))
