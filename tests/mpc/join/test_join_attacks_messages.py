"""Attacks on the join's messages: sizes, elements, keys, replay, ciphertexts. Each is refused, and each succeeds in the
test once its defence is taken away."""

from math import gcd

import pytest

from ledger.crypto import signing
from ledger.errors import InvalidRecord
from mpc.groups import ristretto255
from mpc.groups.group import Scalar
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.masking import Pair
from mpc.protocols.join import gate, lister, messages
from mpc.protocols.join.run import Run, key_message, point
from mpc.sessions import session
from mpc.sessions.channel import Misbehaviour
from mpc.sessions.memory_channel import Message, tamper
from mpc.stream import Stream

HOLDER, LISTER, OFFICE = "finance", "tax", "office"
NO_ELEMENTS = {
    "identity": bytes(32),
    "not reduced": (2**255 - 19).to_bytes(32, "little"),
    "negative": (1).to_bytes(32, "little"),
    "no element": b"\x08" * 32,
}


def run(kit, join, **matches):
    table = kit.table_of(**matches)
    return join.run(table, kit.listed(table))


class TestSizesFromOutside:
    """Announced or actual sizes are refused before any curve operation."""

    @pytest.fixture(autouse=True)
    def no_curve(self, monkeypatch):
        monkeypatch.setattr(ristretto255, "_SODIUM", None)  # any curve operation would be an AttributeError

    @pytest.mark.parametrize("count", [0, 63, 65, 64 * 9, 64 * 1000])
    def test_list(self, kit, count):
        terms = kit.terms
        assert terms.list_size(400) == 64 * 8
        with pytest.raises(InvalidRecord, match="blinded list"):
            messages.decode_list(bytes(32 * count), terms)

    def test_truncated_list(self, kit):
        size = kit.terms.list_size(10)
        with pytest.raises(InvalidRecord, match="blinded list"):
            messages.decode_list(bytes(32 * size - 1), kit.terms)

    @pytest.mark.parametrize("announced", [0, 1, 10**9, 2**32 - 1, 31, 32 * 1000])
    def test_rows(self, kit, announced):
        good = kit.terms.group_size(1)
        header = b"".join(n.to_bytes(4, "big") for n in (announced, good, good))
        with pytest.raises(InvalidRecord, match="blinded rows"):
            messages.decode_rows(header + bytes(32 * 3 * good), kit.terms)

    def test_rows_shorter_than_announced(self, kit):
        good = kit.terms.group_size(1)
        body = messages.encode_rows([[bytes([g, i]) * 16 for i in range(good)] for g in (1, 2, 3)])
        assert messages.decode_rows(body, kit.terms)[0] == [good] * 3
        for wrong in (body[:-1], body[:-32], body + bytes(32), b"", body[:5]):
            with pytest.raises(InvalidRecord):
                messages.decode_rows(wrong, kit.terms)


def test_without_the_bounds_any_size_would_be_taken(kit):
    """Defence off: cutting and comparing elements has nothing against a list a hundred times the catalogue's."""
    body = b"".join(i.to_bytes(32, "big") for i in range(1, 64 * 800 + 1))
    assert len(messages.distinct_elements(body, RISTRETTO255)) == 64 * 800
    with pytest.raises(InvalidRecord):
        messages.decode_list(body, kit.terms)


def test_bodies_over_the_limit_are_refused_unread(kit):
    join = kit.Join(intercept=tamper(LISTER, messages.LIST, lambda body: body * 50))
    outcomes = run(kit, join, g1=12, g2=12, g3=12)
    assert isinstance(outcomes[HOLDER], Misbehaviour)
    assert "at most" in outcomes[HOLDER].reason


