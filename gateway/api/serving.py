"""Putting a gateway together from its settings and serving it until it is stopped.

What it does NOT do: end TLS, which a proxy on the same machine does, or hold any signing key. The pages are a process
of their own (``gateway.pages``).
"""

from __future__ import annotations

import gc
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from socket import socket
from typing import Any

import uvicorn

from gateway.accounts.edge.access import AccessLog, name_of, take_up
from gateway.accounts.edge.limits import Rate
from gateway.accounts.edge.shield import Shield
from gateway.api.app import create_app
from gateway.api.following import Follower
from gateway.api.guards.idempotency import Keys
from gateway.api.guards.identity import PublicOnly
from gateway.api.guards.seats import Seats
from gateway.api.metrics import Metrics
from gateway.api.opening import Ground, gate, ground, keeper_of
from gateway.api.rights.desk import Desk
from gateway.api.services import Services
from gateway.api.settings import GatewaySettings
from gateway.api.tracing import tracing
from gateway.imports.book import Book
from ledger.log.stream import Stream

APP = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Gateway:
    """What was opened: the application with all that stands before it, and the thread that fills the index.

    Attributes:
        is_following: whether this process fills it; one of several does.
    """

    services: Services
    app: APP
    follower: Follower
    is_following: bool


@contextmanager
def opened(settings: GatewaySettings, *, number: int = 0, clock: Callable[[], float] = time.time) -> Iterator[Gateway]:
    """Open everything a gateway needs and close it afterwards.

    Args:
        number: of the process among several of one gateway (``crew``), each of which has an access log of its own.

    Raises:
        BackendError, VerificationError: the chain cannot be asked, or is not the one of the trust file.
        Conflict: the index or the access log belongs to another network or process.
    """
    with ExitStack() as stack:
        found = stack.enter_context(ground(settings, clock))
        party, watched, index = found.config.party, found.observer, found.explorer.index
        keys = Keys(settings.state / "keys.sqlite", clock)
        stack.callback(keys.close)
        accounts = stack.enter_context(gate(settings, found)) if settings.accounts else None
        services = Services(
            explorer=found.explorer, observer=watched, trust=found.trust, identity=accounts or PublicOnly(),
            names=found.names, keys=keys, desk=_desk(settings, found, stack),
            streams={Stream(path).checkpoint.id: path for path in settings.streams}, evidence=settings.evidence,
            exchange=_book(settings, f"{party}/exchange", stack), imports=_book(settings, f"{party}/imports", stack),
            max_body=settings.max_body, seats=Seats(clock=clock, counts=found.counts),
        )  # fmt: skip
        metrics = Metrics()
        traced = stack.enter_context(tracing(settings.telemetry, "shuxin-gateway"))
        app: APP = traced(create_app(services, metrics))
        if accounts is not None:
            if number == 0:
                take_up(settings.state, party, settings.workers)
            name = name_of(number)
            access = stack.enter_context(AccessLog(settings.state / name, f"{party}/{name}"))
            rate = Rate(settings.per_s, settings.burst, found.counts)
            app = Shield(app, accounts, access, settings.is_secure, clock=clock, rate=rate)
        follower = Follower(index, watched.chain, watched.view, settings.follow_s, metrics)
        yield Gateway(services, app, follower, number == 0)


def serve(settings: GatewaySettings, gateway: Gateway, listener: socket | None = None) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are given their time to end.

    Args:
        listener: a socket that listens already; one is opened by the settings otherwise.
    """
    server = server_of(settings, gateway.app)
    if gateway.is_following:
        gateway.follower.start()
    try:
        with settled():
            server.run(None if listener is None else [listener])
    finally:
        if gateway.is_following:
            gateway.follower.stop()


@contextmanager
def settled() -> Iterator[None]:
    """Keep the collector of cycles from walking what stays until the end anyway: each walk would hold all answers.

    Source: Python's documentation of ``gc.freeze``.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def server_of(settings: GatewaySettings, app: APP) -> uvicorn.Server:
    """Make the server of an application; what says where a request comes from is believed only if so set."""
    return uvicorn.Server(
        uvicorn.Config(
            app, host=settings.host, port=settings.port, log_level="warning", access_log=False, server_header=False,
            proxy_headers=settings.is_forwarded, timeout_graceful_shutdown=settings.grace_s,
            h11_max_incomplete_event_size=1 << 16,
        )
    )  # fmt: skip


def _desk(settings: GatewaySettings, found: Ground, stack: ExitStack) -> Desk | None:
    if settings.register_directory is None:
        return None
    directory: Path = settings.register_directory
    desk = Desk(directory, found.explorer, lambda: found.registrar(directory), found.clock, keeper_of(settings, found))
    stack.callback(desk.close)
    return desk


def _book(settings: GatewaySettings, name: str, stack: ExitStack) -> Book | None:
    if not settings.imports:
        return None
    book = Book(settings.state / name.rpartition("/")[2], name)
    stack.callback(book.close)
    return book
