"""Links between engines: what one engine says reaches the other, and nobody else gets through a door."""

import socket
import ssl
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from engines import free_ports

from ledger.crypto import tls
from ledger.errors import BackendError, InvalidRecord
from mpc.engine.links import Address, Links

RANKS = {"a": 0, "b": 1, "c": 2}


@pytest.fixture
def pair() -> Iterator[tuple[Links, Links, dict[str, int]]]:
    ports = dict(zip("ab", free_ports(2), strict=True))
    left, right = (Links(party, Address("127.0.0.1", ports[party])) for party in "ab")
    yield left, right, ports
    left.close()
    right.close()


def addresses(me: Links, other: str, port: int, certificate: bytes) -> list[str]:
    nobody = (Address("127.0.0.1", 9), certificate)
    return me.meet(RANKS, {other: (Address("127.0.0.1", port), certificate), "c": nobody})


def dialled(address: str) -> socket.socket:
    host, port = address.split(":")
    return socket.create_connection((host, int(port)), timeout=20)


def echo(address: str) -> threading.Thread:
    """Stand where an engine listens, and send back what comes."""
    host, port = address.split(":")
    listener = socket.create_server((host, int(port)))

    def answer() -> None:
        connection, _ = listener.accept()
        with listener, connection:
            while data := connection.recv(1000):
                connection.sendall(data)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    return thread


def test_what_enters_a_door_comes_out_at_the_peers_engine(pair: tuple[Links, Links, dict[str, int]]) -> None:
    left, right, ports = pair
    told = addresses(left, "b", ports["b"], right.certificate)
    engine = echo(addresses(right, "a", ports["a"], left.certificate)[RANKS["b"]])
    with dialled(told[RANKS["b"]]) as connection:
        for text in (b"share one", b"share two"):
            connection.sendall(text)
            assert connection.recv(100) == text
    engine.join(20)
    assert not engine.is_alive()


def test_a_peer_that_shows_another_key_than_it_signed_is_not_spoken_to(
    pair: tuple[Links, Links, dict[str, int]], tmp_path: Path
) -> None:
    left, right, ports = pair
    other = tls.create_identity(tmp_path, "b", now=datetime.now(UTC))
    told = addresses(left, "b", ports["b"], other.pem)
    addresses(right, "a", ports["a"], left.certificate)
    with dialled(told[RANKS["b"]]) as connection:
        assert connection.recv(100) == b""


def test_a_stranger_does_not_reach_the_engine(pair: tuple[Links, Links, dict[str, int]], tmp_path: Path) -> None:
    left, right, ports = pair
    addresses(right, "a", ports["a"], left.certificate)
    stranger = tls.create_identity(tmp_path, "a", now=datetime.now(UTC))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_cert_chain(stranger.certificate, stranger.key)
    tls.trust(context, right.certificate)
    with socket.create_connection(("127.0.0.1", ports["b"]), timeout=20) as plain, pytest.raises(OSError):
        _speak(context, plain)


def test_an_address_in_use_is_named(pair: tuple[Links, Links, dict[str, int]]) -> None:
    with pytest.raises(BackendError, match="cannot listen"):
        Links("c", Address("127.0.0.1", pair[2]["a"]))


@pytest.mark.parametrize(
    "text", ["", "host", "host:", ":80", "host:0", "host:65536", "host:٣", "a b:80", "h" * 300 + ":8"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecord, match="host:port"):
        Address.parse(text)


@pytest.mark.parametrize("text", ["node.example:7100", "10.0.0.1:65535", "[::1]:80"])
def test_an_address_is_read_and_written_alike(text: str) -> None:
    assert str(Address.parse(text)) == text


def _speak(context: ssl.SSLContext, plain: socket.socket) -> None:
    """Say something and wait for an answer; whoever is refused finds an alert, or the end."""
    with context.wrap_socket(plain) as connection:
        connection.sendall(b"hello")
        if not connection.recv(10):
            raise ConnectionResetError
