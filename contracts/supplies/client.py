"""Calls of Supplies, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import SUPPLIES
from contracts.layout import layout_of, word
from contracts.records import decode_struct, struct_fact
from contracts.supplies.rules import Deliver, Delivery, Sign
from ledger.chain.port import Operation, StateFact


def deliver(call: Deliver, *, op_id: bytes) -> Operation:
    """Build the call that states a delivery."""
    return Operation(SUPPLIES, "deliver", astuple(call), op_id)


def sign(call: Sign, *, op_id: bytes) -> Operation:
    """Build the call by which the grantee signs for a delivery."""
    return Operation(SUPPLIES, "sign", astuple(call), op_id)


def delivery_fact(authorization: bytes, number: int, block_number: int | None = None) -> StateFact:
    """Name the fact: one delivery under an authorization; numbers begin at 1."""
    return struct_fact(SUPPLIES, "deliveries", authorization, word(number), block_number=block_number)


def decode_delivery(authorization: bytes, number: int, values: Mapping[bytes, bytes]) -> Delivery:
    """Read a delivery from the words proven for delivery_fact; delivered 0 proves that there is none."""
    return decode_struct(Delivery, values, SUPPLIES, "deliveries", authorization, word(number))


def numbers_fact(authorization: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: how many deliveries there are under an authorization."""
    return StateFact(SUPPLIES, (layout_of(SUPPLIES).slot("numbers", authorization),), block_number)


def decode_numbers(authorization: bytes, values: Mapping[bytes, bytes]) -> int:
    """Read the number from the word proven for numbers_fact."""
    return layout.number(values, layout_of(SUPPLIES).slot("numbers", authorization))
