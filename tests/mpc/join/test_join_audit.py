"""The opened audit: seed, input and received messages reproduce every sent byte, or name who deviated."""

from dataclasses import replace

import pytest

from ledger.errors import InvalidRecord, VerificationError
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.protocols.join import lister, messages
from mpc.protocols.join.run import key_message, point
from mpc.protocols.private_join import KeyTotals, run_holder, run_lister
from mpc.sessions.channel import ChannelTimeout, Misbehaviour
from mpc.sessions.memory_channel import drop
from mpc.stream import Stream

HOLDER, LISTER, OFFICE = "finance", "tax", "office"


@pytest.fixture
def table(kit):
    return kit.table_of(g1=12, g2=9, g3=12)


def test_honest_runs_replay_to_the_last_byte(kit, table):
    join = kit.Join(decide={LISTER: lambda bits: kit.open_all(bits) - {"3"}})
    join.run(table, kit.listed(table))
    join.audit(HOLDER, run_holder, table)
    join.audit(LISTER, run_lister, kit.listed(table))


def test_the_order_of_the_input_does_not_matter_to_the_lister(kit, table):
    join = kit.Join()
    join.run(table, kit.listed(table))
    join.audit(LISTER, run_lister, list(reversed(kit.listed(table))))


def test_one_changed_row_names_the_holder(kit, table):
    join = kit.Join()
    join.run(table, kit.listed(table))
    key = next(iter(table["1"]))
    committed = {**table, "1": {**table["1"], key: KeyTotals(1, (1001,))}}
    with pytest.raises(Misbehaviour) as caught:
        join.audit(HOLDER, run_holder, committed)
    assert (caught.value.party, caught.value.step) == (HOLDER, messages.PAYLOADS)


def test_one_more_key_names_the_lister(kit, table):
    """And the holder's input is not needed for it."""
    join = kit.Join()
    join.run(table, [*kit.listed(table), "planted"])
    with pytest.raises(Misbehaviour) as caught:
        join.audit(LISTER, run_lister, [*kit.listed(table), "another"])
    assert (caught.value.party, caught.value.step) == (LISTER, messages.LIST)


def test_another_seed_names_the_party(kit, table):
    join = kit.Join()
    join.run(table, kit.listed(table))
    join.seeds = {**join.seeds, HOLDER: bytes(32)}
    with pytest.raises(Misbehaviour) as caught:
        join.audit(HOLDER, run_holder, table)
    assert (caught.value.party, caught.value.step) == (HOLDER, messages.KEYS)


def test_an_input_outside_the_terms_could_not_have_been_run(kit, table):
    join = kit.Join()
    join.run(table, kit.listed(table))
    with pytest.raises(InvalidRecord):
        join.audit(LISTER, run_lister, ["twice", "twice"])


class TestOneExponentPerKey:
    """A lister that gives its targets exponents of their own learns which of them were sold."""

    TARGETS = ("1-listed-3", "unsold-3")

    @pytest.fixture
    def exponents(self, monkeypatch):
        source = Stream(b"\5" * 32)
        chosen = {target: RISTRETTO255.random_scalar(source) for target in self.TARGETS}
        honest = lister.blinded_list

        def curious(run, exponent, keys):
            usual = honest(run, exponent, keys)
            elements = {usual[i : i + 32] for i in range(0, len(usual), 32)}
            for target, own in chosen.items():
                element = point(RISTRETTO255, key_message(run.session.digest, target))
                elements.remove(RISTRETTO255.multiply(exponent, element))
                elements.add(RISTRETTO255.multiply(own, element))
            return messages.sorted_elements(elements)

        monkeypatch.setattr(lister, "blinded_list", curious)
        return chosen

    def link(self, join, exponents):
        received, _ = join.record(LISTER)
        rows = received[(HOLDER, messages.ROWS)][4 * len(join.terms.groups) : -64]
        raised = received[(HOLDER, messages.RAISED)][:-64]
        listed = {raised[i : i + 32] for i in range(0, len(raised), 32)}
        elements = [rows[i : i + 32] for i in range(0, len(rows), 32)]
        return {t for t, own in exponents.items() if any(RISTRETTO255.multiply(own, row) in listed for row in elements)}

    def test_the_protocol_completes_and_the_curious_lister_learns_its_targets(self, kit, table, exponents):
        join = kit.Join()
        outcomes = join.run(table, kit.listed(table))
        assert not isinstance(outcomes[OFFICE], Exception)  # the limit: nobody notices during the run
        assert self.link(join, exponents) == {"1-listed-3"}

    def test_the_opened_audit_names_the_lister(self, kit, table, exponents, monkeypatch):
        join = kit.Join()
        join.run(table, kit.listed(table))
        monkeypatch.undo()  # the auditor runs the honest program
        with pytest.raises(Misbehaviour) as caught:
            join.audit(LISTER, run_lister, kit.listed(table))
        assert (caught.value.party, caught.value.step) == (LISTER, messages.LIST)
        join.audit(HOLDER, run_holder, table)


def test_an_interrupted_run_replays_up_to_its_end(kit, table):
    join = kit.Join(intercept=drop(HOLDER, messages.RAISED))
    join.run(table, kit.listed(table))
    received, sent = join.record(LISTER)
    del received[(HOLDER, messages.RAISED)]  # what the lister itself can show
    with pytest.raises(ChannelTimeout) as caught:
        join.audit(LISTER, run_lister, kit.listed(table), (received, sent))
    assert caught.value.step == messages.RAISED


def test_a_run_ended_by_the_other_partys_fault_blames_the_other(kit, table):
    join = kit.Join()
    join.run(table, kit.listed(table))
    received, sent = join.record(HOLDER)
    received[(LISTER, messages.SUMS)] = received[(LISTER, messages.SUMS)][:-1]
    with pytest.raises(Misbehaviour) as caught:
        join.audit(HOLDER, run_holder, table, (received, sent))
    assert caught.value.party == LISTER


def test_a_message_beside_the_protocol_is_found(kit, table):
    join = kit.Join()
    join.run(table, kit.listed(table))
    received, sent = join.record(LISTER)
    sent[(HOLDER, "gossip")] = b"1-listed-3" + bytes(64)
    with pytest.raises(Misbehaviour) as caught:
        join.audit(LISTER, run_lister, kit.listed(table), (received, sent))
    assert caught.value.step == "gossip"


def test_a_record_with_a_forged_signature_is_refused(kit, table):
    join = kit.Join()
    join.run(table, kit.listed(table))
    received, sent = join.record(LISTER)
    body = sent[(HOLDER, messages.BITS)]
    sent[(HOLDER, messages.BITS)] = body[:-1] + bytes([body[-1] ^ 1])
    with pytest.raises(VerificationError, match="signed"):
        join.audit(LISTER, run_lister, kit.listed(table), (received, sent))


def test_replay_works_with_terms_read_from_the_record(kit, table):
    join = kit.Join(terms=replace(kit.terms, minimum=2))
    join.run(table, kit.listed(table))
    join.audit(HOLDER, run_holder, table)
