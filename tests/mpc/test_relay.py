"""The relay: its store, and its server over mutual TLS on loopback."""

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import urllib3

from ledger.crypto.tls import Identity, client_pool, create_identity
from ledger.errors import BackendError, Conflict, InvalidRecord
from ledger.serving import Register
from mpc.relay.framing import (
    BATCH_BYTES,
    BATCH_COUNT,
    batches,
    frame_held,
    frame_letters,
    unframe_held,
    unframe_letters,
)
from mpc.relay.server import RelayServer
from mpc.relay.store import Held, Letter, Limits, MailboxFull, MailboxStore, MessageTooLarge

ID = b"\xab" * 32
NOW = datetime.now(UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MailboxStore]:
    limits = Limits(message_bytes=100, mailbox_bytes=500, mailbox_count=10, sender_bytes=300, keep_s=60)
    opened = MailboxStore(tmp_path / "relay.db", limits)
    yield opened
    opened.close()


def name(number: int) -> bytes:
    return number.to_bytes(32, "big")


def put(store: MailboxStore, mailbox: str, identifier: bytes, sender: str, envelope: bytes, *, now: float) -> bool:
    """Put one letter; tell whether it is new."""
    return bool(store.put(sender, [Letter(mailbox, identifier, envelope)], now=now))


def test_messages_come_in_order_of_arrival_to_their_mailbox_only(store: MailboxStore) -> None:
    for number in range(3):
        assert put(store, "tax", name(number), "finance", b"%d" % number, now=0)
    put(store, "audit", name(0), "finance", b"other", now=0)
    held = store.after("tax", 0, now=1)
    assert [item.envelope for item in held] == [b"0", b"1", b"2"]
    assert [item.envelope for item in store.after("tax", held[1].place, now=1)] == [b"2"]
    assert store.after("tax", held[2].place, now=1) == []


def test_same_message_again_is_kept_once(store: MailboxStore) -> None:
    assert put(store, "tax", ID, "finance", b"x", now=0)
    assert not put(store, "tax", ID, "finance", b"x", now=0)
    assert store.held("tax") == (1, 1)
    with pytest.raises(Conflict, match="another envelope"):
        put(store, "tax", ID, "finance", b"y", now=0)


def test_acknowledged_messages_are_gone_and_places_are_not_used_again(store: MailboxStore) -> None:
    for number in range(3):
        put(store, "tax", name(number), "finance", b"x", now=0)
    places = [item.place for item in store.after("tax", 0, now=0)]
    assert store.acknowledge("audit", places) == 0
    assert store.acknowledge("tax", places) == 3
    assert store.acknowledge("tax", places) == 0
    put(store, "tax", name(9), "finance", b"x", now=0)
    assert store.after("tax", 0, now=0)[0].place > places[-1]


def test_restart_keeps_messages(tmp_path: Path) -> None:
    first = MailboxStore(tmp_path / "relay.db", Limits())
    put(first, "tax", ID, "finance", b"x", now=0)
    first.close()
    second = MailboxStore(tmp_path / "relay.db", Limits())
    assert [item.envelope for item in second.after("tax", 0, now=1)] == [b"x"]
    second.close()


def test_message_too_large_or_without_proper_id_is_refused(store: MailboxStore) -> None:
    put(store, "tax", ID, "finance", bytes(100), now=0)
    with pytest.raises(MessageTooLarge):
        put(store, "tax", name(1), "finance", bytes(101), now=0)
    for identifier in (b"", ID[1:], ID + b"x"):
        with pytest.raises(InvalidRecord, match="32 bytes"):
            put(store, "tax", identifier, "finance", b"x", now=0)


def test_mailbox_is_bounded_by_count(store: MailboxStore) -> None:
    for number in range(10):
        put(store, "tax", name(number), "finance", b"", now=0)
    with pytest.raises(MailboxFull):
        put(store, "tax", name(10), "finance", b"", now=0)
    assert not put(store, "tax", name(9), "finance", b"", now=0)  # a repetition needs no room
    put(store, "audit", name(10), "finance", b"", now=0)


