"""How often idle loops of Flower look for work: often while a run goes on, seldom otherwise.

Flower's SuperNode sleeps 3 s between looks; a wave would take that long for nothing. A look is a request over TLS, so a
node that always looked twenty times a second would keep the SuperLink busy for nothing instead; and where many nodes
look, each waits the longer, the longer its looks take.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

BUSY_S, IDLE_S, AWAKE_S = 0.1, 1.0, 60.0
SHARE = 5
"""At most one part in so many of the time is spent looking."""


@dataclass(slots=True)
class Pace:
    """Sleeps ``BUSY_S`` until ``AWAKE_S`` after the last work, ``IDLE_S`` from then on; longer after a long look."""

    now: Callable[[], float] = time.monotonic
    sleeping: Callable[[float], None] = time.sleep
    _until: float = field(default=0.0, init=False)

    def worked(self) -> None:
        """Note that there was work."""
        self._until = self.now() + AWAKE_S

    def sleep(self, asked_s: float, looked_s: float = 0.0) -> None:
        """Sleep at most as long as asked. looked_s: how long the look took that found nothing."""
        least_s = BUSY_S if self.now() < self._until else IDLE_S
        self.sleeping(min(asked_s, max(least_s, (SHARE - 1) * looked_s)))
