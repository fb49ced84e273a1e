"""Bodies that break off are nothing to act on, and a chain that does not answer keeps nobody else waiting."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from dataclasses import replace

import httpx
import pytest
from gatewaytown import GatewayTown
from starlette.types import Message

from contracts.parties.client import party_id
from gateway.api.app import create_app
from gateway.api.guards.guarding import Guard
from gateway.provenance.founding import Founding

STATED = b'{"id":"1"}\n'


@pytest.mark.parametrize(
    ("messages", "acted"),
    [
        ([(STATED, True), None], []),
        ([None], []),
        ([(STATED, True), (STATED, False)], [2 * STATED]),
        ([(b"", False)], [b""]),
    ],
)
def test_half_a_body_reaches_no_route(messages: list[tuple[bytes, bool] | None], acted: list[bytes]) -> None:
    """Lines of events are whole wherever one ends, so that half of them would be taken for all."""
    seen = list[bytes]()

    async def app(_scope: object, receive: object, _send: object) -> None:
        told = await receive()  # type: ignore[operator]
        seen.append(told["body"])

    async def receive() -> Message:
        found = messages.pop(0)
        if found is None:
            return {"type": "http.disconnect"}
        return {"type": "http.request", "body": found[0], "more_body": found[1]}

    async def send(_message: Message) -> None:
        raise AssertionError("nobody is there to be answered")

    scope = {"type": "http", "raw_path": b"/v1/imports/exchange", "query_string": b"", "headers": []}
    asyncio.run(Guard(app, max_body=1000)(scope, receive, send))
    assert seen == acted


@pytest.fixture
def slow(town: GatewayTown) -> Iterator[tuple[threading.Event, threading.Event]]:
    """A chain that has been asked for its founding state (first) and answers when it is told to (second)."""
    asked, answer = threading.Event(), threading.Event()
    view = town.explorer.view

    class Slow:
        def header(self, number: int) -> object:
            asked.set()
            assert answer.wait(20)
            return view.header(number)

        state = view.state

    founding = Founding(Slow())  # type: ignore[arg-type]
    before = town.explorer.founding, town.explorer.graph
    town.explorer.founding, town.explorer.graph = founding, replace(town.explorer.graph, founding=founding)
    yield asked, answer
    town.explorer.founding, town.explorer.graph = before


def test_a_party_whose_founding_the_chain_does_not_tell_yet_keeps_nobody_else_waiting(
    town: GatewayTown, slow: tuple[threading.Event, threading.Event]
) -> None:
    asked, answer = slow
    transport = httpx.ASGITransport(create_app(town.services()))

    async def both() -> tuple[bool, int, int]:
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
            waiting = asyncio.create_task(client.get(f"/v1/nodes/party:{party_id('tax').hex()}"))
            while not asked.is_set():
                await asyncio.sleep(0.005)
            other = await client.get("/v1/nodes/sales")
            is_waiting = not waiting.done()
            answer.set()
            return is_waiting, other.status_code, (await waiting).status_code

    stuck = threading.Timer(10, answer.set)
    stuck.start()
    assert asyncio.run(both()) == (True, 200, 200)
    stuck.cancel()