class TestElementsFromOutside:
    """A lister (or holder) sends elements that are none, or one of them twice."""

    @pytest.mark.parametrize("case", [*NO_ELEMENTS, "repeated", "second encoding"])
    def test_in_the_list(self, kit, case, monkeypatch):
        self.spoil(monkeypatch, lister, "blinded_list", lambda honest, *a: self.bad(case, honest(*a)))
        join = kit.Join()
        outcomes = run(kit, join, g1=12, g2=12, g3=12)
        error = outcomes[HOLDER]
        assert isinstance(error, Misbehaviour)
        assert (error.party, error.step) == (LISTER, messages.LIST)
        assert messages.RAISED not in {m.step for m in join.network.sent}

    @pytest.mark.parametrize("case", [*NO_ELEMENTS, "repeated", "second encoding"])
    def test_in_the_rows(self, kit, case, monkeypatch):
        self.spoil(
            monkeypatch,
            messages,
            "encode_rows",
            lambda honest, groups: honest(groups)[:12] + self.bad(case, honest(groups)[12:]),
        )
        join = kit.Join()
        error = run(kit, join, g1=12, g2=12, g3=12)[LISTER]
        assert isinstance(error, Misbehaviour)
        assert (error.party, error.step) == (HOLDER, messages.ROWS)
        assert messages.SUMS not in {m.step for m in join.network.sent}

    def test_repeated_elements_would_multiply_a_match(self, kit):
        """Defence off: the arithmetic itself has nothing against repetition, so one key would count twice."""
        element = RISTRETTO255.hash_to_group(b"k", b"t")
        assert len(RISTRETTO255.multiply_all(Scalar(5), [element, element])) == 2
        with pytest.raises(InvalidRecord):
            messages.distinct_elements(element * 2, RISTRETTO255)

    def bad(self, case, body):
        if case == "repeated":
            return body[32:64] + body[32:]
        if case == "second encoding":
            return bytes([*body[32:63], body[63] | 0x80]) + body[32:]
        return NO_ELEMENTS[case] + body[32:]

    @staticmethod
    def spoil(monkeypatch, module, name, change):
        honest = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *arguments: change(honest, *arguments))


@pytest.fixture(scope="module")
def old(kit):
    """All messages of another run, as a courier may have kept them."""
    first = kit.Join()
    run(kit, first, g1=12, g2=12, g3=12)
    return {(m.sender, m.to, m.step): m.body for m in first.network.sent}


