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
from typing import Any

import uvicorn

from gateway.accounts.book import AccountBook
from gateway.accounts.counts import FILE, Counts
from gateway.accounts.edge.access import AccessLog
from gateway.accounts.edge.limits import Rate
from gateway.accounts.edge.shield import Shield
from gateway.accounts.membership import Membership
from gateway.accounts.signin.gate import Gate
from gateway.api.app import create_app
from gateway.api.following import Follower
from gateway.api.guards.idempotency import Keys
from gateway.api.guards.identity import Identity, PublicOnly
from gateway.api.guards.seats import Seats
from gateway.api.metrics import Metrics
from gateway.api.rights.desk import Desk
from gateway.api.services import Services
from gateway.api.settings import GatewaySettings
from gateway.api.tracing import tracing
from gateway.imports.book import Book
from gateway.index.index import Index
from gateway.index.store import Store
from gateway.network.naming import names_of
from gateway.property.titles.answer import Registrar, network_of
from gateway.provenance.explorer import Explorer
from gateway.statute.observation.observing import observer
from ledger.log.stream import Stream
from mpc.node import config as node_config
from mpc.node.config import NodeConfig
from mpc.node.node import read_trust

APP = Callable[..., Any]


@dataclass(frozen=True, slots=True)
class Gateway:
    """What was opened: the application with all that stands before it, and the thread that fills the index."""

    services: Services
    app: APP
    follower: Follower


@contextmanager
def opened(settings: GatewaySettings, *, clock: Callable[[], float] = time.time) -> Iterator[Gateway]:
    """Open everything a gateway needs and close it afterwards.

    Raises:
        BackendError, VerificationError: the chain cannot be asked, or is not the one of the trust file.
        Conflict: the index or the access log belongs to another network or process.
    """
    config = node_config.load(settings.node)
    settings.state.mkdir(mode=0o700, parents=True, exist_ok=True)
    with ExitStack() as stack:
        watched = stack.enter_context(observer(config, clock=clock))
        store = Store(settings.database)
        stack.callback(store.close)
        index = Index(store, watched.view.header(0))
        explorer = Explorer(index, watched.view)
        keys = Keys(settings.state / "keys.sqlite", clock)
        stack.callback(keys.close)
        counts = Counts(settings.state / FILE)
        stack.callback(counts.close)
        gate = _gate(settings, config, explorer, clock, stack)
        services = Services(
            explorer=explorer, observer=watched, trust=read_trust(config.trust), identity=gate or PublicOnly(),
            names=names_of(config), keys=keys, desk=_desk(settings, config, explorer, clock, stack),
            streams={Stream(path).checkpoint.id: path for path in settings.streams}, evidence=settings.evidence,
            exchange=_book(settings, f"{config.party}/exchange", stack),
            imports=_book(settings, f"{config.party}/imports", stack), max_body=settings.max_body,
            seats=Seats(clock=clock, counts=counts),
        )  # fmt: skip
        metrics = Metrics()
        traced = stack.enter_context(tracing(settings.telemetry, "shuxin-gateway"))
        app: APP = traced(create_app(services, metrics))
        if isinstance(gate, Gate):
            access = stack.enter_context(AccessLog(settings.state / "access", f"{config.party}/access"))
            app = Shield(
                app, gate, access, settings.is_secure, clock=clock, rate=Rate(settings.per_s, settings.burst, counts)
            )
        follower = Follower(index, watched.chain, watched.view, settings.follow_s, metrics)
        yield Gateway(services, app, follower)


def serve(settings: GatewaySettings, gateway: Gateway) -> None:
    """Serve until SIGINT or SIGTERM; requests under way are given their time to end."""
    server = server_of(settings, gateway.app)
    gateway.follower.start()
    try:
        with settled():
            server.run()
    finally:
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


def _gate(
    settings: GatewaySettings, config: NodeConfig, explorer: Explorer, clock: Callable[[], float], stack: ExitStack
) -> Identity | None:
    if not settings.accounts:
        return None
    book = AccountBook(settings.state / "accounts.sqlite")
    stack.callback(book.close)
    membership = Membership(explorer.view, read_trust(config.trust).genesis_hash, clock)
    return Gate(book, membership, clock, is_secure=settings.is_secure)


def _desk(
    settings: GatewaySettings, config: NodeConfig, explorer: Explorer, clock: Callable[[], float], stack: ExitStack
) -> Desk | None:
    if settings.register_directory is None:
        return None
    directory: Path = settings.register_directory
    desk = Desk(directory, explorer, lambda: Registrar(directory, network_of(config, clock=clock), clock=clock), clock)
    stack.callback(desk.close)
    return desk


def _book(settings: GatewaySettings, name: str, stack: ExitStack) -> Book | None:
    if not settings.imports:
        return None
    book = Book(settings.state / name.rpartition("/")[2], name)
    stack.callback(book.close)
    return book
