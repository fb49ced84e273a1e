"""A node's side of the relay, against a real relay on loopback; and a whole exchange between three nodes."""

import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ledger.crypto.keys import generate
from ledger.crypto.tls import create_identity
from ledger.errors import BackendError, InvalidRecord, NotAuthorized, NotFound
from ledger.serving import Register
from mpc.node.messages.post import Post
from mpc.node.messages.relay_client import Receiver, RelayClient
from mpc.node.messages.sealed_channel import Bounds, Correspondence, Peer
from mpc.relay.server import RelayServer
from mpc.relay.store import Held, Limits, MailboxStore, MessageTooLarge

CODES = ("finance", "tax", "audit")
NOW = datetime.now(UTC)
LIMITS = Limits(message_bytes=2 << 20, sender_bytes=8 << 20)


@dataclass
class Relay:
    """One relay that can be stopped and started again at its address."""

    directory: Path

    def __post_init__(self) -> None:
        self.identities = {
            code: create_identity(self.directory / code, code, now=NOW) for code in (*CODES, "relay", "stranger")
        }
        self.port = free_port()
        self.start()

    def start(self) -> None:
        self.store = MailboxStore(self.directory / "relay.db", LIMITS)
        register = Register(self.identities["relay"], {code: self.identities[code].pem for code in CODES})
        self.server = RelayServer(self.store, register, "127.0.0.1", self.port).start()

    def stop(self) -> None:
        self.server.close()
        self.store.close()

    def client(self, code: str, *, retry_s: float = 20.0, pin: str = "relay") -> RelayClient:
        url = f"https://127.0.0.1:{self.port}"
        return RelayClient(url, self.identities[pin].pem, self.identities[code], code, retry_s=retry_s)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[Relay]:
    running = Relay(tmp_path)
    yield running
    running.stop()


class Collector:
    """Takes envelopes and answers that all may be forgotten."""

    def __init__(self, awaited: int) -> None:
        self.envelopes: list[bytes] = []
        self.complete = threading.Event()
        self._awaited = awaited

    def __call__(self, held: Held) -> list[int]:
        self.envelopes.append(held.envelope)
        if len(self.envelopes) >= self._awaited:
            self.complete.set()
        return [held.place]


def test_put_twice_is_kept_once(relay: Relay) -> None:
    finance, tax = relay.client("finance"), relay.client("tax")
    finance.put([("tax", b"sealed")])
    finance.put([("tax", b"sealed")])
    (held,) = tax.fetch(0, 1)
    assert held.envelope == b"sealed"
    tax.acknowledge([held.place])
    assert tax.fetch(0, 0) == []


def test_put_waits_for_a_relay_that_comes_back(relay: Relay) -> None:
    finance = relay.client("finance")
    relay.stop()
    putting = threading.Thread(target=finance.put, args=([("tax", b"sealed")],))
    putting.start()
    relay.start()
    putting.join(30)
    assert [held.envelope for held in relay.client("tax").fetch(0, 1)] == [b"sealed"]


def test_restart_of_the_relay_keeps_messages(relay: Relay) -> None:
    relay.client("finance").put([("tax", b"sealed")])
    relay.stop()
    relay.start()
    assert [held.envelope for held in relay.client("tax").fetch(0, 1)] == [b"sealed"]


def test_retries_are_bounded(relay: Relay) -> None:
    relay.stop()
    with pytest.raises(BackendError, match="cannot be reached"):
        relay.client("finance", retry_s=0.3).put([("tax", b"sealed")])
    relay.start()


def test_closing_ends_retries(relay: Relay) -> None:
    relay.stop()
    finance = relay.client("finance", retry_s=600)
    finance.close()
    with pytest.raises(BackendError):
        finance.put([("tax", b"sealed")])
    relay.start()


def test_full_mailbox_is_a_backend_error_after_the_retries(relay: Relay) -> None:
    finance = relay.client("finance", retry_s=0.2)
    for number in range(4):
        finance.put([("tax", bytes([number]) * (2 << 20))])
    with pytest.raises(BackendError, match="full"):
        finance.put([("tax", b"one more")])


def test_refusals_are_not_retried(relay: Relay) -> None:
    finance = relay.client("finance", retry_s=600)
    with pytest.raises(NotFound):
        finance.put([("nobody", b"x")])
    with pytest.raises(MessageTooLarge):
        finance.put([("tax", bytes((2 << 20) + 1))])


@pytest.mark.parametrize("call", [lambda c: c.put([("tax", b"x")]), lambda c: c.fetch(0, 0)])
def test_stranger_is_told_that_its_certificate_may_be_the_cause(
    relay: Relay, call: Callable[[RelayClient], object]
) -> None:
    with pytest.raises((NotAuthorized, BackendError), match="certificate"):  # TLS 1.3 may just close on it
        call(relay.client("stranger", retry_s=0.2))


def test_relay_with_another_certificate_is_refused(relay: Relay) -> None:
    with pytest.raises(NotAuthorized, match="registered server certificate"):
        relay.client("finance", retry_s=600, pin="tax").put([("tax", b"x")])


