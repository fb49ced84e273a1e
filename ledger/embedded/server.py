"""The HTTP server in front of an embedded node: JSON-RPC on POST /, and GET /healthz.

Plain http is served to this machine only. Everybody else comes over TLS 1.3 with a registered client certificate,
which is checked again on every request, so that a removed party is out at once. It does NOT decide who is registered.

Blocking calls run on threads. Long polls are cut in short waits, so that stopping takes about a second.

Trust assumption: none; clients verify seals and proofs.
"""

from __future__ import annotations

import asyncio
import ipaddress
import ssl
import threading
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from aiohttp import web
from aiohttp.typedefs import Handler

from ledger.embedded import rpc
from ledger.errors import BackendError, InvalidRecord
from ledger.tls import Fingerprint, Identity, fingerprint, fingerprint_der, server_context, trust
from ledger.wire import PARSE_ERROR, load_json

if TYPE_CHECKING:  # the tests' fakes need no EVM
    from ledger.embedded.node import EmbeddedNode

T = TypeVar("T")

MAX_REQUEST_BYTES = 16 << 20
WORKERS = 8
WAITERS = 64  # long polls at a time; a network has at most this many co-signers and watching nodes
SLICE_S = 1.0
START_S = 15.0
STOP_S = 5.0


class Peers:
    """The certificates a server admits; they can be replaced while it runs."""

    def __init__(self, identity: Identity, certificates: Iterable[bytes]) -> None:
        self._context = server_context(identity, ())
        self._admitted: frozenset[Fingerprint] = frozenset()
        self._loaded: set[Fingerprint] = set()
        self._lock = threading.Lock()
        self.replace(certificates)

    @property
    def context(self) -> ssl.SSLContext:
        return self._context

    def replace(self, certificates: Iterable[bytes]) -> None:
        """Admit exactly these certificates from the next request on."""
        with self._lock:
            by_print = {fingerprint(pem): pem for pem in certificates}
            for new in by_print.keys() - self._loaded:
                trust(self._context, by_print[new])
                self._loaded.add(new)
            self._admitted = frozenset(by_print)

    def admits(self, der: bytes | None) -> bool:
        return der is not None and fingerprint_der(der) in self._admitted


class ChainServer:
    """One listening server; `start` returns when it accepts connections, `close` when it has stopped."""

    def __init__(self, node: EmbeddedNode, host: str, port: int, peers: Peers | None = None) -> None:
        """Args: port: 0 takes a free one; peers: None serves plain http, for loopback addresses only."""
        if peers is None and not _is_loopback(host):
            raise InvalidRecord(f"server: plain http is for this machine only, not for {host}")
        self._node = node
        self._host = host
        self._port = port
        self._peers = peers
        self._work = ThreadPoolExecutor(WORKERS, thread_name_prefix="rpc")
        self._wait = ThreadPoolExecutor(WAITERS, thread_name_prefix="rpc-wait")
        self._waiting = 0
        self._stopping = threading.Event()
        self._ready = threading.Event()
        self._failure: BaseException | None = None
        self._thread = threading.Thread(target=self._main, name="rpc-server", daemon=True)

    @property
    def url(self) -> str:
        scheme = "http" if self._peers is None else "https"
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{scheme}://{host}:{self._port}"

    def start(self) -> ChainServer:
        """Listen. Raises: BackendError if the address cannot be had."""
        self._thread.start()
        if not self._ready.wait(START_S) or self._failure is not None:
            self.close()
            raise BackendError(f"server: cannot listen on {self._host}:{self._port}: {self._failure}")
        return self

    def wait(self, timeout_s: float | None = None) -> bool:
        """Wait until the server was told to stop; tell whether it was."""
        return self._stopping.wait(timeout_s)

    def close(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(STOP_S + 2 * SLICE_S)
        self._work.shutdown(wait=False, cancel_futures=True)
        self._wait.shutdown(wait=False, cancel_futures=True)

    def __enter__(self) -> ChainServer:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _main(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as exc:  # a thread's edge: `start` reports it
            self._failure = exc
        finally:
            self._ready.set()
            self._stopping.set()

    async def _serve(self) -> None:
        runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=STOP_S)
        await runner.setup()
        try:
            context = self._peers.context if self._peers else None
            await web.TCPSite(runner, self._host, self._port, ssl_context=context).start()
            self._port = runner.addresses[0][1]
            self._ready.set()
            while not self._stopping.is_set():
                await asyncio.sleep(0.1)
        finally:
            await runner.cleanup()

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[self._admission], client_max_size=MAX_REQUEST_BYTES)
        application.router.add_post("/", self._rpc)
        application.router.add_get("/healthz", self._health)
        return application

    @web.middleware
    async def _admission(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        if self._peers is not None:
            session = request.transport.get_extra_info("ssl_object") if request.transport else None
            if session is None or not self._peers.admits(session.getpeercert(binary_form=True)):
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


def serve(node: EmbeddedNode, host: str, port: int, peers: Peers | None = None) -> ChainServer:
    """Start a server over a node and return it listening."""
    return ChainServer(node, host, port, peers).start()


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
