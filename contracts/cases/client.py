"""Calls of Cases, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import CASES
from contracts.cases.rules import Call, Case, CaseState
from contracts.layout import layout_of
from ledger.chain import Operation, StateFact
from ledger.errors import InvalidRecord


def operation(call: Call, *, op_id: bytes) -> Operation:
    """Build the call of the contract."""
    return Operation(CASES, type(call).__name__.lower(), astuple(call), op_id)


def case_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: a case with its clock, signatures and state."""
    return StateFact(CASES, tuple(layout_of(CASES).record("cases", id).values()), block_number)


def decode_case(id: bytes, values: Mapping[bytes, bytes]) -> Case:
    """Read the case from the words proven for case_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    slots = layout_of(CASES).record("cases", id)
    state = layout.number(values, slots["state"])
    if state not in tuple(CaseState):
        raise InvalidRecord(f"case: state {state}")
    return Case(
        template=layout.digest(values, slots["template"]),
        opener=layout.digest(values, slots["opener"]),
        papers=layout.digest(values, slots["papers"]),
        opened=layout.number(values, slots["opened"]),
        due=layout.number(values, slots["due"]),
        signed=layout.number(values, slots["signed"]),
        state=CaseState(state),
    )
