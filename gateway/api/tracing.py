"""Traces by OpenTelemetry, off unless an address is configured: one span a request, with its route and status.

No identifier, digest or name enters a span. The packages of the extra ``telemetry`` are needed only when it is on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ledger.errors import InvalidRecord

SEND_S: Final = 3
METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"})
"""Others are one (OpenTelemetry, semantic conventions for HTTP spans)."""


@contextmanager
def tracing(address: str, service: str) -> Iterator[Callable[[ASGIApp], ASGIApp]]:
    """Give what puts an application under a span a request, or leaves it as it is without an address.

    What has been noted and not sent is sent at the end, for as long as ``SEND_S``; a collector that cannot be reached
    delays no request.

    Raises:
        InvalidRecord: an address, and the packages are not installed.
    """
    if not address:
        yield lambda app: app
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError as fault:
        raise InvalidRecord("telemetry: install the extra 'telemetry', or leave the setting out") from fault
    provider = TracerProvider(resource=Resource.create({"service.name": service}), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=address, timeout=SEND_S)))
    try:
        yield lambda app: Traced(app, provider.get_tracer("shuxin.gateway"))
    finally:
        provider.shutdown()


class Traced:
    """ASGI middleware."""

    def __init__(self, app: ASGIApp, tracer: Any) -> None:
        self._app, self._tracer = app, tracer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        method = scope["method"] if scope["method"] in METHODS else "_OTHER"  # whoever asks chooses the word
        with self._tracer.start_as_current_span(
            "request",
            record_exception=False,
            set_status_on_exception=False,  # an error's words may name anything
        ) as span:

            async def told(message: Message) -> None:
                if message["type"] == "http.response.start":
                    route = getattr(scope.get("route"), "path", "none")
                    span.update_name(f"{method} {route}")
                    span.set_attribute("http.request.method", method)
                    span.set_attribute("http.route", route)
                    span.set_attribute("http.response.status_code", message["status"])
                await send(message)

            await self._app(scope, receive, told)
