"""The rules of the Calendar as values and functions: what ``calendar.vy`` accepts, refuses, records and computes.

Same order of checks and the same reason texts as the contract, but by sets of days instead of bits. A day that no span
covers is refused, never guessed. What it does NOT do: read notices (``notices.py``) or know whether they are true.
Source: Civil Code articles 201 (the first day does not count) and 203 (an end on a holiday rolls forward, a day ends
at 24:00); the State Council's yearly notices on holidays and make-up working days.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import IntEnum
from typing import Final

from contracts.addresses import CALENDAR
from contracts.calendar.dates import END_OF_DAY, UTC_OFFSET, Day, day_of, end_of, is_weekend
from contracts.history import Change, Journal
from contracts.layout import word
from contracts.world import World
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

SPAN_SET: Final = "SpanSet(bytes32,uint256,uint256,uint256,uint256,uint256,bytes32,uint256,uint256,uint256)"

NOTHING: Final = bytes(32)
MAX_SPAN: Final = 366
MAX_FREE: Final = 64
MAX_WORKED: Final = 32
MAX_LENGTH: Final = 250
MAX_STEPS: Final = 512
MAX_DAY: Final = 1 << 24
WORDS: Final = 3
WORD_DAYS: Final = 256


class Unit(IntEnum):
    """How a limit is counted."""

    WORKING = 1
    CALENDAR = 2


class UnknownDay(NotFound):
    """No span of the calendar covers a day that had to be counted."""

    def __init__(self, day: Day) -> None:
        super().__init__("calendar: day without a calendar")
        self.day = day


@dataclass(frozen=True, slots=True)
class Span:
    """Days first..last as one notice sets them; all zero for a span never set. The first day is its key."""

    last: int = 0
    version: int = 0
    notice: bytes = NOTHING


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores. days: every day that lies in a span, and whether it is a working day."""

    spans: Mapping[int, Span] = field(default_factory=dict)
    days: Mapping[int, bool] = field(default_factory=dict)
    clock: int = 0
    journal: Journal = field(default_factory=Journal)

    def span(self, first: int) -> Span:
        return self.spans.get(first, Span())

    def is_working(self, day: Day) -> bool:
        """Say whether a day is a working day.

        Raises:
            UnknownDay: no span covers it.
        """
        if day not in self.days:
            raise UnknownDay(day)
        return self.days[day]


@dataclass(frozen=True, slots=True)
class SetSpan:
    """Put a span of days in force, or its next version. free: days off; worked: weekend days that are worked."""

    first: int
    last: int
    free: tuple[int, ...]
    worked: tuple[int, ...]
    notice: bytes


def apply(state: State, call: SetSpan, caller: bytes, now: int, world: World) -> tuple[State, tuple[Change, ...]]:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord: with the text of the contract's revert.
    """
    if not world.is_governance(caller):
        raise NotAuthorized("calendar: governance only")
    world.require_open(CALENDAR)
    return set_span(state, call, now)


def set_span(state: State, call: SetSpan, now: int) -> tuple[State, tuple[Change, ...]]:
    """Return the state with a span in force, and the event, whoever asks for it.

    Raises:
        Conflict, InvalidRecord: with the text of the contract's revert.
    """
    if not call.first <= call.last < min(call.first + MAX_SPAN, MAX_DAY):
        raise InvalidRecord("calendar: span")
    if call.notice == NOTHING:
        raise InvalidRecord("calendar: notice missing")
    if now < state.clock:
        raise Conflict("calendar: clock went backwards")
    days = pattern(call)
    held = state.span(call.first)
    _check_held(state, call, days, held, now)
    version = held.version + 1
    words = [word_of(days, call.first // WORD_DAYS + index) for index in range(WORDS)]
    head = (version, call.last, UTC_OFFSET, END_OF_DAY)
    journal, change = state.journal.record(SPAN_SET, word(call.first), *head, call.notice, *words)
    spans = {**state.spans, call.first: Span(call.last, version, call.notice)}
    return State(spans, {**state.days, **days}, now, journal), (change,)


def pattern(call: SetSpan) -> dict[int, bool]:
    """Return every day of a span and whether it is a working day.

    Raises:
        InvalidRecord: an exception lies outside, out of order, or contradicts the week or another exception.
    """
    for listed in (call.free, call.worked):
        following = call.first
        for day in listed:
            if not call.first <= day <= call.last:
                raise InvalidRecord("calendar: day outside the span")
            if day < following:
                raise InvalidRecord("calendar: days not ascending")
            following = day + 1
    free, worked = set(call.free), set(call.worked)
    if free & worked:
        raise InvalidRecord("calendar: day both off and worked")
    if not all(map(is_weekend, worked)):
        raise InvalidRecord("calendar: make-up day on a weekday")
    every = range(call.first, call.last + 1)
    return {day: day in worked or not (is_weekend(day) or day in free) for day in every}


def due(state: State, start: int, days: int, unit: int, now: int) -> int:
    """Return the moment a limit ends: whoever acts at it or later is late.

    Args:
        start: when the limit began, unix seconds; its day does not count.
    Raises:
        InvalidRecord, Conflict, NotFound: with the text of the contract's revert.
    """
    _check_length(days, unit)
    if start > now:
        raise Conflict("calendar: start in the future")
    return end_of(last_day(state, day_of(start), days, unit))


def last_day(state: State, start: Day, days: int, unit: int) -> Day:
    """Return the last day of a limit that began on a day.

    Raises:
        InvalidRecord: no such limit. UnknownDay: a day to be counted is in no span. Conflict: too many days off.
    """
    _check_length(days, unit)
    skipped, left = (days - 1, 1) if unit == Unit.CALENDAR else (0, days)
    for step in range(1, MAX_STEPS + 1):
        day = Day(start + skipped + step)
        left -= state.is_working(day)
        if not left:
            return day
    raise Conflict("calendar: too far")


def is_late(due: int, start: int, now: int) -> bool:
    """Say whether a limit is over.

    Raises:
        Conflict: the clock shows a time before the limit began.
    """
    if now < start:
        raise Conflict("calendar: clock went backwards")
    return now >= due


def word_of(days: Mapping[int, bool], index: int) -> int:
    """Return the working days among 256 days as the contract's bits."""
    start = index * WORD_DAYS
    return sum(1 << bit for bit in range(WORD_DAYS) if days.get(start + bit))


def _check_length(days: int, unit: int) -> None:
    if unit not in (Unit.WORKING, Unit.CALENDAR):
        raise InvalidRecord("calendar: unit")
    if not 0 < days <= MAX_LENGTH:
        raise InvalidRecord("calendar: days")


def _check_held(state: State, call: SetSpan, days: Mapping[int, bool], held: Span, now: int) -> None:
    if not held.version:
        if any(day in state.days for day in days):
            raise Conflict("calendar: spans overlap")
        return
    if held.last != call.last:
        raise Conflict("calendar: spans overlap")
    changed = [day for day, working in days.items() if state.days[day] != working]
    if changed and changed[0] <= day_of(now):
        raise Conflict("calendar: day gone by")
    if not changed:
        raise Conflict("calendar: no change")
