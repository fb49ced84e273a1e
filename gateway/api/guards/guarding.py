"""What stands before every route: size and depth of bodies, headers that browsers obey, no caching of what is private.

Pure ASGI, so that a body is counted as it comes in and never read whole when it is too long. What it does NOT do: know
callers (``identity``).
Source: OWASP Secure Headers; RFC 9110, section 15.5.14.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.guards.problems import of_fault
from gateway.errors import TooLarge
from ledger.errors import InvalidRecord

MAX_DEPTH: Final = 32
"""Nested lists and objects of a JSON body; more is an attack on parsers that recurse."""
MAX_TARGET: Final = 4096
SHORT: Final = 1 << 14
"""Bytes of a body that is looked through without a thread for it, in less time than one takes to wake."""
HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}

_BRACKETS: Final = re.compile(rb'"(?:[^"\\]|\\.)*+"?|[\[{\]}]', re.DOTALL)
_STEPS: Final = {b"[": 1, b"{": 1, b"]": -1, b"}": -1}


class Guard:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, *, max_body: int) -> None:
        self._app, self._max_body = app, max_body

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("Cache-Control", "private, no-cache")
            await send(message)

        try:
            body = await self._body(scope, receive)
        except InvalidRecord as fault:
            await of_fault(fault)(scope, receive, marked)
            return
        if body is not None:
            await self._app(scope, _again(body, receive), marked)

    async def _body(self, scope: Scope, receive: Receive) -> bytes | None:
        """Read a body up to the limit, None if the other side went before its end: half a body is nothing to act on.

        Raises:
            TooLarge, InvalidRecord: it is longer, or JSON that is nested too deeply.
        """
        if len(scope["raw_path"]) + len(scope["query_string"]) > MAX_TARGET:
            raise TooLarge(f"a request's target has at most {MAX_TARGET} bytes")
        parts, size = [], 0
        while True:
            message = await receive()
            if message["type"] != "http.request":
                return None
            parts.append(message.get("body", b""))
            size += len(parts[-1])
            if size > self._max_body:
                raise TooLarge(f"a body has at most {self._max_body} bytes")
            if not message.get("more_body", False):
                break
        body = b"".join(parts)
        if _is_json(scope["headers"]):
            if len(body) <= SHORT:
                require_shallow(body)
            else:
                await run_in_threadpool(require_shallow, body)
        return body


def require_shallow(body: bytes) -> None:
    """Refuse JSON nested deeper than the limit, without parsing it; raises InvalidRecord.

    >>> require_shallow(b'[[{"a": "[[["}]]')
    """
    depth = 0
    for found in _BRACKETS.finditer(body):
        depth += _STEPS.get(found[0], 0)
        if depth > MAX_DEPTH:
            raise InvalidRecord(f"JSON nested deeper than {MAX_DEPTH} levels")


def _is_json(headers: Iterable[tuple[bytes, bytes]]) -> bool:
    return any(name == b"content-type" and b"json" in value.lower() for name, value in headers)


def _again(body: bytes, receive: Receive) -> Receive:
    """Hand out a body that was read once more, then go on with the connection."""
    is_told = False

    async def told() -> Message:
        nonlocal is_told
        if is_told:
            return await receive()
        is_told = True
        return {"type": "http.request", "body": body, "more_body": False}

    return told
