"""Calls of Objections, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import OBJECTIONS
from contracts.layout import layout_of
from contracts.objections.rules import Answer, Object, Objection, ObjectionState, Withdraw
from ledger.chain import Operation, StateFact
from ledger.errors import InvalidRecord


def object_(call: Object, *, op_id: bytes) -> Operation:
    """Build the call that reports wrong data."""
    return Operation(OBJECTIONS, "object", astuple(call), op_id)


def answer(call: Answer, *, op_id: bytes) -> Operation:
    """Build the call that says what verification found."""
    return Operation(OBJECTIONS, "answer", astuple(call), op_id)


def withdraw(call: Withdraw, *, op_id: bytes) -> Operation:
    """Build the call that takes an objection back."""
    return Operation(OBJECTIONS, "withdraw", astuple(call), op_id)


def objection_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: an objection with its deadline and state."""
    return StateFact(OBJECTIONS, tuple(layout_of(OBJECTIONS).record("objections", id).values()), block_number)


def decode_objection(id: bytes, values: Mapping[bytes, bytes]) -> Objection:
    """Read the objection from the words proven for objection_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    slots = layout_of(OBJECTIONS).record("objections", id)
    return Objection(
        asset=layout.digest(values, slots["asset"]),
        owner=layout.digest(values, slots["owner"]),
        party=layout.digest(values, slots["party"]),
        due=layout.number(values, slots["due"]),
        state=_state(layout.number(values, slots["state"])),
    )


def asset_fact(asset: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: how many objections against an asset are open, and when it was last corrected after one."""
    return StateFact(OBJECTIONS, _asset_slots(asset), block_number)


def decode_asset(asset: bytes, values: Mapping[bytes, bytes]) -> tuple[int, int]:
    """Read both numbers from the words proven for asset_fact."""
    pending, corrected = _asset_slots(asset)
    return layout.number(values, pending), layout.number(values, corrected)


def _asset_slots(asset: bytes) -> tuple[bytes, bytes]:
    found = layout_of(OBJECTIONS)
    return found.slot("pending", asset), found.slot("corrected", asset)


def _state(value: int) -> ObjectionState:
    try:
        return ObjectionState(value)
    except ValueError as exc:
        raise InvalidRecord(f"objection state: expected 0 to 4, got {value}") from exc
