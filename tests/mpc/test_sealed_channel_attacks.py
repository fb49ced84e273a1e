"""What a hostile relay or peer does to a sealed channel is refused, and succeeds where the defence is off."""

from dataclasses import replace

import pytest
from carrier import JOB, PART, SESSION, SHORT, Carrier

from ledger.crypto.keys import generate
from mpc.node.messages import post as post_module
from mpc.node.messages.sealed_channel import Bounds, SealedChannel, _Inbox
from mpc.relay.store import Held
from mpc.sessions import sealing
from mpc.sessions.channel import ChannelTimeout, Misbehaviour
from mpc.sessions.sealing import Envelope, Header, Part, seal


@pytest.fixture
def carrier() -> Carrier:
    return Carrier()


# -- replay, reorder, reflection, attempts ---------------------------------------------------------------------


def test_repeated_envelope_is_dropped(carrier: Carrier) -> None:
    finance, tax = carrier.channel("finance"), carrier.channel("tax", SHORT)
    finance.send("tax", "s", b"once")
    carrier.deliver(0, 0)
    assert tax.receive("finance", "s", limit=9) == b"once"
    carrier.deliver(0)
    with pytest.raises(ChannelTimeout):
        tax.receive("finance", "s", limit=9)
    assert not carrier.refusals["tax"]
    assert carrier.settled["tax"] == [0, 0, 0, 0]


def test_reordered_messages_are_refused(carrier: Carrier) -> None:
    finance, tax = carrier.channel("finance"), carrier.channel("tax")
    carrier.holding = True
    finance.send("tax", "a", b"1")
    finance.send("tax", "b", b"2")
    carrier.deliver(1)
    with pytest.raises(Misbehaviour, match="out of order"):
        tax.receive("finance", "b", limit=9)
    carrier.deliver(0)
    with pytest.raises(Misbehaviour, match="out of order"):
        tax.receive("finance", "a", limit=9)
    assert len(carrier.refusals["tax"]) == 2


def test_reordered_parts_are_refused(carrier: Carrier) -> None:
    finance, tax = carrier.channel("finance"), carrier.channel("tax")
    carrier.holding = True
    finance.send("tax", "a", bytes(3 * PART))
    carrier.deliver(0, 2, 1)
    with pytest.raises(Misbehaviour, match=r"part \(0, 2\), expected \(0, 1\)"):
        tax.receive("finance", "a", limit=3 * PART)


def test_suppressed_message_stops_the_next(carrier: Carrier) -> None:
    finance, tax = carrier.channel("finance"), carrier.channel("tax")
    carrier.holding = True
    for step in "abc":
        finance.send("tax", step, step.encode())
    carrier.deliver(0, 2)
    assert tax.receive("finance", "a", limit=9) == b"a"
    with pytest.raises(Misbehaviour, match="out of order"):
        tax.receive("finance", "c", limit=9)


def test_fault_of_one_sender_does_not_touch_another(carrier: Carrier) -> None:
    finance, audit, tax = (carrier.channel(code) for code in ("finance", "audit", "tax"))
    carrier.holding = True
    finance.send("tax", "a", b"1")
    finance.send("tax", "b", b"2")
    audit.send("tax", "a", b"3")
    carrier.deliver(1, 2)
    assert tax.receive("audit", "a", limit=9) == b"3"


def test_reflected_envelope_is_refused(carrier: Carrier) -> None:
    finance, _ = carrier.channel("finance", SHORT), carrier.channel("tax")
    finance.send("tax", "s", b"x")
    carrier.deliver(0, to="finance")
    with pytest.raises(ChannelTimeout):
        finance.receive("tax", "s", limit=9)
    assert 0 not in carrier.settled["finance"]  # fits no session here: held, and given up later
    carrier.now = 61
    carrier.carry("finance", b"\x01" + bytes(200))
    assert "no session has claimed it" in carrier.refusals["finance"]


