"""Trial calendars: plain weeks without holidays, so that a network tried out today can count working days.

No notice and no guess of one: whoever founds a network says that it is for trials, and the digest on chain says so too.
Nothing that is due by a trial calendar is due by law. Days that a shipped notice covers keep what the notice says.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Final

from contracts.calendar.dates import number_of
from contracts.calendar.notice import shipped
from contracts.calendar.rules import MAX_SPAN, SetSpan
from ledger.hashing import tagged

TRIAL: Final = tagged("SHUXIN-TRIAL-CALENDAR-V1")


def trial_spans(today: date, days: int = 400) -> tuple[SetSpan, ...]:
    """Return the shipped notices, and plain weeks for the days from today on that none of them covers."""
    notices = tuple(notice.span for notice in shipped())
    gaps = _gaps(number_of(today), number_of(today) + days - 1, notices)
    plain = (SetSpan(first, last, (), (), TRIAL) for first, last in gaps)
    return tuple(sorted((*notices, *plain), key=lambda span: span.first))


def _gaps(first: int, last: int, covered: tuple[SetSpan, ...]) -> Iterator[tuple[int, int]]:
    """Yield the runs of uncovered days, each at most as long as a span may be."""
    start = first
    for day in range(first, last + 2):
        is_end = day > last or any(span.first <= day <= span.last for span in covered)
        if is_end or day - start == MAX_SPAN:
            if start < day:
                yield start, day - 1
            start = day + 1 if is_end else day
