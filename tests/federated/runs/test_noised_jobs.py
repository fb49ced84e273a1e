"""A run with noise as a job of real nodes: charged to every asset's budget, refused beyond it, with evidence of it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace

import pytest
from foundedchain import trust_of
from noisytown import PERIOD, PRIVACY, cheaper, noisy, private_holdings, shaped
from trainingtown import BANKS, OFFICE, TrainingTown, asked, gathered

from contracts.authorizations.terms import identifier
from contracts.evidence import dsse
from contracts.evidence.bundle import Evidence
from contracts.evidence.statement import parse
from contracts.evidence.verify import verify
from federated.evaluation.released import card
from gateway.federated.measuring import measured
from gateway.statistics.service import private_figures
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.proofs.trust import Trust
from mpc.node.attempts.attempt import Finished
from mpc.node.registry import ProvenRegistry
from mpc.privacy.trained import Evaluation
from mpc.spec.training import MILLION, TrainingSpec
from mpc.training.noised import DESCRIPTOR
from mpc.training.shapes import Trees

pytestmark = pytest.mark.slow
THREE, LIMIT = BANKS[:3], 150_000
SPEC = noisy(THREE, rounds=2)
COST = 2 * 5000 + 50_000


@dataclass(frozen=True)
class Released:
    town: TrainingTown
    spec: TrainingSpec
    finished: Finished
    evidence: Evidence
    trust: Trust


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Released]:
    with TrainingTown(tmp_path_factory.mktemp("town"), private_holdings(THREE)) as town:
        for code in THREE:
            town.allow(code, LIMIT, PERIOD)
        spec = town.authorized(SPEC)
        assert isinstance(spec, TrainingSpec)
        job = town.propose(spec)
        finished = town.run(spec, job, places=town.places())
        assert finished is not None, "\n".join(town[code].said(job) for code in spec.parties)
        evidence = gathered(town, job, finished)
        yield Released(town, spec, finished, evidence, trust_of(town.node.genesis_hash))


def spent(town: TrainingTown) -> list[int]:
    facts = ProvenRegistry(town[OFFICE].view).now()
    pots = [facts.pot(identifier(f"loans-{code}"), identifier(PERIOD)) for code in THREE]
    return [pot.spent + pot.reserved for pot in pots]


def ended(run: Released, spec: TrainingSpec) -> str:
    """The ground on chain by which a job ends of which no vector left."""
    town = run.town
    before = {code: len(town[code].messages) for code in THREE}
    job = town.propose(spec)
    assert town.run(spec, job, places=town.places()) is None
    left = [m for code in THREE for m in town[code].messages[before[code] :] if m.step.startswith("upload")]
    assert not left
    return town.reason(job)


def test_the_evidence_states_the_terms_and_verifies(run: Released) -> None:
    verdict = verify(run.evidence.encode(), run.trust)
    assert verdict.failed is None, verdict
    assert verdict.figures == run.finished.release.document
    signed = parse(run.evidence.envelope.payload)
    session = signed.session
    assert isinstance(session, dict)
    assert session["protocol"] == "noised-training-v1"
    guarantee = session["terms"]["guarantee"]  # type: ignore[index,call-overload]
    assert guarantee["micro_rho"] == str(COST)  # type: ignore[index,call-overload]
    assert guarantee["epsilon_milli"] == "2640"  # type: ignore[index,call-overload]
    assert signed.leakage == DESCRIPTOR.record()
    (budget,) = (step for step in verdict.steps if step.name == "budget")
    assert f"paid {COST} micro-rho" in budget.detail.en
    assert verdict.learned is not None
    assert "only with noise" in verdict.learned.en
    for language in ("en", "zh"):
        assert all(step.name in verdict.text(language, as_json=False) for step in verdict.steps)
    assert "仅知加噪后的值" in verdict.learned.zh


def test_the_model_s_card_is_filled_by_the_run(run: Released) -> None:
    found = card(run.spec, run.finished.release.document)
    assert found.micro_rho == COST
    assert found.calibration
    assert {"auc", "ks", "accuracy", "rmse"} <= set(found.quality)
    assert found.fairness is not None
    assert sorted(found.fairness.figures) == sorted(THREE)
    assert all(own is not None and abs(own.rows - 900) < 600 for own in found.fairness.figures.values())


def test_every_asset_paid_once_and_the_office_is_told_the_error(run: Released) -> None:
    assert spent(run.town) == [COST] * 3
    told = private_figures(run.finished.signed)
    assert isinstance(told, dict)
    assert told["micro_rho"] == str(COST)
    assert [line["cell"] for line in told["expected_error"]] == ["round", "count"]  # type: ignore[index,union-attr,call-overload]


def test_a_run_beyond_the_budget_is_refused_and_what_is_left_is_still_there(run: Released) -> None:
    dear = replace(run.spec, privacy=cheaper(micro_rho=35_000, evaluation=None), rounds=3)
    assert "budget" in ended(run, dear)
    assert spent(run.town) == [COST] * 3


def test_the_same_run_again_an_exact_one_and_one_under_other_terms_are_refused(run: Released) -> None:
    assert ended(run, replace(run.spec, round_s=21)) == "privacy: mode or repetition"
    exact = replace(asked(THREE), sources=run.spec.sources)
    assert ended(run, exact) == "job: privacy"
    assert ended(run, replace(run.spec, rounds=1, privacy=cheaper(max_rows=1))) == "job: privacy"
    assert spent(run.town) == [COST] * 3


def _payload(change: Callable[[dict[str, JsonValue]], None]) -> Callable[[Evidence], bytes]:
    def build(evidence: Evidence) -> bytes:
        statement = json.loads(evidence.envelope.payload)
        change(statement["predicate"])
        payload = canonical.encode(statement)
        return replace(evidence, envelope=dsse.Envelope(payload, evidence.envelope.signatures)).encode()

    return build


def _less_noise(predicate: dict[str, JsonValue]) -> None:
    predicate["session"]["terms"]["guarantee"]["round"]["deviation_milli"] = "1"  # type: ignore[index,call-overload]


def _cheaper_spec(predicate: dict[str, JsonValue]) -> None:
    predicate["spec"]["privacy"]["micro_rho"] = "1"  # type: ignore[index,call-overload]


def _exact_ledger(predicate: dict[str, JsonValue]) -> None:
    predicate["leakage"]["leakage"][0]["basis"] = "exact"  # type: ignore[index,call-overload]


def _other_counts(evidence: Evidence) -> bytes:
    assert evidence.disclosure is not None
    release = json.loads(canonical.encode(evidence.disclosure.release))
    release["evaluation"]["bank-a"][0] = str(int(release["evaluation"]["bank-a"][0]) + 1)
    return replace(evidence, disclosure=replace(evidence.disclosure, release=release)).encode()


@pytest.mark.parametrize(("build", "step"), [
    (_payload(_less_noise), "statement"),
    (_payload(_cheaper_spec), "statement"),
    (_payload(_exact_ledger), "statement"),
    (_other_counts, "figures"),
])  # fmt: skip
def test_changed_terms_or_counts_are_refused_at_their_step(
    run: Released, build: Callable[[Evidence], bytes], step: str
) -> None:
    assert verify(build(run.evidence), run.trust).failed == step


def test_the_cost_of_the_specification_is_the_one_that_was_declared() -> None:
    assert PRIVACY.cost(SPEC.rounds) == COST


@pytest.fixture(scope="module")
def grown(run: Released) -> Released:
    """A second run of the town: a tree, measured on the persons that it was not fitted to."""
    evaluation = Evaluation(8, by_department=False, micro_rho=20_000, held_out=200)
    asked_ = shaped(
        names=THREE, trees=Trees(2, 8, 20 * MILLION), rounds=2, privacy=cheaper(clip_milli=1600, evaluation=evaluation)
    )
    spec = run.town.authorized(replace(asked_, sources=run.spec.sources))
    assert isinstance(spec, TrainingSpec)
    job = run.town.propose(spec)
    finished = run.town.run(spec, job, places=run.town.places())
    assert finished is not None, "\n".join(run.town[code].said(job) for code in spec.parties)
    return Released(run.town, spec, finished, gathered(run.town, job, finished), run.trust)


def test_a_tree_grown_on_noised_sums_is_a_job_whose_evidence_verifies(grown: Released) -> None:
    verdict = verify(grown.evidence.encode(), grown.trust)
    assert verdict.failed is None, verdict
    document = grown.finished.release.document
    assert verdict.figures == document
    assert isinstance(document, dict)
    assert document["bins"] == 8
    (tree,) = document["trees"]  # type: ignore[misc]
    assert tree["weights"]  # type: ignore[index,call-overload]
    assert spent(grown.town) == [COST + 2 * 5000 + 20_000] * 3
    (budget,) = (step for step in verdict.steps if step.name == "budget")
    assert "paid 30000 micro-rho" in budget.detail.en


def test_the_office_s_status_and_card_say_on_whom_quality_was_measured(grown: Released) -> None:
    config = SimpleNamespace(state=grown.town[OFFICE].home / "state")
    directory = config.state / "jobs" / grown.finished.signed.job.hex()
    (directory / "release.json").write_bytes(canonical.encode(grown.finished.release.document))
    found = measured(config, directory.name)  # type: ignore[arg-type]
    assert found == card(grown.spec, grown.finished.release.document)
    assert found is not None
    assert found.held_out == 200
    assert "rows held out, of 20 % of the persons" in found.line("en")
    assert "留出样本" in found.line("zh")
    assert measured(config, "00") is measured(config, "../..") is measured(config, "") is None  # type: ignore[arg-type]


def _other_leaf(evidence: Evidence) -> bytes:
    assert evidence.disclosure is not None
    release = json.loads(canonical.encode(evidence.disclosure.release))
    (tree,) = release["trees"]
    node = min(tree["weights"])
    tree["weights"][node] = repr(float(tree["weights"][node]) + 0.125)
    return replace(evidence, disclosure=replace(evidence.disclosure, release=release)).encode()


def _deeper(predicate: dict[str, JsonValue]) -> None:
    predicate["spec"]["algorithm"]["trees"]["depth"] = 1  # type: ignore[index,call-overload]


def _nobody_held_out(predicate: dict[str, JsonValue]) -> None:
    del predicate["spec"]["privacy"]["evaluation"]["held_out"]  # type: ignore[index,call-overload,attr-defined,union-attr]


@pytest.mark.parametrize(("build", "step"), [
    (_other_leaf, "figures"), (_payload(_deeper), "statement"), (_payload(_nobody_held_out), "statement"),
])  # fmt: skip
def test_another_leaf_depth_or_share_is_refused_at_its_step(
    grown: Released, build: Callable[[Evidence], bytes], step: str
) -> None:
    assert verify(build(grown.evidence), grown.trust).failed == step
