"""The server learns the sum of a round and no vector; a lost client costs a round at most, never its vector."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from federated.aggregation import keys, messages
from federated.aggregation.client import Client
from federated.aggregation.server import Server, Sum
from federated.aggregation.vector import Floats, Layout
from ledger.crypto import signing
from ledger.crypto.signing import Ed25519Signer
from ledger.errors import BackendError, Conflict, InvalidRecord
from mpc.masking import Pair
from mpc.sessions.channel import Channel, ChannelTimeout, Misbehaviour
from mpc.sessions.memory_channel import Intercept, Message, Network, deliver, drop, kill, tamper
from mpc.sessions.rehearsal import sessions
from mpc.sessions.session import SignedChannel, statement
from mpc.stream import Randomness
from mpc.vector import Words

CLIENTS, SERVER = ("education", "health", "housing", "tax"), "server"
PLACES, LEAST = 40, 3
LAYOUT = Layout(PLACES, bound=16.0, point_bits=32, clients=len(CLIENTS))
SESSIONS = sessions(CLIENTS, SERVER, "federated-sums-v1", {"rounds": "3"})
VECTORS = {party: np.random.default_rng(place).normal(size=PLACES) for place, party in enumerate(CLIENTS)}
STRANGER = Ed25519Signer(b"\7" * 32)
Outcomes = Mapping[str, object]


def mail(party: str, channel: Channel) -> SignedChannel:
    return SignedChannel(SESSIONS[party], channel, keys.LABEL)


def client(party: str, channel: Channel, pairs: Mapping[str, Pair] | None = None) -> Client:
    random = Randomness(party.encode().ljust(32))
    sealed = mail(party, channel)
    return Client(sealed, LAYOUT, LEAST, keys.agree(sealed, random) if pairs is None else pairs, random)


def rounds(
    count: int = 1, *, intercept: Intercept = deliver, clients: Sequence[str] = CLIENTS
) -> tuple[Outcomes, Network]:
    """Run rounds; a client that fails ends, the server goes on with the others."""

    def contribute(party: str) -> Callable[[Channel], object]:
        def program(channel: Channel) -> list[dict[str, bytes]]:
            me = client(party, channel)
            return [me.contribute(number, VECTORS[party] * number) for number in range(1, count + 1)]

        return program

    def serve(channel: Channel) -> list[Sum]:
        server = Server(mail(SERVER, channel), LAYOUT, LEAST)
        return [server.add_up(number) for number in range(1, count + 1)]

    network = Network((*CLIENTS, SERVER), intercept=intercept, timeout_s=20)
    return network.run({**{party: contribute(party) for party in clients}, SERVER: serve}), network


def opened(outcomes: Outcomes) -> list[Sum]:
    found = outcomes[SERVER]
    assert isinstance(found, list), outcomes
    return found


def plain(parties: Sequence[str]) -> Floats:
    return np.sum([VECTORS[party] for party in parties], axis=0)


def test_a_round_opens_the_sum_of_all_and_everybody_knows_of_which_masked_vectors() -> None:
    outcomes, _ = rounds(3)
    for number, found in enumerate(opened(outcomes), start=1):
        assert np.allclose(found.values, plain(CLIENTS) * number, rtol=0, atol=1e-8)
        assert found.lost == ()
        for party in CLIENTS:
            assert outcomes[party][number - 1] == found.digests  # type: ignore[index]


def test_a_client_lost_before_its_vector_is_left_out() -> None:
    outcomes, _ = rounds(intercept=kill("health", "upload/1"))
    (found,) = opened(outcomes)
    rest = [party for party in CLIENTS if party != "health"]
    assert np.allclose(found.values, plain(rest), rtol=0, atol=1e-8)
    assert found.lost == ("health",)


def test_of_too_few_clients_nothing_is_opened() -> None:
    lost = [drop("health", "upload/1"), drop("tax", "upload/1")]

    def both(message: Message) -> Sequence[Message]:
        return lost[0](message) and lost[1](message)

    outcomes, network = rounds(intercept=both)
    assert isinstance(outcomes[SERVER], BackendError)
    assert not [message for message in network.sent if message.step.startswith("opened")]


def test_a_client_lost_after_the_list_loses_the_round_and_nobody_s_vector() -> None:
    outcomes, _ = rounds(intercept=kill("tax", "agreed/1"))
    assert isinstance(outcomes[SERVER], ChannelTimeout)
    assert all(isinstance(outcomes[party], ChannelTimeout) for party in CLIENTS if party != "tax")


def test_what_the_server_receives_of_one_client_is_uniform_and_without_the_pad_stays_so() -> None:
    _, network = rounds()
    uploads = {message.sender: message.body for message in network.sent if message.step == "upload/1"}
    for party, body in uploads.items():
        words = messages.decode_words(body[: 8 * PLACES], PLACES)
        assert not np.allclose(LAYOUT.floats(words), VECTORS[party], atol=1)
        assert 0.3 < np.mean(words > np.uint64(1 << 63)) < 0.7


class TestFalseLoss:
    """A server that holds a vector and says that it was lost."""

    def lying(self, told_to_victim: bool) -> tuple[Outcomes, Network]:
        def lie(message: Message) -> Sequence[Message]:
            return (message,)

        def serve(channel: Channel) -> dict[str, bytes]:
            sealed = mail(SERVER, channel)
            bodies = {party: sealed.receive(party, "upload/1", size=8 * PLACES) for party in CLIENTS}
            digests = {party: messages.masked_digest(body) for party, body in bodies.items()}
            without = messages.encode_survivors({p: d for p, d in digests.items() if p != "tax"}, CLIENTS)
            lists = {party: without for party in CLIENTS if party != "tax"}
            told = CLIENTS if told_to_victim else [party for party in CLIENTS if party != "tax"]
            lists["tax"] = messages.encode_survivors(digests, CLIENTS) if told_to_victim else without
            sealed.send_all("survivors/1", lists)
            signed = {p: sealed.receive_signed(p, "agreed/1", limit=32).signature for p in CLIENTS if p in told}
            sealed.send_all("signatures/1", dict.fromkeys(signed, messages.encode_signatures(signed, CLIENTS)))
            found = {}
            for party in CLIENTS:
                size = messages.SEED_BYTES * (1 if party == "tax" else 2)
                try:
                    found[party] = sealed.receive(party, "opened/1", size=size)
                except ChannelTimeout:
                    continue
            return found

        def contribute(party: str) -> Callable[[Channel], object]:
            return lambda channel: client(party, channel).contribute(1, VECTORS[party])

        network = Network((*CLIENTS, SERVER), intercept=lie, timeout_s=20)
        return network.run({**{party: contribute(party) for party in CLIENTS}, SERVER: serve}), network

    @pytest.mark.parametrize("told_to_victim", [True, False])
    def test_the_victim_keeps_its_pad(self, told_to_victim: bool) -> None:
        outcomes, _ = self.lying(told_to_victim)
        found = outcomes[SERVER]
        assert isinstance(found, dict)
        assert "tax" not in found
        assert isinstance(outcomes["tax"], Misbehaviour)
        assert outcomes["tax"].step == ("signatures/1" if told_to_victim else "survivors/1")

    def test_without_the_agreement_of_clients_its_vector_would_be_read(self) -> None:
        """The sum that a server has if the victim opens in a round whose list the others did not sign."""
        outcomes, network = self.lying(told_to_victim=True)
        sent = {m.sender: m.body[: 8 * PLACES] for m in network.sent if m.step == "upload/1"}
        pad = Randomness(b"tax".ljust(32))
        seed = pad.stream("pad|1").read(32)
        words = messages.decode_words(sent["tax"], PLACES) - messages.expand(seed, PLACES)
        found = outcomes[SERVER]
        assert isinstance(found, dict)
        for party, body in found.items():
            mask = messages.expand(body[32:64], PLACES)
            words = words + mask if party < "tax" else words - mask
        assert np.allclose(LAYOUT.floats(words), VECTORS["tax"], atol=1e-8)


def test_a_round_is_begun_once_and_rounds_only_go_up() -> None:
    def twice(channel: Channel) -> None:
        me = client("tax", channel)
        me.contribute(2, VECTORS["tax"])
        for number in (2, 1):
            with pytest.raises(Conflict):
                me.contribute(number, VECTORS["tax"])

    def once(party: str) -> Callable[[Channel], object]:
        return lambda channel: client(party, channel).contribute(2, VECTORS[party])

    network = Network((*CLIENTS, SERVER), timeout_s=20)
    programs = {**{party: once(party) for party in CLIENTS}, "tax": twice}
    outcomes = network.run({**programs, SERVER: lambda c: Server(mail(SERVER, c), LAYOUT, LEAST).add_up(2)})
    assert outcomes["tax"] is None, outcomes


@pytest.mark.parametrize(
    ("sender", "step", "change", "finder"),
    [
        ("health", keys.KEY, lambda body: bytes(32) + body[32:], "tax"),
        ("health", keys.CONFIRM, lambda body: bytes(len(body)), "tax"),
        (SERVER, "survivors/1", lambda body: bytes(32) + body[32:], "education"),
        ("health", "agreed/1", lambda body: bytes(32) + body[32:], SERVER),
        (SERVER, "signatures/1", lambda body: bytes(64) + body[64:], "tax"),
        ("health", "upload/1", lambda body: body[:-1], SERVER),
        ("health", "opened/1", lambda body: body[1:] + b"\0", SERVER),
    ],
)
def test_a_changed_message_ends_the_run_where_it_arrives(
    sender: str, step: str, change: Callable[[bytes], bytes], finder: str
) -> None:
    outcomes, _ = rounds(intercept=tamper(sender, step, change))
    ended = outcomes[finder]
    assert isinstance(ended, Misbehaviour), outcomes
    assert (ended.party, ended.step) == (sender, step)
    assert not isinstance(outcomes[SERVER], list)


def test_a_message_of_one_round_does_not_fit_another() -> None:
    kept: dict[str, bytes] = {}

    def replay(message: Message) -> Sequence[Message]:
        if message.sender == "tax" and message.step == "upload/1":
            kept["upload"] = message.body
        if message.sender == "tax" and message.step == "upload/2":
            return (Message(message.sender, message.to, message.step, kept["upload"]),)
        return (message,)

    outcomes, _ = rounds(2, intercept=replay)
    assert isinstance(outcomes[SERVER], Misbehaviour)


def test_vectors_that_differ_in_one_place_have_unrelated_digests() -> None:
    one, other = np.zeros(PLACES, dtype=np.uint64), np.zeros(PLACES, dtype=np.uint64)
    other[7] = 1
    digests = [messages.masked_digest(messages.encode_words(words)) for words in (one, other)]
    differing = sum((left ^ right).bit_count() for left, right in zip(*digests, strict=True))
    assert 80 < differing < 176


@settings(max_examples=30)
@given(st.lists(st.floats(-20, 20), min_size=1, max_size=20))
def test_words_come_back_clipped(values: list[float]) -> None:
    layout = Layout(len(values), 8.0, 32, 4)
    given_values = np.array(values)
    assert np.allclose(layout.floats(layout.words(given_values)), np.clip(given_values, -8, 8), atol=1e-9)
    assert layout.clipped(given_values) == sum(abs(value) > 8 for value in values)


@pytest.mark.parametrize("values", [np.zeros(PLACES - 1), np.full(PLACES, np.nan), np.full(PLACES, np.inf)])
def test_a_vector_of_another_length_or_without_numbers_is_refused(values: Floats) -> None:
    with pytest.raises(InvalidRecord):
        LAYOUT.words(values)


def test_a_layout_whose_sum_could_overflow_is_refused() -> None:
    Layout(1, 8.0, 48, 2000)
    with pytest.raises(InvalidRecord, match="2\\^63"):
        Layout(1, 8.0, 48, 5000)


def test_of_two_clients_nothing_is_added_up() -> None:
    with pytest.raises(ValueError, match="subtract"):
        Client(mail("tax", Network((*CLIENTS, SERVER)).channel("tax")), LAYOUT, 2, {}, Randomness(bytes(32)))


class TestLossBetweenRounds:
    """The same vectors twice, once with a client and once without: the difference of the sums is that client's."""

    def repeated(self, change: float = 0.0) -> Outcomes:
        def contribute(party: str) -> Callable[[Channel], object]:
            def program(channel: Channel) -> None:
                me = client(party, channel)
                for number in (1, 2):
                    me.contribute(number, VECTORS[party] + change * number)

            return program

        def serve(channel: Channel) -> list[Sum]:
            server = Server(mail(SERVER, channel), LAYOUT, LEAST)
            return [server.add_up(1), server.add_up(2)]

        network = Network((*CLIENTS, SERVER), intercept=kill("tax", "upload/2"), timeout_s=20)
        return network.run({**{party: contribute(party) for party in CLIENTS}, SERVER: serve})

    def test_a_vector_is_not_added_up_again_with_other_clients(self) -> None:
        outcomes = self.repeated()
        assert all(isinstance(outcomes[party], Conflict) for party in CLIENTS if party != "tax")
        assert not isinstance(outcomes[SERVER], list)

    def test_another_vector_is(self) -> None:
        assert opened(self.repeated(change=0.5))[1].lost == ("tax",)

    def test_without_that_rule_the_difference_is_the_lost_clients_vector(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(Client, "_require_same_clients", lambda *_: None)
        first, second = opened(self.repeated())
        assert np.allclose(first.values - second.values, VECTORS["tax"], rtol=0, atol=1e-8)


class TestKeysOfAStranger:
    """A server answers in the name of health with mask keys of its own, signed by a key that no chain names."""

    def outcomes(self) -> tuple[Outcomes, Network]:
        def signed_anew(message: Message) -> Sequence[Message]:
            if message.sender != "health":
                return (message,)
            body = message.body[: -len(STRANGER.sign(b""))]
            signed = statement(keys.LABEL, message.step, SESSIONS["health"].digest, "health", message.to, body)
            return (replace(message, body=body + STRANGER.sign(signed)),)

        return rounds(intercept=signed_anew)

    def test_every_client_refuses_them_and_hands_over_no_vector(self) -> None:
        outcomes, network = self.outcomes()
        for party in set(CLIENTS) - {"health"}:
            ended = outcomes[party]
            assert isinstance(ended, Misbehaviour), outcomes
            assert (ended.party, ended.step) == ("health", keys.KEY)
        assert not [message for message in network.sent if message.step.startswith(messages.UPLOAD)]

    def test_without_the_look_at_the_signature_the_stranger_is_in_the_round(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(signing, "verify", lambda *_: None)
        outcomes, _ = self.outcomes()
        assert opened(outcomes)[0].lost == ()


def uploaded(network: Network, number: int) -> Words:
    (message,) = (m for m in network.sent if (m.sender, m.step) == ("tax", messages.step(messages.UPLOAD, number)))
    return messages.decode_words(message.body[: 8 * PLACES], PLACES)


def difference(one: Network, first: int, other: Network, second: int) -> Floats:
    return LAYOUT.floats(uploaded(other, second) - uploaded(one, first))


def test_two_rounds_have_two_masks_and_their_uploads_tell_no_difference() -> None:
    _, network = rounds(2)
    assert np.abs(difference(network, 1, network, 2)).max() > 1000 * np.abs(VECTORS["tax"]).max()


def test_two_vectors_under_one_mask_would_tell_their_difference(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a client tells that begins a round again with another vector."""
    _, before = rounds()
    change = np.linspace(-1, 1, PLACES)
    monkeypatch.setitem(VECTORS, "tax", VECTORS["tax"] + change)
    _, after = rounds()
    assert np.allclose(difference(before, 1, after, 1), change, atol=1e-8)
