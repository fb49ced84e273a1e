"""The in-memory network: delivery, bounds, faults, and waits that end."""

import time

import pytest

from ledger.errors import BackendError, VerificationError
from mpc.sessions.channel import Channel, ChannelTimeout, Misbehaviour
from mpc.sessions.memory_channel import Killed, Message, Network, drop, kill, tamper


def test_body_reaches_the_named_party_under_its_step() -> None:
    network = Network(("a", "b"))
    network.channel("a").send("b", "one", b"first")
    network.channel("a").send("b", "two", b"second")
    assert network.channel("b").receive("a", "two", limit=6) == b"second"
    assert network.channel("b").receive("a", "one", limit=6) == b"first"
    assert [m.body for m in network.sent] == [b"first", b"second"]


def test_body_over_the_limit_names_party_and_step() -> None:
    network = Network(("a", "b"))
    network.channel("a").send("b", "one", bytes(7))
    with pytest.raises(Misbehaviour, match="a at step one: 7 bytes, at most 6") as caught:
        network.channel("b").receive("a", "one", limit=6)
    assert (caught.value.party, caught.value.step) == ("a", "one")
    assert isinstance(caught.value, VerificationError)


def test_first_body_of_a_mailbox_stays() -> None:
    network = Network(("a", "b"), intercept=lambda m: (m, Message(m.sender, m.to, m.step, b"again")))
    network.channel("a").send("b", "one", b"first")
    assert network.channel("b").receive("a", "one", limit=9) == b"first"


def test_silence_ends_at_the_bound() -> None:
    network = Network(("a", "b"), timeout_s=0.05)
    with pytest.raises(ChannelTimeout, match="a did not deliver step one") as caught:
        network.channel("b").receive("a", "one", limit=1)
    assert isinstance(caught.value, BackendError)


def test_a_party_unknown_to_the_network_gets_no_channel() -> None:
    with pytest.raises(ValueError, match="not on this network"):
        Network(("a",)).channel("b")


def test_wait_for_an_ended_party_is_over_at_once() -> None:
    network = Network(("a", "b"), timeout_s=600)
    begun = time.monotonic()
    outcomes = network.run({"a": lambda _: b"", "b": lambda channel: channel.receive("a", "one", limit=1)})
    assert isinstance(outcomes["b"], ChannelTimeout)
    assert time.monotonic() - begun < 60


def test_a_message_sent_before_the_end_still_arrives() -> None:
    def speak(channel: Channel) -> bytes:
        channel.send("b", "one", b"x")
        return b""

    network = Network(("a", "b"), timeout_s=600)
    assert network.run({"b": lambda c: c.receive("a", "one", limit=1), "a": speak})["b"] == b"x"


def test_when_everybody_waits_everybody_stops() -> None:
    network = Network(("a", "b"), timeout_s=600)
    outcomes = network.run(
        {"a": lambda c: c.receive("b", "one", limit=1), "b": lambda c: c.receive("a", "one", limit=1)}
    )
    assert all(isinstance(outcome, ChannelTimeout) for outcome in outcomes.values())


def test_faults_hit_only_the_named_sender_and_step() -> None:
    for fault in (drop("a", "two"), kill("a", "two"), tamper("a", "two", lambda _: b"!")):
        network = Network(("a", "b"), intercept=fault)
        network.channel("a").send("b", "one", b"x")
        network.channel("b").send("a", "two", b"y")
        assert network.channel("b").receive("a", "one", limit=1) == b"x"
        assert network.channel("a").receive("b", "two", limit=1) == b"y"


def test_killed_sender_stops_after_the_given_number_of_messages() -> None:
    network = Network(("a", "b", "c"), intercept=kill("a", "one", after=1))
    network.channel("a").send("b", "one", b"x")
    with pytest.raises(Killed):
        network.channel("a").send("c", "one", b"x")
    assert [m.to for m in network.sent] == ["b"]


def test_tampering_can_single_out_one_receiver() -> None:
    network = Network(("a", "b", "c"), intercept=tamper("a", "one", lambda body: body + b"!", to="c"))
    for to in ("b", "c"):
        network.channel("a").send(to, "one", b"x")
    assert network.channel("b").receive("a", "one", limit=2) == b"x"
    assert network.channel("c").receive("a", "one", limit=2) == b"x!"
