"""Calls of Quorums, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import QUORUMS
from contracts.layout import layout_of
from contracts.quorums.rules import Action, ActionState, Call, Voice
from ledger.chain import Operation, StateFact
from ledger.errors import InvalidRecord


def operation(call: Call, *, op_id: bytes) -> Operation:
    """Build one of the three calls: the contract's method has the name of the call."""
    return Operation(QUORUMS, type(call).__name__.lower(), astuple(call), op_id)


def action_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: an action with its term and how many have spoken."""
    return StateFact(QUORUMS, tuple(layout_of(QUORUMS).record("actions", id).values()), block_number)


def decode_action(id: bytes, values: Mapping[bytes, bytes]) -> Action:
    """Read the action from the words proven for action_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    slots = layout_of(QUORUMS).record("actions", id)
    names = ("needed", "named", "agreed", "opposed", "expires", "state")
    needed, named, agreed, opposed, expires, state = (layout.number(values, slots[name]) for name in names)
    if state >= ActionState.OVER:
        raise InvalidRecord(f"action state: expected 0 to 3, got {state}")
    action = layout.digest(values, slots["action"])
    return Action(action, needed, named, agreed, opposed, expires, ActionState(state))


def voice_fact(id: bytes, party: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: what a party has said of an action."""
    return StateFact(QUORUMS, (_voice(id, party),), block_number)


def decode_voice(id: bytes, party: bytes, values: Mapping[bytes, bytes]) -> Voice:
    """Read it from the word proven for voice_fact.

    Raises:
        InvalidRecord: the proof does not cover it, or the word is none the contract stores.
    """
    found = layout.number(values, _voice(id, party))
    try:
        return Voice(found)
    except ValueError as exc:
        raise InvalidRecord(f"voice: expected 0 to 3, got {found}") from exc


def _voice(id: bytes, party: bytes) -> bytes:
    return layout_of(QUORUMS).slot("voices", id, party)
