"""Turns of the event loop: of requests that came at once, each begins in a pass of its own.

Answers that came meanwhile (a query that is durable now) go out between them and do not wait until all are begun. It
costs a pass each and makes the longest waits shorter, not the work less. What it does NOT do: order what waits beside
the loop, in threads.
"""

from __future__ import annotations

import asyncio


class Turns:
    """One waiting line, first come first served; of one event loop."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(1)

    async def take(self) -> None:
        """Wait for a pass in which nobody else of this line begins."""
        await self._free.acquire()
        asyncio.get_running_loop().call_soon(self._free.release)
