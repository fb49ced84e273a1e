"""A session's record and digest, and messages that fit one job, attempt, step and pair of parties only."""

from dataclasses import replace

import pytest

from ledger import canonical
from ledger.crypto.signing import Ed25519Signer
from ledger.errors import Conflict, InvalidRecord
from mpc.sessions.channel import Misbehaviour
from mpc.sessions.memory_channel import Message, Network, tamper
from mpc.sessions.rehearsal import MemoryJournal, sessions
from mpc.sessions.session import Session, SignedChannel

OWNERS = ("c-land", "a-tax", "b-civil")


def views(**changes: object) -> dict[str, Session]:
    return sessions(OWNERS, "office", "proto-v1", {"minimum": 10}, **changes)  # type: ignore[arg-type]


def pair(label: str = "SHUXIN-TEST-V1", **kwargs: object) -> tuple[SignedChannel, SignedChannel, Network]:
    network = Network((*OWNERS, "office"), timeout_s=0.05, **kwargs)  # type: ignore[arg-type]
    common = views()
    left, right = (SignedChannel(common[p], network.channel(p), label) for p in ("a-tax", "b-civil"))
    return left, right, network


def test_all_parties_compute_the_same_digest_over_sorted_contributors() -> None:
    common = views()
    assert len({session.digest for session in common.values()}) == 1
    assert common["a-tax"].parties == ("a-tax", "b-civil", "c-land")
    assert common["a-tax"].others == ("b-civil", "c-land")
    assert common["a-tax"].digest == canonical.digest(common["office"].record)


@pytest.mark.parametrize(
    "change",
    [
        {"job": b"\1" * 32},
        {"attempt": 2},
        {"genesis": b"\1" * 32},
        {"protocol": "other"},
        {"terms": {"minimum": 9}},
        {"recipient": "else"},
    ],
)
def test_digest_binds_every_fact(change: dict[str, object]) -> None:
    session = views()["a-tax"]
    assert replace(session, **change).digest != session.digest


def test_digest_binds_contributors_keys_and_inputs() -> None:
    session = views()["a-tax"]
    fewer = replace(session, seats=session.seats[:2])
    other_input = replace(session, seats=(replace(session.seats[0], input=b"\1" * 32), *session.seats[1:]))
    other_key = replace(session, seats=(*session.seats[:2], replace(session.seats[2], key=b"\1" * 32)))
    assert len({s.digest for s in (session, fewer, other_input, other_key)}) == 4
    assert len({s.contribution for s in (session, fewer, other_input)}) == 3


def test_contribution_stays_over_attempts_of_one_set() -> None:
    assert views()["a-tax"].contribution == views(attempt=2)["b-civil"].contribution
    assert views()["a-tax"].contribution != views(job=b"\1" * 32)["a-tax"].contribution


@pytest.mark.parametrize(
    "change",
    [
        {"attempt": 0},
        {"job": b""},
        {"seed": bytes(31)},
        {"suite": "rsa"},
        {"me": "stranger"},
        {"recipient": "a-tax"},
        {"signer": Ed25519Signer(bytes(32))},
        {"me": "b-civil"},
    ],
)
def test_session_that_cannot_be_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidRecord):
        replace(views()["a-tax"], **change)


def test_seats_are_distinct_named_and_committed() -> None:
    session = views()["a-tax"]
    with pytest.raises(InvalidRecord):
        replace(session, seats=(*session.seats, session.seats[0]))
    with pytest.raises(InvalidRecord):
        replace(session, seats=session.seats[:1])
    for change in ({"party": "a|b"}, {"input": b""}, {"key": b""}):
        with pytest.raises(InvalidRecord):
            replace(session.seats[0], **change)


def test_repr_shows_no_seed() -> None:
    session = views()["a-tax"]
    assert session.seed.hex() not in repr(session)
    assert repr(session.seed) not in repr(session)


