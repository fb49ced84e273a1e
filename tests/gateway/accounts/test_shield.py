"""What stands before every request: limits, origin, headers, nonce, record; each with one that it lets through."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from people import People
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.accounts.edge.access import RECORDS, AccessLog, read
from gateway.accounts.edge.limits import Rate
from gateway.accounts.edge.shield import MAX_BODY, Shield
from gateway.accounts.edge.sockets import BUSY, MOST_BYTES
from gateway.accounts.signin.gate import COOKIE

HERE = "http://testserver"


async def page(_: Request) -> Response:
    return HTMLResponse("<html><script>1</script><p>2</p><script type='module'>3</script></html>")


async def report(_: Request) -> Response:
    return HTMLResponse("<script>1</script>", headers={"Content-Security-Policy": "default-src 'none'"})


async def taken(request: Request) -> Response:
    return JSONResponse({"bytes": len(await request.body())})


async def echo(socket: WebSocket) -> None:
    await socket.accept()
    await socket.send_text("hello")
    await socket.close()


async def talk(socket: WebSocket) -> None:
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)


@pytest.fixture
def people(tmp_path: Path) -> Iterator[People]:
    found = People(tmp_path)
    yield found
    found.close()


@pytest.fixture
def shield(people: People, tmp_path: Path) -> Iterator[Shield]:
    app = Starlette(
        routes=[
            Route("/page", page),
            Route("/report", report),
            Route("/post", taken, methods=["POST"]),
            Route("/plain", lambda _: PlainTextResponse("words")),
            WebSocketRoute("/socket", echo),
            WebSocketRoute("/talk", talk),
        ]
    )
    with AccessLog(tmp_path / "access", "gateway/access") as access:
        yield Shield(app, people.gate, access, clock=people.clock)


@pytest.fixture
def client(shield: Shield) -> TestClient:
    return TestClient(shield)


def test_every_answer_carries_the_headers(client: TestClient) -> None:
    for path in ("/page", "/plain", "/nothing"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert "unsafe-inline" not in headers["content-security-policy"].split("style-src")[0]
        assert "strict-transport-security" not in headers


def test_over_https_browsers_are_told_to_stay_there(shield: Shield) -> None:
    shield.is_secure = True
    assert TestClient(shield).get("/plain").headers["strict-transport-security"]


def test_scripts_of_a_page_carry_the_answers_nonce_which_is_drawn_anew(client: TestClient) -> None:
    answers = [client.get("/page") for _ in range(2)]
    nonces = [answer.headers["content-security-policy"].split("'nonce-")[1].split("'")[0] for answer in answers]
    assert nonces[0] != nonces[1]
    for answer, nonce in zip(answers, nonces, strict=True):
        assert answer.text.count(f'<script nonce="{nonce}"') == 2
        assert len(answer.content) == int(answer.headers["content-length"])


def test_the_stricter_policy_of_an_answer_that_is_no_page_stands(client: TestClient) -> None:
    answer = client.get("/report")
    assert answer.headers["content-security-policy"] == "default-src 'none'"
    assert answer.text == "<script>1</script>"  # and nothing in it is let run


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://testserver.evil.example"])
def test_another_sites_form_is_refused(client: TestClient, origin: str) -> None:
    assert client.post("/post", content=b"1", headers={"origin": origin}).status_code == 403


def test_this_sites_form_passes_and_a_program_without_cookies_too(client: TestClient) -> None:
    assert client.post("/post", content=b"1", headers={"origin": HERE}).json() == {"bytes": 1}
    assert client.post("/post", content=b"1").json() == {"bytes": 1}


def test_a_post_with_a_cookie_and_no_origin_is_refused(client: TestClient) -> None:
    client.cookies.set(COOKIE, "x")
    assert client.post("/post", content=b"1").status_code == 403


def test_another_sites_web_socket_is_refused(client: TestClient) -> None:
    with client.websocket_connect("/socket", headers={"origin": HERE}) as socket:
        assert socket.receive_text() == "hello"
    with (
        pytest.raises(WebSocketDisconnect),
        client.websocket_connect("/socket", headers={"origin": "https://evil.example"}),
    ):
        pytest.fail("connected")


def test_a_visitor_s_flood_of_events_ends_the_socket_and_another_address_goes_on(shield: Shield) -> None:
    shield.sockets.events = Rate(per_s=0.001, burst=3)
    with TestClient(shield).websocket_connect("/talk", headers={"origin": HERE}) as socket:
        for n in range(3):
            socket.send_text(str(n))
            assert socket.receive_text() == str(n)
        socket.send_text("one too many")
        with pytest.raises(WebSocketDisconnect) as told:
            socket.receive_text()
        assert told.value.code == BUSY
    elsewhere = TestClient(shield, client=("10.0.0.9", 1))
    with elsewhere.websocket_connect("/talk", headers={"origin": HERE}) as socket:
        socket.send_text("hello")
        assert socket.receive_text() == "hello"


def test_an_event_that_is_too_long_ends_the_socket_and_the_longest_does_not(client: TestClient) -> None:
    with client.websocket_connect("/talk", headers={"origin": HERE}) as socket:
        socket.send_text("a" * MOST_BYTES)
        assert len(socket.receive_text()) == MOST_BYTES
        socket.send_bytes(b"a" * (MOST_BYTES + 1))
        with pytest.raises(WebSocketDisconnect):
            socket.receive_text()


def test_an_address_has_so_many_sockets_open_at_once_and_a_closed_one_makes_room(shield: Shield) -> None:
    shield.sockets.most_open = 2
    client = TestClient(shield)

    def connect() -> object:
        return client.websocket_connect("/talk", headers={"origin": HERE})

    with connect(), connect(), pytest.raises(WebSocketDisconnect), connect():
        pytest.fail("connected")
    with connect(), connect():
        pass


def test_a_flood_of_one_source_is_told_to_wait(shield: Shield) -> None:
    shield.rate = Rate(per_s=1, burst=3)
    client = TestClient(shield)
    assert [client.get("/plain").status_code for _ in range(4)] == [200, 200, 200, 429]
    assert client.get("/plain").headers["retry-after"] == "1"


def test_a_flood_from_many_addresses_of_one_line_is_told_to_wait_and_the_next_line_is_not(shield: Shield) -> None:
    shield.rate = Rate(per_s=1, burst=3)
    lines = [f"2001:db8:0:{n:x}::1" for n in range(4)] + ["2001:db8:0:100::1"]
    told = [TestClient(shield, client=(address, 5000)).get("/plain").status_code for address in lines]
    assert told == [200, 200, 200, 429, 200]


@pytest.mark.parametrize("length", [str(MAX_BODY + 1), "-1", "many"])
def test_a_body_that_says_it_is_too_long_is_refused(client: TestClient, length: str) -> None:
    answer = client.post("/post", content=b"1", headers={"content-length": length, "origin": HERE})
    assert answer.status_code == 413


def test_every_request_is_recorded_with_its_account_and_without_its_query(
    client: TestClient, people: People, tmp_path: Path
) -> None:
    secret = people.join("ann")
    client.get("/plain?name=Zhang")
    client.cookies.set(COOKIE, secret)
    client.get("/nothing")
    client.cookies.clear()
    client.get("/plain", headers={"authorization": "Bearer forged"})
    found = read(tmp_path / "access" / RECORDS, 10)
    said = [(one["account"], one["path"], one["status"]) for one in reversed(found)]
    assert said == [("", "/plain", 200), ("ann", "/nothing", 404), ("", "/plain", 200)]
