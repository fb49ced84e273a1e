"""Calls of the Calendar, the facts one can have proven about it, and what the proven words mean.

Spans are set by Governance alone: ``set_call`` is what a proposal carries.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache

from contracts import layout
from contracts.addresses import CALENDAR
from contracts.calendar.dates import Day
from contracts.calendar.rules import WORD_DAYS, SetSpan, Span, State, UnknownDay, word_of
from contracts.governance.client import Invocation, invocation
from contracts.layout import layout_of, word
from contracts.records import decode_struct, struct_fact
from ledger.chain.port import StateFact


def set_call(span: SetSpan) -> Invocation:
    """Build the call (target, data) that a proposal carries to put a span in force."""
    return invocation(CALENDAR, "set_span", span.first, span.last, span.free, span.worked, span.notice)


def span_fact(first: Day, block_number: int | None = None) -> StateFact:
    """Name the fact: last day, version and notice of the span that begins on a day."""
    return struct_fact(CALENDAR, "spans", word(first), block_number=block_number)


def decode_span(first: Day, values: Mapping[bytes, bytes]) -> Span:
    """Read the record from the words proven for span_fact; version 0 proves that there is none."""
    return decode_struct(Span, values, CALENDAR, "spans", word(first))


def day_fact(day: Day, block_number: int | None = None) -> StateFact:
    """Name the fact: whether a day is known, and a working day."""
    return StateFact(CALENDAR, _day_slots(day), block_number)


def decode_day(day: Day, values: Mapping[bytes, bytes]) -> bool:
    """Read from the words proven for day_fact whether a day is a working day.

    Raises:
        UnknownDay: they prove that no span covers it.
    """
    known, working = (layout.number(values, slot) >> day % WORD_DAYS & 1 for slot in _day_slots(day))
    if not known:
        raise UnknownDay(day)
    return bool(working)


def storage(state: State) -> dict[bytes, bytes]:
    """Return the words that make the contract hold a state's spans and days."""
    found, words = layout_of(CALENDAR), dict[bytes, bytes]()
    for first, span in state.spans.items():
        values = (word(span.last), word(span.version), span.notice)
        words |= zip(found.record("spans", word(first)).values(), values, strict=True)
    covered = dict.fromkeys(state.days, True)
    for index in {day // WORD_DAYS for day in state.days}:
        words[found.slot("known", word(index))] = word(word_of(covered, index))
        words[found.slot("working", word(index))] = word(word_of(state.days, index))
    words[found.slot("clock")] = word(state.clock)
    return {slot: value for slot, value in words.items() if any(value)}


@lru_cache(maxsize=1024)
def _day_slots(day: Day) -> tuple[bytes, bytes]:
    found, index = layout_of(CALENDAR), word(day // WORD_DAYS)
    return found.slot("known", index), found.slot("working", index)
