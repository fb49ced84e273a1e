"""The way of one promised amount: reserved, then consumed and settled, or refunded; ``holds.vy`` in Python."""

from __future__ import annotations

from dataclasses import replace

from contracts.budgets.attempts import fate, has_begun, supplied_recipient
from contracts.budgets.calls import (
    BUDGET_CONSUMED,
    BUDGET_REFUNDED,
    BUDGET_RESERVED,
    BUDGET_SETTLED,
    Consume,
    Ending,
    Refund,
    Reserve,
    Settle,
)
from contracts.budgets.record import (
    EVERYBODY,
    MAX_AMOUNT,
    NOTHING,
    Fate,
    Mode,
    Pot,
    Rate,
    Reservation,
    ReservationState,
    Window,
    window_id,
)
from contracts.budgets.state import BudgetWorld, Moved, State
from contracts.jobs.record import Job, JobState
from contracts.records import choice
from contracts.world import AgentRole
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound


def require_room(pot: Pot, rate: Rate, window: Window, mode: Mode, amount: int) -> None:
    """Refuse an amount that one of the pots cannot give.

    Raises:
        Conflict: the mode is the other one. NotAuthorized: a pot is exhausted.
    """
    if pot.mode not in (Mode.UNSET, mode):
        raise Conflict("budgets: pot of the other mode")
    if pot.used + amount > pot.limit:
        raise NotAuthorized("budgets: lifetime pot")
    if rate.length and window.used + amount > rate.limit:
        raise NotAuthorized("budgets: rate pot")


def reserve(state: State, call: Reserve, caller: bytes, now: int, world: BudgetWorld) -> Moved:
    """Promise what an attempt costs an asset; the same again does nothing."""
    party = world.acting(caller, AgentRole.NODE, now)
    _check_amounts(call)
    recipient = supplied_recipient(call, party, now, world)
    wanted = Reservation(call.period, choice(Mode, call.mode), call.amount, call.side)
    held = state.reservation(call.job, call.attempt, call.asset)
    if held.state:
        if replace(held, window=NOTHING, state=ReservationState.UNKNOWN) != wanted:
            raise Conflict("budgets: reserved otherwise")
        return state, ()
    recipient_class = state.classes.get(recipient, EVERYBODY)
    rate, pot = state.rate(call.asset, recipient_class), state.pot(call.asset, call.period)
    window = window_id(call.asset, recipient_class, rate.length, now) if rate.length else NOTHING
    require_room(pot, rate, state.window(window), wanted.mode, call.amount)
    state = _with_pot(state, call.asset, call.period, pot.promise(wanted.mode, call.amount))
    state = _with_used(state, window, reserved=call.amount)
    state = _with_reservation(state, call, replace(wanted, window=window, state=ReservationState.RESERVED))
    values = (call.job, call.attempt, call.period, call.mode, call.amount, call.side, recipient_class, window)
    return state.recorded(BUDGET_RESERVED, call.asset, party, *values)


def _check_amounts(call: Reserve) -> None:
    if call.period == NOTHING:
        raise InvalidRecord("budgets: period missing")
    if call.mode not in (Mode.EXACT, Mode.PRIVATE):
        raise InvalidRecord("budgets: mode")
    if not call.side <= call.amount <= MAX_AMOUNT:
        raise InvalidRecord("budgets: amount")


def end(state: State, call: Ending, caller: bytes, now: int, world: BudgetWorld) -> Moved:
    """Spend, close or give back a reservation, as Jobs shows it is due."""
    party = world.acting(caller, AgentRole.NODE | AgentRole.OFFICER, now)
    if party not in world.roster(call.job).parties:
        raise NotAuthorized("budgets: no party of the job")
    held, job = state.reservation(call.job, call.attempt, call.asset), world.job(call.job)
    if not held.state:
        raise NotFound("budgets: nothing reserved")
    signature, after, spent = _resolution(call, held, job)
    begun = (has_begun(job, call.attempt),) if isinstance(call, Refund) else ()
    if held.state is ReservationState.RESERVED:
        pot = state.pot(call.asset, held.period).resolve(held.amount, spent)
        state = _with_pot(state, call.asset, held.period, pot.leave() if begun and not held.has_shown(*begun) else pot)
        state = _with_used(state, held.window, reserved=-held.amount, spent=spent)
    state = _with_reservation(state, call, replace(held, state=after))
    return state.recorded(signature, call.asset, party, call.job, call.attempt, spent, *begun)


def _resolution(call: Ending, held: Reservation, job: Job) -> tuple[str, ReservationState, int]:
    """Return the event, the state after it and what it spends."""
    is_settled_late = isinstance(call, Settle) and held.state is ReservationState.CONSUMED
    if held.state is not ReservationState.RESERVED and not is_settled_late:
        raise Conflict("budgets: state")
    match call:
        case Consume():
            if fate(job, call.attempt) is not Fate.OPENED:
                raise Conflict("budgets: not opened")
            return BUDGET_CONSUMED, ReservationState.CONSUMED, held.amount
        case Settle():
            if job.state is not JobState.RELEASED or job.attempt != call.attempt:
                raise Conflict("budgets: not released")
            is_open = held.state is ReservationState.RESERVED
            return BUDGET_SETTLED, ReservationState.SETTLED, held.amount if is_open else 0
        case Refund():
            if fate(job, call.attempt) is not Fate.ENDED:
                raise Conflict("budgets: not ended unopened")
            return BUDGET_REFUNDED, ReservationState.REFUNDED, held.side if has_begun(job, call.attempt) else 0


def _with_pot(state: State, asset: bytes, period: bytes, pot: Pot) -> State:
    return replace(state, pots={**state.pots, (asset, period): pot})


def _with_used(state: State, id: bytes, *, reserved: int, spent: int = 0) -> State:
    """Move an amount in the window it counts in, if there is one."""
    if id == NOTHING:
        return state
    window = state.window(id)
    return replace(state, windows={**state.windows, id: Window(window.spent + spent, window.reserved + reserved)})


def _with_reservation(state: State, call: Reserve | Ending, held: Reservation) -> State:
    return replace(state, reservations={**state.reservations, (call.job, call.attempt, call.asset): held})
