"""A logistic regression over columns of two departments as a job of real nodes: proposal to evidence that verifies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
import verticaltown
from foundedchain import trust_of
from trainingtown import TrainingTown, gathered
from verticaltown import BANK, COLUMNS, OFFICE, STEPS, TAX

from contracts.authorizations import client as authorizations
from contracts.evidence.bundle import Evidence
from contracts.evidence.questions import question
from contracts.evidence.statement import MODEL_TYPE, parse
from contracts.evidence.verify import verify
from contracts.jobs.record import JobState
from federated.vertical.jobs import weights
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.proofs.trust import Trust
from mpc.kinds.registry import kind_of
from mpc.node.attempts.attempt import Finished
from mpc.spec import reader as spec_reader
from mpc.spec.vertical import VerticalSpec
from mpc.vertical.regressed import DESCRIPTOR

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Released:
    town: TrainingTown
    spec: VerticalSpec
    job: bytes
    finished: Finished
    evidence: Evidence
    trust: Trust


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    with TrainingTown(tmp_path_factory.mktemp("town"), verticaltown.holdings((BANK, TAX))) as town:
        spec = town.authorized(verticaltown.regression())
        assert isinstance(spec, VerticalSpec)
        job = town.propose(spec)
        finished = town.run(spec, job, places=town.places())
        assert finished is not None, "\n".join(town[code].said(job) for code in spec.parties)
        yield Released(town, spec, job, finished, gathered(town, job, finished), trust_of(town.node.genesis_hash))


def test_the_job_is_released_by_all_and_its_evidence_verifies(run: Released) -> None:
    assert run.town.job(run.job).state is JobState.RELEASED
    verdict = verify(run.evidence.encode(), run.trust)
    assert verdict.failed is None, verdict
    assert verdict.figures == run.finished.release.document
    statement = parse(run.evidence.envelope.payload)
    assert statement.predicate_type == MODEL_TYPE
    assert statement.leakage == DESCRIPTOR.record()
    for code in (BANK, TAX):
        assert weights.read(run.town[code].home / "state" / "jobs" / run.job.hex()).columns == COLUMNS[code]
    assert not (run.town[OFFICE].home / "state" / "jobs" / run.job.hex() / "part.json").exists()


def test_verifiers_read_a_specification_as_nodes_do(run: Released) -> None:
    asked, kind = question.read(run.spec.json()), kind_of(run.spec)
    assert spec_reader.from_json(run.spec.json()) == run.spec
    assert canonical.encode(dict(asked.terms)) == canonical.encode(dict(kind.terms()))
    assert (asked.protocol, asked.contributors) == (kind.protocol, kind.contributors)
    assert int(asked.operations) == int(kind.operations())
    assert {party: asked.role(party) for party in asked.parties} == {p: kind.role(p) for p in run.spec.parties}
    assert asked.cells == tuple(cell.name for cell in kind.cells([s.asset for s in run.spec.sources]))


def _changed(evidence: Evidence, change: Callable[[dict[str, JsonValue]], object]) -> bytes:
    assert evidence.disclosure is not None
    openings = json.loads(canonical.encode(evidence.disclosure.openings))
    change(openings)
    return replace(evidence, disclosure=replace(evidence.disclosure, openings=openings)).encode()


def _other_step(openings: dict[str, JsonValue]) -> None:
    leaf = openings[BANK]["leaves"][0]  # type: ignore[index,call-overload]
    leaf["body"] = leaf["body"][:-2] + "00"  # type: ignore[index,call-overload]


@pytest.mark.parametrize(
    "change",
    [_other_step, lambda found: found[BANK]["leaves"].pop(), lambda found: found.pop(TAX)],  # type: ignore[index,call-overload,union-attr]
)
def test_openings_that_owners_did_not_sign_are_refused(
    run: Released, change: Callable[[dict[str, JsonValue]], object]
) -> None:
    assert verify(_changed(run.evidence, lambda _: None), run.trust).failed is None
    assert verify(_changed(run.evidence, change), run.trust).failed == "figures"


def test_another_slope_than_the_label_owner_signed_is_refused(run: Released) -> None:
    assert run.evidence.disclosure is not None
    release = json.loads(canonical.encode(run.evidence.disclosure.release)) | {"slope": "0.0"}
    changed = replace(run.evidence, disclosure=replace(run.evidence.disclosure, release=release))
    assert verify(changed.encode(), run.trust).failed == "figures"


@pytest.mark.parametrize("changes", [{"steps": 1}, {"ridge": 2 * STEPS.ridge}])
def test_the_same_rows_answer_for_no_other_gradients(run: Released, changes: dict[str, int]) -> None:
    spec = replace(run.spec, algorithm=replace(STEPS, **changes))  # type: ignore[arg-type]
    job = run.town.propose(spec)
    assert run.town.run(spec, job, places=run.town.places()) is None
    assert run.town.reason(job) == "disclosure"


def test_a_revocation_in_the_second_step_ends_the_same_run_asked_again(run: Released) -> None:
    town, spec = run.town, run.town.authorized(run.spec)
    assert isinstance(spec, VerticalSpec)
    job, revoked = town.propose(spec), spec.side(TAX).source

    def revoke(message: object) -> None:
        if getattr(message, "step", "") == "regression-controls/2" and getattr(message, "other", "") == TAX:
            town.file_end(TAX, OFFICE, revoked.authorization)
            town.call(TAX, authorizations.revoke(revoked.authorization, b"\2" * 32, op_id=town.number()))

    before = len(town[TAX].messages)
    town[BANK].on_message = revoke
    try:
        assert town.run(spec, job, places=town.places()) is None
    finally:
        town[BANK].on_message = lambda message: None
    assert town.reason(job) == "authorization: revoked"
    sent = {message.step for message in town[TAX].messages[before:] if message.direction == "sent"}
    assert "regression-sums/1" in sent
    assert "regression-sums/2" not in sent
