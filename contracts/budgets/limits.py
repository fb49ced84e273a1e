"""Who sets how much: two officers of the owner raise a limit, one of them lowers it; ``limits.vy`` in Python."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from contracts.budgets.calls import LIMIT_LOWERED, LIMIT_PROPOSED, LIMIT_RAISED, Confirm, Limiting, Lower, Propose
from contracts.budgets.record import MAX_AMOUNT, NOBODY, NOTHING, Proposal, Rate, window_id
from contracts.budgets.state import BudgetWorld, Moved, State
from contracts.world import AgentRole
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

# Seconds. A longer window is a lifetime pot in disguise.
MAX_LENGTH: Final = 10 * 365 * 86400


def change(state: State, call: Limiting, caller: bytes, now: int, world: BudgetWorld) -> Moved:
    party = world.acting(caller, AgentRole.OFFICER, now)
    if world.offered(call.asset) != party:
        raise NotAuthorized("budgets: asset of another party")
    values = (party, call.pot, call.length, call.limit)
    match call:
        case Propose():
            _require_raise(state, call)
            state = _with_proposal(state, call, Proposal(call.length, call.limit, caller))
            return state.recorded(LIMIT_PROPOSED, call.asset, *values, caller)
        case Confirm():
            proposer = _proposer(state, call, party, caller, now, world)
            _require_raise(state, call)
            return _set(state, call).recorded(LIMIT_RAISED, call.asset, *values, proposer, caller)
        case Lower():
            _require_lower(state, call, now)
            return _set(state, call).recorded(LIMIT_LOWERED, call.asset, *values, caller)


def _require_raise(state: State, call: Limiting) -> None:
    if call.limit > MAX_AMOUNT:
        raise InvalidRecord("budgets: amount")
    if call.length == 0:
        if call.pot == NOTHING:
            raise InvalidRecord("budgets: period missing")
        if call.limit <= state.pot(call.asset, call.pot).limit:
            raise Conflict("budgets: not a raise")
        return
    if call.length > MAX_LENGTH:
        raise InvalidRecord("budgets: length")
    rate = state.rate(call.asset, call.pot)
    if call.length == rate.length and call.limit <= rate.limit:
        raise Conflict("budgets: not a raise")


def _proposer(state: State, call: Confirm, party: bytes, caller: bytes, now: int, world: BudgetWorld) -> bytes:
    """Return the officer who proposed this very limit, is another one and still in office."""
    found = state.proposal(call)
    if found.officer == NOBODY:
        raise NotFound("budgets: nothing proposed")
    if (found.limit, found.length) != (call.limit, call.length):
        raise Conflict("budgets: not what was proposed")
    if found.officer == caller or world.acting(found.officer, AgentRole.OFFICER, now) != party:
        raise NotAuthorized("budgets: two officers needed")
    return found.officer


def _require_lower(state: State, call: Lower, now: int) -> None:
    pot = state.pot(call.asset, call.pot)
    before, used = pot.limit, pot.used
    if call.length:
        rate = state.rate(call.asset, call.pot)
        if rate.length != call.length:
            raise Conflict("budgets: length")
        before, used = rate.limit, state.window(window_id(call.asset, call.pot, call.length, now)).used
    if call.limit > before:
        raise Conflict("budgets: not lower")
    if call.limit < used:
        raise Conflict("budgets: spent or reserved")


def _set(state: State, call: Limiting) -> State:
    key = (call.asset, call.pot)
    if call.length:
        state = replace(state, rates={**state.rates, key: Rate(call.limit, call.length)})
    else:
        state = replace(state, pots={**state.pots, key: replace(state.pot(*key), limit=call.limit)})
    return _with_proposal(state, call, Proposal())


def _with_proposal(state: State, call: Limiting, proposal: Proposal) -> State:
    return replace(state, proposals={**state.proposals, (call.asset, call.pot, call.length != 0): proposal})
