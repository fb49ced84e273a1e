"""The HTTP server in front of an embedded node: JSON-RPC on POST /, and GET /healthz.

Every registered party may ask everything (``ledger.serving`` looks the certificate up); what a contract lets a sender
do is decided on chain. It does NOT hold state of its own.

Blocking calls run on threads. Long polls are cut in short waits, so that stopping takes about a second. What co-signers
ask has threads of its own, and both these and the long polls are bounded for each certificate, so that no peer can keep
another waiting for a place. On plain http all callers are one and only the bound of all holds.

Trust assumption: none; clients verify seals and proofs.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler

from ledger.chain.wire import PARSE_ERROR, load_json
from ledger.embedded.serving import rpc
from ledger.errors import Conflict, InvalidRecord
from ledger.serving import Register, Server

if TYPE_CHECKING:  # the tests' fakes need no EVM
    from ledger.embedded.node import EmbeddedNode

T = TypeVar("T")

MAX_REQUEST_BYTES = 16 << 20
WORKERS = 8
WAITERS = 64  # long polls at a time; a network has at most this many watching nodes
SEALERS = 64  # requests of co-signers at a time, as many as there can be validators
WAITERS_SHARE = 8  # of one certificate: a node waits for a head with each operation under way
SEALERS_SHARE = 4  # a co-signer asks one thing at a time; the rest is for what a broken connection left behind
SLICE_S = 1.0


class _Desk:
    """Threads for one kind of requests, with places for all callers and a share of them for each."""

    def __init__(self, name: str, places: int, share: int) -> None:
        self.pool = ThreadPoolExecutor(places, thread_name_prefix=name)
        self._places, self._share = places, share
        self._taken: Counter[str | None] = Counter()

    @contextmanager
    def place(self, caller: str | None) -> Iterator[None]:
        """Hold a place. Args: caller: None for one nobody knows, who has no share. Raises: Conflict if none is left."""
        if caller is not None and self._taken[caller] >= self._share:
            raise Conflict(f"more than {self._share} such requests of one party at a time")
        if self._taken.total() >= self._places:
            raise Conflict(f"more than {self._places} such requests at a time")
        self._taken[caller] += 1
        try:
            yield
        finally:
            self._taken[caller] -= 1

    def close(self) -> None:
        self.pool.shutdown(wait=False, cancel_futures=True)


class ChainServer(Server):
    """One server over one node."""

    def __init__(self, node: EmbeddedNode, host: str, port: int, register: Register | None = None) -> None:
        """Args: port: 0 takes a free one; register: None serves plain http, for loopback addresses only."""
        super().__init__("chain server", host, port, register)
        self._node = node
        self._work = ThreadPoolExecutor(WORKERS, thread_name_prefix="rpc")
        self._waiters = _Desk("rpc-wait", WAITERS, WAITERS_SHARE)
        self._sealers = _Desk("rpc-seal", SEALERS, SEALERS_SHARE)

    def close(self) -> None:
        """Stop; the node stays open, it is its maker's."""
        super().close()
        self._work.shutdown(wait=False, cancel_futures=True)
        self._waiters.close()
        self._sealers.close()

    def application(self) -> web.Application:
        application = web.Application(middlewares=[self._admission], client_max_size=MAX_REQUEST_BYTES)
        application.router.add_post("/", self._rpc)
        application.router.add_get("/healthz", self._health)
        return application

    @web.middleware
    async def _admission(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self._register is not None and self._register.caller(request) is None:
            return web.json_response({"error": "this certificate is not registered"}, status=403)
        return await handler(request)

    async def _health(self, _: web.Request) -> web.Response:
        head = await _run(self._work, self._node.head_number)
        return web.json_response({"status": "ok", "head": head})

    async def _rpc(self, request: web.Request) -> web.Response:
        try:
            parsed = load_json(await request.read())
        except InvalidRecord:
            return web.json_response(rpc.failure(None, PARSE_ERROR, "not JSON"), status=400)
        return web.json_response(await self._answer(parsed, self._register.caller(request) if self._register else None))

    async def _answer(self, request: object, caller: str | None) -> object:
        if not rpc.is_sealing(request) and not rpc.is_waiting(request):
            return await _run(self._work, partial(rpc.dispatch, self._node, request))
        desk = self._sealers if rpc.is_sealing(request) else self._waiters
        try:
            with desk.place(caller):
                if rpc.is_waiting(request):
                    return await self._long_poll(desk, request)
                return await _run(desk.pool, partial(rpc.dispatch, self._node, request))
        except Conflict as exc:
            return rpc.failure(rpc.identifier_of(request), rpc.LIMIT_EXCEEDED, str(exc))

    async def _long_poll(self, desk: _Desk, request: object) -> object:
        deadline = time.monotonic() + rpc.wait_of(request)
        while True:
            left = max(0.0, deadline - time.monotonic())
            turn = rpc.shorten_wait(request, min(SLICE_S, left))
            answer = await _run(desk.pool, partial(rpc.dispatch, self._node, turn))
            if rpc.is_settled(request, answer) or self._stopping.is_set() or time.monotonic() >= deadline:
                return answer
            await asyncio.sleep(0.02)  # some nodes answer a long poll at once


async def _run(pool: ThreadPoolExecutor, function: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(pool, function)


def serve(node: EmbeddedNode, host: str, port: int, register: Register | None = None) -> ChainServer:
    """Start a server over a node and return it listening."""
    return ChainServer(node, host, port, register).start()
