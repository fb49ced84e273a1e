"""Calls of Incidents, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple
from typing import Final

from contracts import layout
from contracts.addresses import INCIDENTS
from contracts.governance.client import Invocation, invocation
from contracts.incidents.rules import (
    Call,
    Close,
    End,
    FollowUp,
    Incident,
    IncidentState,
    Record,
    Regrade,
    Report,
    SetHours,
)
from contracts.layout import layout_of
from ledger.chain import Operation, StateFact
from ledger.errors import InvalidRecord

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
    return StateFact(INCIDENTS, tuple(layout_of(INCIDENTS).record("incidents", id).values()), block_number)


def decode_incident(id: bytes, values: Mapping[bytes, bytes]) -> Incident:
    """Read the incident from the words proven for incident_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    slots = layout_of(INCIDENTS).record("incidents", id)
    party, authority = (layout.digest(values, slots[name]) for name in ("party", "authority"))
    names = ("operator", "severity", "found", "due", "state")
    operator, severity, found, due, state = (layout.number(values, slots[name]) for name in names)
    return Incident(party, authority, operator, severity, found, due, _state(state))


def _state(value: int) -> IncidentState:
    try:
        return IncidentState(value)
    except ValueError as exc:
        raise InvalidRecord(f"incident state: expected 0 to 4, got {value}") from exc
