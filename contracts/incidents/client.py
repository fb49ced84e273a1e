"""Calls of Incidents, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from typing import Final

from contracts.addresses import INCIDENTS
from contracts.governance.client import Invocation, invocation
from contracts.incidents.rules import (
    Call,
    Close,
    End,
    FollowUp,
    Incident,
    Record,
    Regrade,
    Report,
    SetHours,
)
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact

METHODS: Final[Mapping[type, str]] = {
    Record: "record",
    Regrade: "regrade",
    Report: "report",
    FollowUp: "follow_up",
    End: "end",
    Close: "close",
    SetHours: "set_hours",
}


def operation(call: Call, *, op_id: bytes) -> Operation:
    """Build a call of the contract."""
    return Operation(INCIDENTS, METHODS[type(call)], astuple(call), op_id)


def hours_call(call: SetHours) -> Invocation:
    """Build the call (target, data) that a proposal carries to set hours for the first report."""
    return invocation(INCIDENTS, "set_hours", call.operator, call.amount)


def incident_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: an incident with its severity, deadline and state."""
    return struct_fact(INCIDENTS, "incidents", id, block_number=block_number)


def decode_incident(id: bytes, values: Mapping[bytes, bytes]) -> Incident:
    """Read the incident from the words proven for incident_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    return decode_struct(Incident, values, INCIDENTS, "incidents", id)
