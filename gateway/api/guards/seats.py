"""How many may be followed at once: answers that stay open, counted for everybody and for each who asks.

A seat is given back when its answer ends, and counts no longer than that answer may last whatever became of it, or of
the process. What it does NOT do: bound what is asked a second (``gateway.accounts.edge.limits`` does).
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from gateway.accounts.counts import Counts
from gateway.accounts.edge.limits import TooMany

MOST: Final = 200
MOST_OF_ONE: Final = 10
LONGEST_S: Final = 600
"""How long an answer may stay open."""
LATE_S: Final = 60
"""How long after its end a stream may still be sending what it found."""


@dataclass(slots=True)
class Seats:
    """The seats of one gateway; threads may share it, and processes that have the same counts share its seats."""

    most: int = MOST
    most_of_one: int = MOST_OF_ONE
    clock: Callable[[], float] = time.time
    counts: Counts = field(default_factory=Counts)

    def take(self, who: str, lasts_s: float) -> int:
        """Return a seat to be given back; raises TooMany. lasts_s: LONGEST_S and LATE_S at most."""
        now = self.clock()
        seat, until = self.counts.sit(who, now + lasts_s, now, self.most, self.most_of_one, LONGEST_S + LATE_S)
        if seat is None:
            raise TooMany("streams of events", max(1, round(until - now)))
        return seat

    def give_back(self, seat: int) -> None:
        self.counts.stand_up(seat)
