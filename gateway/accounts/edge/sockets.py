"""Bounds on web sockets, over which open pages tell their events: how many of one address, how often, how long.

They hold for everybody, visitors foremost: a page is open to them before anybody has signed in. A socket that goes over
is closed and its page says that the connection is lost. Counted in memory: the pages are one process, which the lock of
their access log holds alone. What it does NOT do: read what an event says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Final

from gateway.accounts.edge.limits import Rate, TooMany

Message = MutableMapping[str, Any]  # as ASGI defines it
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]

EVENTS_PER_S: Final = 40.0
EVENTS_BURST: Final = 400
"""A page sends an event a keystroke and a step of a slider; nobody types forty a second for long."""
MOST_OPEN: Final = 100
"""Of one address; behind a proxy that says no addresses, of all."""
MOST_BYTES: Final = 1 << 20
"""Of one event: the longest field of a page is some kilobytes; files come as requests."""
BUSY: Final = 1013
"""The code for "try again later" (RFC 6455 section 7.4, IANA's registry of close codes)."""


@dataclass(slots=True)
class Sockets:
    """What is open, and how many events each address may still send."""

    clock: Callable[[], float]
    events: Rate = field(default_factory=lambda: Rate(EVENTS_PER_S, EVENTS_BURST))
    most_open: int = MOST_OPEN
    _open: Counter[str] = field(default_factory=Counter)

    @contextmanager
    def opened(self, source: str) -> Iterator[None]:
        """Count a socket while it is open; raises TooMany if its address has too many."""
        if self._open[source] >= self.most_open:
            raise TooMany("web sockets", 60)
        self._open[source] += 1
        try:
            yield
        finally:
            self._open[source] -= 1
            if not self._open[source]:
                del self._open[source]

    def counted(self, receive: Receive, send: Send, source: str) -> Receive:
        """Return what receives a socket's messages, within the bounds; past them the other side is gone."""

        async def counted() -> Message:
            message = await receive()
            if message["type"] != "websocket.receive":
                return message
            if self._is_within(message, source):
                return message
            await send({"type": "websocket.close", "code": BUSY})
            return {"type": "websocket.disconnect", "code": BUSY}

        return counted

    def _is_within(self, message: Message, source: str) -> bool:
        try:
            self.events.take(source, self.clock())
        except TooMany:
            return False
        return len(message.get("text") or "") + len(message.get("bytes") or b"") <= MOST_BYTES
