"""Calls of Custody, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import CUSTODY
from contracts.custody.rules import Call, Item, ItemState
from contracts.layout import layout_of
from ledger.chain import Operation, StateFact
from ledger.errors import InvalidRecord


def operation(call: Call, *, op_id: bytes) -> Operation:
    """Build one of the six calls: the contract's method has the name of the call."""
    return Operation(CUSTODY, type(call).__name__.lower(), astuple(call), op_id)


def item_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: an item with its holder, condition and seal."""
    return StateFact(CUSTODY, tuple(layout_of(CUSTODY).record("items", id).values()), block_number)


def decode_item(id: bytes, values: Mapping[bytes, bytes]) -> Item:
    """Read the item from the words proven for item_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    slots = layout_of(CUSTODY).record("items", id)
    names = ("holder", "taker", "condition", "offered", "seal")
    holder, taker, condition, offered, seal = (layout.digest(values, slots[name]) for name in names)
    return Item(holder, taker, condition, offered, seal, _state(layout.number(values, slots["state"])))


def _state(value: int) -> ItemState:
    try:
        return ItemState(value)
    except ValueError as exc:
        raise InvalidRecord(f"item state: expected 0 to 3, got {value}") from exc
