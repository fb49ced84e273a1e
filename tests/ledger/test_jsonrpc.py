"""The HTTP client: whatever a server answers, and how slowly, it is a value or a named error."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from ledger.chain import jsonrpc
from ledger.chain.jsonrpc import JsonRpcClient
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.serving.server import serve
from ledger.errors import BackendError, NotAuthorized


@pytest.fixture
def stub() -> Iterator[Callable[[bytes, int], JsonRpcClient]]:
    """A server that gives one fixed body to every question."""
    servers: list[HTTPServer] = []

    def start(body: bytes, status: int = 200) -> JsonRpcClient:
        class Fixed(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(status)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None:
                pass

        server = HTTPServer(("127.0.0.1", 0), Fixed)
        servers.append(server)
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return JsonRpcClient(f"http://127.0.0.1:{server.server_port}")

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b"[]", b'{"id": 99, "result": 1}', b"[" * 200_000, b'{"id":1,"error":5}', b'{"id":1,"error":{}}'],
)
def test_nonsense_is_a_backend_error(stub: Callable[..., JsonRpcClient], body: bytes) -> None:
    with pytest.raises(BackendError):
        stub(body).call("eth_blockNumber")


def test_an_answer_past_the_limit_is_not_read(
    stub: Callable[..., JsonRpcClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = stub(b'{"id": 1, "result": "' + b"x" * 5000 + b'"}')
    monkeypatch.setattr(jsonrpc, "MAX_ANSWER_BYTES", 4000)
    with pytest.raises(BackendError, match="cut off"):
        client.call("eth_blockNumber")


def test_an_answer_that_trickles_is_cut_off(
    stub: Callable[..., JsonRpcClient], monkeypatch: pytest.MonkeyPatch
) -> None:
    client = stub(b'{"id": 1, "result": 1}')
    monkeypatch.setattr(jsonrpc, "GRACE_S", -20.0)  # the time is over before the first piece
    with pytest.raises(BackendError, match="cut off"):
        client.call("eth_blockNumber")


def test_a_door_that_stays_shut_is_not_authorized(stub: Callable[..., JsonRpcClient]) -> None:
    with pytest.raises(NotAuthorized):
        stub(b"{}", 403).call("eth_blockNumber")


def test_a_refusal_without_data_keeps_the_reason_in_its_message(stub: Callable[..., JsonRpcClient]) -> None:
    client = stub(b'{"id": 1, "error": {"code": -32000, "message": "execution reverted: notary: stale size"}}')
    with pytest.raises(NotAuthorized, match=r"^notary: stale size$"):
        client.call("eth_call")


def test_connections_are_kept_open(anchored: EmbeddedNode) -> None:
    with serve(anchored, "127.0.0.1", 0) as server:
        client = JsonRpcClient(server.url)
        for _ in range(5):
            client.call("eth_getBlockByNumber", "0x1", True)
        (pool,) = (client._pool.pools[key] for key in client._pool.pools.keys())  # noqa: SIM118 - no plain dict
        assert (pool.num_connections, pool.num_requests) == (1, 5)
