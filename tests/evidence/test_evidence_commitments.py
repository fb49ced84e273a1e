"""Opened totals against the owners' commitments, in evidence: attack 37 for who holds nothing but the file."""

from __future__ import annotations

from pathlib import Path

import pytest
from forgery import CHEAT, changed
from jobtown import ROWS

from contracts.evidence import bundle, statement, verify
from contracts.evidence.bundle import Evidence
from contracts.evidence.figures import commitments, knowledge
from contracts.evidence.questions import question
from contracts.evidence.report import Words
from ledger.crypto import ristretto
from ledger.crypto.ristretto import ORDER
from ledger.errors import InvalidRecord, VerificationError
from ledger.proofs.trust import Trust
from mpc import commitment
from mpc.commitment import Owner
from mpc.groups import pedersen
from mpc.groups.ristretto255 import RISTRETTO255
from mpc.vector import decode, vector

CELLS = 5
WORDS_END = 32 + 16 * CELLS
RANDOMNESS = 32 + CELLS + 16 * CELLS


@pytest.fixture(scope="module")
def sums(vectors: Path) -> Evidence:
    return bundle.parse((vectors / "sums.json").read_bytes())


def more(body: bytes) -> bytes:
    return body[:32] + (decode(body[32:WORDS_END]) + vector([0, 1000, 0, 0, 0])).encode() + body[WORDS_END:]


TOTAL = sum(row["sum"] for row in ROWS.values())


def test_a_total_that_an_owner_changed_after_committing_is_found_although_all_signed_it(
    sums: Evidence, trust: Trust
) -> None:
    verdict = verify.verify(changed(sums, "upload", "masked", more, {"sum": str(TOTAL + 1000)}), trust)
    assert verdict.failed == "commitments"
    assert "cell sum is not the sum of what the owners committed to" in verdict.steps[-1].detail.en


def test_without_the_check_the_changed_total_holds(
    sums: Evidence, trust: Trust, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(verify, "require_commitments", lambda *_: (None, Words("", "")))
    verdict = verify.verify(changed(sums, "upload", "masked", more, {"sum": str(TOTAL + 1000)}), trust)
    assert verdict.failed is None
    assert verdict.figures["cells"]["sum"] == str(TOTAL + 1000)


def test_commitments_made_to_fit_afterwards_are_not_those_on_chain(sums: Evidence, trust: Trust) -> None:
    def fitting(body: bytes) -> bytes:
        at = WORDS_END + 32 + 32
        shifted = pedersen.product([body[at : at + 32], pedersen.commit(1000, RISTRETTO255.scalar(0))])
        return more(body)[:at] + shifted + body[at + 32 :]

    verdict = verify.verify(changed(sums, "upload", "masked", fitting, {"sum": str(TOTAL + 1000)}), trust)
    assert verdict.failed == "commitments"
    assert f"those of {CHEAT} are not the ones" in verdict.steps[-1].detail.en


@pytest.mark.parametrize("at", [WORDS_END, WORDS_END + 32, WORDS_END + 32 + 32 * 4, -1])
def test_detail_and_every_commitment_are_bound(sums: Evidence, trust: Trust, at: int) -> None:
    def flip(body: bytes) -> bytes:
        place = at % len(body)
        return body[:place] + bytes([body[place] ^ 2]) + body[place + 1 :]

    assert verify.verify(changed(sums, "upload", "masked", flip), trust).failed == "commitments"


def test_randomness_that_opens_no_total_is_found(sums: Evidence, trust: Trust) -> None:
    def flip(body: bytes) -> bytes:
        return body[:RANDOMNESS] + bytes([body[RANDOMNESS] ^ 1]) + body[RANDOMNESS + 1 :]

    assert verify.verify(changed(sums, "opening", "open", flip), trust).failed == "commitments"


def test_randomness_that_is_not_reduced_has_a_second_form_and_is_refused(sums: Evidence, trust: Trust) -> None:
    def lift(body: bytes) -> bytes:
        value = int.from_bytes(body[RANDOMNESS : RANDOMNESS + 32], "little") + ORDER
        return body[:RANDOMNESS] + value.to_bytes(32, "little") + body[RANDOMNESS + 32 :]

    verdict = verify.verify(changed(sums, "opening", "open", lift), trust)
    assert verdict.failed == "commitments"
    assert "not reduced" in verdict.steps[-1].detail.en


def test_randomness_of_a_withheld_cell_is_refused(sums: Evidence, trust: Trust) -> None:
    def add(body: bytes) -> bytes:
        return body[:-32] + b"\1" + bytes(31)

    verdict = verify.verify(changed(sums, "opening", "open", add), trust)
    assert verdict.failed == "figures"
    assert "randomness of the withheld cell bin1" in verdict.steps[-1].detail.en


def test_evidence_that_was_signed_again_without_a_change_holds(sums: Evidence, trust: Trust) -> None:
    verdict = verify.verify(changed(sums, "upload", "masked", lambda body: body), trust)
    assert verdict.failed is None
    assert "3 owners committed to" in next(s for s in verdict.steps if s.name == "commitments").detail.en


def test_a_join_says_that_its_inputs_are_digests(vectors: Path, trust: Trust) -> None:
    verdict = verify.verify((vectors / "join.json").read_bytes(), trust)
    assert "no totals to compare" in next(s for s in verdict.steps if s.name == "commitments").detail.en


def test_labels_and_second_generator_are_the_protocols_own() -> None:
    assert knowledge.H == pedersen.H
    assert commitments.INPUT_LABEL == commitment.LABEL
    point = ristretto.combine((-5, 77), ristretto.table((ristretto.GENERATOR, ristretto.decode(knowledge.H))))
    assert ristretto.encode(point) == pedersen.commit(-5, RISTRETTO255.scalar(77))
    owner = Owner(b"\1" * 32, b"\2" * 32, "finance")
    assert owner.commit(b"\3" * 32).hex() == "2e61575de472dbeec61faf2be689265c687f1e61fb313b88009ae74186152a97"


@pytest.mark.parametrize("disclosed", [None, [], [{"cells": {}}, None], [{"cells": []}, {}]])
def test_a_malformed_disclosure_is_refused(sums: Evidence, disclosed: object) -> None:
    signed = statement.parse(sums.envelope.payload)
    asked = question.read(signed.spec)
    with pytest.raises((InvalidRecord, VerificationError)):
        commitments.require_commitments(asked, signed, disclosed)  # type: ignore[arg-type]
