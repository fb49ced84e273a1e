"""The rules of Budgets as values and functions: what ``budgets.vy`` accepts, refuses and records.

The contract decides; this is its oracle in tests, what nodes judge proven records by, and the source of messages. Same
order of checks and the same reason texts as the contract. It does not know what a job ought to cost: the amounts follow
from specifications, which the contract never sees, and nodes compare them (``mpc.budget``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, Protocol, TypeAlias

from contracts.addresses import BUDGETS
from contracts.authorizations.record import Authorization
from contracts.budgets.calls import (
    BUDGET_CONSUMED,
    BUDGET_REFUNDED,
    BUDGET_RESERVED,
    BUDGET_SETTLED,
    CLASS_ASSIGNED,
    LIMIT_LOWERED,
    LIMIT_PROPOSED,
    LIMIT_RAISED,
    Assign,
    Call,
    Confirm,
    Consume,
    Ending,
    Limiting,
    Lower,
    Propose,
    Refund,
    Reserve,
    Settle,
)
from contracts.budgets.record import (
    CLASSES,
    EVERYBODY,
    MAX_AMOUNT,
    NOBODY,
    NOTHING,
    Fate,
    Mode,
    Pot,
    Proposal,
    Rate,
    Reservation,
    ReservationState,
    Window,
    mode_of,
    window_id,
)
from contracts.history import Change, Journal
from contracts.jobs.record import Job, JobState, Roster, Step
from contracts.world import AgentRole, World
from ledger.abi import AbiValue
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

# Seconds. A longer window is a lifetime pot in disguise.
MAX_LENGTH: Final = 10 * 365 * 86400


class BudgetWorld(World, Protocol):
    """What the rules ask besides: Catalogue, Authorizations and Jobs."""

    def offered(self, asset: bytes) -> bytes:
        """Return the owner of a mounted, shareable asset, else zero."""
        ...

    def authorization(self, id: bytes) -> Authorization:
        """Return a record, all zero for an unknown one."""
        ...

    def job(self, job: bytes) -> Job:
        """Return a record, all zero for an unknown one."""
        ...

    def roster(self, job: bytes) -> Roster:
        """Return who takes part, nobody for an unknown job."""
        ...


ReservationKey: TypeAlias = tuple[bytes, int, bytes]
"""Job, attempt and asset."""


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    pots: Mapping[tuple[bytes, bytes], Pot] = field(default_factory=dict)
    rates: Mapping[tuple[bytes, bytes], Rate] = field(default_factory=dict)
    windows: Mapping[bytes, Window] = field(default_factory=dict)
    proposals: Mapping[tuple[bytes, bytes, bool], Proposal] = field(default_factory=dict)
    reservations: Mapping[ReservationKey, Reservation] = field(default_factory=dict)
    classes: Mapping[bytes, bytes] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def pot(self, asset: bytes, period: bytes) -> Pot:
        return self.pots.get((asset, period), Pot())

    def rate(self, asset: bytes, recipient_class: bytes) -> Rate:
        return self.rates.get((asset, recipient_class), Rate())

    def window(self, window: bytes) -> Window:
        return self.windows.get(window, Window())

    def proposal(self, call: Limiting) -> Proposal:
        return self.proposals.get((call.asset, call.pot, call.length != 0), Proposal())

    def reservation(self, job: bytes, attempt: int, asset: bytes) -> Reservation:
        return self.reservations.get((job, attempt, asset), Reservation())


Moved: TypeAlias = tuple[State, tuple[Change, ...]]


def apply(state: State, call: Call, caller: bytes, now: int, world: BudgetWorld) -> Moved:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if not isinstance(call, Lower | Consume | Settle):  # a pause keeps nobody from lowering or from paying
        world.require_open(BUDGETS)
    match call:
        case Propose() | Confirm() | Lower():
            return _limit(state, call, caller, now, world)
        case Reserve():
            return _reserve(state, call, caller, now, world)
        case Consume() | Settle() | Refund():
            return _end(state, call, caller, now, world)
        case Assign():
            return _assign(state, call, caller, world)


def fate(job: Job, attempt: int) -> Fate:
    """Say what became of an attempt, as far as Jobs' record of the newest one tells."""
    if attempt != job.attempt:
        return Fate.OPENED if job.frozen else Fate.ENDED
    if job.done(Step.OPEN):
        return Fate.OPENED
    return Fate.ENDED if job.state in (JobState.ABORTED, JobState.REFUSED) else Fate.RUNNING


def has_begun(job: Job, attempt: int) -> bool:
    """Say whether all members had committed, so that messages of the protocol may have left; in doubt, yes."""
    return attempt != job.attempt or job.done(Step.COMMIT) == job.members


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


def _limit(state: State, call: Limiting, caller: bytes, now: int, world: BudgetWorld) -> Moved:
    party = world.acting(caller, AgentRole.OFFICER, now)
    if world.offered(call.asset) != party:
        raise NotAuthorized("budgets: asset of another party")
    values = (party, call.pot, call.length, call.limit)
    match call:
        case Propose():
            _require_raise(state, call)
            state = _with_proposal(state, call, Proposal(call.length, call.limit, caller))
            return _record(state, LIMIT_PROPOSED, call.asset, *values, caller)
        case Confirm():
            proposer = _proposer(state, call, party, caller, now, world)
            _require_raise(state, call)
            return _record(_set(state, call), LIMIT_RAISED, call.asset, *values, proposer, caller)
        case Lower():
            _require_lower(state, call, now)
            return _record(_set(state, call), LIMIT_LOWERED, call.asset, *values, caller)


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


