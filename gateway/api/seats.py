"""How many may be followed at once: answers that stay open, counted for everybody and for each who asks.

A seat is given back when its answer ends, and counts no longer than that answer may last whatever became of it. What
it does NOT do: bound what is asked a second (``gateway.accounts.limits`` does).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from gateway.accounts.limits import TooMany

MOST: Final = 200
MOST_OF_ONE: Final = 10


@dataclass(slots=True)
class Seats:
    """The seats of one process; threads may share them."""

    most: int = MOST
    most_of_one: int = MOST_OF_ONE
    clock: Callable[[], float] = time.monotonic
    _taken: dict[object, tuple[str, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, who: str, lasts_s: float) -> object:
        """Return a seat to be given back; raises TooMany."""
        now = self.clock()
        with self._lock:
            self._taken = {seat: taken for seat, taken in self._taken.items() if taken[1] > now}
            own = [until for name, until in self._taken.values() if name == who]
            if len(own) >= self.most_of_one or len(self._taken) >= self.most:
                waits = own if len(own) >= self.most_of_one else [until for _, until in self._taken.values()]
                raise TooMany("streams of events", max(1, round(min(waits) - now)))
            seat = object()
            self._taken[seat] = who, now + lasts_s
        return seat

    def give_back(self, seat: object) -> None:
        with self._lock:
            self._taken.pop(seat, None)
