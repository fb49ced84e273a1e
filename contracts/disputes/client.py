"""Calls of Disputes, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import DISPUTES
from contracts.disputes.rules import Decide, Dispute, Escalate, Open, SetSuperior, Settle, State
from contracts.governance.client import Invocation, invocation
from contracts.layout import layout_of
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact


def superior_call(call: SetSuperior) -> Invocation:
    """Build the call (target, data) that a proposal carries to name the authority above a party."""
    return invocation(DISPUTES, "set_superior", call.party, call.superior)


def open_(call: Open, *, op_id: bytes) -> Operation:
    """Build the call that begins a dispute."""
    return Operation(DISPUTES, "open", astuple(call), op_id)


def escalate(call: Escalate, *, op_id: bytes) -> Operation:
    """Build the call that takes a dispute to the next step."""
    return Operation(DISPUTES, "escalate", astuple(call), op_id)


def settle(call: Settle, *, op_id: bytes) -> Operation:
    """Build the call that signs a settlement."""
    return Operation(DISPUTES, "settle", astuple(call), op_id)


def decide(call: Decide, *, op_id: bytes) -> Operation:
    """Build the call by which a forum decides."""
    return Operation(DISPUTES, "decide", astuple(call), op_id)


def dispute_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: a dispute with its step, forum and state."""
    return struct_fact(DISPUTES, "disputes", id, block_number=block_number)


def superior_fact(party: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: which authority stands above a party."""
    return StateFact(DISPUTES, (layout_of(DISPUTES).slot("superiors", party),), block_number)


def decode_superior(party: bytes, values: Mapping[bytes, bytes]) -> bytes:
    """Read the authority from the word proven for superior_fact; zero proves that none is named."""
    return layout.digest(values, layout_of(DISPUTES).slot("superiors", party))


def storage(state: State) -> dict[bytes, bytes]:
    """Return the words that make the contract hold a state's superiors."""
    found = layout_of(DISPUTES)
    return {found.slot("superiors", party): superior for party, superior in state.superiors.items()}


def decode_dispute(id: bytes, values: Mapping[bytes, bytes]) -> Dispute:
    """Read the dispute from the words proven for dispute_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    return decode_struct(Dispute, values, DISPUTES, "disputes", id)