def test_randomness_differs_by_party_and_attempt_and_repeats_for_one() -> None:
    first, again = (views()["a-tax"].randomness().stream("x").read(16) for _ in range(2))
    assert first == again
    assert views(attempt=2)["a-tax"].randomness().stream("x").read(16) != first
    reused_seed = replace(views(attempt=2)["a-tax"], seed=views()["a-tax"].seed)
    assert reused_seed.randomness().stream("x").read(16) != first


def test_signed_body_arrives() -> None:
    left, right, _ = pair()
    signature = left.send("b-civil", "one", b"body")
    message = right.receive_signed("a-tax", "one", limit=4)
    assert (message.body, message.signature) == (b"body", signature)


@pytest.mark.parametrize("place", [0, 4, -1])
def test_changed_byte_is_refused(place: int) -> None:
    def flip(body: bytes) -> bytes:
        changed = bytearray(body)
        changed[place] ^= 1
        return bytes(changed)

    left, right, _ = pair(intercept=tamper("a-tax", "one", flip))
    left.send("b-civil", "one", b"body")
    with pytest.raises(Misbehaviour, match="a-tax at step one: not signed"):
        right.receive("a-tax", "one", size=4)


@pytest.mark.parametrize("size", [3, 5])
def test_another_size_is_refused(size: int) -> None:
    left, right, _ = pair()
    left.send("b-civil", "one", b"body")
    with pytest.raises(Misbehaviour):
        right.receive("a-tax", "one", size=size)


def test_body_without_room_for_a_signature_is_refused() -> None:
    _, right, network = pair()
    network.put(Message("a-tax", "b-civil", "one", bytes(63)))
    with pytest.raises(Misbehaviour, match="too few"):
        right.receive("a-tax", "one", size=4)


def test_message_of_another_job_attempt_step_receiver_sender_or_protocol_is_refused() -> None:
    left, _, network = pair()
    left.send("b-civil", "one", b"body")
    sealed = network.sent[0].body
    elsewhere = {
        "job": (views(job=b"\1" * 32)["b-civil"], "a-tax", "one", "SHUXIN-TEST-V1"),
        "attempt": (views(attempt=2)["b-civil"], "a-tax", "one", "SHUXIN-TEST-V1"),
        "step": (views()["b-civil"], "a-tax", "two", "SHUXIN-TEST-V1"),
        "receiver": (views()["c-land"], "a-tax", "one", "SHUXIN-TEST-V1"),
        "reflected": (views()["a-tax"], "b-civil", "one", "SHUXIN-TEST-V1"),
        "protocol": (views()["b-civil"], "a-tax", "one", "SHUXIN-OTHER-V1"),
    }
    for case, (session, sender, step, label) in elsewhere.items():
        network = Network((*OWNERS, "office"))
        network.put(Message(sender, session.me, step, sealed))
        with pytest.raises(Misbehaviour, match="not signed"):
            SignedChannel(session, network.channel(session.me), label).receive(sender, step, size=4)
        assert case


def test_message_of_a_stranger_is_refused() -> None:
    _, right, network = pair()
    network.put(Message("stranger", "b-civil", "one", bytes(68)))
    with pytest.raises(Misbehaviour, match="stranger at step one"):
        right.receive("stranger", "one", size=4)


def test_journal_accepts_the_same_message_again_and_refuses_another() -> None:
    journal, session = MemoryJournal(), views()["a-tax"]
    journal.before_send(session, "masked", b"1")
    journal.before_send(session, "masked", b"1")
    with pytest.raises(Conflict, match="another message"):
        journal.before_send(session, "masked", b"2")
    journal.before_send(replace(session, attempt=2), "masked", b"2")


def test_journal_keeps_the_contributors_once_opened() -> None:
    journal, session = MemoryJournal(), views()["a-tax"]
    smaller = replace(session, seats=session.seats[:2], attempt=2)
    journal.before_send(smaller, "masked", b"1")  # nothing was opened yet
    journal.before_send(session, "open", b"1")
    with pytest.raises(Conflict, match="another set of contributors"):
        journal.before_send(replace(smaller, attempt=3), "masked", b"1")
    journal.before_send(replace(session, attempt=4), "masked", b"1")
