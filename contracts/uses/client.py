"""Calls of Uses, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts.addresses import USES
from contracts.layout import word
from contracts.records import decode_struct, struct_fact
from contracts.uses.rules import Entry, Give, Inspect, Record
from ledger.chain.port import Operation, StateFact


def record(call: Record, *, op_id: bytes) -> Operation:
    """Build the call that enters a record."""
    return Operation(USES, "record", astuple(call), op_id)


def inspect(call: Inspect, *, op_id: bytes) -> Operation:
    """Build the call that asks to see a record."""
    return Operation(USES, "inspect", astuple(call), op_id)


def give(call: Give, *, op_id: bytes) -> Operation:
    """Build the call that says that a record was shown."""
    return Operation(USES, "give", astuple(call), op_id)


def record_fact(authorization: bytes, number: int, block_number: int | None = None) -> StateFact:
    """Name the fact: one record; numbers begin at 1."""
    return struct_fact(USES, "records", authorization, word(number), block_number=block_number)


def decode_record(authorization: bytes, number: int, values: Mapping[bytes, bytes]) -> Entry:
    """Read a record from the words proven for record_fact; kind 0 proves that there is none."""
    return decode_struct(Entry, values, USES, "records", authorization, word(number))
