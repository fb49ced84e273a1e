"""An asset's account from its events: each change in the domain's words, and the pots they lead to.

It reads events, it does not verify that they are all there: ``contracts.proven.verify_events`` does. A reader who has
verified them needs no other proof of what was spent, on what, and who raised which limit.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, cast

from contracts.budgets.calls import (
    BUDGET_CONSUMED,
    BUDGET_REFUNDED,
    BUDGET_RESERVED,
    BUDGET_SETTLED,
    CLASS_ASSIGNED,
    LIMIT_LOWERED,
    LIMIT_PROPOSED,
    LIMIT_RAISED,
)
from contracts.budgets.record import CLASSES, Mode, Pot, Reservation, ReservationState
from contracts.history import Recorded
from contracts.records import choice
from ledger.abi import AbiValue, decode, topic
from ledger.errors import InvalidRecord

_LIMITS: Final = {topic(text): text for text in (LIMIT_PROPOSED, LIMIT_RAISED, LIMIT_LOWERED)}
_ENDS: Final = {
    topic(BUDGET_CONSUMED): (BUDGET_CONSUMED, ReservationState.CONSUMED),
    topic(BUDGET_SETTLED): (BUDGET_SETTLED, ReservationState.SETTLED),
    topic(BUDGET_REFUNDED): (BUDGET_REFUNDED, ReservationState.REFUNDED),
}


@dataclass(frozen=True, slots=True)
class LimitChange:
    """A limit proposed, raised or lowered; officers in the order in which they acted."""

    n: int
    party: bytes
    pot: bytes
    length: int
    limit: int
    officers: tuple[bytes, ...]
    is_in_force: bool


@dataclass(frozen=True, slots=True)
class Charge:
    """An amount reserved for an attempt."""

    n: int
    party: bytes
    job: bytes
    attempt: int
    recipient_class: bytes
    reservation: Reservation


@dataclass(frozen=True, slots=True)
class Ended:
    """A reservation consumed, settled or refunded, and what that spent. begun: messages may have left by then."""

    n: int
    party: bytes
    job: bytes
    attempt: int
    state: ReservationState
    spent: int
    begun: bool = True


BudgetChange: TypeAlias = LimitChange | Charge | Ended


@dataclass(frozen=True, slots=True)
class Account:
    """Everything that happened to one asset's pots, in order, and what it amounts to."""

    changes: tuple[BudgetChange, ...]
    pots: dict[bytes, Pot]  # by data period
    reservations: dict[tuple[bytes, int], Reservation]  # by job and attempt


def account(events: Iterable[Recorded]) -> Account:
    """Read an asset's events, in order from the first.

    Raises:
        InvalidRecord: they are not the events of one asset from the first on.
    """
    found = Account((), {}, {})
    for n, event in enumerate(events, start=1):
        change = read_change(event)
        if change.n != n:
            raise InvalidRecord(f"budget history: expected change {n}, got {change.n}")
        _follow(found, change)
        found = replace(found, changes=(*found.changes, change))
    return found


def read_change(event: Recorded) -> BudgetChange:
    """Read one event of an asset.

    Raises:
        InvalidRecord: it is none.
    """
    kind = event.topics[0] if len(event.topics) == 2 else b""
    if kind in _LIMITS:
        return _limit_change(_LIMITS[kind], event.data)
    if kind in _ENDS:
        signature, state = _ENDS[kind]
        n, party, job, attempt, spent, *begun = _values(signature, event.data)
        return Ended(
            cast(int, n), cast(bytes, party), cast(bytes, job), cast(int, attempt), state, cast(int, spent),
            *cast("list[bool]", begun),
        )  # fmt: skip
    if kind == topic(BUDGET_RESERVED):
        return _charge(event.data)
    raise InvalidRecord("budget history: expected an event of an asset's budget")


def classes(events: Iterable[Recorded]) -> dict[bytes, bytes]:
    """Read the partition of recipients from its events: class by party; parties left out are in class zero.

    Raises:
        InvalidRecord: they are not the partition's events.
    """
    found: dict[bytes, bytes] = {}
    for event in events:
        if tuple(event.topics) != (topic(CLASS_ASSIGNED), CLASSES):
            raise InvalidRecord("recipient classes: expected an event of the partition")
        _, party, recipient_class = _values(CLASS_ASSIGNED, event.data)
        found[cast(bytes, party)] = cast(bytes, recipient_class)
    return found


def _limit_change(signature: str, data: bytes) -> LimitChange:
    n, party, pot, length, limit, *officers = _values(signature, data)
    return LimitChange(
        cast(int, n), cast(bytes, party), cast(bytes, pot), cast(int, length), cast(int, limit),
        tuple(cast("list[bytes]", officers)), signature != LIMIT_PROPOSED,
    )  # fmt: skip


def _charge(data: bytes) -> Charge:
    n, party, job, attempt, period, mode, amount, side, recipient_class, window = _values(BUDGET_RESERVED, data)
    held = Reservation(
        cast(bytes, period), choice(Mode, cast(int, mode)), cast(int, amount), cast(int, side), cast(bytes, window),
        ReservationState.RESERVED,
    )  # fmt: skip
    return Charge(
        cast(int, n), cast(bytes, party), cast(bytes, job), cast(int, attempt), cast(bytes, recipient_class), held
    )


def _follow(found: Account, change: BudgetChange) -> None:
    """Bring the totals up to a change that the contract has accepted; nothing is judged again."""
    match change:
        case LimitChange(is_in_force=True, length=0):
            pot = found.pots.get(change.pot, Pot())
            found.pots[change.pot] = replace(pot, limit=change.limit)
        case Charge(reservation=held):
            pot = found.pots.get(held.period, Pot())
            found.pots[held.period] = pot.promise(held.mode, held.amount)
            found.reservations[change.job, change.attempt] = held
        case Ended():
            if (before := found.reservations.get((change.job, change.attempt))) is None:
                raise InvalidRecord("budget history: an end without a reservation")
            freed = before.amount if before.state is ReservationState.RESERVED else 0
            pot = found.pots[before.period].resolve(freed, change.spent)
            is_back = change.state is ReservationState.REFUNDED and not before.has_shown(change.begun)
            found.pots[before.period] = pot.leave() if is_back else pot
            found.reservations[change.job, change.attempt] = replace(before, state=change.state)
        case _:
            pass


def _values(signature: str, data: bytes) -> tuple[AbiValue, ...]:
    return decode(signature[signature.index("(") + 1 : -1].split(",")[1:], data)
