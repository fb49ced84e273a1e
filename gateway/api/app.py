"""The application: routes under /v1, guards before them, every error one form."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, FastAPI

from gateway.api.guards import problems
from gateway.api.guards.guarding import Guard
from gateway.api.metrics import Measured, Metrics
from gateway.api.metrics import router as operations
from gateway.api.quick import Quick
from gateway.api.routes import (
    catalogue,
    chain,
    events,
    evidence,
    exports,
    imports,
    oversight,
    provenance,
    rights,
    streams,
)
from gateway.api.services import Services

ROUTERS: Final[tuple[APIRouter, ...]] = (
    chain.router, provenance.router, catalogue.router, rights.router, streams.router, evidence.router,
    oversight.router, events.router, exports.router, imports.router,
)  # fmt: skip
PREFIX: Final = "/v1"


def create_app(services: Services, metrics: Metrics | None = None) -> FastAPI:
    """Put the API together; it starts nothing and opens nothing."""
    app = FastAPI(
        title="Shuxin gateway", version="1", docs_url=None, redoc_url=None, openapi_url=f"{PREFIX}/openapi.json",
        description="Provenance and rights with proofs behind every answer. Errors are problem details (RFC 9457).",
    )  # fmt: skip
    app.state.services, app.state.metrics = services, metrics or Metrics()
    for router in ROUTERS:
        app.include_router(router, prefix=PREFIX, responses=_PROBLEMS)
    problems.install(app)
    app.include_router(operations)
    _describe(app)
    app.add_middleware(Quick, services=services)
    app.add_middleware(Guard, max_body=services.max_body)
    app.add_middleware(Measured, metrics=app.state.metrics)
    return app


def _describe(app: FastAPI) -> None:
    """Add the one form of all errors to what describes the API."""
    described = app.openapi()
    described.setdefault("components", {}).setdefault("schemas", {})["Problem"] = problems.SCHEMA


_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"description": text, "content": {problems.MEDIA: {"schema": {"$ref": "#/components/schemas/Problem"}}}}
    for status, text in (
        (400, "Not of the required form"), (401, "Nobody is signed in"), (403, "Refused"), (404, "No such thing"),
        (409, "In another state"), (413, "Too long"), (422, "A parameter is malformed"), (429, "Too many requests"),
        (502, "What the chain's node showed does not hold"), (503, "Something behind the gateway failed"),
    )
}  # fmt: skip
