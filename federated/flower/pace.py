"""How often idle loops of Flower look for work: often while it is due, seldom otherwise.

Flower's SuperNode sleeps 3 s between looks; a wave would take that long for nothing. A look is a request over TLS that
costs the SuperLink some hundredths of a second of the processor, and twenty departments that look ten times a second
leave it nothing for their work. Waves of a run take about as long as the one before, so a node looks seldom until most
of that time has passed, and then as often as a small part of it allows; and where looks take long, because many nodes
look, each waits the longer.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

BUSY_S, IDLE_S, AWAKE_S = 0.1, 1.0, 60.0
SHARE = 5
"""At most one part in so many of the time is spent looking."""
EARLY, LATE = 0.7, 0.05
"""Work is expected after this part of the time between the last two; it may lie for the other part of it."""


@dataclass(slots=True)
class Pace:
    """Sleeps ``IDLE_S`` when no work is due: before most of a wave's time has passed, and ``AWAKE_S`` after the last.

    Otherwise ``BUSY_S``, or ``LATE`` of the time between the last two pieces of work, and longer after a long look.
    """

    now: Callable[[], float] = time.monotonic
    sleeping: Callable[[float], None] = time.sleep
    _last: float | None = field(default=None, init=False)
    _between: float = field(default=0.0, init=False)

    def worked(self) -> None:
        """Note that there was work."""
        now = self.now()
        if self._last is not None:
            self._between = now - self._last
        self._last = now

    def sleep(self, asked_s: float, looked_s: float = 0.0) -> None:
        """Sleep at most as long as asked. looked_s: how long the look took that found nothing."""
        self.sleeping(min(asked_s, max(self._least_s(), (SHARE - 1) * looked_s)))

    def _least_s(self) -> float:
        passed = AWAKE_S if self._last is None else self.now() - self._last
        if passed >= AWAKE_S:
            return IDLE_S
        early = EARLY * self._between - passed
        return min(IDLE_S, max(BUSY_S, LATE * self._between, early))
