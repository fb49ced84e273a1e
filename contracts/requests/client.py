"""Calls of Requests, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import REQUESTS
from contracts.authorizations.record import Scope
from contracts.layout import layout_of
from contracts.requests.rules import AskSupplement, Consent, Extend, Refuse, Request, RequestState, Submit, Withdraw
from ledger.chain import Operation, StateFact
from ledger.errors import InvalidRecord


def submit(call: Submit, *, op_id: bytes) -> Operation:
    """Build the call that asks for data, or hands in what was missing."""
    return Operation(REQUESTS, "submit", (call.id, call.asset, call.owner, call.grounds, astuple(call.scope)), op_id)


def ask_supplement(call: AskSupplement, *, op_id: bytes) -> Operation:
    """Build the call that says once what is missing."""
    return Operation(REQUESTS, "ask_supplement", (call.id, call.missing), op_id)


def extend(call: Extend, *, op_id: bytes) -> Operation:
    """Build the call by which the authority gives the owner more time."""
    return Operation(REQUESTS, "extend", (call.id, call.reason), op_id)


def consent(call: Consent, *, op_id: bytes) -> Operation:
    """Build the call that says yes, under the catalogue entry of the request's day."""
    return Operation(REQUESTS, "consent", (call.id, call.conditions), op_id)


def refuse(call: Refuse, *, op_id: bytes) -> Operation:
    """Build the call that says no with rule and reasons."""
    return Operation(REQUESTS, "refuse", (call.id, call.rule, call.reason), op_id)


def withdraw(call: Withdraw, *, op_id: bytes) -> Operation:
    """Build the call that takes a request back."""
    return Operation(REQUESTS, "withdraw", (call.id,), op_id)


def request_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: a request with its deadline and state."""
    return StateFact(REQUESTS, tuple(layout_of(REQUESTS).record("requests", id).values()), block_number)


def decode_request(id: bytes, values: Mapping[bytes, bytes]) -> Request:
    """Read the request from the words proven for request_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    slots = layout_of(REQUESTS).record("requests", id)
    return Request(
        asset=layout.digest(values, slots["asset"]),
        owner=layout.digest(values, slots["owner"]),
        requester=layout.digest(values, slots["requester"]),
        category=layout.number(values, slots["category"]),
        entry=layout.digest(values, slots["entry"]),
        received=layout.number(values, slots["received"]),
        days=layout.number(values, slots["days"]),
        unit=layout.number(values, slots["unit"]),
        due=layout.number(values, slots["due"]),
        extended=_flag("extended", layout.number(values, slots["extended"])),
        supplemented=_flag("supplemented", layout.number(values, slots["supplemented"])),
        supply=layout.number(values, slots["supply"]),
        state=_state(layout.number(values, slots["state"])),
    )


def scope_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: what a request asks to be permitted."""
    return StateFact(REQUESTS, tuple(layout_of(REQUESTS).record("scopes", id).values()), block_number)


def decode_scope(id: bytes, values: Mapping[bytes, bytes]) -> Scope:
    """Read the scope from the words proven for scope_fact; all zero if there is no request.

    Raises:
        InvalidRecord: the proof does not cover it.
    """
    slots = layout_of(REQUESTS).record("scopes", id)
    return Scope(
        purpose=layout.digest(values, slots["purpose"]),
        operations=layout.number(values, slots["operations"]),
        terms=layout.digest(values, slots["terms"]),
        valid_from=layout.number(values, slots["valid_from"]),
        valid_until=layout.number(values, slots["valid_until"]),
        max_uses=layout.number(values, slots["max_uses"]),
    )


def _flag(name: str, value: int) -> bool:
    if value > 1:
        raise InvalidRecord(f"request: {name}: expected a boolean, got {value}")
    return bool(value)


def _state(value: int) -> RequestState:
    try:
        return RequestState(value)
    except ValueError as exc:
        raise InvalidRecord(f"request state: expected 0 to 5, got {value}") from exc
