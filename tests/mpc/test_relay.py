"""The relay: its store, and its server over mutual TLS on loopback."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import urllib3

from ledger.errors import BackendError, Conflict, InvalidRecord
from ledger.serving import Register
from ledger.tls import Identity, client_pool, create_identity
from mpc.node.relay_client import unframe
from mpc.relay.server import RelayServer, frame
from mpc.relay.store import Held, Limits, MailboxFull, MailboxStore, MessageTooLarge

ID = "ab" * 16
NOW = datetime.now(UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MailboxStore]:
    limits = Limits(message_bytes=100, mailbox_bytes=500, mailbox_count=10, sender_bytes=300, keep_s=60)
    opened = MailboxStore(tmp_path / "relay.db", limits)
    yield opened
    opened.close()


def name(number: int) -> str:
    return f"{number:032x}"


def test_messages_come_in_order_of_arrival_to_their_mailbox_only(store: MailboxStore) -> None:
    for number in range(3):
        assert store.put("tax", name(number), "finance", b"%d" % number, now=0)
    store.put("audit", name(0), "finance", b"other", now=0)
    held = store.after("tax", 0, now=1)
    assert [item.envelope for item in held] == [b"0", b"1", b"2"]
    assert [item.envelope for item in store.after("tax", held[1].place, now=1)] == [b"2"]
    assert store.after("tax", held[2].place, now=1) == []


def test_same_message_again_is_kept_once(store: MailboxStore) -> None:
    assert store.put("tax", ID, "finance", b"x", now=0)
    assert not store.put("tax", ID, "finance", b"x", now=0)
    assert store.held("tax") == (1, 1)
    with pytest.raises(Conflict, match="another envelope"):
        store.put("tax", ID, "finance", b"y", now=0)


def test_acknowledged_messages_are_gone_and_places_are_not_used_again(store: MailboxStore) -> None:
    for number in range(3):
        store.put("tax", name(number), "finance", b"x", now=0)
    places = [item.place for item in store.after("tax", 0, now=0)]
    assert store.acknowledge("audit", places) == 0
    assert store.acknowledge("tax", places) == 3
    assert store.acknowledge("tax", places) == 0
    store.put("tax", name(9), "finance", b"x", now=0)
    assert store.after("tax", 0, now=0)[0].place > places[-1]


def test_restart_keeps_messages(tmp_path: Path) -> None:
    first = MailboxStore(tmp_path / "relay.db", Limits())
    first.put("tax", ID, "finance", b"x", now=0)
    first.close()
    second = MailboxStore(tmp_path / "relay.db", Limits())
    assert [item.envelope for item in second.after("tax", 0, now=1)] == [b"x"]
    second.close()


def test_message_too_large_or_without_proper_id_is_refused(store: MailboxStore) -> None:
    store.put("tax", ID, "finance", bytes(100), now=0)
    with pytest.raises(MessageTooLarge):
        store.put("tax", name(1), "finance", bytes(101), now=0)
    for identifier in ("", "ab", "AB" * 16, "zz" * 16, "ab" * 33):
        with pytest.raises(InvalidRecord, match="digits"):
            store.put("tax", identifier, "finance", b"x", now=0)


def test_mailbox_is_bounded_by_count(store: MailboxStore) -> None:
    for number in range(10):
        store.put("tax", name(number), "finance", b"", now=0)
    with pytest.raises(MailboxFull):
        store.put("tax", name(10), "finance", b"", now=0)
    assert not store.put("tax", name(9), "finance", b"", now=0)  # a repetition needs no room
    store.put("audit", name(10), "finance", b"", now=0)


def test_flood_of_one_sender_leaves_room_for_others(store: MailboxStore) -> None:
    for number in range(3):
        store.put("tax", name(number), "finance", bytes(100), now=0)
    with pytest.raises(MailboxFull, match="share"):
        store.put("tax", name(3), "finance", b"x", now=0)
    store.put("tax", name(4), "audit", bytes(100), now=0)
    store.put("tax", name(5), "audit", bytes(100), now=0)
    with pytest.raises(MailboxFull, match="mailbox is full"):
        store.put("tax", name(6), "audit", b"x", now=0)


def test_many_small_messages_of_one_sender_leave_room_for_others(tmp_path: Path) -> None:
    """Bytes alone do not bound it: without a bound of its own one sender takes every place of the mailbox."""
    flooded = {}
    for kind, share in (("without", 10), ("with", 9)):
        store = MailboxStore(tmp_path / f"{kind}.db", Limits(mailbox_count=10, sender_count=share))
        for number in range(share):
            store.put("tax", name(number), "mallory", b"", now=0)
        with pytest.raises(MailboxFull, match="share"):
            store.put("tax", name(10), "mallory", b"", now=0)
        try:
            flooded[kind] = store.put("tax", name(11), "finance", b"honest", now=0)
        except MailboxFull as full:
            flooded[kind] = str(full)
        store.put("audit", name(12), "mallory", b"", now=0)  # another mailbox has shares of its own
        store.close()
    assert flooded == {"without": "relay: the mailbox is full", "with": True}
    assert Limits().sender_count * 8 <= Limits().mailbox_count


def test_messages_expire(store: MailboxStore) -> None:
    store.put("tax", ID, "finance", b"x", now=0)
    assert store.after("tax", 0, now=59) != []
    assert store.after("tax", 0, now=60) == []
    store.put("audit", ID, "finance", b"x", now=61)
    assert store.held("tax") == (0, 0)


def test_answer_holds_what_fits_and_at_least_one(store: MailboxStore) -> None:
    for number in range(3):
        store.put("tax", name(number), "finance", bytes(90), now=0)
    assert len(store.after("tax", 0, now=0, answer_bytes=200)) == 2
    assert len(store.after("tax", 0, now=0, answer_bytes=1)) == 1


def test_impossible_limits_are_refused() -> None:
    with pytest.raises(InvalidRecord):
        Limits(message_bytes=0)


def test_frames_round_trip_and_cut_ones_are_refused() -> None:
    held = [Held(1, b"abc", "finance"), Held(7, b""), Held(1 << 40, bytes(1000), "a" * 63)]
    data = frame(held)
    assert unframe(data) == held
    for cut in (1, 8, 11, 16, 18, 21, len(data) - 1):
        with pytest.raises(BackendError, match="truncated"):
            unframe(data[:cut])


class Parties:
    """Certificates of four parties and a relay between three of them."""

    def __init__(self, directory: Path) -> None:
        codes = ("relay", "finance", "tax", "stranger")
        self.identities = {code: create_identity(directory / code, code, now=NOW) for code in codes}
        self.pems = {code: self.identities[code].pem for code in ("finance", "tax")}
        self.register = Register(self.identities["relay"], self.pems)

    def request(
        self, server: RelayServer, who: Identity | None, method: str, path: str, body: bytes | None = None
    ) -> urllib3.BaseHTTPResponse:
        pool = client_pool(self.identities["relay"].pem, who)
        try:
            return pool.request(method, server.url + path, body=body, timeout=20)
        finally:
            pool.clear()


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Parties:
    return Parties(tmp_path_factory.mktemp("parties"))


@pytest.fixture
def server(parties: Parties, store: MailboxStore) -> Iterator[RelayServer]:
    with RelayServer(store, parties.register, "127.0.0.1", 0, clock=lambda: 1000.0).start() as running:
        yield running


def test_put_get_acknowledge(parties: Parties, server: RelayServer, store: MailboxStore) -> None:
    finance, tax = parties.identities["finance"], parties.identities["tax"]
    assert parties.request(server, finance, "PUT", f"/v1/mailbox/tax/{ID}", b"sealed").status == 201
    assert parties.request(server, finance, "PUT", f"/v1/mailbox/tax/{ID}", b"sealed").status == 200
    answer = parties.request(server, tax, "GET", "/v1/mailbox/tax?after=0&wait=1")
    (held,) = unframe(answer.data)
    assert (held.envelope, held.sender) == (b"sealed", "finance")
    assert parties.request(server, tax, "DELETE", f"/v1/mailbox/tax?place={held.place}").status == 204
    assert store.held("tax") == (0, 0)


def test_only_the_owner_reads_and_acknowledges(parties: Parties, server: RelayServer) -> None:
    finance = parties.identities["finance"]
    parties.request(server, finance, "PUT", f"/v1/mailbox/tax/{ID}", b"sealed")
    assert parties.request(server, finance, "GET", "/v1/mailbox/tax").status == 403
    assert parties.request(server, finance, "DELETE", "/v1/mailbox/tax?place=1").status == 403
    assert parties.request(server, finance, "GET", "/v1/mailbox/finance").status == 200


@pytest.mark.parametrize("who", ["stranger", None])
def test_caller_without_a_registered_certificate_is_not_served(
    parties: Parties, server: RelayServer, who: str | None
) -> None:
    identity = parties.identities[who] if who else None
    with pytest.raises(urllib3.exceptions.HTTPError):
        parties.request(server, identity, "GET", "/healthz")


def test_removed_party_is_out_on_its_next_request(parties: Parties, server: RelayServer) -> None:
    finance = parties.identities["finance"]
    assert parties.request(server, finance, "GET", "/healthz").status == 200
    parties.register.replace({"tax": parties.pems["tax"]})
    assert parties.request(server, finance, "GET", "/healthz").status == 403
    parties.register.replace(parties.pems)
    assert parties.request(server, finance, "GET", "/healthz").status == 200


def test_one_certificate_for_two_parties_is_refused(parties: Parties) -> None:
    with pytest.raises(InvalidRecord, match="same certificate"):
        parties.register.replace({"a": parties.pems["tax"], "b": parties.pems["tax"]})


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PUT", "/v1/mailbox/nobody/" + ID, b"x", 404),
        ("PUT", "/v1/mailbox/tax/short", b"x", 400),
        ("PUT", "/v1/mailbox/tax/" + ID, bytes(101), 413),
        ("PUT", "/v1/mailbox/tax/" + ID, bytes(1 << 20), 413),
        ("GET", "/v1/mailbox/tax?after=-1", None, 400),
        ("GET", "/v1/mailbox/tax?after=x", None, 400),
        ("GET", "/v1/mailbox/tax?wait=31", None, 400),
        ("GET", "/v1/mailbox/tax?after=99999999999999999999", None, 400),
        ("DELETE", "/v1/mailbox/tax", None, 400),
        ("DELETE", "/v1/mailbox/tax?place=x", None, 400),
        ("POST", "/v1/mailbox/tax", b"x", 405),
        ("GET", "/", None, 404),
    ],
)
def test_request_out_of_form_is_refused(
    parties: Parties, server: RelayServer, method: str, path: str, body: bytes | None, status: int
) -> None:
    assert parties.request(server, parties.identities["tax"], method, path, body).status == status


def test_full_share_and_changed_message_have_their_own_answers(parties: Parties, server: RelayServer) -> None:
    finance = parties.identities["finance"]
    for number in range(3):
        parties.request(server, finance, "PUT", f"/v1/mailbox/tax/{name(number)}", bytes(100))
    assert parties.request(server, finance, "PUT", f"/v1/mailbox/tax/{name(3)}", b"x").status == 429
    assert parties.request(server, finance, "PUT", f"/v1/mailbox/tax/{name(0)}", b"x").status == 409


def test_long_poll_answers_as_soon_as_a_message_arrives(parties: Parties, server: RelayServer) -> None:
    answers: list[bytes] = []

    def poll() -> None:
        tax = parties.identities["tax"]
        answers.append(parties.request(server, tax, "GET", "/v1/mailbox/tax?wait=30").data)

    waiting = threading.Thread(target=poll)
    waiting.start()
    parties.request(server, parties.identities["finance"], "PUT", f"/v1/mailbox/tax/{ID}", b"sealed")
    waiting.join(15)
    assert [item.envelope for item in unframe(answers[0])] == [b"sealed"]


def test_closing_ends_long_polls(parties: Parties, store: MailboxStore) -> None:
    answers: list[int] = []
    server = RelayServer(store, parties.register, "127.0.0.1", 0).start()

    def poll() -> None:
        tax = parties.identities["tax"]
        answers.append(parties.request(server, tax, "GET", "/v1/mailbox/tax?wait=30").status)

    waiting = threading.Thread(target=poll)
    waiting.start()
    while not server._arrivals:  # until the poll has reached the server
        assert waiting.is_alive()
    server.close()
    waiting.join(15)
    assert answers == [200]


def test_address_in_use_is_a_backend_error(parties: Parties, server: RelayServer, store: MailboxStore) -> None:
    port = int(server.url.rsplit(":", 1)[1])
    with pytest.raises(BackendError, match="cannot listen"):
        RelayServer(store, parties.register, "127.0.0.1", port).start()
