"""A server on its own thread, with the smallest possible application; and who its register knows."""

import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import urllib3
from aiohttp import web

from ledger.crypto.tls import Identity, create_identity
from ledger.errors import BackendError, InvalidRecord
from ledger.serving import Register, Server

NOW = datetime.now(UTC)


class Echo(Server):
    """Answers the path it was asked for, or with its failure."""

    def __init__(self, port: int = 0, *, host: str = "127.0.0.1", failure: Exception | None = None) -> None:
        super().__init__("echo", host, port, None)
        self._failing = failure

    def application(self) -> web.Application:
        if self._failing is not None:
            raise self._failing
        application = web.Application()
        application.router.add_get("/{word}", self._answer)
        return application

    async def _answer(self, request: web.Request) -> web.Response:
        return web.Response(text=request.match_info["word"])


@pytest.fixture
def server() -> Iterator[Echo]:
    with Echo().start() as running:
        yield running


def ask(url: str, word: str) -> str:
    return urllib3.request("GET", f"{url}/{word}", retries=False, timeout=60).data.decode()


def test_a_started_server_answers_where_it_says(server: Echo) -> None:
    assert ask(server.url, "word") == "word"
    assert not server.wait(0)


def test_a_closed_server_answers_nobody_and_ends_its_thread(server: Echo) -> None:
    server.close()
    assert server.wait(0)
    assert "echo" not in {thread.name for thread in threading.enumerate()}
    with pytest.raises(urllib3.exceptions.HTTPError):
        ask(server.url, "word")
    server.close()


def test_who_waits_is_woken_by_the_end(server: Echo) -> None:
    woken = threading.Event()
    waiter = threading.Thread(target=lambda: server.wait(60) and woken.set())
    waiter.start()
    server.close()
    assert woken.wait(60)
    waiter.join(60)


def test_an_address_in_use_is_told(server: Echo) -> None:
    port = int(server.url.rsplit(":", 1)[1])
    with pytest.raises(BackendError, match=f"echo: cannot listen on 127.0.0.1:{port}"):
        Echo(port).start()
    assert ask(server.url, "still") == "still"


def test_what_fails_before_listening_is_told() -> None:
    broken = Echo(failure=ValueError("no routes"))
    with pytest.raises(BackendError, match="no routes"):
        broken.start()
    assert broken.wait(0)


def test_a_server_that_never_started_can_be_closed() -> None:
    Echo().close()


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.168.1.1", "example.org", ""])
def test_without_a_register_only_this_machine_is_served(host: str) -> None:
    with pytest.raises(InvalidRecord, match="echo: plain http is for this machine only"):
        Echo(host=host)


def test_an_ipv6_address_is_written_in_brackets() -> None:
    assert Echo(8545, host="::1").url == "http://[::1]:8545"


# --- the register


@pytest.fixture
def identities(tmp_path: Path) -> dict[str, Identity]:
    return {code: create_identity(tmp_path / code, code, now=NOW) for code in ("relay", "tax", "finance")}


def der(identity: Identity) -> bytes:
    return ssl.PEM_cert_to_DER_cert(identity.pem.decode())


def test_a_certificate_is_its_partys_and_nobody_elses(identities: dict[str, Identity]) -> None:
    register = Register(identities["relay"], {"tax": identities["tax"].pem})
    assert register.party(der(identities["tax"])) == "tax"
    assert register.party(der(identities["finance"])) is None
    assert register.party(None) is None
    assert register.knows("tax")
    assert not register.knows("finance")


def test_replacing_takes_out_who_is_not_named_again(identities: dict[str, Identity]) -> None:
    register = Register(identities["relay"], {"tax": identities["tax"].pem})
    register.replace({"finance": identities["finance"].pem})
    assert (register.party(der(identities["tax"])), register.party(der(identities["finance"]))) == (None, "finance")
    register.replace({"revenue": identities["tax"].pem})
    assert register.party(der(identities["tax"])) == "revenue"


def test_one_certificate_for_two_parties_changes_nothing(identities: dict[str, Identity]) -> None:
    register = Register(identities["relay"], {"tax": identities["tax"].pem})
    for wrong in ({"a": identities["finance"].pem, "b": identities["finance"].pem}, {"a": b"no certificate"}):
        with pytest.raises(InvalidRecord):
            register.replace(wrong)
    assert register.party(der(identities["tax"])) == "tax"
