"""What stands before every request, pages and API alike, as plain ASGI: limits, origin, headers, the access log.

* too many requests of one source: 429 with Retry-After; a body that is longer than allowed: 413;
* a request that would change something, or a web socket, from another site: 403 (``Origin`` must be this host);
* web sockets have bounds of their own (``sockets``);
* every answer carries the security headers; inline scripts of a page get the answer's nonce;
* every request but those for assets is recorded when its answer begins.

What it does NOT do: say who asks (``gate`` does, and the pages and the API refuse).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, MutableMapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from starlette.requests import Request

from gateway.accounts.caller import VISITOR, Caller
from gateway.accounts.edge.access import Access, AccessLog
from gateway.accounts.edge.headers import security_headers
from gateway.accounts.edge.limits import Rate, TooMany, site_of
from gateway.accounts.edge.sockets import Sockets
from gateway.accounts.signin import drawing
from gateway.accounts.signin.gate import Gate
from ledger.errors import NotAuthorized

Message = MutableMapping[str, Any]  # as ASGI defines it
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[MutableMapping[str, Any], Receive, Send], Awaitable[None]]

MAX_BODY: Final = 40 << 20
PER_S: Final = 50.0
BURST: Final = 400
ASSETS: Final = ("/_nicegui/", "/_nicegui_ws/", "/assets/")
_POLICY: Final = b"content-security-policy"
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})


@dataclass(slots=True)
class Shield:
    """The application behind its limits. is_secure: whether it is reached over https."""

    app: App
    gate: Gate
    access: AccessLog
    is_secure: bool = False
    form_to: str = ""
    clock: Callable[[], float] = time.time
    rate: Rate = field(default_factory=lambda: Rate(PER_S, BURST))
    sockets: Sockets = field(init=False)

    def __post_init__(self) -> None:
        self.sockets = Sockets(self.clock)

    async def __call__(self, scope: MutableMapping[str, Any], receive: Receive, send: Send) -> None:
        """Answer one connection."""
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        scope.setdefault("state", {})
        request = Request({**scope, "type": "http", "method": scope.get("method", "GET")})
        answer = _Answer(self, request, send, drawing.drawn()[:22])
        refused = self._refusal(request, scope["type"] == "websocket")
        if scope["type"] == "websocket":
            await self._socket(scope, receive, send, site_of(source_of(request)), is_refused=refused is not None)
        elif refused is not None:
            await _refuse(answer.send, *refused)
        else:
            await self.app(scope, _bounded(receive, answer), answer.send)

    async def _socket(
        self, scope: MutableMapping[str, Any], receive: Receive, send: Send, source: str, *, is_refused: bool
    ) -> None:
        with ExitStack() as stack:
            try:
                stack.enter_context(self.sockets.opened(source))
            except TooMany:
                is_refused = True
            if is_refused:
                await receive()
                await send({"type": "websocket.close", "code": 4403})
            else:
                await self.app(scope, self.sockets.counted(receive, send, source), send)

    def _refusal(self, request: Request, is_socket: bool) -> tuple[int, str, int] | None:
        """Return status, words and seconds to wait if a request is not to be answered."""
        is_asset = request.scope["path"].startswith(ASSETS[0])
        try:
            if not is_asset or request.method not in _SAFE:
                self.rate.take(site_of(source_of(request)), self.clock())
        except TooMany as fault:
            return 429, str(fault), fault.wait_s
        if int(request.headers.get("content-length") or 0 if _is_number(request) else MAX_BODY + 1) > MAX_BODY:
            return 413, "body: too long", 0
        if (is_socket or request.method not in _SAFE) and not _is_own(request):
            return 403, "origin: not this site", 0
        return None

    async def caller(self, request: Request) -> Caller:
        """Say who a request comes from, for the log, as it was answered: a visitor where it shows nothing good."""
        try:
            known = getattr(request.state, "caller", None) or self.gate.known(request)
            return known if known is not None else await asyncio.to_thread(self.gate.authorize, request)
        except NotAuthorized:
            return VISITOR


class _Answer:
    """The way back of one request: headers on its start, a nonce into a page's inline scripts, one record."""

    def __init__(self, shield: Shield, request: Request, send: Send, nonce: str) -> None:
        self._shield, self._request, self._send, self._nonce = shield, request, send, nonce
        self._start: Message | None = None
        self._body = b""
        self.has_begun = False

    async def send(self, message: Message) -> None:
        """Pass a message on; a page is held until it is whole."""
        if message["type"] == "http.response.start":
            self.has_begun = True
            await self._note(message["status"])
            shield = self._shield
            own = security_headers(self._nonce, is_secure=shield.is_secure, form_to=shield.form_to)
            is_ruled = any(name.lower() == _POLICY for name, _ in message.get("headers", []))
            if is_ruled:  # an answer that is no page has a policy of its own, which allows less
                own = [(name, value) for name, value in own if name != _POLICY]
            names = {name for name, _ in own}
            kept = [(name, value) for name, value in message.get("headers", []) if name.lower() not in names]
            message["headers"] = [*kept, *own]
            if not is_ruled and dict(kept).get(b"content-type", b"").startswith(b"text/html"):
                self._start = message
                return
        elif message["type"] == "http.response.body" and self._start is not None:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._page()
            return
        await self._send(message)

    async def _page(self) -> None:
        assert self._start is not None
        body = self._body.replace(b"<script", b'<script nonce="' + self._nonce.encode() + b'"')
        headers = [(name, value) for name, value in self._start["headers"] if name.lower() != b"content-length"]
        self._start["headers"] = [*headers, (b"content-length", str(len(body)).encode())]
        await self._send(self._start)
        await self._send({"type": "http.response.body", "body": body})

    async def _note(self, status: int) -> None:
        request, path = self._request, self._request.scope["path"]
        if path.startswith(ASSETS):
            return
        shield = self._shield
        caller, source = await shield.caller(request), source_of(request)
        shield.access.note(Access(shield.clock(), caller.name, caller.party, source, request.method, path, int(status)))


def source_of(request: Request) -> str:
    """Return the address a request comes from, as the server saw it."""
    return request.client.host if request.client else "unknown"


def _is_number(request: Request) -> bool:
    return (request.headers.get("content-length") or "0").isdecimal()


def _is_own(request: Request) -> bool:
    """Say whether a request comes from this site's own page, or from a program that shows a token and no cookie."""
    origin = request.headers.get("origin")
    if origin is None:
        return not request.cookies
    return urlsplit(origin).netloc == request.headers.get("host", "")


def _bounded(receive: Receive, answer: _Answer) -> Receive:
    """Count a body that says no length; past the bound its reader finds the other side gone."""
    total = 0

    async def counted() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > MAX_BODY:
            if not answer.has_begun:
                await _refuse(answer.send, 413, "body: too long", 0)
            return {"type": "http.disconnect"}
        return message

    return counted


async def _refuse(send: Send, status: int, words: str, wait_s: int) -> None:
    headers = [(b"content-type", b"text/plain; charset=utf-8")]
    if wait_s:
        headers.append((b"retry-after", str(wait_s).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": words.encode()})
