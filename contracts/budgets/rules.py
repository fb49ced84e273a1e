"""The rules of Budgets as values and functions: what ``budgets.vy`` accepts, refuses and records.

The contract decides; this is its oracle in tests, what nodes judge proven records by, and the source of messages. Same
order of checks and the same reason texts as the contract. It does not know what a job ought to cost: the amounts follow
from specifications, which the contract never sees, and nodes compare them (``mpc.privacy.budget``).
"""

from __future__ import annotations

from dataclasses import replace

from contracts.addresses import BUDGETS
from contracts.budgets import holds, limits
from contracts.budgets.calls import (
    CLASS_ASSIGNED,
    Assign,
    Call,
    Confirm,
    Consume,
    Lower,
    Propose,
    Refund,
    Reserve,
    Settle,
)
from contracts.budgets.record import CLASSES, NOTHING
from contracts.budgets.state import BudgetWorld, Moved, State
from ledger.errors import InvalidRecord, NotAuthorized


def apply(state: State, call: Call, caller: bytes, now: int, world: BudgetWorld) -> Moved:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if not isinstance(call, Lower | Consume | Settle):  # a pause keeps nobody from lowering or from paying
        world.require_open(BUDGETS)
    match call:
        case Propose() | Confirm() | Lower():
            return limits.change(state, call, caller, now, world)
        case Reserve():
            return holds.reserve(state, call, caller, now, world)
        case Consume() | Settle() | Refund():
            return holds.end(state, call, caller, now, world)
        case Assign():
            return _assign(state, call, caller, world)


def _assign(state: State, call: Assign, caller: bytes, world: BudgetWorld) -> Moved:
    if not world.is_governance(caller):
        raise NotAuthorized("budgets: governance only")
    if call.party == NOTHING:
        raise InvalidRecord("budgets: party missing")
    state = replace(state, classes={**state.classes, call.party: call.recipient_class})
    return state.recorded(CLASS_ASSIGNED, CLASSES, call.party, call.recipient_class)
