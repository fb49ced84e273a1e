"""Calls of Governance, the facts one can have proven about it, and what the proven words mean.

A decision takes three calls: ``propose`` with an action, ``approve`` by others, ``execute`` (or ``deploy``) with what
the action is the hash of.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from contracts import layout
from contracts.addresses import GOVERNANCE, name_id
from contracts.artefacts import interfaces
from contracts.governance.calls import calls_action, deployment_action
from contracts.governance.rules import validators_hash
from contracts.layout import layout_of
from ledger.abi import AbiValue
from ledger.chain.port import Operation, StateFact
from ledger.errors import InvalidRecord, VerificationError

Invocation = tuple[bytes, bytes]
MAX_VALIDATORS = 64


def invocation(contract: str, method: str, *args: AbiValue) -> Invocation:
    """Build one call that a proposal carries: the target's name and the call data."""
    return name_id(contract), interfaces()[contract].encode_call(method, args)


def propose_calls(proposal: bytes, calls: Sequence[Invocation], expires: int, *, op_id: bytes) -> Operation:
    """Build the call that puts a list of calls to the vote."""
    return Operation(GOVERNANCE, "propose", (proposal, calls_action(calls), expires), op_id)


def propose_deployment(
    proposal: bytes, name: str, code_hash: bytes, initcode: bytes, expires: int, *, op_id: bytes
) -> Operation:
    """Build the call that puts the next version of a contract to the vote."""
    action = deployment_action(name_id(name), code_hash, initcode)
    return Operation(GOVERNANCE, "propose", (proposal, action, expires), op_id)


def approve(proposal: bytes, *, op_id: bytes) -> Operation:
    """Build the call that votes for a proposal."""
    return Operation(GOVERNANCE, "approve", (proposal,), op_id)


def execute(proposal: bytes, calls: Sequence[Invocation], *, op_id: bytes) -> Operation:
    """Build the call that carries out an approved list of calls."""
    return Operation(GOVERNANCE, "execute", (proposal, tuple(calls)), op_id)


def deploy(proposal: bytes, name: str, code_hash: bytes, initcode: bytes, *, op_id: bytes) -> Operation:
    """Build the call that carries out an approved deployment."""
    return Operation(GOVERNANCE, "deploy", (proposal, name_id(name), code_hash, initcode), op_id)


def pause(name: str, *, op_id: bytes) -> Operation:
    """Build the call by which one member stops a contract's changes."""
    return Operation(GOVERNANCE, "pause", (name_id(name),), op_id)


def paused_fact(name: str, block_number: int | None = None) -> StateFact:
    """Name the fact: whether a contract is paused."""
    return StateFact(GOVERNANCE, (paused_slot(name),), block_number)


def paused_slot(name: str) -> bytes:
    """Return the slot that says whether a contract is paused."""
    return layout_of(GOVERNANCE).slot("paused", name_id(name))


def decode_paused(name: str, values: Mapping[bytes, bytes]) -> bool:
    """Read the answer from the word proven for paused_fact."""
    return layout.number(values, paused_slot(name)) != 0


def validators_fact(block_number: int | None = None) -> StateFact:
    """Name the fact: the hash of the validators that seal the blocks after this one."""
    return StateFact(GOVERNANCE, (validators_hash_slot(),), block_number)


def validators_hash_slot() -> bytes:
    """Return the slot of the validators' hash."""
    return layout_of(GOVERNANCE).slot("validators_hash")


def verify_validators(validators: Sequence[bytes], values: Mapping[bytes, bytes]) -> None:
    """Verify that these are the validators, given the word proven for validators_fact.

    Raises:
        InvalidRecord: not a list of validators in ascending order.
        VerificationError: the contract holds others.
    """
    ordered = sorted(set(validators)) == list(validators)
    if not ordered or not 0 < len(validators) <= MAX_VALIDATORS or any(len(item) != 20 for item in validators):
        raise InvalidRecord("validators: expected distinct addresses in ascending order")
    if validators_hash(validators) != layout.digest(values, validators_hash_slot()):
        raise VerificationError("validators: the contract holds another set")


def digest_fact(name: str, block_number: int | None = None) -> StateFact:
    """Name the fact: which version of a rule set or calendar is in force."""
    return StateFact(GOVERNANCE, (_digest_slot(name),), block_number)


def decode_digest(name: str, values: Mapping[bytes, bytes]) -> bytes:
    """Read the digest from the word proven for digest_fact."""
    return layout.digest(values, _digest_slot(name))


def _digest_slot(name: str) -> bytes:
    return layout_of(GOVERNANCE).slot("digests", name_id(name))