class TestKeysAndMessagesOfOthers:
    """A lying courier: swapped keys, replay across jobs and attempts, reflection, reordering."""

    @pytest.mark.parametrize("position", [0, 31, 32, 63, 64, 100])
    def test_changed_keys_are_refused(self, kit, position):
        def change(body):
            return body[:position] + bytes([body[position] ^ 1]) + body[position + 1 :]

        join = kit.Join(intercept=tamper(HOLDER, messages.KEYS, change))
        outcomes = run(kit, join, g1=12, g2=12, g3=12)
        assert isinstance(outcomes[LISTER], Misbehaviour)
        assert {m.step for m in join.network.sent} <= {messages.KEYS, messages.CONFIRM}

    def test_low_order_exchange_key_is_refused_even_when_signed(self, kit, monkeypatch):
        honest = gate.mask_key

        def low_order(source):
            key = honest(source)
            return type(key)(key.private, bytes(32))

        monkeypatch.setattr(gate, "mask_key", low_order)
        outcomes = run(kit, kit.Join(), g1=12, g2=12, g3=12)
        assert "X25519" in outcomes[HOLDER].reason

    def test_owners_that_saw_different_keys_do_not_confirm(self, kit, monkeypatch):
        honest = gate.pair
        monkeypatch.setattr(
            gate,
            "pair",
            lambda me, mine, other, public, context: honest(me, mine, other, public, me.encode()),
        )
        join = kit.Join()
        outcomes = run(kit, join, g1=12, g2=12, g3=12)
        assert outcomes[HOLDER].step == messages.CONFIRM
        assert messages.LIST not in {m.step for m in join.network.sent if m.sender == HOLDER}
        assert messages.ROWS not in {m.step for m in join.network.sent}

    def test_without_confirmation_owners_with_different_keys_would_go_on(self, kit, monkeypatch):
        """Defence off: nothing else notices that the two ends derived their keys from different views."""
        honest = gate.pair
        monkeypatch.setattr(
            gate,
            "pair",
            lambda me, mine, other, public, context: honest(me, mine, other, public, me.encode()),
        )
        monkeypatch.setattr(Pair, "confirms", lambda self, sender, tag: True)
        outcomes = run(kit, kit.Join(), g1=12, g2=12, g3=12)
        assert set(outcomes[OFFICE].cells) == {"1", "2", "3"}

    def test_without_the_digest_in_signatures_an_old_list_is_taken_for_a_new_one(self, kit, monkeypatch):
        """Defence off: signatures over the body alone fit every job."""
        monkeypatch.setattr(session, "statement", lambda label, step, digest, sender, to, body: body)
        first = kit.Join()
        run(kit, first, g1=12, g2=12, g3=12)
        stale = first.sent(LISTER, messages.LIST)

        def replayed(m):
            return (Message(m.sender, m.to, m.step, stale) if m.step == messages.LIST else m,)

        second = kit.Join(attempt=2, intercept=replayed)
        run(kit, second, g1=12, g2=12, g3=12)
        assert messages.RAISED in {m.step for m in second.network.sent}

    @pytest.mark.parametrize("step", [s for s in messages.STEPS if s != messages.DECISION])
    @pytest.mark.parametrize("change", [{"job": b"\7" * 32}, {"attempt": 2}], ids=["job", "attempt"])
    def test_messages_of_another_job_or_attempt_are_refused(self, kit, old, step, change):
        def replayed(m):
            return (Message(m.sender, m.to, m.step, old[(m.sender, m.to, m.step)]) if m.step == step else m,)

        second = kit.Join(**change, intercept=replayed)
        outcomes = run(kit, second, g1=12, g2=12, g3=12)
        errors = [o for o in outcomes.values() if isinstance(o, Misbehaviour)]
        assert errors
        assert all(error.step == step for error in errors)

    @pytest.mark.parametrize("step", [messages.KEYS, messages.CONFIRM, messages.GATE, messages.TESTS, messages.BITS])
    def test_reflected_messages_are_refused(self, kit, step):
        own = {}

        def reflect(m):
            if m.step != step or m.to == OFFICE:
                return (m,)
            own[m.sender] = m.body
            return (Message(m.to, m.sender, m.step, m.body),)

        outcomes = run(kit, kit.Join(intercept=reflect), g1=12, g2=12, g3=12)
        assert isinstance(outcomes[HOLDER], Misbehaviour)
        assert isinstance(outcomes[LISTER], Misbehaviour)

    def test_owners_with_different_transcripts_open_nothing(self, kit, monkeypatch):
        """The last line: whatever a courier changed unnoticed, the owners compare before a share leaves."""
        honest = Run.transcript
        monkeypatch.setattr(Run, "transcript", lambda run: honest(run) if run.session.me == HOLDER else bytes(32))
        join = kit.Join()
        outcomes = run(kit, join, g1=12, g2=12, g3=12)
        assert all(outcomes[p].step == f"{messages.DECISION}/1" for p in (HOLDER, LISTER))
        assert messages.SHARE not in {m.step for m in join.network.sent}

    def test_blinded_keys_of_two_jobs_do_not_compare_even_under_one_exponent(self):
        """And without the digest in what is hashed they would: who saw both jobs could link the keys."""
        first, second = (key_message(bytes([job]) * 32, "1000010010") for job in (1, 2))
        blinded = [RISTRETTO255.multiply(Scalar(77), point(RISTRETTO255, message)) for message in (first, second)]
        assert blinded[0] != blinded[1]
        unbound = [RISTRETTO255.multiply(Scalar(77), point(RISTRETTO255, b"1000010010")) for _ in range(2)]
        assert unbound[0] == unbound[1]

    def test_reordered_messages_are_refused(self, kit):
        join = kit.Join()
        names = {messages.ROWS: messages.RAISED, messages.RAISED: messages.ROWS}
        join.intercept = lambda m: (Message(m.sender, m.to, names.get(m.step, m.step), m.body),)
        assert isinstance(run(kit, join, g1=12, g2=12, g3=12)[LISTER], Misbehaviour)