def test_flood_of_one_sender_leaves_room_for_others(store: MailboxStore) -> None:
    for number in range(3):
        put(store, "tax", name(number), "finance", bytes(100), now=0)
    with pytest.raises(MailboxFull, match="share"):
        put(store, "tax", name(3), "finance", b"x", now=0)
    put(store, "tax", name(4), "audit", bytes(100), now=0)
    put(store, "tax", name(5), "audit", bytes(100), now=0)
    with pytest.raises(MailboxFull, match="mailbox is full"):
        put(store, "tax", name(6), "audit", b"x", now=0)


def test_many_small_messages_of_one_sender_leave_room_for_others(tmp_path: Path) -> None:
    """Bytes alone do not bound it: without a bound of its own one sender takes every place of the mailbox."""
    flooded = {}
    for kind, share in (("without", 10), ("with", 9)):
        store = MailboxStore(tmp_path / f"{kind}.db", Limits(mailbox_count=10, sender_count=share))
        for number in range(share):
            put(store, "tax", name(number), "mallory", b"", now=0)
        with pytest.raises(MailboxFull, match="share"):
            put(store, "tax", name(10), "mallory", b"", now=0)
        try:
            flooded[kind] = put(store, "tax", name(11), "finance", b"honest", now=0)
        except MailboxFull as full:
            flooded[kind] = str(full)
        put(store, "audit", name(12), "mallory", b"", now=0)  # another mailbox has shares of its own
        store.close()
    assert flooded == {"without": "relay: the mailbox is full", "with": True}
    assert Limits().sender_count * 8 <= Limits().mailbox_count


def test_messages_expire(store: MailboxStore) -> None:
    put(store, "tax", ID, "finance", b"x", now=0)
    assert store.after("tax", 0, now=59) != []
    assert store.after("tax", 0, now=60) == []
    put(store, "audit", ID, "finance", b"x", now=61)
    assert store.held("tax") == (0, 0)


def test_answer_holds_what_fits_and_at_least_one(store: MailboxStore) -> None:
    for number in range(3):
        put(store, "tax", name(number), "finance", bytes(90), now=0)
    assert len(store.after("tax", 0, now=0, answer_bytes=200)) == 2
    assert len(store.after("tax", 0, now=0, answer_bytes=1)) == 1


def test_impossible_limits_are_refused() -> None:
    with pytest.raises(InvalidRecord):
        Limits(message_bytes=0)


def test_letters_of_one_request_are_kept_all_or_none(store: MailboxStore) -> None:
    letters = [Letter("tax", name(1), bytes(100)), Letter("audit", name(2), bytes(100))]
    assert store.put("finance", letters, now=0) == letters
    assert store.put("finance", [*letters, third := Letter("tax", name(3), b"x")], now=0) == [third]
    too_many = [Letter("audit", name(4), b"x"), *(Letter("tax", name(n), bytes(100)) for n in (5, 6, 7))]
    with pytest.raises(MailboxFull):
        store.put("finance", too_many, now=0)
    assert store.held("audit") == (1, 100)
    assert store.held("tax") == (2, 101)


HELD = [Held(1, b"abc", "finance"), Held(7, b""), Held(1 << 40, bytes(1000), "a" * 63)]
LETTERS = [Letter("finance", ID, b"abc"), Letter("tax", name(1), b""), Letter("a" * 63, name(2), bytes(1000))]


def test_letters_are_cut_into_requests_within_both_bounds() -> None:
    sizes = [10] * 100 + [1 << 20] * 4 + [5 << 20, 10]
    letters = [Letter("tax", name(number), bytes(size)) for number, size in enumerate(sizes)]
    cut = list(batches(letters))
    assert [letter for batch in cut for letter in batch] == letters
    assert [len(batch) for batch in cut] == [BATCH_COUNT, 39, 1, 1, 1]
    assert all(len(frame_letters(batch)) <= BATCH_BYTES or len(batch) == 1 for batch in cut)
    assert list(batches([])) == []


