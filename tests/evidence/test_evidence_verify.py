"""Evidence holds as it was made, and every defect is found by the step whose business it is."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import forgery
import pytest
from evidence_defects import DEFECTS
from jobtowngenesis import statement_key

from contracts.artefacts import code_hash
from contracts.authorizations.record import AuthorizationState
from contracts.authorizations.rules import AUTHORIZATION_REVOKED, AUTHORIZATION_SUSPENDED
from contracts.evidence import bundle, dsse
from contracts.evidence.bundle import Evidence, History, RecordedEvent
from contracts.evidence.program import judge
from contracts.evidence.report import Failed
from contracts.evidence.verify import verify
from contracts.layout import word
from contracts.parties import client as parties
from contracts.parties.client import party_id
from ledger.abi import decode, encode, topic
from ledger.errors import VerificationError
from ledger.proofs import trust as trust_file
from ledger.proofs.headers import parse_header
from ledger.proofs.trust import Assurance, Trust

STEPS = (
    "form", "network", "contracts", "job", "moments", "statement", "signatures", "authorizations", "budget", "rules",
    "figures", "commitments", "leakage",
)  # fmt: skip


def test_every_step_of_honest_evidence_holds(encoded: bytes, trust: Trust) -> None:
    verdict = verify(encoded, trust)
    assert verdict.failed is None
    assert tuple(step.name for step in verdict.steps) == STEPS
    assert verdict.exit_code == 0
    assert verdict.figures is not None
    verdict.require()


def test_an_owners_copy_holds_and_says_that_figures_are_withheld(evidence: Evidence, trust: Trust) -> None:
    verdict = verify(evidence.without_figures().encode(), trust)
    assert verdict.failed is None
    assert verdict.figures is None
    assert "figures withheld" in "\n".join(verdict.lines("en"))
    assert "结果未披露" in "\n".join(verdict.lines("zh"))


def test_an_owners_copy_contains_no_figure_salt_or_opening(evidence: Evidence) -> None:
    copy = evidence.without_figures().encode()
    assert evidence.disclosure is not None
    assert evidence.disclosure.salt.hex().encode() not in copy
    assert b'"disclosure":null' in copy


def test_the_verdict_repeats_the_assurance_of_the_trust_file(encoded: bytes, trust: Trust) -> None:
    assert "single operator" in verify(encoded, trust).lines("en")[-1]
    shared = replace(trust, assurance=Assurance.CO_SIGNED)
    assert "co-signed" in verify(encoded, shared).lines("en")[-1]
    assert verify(encoded, shared).json("en")["assurance"] == "co-signed"


@pytest.mark.parametrize("name", DEFECTS)
def test_a_defect_is_found_by_its_step(name: str, evidence: Evidence, trust: Trust) -> None:
    build, step = DEFECTS[name]
    verdict = verify(build(evidence), trust)
    assert verdict.failed == step, verdict.steps[-1].detail.en
    assert verdict.exit_code == (2 if step == "form" else 1)
    with pytest.raises(Failed) as failed:
        verdict.require()
    assert failed.value.step == step


def test_forged_proofs_of_the_true_history_hold_so_that_defects_are_found_for_their_own_sake(
    evidence: Evidence, trust: Trust
) -> None:
    assert verify(forgery.forge(evidence).encode(), trust).failed is None
    assert verify(forgery.resign(evidence, lambda signed: signed).encode(), trust).failed is None


def test_an_authorization_revoked_after_its_use_does_not_undo_the_release(evidence: Evidence, trust: Trust) -> None:
    job, first, *others = evidence.histories
    revoked = _event(first, AUTHORIZATION_REVOKED, AuthorizationState.REVOKED, len(first.events) + 1)
    history = replace(first, events=(*first.events, revoked))
    verdict = verify(forgery.forge(evidence, histories=[job, history, *others]).encode(), trust)
    assert verdict.failed is None
    assert "1 stopped since" in verdict.steps[7].detail.en


def test_an_authorization_suspended_and_resumed_before_its_use_permits_it(evidence: Evidence, trust: Trust) -> None:
    job, first, *others = evidence.histories
    *granted, used = first.events
    stopped = _event(first, AUTHORIZATION_SUSPENDED, AuthorizationState.SUSPENDED, 2)
    resumed = RecordedEvent(
        (topic("AuthorizationResumed(bytes32,uint256,uint256,bytes32)"), first.entity),
        encode(["uint256", "uint256", "bytes32"], (3, int(AuthorizationState.GRANTED), _owner(first))),
    )
    later = RecordedEvent(used.topics, (4).to_bytes(32, "big") + used.data[32:])
    history = replace(first, events=(*granted, stopped, resumed, later))
    assert verify(forgery.forge(evidence, histories=[job, history, *others]).encode(), trust).failed is None


def test_a_key_declared_compromised_only_after_the_job_still_counts(evidence: Evidence, trust: Trust) -> None:
    slots = parties.keys_fact(party_id("audit-office"), 1).slots
    late = forgery.forge(evidence, words={"Parties": {slots[5]: word(1 << 39)}})
    assert verify(late.encode(), trust).failed is None


@pytest.mark.parametrize(
    "change",
    [
        {"genesis_hash": bytes(32)},
        {"validators": (bytes(19) + b"\1",)},
        {"directory": bytes(20)},
        {"code_hashes": {"Jobs": bytes(32)}},
    ],
)
def test_another_networks_trust_file_is_rejected(encoded: bytes, trust: Trust, change: dict[str, object]) -> None:
    assert verify(encoded, replace(trust, **change)).failed in ("network", "contracts")


def test_a_trust_file_may_pin_the_code_that_runs(encoded: bytes, trust: Trust) -> None:
    pinned = replace(trust, code_hashes={name: code_hash(name) for name in ("Directory", "Jobs")})
    assert verify(encoded, pinned).failed is None


def test_a_signature_over_the_payload_under_another_type_is_rejected(evidence: Evidence, trust: Trust) -> None:
    old = evidence.envelope
    other = statement_key("audit-office").sign(dsse.pae(old.payload, "text/plain"))
    envelope = replace(old, signatures={**old.signatures, "audit-office": other})
    assert verify(replace(evidence, envelope=envelope).encode(), trust).failed == "signatures"


def test_a_sealed_header_that_nothing_stands_under_is_rejected(trust: Trust, vectors: Path) -> None:
    sums, join = (bundle.parse((vectors / f"{name}.json").read_bytes()) for name in ("sums", "join"))
    moment = sums.facts.headers[1]
    headers = tuple(sorted({*join.facts.headers, moment}, key=lambda raw: parse_header(raw).number))
    verdict = verify(replace(join, facts=replace(join.facts, headers=headers)).encode(), trust)
    assert verdict.failed == "network"
    assert "nothing stands under" in verdict.steps[-1].detail.en


def test_committed_verdicts_are_reached(vectors: Path) -> None:
    for expected in json.loads((vectors / "verdicts.json").read_bytes()):
        trust = trust_file.parse((vectors / expected["trust"]).read_bytes())
        record = (vectors / expected["record"]).read_bytes() if expected["record"] else None
        assert judge((vectors / expected["file"]).read_bytes(), trust, record).failed == expected["failed"], expected


def test_a_failed_verdict_is_a_verification_error() -> None:
    assert issubclass(Failed, VerificationError)


def _owner(history: History) -> bytes:
    return decode(["uint256", "uint256", "bytes32"], history.events[0].data[:96])[2]


def _event(history: History, signature: str, state: int, n: int) -> RecordedEvent:
    data = encode(["uint256", "uint256", "bytes32", "bytes32"], (n, int(state), _owner(history), word(1)))
    if signature == AUTHORIZATION_SUSPENDED:
        data += bytes(32)  # no breach
    return RecordedEvent((topic(signature), history.entity), data)
