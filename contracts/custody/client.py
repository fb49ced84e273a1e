"""Calls of Custody, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts.addresses import CUSTODY
from contracts.custody.rules import Call, Item
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact


def operation(call: Call, *, op_id: bytes) -> Operation:
    """Build one of the six calls: the contract's method has the name of the call."""
    return Operation(CUSTODY, type(call).__name__.lower(), astuple(call), op_id)


def item_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: an item with its holder, condition and seal."""
    return struct_fact(CUSTODY, "items", id, block_number=block_number)


def decode_item(id: bytes, values: Mapping[bytes, bytes]) -> Item:
    """Read the item from the words proven for item_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    return decode_struct(Item, values, CUSTODY, "items", id)