def flood(carrier: Carrier, sender: str, count: int, size: int, first: int = 1000) -> list[int]:
    """Put well-formed envelopes for no session into tax's mailbox; return the places that were given up."""
    given_up = []
    for place in range(first, first + count):
        junk = b"\x01" + place.to_bytes(32, "big") + bytes(size - 33)
        given_up += carrier.posts["tax"].settle(Held(place, junk, sender))
    return given_up


@pytest.mark.parametrize(("count", "size"), [(6, PART), (post_module.HELD_COUNT + 5, 200)])
def test_a_flood_drives_out_nothing_but_itself(carrier: Carrier, count: int, size: int) -> None:
    """In one memory for all senders the oldest goes first, whoever sent it: an honest message that came early."""
    carrier.holding = True
    finance = carrier.channel("finance")
    finance.send("tax", "s", b"honest")
    ((_, honest),) = carrier.put
    lost: dict[str, bool] = {}
    for kind, sender in (("one memory for all", "mallory"), ("shares", "finance")):
        carrier.posts["tax"] = carrier.post("tax")
        carrier.posts["tax"].settle(Held(1, honest, sender))
        lost[kind] = 1 in flood(carrier, "mallory", count, size)
        carrier.posts["tax"].end(carrier.channel("tax"))
    assert lost == {"one memory for all": True, "shares": False}
    carrier.posts["tax"] = carrier.post("tax")
    carrier.posts["tax"].settle(Held(1, honest, "finance"))
    flood(carrier, "mallory", count, size)
    assert carrier.channel("tax").receive("finance", "s", limit=9) == b"honest"


def test_more_senders_than_shares_have_one_together(carrier: Carrier) -> None:
    """Only the relay can invent senders: it gets a bounded memory with them too."""
    for number in range(post_module.SENDERS):
        assert flood(carrier, f"sender-{number}", 1, PART, first=10 * number + 1) == []
    assert flood(carrier, "one more", 3, PART, first=1000) == []
    assert flood(carrier, "yet another", 2, PART, first=2000) == [1000]
    carrier.now = 61
    assert len(flood(carrier, "later", 1, PART, first=3000)) == post_module.SENDERS + 4
    assert flood(carrier, "yet another", 3, PART, first=4000) == []


def test_envelope_put_into_another_mailbox_is_refused(carrier: Carrier) -> None:
    finance, _, audit = carrier.channel("finance"), carrier.channel("tax"), carrier.channel("audit", SHORT)
    finance.send("tax", "s", b"x")
    carrier.deliver(0, to="audit")
    with pytest.raises(ChannelTimeout):
        audit.receive("finance", "s", limit=9)


@pytest.mark.parametrize("about", [{"job": b"\x08" * 32}, {"attempt": 2}])
def test_message_of_another_job_or_attempt_never_enters(carrier: Carrier, about: dict[str, object]) -> None:
    """Another job or attempt has another session digest: its envelopes reach its own channel only."""
    first = {code: carrier.channel(code, SHORT) for code in ("finance", "tax")}
    second = {code: carrier.channel(code, SHORT, session=b"\x06" * 32, **about) for code in ("finance", "tax")}
    carrier.holding = True
    first["finance"].send("tax", "s", b"old")
    second["finance"].send("tax", "s", b"new")
    carrier.deliver(0)
    with pytest.raises(ChannelTimeout):
        second["tax"].receive("finance", "s", limit=9)
    carrier.deliver(1, 0)
    assert second["tax"].receive("finance", "s", limit=9) == b"new"
    assert first["tax"].receive("finance", "s", limit=9) == b"old"


