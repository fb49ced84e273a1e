"""In evidence: each owner knew what it committed to. The attack of ``steering``, for who holds nothing but the file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import pytest
from forgery import CHEAT, changed
from steering import SEED, Attack, plan

from contracts.evidence import bundle, statement, verify
from contracts.evidence.bundle import Evidence
from contracts.evidence.figures import commitments, knowledge
from contracts.evidence.figures.knowledge import PROOF_BYTES, require_known
from contracts.evidence.questions import question
from ledger.crypto import ristretto
from ledger.errors import InvalidRecord, TrustError, VerificationError
from ledger.proofs.trust import Trust
from mpc.commitment import Owner
from mpc.groups import pedersen
from mpc.protocols.sums.committed import CommittedCells, commit_cells, proof_context
from mpc.protocols.sums.rehearsal import RECIPIENT, prepare, secret_of
from mpc.protocols.sums.schema import Schema, parse
from mpc.sessions.rehearsal import GENESIS, JOB
from mpc.sessions.session import Session

VALUES = {f"r{n}": {"count": 40 + n, "sum": 900 * n, "squares": 10**6, "bin0": 30, "bin1": 10 + n} for n in range(4)}
TARGETS = {"count": 999, "sum": 123_456, "squares": 10**8, "bin0": 777, "bin1": 222}


@pytest.fixture(scope="module")
def sums(vectors: Path) -> Evidence:
    return bundle.parse((vectors / "sums.json").read_bytes())


@pytest.fixture(scope="module")
def schema(sums: Evidence) -> Schema:
    match statement.parse(sums.envelope.payload).session:
        case {"terms": dict(terms)}:
            return parse(terms)
    raise AssertionError


@pytest.fixture(scope="module")
def values(schema: Schema) -> dict[str, dict[str, int]]:
    return {party: {name: row[name] for name in schema.names} for party, row in VALUES.items()}


@pytest.fixture(scope="module")
def made(schema: Schema, values: Mapping[str, Mapping[str, int]]) -> tuple[Session, CommittedCells, bytes]:
    """An owner's session, commitments and proof."""
    session = prepare(schema, values, seed=SEED)["r1"]
    cells = commit_cells(Owner(GENESIS, JOB, "r1"), schema, values["r1"], secret_of("r1", SEED))
    return session, cells, cells.prove(proof_context(session, "r1", schema), SEED)


def test_the_verifier_restates_the_proof_of_the_protocol(
    schema: Schema, made: tuple[Session, CommittedCells, bytes]
) -> None:
    session, cells, proof = made
    assert len(proof) == PROOF_BYTES == pedersen.KNOWLEDGE.proof_bytes
    assert pedersen.H == knowledge.H
    assert len(require_known(session.digest, "r1", schema.names, cells.points, proof)) == len(cells.points)


def test_it_refuses_each_changed_byte(schema: Schema, made: tuple[Session, CommittedCells, bytes]) -> None:
    session, cells, proof = made
    for place in range(PROOF_BYTES):
        bad = proof[:place] + bytes([proof[place] ^ 4]) + proof[place + 1 :]
        with pytest.raises((InvalidRecord, VerificationError)):
            require_known(session.digest, "r1", schema.names, cells.points, bad)


def test_it_refuses_another_session_party_cell_order_or_length(
    schema: Schema, made: tuple[Session, CommittedCells, bytes]
) -> None:
    session, cells, proof = made
    names, points, digest = schema.names, cells.points, session.digest
    for other in (
        (bytes(32), "r1", names, points, proof),
        (digest, "r2", names, points, proof),
        (digest, "r1", ("other", *names[1:]), points, proof),
        (digest, "r1", names, (points[1], points[0], *points[2:]), proof),
        (digest, "r1", names, points, proof[:-1]),
        (digest, "r1", names, points, bytes(32) + proof[32:]),
        (digest, "r1", names, points, proof[:64] + b"\xff" * 32),
        (digest, "r1", names, (bytes(32), *points[1:]), proof),
    ):
        with pytest.raises((InvalidRecord, VerificationError)):
            require_known(*other)


@pytest.mark.parametrize("proof", ["none", "another owner's"])
def test_evidence_whose_owner_proved_nothing_fails_although_all_signed_it(
    sums: Evidence, trust: Trust, proof: str
) -> None:
    assert sums.disclosure is not None
    others = {p: bytes.fromhex(m["upload"]["body"]) for p, m in sums.disclosure.openings.items() if p != CHEAT}
    shown = bytes(PROOF_BYTES) if proof == "none" else next(iter(others.values()))[-PROOF_BYTES:]
    verdict = verify.verify(changed(sums, "upload", "masked", lambda body: body[:-PROOF_BYTES] + shown), trust)
    assert verdict.failed == "commitments"


def judged(sums: Evidence, attack: Attack, monkeypatch: pytest.MonkeyPatch) -> None:
    """Hold the steered release against the verifier's rule; its session stands for the one on chain."""
    context = proof_context(attack.sessions["r1"], "r1", attack.schema)
    sent = attack.messages(monkeypatch, attack.forged.prove(context, SEED))
    names = {"masked": "upload", "open": "opening"}
    openings = {p: {n: {"body": sent[p, step].hex()} for step, n in names.items()} for p in attack.values}
    cells = len(attack.schema.names)
    flags = sent["r1", "open"][32 : 32 + cells]
    opened = tuple(name for name, flag in zip(attack.schema.names, flags, strict=True) if flag)
    said = statement.parse(sums.envelope.payload)
    asked = question.read(said.spec)
    said = replace(said, session=attack.sessions[RECIPIENT].record, opened=opened)
    totals = {name: str(TARGETS[name]) for name in opened}
    assert set(opened) >= {"count", "sum"}
    commitments.require_commitments(asked, said, [{"cells": totals}, openings])


def test_a_steered_total_is_refused_by_who_holds_the_evidence(
    sums: Evidence, schema: Schema, values: Mapping[str, Mapping[str, int]], monkeypatch: pytest.MonkeyPatch
) -> None:
    attack = plan(schema, values, "r1", {name: TARGETS[name] for name in schema.names})
    with pytest.raises(TrustError, match="r1 did not prove that it knew what it committed to"):
        judged(sums, attack, monkeypatch)
    monkeypatch.setattr(commitments, "require_known", lambda *told: tuple(map(ristretto.decode, told[3])))
    judged(sums, attack, monkeypatch)
