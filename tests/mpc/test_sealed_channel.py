"""The sealed channel and the node's post, when everybody keeps to the rules and when messages fail to come."""

import threading
from collections.abc import Iterable
from dataclasses import replace

import pytest
from carrier import JOB, PART, PARTIES, SESSION, SHORT, Carrier

from ledger.crypto.keys import PrivateKey
from ledger.errors import BackendError, Conflict, InvalidRecord
from mpc.node.messages.sealed_channel import Bounds, Peer, SealedChannel
from mpc.sessions import sealing
from mpc.sessions.channel import ChannelTimeout


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


@pytest.mark.parametrize("size", [0, 1, PART, PART + 1, 3 * PART])
def test_body_of_any_size_arrives_as_it_was_sent(carrier: Carrier, size: int) -> None:
    finance, tax = carrier.channel("finance"), carrier.channel("tax")
    body = bytes(range(256)) * (size // 256) + bytes(size % 256)
    finance.send("tax", "join.2", body)
    assert tax.receive("finance", "join.2", limit=size) == body
    assert len(carrier.put) == sealing.chunks_of(size)
    assert carrier.settled["tax"] == list(range(len(carrier.put)))
    assert not carrier.refusals["tax"]


def test_steps_may_be_received_in_another_order_than_sent(carrier: Carrier) -> None:
    finance, tax = carrier.channel("finance"), carrier.channel("tax")
    for step in "abc":
        finance.send("tax", step, step.encode())
    for step in "cab":
        assert tax.receive("finance", step, limit=1) == step.encode()


def test_each_pair_counts_for_itself(carrier: Carrier) -> None:
    ends = {code: carrier.channel(code) for code in PARTIES}
    for sender in PARTIES:
        for to in PARTIES:
            if to != sender:
                ends[sender].send(to, "hello", f"{sender} to {to}".encode())
    for to in PARTIES:
        for sender in PARTIES:
            if to != sender:
                assert ends[to].receive(sender, "hello", limit=99) == f"{sender} to {to}".encode()


def test_receiver_that_waits_is_woken(carrier: Carrier) -> None:
    finance, tax = carrier.channel("finance"), carrier.channel("tax")
    got: list[bytes] = []
    waiting = threading.Thread(target=lambda: got.append(tax.receive("finance", "s", limit=9)))
    waiting.start()
    finance.send("tax", "s", b"late")
    waiting.join(20)
    assert got == [b"late"]


def test_missing_message_times_out_with_its_name(carrier: Carrier) -> None:
    tax = carrier.channel("tax", SHORT)
    with pytest.raises(ChannelTimeout, match="finance did not deliver step s"):
        tax.receive("finance", "s", limit=9)


def test_truncated_message_times_out(carrier: Carrier) -> None:
    finance, tax = carrier.channel("finance"), carrier.channel("tax", SHORT)
    carrier.holding = True
    finance.send("tax", "s", bytes(2 * PART))
    carrier.deliver(0)
    with pytest.raises(ChannelTimeout):
        tax.receive("finance", "s", limit=2 * PART)


def test_deadline_bounds_all_waits_together(carrier: Carrier) -> None:
    tax = carrier.channel("tax", Bounds(timeout_s=60, deadline_s=0.05))
    for step in ("s", "t"):
        with pytest.raises(ChannelTimeout):
            tax.receive("finance", step, limit=9)


def test_closing_ends_a_wait(carrier: Carrier) -> None:
    tax = carrier.channel("tax")
    carrier.posts["tax"].end(tax)
    with pytest.raises(ChannelTimeout):
        tax.receive("finance", "s", limit=9)


def test_carrier_that_fails_fails_the_send(carrier: Carrier) -> None:
    def broken(envelopes: Iterable[tuple[str, bytes]]) -> None:
        raise BackendError("no relay")

    channel = SealedChannel(carrier.correspondence("finance"), broken)
    with pytest.raises(BackendError, match="no relay"):
        channel.send("tax", "s", b"x")


def test_party_outside_the_job_is_a_bug(carrier: Carrier) -> None:
    tax = carrier.channel("tax")
    with pytest.raises(ValueError, match="no part"):
        tax.send("tax", "s", b"x")
    with pytest.raises(ValueError, match="no part"):
        tax.receive("nobody", "s", limit=1)


def test_capture_sees_both_plaintext_sides(carrier: Carrier) -> None:
    seen: list[tuple[str, str, str, bytes]] = []

    def capture(direction: str, peer: str, step: str, body: bytes) -> None:
        seen.append((direction, peer, step, body))

    finance, tax = carrier.channel("finance", capture=capture), carrier.channel("tax", capture=capture)
    finance.send("tax", "s", b"body")
    tax.receive("finance", "s", limit=9)
    assert seen == [("sent", "tax", "s", b"body"), ("received", "finance", "s", b"body")]


def test_carrier_sees_no_plaintext(carrier: Carrier) -> None:
    finance, _ = carrier.channel("finance"), carrier.channel("tax")
    finance.send("tax", "join.2", b"canary-canary-canary")
    ((mailbox, envelope),) = carrier.put
    assert mailbox == "tax"
    for text in (b"canary", b"join.2", b"finance", JOB, SESSION):
        assert text not in envelope


def test_mail_that_comes_before_its_session_waits_for_it(carrier: Carrier) -> None:
    finance = carrier.channel("finance")
    finance.send("tax", "s", bytes(2 * PART))
    assert carrier.settled["tax"] == []
    tax = carrier.channel("tax")
    assert len(tax.receive("finance", "s", limit=2 * PART)) == 2 * PART
    finance.send("tax", "t", b"")
    assert carrier.settled["tax"] == [0, 1, 2]


def test_held_mail_is_bounded_in_bytes_and_time(carrier: Carrier) -> None:
    finance = carrier.channel("finance")
    finance.send("tax", "s", bytes(4 * PART))
    assert carrier.settled["tax"] == [0]
    assert carrier.refusals["tax"] == ["too much mail for sessions that have not begun"]
    carrier.now = 61
    finance.send("tax", "t", b"")
    assert carrier.settled["tax"] == [0, 1, 2, 3]


def test_garbage_and_low_order_keys_in_the_mailbox_are_forgotten(carrier: Carrier) -> None:
    carrier.channel("tax")
    carrier.carry("tax", b"")
    carrier.carry("tax", b"\x02" + bytes(500))
    carrier.carry("tax", b"\x01" + bytes(500))
    assert carrier.settled["tax"] == [0, 1, 2]
    assert "low order" in carrier.refusals["tax"][2]


def test_messages_before_a_session_find_their_job(carrier: Carrier) -> None:
    about = [{"job": bytes([n]) * 32, "attempt": 0, "session": sealing.NO_SESSION} for n in (1, 2)]
    senders = [carrier.channel("finance", **a) for a in about]
    receivers = [carrier.channel("tax", **a) for a in about]
    for number in (1, 0):
        senders[number].send("tax", "s", b"%d" % number)
    for number in (0, 1):
        assert receivers[number].receive("finance", "s", limit=9) == b"%d" % number
    assert not carrier.refusals["tax"]


def test_one_attempt_has_one_channel(carrier: Carrier) -> None:
    first = carrier.channel("tax")
    with pytest.raises(Conflict):
        carrier.channel("tax")
    carrier.posts["tax"].end(first)
    carrier.posts["tax"].end(first)
    carrier.channel("tax")


def test_post_of_another_party_is_a_bug(carrier: Carrier) -> None:
    with pytest.raises(ValueError, match="the post of tax"):
        carrier.posts["tax"].open(carrier.correspondence("finance"))


def test_values_out_of_form_cannot_be_made(carrier: Carrier) -> None:
    with pytest.raises(InvalidRecord):
        Peer(bytes(31), bytes(32))
    with pytest.raises(InvalidRecord):
        Bounds(timeout_s=0)
    good = carrier.correspondence("tax")
    for change in ({"job": b""}, {"session": b""}, {"attempt": -1}, {"me": "finance"}):
        with pytest.raises(InvalidRecord):
            replace(good, **change)


def test_secrets_do_not_show(carrier: Carrier) -> None:
    key = PrivateKey("x25519", b"\x0b" * 32)
    assert "0b0b" not in repr(key)
    assert "statement_key" not in repr(carrier.correspondence("tax"))
