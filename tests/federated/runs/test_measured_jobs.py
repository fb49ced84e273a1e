"""An exact run that is measured, as a job of real nodes: exact rounds, noised counts of a fifth, both verifiers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from department import Holding
from foundedchain import trust_of
from measuredtown import COST, QUALITY, SCHEMA, exact_holdings, measured
from noisytown import PERIOD, noisy, people
from secondverifier import failures, needs_node, ours
from trainingtown import BANKS, OFFICE, TrainingTown, asked, gathered, plainly

from contracts.authorizations.terms import identifier
from contracts.budgets.record import Mode
from contracts.evidence import dsse
from contracts.evidence.bundle import Evidence
from contracts.evidence.verify import verify
from federated.evaluation.released import card
from federated.runs import measured as measured_wave
from gateway.federated.measuring import measured as measured_card
from gateway.statistics.service import private_figures
from ledger import canonical
from ledger.proofs.trust import Trust
from mpc.node.attempts.attempt import Finished
from mpc.node.registry import ProvenRegistry
from mpc.privacy.held import FIFTH, is_held_out
from mpc.spec.training import TrainingSpec

pytestmark = pytest.mark.slow
THREE, LIMIT = BANKS[:3], 120_000
SPEC = measured(THREE)


@dataclass(frozen=True)
class Released:
    town: TrainingTown
    spec: TrainingSpec
    job: bytes
    finished: Finished
    evidence: Evidence
    trust: Trust


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TrainingTown]:
    with TrainingTown(tmp_path_factory.mktemp("town"), exact_holdings(THREE)) as found:
        for code in THREE:
            found.allow(code, LIMIT, PERIOD)
        yield found


@pytest.fixture(scope="module")
def run(town: TrainingTown) -> Released:
    spec = town.authorized(SPEC)
    assert isinstance(spec, TrainingSpec)
    job, finished = released(town, spec)
    return Released(town, spec, job, finished, gathered(town, job, finished), trust_of(town.node.genesis_hash))


def released(town: TrainingTown, spec: TrainingSpec) -> tuple[bytes, Finished]:
    job = town.propose(spec)
    finished = town.run(spec, job, places=town.places())
    assert finished is not None, "\n".join(town[code].said(job) for code in spec.parties)
    return job, finished


def ended(run: Released, spec: TrainingSpec) -> str:
    """The ground on chain by which a job ends of which no vector left."""
    town = run.town
    before = {code: len(town[code].messages) for code in THREE}
    job = town.propose(spec)
    assert town.run(spec, job, places=town.places()) is None
    left = [m for code in THREE for m in town[code].messages[before[code] :] if m.step.startswith("upload")]
    assert not left
    return town.reason(job)


def spent(town: TrainingTown) -> list[tuple[Mode, int]]:
    facts = ProvenRegistry(town[OFFICE].view).now()
    pots = [facts.pot(identifier(f"loans-{code}"), identifier(PERIOD)) for code in THREE]
    return [(pot.mode, pot.spent + pot.reserved) for pot in pots]


def test_both_verifiers_add_model_and_counts_up_again(run: Released) -> None:
    verdict = verify(run.evidence.encode(), run.trust)
    assert verdict.failed is None, verdict
    assert verdict.figures == run.finished.release.document
    (budget,) = (step for step in verdict.steps if step.name == "budget")
    assert f"paid {COST} micro-rho" in budget.detail.en
    assert verdict.learned is not None
    assert "only with noise" in verdict.learned.en
    assert "exactly" in verdict.learned.en


def _other_counts(evidence: Evidence) -> bytes:
    def add(release: dict[str, Any]) -> None:
        counts = release["evaluation"]["bank-a"]
        counts[0] = str(int(counts[0]) + 1)

    return _told(evidence, add)


def _swapped(evidence: Evidence) -> bytes:
    def swap(release: dict[str, Any]) -> None:
        counts = release["evaluation"]
        counts["bank-a"], counts["bank-b"] = counts["bank-b"], counts["bank-a"]

    return _told(evidence, swap)


def _without_counts(evidence: Evidence) -> bytes:
    return _told(evidence, lambda release: release.pop("evaluation"))


def _told(evidence: Evidence, change: Callable[[dict[str, Any]], object]) -> bytes:
    assert evidence.disclosure is not None
    release = json.loads(canonical.encode(evidence.disclosure.release))
    change(release)
    return replace(evidence, disclosure=replace(evidence.disclosure, release=release)).encode()


def _payload(change: Callable[[dict[str, Any]], object]) -> Callable[[Evidence], bytes]:
    def build(evidence: Evidence) -> bytes:
        statement = json.loads(evidence.envelope.payload)
        change(statement["predicate"])
        envelope = dsse.Envelope(canonical.encode(statement), evidence.envelope.signatures)
        return replace(evidence, envelope=envelope).encode()

    return build


def _less_noise(predicate: dict[str, Any]) -> None:
    predicate["session"]["terms"]["guarantee"]["evaluation"]["deviation_milli"] = "1"


def _free(predicate: dict[str, Any]) -> None:
    predicate["spec"]["quality"]["evaluation"]["micro_rho"] = "1"


def _other_share(predicate: dict[str, Any]) -> None:
    predicate["spec"]["quality"]["evaluation"]["held_out"] = 210


def _shorter_ledger(predicate: dict[str, Any]) -> None:
    predicate["leakage"]["leakage"].pop()


TAMPERED: tuple[tuple[Callable[[Evidence], bytes], str], ...] = (
    (_other_counts, "figures"),
    (_swapped, "figures"),
    (_without_counts, "figures"),
    (_payload(_less_noise), "statement"),
    (_payload(_free), "statement"),
    (_payload(_other_share), "statement"),
    (_payload(_shorter_ledger), "statement"),
)


@needs_node
def test_both_verifiers_refuse_another_table_less_noise_and_another_share_at_the_same_step(run: Released) -> None:
    files = [run.evidence.encode(), *(build(run.evidence) for build, _ in TAMPERED)]
    told = [(file, run.trust.encode()) for file in files]
    assert failures(told) == ours(told) == [None, *(step for _, step in TAMPERED)]


def test_the_model_is_the_one_of_the_rows_that_are_not_held_out_and_the_counts_carry_noise(run: Released) -> None:
    document = run.finished.release.document
    assert isinstance(document, dict)
    tables = {code: people(seed) for seed, code in enumerate(THREE)}
    fitted = {code: Holding(code, SCHEMA, plain(of_side(csv, is_held=False))) for code, csv in tables.items()}
    found = plainly(replace(run.spec, quality=None), fitted)
    assert document["weights"] == [repr(float(weight)) for weight in found.weights]
    assert int(str(document["rows"])) == sum(len(own.csv.splitlines()) - 1 for own in fitted.values()) < 3 * 900
    count = run.spec.count_noise
    assert count is not None
    told = document["evaluation"]
    assert isinstance(told, dict)
    assert sorted(told) == sorted(THREE)
    for code, csv in tables.items():
        rows = np.array([line.split(",") for line in plain(of_side(csv, is_held=True)).splitlines()[1:]], dtype=float)
        own = measured_wave.Held(rows, (0,) * run.spec.bins, 0)
        exact = (measured_wave.vector(run.spec, own, found) * 2.0**40)[: run.spec.bins]
        noise = np.array([int(unit) for unit in told[code]]) - exact  # type: ignore[union-attr]
        assert noise.any()
        assert np.abs(noise).max() < 12 * count.deviation_milli / 1000
        assert noise.std() > count.deviation_milli / 1000 / 3


def test_card_status_and_figures_of_the_office_say_what_was_measured_on_whom_and_what_it_cost(run: Released) -> None:
    found = card(run.spec, run.finished.release.document)
    assert (found.micro_rho, found.held_out, found.is_exact) == (COST, 200, True)
    assert {"auc", "ks", "accuracy", "rmse", "training_loss", "training_rmse"} <= set(found.quality)
    assert found.calibration
    assert found.fairness is not None
    assert sorted(found.fairness.figures) == sorted(THREE)
    text = found.markdown("en")
    assert "not bound: the rounds are exact" in text
    assert f"{COST} micro-rho, for the counts of rows held out" in text
    assert "各轮训练为精确值" in found.markdown("zh")
    assert json.loads(found.encode())["membership_bound"] is None
    config = SimpleNamespace(state=run.town[OFFICE].home / "state")
    directory = config.state / "jobs" / run.job.hex()
    (directory / "release.json").write_bytes(canonical.encode(run.finished.release.document))
    assert measured_card(config, directory.name) == found  # type: ignore[arg-type]
    assert "AUC" in found.line("en")
    assert "rows held out, of 20 % of the persons" in found.line("en")
    told = private_figures(run.finished.signed)
    assert isinstance(told, dict)
    assert told["micro_rho"] == str(COST)


def test_every_asset_paid_out_of_a_pot_of_exact_figures(run: Released) -> None:
    assert spent(run.town) == [(Mode.EXACT, COST)] * 3


def test_without_budget_under_other_terms_and_with_noise_throughout_a_run_is_refused(run: Released) -> None:
    dear = replace(QUALITY, evaluation=replace(QUALITY.evaluation, micro_rho=90_000))
    assert "budget" in ended(run, replace(run.spec, quality=dear))
    assert ended(run, replace(run.spec, quality=replace(QUALITY, max_rows=1))) == "job: privacy"
    assert ended(run, replace(noisy(THREE), sources=run.spec.sources)) == "job: privacy"
    assert spent(run.town) == [(Mode.EXACT, COST)] * 3


def test_a_run_over_all_rows_may_follow_and_reads_the_fifth_that_bears_it(run: Released) -> None:
    job, finished = released(run.town, replace(asked(THREE, rounds=1), sources=run.spec.sources))
    evidence = gathered(run.town, job, finished)
    assert verify(evidence.encode(), run.trust).failed is None
    document = finished.release.document
    assert isinstance(document, dict)
    assert document["rows"] == str(3 * 900)


def of_side(csv: str, *, is_held: bool) -> str:
    """The rows of the persons on one side."""
    head, *lines = csv.splitlines()
    kept = [line for line in lines if is_held_out(line.rsplit(",", 1)[1], PERIOD, FIFTH) is is_held]
    return "\n".join([head, *kept]) + "\n"


def plain(csv: str) -> str:
    """The rows without whose they are."""
    return "".join(line.rsplit(",", 1)[0] + "\n" for line in csv.splitlines())