def _reserve(state: State, call: Reserve, caller: bytes, now: int, world: BudgetWorld) -> Moved:
    party = world.acting(caller, AgentRole.NODE, now)
    _check_amounts(call)
    recipient = _recipient(call, party, now, world)
    wanted = Reservation(call.period, mode_of(call.mode), call.amount, call.side)
    held = state.reservation(call.job, call.attempt, call.asset)
    if held.state:
        if replace(held, window=NOTHING, state=ReservationState.UNKNOWN) != wanted:
            raise Conflict("budgets: reserved otherwise")
        return state, ()
    recipient_class = state.classes.get(recipient, EVERYBODY)
    rate, pot = state.rate(call.asset, recipient_class), state.pot(call.asset, call.period)
    window = window_id(call.asset, recipient_class, rate.length, now) if rate.length else NOTHING
    require_room(pot, rate, state.window(window), wanted.mode, call.amount)
    state = _book(state, call.asset, replace(wanted, window=window), reserved=call.amount)
    state = _with_reservation(state, call, replace(wanted, window=window, state=ReservationState.RESERVED))
    values = (call.job, call.attempt, call.period, call.mode, call.amount, call.side, recipient_class, window)
    return _record(state, BUDGET_RESERVED, call.asset, party, *values)


def _check_amounts(call: Reserve) -> None:
    if call.period == NOTHING:
        raise InvalidRecord("budgets: period missing")
    if call.mode not in (Mode.EXACT, Mode.PRIVATE):
        raise InvalidRecord("budgets: mode")
    if not call.side <= call.amount <= MAX_AMOUNT:
        raise InvalidRecord("budgets: amount")


def _recipient(call: Reserve, party: bytes, now: int, world: BudgetWorld) -> bytes:
    """Return the job's recipient if this party supplies the asset to the attempt, accepted by all, opened by nobody."""
    entry, roster = world.job(call.job), world.roster(call.job)
    if not entry.state:
        raise NotFound("budgets: unknown job")
    if call.attempt != entry.attempt:
        raise Conflict("budgets: attempt")
    if now >= entry.deadline:
        raise Conflict("budgets: deadline")
    if entry.state is JobState.PROPOSED:
        raise Conflict("budgets: not accepted by all")
    if entry.state > JobState.COMMITTED:
        raise Conflict("budgets: opened or over")
    held = roster.authorized(entry.members & roster.bit(party))
    if held in ((), (NOTHING,)) or world.authorization(held[0]).asset != call.asset:
        raise NotAuthorized("budgets: asset not supplied")
    return entry.recipient


def _end(state: State, call: Ending, caller: bytes, now: int, world: BudgetWorld) -> Moved:
    party = world.acting(caller, AgentRole.NODE | AgentRole.OFFICER, now)
    if party not in world.roster(call.job).parties:
        raise NotAuthorized("budgets: no party of the job")
    held, job = state.reservation(call.job, call.attempt, call.asset), world.job(call.job)
    if not held.state:
        raise NotFound("budgets: nothing reserved")
    signature, after, spent = _resolution(call, held, job)
    if held.state is ReservationState.RESERVED:
        state = _book(state, call.asset, held, reserved=-held.amount, spent=spent)
    state = _with_reservation(state, call, replace(held, state=after))
    return _record(state, signature, call.asset, party, call.job, call.attempt, spent)


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


def _book(state: State, asset: bytes, held: Reservation, *, reserved: int, spent: int = 0) -> State:
    """Move an amount in both pots; the first booking fixes the mode."""
    pot = state.pot(asset, held.period)
    pot = replace(pot, reserved=pot.reserved + reserved, spent=pot.spent + spent, mode=held.mode)
    state = replace(state, pots={**state.pots, (asset, held.period): pot})
    if held.window == NOTHING:
        return state
    window = state.window(held.window)
    window = Window(window.spent + spent, window.reserved + reserved)
    return replace(state, windows={**state.windows, held.window: window})


def _with_reservation(state: State, call: Reserve | Ending, held: Reservation) -> State:
    return replace(state, reservations={**state.reservations, (call.job, call.attempt, call.asset): held})


def _assign(state: State, call: Assign, caller: bytes, world: BudgetWorld) -> Moved:
    if not world.is_governance(caller):
        raise NotAuthorized("budgets: governance only")
    if call.party == NOTHING:
        raise InvalidRecord("budgets: party missing")
    state = replace(state, classes={**state.classes, call.party: call.recipient_class})
    return _record(state, CLASS_ASSIGNED, CLASSES, call.party, call.recipient_class)


def _record(state: State, signature: str, entity: bytes, *values: AbiValue) -> Moved:
    journal, change = state.journal.record(signature, entity, *values)
    return replace(state, journal=journal), (change,)