@pytest.mark.parametrize("about", [{"job": b"\x08" * 32}, {"attempt": 2}])
def test_other_job_or_attempt_under_the_same_digest_is_refused_by_name(
    carrier: Carrier, about: dict[str, object]
) -> None:
    """What the session digest normally rules out, the header refuses once more: a peer with a wrong session."""
    wrong = carrier.channel("finance", **about)
    tax = carrier.channel("tax", SHORT)
    wrong.send("tax", "s", b"x")
    with pytest.raises(ChannelTimeout):
        tax.receive("finance", "s", limit=9)
    assert "another job or attempt" in carrier.refusals["tax"][0]


def test_old_attempts_message_is_late_after_its_session_has_ended(carrier: Carrier) -> None:
    finance, tax = carrier.channel("finance"), carrier.channel("tax")
    carrier.holding = True
    finance.send("tax", "s", b"old")
    carrier.posts["tax"].end(tax)
    carrier.channel("tax", attempt=2, session=b"\x06" * 32)
    carrier.deliver(0)
    assert carrier.refusals["tax"] == ["late: its session has ended"]
    assert carrier.settled["tax"] == [0]


def test_forger_with_the_session_digest_is_refused(carrier: Carrier) -> None:
    """The relay's operator may learn the digest (it is a hash of chain facts); without a statement key it is no use."""
    carrier.channel("tax", SHORT)
    header = Header(JOB, 1, "finance", "tax", "s", 0, 0, 1, 1)
    signer = generate("ed25519").signer()
    forged = seal(header, b"x", session=SESSION, recipient_key=carrier.seal["tax"].public, signer=signer)
    carrier.carry("tax", forged)
    assert carrier.refusals["tax"] == ["envelope: does not open"]


# -- sizes and forms that a dishonest peer signs -----------------------------------------------------------------


def signed(carrier: Carrier, body: bytes = b"", **change: object) -> None:
    """Deliver to tax what finance properly signed, with some header members changed."""
    header = Header(JOB, 1, "finance", "tax", "s", 0, 0, sealing.chunks_of(len(body)), len(body))
    header = replace(header, **change)  # type: ignore[arg-type]
    part = body[header.chunk * PART :][: header.part_size].ljust(header.part_size, b"\0")
    key = carrier.seal["tax"].public
    signer = carrier.statement["finance"].signer()
    carrier.carry("tax", seal(header, part, session=SESSION, recipient_key=key, signer=signer))


def test_announced_gigabyte_is_refused_at_its_first_part(carrier: Carrier) -> None:
    tax = carrier.channel("tax")
    signed(carrier, size=1 << 30, chunks=1 << 10)
    with pytest.raises(Misbehaviour, match="1073741824 bytes, at most"):
        tax.receive("finance", "s", limit=1 << 31)
    assert len(carrier.put) == 1


def test_body_over_the_callers_limit_is_refused_before_it_is_whole(carrier: Carrier) -> None:
    finance, tax = carrier.channel("finance"), carrier.channel("tax")
    carrier.holding = True
    finance.send("tax", "s", bytes(3 * PART))
    carrier.deliver(0)
    with pytest.raises(Misbehaviour, match="at most 1000 expected"):
        tax.receive("finance", "s", limit=1000)
    carrier.deliver(1)
    assert len(carrier.refusals["tax"]) == 1


def test_body_over_the_limit_of_a_caller_that_waits_already_is_refused(carrier: Carrier) -> None:
    tax = carrier.channel("tax", SHORT)
    with pytest.raises(ChannelTimeout):
        tax.receive("finance", "s", limit=9)
    signed(carrier, b"0123456789")
    with pytest.raises(Misbehaviour, match="10 bytes, at most 9"):
        tax.receive("finance", "s", limit=9)


def test_unread_bytes_are_bounded(carrier: Carrier) -> None:
    bounds = Bounds(timeout_s=0.05, body_bytes=PART, unread_bytes=2 * PART)
    finance, tax = carrier.channel("finance"), carrier.channel("tax", bounds)
    for step in "ab":
        finance.send("tax", step, bytes(PART))
    finance.send("tax", "c", b"x")
    assert len(tax.receive("finance", "a", limit=PART)) == PART
    with pytest.raises(Misbehaviour, match="ahead of the protocol"):
        tax.receive("finance", "c", limit=PART)


