"""Calls of Quorums, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import QUORUMS
from contracts.layout import layout_of
from contracts.quorums.rules import Action, ActionState, Call, Voice
from contracts.records import choice, decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact
from ledger.errors import InvalidRecord


def operation(call: Call, *, op_id: bytes) -> Operation:
    """Build one of the three calls: the contract's method has the name of the call."""
    return Operation(QUORUMS, type(call).__name__.lower(), astuple(call), op_id)


def action_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: an action with its term and how many have spoken."""
    return struct_fact(QUORUMS, "actions", id, block_number=block_number)


def decode_action(id: bytes, values: Mapping[bytes, bytes]) -> Action:
    """Read the action from the words proven for action_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    found = decode_struct(Action, values, QUORUMS, "actions", id)
    if found.state is ActionState.OVER:
        raise InvalidRecord("action state: what is over is stored as open")
    return found


def voice_fact(id: bytes, party: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: what a party has said of an action."""
    return StateFact(QUORUMS, (_voice(id, party),), block_number)


def decode_voice(id: bytes, party: bytes, values: Mapping[bytes, bytes]) -> Voice:
    """Read it from the word proven for voice_fact.

    Raises:
        InvalidRecord: the proof does not cover it, or the word is none the contract stores.
    """
    return choice(Voice, layout.number(values, _voice(id, party)))


def _voice(id: bytes, party: bytes) -> bytes:
    return layout_of(QUORUMS).slot("voices", id, party)
