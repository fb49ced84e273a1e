"""The pages' process: the application behind its shield, served by one worker (the toolkit keeps pages in memory).

What it does NOT do: TLS, which a proxy on the same machine ends; see docs/pages.md.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import uvicorn
from fastapi import FastAPI
from nicegui import ui
from starlette.types import ASGIApp

from gateway.accounts.counts import Counts
from gateway.accounts.edge.access import AccessLog
from gateway.accounts.edge.limits import Rate
from gateway.accounts.edge.shield import BURST, PER_S, Shield
from gateway.accounts.signin.oidc import Oidc
from gateway.pages import doors, frame
from gateway.pages.frame import Page
from gateway.pages.house import House
from gateway.pages.views.computing import budget, runs, statistics
from gateway.pages.views.oversight import findings, health, sampling, scorecard, wall
from gateway.pages.views.people import accounts, signin
from gateway.pages.views.proving import provenance, verify
from gateway.pages.views.registry import cases, rights
from gateway.pages.views.sharing import alerts, catalogue, workbench
from ledger.errors import BackendError

START_S: Final = 30.0

PAGES: Final[tuple[Page, ...]] = (
    verify.PAGE,
    provenance.PAGE,
    rights.PAGE,
    workbench.PAGE,
    statistics.PAGE,
    budget.PAGE,
    runs.PAGE,
    cases.PAGE,
    catalogue.PAGE,
    alerts.PAGE,
    findings.PAGE,
    sampling.PAGE,
    scorecard.PAGE,
    wall.PAGE,
    health.PAGE,
    accounts.OWN,
    accounts.ALL,
    signin.PAGE,
)
"""All pages, in the order of the menu."""


def application(house: House) -> FastAPI:
    """Put the pages together. Once a process: the toolkit has one set of pages."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    doors.install(app, house)
    frame.install(house, PAGES)
    ui.run_with(
        app,
        title="Shuxin 数信",
        favicon=frame.ICON,
        tailwind=False,
        gzip_middleware_factory=None,
        show_welcome_message=False,
        reconnect_timeout=15.0,
    )
    return app


def shielded(
    house: House, access: AccessLog, traced: Callable[[ASGIApp], ASGIApp] = lambda app: app,
    counts: Counts | None = None,
) -> Shield:  # fmt: skip
    """Put the application behind its shield, and under a span a request if traces are sent."""
    form_to, rate = origin_of(house.oidc) if house.oidc else "", Rate(PER_S, BURST, counts, "pages")
    return Shield(traced(application(house)), house.gate, access, house.is_secure, form_to, house.clock, rate)


def origin_of(oidc: Oidc) -> str:
    """Return the provider's origin, which a form may lead to."""
    return "/".join(oidc.provider.issuer.split("/")[:3])


def serve(shield: Shield, host: str, port: int, *, is_forwarded: bool = False) -> uvicorn.Server:
    """Make the server of an application; ``run`` blocks until a signal ends it gracefully."""
    config = uvicorn.Config(
        shield,
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=is_forwarded,
        workers=1,
        timeout_graceful_shutdown=5,
        ws_max_size=1 << 22,
        h11_max_incomplete_event_size=1 << 16,
    )
    return uvicorn.Server(config)


@contextmanager
def served(shield: Shield, host: str, port: int) -> Iterator[None]:
    """Serve from a thread until the context ends; raises BackendError if it does not come up."""
    server = serve(shield, host, port)
    done = threading.Event()

    def run() -> None:
        try:
            server.run()
        finally:
            done.set()

    thread = threading.Thread(target=run, name="pages", daemon=True)
    thread.start()
    waited = threading.Event()
    for _ in range(int(START_S * 20)):
        if server.started or done.is_set():
            break
        waited.wait(0.05)
    if not server.started:
        raise BackendError(f"pages: nothing could be served on {host}:{port}")
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(START_S)