@pytest.mark.parametrize(
    ("frame", "unframe", "items"),
    [(frame_held, unframe_held, HELD), (frame_letters, unframe_letters, LETTERS)],
    ids=["held", "letters"],
)
def test_frames_round_trip_and_cut_ones_are_refused(
    frame: Callable[[list[object]], bytes], unframe: Callable[[bytes], list[object]], items: list[object]
) -> None:
    data = frame(items)
    ends = {len(frame(items[:count])): count for count in range(len(items) + 1)}
    for cut in range(len(data) + 1):
        if cut in ends:
            assert unframe(data[:cut]) == items[: ends[cut]]
        else:
            with pytest.raises(InvalidRecord, match="truncated"):
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


def post(parties: Parties, server: RelayServer, identifier: bytes, envelope: bytes) -> urllib3.BaseHTTPResponse:
    """Post one letter from finance to tax."""
    body = frame_letters([Letter("tax", identifier, envelope)])
    return parties.request(server, parties.identities["finance"], "POST", "/v1/messages", body)


@pytest.fixture(scope="module")
def parties(tmp_path_factory: pytest.TempPathFactory) -> Parties:
    return Parties(tmp_path_factory.mktemp("parties"))


@pytest.fixture
def server(parties: Parties, store: MailboxStore) -> Iterator[RelayServer]:
    with RelayServer(store, parties.register, "127.0.0.1", 0, clock=lambda: 1000.0).start() as running:
        yield running


def test_put_get_acknowledge(parties: Parties, server: RelayServer, store: MailboxStore) -> None:
    tax = parties.identities["tax"]
    assert post(parties, server, ID, b"sealed").status == 201
    assert post(parties, server, ID, b"sealed").status == 200
    answer = parties.request(server, tax, "GET", "/v1/mailbox/tax?after=0&wait=1")
    (held,) = unframe_held(answer.data)
    assert (held.envelope, held.sender) == (b"sealed", "finance")
    assert parties.request(server, tax, "DELETE", f"/v1/mailbox/tax?place={held.place}").status == 204
    assert store.held("tax") == (0, 0)


def test_only_the_owner_reads_and_acknowledges(parties: Parties, server: RelayServer) -> None:
    finance = parties.identities["finance"]
    post(parties, server, ID, b"sealed")
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
        ("POST", "/v1/messages", frame_letters([Letter("tax", ID, b"x"), Letter("nobody", ID, b"x")]), 404),
        ("POST", "/v1/messages", frame_letters([Letter("tax", ID, b"x")])[:-1], 400),
        ("POST", "/v1/messages", b"", 400),
        ("POST", "/v1/messages", frame_letters([Letter("tax", name(n), b"") for n in range(BATCH_COUNT + 1)]), 400),
        ("POST", "/v1/messages", frame_letters([Letter("tax", ID, bytes(101))]), 413),
        ("POST", "/v1/messages", bytes(BATCH_BYTES + 2), 413),
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
    for number in range(3):
        post(parties, server, name(number), bytes(100))
    assert post(parties, server, name(3), b"x").status == 429
    assert post(parties, server, name(0), b"x").status == 409


def test_long_poll_answers_as_soon_as_a_message_arrives(parties: Parties, server: RelayServer) -> None:
    answers: list[bytes] = []

    def poll() -> None:
        tax = parties.identities["tax"]
        answers.append(parties.request(server, tax, "GET", "/v1/mailbox/tax?wait=30").data)

    waiting = threading.Thread(target=poll)
    waiting.start()
    post(parties, server, ID, b"sealed")
    waiting.join(15)
    assert [item.envelope for item in unframe_held(answers[0])] == [b"sealed"]


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