def test_mailbox_of_another_party_cannot_be_fetched(relay: Relay) -> None:
    spy = RelayClient(
        f"https://127.0.0.1:{relay.port}", relay.identities["relay"].pem, relay.identities["finance"], "tax"
    )
    with pytest.raises(NotAuthorized):
        spy.fetch(0, 0)
    with pytest.raises(NotAuthorized):
        spy.acknowledge([1])


def test_plain_http_is_refused(relay: Relay) -> None:
    with pytest.raises(InvalidRecord, match="https"):
        RelayClient("http://127.0.0.1:1", relay.identities["relay"].pem, relay.identities["tax"], "tax")


def test_receiver_hands_on_in_order_and_lets_the_relay_forget(relay: Relay) -> None:
    finance, tax = relay.client("finance"), relay.client("tax")
    collector = Collector(100)
    with Receiver(tax, collector, wait_s=1) as receiver:
        for number in range(100):
            finance.put([("tax", b"%03d" % number)])
        assert collector.complete.wait(30)
        assert collector.envelopes == [b"%03d" % number for number in range(100)]
        while relay.store.held("tax")[0]:  # acknowledged soon after; bounded by the test's own time limit
            assert receiver.failure is None


def test_many_envelopes_put_together_arrive_in_order(relay: Relay) -> None:
    sizes = [10] * 100 + [1 << 20] * 3 + [2 << 20, 10]
    envelopes = [number.to_bytes(2, "big") + bytes(size - 2) for number, size in enumerate(sizes)]
    collector = Collector(len(envelopes))
    relay.client("finance").put(("tax", envelope) for envelope in envelopes)
    with Receiver(relay.client("tax"), collector, wait_s=1):
        assert collector.complete.wait(30)
    assert collector.envelopes == envelopes


def test_receiver_survives_a_restart_of_the_relay(relay: Relay) -> None:
    finance, tax = relay.client("finance"), relay.client("tax")
    collector = Collector(2)
    with Receiver(tax, collector, wait_s=1):
        finance.put([("tax", b"before")])
        relay.stop()
        relay.start()
        finance.put([("tax", b"after")])
        assert collector.complete.wait(30)
    assert list(dict.fromkeys(collector.envelopes)) == [b"before", b"after"]


class LyingRelay(RelayClient):
    """Answers a poll with what the test says, then with nothing."""

    def __init__(self, answers: list[list[Held]]) -> None:
        self.party = "tax"
        self.answers = answers
        self.asked = threading.Semaphore(0)
        self._stopping = threading.Event()

    def fetch(self, after: int, wait_s: int) -> list[Held]:
        self.asked.release()
        if self.answers:
            return self.answers.pop(0)
        self._stopping.wait(1)
        return []

    def acknowledge(self, places: object) -> None:
        pass

    def close(self) -> None:
        self._stopping.set()


def test_receiver_refuses_places_that_run_backwards() -> None:
    collector = Collector(99)
    lying = LyingRelay([[Held(5, b"a")], [Held(5, b"b")], [Held(6, b"c"), Held(4, b"d")]])
    receiver = Receiver(lying, collector, wait_s=1)
    with receiver:
        for _ in range(4):
            assert lying.asked.acquire(timeout=60)
    assert collector.envelopes == [b"a", b"c"]


def test_receiver_tells_why_it_hears_nothing(relay: Relay) -> None:
    receiver = Receiver(relay.client("stranger"), Collector(1), wait_s=0)
    with receiver:
        while receiver.failure is None:
            assert receiver._thread.is_alive()
    assert "certificate" in str(receiver.failure)


def test_three_nodes_exchange_sealed_messages_over_the_relay(relay: Relay) -> None:
    statement = {code: generate("ed25519") for code in CODES}
    seals = {code: generate("x25519") for code in CODES}
    body = bytes(range(256)) * 10_000
    results: dict[str, list[bytes]] = {}

    def node(me: str) -> None:
        others = [code for code in CODES if code != me]
        peers = {code: Peer(seals[code].public, statement[code].public) for code in others}
        about = Correspondence(b"\x07" * 32, 1, b"\x05" * 32, me, statement[me].signer(), peers)
        client = relay.client(me)
        post = Post(me, seals[me], client.put)
        with Receiver(client, post.settle, wait_s=1):
            channel = post.open(about, Bounds(timeout_s=30))
            for other in others:
                channel.send(other, "round-1", me.encode() + body)
            results[me] = [channel.receive(other, "round-1", limit=3_000_000) for other in others]
            post.end(channel)

    threads = [threading.Thread(target=node, args=(code,)) for code in CODES]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    for me in CODES:
        assert results[me] == [code.encode() + body for code in CODES if code != me]
    stored = (relay.directory / "relay.db").read_bytes() + (relay.directory / "relay.db-wal").read_bytes()
    assert body[:64] not in stored
    assert b"round-1" not in stored
