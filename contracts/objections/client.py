"""Calls of Objections, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import OBJECTIONS
from contracts.layout import layout_of
from contracts.objections.rules import Answer, Object, Objection, Withdraw
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact


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
    return struct_fact(OBJECTIONS, "objections", id, block_number=block_number)


def decode_objection(id: bytes, values: Mapping[bytes, bytes]) -> Objection:
    """Read the objection from the words proven for objection_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    return decode_struct(Objection, values, OBJECTIONS, "objections", id)


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
