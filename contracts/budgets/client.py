"""Calls of Budgets, the facts one can have proven about it, and what the proven words mean.

Op_ids are derived from what a call is about, so that a node that repeats itself after a crash repeats the same
operation. A refusal by the contract is final for its op_id: a second try has a higher ``again``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple

from contracts import layout
from contracts.addresses import BUDGETS
from contracts.budgets.calls import Ending, Limiting, Reserve
from contracts.budgets.record import (
    Pot,
    Proposal,
    Rate,
    Reservation,
    Window,
)
from contracts.layout import layout_of
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import Operation, StateFact
from ledger.hashing import tagged


def operation_id(job: bytes, attempt: int, asset: bytes, method: str, by: bytes, again: int = 0) -> bytes:
    """Derive the op_id of a party's call about one reservation."""
    numbers = attempt.to_bytes(8, "big"), again.to_bytes(8, "big")
    return tagged("shuxin budget call v1", job, asset, *numbers, by, method.encode("ascii"))


def limit_operation_id(asset: bytes, method: str, officer: bytes, n: int) -> bytes:
    """Derive the op_id of an officer's call about a limit.

    Args:
        officer: the address that calls. n: the number of changes the asset's account has had and of refusals since.
    """
    return tagged("shuxin budget limit v1", asset, method.encode("ascii"), officer, n.to_bytes(8, "big"))


def limit(call: Limiting, *, op_id: bytes) -> Operation:
    """Build an officer's call that proposes, confirms or lowers a limit."""
    return Operation(BUDGETS, type(call).__name__.lower(), astuple(call), op_id)


def reserve(call: Reserve, *, party: bytes, again: int = 0) -> Operation:
    """Build the owner's promise; party is the one that will make the call, here and below."""
    op_id = operation_id(call.job, call.attempt, call.asset, "reserve", party, again)
    return Operation(BUDGETS, "reserve", (*astuple(call)[:4], int(call.mode), call.amount, call.side), op_id)


def end(call: Ending, *, party: bytes, again: int = 0) -> Operation:
    """Build the call that consumes, settles or refunds a reservation."""
    method = type(call).__name__.lower()
    op_id = operation_id(call.job, call.attempt, call.asset, method, party, again)
    return Operation(BUDGETS, method, astuple(call), op_id)


def pot_fact(asset: bytes, period: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: the lifetime pot of a data period."""
    return struct_fact(BUDGETS, "pots", asset, period, block_number=block_number)


def decode_pot(asset: bytes, period: bytes, values: Mapping[bytes, bytes]) -> Pot:
    """Read the pot from the words proven for pot_fact.

    Raises:
        InvalidRecord: the proof does not cover it, or a word is none the contract stores; so below.
    """
    return decode_struct(Pot, values, BUDGETS, "pots", asset, period)


def rate_fact(asset: bytes, recipient_class: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: the rate declared for a class of recipients."""
    return struct_fact(BUDGETS, "rates", asset, recipient_class, block_number=block_number)


def decode_rate(asset: bytes, recipient_class: bytes, values: Mapping[bytes, bytes]) -> Rate:
    """Read the rate from the words proven for rate_fact; length 0 proves that there is none."""
    return decode_struct(Rate, values, BUDGETS, "rates", asset, recipient_class)


def window_fact(window: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: what a window (``record.window_id``) has used."""
    return struct_fact(BUDGETS, "windows", window, block_number=block_number)


def decode_window(window: bytes, values: Mapping[bytes, bytes]) -> Window:
    """Read the window from the words proven for window_fact."""
    return decode_struct(Window, values, BUDGETS, "windows", window)


def proposal_fact(asset: bytes, pot: bytes, is_rate: bool, block_number: int | None = None) -> StateFact:
    """Name the fact: what one officer has proposed for a pot."""
    return struct_fact(BUDGETS, "proposals", asset, pot, layout.word(is_rate), block_number=block_number)


def decode_proposal(asset: bytes, pot: bytes, is_rate: bool, values: Mapping[bytes, bytes]) -> Proposal:
    """Read the proposal from the words proven for proposal_fact."""
    return decode_struct(Proposal, values, BUDGETS, "proposals", asset, pot, layout.word(is_rate))


def reservation_fact(job: bytes, attempt: int, asset: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: what an attempt of a job takes out of an asset's pots."""
    return struct_fact(BUDGETS, "reservations", job, layout.word(attempt), asset, block_number=block_number)


def decode_reservation(job: bytes, attempt: int, asset: bytes, values: Mapping[bytes, bytes]) -> Reservation:
    """Read the reservation from the words proven for reservation_fact; its state is UNKNOWN if there is none."""
    return decode_struct(Reservation, values, BUDGETS, "reservations", job, layout.word(attempt), asset)


def class_fact(party: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: which class of recipients a party is in."""
    return StateFact(BUDGETS, (layout_of(BUDGETS).slot("classes", party),), block_number)


def decode_class(party: bytes, values: Mapping[bytes, bytes]) -> bytes:
    """Read the class from the word proven for class_fact; zero is everybody's."""
    return layout.digest(values, layout_of(BUDGETS).slot("classes", party))
