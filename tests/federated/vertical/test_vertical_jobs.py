"""Boosted trees over columns of three departments as a job of real nodes: proposal to evidence that verifies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import cast

import pytest
import verticaltown
from department import Plaintext
from foundedchain import trust_of
from trainingtown import TrainingTown, gathered, rounds_of
from verticaltown import BANK, CIVIL, OFFICE, TAX, TREES

from contracts.authorizations import client as authorizations
from contracts.evidence.bundle import Evidence
from contracts.evidence.collect import collect_anchor
from contracts.evidence.questions import question
from contracts.evidence.records import anchored
from contracts.evidence.statement import MODEL_TYPE, parse
from contracts.evidence.verify import verify
from contracts.jobs.record import JobState
from federated.boosting.loss import Logistic
from federated.boosting.model import scores as model_scores
from federated.boosting.model import sides
from federated.runs import record
from federated.runs.service import RunTrainer
from federated.vertical.jobs import part
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.log.stream import Stream
from ledger.proofs.trust import Trust
from mpc.kinds.registry import kind_of
from mpc.node.attempts.attempt import Finished
from mpc.node.attempts.training import require_trainer
from mpc.node.guarding.guard import Refused
from mpc.node.registry import Facts
from mpc.node.workplace import Workplace
from mpc.spec import reader as spec_reader
from mpc.spec.vertical import VerticalSpec
from mpc.training.port import NO_TRAINER
from mpc.vertical.boosted import DESCRIPTOR

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
    with TrainingTown(tmp_path_factory.mktemp("town"), verticaltown.holdings()) as town:
        spec = town.authorized(verticaltown.asked())
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
    assert {"anchor", "figures", "derived", "leakage"} <= {step.name for step in verdict.steps}
    assert verify(run.evidence.without_figures().encode(), run.trust).figures is None


def test_the_office_learns_rows_loss_and_digests_and_says_whose_code_saw_rows(run: Released) -> None:
    document = run.finished.release.document
    assert isinstance(document, dict)
    assert set(document) == {"model", "label", "rounds", "rows", "loss", "parts", "assurance"}
    assert (document["rows"], document["assurance"]) == ("250", "node")
    assert 0.3 < float(str(document["loss"])) < 0.65
    sent = {message.step.partition("/")[0] for message in run.town[OFFICE].messages if message.direction == "received"}
    assert {"leaf", "share"} <= sent
    assert not sent & {"gradients", "sums", "sides"}


def test_every_tree_is_a_leaf_of_the_anchored_stream(run: Released) -> None:
    stream = Stream(rounds_of(run.town[OFFICE], run.job))
    assert stream.checkpoint.size == run.spec.rounds == TREES.trees
    (size, root, *_) = run.town[OFFICE].chain.read("Notary", "anchored", stream.checkpoint.id)
    assert (size, root) == (TREES.trees, parse(run.evidence.envelope.payload).transcript)


def test_verifiers_read_a_specification_as_nodes_do(run: Released) -> None:
    asked, kind = question.read(run.spec.json()), kind_of(run.spec)
    assert spec_reader.from_json(run.spec.json()) == run.spec
    assert canonical.encode(dict(asked.terms)) == canonical.encode(dict(kind.terms()))
    assert (asked.protocol, asked.contributors) == (kind.protocol, kind.contributors)
    assert int(asked.operations) == int(kind.operations())
    assert {party: asked.role(party) for party in asked.parties} == {p: kind.role(p) for p in run.spec.parties}
    assert asked.cells == tuple(cell.name for cell in kind.cells([s.asset for s in run.spec.sources]))


def _told(evidence: Evidence, change: Callable[[dict[str, JsonValue]], None]) -> bytes:
    assert evidence.disclosure is not None
    openings = json.loads(canonical.encode(evidence.disclosure.openings))
    change(openings)
    return replace(evidence, disclosure=replace(evidence.disclosure, openings=openings)).encode()


def _other_leaf(openings: dict[str, JsonValue]) -> None:
    leaf = openings[BANK]["leaves"][0]  # type: ignore[index,call-overload]
    leaf["body"] = leaf["body"][:-2] + "00"  # type: ignore[index,call-overload]


def _swapped(openings: dict[str, JsonValue]) -> None:
    openings[BANK]["leaves"].reverse()  # type: ignore[index,call-overload,union-attr]


def _left_out(openings: dict[str, JsonValue]) -> None:
    openings[BANK]["leaves"].pop()  # type: ignore[index,call-overload,union-attr]


def _another_s(openings: dict[str, JsonValue]) -> None:
    openings[TAX] = openings[CIVIL]


@pytest.mark.parametrize("change", [_other_leaf, _swapped, _left_out, _another_s, lambda openings: openings.pop(TAX)])
def test_openings_that_owners_did_not_sign_are_refused(
    run: Released, change: Callable[[dict[str, JsonValue]], None]
) -> None:
    assert verify(_told(run.evidence, lambda _: None), run.trust).failed is None
    assert verify(_told(run.evidence, change), run.trust).failed == "figures"


def test_another_loss_than_the_label_owner_signed_is_refused(run: Released) -> None:
    assert run.evidence.disclosure is not None
    release = json.loads(canonical.encode(run.evidence.disclosure.release)) | {"loss": "0.1"}
    changed = replace(run.evidence, disclosure=replace(run.evidence.disclosure, release=release))
    assert verify(changed.encode(), run.trust).failed == "figures"


@pytest.mark.parametrize("changes", [{"bins": 9}, {"least": 60}, {"trees": 4}])
def test_the_same_rows_answer_for_no_other_sums_by_bin(run: Released, changes: dict[str, int]) -> None:
    spec = replace(run.spec, algorithm=replace(TREES, **changes))  # type: ignore[arg-type]
    job = run.town.propose(spec)
    assert run.town.run(spec, job, places=run.town.places()) is None
    assert run.town.reason(job) == "disclosure"


def test_a_revocation_in_the_second_tree_ends_the_same_run_asked_again_and_it_can_be_proven(run: Released) -> None:
    town, spec = run.town, run.town.authorized(run.spec)
    assert isinstance(spec, VerticalSpec)
    job, revoked = town.propose(spec), spec.side(TAX).source

    def revoke(message: Plaintext) -> None:
        if message.step == "gradients/1" and message.other == CIVIL:
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
    assert "sums/0/0" in sent
    assert "sums/1/0" not in sent
    assert not (town[TAX].home / "state" / "jobs" / job.hex() / "part.json").exists()
    stream = Stream(rounds_of(town[OFFICE], job))
    last, name = stream.checkpoint.size - 1, stream.checkpoint.name
    proof = anchored.encode(stream.prove(last), collect_anchor(town[OFFICE].view, name, last + 1))
    ended = [record.stopped(wave, "authorization: revoked") for wave in (2, 3)]
    assert any(anchored.verify_record(proof, leaf, run.trust).failed is None for leaf in ended)


def test_a_recipient_in_a_class_of_its_own_is_refused_for_departments_learn_from_all_runs() -> None:
    place = cast("Workplace", SimpleNamespace(trainer=RunTrainer(), party=TAX))
    classes = (bytes(32), b"\1" * 32)
    everybody, apart = (cast("Facts", SimpleNamespace(recipient_class=lambda _, c=c: c)) for c in classes)
    require_trainer(place, everybody, verticaltown.asked())
    with pytest.raises(Refused, match="class of its own"):
        require_trainer(place, apart, verticaltown.asked())


@pytest.mark.parametrize("state", JobState)
def test_a_model_whose_training_ended_unreleased_answers_nobody_though_its_parts_were_kept(state: JobState) -> None:
    place = cast("Workplace", SimpleNamespace(trainer=RunTrainer(), party=TAX))
    known = {bytes([7]) * 32: SimpleNamespace(state=state)}
    facts = cast("Facts", SimpleNamespace(recipient_class=lambda _: bytes(32), job=known.__getitem__))
    if state is JobState.RELEASED:
        require_trainer(place, facts, verticaltown.scores(bytes([7]) * 32))
        return
    with pytest.raises(Refused, match="training was released"):
        require_trainer(place, facts, verticaltown.scores(bytes([7]) * 32))


def test_a_node_without_the_service_refuses_before_it_promises_anything(run: Released) -> None:
    town, spec = run.town, run.town.authorized(run.spec)
    assert isinstance(spec, VerticalSpec)
    job = town.propose(spec)
    assert town.run(spec, job, places=town.places(**{TAX: {"trainer": NO_TRAINER}})) is None
    assert town.reason(job) == "job: training"


def test_scores_are_asked_under_their_own_purpose_and_told_to_the_department_that_asks(run: Released) -> None:
    town = run.town
    spec = town.authorized(verticaltown.scores(run.job))
    assert isinstance(spec, VerticalSpec)
    before = {code: len(town[code].messages) for code in spec.parties}
    job = town.propose(spec)
    finished = town.run(spec, job, places=town.places())
    assert finished is not None, "\n".join(town[code].said(job) for code in spec.parties)
    evidence = gathered(town, job, finished)
    verdict = verify(evidence.encode(), run.trust)
    assert verdict.failed is None, verdict
    told, trained = finished.release.document, run.finished.release.document
    assert isinstance(told, dict)
    assert isinstance(trained, dict)
    assert (told["rows"], told["of"], told["parts"]) == ("250", run.job.hex(), trained["parts"])
    homes = {code: town[code].home / "state" / "jobs" for code in (BANK, CIVIL, TAX, OFFICE)}
    assert [code for code, home in homes.items() if (home / job.hex() / "scores.json").exists()] == [BANK]
    scores = json.loads((homes[BANK] / job.hex() / "scores.json").read_text())
    chances = {key: float(values[0]) for key, values in scores["rows"].items()}
    kept = {code: part.read(homes[code] / run.job.hex()) for code in (BANK, CIVIL, TAX)}
    held = {name: values.astype(float) for name, values in verticaltown.persons().items()}
    answers = {code: sides(found.splits, held) for code, found in kept.items()}
    assert kept[BANK].model is not None
    expected = Logistic().predict(model_scores(kept[BANK].model, answers, verticaltown.PERSONS))
    assert len(chances) == 250
    assert all(abs(chance - expected[int(key[1:])]) < 1e-5 for key, chance in chances.items())
    received = [m for m in town[OFFICE].messages[before[OFFICE] :] if m.direction == "received"]
    assert {m.step.partition("/")[0] for m in received} & set(_STEPS) == {"share"}
    for code in (CIVIL, TAX):
        sizes = {m.step: len(m.body) for m in town[code].messages[before[code] :] if m.direction == "sent"}
        steps = {step.partition("/")[0] for step in sizes} & set(_STEPS)
        assert steps <= {"prediction-leaves", "prediction-sums", "seen", "share"}


_STEPS = ("outline", "prediction-key", "prediction-leaves", "prediction-sums", "seen", "share")
