"""Traces reach a collector with route and status and nothing that names anything; without one requests go on."""

from __future__ import annotations

import socket
import time

from collector import collecting
from fastapi.testclient import TestClient
from gatewaytown import GatewayTown
from starlette.types import Receive, Scope, Send

from gateway.api.app import create_app
from gateway.api.tracing import SEND_S, tracing


def test_each_request_is_one_span_that_names_no_party_and_no_digest(town: GatewayTown) -> None:
    held = town.held.hex()
    with collecting() as collector:
        with tracing(collector.address, "shuxin-gateway") as traced:
            client = TestClient(traced(create_app(town.services())), raise_server_exceptions=False)
            assert client.get(f"/v1/nodes/authorization:{held}").status_code == 200
            assert client.get("/v1/search?q=secret-code").status_code == 200
            assert client.get("/nowhere/secret-code").status_code == 404
        spans = collector.spans()
    assert [(one["name"], one["http.response.status_code"]) for one in spans] == [
        ("GET /nodes/{name}", 200), ("GET /search", 200), ("GET none", 404),
    ]  # fmt: skip
    assert {one["service"] for one in spans} == {"shuxin-gateway"}
    said = repr(collector.requests)
    assert held not in said
    assert "secret-code" not in said


def test_neither_the_words_of_an_error_of_the_program_nor_an_invented_method_leave_the_machine() -> None:
    async def app(scope: Scope, _receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 500, "headers": []})
        await send({"type": "http.response.body", "body": b""})
        raise KeyError("secret-code of " + scope["path"])

    with collecting() as collector:
        with tracing(collector.address, "shuxin-gateway") as traced:
            client = TestClient(traced(app), raise_server_exceptions=False)
            client.get("/secret-code")
            client.request("SECRET-CODE", "/")
        spans = collector.spans()
    assert [one["name"] for one in spans] == ["GET none", "_OTHER none"]
    said = repr(collector.requests)
    assert all(word not in said for word in ("secret-code", "SECRET-CODE", "KeyError", "test_tracing.py"))


def test_a_collector_that_is_not_there_delays_no_request_and_the_end_by_seconds_only(town: GatewayTown) -> None:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))  # bound and not listening: refused
        address = f"http://127.0.0.1:{bound.getsockname()[1]}/v1/traces"
        with tracing(address, "shuxin-gateway") as traced:
            client = TestClient(traced(create_app(town.services())))
            assert client.get("/v1/chain").status_code == 200
            begun = time.monotonic()
        assert time.monotonic() - begun < 4 * SEND_S