def test_second_body_for_a_step_is_refused(carrier: Carrier) -> None:
    finance, tax = carrier.channel("finance"), carrier.channel("tax")
    finance.send("tax", "s", b"first")
    finance.send("tax", "s", b"second")
    assert tax.receive("finance", "s", limit=9) == b"first"
    with pytest.raises(Misbehaviour, match="second body"):
        tax.receive("finance", "s", limit=9)


def test_number_used_for_two_messages_is_refused(carrier: Carrier) -> None:
    """A sender that lost its memory, or lies: never two masked vectors under one number."""
    tax = carrier.channel("tax")
    signed(carrier, b"first")
    signed(carrier, b"other")
    assert tax.receive("finance", "s", limit=9) == b"first"
    with pytest.raises(Misbehaviour, match="same number"):
        tax.receive("finance", "t", limit=9)


@pytest.mark.parametrize(
    "change", [{"step": "t"}, {"size": PART + 2}, {"sequence": 1}, {"sequence": 0, "chunk": 0, "chunks": 1, "size": 1}]
)
def test_second_part_that_does_not_continue_the_first_is_refused(carrier: Carrier, change: dict[str, object]) -> None:
    tax = carrier.channel("tax")
    signed(carrier, bytes(PART + 1))
    signed(carrier, bytes(PART + 1), **{"chunk": 1, **change})
    with pytest.raises(Misbehaviour):
        tax.receive("finance", "s", limit=2 * PART)


# -- the same attacks with their defence switched off --------------------------------------------------------------


def unordered(inbox: _Inbox, part: Part) -> None:
    """File whatever comes, in the order in which it comes."""
    inbox._parts.append(part.body)
    inbox._bodies[part.header.step] = b"".join(inbox._parts)


def test_without_the_order_check_a_relay_scrambles_and_doubles(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(_Inbox, "add", unordered)
    finance, tax = carrier.channel("finance"), carrier.channel("tax")
    carrier.holding = True
    body = b"a" * PART + b"b" * PART
    finance.send("tax", "s", body)
    carrier.deliver(1, 0, 0)
    assert tax.receive("finance", "s", limit=3 * PART) == b"b" * PART + b"a" * 2 * PART


def test_without_session_and_header_check_an_old_attempts_message_enters(
    carrier: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unchecked(channel: SealedChannel, envelope: Envelope) -> None:
        part = envelope.open(SESSION, channel.correspondence.statement_keys)
        channel._inboxes[part.header.sender].add(part)

    monkeypatch.setattr(SealedChannel, "accept", unchecked)
    old = carrier.channel("finance", attempt=1)
    new = carrier.channel("tax", attempt=2)  # under the same digest: sessions that do not bind the attempt
    old.send("tax", "s", b"old")
    assert new.receive("finance", "s", limit=9) == b"old"


def test_a_sender_of_endless_empty_messages_is_refused_and_without_the_bound_memory_grows(carrier: Carrier) -> None:
    """Their bytes are none, so no bound on bytes ends them; every one leaves its name and digest behind."""
    finance = carrier.channel("finance")
    tax = carrier.channel("tax", Bounds(timeout_s=0.05, messages=20))
    for number in range(25):
        finance.send("tax", f"s{number}", b"")
    assert tax.receive("finance", "s19", limit=0) == b""
    with pytest.raises(Misbehaviour, match="more than 20 messages"):
        tax.receive("finance", "s20", limit=0)
    assert len(tax._inboxes["finance"]._sizes) == 20
    unbounded = Carrier()
    sender, receiver = unbounded.channel("finance"), unbounded.channel("tax", Bounds(messages=10**9))
    for number in range(200):
        sender.send("tax", f"s{number}", b"")
    assert len(receiver._inboxes["finance"]._sizes) == 200
