"""The pages as their own process on a served chain: started, asked over HTTP, an account enrolled, stopped."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from collector import collecting
from commandline import say
from landoffice import REGISTRAR, LandOffice, land_office

from gateway.accounts.edge.access import RECORDS, STREAM, read
from gateway.accounts.signin.gate import COOKIE
from ledger.log.stream import Stream

pytestmark = pytest.mark.slow
PASSWORD = "a long enough password"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return int(listener.getsockname()[1])


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LandOffice]:
    with land_office(tmp_path_factory.mktemp("office")) as found:
        lines = [
            f'node = "parties/{REGISTRAR}/node.toml"',
            'register_directory = "register"',
            f"pages_port = {free_port()}",
        ]
        (found.directory / "gateway.toml").write_text("\n".join(lines) + "\n")
        yield found


@contextmanager
def process(office: LandOffice) -> Iterator[str]:
    command = [sys.executable, "-m", "gateway", "gateway", "pages", "--config", str(office.directory / "gateway.toml")]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        address = running.stdout.readline().removeprefix("pages: ").strip().rstrip("/")
        try:
            transport = httpx.HTTPTransport(retries=8)  # the line stands before the port listens
            with httpx.Client(transport=transport, base_url=address, timeout=60) as client:
                assert client.get("/healthz").json() == {"alive": True}
            yield address
        finally:
            running.send_signal(signal.SIGTERM)
            assert running.wait(60) == 0


def test_an_officer_enrols_an_account_and_the_process_believes_the_chain_alone(
    office: LandOffice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway, paper = office.directory / "gateway.toml", tmp_path / "enrolment.json"
    (tmp_path / "password").write_text(PASSWORD)
    made = ("gateway", "account", "add", "clerk", "--config", gateway, "--password-file", tmp_path / "password")
    assert say(capsys, *made)[0] == 0
    assert say(capsys, *made)[0] == 1  # a name is given once
    signed = ("gateway", "enrol", "clerk", "--config", office.config(REGISTRAR), "-o", paper)
    assert say(capsys, *signed)[0] == 0
    with process(office) as address, httpx.Client(base_url=address, timeout=60) as client:
        assert client.get("/readyz").json()["ready"] is True
        form = {"name": "clerk", "password": PASSWORD, "language": "en", "back": "/en/account"}
        assert client.post("/auth/sign-in", data=form, headers={"origin": "https://evil.example"}).status_code == 403
        answer = client.post("/auth/sign-in", data=form, headers={"origin": address})
        assert (answer.status_code, answer.headers["location"]) == (303, "/en/account")
        assert "HttpOnly" in answer.headers["set-cookie"]
        assert "citizen" in client.get("/en/account").text
        page = client.get("/en/rights").text
        word = re.search(r'name=\\?"form\\?" value=\\?"([0-9a-f]{64})', page.replace("&quot;", '"'))
        assert word is not None
        assert (
            client.post("/auth/sign-out", data={"form": "0" * 64}, headers={"origin": address})
            .headers["location"]
            .endswith("fault=form")
        )
        assert client.cookies.get(COOKIE)
        client.post("/auth/sign-out", data={"form": word[1], "language": "en"}, headers={"origin": address})
        assert client.get("/en/account").status_code == 303
    log = office.directory / "gateway" / "pages-access"
    assert Stream(log / STREAM).checkpoint.size == len(read(log / RECORDS, 1000))


def test_the_api_ends_a_request_under_way_before_it_stops_and_sends_its_trace(office: LandOffice) -> None:
    command = [sys.executable, "-m", "gateway", "gateway", "serve", "--config", str(office.directory / "gateway.toml")]
    with collecting() as collector:
        settings = {"SHUXIN_GATEWAY_PORT": str(free_port()), "SHUXIN_GATEWAY_TELEMETRY": collector.address}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=os.environ | settings) as running:
            assert running.stdout is not None
            address = running.stdout.readline().removeprefix("gateway: ").partition("/v1/")[0]
            try:
                with httpx.Client(transport=httpx.HTTPTransport(retries=8), base_url=address, timeout=60) as client:
                    assert client.get("/readyz").status_code == 200
                place = ("127.0.0.1", int(settings["SHUXIN_GATEWAY_PORT"]))
                with socket.create_connection(place, 60) as idle, socket.create_connection(place, 60) as begun:
                    head = f"POST /v1/verify HTTP/1.1\r\nHost: {place[0]}\r\nContent-Length: 4\r\n"
                    head += "Expect: 100-continue\r\n\r\n"
                    begun.sendall(head.encode())
                    assert begun.recv(1 << 10) == b"HTTP/1.1 100 Continue\r\n\r\n"  # the request is under way
                    begun.sendall(b"{}")
                    running.send_signal(signal.SIGTERM)
                    assert idle.recv(1) == b""  # stopping has begun: what is idle is closed
                    with pytest.raises(OSError, match="refused"):
                        socket.create_connection(place, 60)
                    begun.sendall(b"  ")
                    answer = b"".join(iter(lambda: begun.recv(1 << 16), b""))
                assert answer.startswith(b"HTTP/1.1 200")
                assert answer.endswith(b"}")
            finally:
                running.send_signal(signal.SIGTERM)
                assert running.wait(60) == 0
        assert ("POST /verify", 200) in [(one["name"], one["http.response.status_code"]) for one in collector.spans()]


def test_an_enrolment_taken_in_gives_the_roles_that_parties_has(
    office: LandOffice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from gateway.accounts.book import AccountBook
    from gateway.accounts.caller import Role
    from gateway.accounts.membership import Membership
    from gateway.accounts.signin.gate import Gate
    from gateway.property.titles.answer import network_of
    from ledger.errors import NotAuthorized
    from mpc.node import config as node_config

    paper = tmp_path / "enrolment.json"
    assert say(capsys, "gateway", "enrol", "ann", "--config", office.config(REGISTRAR), "-o", paper)[0] == 0
    network = network_of(node_config.load(office.config(REGISTRAR)))
    book = AccountBook(tmp_path / "accounts.sqlite")
    try:
        import time

        gate = Gate(book, Membership(network.view, network.trust.genesis_hash, time.time), time.time)
        gate.add_local("ann", "", PASSWORD)
        gate.add_local("bob", "", PASSWORD)
        assert gate.enrol("ann", paper.read_bytes()) == {Role.DEPARTMENT, Role.REGISTRAR}
        assert gate.caller("ann").party == REGISTRAR
        with pytest.raises(NotAuthorized, match="another account"):
            gate.enrol("bob", paper.read_bytes())
    finally:
        book.close()
        network.close()


def test_settings_that_do_not_fit_are_named(
    office: LandOffice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "gateway.toml"
    place.write_text(f'node = "{office.config(REGISTRAR)}"\noidc_issuer = "https://idp.example"\n')
    code, _, err = say(capsys, "gateway", "pages", "--config", place)
    assert (code, "oidc_client" in err) == (2, True)
    place.write_text('node = "x"\nstrange = 1\n')
    code, _, err = say(capsys, "gateway", "pages", "--config", place)
    assert (code, "strange" in err) == (2, True)


def test_the_report_command_writes_a_pdf_and_proofs_that_a_folder_check_finds_to_hold(
    office: LandOffice, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    gateway, proofs = office.directory / "gateway.toml", tmp_path / "proofs"
    (tmp_path / "lines").write_text("permit 1001\n")
    records = ("notary", "append", tmp_path / "records", tmp_path / "lines", "--stream", f"{REGISTRAR}/permits")
    assert say(capsys, *records, "--config", office.config(REGISTRAR))[0] == 0
    stream = Stream(tmp_path / "records").checkpoint.id.hex()
    wanted = ("gateway", "report", f"stream:{stream}", "--config", gateway, "--language", "zh")
    assert say(capsys, *wanted, "-o", tmp_path / "report.pdf", "--proofs", proofs)[0] == 0
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")
    assert say(capsys, *wanted, "-o", tmp_path / "report.html")[0] == 0
    assert "审计报告" in (tmp_path / "report.html").read_text(encoding="utf-8")
    assert say(capsys, "gateway", "check", proofs, "--trust", office.directory / "trust.json")[0] == 0
    assert say(capsys, *wanted, "-o", tmp_path / "report.doc")[0] == 2
    assert not (tmp_path / "report.doc").exists()
