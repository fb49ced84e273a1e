"""The attacks of ``shuxin attack`` where a defence is missing: there they succeed, and the verdict says so.

Beside these, every attack names tests elsewhere in which the same thing succeeds; they must exist.
"""

from __future__ import annotations

import ast
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from foundedchain import VALIDATORS
from townspecs import registrars, sums

from gateway.attacks import collusion, lying_rpc, noise, questions, suite
from gateway.attacks import post as rehearsed
from gateway.attacks.attack import Attack, Verdict
from gateway.attacks.capture import Capture
from gateway.attacks.lying_rpc import Liar, believed, invented
from gateway.attacks.scene import Answer
from ledger import headers, view
from ledger.hashing import sha256
from ledger.headers import Header, parse_header, seal_hash, with_seals
from mpc.node.guard import Guard
from mpc.node.sealed_channel import _Inbox
from mpc.protocols.sums import owner
from mpc.relay.store import Letter, Limits, MailboxStore
from mpc.spec_parts import OneOf
from mpc.vector import vector

TESTS = Path(__file__).resolve().parents[1]


def claims_of(path: Path) -> set[str]:
    """Names of a file's tests, those of classes as Class::test."""
    found = set()
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        members = node.body if isinstance(node, ast.ClassDef) else [node]
        prefix = f"{node.name}::" if isinstance(node, ast.ClassDef) else ""
        found |= {prefix + m.name for m in members if isinstance(m, ast.FunctionDef) and m.name.startswith("test_")}
    return found


@pytest.mark.parametrize("attack", suite.ATTACKS, ids=lambda attack: attack.name)
def test_every_attack_names_a_test_in_which_it_succeeds(attack: Attack) -> None:
    assert attack.twins
    for twin in attack.twins:
        file, _, name = twin.partition("::")
        assert name in claims_of(TESTS / file), twin


def test_the_document_lists_every_attack_once_with_its_setting() -> None:
    page = (TESTS.parent / "docs" / "attacks.md").read_text(encoding="utf-8")
    table = page[page.index("| attack | setting |") :]
    rows = [tuple(cell.strip() for cell in line.split("|")[1:3]) for line in table.splitlines()[2:] if line[:1] == "|"]
    assert rows == [(attack.name, attack.setting.value) for attack in suite.ATTACKS]


# questions


def test_an_answer_that_opens_the_cell_is_a_failure() -> None:
    opened = Answer(b"", "released", {"cells": {"count": "12"}})
    closed = Answer(b"", "released", {"cells": {}, "withheld": ["count"]})
    refused = Answer(b"", "job refused by x: disclosure")
    assert [questions._closed("q", answer, "count").verdict for answer in (opened, closed, refused)] == [
        Verdict.FAILED,
        Verdict.STOPPED,
        Verdict.STOPPED,
    ]
    assert questions._unanswered("q", opened).verdict is Verdict.FAILED


def test_a_second_answer_with_other_figures_is_a_failure() -> None:
    first, other = (Answer(b"", "released", {"cells": {"count": count}}) for count in ("97", "98"))
    refused = Answer(b"", "job refused by x: disclosure")
    verdicts = [questions._unchanged("again", first, again).verdict for again in (first, other, refused)]
    assert verdicts == [Verdict.STOPPED, Verdict.FAILED, Verdict.STOPPED]


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
        with_seal = believed("forged", city.view(liar, tmp_path / "one.sqlite"))
        assert with_seal.verdict is Verdict.STOPPED
        monkeypatch.setattr(view.ValidatorHistory, "verify", lambda _self, raw, _number: parse_header(raw))
        found = city.view(liar, tmp_path / "two.sqlite").head()
        assert found.state_root != chain.head().state_root  # the forged head is believed
        assert believed("forged", city.view(liar, tmp_path / "three.sqlite")).verdict is Verdict.STOPPED  # by proofs
        monkeypatch.setattr(view, "verify_storage", lambda _header, proof: headerless(city, proof))
        assert believed("forged", city.view(liar, tmp_path / "four.sqlite")).verdict is Verdict.FAILED


def headerless(city, proof):
    """A check of proofs that asks the proof itself which block it belongs to."""
    from ledger.proofs import verify_storage

    return verify_storage(city["audit-office"].chain.head(), proof)


def test_a_reader_that_counts_no_quorum_believes_the_builder(tmp_path, monkeypatch) -> None:
    with registrars(tmp_path) as city:
        chain = city["audit-office"].chain

        def rewritten(real: Header) -> Header:
            forged = with_seals(invented(real).raw, [])
            return parse_header(with_seals(forged, [VALIDATORS[0].sign_digest(seal_hash(forged))]))

        liar = Liar(chain, head=rewritten)
        refused = believed("rewritten", city.view(liar, tmp_path / "one.sqlite"))
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
        return {what: one.verdict for what, courier in rehearsed.Courier.lies() for one in courier.try_on(what)}

    assert set(verdicts().values()) == {Verdict.STOPPED}
    monkeypatch.setattr(_Inbox, "add", careless)
    assert verdicts()["the relay exchanges two envelopes"] is Verdict.FAILED
    assert verdicts()["the relay drops a part of a large message"] is Verdict.FAILED


def test_without_the_pot_the_mean_of_the_noise_is_the_count(monkeypatch) -> None:
    monkeypatch.setattr(noise, "require_room", lambda *_: None)
    (found,) = noise.averaging(None)  # type: ignore[arg-type]
    assert found.verdict is Verdict.FAILED


def test_without_masks_one_colluder_is_enough(monkeypatch) -> None:
    monkeypatch.setattr(owner, "masks", lambda *_: vector([0]))
    monkeypatch.setattr(collusion, "masks", lambda *_: vector([0]))
    assert next(collusion.colluding_owners(None)).verdict is Verdict.FAILED  # type: ignore[arg-type]


def test_a_single_operator_is_trusted_after_all_and_that_is_stated(tmp_path, monkeypatch) -> None:
    with registrars(tmp_path) as city:
        honest = city.view(city["audit-office"].chain, tmp_path / "one.sqlite")
        assert believed("nothing is wrong", honest, is_stated=True).verdict is Verdict.STATED
        assert believed("nothing is wrong", honest).verdict is Verdict.FAILED
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
