"""A training run as a job of real nodes: from the proposal to evidence of a model that verifies."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace

import pytest
from department import Plaintext
from foundedchain import trust_of
from trainingtown import BANKS, OFFICE, TrainingTown, asked, gathered, holdings, plainly, rounds_of

from contracts.authorizations import client as authorizations
from contracts.authorizations.record import Operations
from contracts.evidence import bundle, dsse
from contracts.evidence.bundle import Evidence
from contracts.evidence.jobs.derived import Permission, intersection
from contracts.evidence.jobs.permits import read_grant
from contracts.evidence.questions.training import read, terms
from contracts.evidence.statement import MODEL_TYPE, parse
from contracts.evidence.verify import verify
from contracts.jobs.record import JobState, Step
from federated.runs import linear
from federated.runs.service import RunTrainer
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.log.stream import Stream
from ledger.proofs.headers import parse_header
from ledger.proofs.trust import Trust
from mpc.kinds.registry import kind_of
from mpc.node.attempts.attempt import Finished
from mpc.spec.training import TrainingSpec
from mpc.training.descriptor import DESCRIPTOR, public
from mpc.training.port import Run, Seat

pytestmark = pytest.mark.slow


@dataclass(frozen=True)
class Released:
    """A run that was released, with everything it left behind.

    begun: by node, whether all departments had opened on chain when its first message of the run left.
    """

    town: TrainingTown
    spec: TrainingSpec
    job: bytes
    finished: Finished
    evidence: Evidence
    trust: Trust
    begun: dict[str, bool]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    with TrainingTown(tmp_path_factory.mktemp("town")) as town:
        spec = town.authorized(asked())
        assert isinstance(spec, TrainingSpec)
        job, begun = town.propose(spec), dict[str, bool]()

        def note(message: Plaintext) -> None:
            if message.node not in begun and message.step.partition("/")[0] in {step.name for step in DESCRIPTOR.steps}:
                entry = town.job(job)
                begun[message.node] = entry.done(Step.OPEN) == entry.openers

        for code in spec.parties:
            town[code].on_message = note
        finished = town.run(spec, job, places=town.places())
        assert finished is not None, "\n".join(town[code].said(job) for code in spec.parties)
        evidence = gathered(town, job, finished)
        yield Released(town, spec, job, finished, evidence, trust_of(town.node.genesis_hash), begun)


def test_nobody_s_wait_begins_before_all_departments_have_decided_and_opened(run: Released) -> None:
    assert run.begun == dict.fromkeys((*BANKS, OFFICE), True)


def test_the_job_is_released_by_all_and_its_evidence_verifies(run: Released) -> None:
    assert run.town.job(run.job).state is JobState.RELEASED
    verdict = verify(run.evidence.encode(), run.trust)
    assert verdict.failed is None, verdict
    assert verdict.figures == run.finished.release.document
    assert parse(run.evidence.envelope.payload).predicate_type == MODEL_TYPE
    assert {"anchor", "figures"} <= {step.name for step in verdict.steps}


def test_a_department_s_copy_verifies_without_the_model(run: Released) -> None:
    verdict = verify(run.evidence.without_figures().encode(), run.trust)
    assert verdict.failed is None
    assert verdict.figures is None


def test_the_same_rows_and_seed_give_the_same_model_without_any_node(run: Released) -> None:
    fit = plainly(run.spec, holdings())
    assert linear.document(run.spec, fit) == run.finished.release.document
    other = plainly(replace(run.spec, rounds=4), holdings())
    assert linear.digest(other.encode()) != linear.digest(fit.encode())


def test_the_model_tells_late_payers(run: Released) -> None:
    document = run.finished.release.document
    assert isinstance(document, dict)
    income, debt = (float(str(weight)) for weight in document["weights"][1:])  # type: ignore[index,union-attr]
    assert income < -0.5 < 0.5 < debt
    assert document["rows"] == "3600"


def test_every_wave_is_a_leaf_of_the_anchored_stream(run: Released) -> None:
    stream = Stream(rounds_of(run.town[OFFICE], run.job))
    assert stream.checkpoint.size == run.spec.waves
    assert stream.checkpoint.root == parse(run.evidence.envelope.payload).transcript
    (size, root, *_) = run.town[OFFICE].chain.read("Notary", "anchored", stream.checkpoint.id)
    assert (size, root) == (run.spec.waves, stream.checkpoint.root)


def test_no_message_is_another_than_the_descriptor_declares(run: Released) -> None:
    counts = {**public(run.spec), "lost": 0}
    for code in BANKS:
        for message in run.town[code].messages:
            name = message.step.partition("/")[0]
            if name not in {step.name for step in DESCRIPTOR.steps}:
                continue
            assert len(message.body) == DESCRIPTOR.step(name).bytes(counts), message.step
            if name == "upload":
                words = canonical.encode([cell for row in holdings()[code].csv.splitlines()[1:9] for cell in row])
                assert words not in message.body


def test_verifiers_read_a_specification_as_nodes_do(run: Released) -> None:
    kind, spec = kind_of(run.spec), run.spec.json()
    assert isinstance(spec, dict)
    assert terms(spec) == kind.terms()
    assert read(spec).cells == tuple(cell.name for cell in kind.cells([s.asset for s in run.spec.sources]))


def test_the_model_may_be_used_for_what_all_its_inputs_may(run: Released) -> None:
    (step,) = (step for step in verify(run.evidence.encode(), run.trust).steps if step.name == "derived")
    assert step.detail.en.startswith("train; ")
    grants = [read_grant(history, run.job) for history in run.evidence.histories[1:]]
    one, *others = grants
    narrower = replace(one, operations=int(Operations.TRAIN | Operations.SUM), valid_until=one.valid_until - 5)
    found = intersection([replace(grant, operations=int(Operations.TRAIN)) for grant in others] + [narrower])
    assert found == Permission(Operations.TRAIN, one.valid_from, one.valid_until - 5)
    assert intersection([narrower, replace(one, operations=int(Operations.COUNT))]).is_empty
    assert intersection([one, replace(one, valid_from=one.valid_until)]).is_empty


def opened(change: Callable[[dict[str, JsonValue]], None]) -> Callable[[Evidence], bytes]:
    """Change the openings of bank-b."""

    def build(evidence: Evidence) -> bytes:
        assert evidence.disclosure is not None
        openings = json.loads(canonical.encode(evidence.disclosure.openings))
        change(openings)
        return replace(evidence, disclosure=replace(evidence.disclosure, openings=openings)).encode()

    return build


def _other_upload(openings: dict[str, JsonValue]) -> None:
    waves = openings["bank-b"]
    upload = waves[2]["upload"]  # type: ignore[index,call-overload]
    upload["body"] = "00" + upload["body"][2:]  # type: ignore[index,call-overload]


def _swapped(openings: dict[str, JsonValue]) -> None:
    waves = openings["bank-b"]
    waves[2], waves[3] = waves[3], waves[2]  # type: ignore[index,call-overload]


def _left_out(openings: dict[str, JsonValue]) -> None:
    openings["bank-b"][4] = None  # type: ignore[index,call-overload]


def _without(openings: dict[str, JsonValue]) -> None:
    del openings["bank-b"]


def _heavier(evidence: Evidence) -> bytes:
    assert evidence.disclosure is not None
    release = json.loads(canonical.encode(evidence.disclosure.release))
    release["weights"][1] = "-0.9"
    return replace(evidence, disclosure=replace(evidence.disclosure, release=release)).encode()


def _as_statistic(evidence: Evidence) -> bytes:
    payload = evidence.envelope.payload.replace(b"joint-model", b"joint-statistic")
    return replace(evidence, envelope=dsse.Envelope(payload, evidence.envelope.signatures)).encode()


def _other_root(evidence: Evidence) -> bytes:
    transcript = parse(evidence.envelope.payload).transcript.hex().encode()
    payload = evidence.envelope.payload.replace(transcript, b"ab" * 32)
    return replace(evidence, envelope=dsse.Envelope(payload, evidence.envelope.signatures)).encode()


def _without_anchor(evidence: Evidence) -> bytes:
    facts = replace(evidence.facts, states=evidence.facts.states[:-1])
    return replace(evidence, facts=facts).encode()


@pytest.mark.parametrize(
    ("build", "step"),
    [
        (opened(_other_upload), "figures"),
        (opened(_swapped), "figures"),
        (opened(_left_out), "figures"),
        (opened(_without), "figures"),
        (_heavier, "figures"),
        (_as_statistic, "contracts"),
        (_other_root, "statement"),
        (_without_anchor, "contracts"),
    ],
)
def test_a_changed_file_is_refused_at_its_step(run: Released, build: Callable[[Evidence], bytes], step: str) -> None:
    verdict = verify(build(run.evidence), run.trust)
    assert verdict.failed == step, verdict


def test_a_file_out_of_form_is_refused(run: Released) -> None:
    data = run.evidence.encode()
    assert bundle.parse(data).encode() == data
    assert verify(data[:-1], run.trust).failed == "form"


class Pooled:
    """A trainer whose node asks nobody before a wave: all parties pool, and go on whatever the chain says."""

    is_there = True

    def __init__(self, trainer: RunTrainer) -> None:
        self._trainer = trainer

    def objection(self, spec: TrainingSpec) -> str:
        return self._trainer.objection(spec)

    def seat(self, run: Run) -> Seat:
        return self._trainer.seat(replace(run, require=lambda wave: None))


def revoke(town: TrainingTown, spec: TrainingSpec) -> None:
    """Have bank-b revoke what the run rests on."""
    source = spec.sources[1]
    town.file_end(source.party, OFFICE, source.authorization)
    town.call(source.party, authorizations.revoke(source.authorization, b"\2" * 32, op_id=town.number()))


def test_a_run_that_went_on_after_a_revocation_does_not_verify_though_all_parties_signed_it(run: Released) -> None:
    town = run.town
    spec = town.authorized(replace(asked(), rounds=1, seed=8))
    assert isinstance(spec, TrainingSpec)
    waiting = {"upload/2"}

    def on_message(message: Plaintext) -> None:
        if message.direction == "sent" and message.step in waiting:
            waiting.clear()
            revoke(town, spec)

    town["bank-b"].on_message = on_message
    job = town.propose(spec)
    pooling = {code: {"trainer": Pooled(trainer)} for code, trainer in town.trainers.items()}
    finished = town.run(spec, job, places=town.places(**pooling))
    assert finished is not None, "\n".join(town[code].said(job) for code in spec.parties)
    evidence = gathered(town, job, finished)
    verdict = verify(evidence.encode(), run.trust)
    assert verdict.failed == "throughout"
    assert "revoked in block" in verdict.steps[-1].detail.en
    *others, revocation = evidence.facts.moments
    headers = tuple(raw for raw in evidence.facts.headers if parse_header(raw).block_hash != revocation.header_hash)
    for moments in ((*others,), (*others, others[0])):
        hidden = replace(evidence, facts=replace(evidence.facts, headers=headers, moments=moments))
        assert verify(hidden.encode(), run.trust).failed == "throughout"


def test_a_model_whose_input_is_revoked_after_its_waves_were_anchored_verifies_and_is_permitted_nothing(
    run: Released,
) -> None:
    revoke(run.town, run.spec)
    verdict = verify(gathered(run.town, run.job, run.finished).encode(), run.trust)
    assert verdict.failed is None, verdict
    (step,) = (step for step in verdict.steps if step.name == "derived")
    assert step.detail.en.startswith("nothing any more: 1 inputs")