class TestCiphertexts:
    """The lister's masked sums on their way, and what a hostile lister may put there."""

    def changed(self, kit, change):
        join = kit.Join(intercept=tamper(LISTER, messages.SUMS, change))
        return join, run(kit, join, g1=12, g2=15, g3=11)

    def test_sums_changed_on_the_way_are_refused(self, kit):
        size = kit.tiny.ciphertext_bytes
        changes = {
            "bit": lambda body: body[:5] + bytes([body[5] ^ 4]) + body[6:],
            "swap": lambda body: body[size : 2 * size] + body[:size] + body[2 * size :],
            "short": lambda body: body[1:],
        }
        for change in changes.values():
            join, outcomes = self.changed(kit, change)
            assert isinstance(outcomes[HOLDER], Misbehaviour)
            assert messages.SHARE not in {m.step for m in join.network.sent}

    def test_without_signatures_a_changed_sum_decrypts_silently(self, kit):
        """Defence off: multiplying by g adds one, and the scheme does not notice."""
        key, source = kit.tiny.generate(Stream(bytes(32))), Stream(b"\1" * 32)
        total = key.encrypt(9, source, bits=64)
        assert key.decrypt(key.public.add(total, key.public.g), bits=64) == 10

    def test_without_signatures_and_transcript_a_sum_exchanged_on_the_way_is_released(self, kit, monkeypatch):
        """Defences off: the courier puts the first group's masked sum in the second one's place, and all sign it."""
        size = kit.tiny.ciphertext_bytes

        def exchange(body):
            return body[size : 2 * size] + body[:size] + body[2 * size :]

        monkeypatch.setattr(signing, "verify", lambda suite, public, message, signature: None)
        _, outcomes = self.changed(kit, exchange)
        assert "another transcript" in str(outcomes[HOLDER])  # the second line: both digest what they saw
        monkeypatch.setattr(Run, "transcript", lambda self: bytes(32))
        # and the third: under masks of their own the exchanged sums would leave their bounds at the recipient
        monkeypatch.setattr(lister, "draw_masks", lambda run: [(1 << 30,) * len(run.terms.slots.values)] * 3)
        _, outcomes = self.changed(kit, exchange)
        assert [outcomes[OFFICE].cells[group].keys for group in ("1", "2", "3")] == [15, 12, 11]

    @pytest.mark.parametrize("bits", [1, 63, 200])
    def test_a_plaintext_beyond_the_slots_ends_the_job(self, kit, monkeypatch, bits):
        """A lister that encrypts more than the declared slots hold learns nothing and opens nothing."""

        def oversized(public, mask, ciphertexts, source):
            large = 1 << (kit.terms.slots.total + bits - 1)
            return pow(public.g, large, public.n)

        monkeypatch.setattr(lister, "masked_sum", oversized)
        join = kit.Join()
        outcomes = run(kit, join, g1=12, g2=12, g3=12)
        assert outcomes[HOLDER].step == messages.SUMS
        assert not {messages.GATE, messages.SHARE} & {m.step for m in join.network.sent if m.sender == HOLDER}

    def test_without_the_guard_one_answer_factors_the_key(self, kit):
        key = kit.tiny.generate(Stream(bytes(32)))
        large = 1 << (kit.tiny.bits // 3 + 40)
        answer = key._decrypt_unguarded(pow(key.public.g, large, key.public.n))
        factor = gcd(large - answer, key.public.n)
        assert 1 < factor < key.public.n

    def test_masked_sums_take_the_long_randomiser(self, kit):
        """One of ordinary length would not cover the sum of the matched ones."""
        key, drawn = kit.tiny.generate(Stream(bytes(32))), []

        class Spy:
            def read(self, count):
                drawn.append(8 * count)
                return bytes(count)

        lister.masked_sum(key.public, 0, [], Spy())
        assert drawn == [kit.tiny.randomiser_bits + 88]

    def test_masked_sums_are_fresh_ciphertexts(self, kit, monkeypatch):
        """Without re-randomisation the holder would recognise the product of its own ciphertexts."""
        key, source = kit.tiny.generate(Stream(bytes(32))), Stream(b"\1" * 32)
        own = [key.encrypt(i, source, bits=64) for i in range(4)]
        bare = key.public.add(own[1], own[3])
        candidates = {key.public.add(a, b) for i, a in enumerate(own) for b in own[i + 1 :]}
        assert bare in candidates  # defence off: the pair of matched rows is found by search
        masked = lister.masked_sum(key.public, 0, [own[1], own[3]], source)
        assert key.decrypt(masked, bits=64) == 4
        assert masked not in candidates
