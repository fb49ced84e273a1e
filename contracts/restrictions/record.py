"""What a registered restriction is, whether it stands at a moment, and which of several seizures holds.

Ends are derived from time and never swept. The first standing seizure of a unit has a start; those behind it are
queued and start one after the other, when all before have ended.
Source: Civil Code articles 220, 221, 366 and 406; Interpretation of the Civil Procedure Law (2022) article 485.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple, Protocol

from contracts.calendar.dates import DAY, Day, day_of, end_of
from contracts.calendar.rules import Unit as LimitUnit
from ledger.errors import TrustError

NOTHING: Final = bytes(32)
NEVER: Final = (1 << 256) - 1
MAX_STANDING: Final = 32
# Places that only seizures take: no registrar keeps an authority out by filling a unit with entries.
FOR_SEIZURES: Final = 8
# Three years as days, so never longer than three years.
SEIZURE_DAYS: Final = 3 * 365
# Before its end a seizure is renewed at the earliest; or renewals could be piled up.
RENEWAL_SPAN: Final = 90 * DAY


class RestrictionKind(IntEnum):
    """What is registered against a unit."""

    MORTGAGE = 1
    SEIZURE = 2
    OBJECTION = 3
    PRENOTICE = 4
    RESIDENCE = 5
    RESPONSIBILITY = 6


# Days that the law gives: 220 (suit after an objection), 221 (registration after a pre-notice).
DAYS_OF: Final = {RestrictionKind.OBJECTION: 15, RestrictionKind.PRENOTICE: 90}


class RestrictionState(IntEnum):
    """STANDING until an entry ends it; that it lapsed is derived from time."""

    UNKNOWN = 0
    STANDING = 1
    ENDED = 2


@dataclass(frozen=True, slots=True)
class Restriction:
    """One restriction; all zero for an id never used. Times are unix seconds.

    Attributes:
        registrar: who entered it; zero for a seizure.
        holder: commitment of the creditor, objector or beneficiary; of a seizure the authority's party.
        claim: digest of what it secures; of a pre-notice the holdings it leads to.
        since, days: a limit in days and its start; a queued seizure and a pre-notice that waits have no start.
        until: end of a seizure that holds, or of a right of residence for years; 0 for none.
        ban: a mortgage under which transfers are forbidden.
    """

    unit: bytes = NOTHING
    registrar: bytes = NOTHING
    kind: int = 0
    holder: bytes = NOTHING
    claim: bytes = NOTHING
    entered: int = 0
    since: int = 0
    days: int = 0
    until: int = 0
    ban: bool = False
    state: RestrictionState = RestrictionState.UNKNOWN


class Days(Protocol):
    """The Calendar."""

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        """Return when a limit ends; raises as the Calendar does."""
        ...


class Term(NamedTuple):
    """A seizure that holds: its id, start and end."""

    id: bytes
    since: int
    until: int


def day_end(start: int, days: int) -> int:
    """Return 24:00 in UTC+8 of the last of so many days; the day of the start does not count."""
    return end_of(Day(day_of(start) + days))


def end(entry: Restriction, now: int, calendar: Days) -> int:
    """Return when a restriction other than a seizure lapses.

    The end of a limit of days rolls over holidays (Civil Code 203). The Calendar is asked only after the plain end,
    when those days should be known; where they are not, two weeks stand in, longer than any holiday.
    """
    if entry.until:
        return entry.until
    if not entry.days or not entry.since:
        return NEVER
    plain = day_end(entry.since, entry.days)
    late = plain + 14 * DAY
    if now < plain or now >= late:
        return plain if now < plain else late
    try:
        return calendar.due(entry.since, entry.days, LimitUnit.CALENDAR, now)
    except TrustError:
        return late


def holding(entries: Iterable[tuple[bytes, Restriction]], now: int) -> Term | None:
    """Return the seizure that holds now, of a unit's restrictions in their order."""
    free = 0
    for id, entry in entries:
        if entry.kind != RestrictionKind.SEIZURE:
            continue
        since, until = (entry.since, entry.until) if entry.since else (free, day_end(free - 1, entry.days))
        if now < until:
            return Term(id, since, until)
        free = until
    return None
