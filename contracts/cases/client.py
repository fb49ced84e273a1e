"""Calls of Cases, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts.addresses import CASES
from contracts.cases.rules import Call, Case
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact


def operation(call: Call, *, op_id: bytes) -> Operation:
    """Build the call of the contract."""
    return Operation(CASES, type(call).__name__.lower(), astuple(call), op_id)


def case_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: a case with its clock, signatures and state."""
    return struct_fact(CASES, "cases", id, block_number=block_number)


def decode_case(id: bytes, values: Mapping[bytes, bytes]) -> Case:
    """Read the case from the words proven for case_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    return decode_struct(Case, values, CASES, "cases", id)
