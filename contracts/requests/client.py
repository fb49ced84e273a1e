"""Calls of Requests, the facts one can have proven about it, and what the proven words mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts.addresses import REQUESTS
from contracts.authorizations.record import Scope
from contracts.records import decode_struct, struct_fact
from contracts.requests.calls import AskSupplement, Consent, Extend, Refuse, Submit, Withdraw
from contracts.requests.record import Request
from ledger.chain.port import Operation, StateFact


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
    return struct_fact(REQUESTS, "requests", id, block_number=block_number)


def decode_request(id: bytes, values: Mapping[bytes, bytes]) -> Request:
    """Read the request from the words proven for request_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores.
    """
    return decode_struct(Request, values, REQUESTS, "requests", id)


def scope_fact(id: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: what a request asks to be permitted."""
    return struct_fact(REQUESTS, "scopes", id, block_number=block_number)


def decode_scope(id: bytes, values: Mapping[bytes, bytes]) -> Scope:
    """Read the scope from the words proven for scope_fact; all zero if there is no request.

    Raises:
        InvalidRecord: the proof does not cover it.
    """
    return decode_struct(Scope, values, REQUESTS, "scopes", id)
