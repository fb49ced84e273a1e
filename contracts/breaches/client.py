"""Calls of Breaches, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts.addresses import BREACHES
from contracts.breaches.rules import Breach, Call
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact


def operation(call: Call, *, op_id: bytes) -> Operation:
    """Build the transaction of a call."""
    return Operation(BREACHES, type(call).__name__.lower(), astuple(call), op_id)


def breach_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: a breach with its item, end and state."""
    return struct_fact(BREACHES, "breaches", id, block_number=block_number)


def decode_breach(id: bytes, values: Mapping[bytes, bytes]) -> Breach:
    """Read the breach from the words proven for breach_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    return decode_struct(Breach, values, BREACHES, "breaches", id)
