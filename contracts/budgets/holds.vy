# pragma version 0.4.3
# @license Apache-2.0
# @title Holds
# @notice The way of one promised amount: reserved, then consumed and settled, or refunded.
# @dev A reservation counts as spent from its first moment on. Only Jobs' word that its attempt ended before any opening
#      gives it back, less what the protocol itself had shown by then; so neither a crash nor silence makes anything free.

from contracts.budgets import attempts
from contracts.budgets import funds
from contracts.jobs import progress

uses: funds

struct Reservation:
    period: bytes32
    mode: uint256
    amount: uint256
    side: uint256
    window: bytes32
    state: uint256

RESERVED: constant(uint256) = 1
CONSUMED: constant(uint256) = 2
SETTLED: constant(uint256) = 3
REFUNDED: constant(uint256) = 4

reservations: public(HashMap[bytes32, HashMap[uint256, HashMap[bytes32, Reservation]]])


@internal
@pure
def _require_sound(wanted: Reservation):
    assert wanted.period != empty(bytes32), "budgets: period missing"
    assert wanted.mode == funds.EXACT or wanted.mode == funds.PRIVATE, "budgets: mode"
    assert wanted.amount <= funds.MAX_AMOUNT and wanted.side <= wanted.amount, "budgets: amount"


@internal
@view
def _is_held(job: bytes32, attempt: uint256, asset: bytes32, wanted: Reservation) -> bool:
    """
    @notice Whether this very reservation stands already; reverts if another one does.
    """
    held: Reservation = self.reservations[job][attempt][asset]
    if held.state == 0:
        return False
    assert held.period == wanted.period and held.mode == wanted.mode, "budgets: reserved otherwise"
    assert held.amount == wanted.amount and held.side == wanted.side, "budgets: reserved otherwise"
    return True


@internal
def _reserve(job: bytes32, attempt: uint256, asset: bytes32, recipient_class: bytes32, wanted: Reservation) -> bytes32:
    """
    @notice Take the amount out of both pots, or revert; return the window it counts in.
    """
    entry: Reservation = wanted
    entry.window = funds._reserve(asset, wanted.period, recipient_class, wanted.mode, wanted.amount)
    self.reservations[job][attempt][asset] = entry
    return entry.window


@internal
def _consume(job: bytes32, attempt: uint256, asset: bytes32) -> uint256:
    """
    @notice Spend the amount once Jobs shows an opening of the attempt.
    """
    held: Reservation = self._held(job, attempt, asset)
    assert held.state == RESERVED, "budgets: state"
    assert attempts._fate(attempts._job(job), attempt) == attempts.OPENED, "budgets: not opened"
    self._end(job, attempt, asset, held, CONSUMED, held.amount)
    return held.amount


@internal
def _settle(job: bytes32, attempt: uint256, asset: bytes32) -> uint256:
    """
    @notice Close the account of a released attempt; spends the amount if nobody consumed it. Returns what that was.
    """
    held: Reservation = self._held(job, attempt, asset)
    assert held.state <= CONSUMED, "budgets: state"
    entry: progress.Job = attempts._job(job)
    assert entry.state == progress.RELEASED and entry.attempt == attempt, "budgets: not released"
    if held.state == RESERVED:
        self._end(job, attempt, asset, held, SETTLED, held.amount)
        return held.amount
    self.reservations[job][attempt][asset].state = SETTLED
    return 0


@internal
def _refund(job: bytes32, attempt: uint256, asset: bytes32) -> (uint256, bool):
    """
    @notice Give back what was not shown, once Jobs says that the attempt ended before any opening.
    @dev An exact attempt that had begun keeps the mode: its owners know its threshold's bits, and these are exact.
    @return What stays spent, and whether messages of the protocol may have left.
    """
    held: Reservation = self._held(job, attempt, asset)
    assert held.state == RESERVED, "budgets: state"
    entry: progress.Job = attempts._job(job)
    assert attempts._fate(entry, attempt) == attempts.ENDED, "budgets: not ended unopened"
    begun: bool = attempts._begun(entry, attempt)
    spent: uint256 = held.side if begun else 0
    self._end(job, attempt, asset, held, REFUNDED, spent)
    if not begun or (held.mode == funds.PRIVATE and held.side == 0):
        funds._leave(asset, held.period)
    return spent, begun


@internal
@view
def _held(job: bytes32, attempt: uint256, asset: bytes32) -> Reservation:
    held: Reservation = self.reservations[job][attempt][asset]
    assert held.state != 0, "budgets: nothing reserved"
    return held


@internal
def _end(job: bytes32, attempt: uint256, asset: bytes32, held: Reservation, state: uint256, spent: uint256):
    funds._resolve(asset, held.period, held.window, held.amount, spent)
    self.reservations[job][attempt][asset].state = state
