"""The attacks of ``shuxin attack`` where a defence is missing: there they succeed, and the verdict says so.

Beside these, every attack names tests elsewhere in which the same thing succeeds (``tests/mpc/test_attack_table.py``).
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from dataclasses import replace

from foundedchain import VALIDATORS
from townspecs import registrars, sums

from contracts.jobs.record import roster_of
from gateway.attacks.asking import noise
from gateway.attacks.attack import Verdict
from gateway.attacks.chain import lying_rpc
from gateway.attacks.chain.lying_rpc import Liar, believed, invented
from gateway.attacks.defence import NO_VALIDATOR, OTHER_BLOCK, QUORUM, SEAL_ORDER
from gateway.attacks.messages import post as rehearsed
from gateway.attacks.messages.capture import Capture
from gateway.attacks.parties import collusion, pooling
from ledger.hashing import sha256
from ledger.proofs import headers, view
from ledger.proofs.headers import Header, parse_header, seal_hash, with_seals
from mpc.node.guarding import guard
from mpc.node.guarding.guard import Guard
from mpc.node.messages.sealed_channel import _Inbox
from mpc.protocols.join import lister
from mpc.protocols.sums import owner
from mpc.protocols.words import Text
from mpc.relay.store import Letter, Limits, MailboxStore
from mpc.spec.parts import Interval, OneOf
from mpc.vector import vector

FORGED = Text("forged", "伪造")
BY_SEALS, BY_PROOF = (SEAL_ORDER, NO_VALIDATOR), (OTHER_BLOCK,)


# questions


def test_without_the_guards_look_at_the_record_three_rows_are_released(tmp_path, monkeypatch) -> None:
    """Record and specification agree on cells of two rows, or disagree about it: no node takes part in either."""
    with registrars(tmp_path) as city:
        asked = replace(sums(edges=()), filters=(Interval("price", 2000, 2001),), outputs=("count",))
        spec = city.authorized(asked)
        small = replace(spec, minimum=2)
        told = [city.propose(spec, record={"minimum": 2}), city.propose(small)]
        assert [city.run(found, job) for found, job in zip((spec, small), told, strict=True)] == [None, None]
        assert [city.reason(job) for job in told] == ["job: record", "job: minimum"]
        monkeypatch.setattr(Guard, "_require_job", lambda _self, _facts, _job, found: roster_of(guard._supplies(found)))
        finished = city.run(small, city.propose(small))
        assert finished.release.document["cells"] == {"count": "3"}


def test_without_the_guard_a_column_that_was_not_granted_is_read(tmp_path, monkeypatch) -> None:
    with registrars(tmp_path) as city:
        granted = city.authorized(sums(edges=()))
        beyond = replace(granted, filters=(OneOf("borough", ("1",)),))
        job, finished = city.ask(beyond)
        assert finished is None
        assert city.reason(job) == "authorization: column"
        monkeypatch.setattr(Guard, "_require_terms", lambda *_: None)
        _, finished = city.ask(beyond)
        assert finished is not None


# chain


def test_a_reader_without_seals_and_proofs_believes_the_liar(tmp_path, monkeypatch) -> None:
    with registrars(tmp_path) as city:
        chain = city["audit-office"].chain
        liar = Liar(chain, head=invented)
        with_seal = believed(FORGED, city.view(liar, tmp_path / "one.sqlite"), BY_SEALS)
        assert with_seal.verdict is Verdict.STOPPED
        monkeypatch.setattr(view.ValidatorHistory, "verify", lambda _self, raw, _number: parse_header(raw))
        found = city.view(liar, tmp_path / "two.sqlite").head()
        assert found.state_root != chain.head().state_root  # the forged head is believed
        assert believed(FORGED, city.view(liar, tmp_path / "three.sqlite"), BY_PROOF).verdict is Verdict.STOPPED
        monkeypatch.setattr(view, "verify_storage", lambda _header, proof: headerless(city, proof))
        assert believed(FORGED, city.view(liar, tmp_path / "four.sqlite"), ()).verdict is Verdict.FAILED


def headerless(city, proof):
    """A check of proofs that asks the proof itself which block it belongs to."""
    from ledger.proofs.proof import verify_storage

    return verify_storage(city["audit-office"].chain.head(), proof)


def test_a_reader_that_counts_no_quorum_believes_the_builder(tmp_path, monkeypatch) -> None:
    with registrars(tmp_path) as city:
        chain = city["audit-office"].chain

        def rewritten(real: Header) -> Header:
            forged = with_seals(invented(real).raw, [])
            return parse_header(with_seals(forged, [VALIDATORS[0].sign_digest(seal_hash(forged))]))

        liar = Liar(chain, head=rewritten)
        refused = believed(FORGED, city.view(liar, tmp_path / "one.sqlite"), (QUORUM,))
        assert refused.verdict is Verdict.STOPPED
        assert "seals, got 1" in refused.line
        monkeypatch.setattr(headers, "quorum", lambda _: 1)
        assert city.view(liar, tmp_path / "two.sqlite").head().state_root != chain.head().state_root


# rehearsals


def test_without_the_order_check_the_lying_relay_is_believed(monkeypatch) -> None:
    def careless(self: _Inbox, part) -> None:
        if part.header.chunk == 0:
            self._begin(part.header)
        self._parts.append(part.body)
        if part.header.chunk + 1 == part.header.chunks:
            self._bodies[part.header.step] = b"".join(self._parts)
            self._parts.clear()

    def verdicts() -> dict[str, Verdict]:
        return {what.en: one.verdict for what, courier in rehearsed.Courier.lies() for one in courier.try_on(what)}

    assert set(verdicts().values()) == {Verdict.STOPPED}
    monkeypatch.setattr(_Inbox, "add", careless)
    assert verdicts()["the relay exchanges two envelopes"] is Verdict.FAILED
    assert verdicts()["the relay drops a part of a large message"] is Verdict.FAILED


def test_without_the_pot_the_mean_of_the_noise_is_the_count(monkeypatch) -> None:
    monkeypatch.setattr(noise, "require_room", lambda *_: None)
    (found,) = noise.averaging(None)  # type: ignore[arg-type]
    assert found.verdict is Verdict.FAILED


def test_without_the_listers_masks_holder_and_recipient_read_the_withheld_group(monkeypatch) -> None:
    monkeypatch.setattr(lister, "random_bits", lambda *_: 0)
    first = next(pooling.pooled(None))  # type: ignore[arg-type]
    assert first.verdict is Verdict.FAILED
    assert first.line == "read (1, 2, 31000)"


def test_without_the_count_of_joins_the_list_grows_on(monkeypatch) -> None:
    monkeypatch.setattr(pooling, "LIMITS", replace(pooling.LIMITS, joins=1000))
    verdicts = [one.verdict for one in pooling.invented_ids(None)]  # type: ignore[arg-type]
    assert verdicts == [Verdict.STOPPED, Verdict.STATED, Verdict.FAILED]


def test_without_masks_one_colluder_is_enough(monkeypatch) -> None:
    monkeypatch.setattr(owner, "masks", lambda *_: vector([0]))
    monkeypatch.setattr(collusion, "masks", lambda *_: vector([0]))
    assert next(collusion.colluding_owners(None)).verdict is Verdict.FAILED  # type: ignore[arg-type]


def test_a_single_operator_is_trusted_after_all_and_that_is_stated(tmp_path, monkeypatch) -> None:
    with registrars(tmp_path) as city:
        honest = city.view(city["audit-office"].chain, tmp_path / "one.sqlite")
        assert believed(FORGED, honest, (QUORUM,), is_stated=True).verdict is Verdict.STATED
        assert believed(FORGED, honest, (QUORUM,)).verdict is Verdict.FAILED
    assert lying_rpc.ATTACKS[1].name == "rewrite"


def test_captured_mail_counts_as_taken_once_the_relay_holds_it_no_more(tmp_path) -> None:
    store = MailboxStore(tmp_path / "relay.sqlite", Limits())
    letters = [Letter("tax", sha256(text), text) for text in (b"taken", b"still there")]
    store.put("office", letters, now=0.0)
    capture = Capture(tmp_path / "relay.sqlite")
    with closing(sqlite3.connect(tmp_path / "relay.sqlite")) as db:
        capture._look(db)
    assert capture.settled("tax") == []
    store.acknowledge("tax", [1])
    assert (capture.settled("tax"), capture.settled("finance")) == ([b"taken"], [])
    store.close()
