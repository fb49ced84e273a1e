"""The HTTP server in front of an embedded node: JSON-RPC on POST /, and GET /healthz.

Every registered party may ask everything (``ledger.serving`` looks the certificate up); what a contract lets a sender
do is decided on chain. It does NOT hold state of its own.

Blocking calls run on threads. Long polls are cut in short waits, so that stopping takes about a second.

Trust assumption: none; clients verify seals and proofs.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler

from ledger.embedded import rpc
from ledger.errors import InvalidRecord
from ledger.serving import Register, Server
from ledger.wire import PARSE_ERROR, load_json

if TYPE_CHECKING:  # the tests' fakes need no EVM
    from ledger.embedded.node import EmbeddedNode

T = TypeVar("T")

MAX_REQUEST_BYTES = 16 << 20
WORKERS = 8
WAITERS = 64  # long polls at a time; a network has at most this many co-signers and watching nodes
SLICE_S = 1.0


class ChainServer(Server):
    """One server over one node."""

    def __init__(self, node: EmbeddedNode, host: str, port: int, register: Register | None = None) -> None:
        """Args: port: 0 takes a free one; register: None serves plain http, for loopback addresses only."""
        super().__init__("chain server", host, port, register)
        self._node = node
        self._work = ThreadPoolExecutor(WORKERS, thread_name_prefix="rpc")
        self._wait = ThreadPoolExecutor(WAITERS, thread_name_prefix="rpc-wait")
        self._waiting = 0

    def close(self) -> None:
        """Stop; the node stays open, it is its maker's."""
        super().close()
        self._work.shutdown(wait=False, cancel_futures=True)
        self._wait.shutdown(wait=False, cancel_futures=True)

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
        if rpc.is_waiting(parsed):
            return web.json_response(await self._long_poll(parsed))
        return web.json_response(await _run(self._work, partial(rpc.dispatch, self._node, parsed)))

    async def _long_poll(self, request: object) -> object:
        if self._waiting >= WAITERS:
            return rpc.failure(None, rpc.LIMIT_EXCEEDED, f"more than {WAITERS} long polls at a time")
        self._waiting += 1
        try:
            deadline = time.monotonic() + rpc.wait_of(request)
            while True:
                left = max(0.0, deadline - time.monotonic())
                turn = rpc.shorten_wait(request, min(SLICE_S, left))
                answer = await _run(self._wait, partial(rpc.dispatch, self._node, turn))
                if rpc.is_settled(request, answer) or self._stopping.is_set() or time.monotonic() >= deadline:
                    return answer
                await asyncio.sleep(0.02)  # some nodes answer a long poll at once
        finally:
            self._waiting -= 1


async def _run(pool: ThreadPoolExecutor, function: Callable[[], T]) -> T:
    return await asyncio.get_running_loop().run_in_executor(pool, function)


def serve(node: EmbeddedNode, host: str, port: int, register: Register | None = None) -> ChainServer:
    """Start a server over a node and return it listening."""
    return ChainServer(node, host, port, register).start()
