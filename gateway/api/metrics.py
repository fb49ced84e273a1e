"""What an operator watches: requests by route and status, how long they take, where index and chain stand.

Names of routes, never of units, parties or callers. ``/healthz`` says that the process runs, ``/readyz`` that it can
answer with proofs, ``/metrics`` all of it in the Prometheus text format, of all processes of a gateway together.
"""

from __future__ import annotations

import os
import time
from typing import Final

from fastapi import APIRouter
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.api.asking import services
from gateway.health import health_of

MOST_LAG: Final = 10
"""Blocks that the index may be behind before the gateway is not ready."""
TOGETHER: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which the library knows where the figures of several processes come together."""
router = APIRouter(tags=["operations"], include_in_schema=False)


class Metrics:
    """The figures, to which one process adds."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.requests = Counter(
            "shuxin_requests_total", "Requests answered", ["route", "status"], registry=self.registry
        )
        self.seconds = Histogram(
            "shuxin_request_seconds", "Time to answer", ["route"], registry=self.registry,
            buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
        )  # fmt: skip
        self.block = Gauge(
            "shuxin_index_block", "Last block in the index", registry=self.registry, multiprocess_mode="max"
        )
        self.lag = Gauge(
            "shuxin_index_lag_blocks", "Blocks the index is behind the chain", registry=self.registry,
            multiprocess_mode="max",
        )  # fmt: skip
        self.faults = Counter("shuxin_follow_faults_total", "Failed looks at the chain", registry=self.registry)

    def text(self) -> bytes:
        """Return the figures in the Prometheus text format, those of the gateway's other processes with them."""
        whole = self.registry
        if directory := os.environ.get(TOGETHER):
            MultiProcessCollector(whole := CollectorRegistry(), directory)  # type: ignore[no-untyped-call]
        return generate_latest(whole)


class Measured:
    """ASGI middleware that counts answers by route."""

    def __init__(self, app: ASGIApp, metrics: Metrics) -> None:
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = time.perf_counter()

        async def told(message: Message) -> None:
            if message["type"] == "http.response.start":
                route = getattr(scope.get("route"), "path", "none")
                self._metrics.requests.labels(route, str(message["status"])).inc()
                self._metrics.seconds.labels(route).observe(time.perf_counter() - began)
            await send(message)

        await self._app(scope, receive, told)


@router.get("/healthz")
async def alive() -> Response:
    """Say that the process runs."""
    return JSONResponse({"alive": True})


@router.get("/readyz")
def ready(request: Request) -> Response:
    """Say whether the gateway can answer with proofs: the chain is seen, and the index is close behind it."""
    given = services(request)
    health = health_of(given.observer, given.explorer, given.trust)
    is_ready = health.lag is not None and health.lag <= MOST_LAG
    told = {"ready": is_ready, "lag": health.lag, "fault": health.fault or None}
    return JSONResponse(told, 200 if is_ready else 503)


@router.get("/metrics")
def figures(request: Request) -> Response:
    """Return the figures in the Prometheus text format."""
    return Response(request.app.state.metrics.text(), media_type=CONTENT_TYPE_LATEST)
