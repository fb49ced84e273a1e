"""JSON-RPC behind a server: health, bodies out of form, errors that cross the wire as themselves."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest
import urllib3
from askednode import raw_call, two_blocks
from foundedchain import STRANGER

from ledger.chain.jsonrpc import JsonRpcClient
from ledger.chain.wire import data
from ledger.embedded.node import EmbeddedNode
from ledger.embedded.serving.server import serve
from ledger.errors import BackendError, Conflict, InvalidRecord, NotAuthorized, NotFound


@pytest.fixture(scope="module")
def node(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedNode]:
    with two_blocks(tmp_path_factory.mktemp("chain")) as node:
        yield node


def test_health_names_the_head(node: EmbeddedNode) -> None:
    with serve(node, "127.0.0.1", 0) as server:
        assert urllib3.request("GET", server.url + "/healthz").json() == {"status": "ok", "head": 2}


@pytest.mark.parametrize(("body", "status"), [(b"{", 400), (b"[" * 100_000, 400), (b"x" * (17 << 20), 413)])
def test_bodies_that_are_no_requests_are_refused(node: EmbeddedNode, body: bytes, status: int) -> None:
    with serve(node, "127.0.0.1", 0) as server:
        assert urllib3.request("POST", server.url, body=body).status == status


def test_a_taken_port_is_a_backend_error(node: EmbeddedNode) -> None:
    with serve(node, "127.0.0.1", 0) as server, pytest.raises(BackendError, match="cannot listen"):
        serve(node, "127.0.0.1", int(server.url.rsplit(":", 1)[1]))


def test_stopping_does_not_wait_for_long_polls(node: EmbeddedNode) -> None:
    server = serve(node, "127.0.0.1", 0)
    client = JsonRpcClient(server.url)
    answers: list[object] = []
    waiting = threading.Thread(target=lambda: answers.append(client.call("shuxin_head", 2, 30, wait_s=30)))
    waiting.start()
    while not server._waiters._taken.total():
        time.sleep(0.01)
    started = time.monotonic()
    server.close()
    waiting.join(10)
    assert time.monotonic() - started < 15  # half of what the poll would wait
    assert answers == [2]


def test_errors_cross_the_wire_as_themselves(node: EmbeddedNode) -> None:
    with serve(node, "127.0.0.1", 0) as server:
        client = JsonRpcClient(server.url)
        with pytest.raises(NotAuthorized):
            client.call("eth_sendRawTransaction", data(raw_call(0, "a", 0, 5, STRANGER)))
        with pytest.raises(Conflict):
            client.call("eth_sendRawTransaction", data(raw_call(0, "z", 0, 5)))
        with pytest.raises(InvalidRecord):
            client.call("eth_sendRawTransaction", "zz")
        with pytest.raises(NotFound):
            client.call("shuxin_block", 99)
        with pytest.raises(NotFound, match="no method"):
            client.call("eth_sign")
