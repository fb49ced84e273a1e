"""A run with noise between threads: what leaves is noised, one person moves little, verifiers come to the same."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from noisytown import DECLARED, PRIVACY, SCHEMA, cheaper, noisy, people, prepared, repeatable
from runrehearsal import Rehearsal, lost
from trainingtown import BANKS, FEATURES, OFFICE, asked

from contracts.evidence.figures import trained
from contracts.evidence.questions import training
from contracts.evidence.questions.question import read as read_question
from federated.aggregation.vector import Floats
from federated.boosting.exposure import auc
from federated.evaluation.binned import measured
from federated.horizontal.family import Family
from federated.runs import noisy as computing
from ledger import canonical
from ledger.errors import InvalidRecord
from mpc.inputs import Input, PrivateRows
from mpc.kinds.models.noised import NoisedTraining
from mpc.kinds.registry import kind_of
from mpc.kinds.released import Release
from mpc.node.guarding.limits import NoiseLimits, faults
from mpc.privacy import budget
from mpc.privacy.declaration import UnitsAt
from mpc.privacy.trained import Evaluation, TrainingPrivacy
from mpc.spec import reader as spec_reader
from mpc.spec.training import Algorithm, Bounded, Model, Step, TrainingSpec

NO_EVALUATION = cheaper(evaluation=None)


def nothing(_scale: float) -> int:
    return 0


def input_of(
    spec: TrainingSpec, directory: Path, seed: int = 0, *, csv: str = "", is_noised: bool = True
) -> PrivateRows:
    sampler = repeatable(seed) if is_noised else nothing
    return prepared(spec, directory / f"{seed}.csv", csv or people(seed), sampler)


def rehearsed(spec: TrainingSpec, directory: Path, **changes: object) -> tuple[Rehearsal, Release]:
    found: dict[str, Input] = {str(seed): input_of(spec, directory, seed) for seed in range(len(BANKS))}
    rows = {code: str(seed) for seed, code in enumerate(BANKS)}
    rehearsal = Rehearsal(directory, spec, rows=rows, data=found.__getitem__, **changes)  # type: ignore[arg-type]
    release = rehearsal.run()[OFFICE]
    assert isinstance(release, Release), release
    return rehearsal, release


def scores(weights: Floats) -> tuple[Floats, Floats]:
    """What a model says of rows that nobody trained on, and their labels."""
    lines = people(99).splitlines()[1:]
    values = np.array([[float(cell) for cell in line.split(",")[:3]] for line in lines])
    scaled = np.column_stack(((values[:, 0] - 50_000) / 50_000, values[:, 1] / 500))
    return values[:, 2], weights[0] + scaled @ weights[1:]


def followed(rehearsal: Rehearsal, release: Release) -> tuple[object, bytes]:
    document = rehearsal.spec.json()
    assert isinstance(document, dict)
    return trained.follow(
        training.read(document),
        rehearsal.sessions[OFFICE].digest,
        release.openings,  # type: ignore[arg-type]
        lambda _step, _party, message: bytes.fromhex(message["body"]),  # type: ignore[index,call-overload,arg-type]
    )


def test_a_run_with_noise_ranks_rows_and_a_verifier_comes_to_the_same_model(tmp_path: Path) -> None:
    rehearsal, release = rehearsed(noisy(rounds=12), tmp_path)
    assert followed(rehearsal, release) == (release.document, release.verdict.transcript)
    document = release.document
    assert isinstance(document, dict)
    assert {"rows", "loss", "squared_error"}.isdisjoint(document)
    weights = np.array([float(str(weight)) for weight in document["weights"]])  # type: ignore[union-attr]
    assert auc(*scores(weights)) > 0.75
    counts = document["evaluation"]
    assert isinstance(counts, dict)
    assert sorted(counts) == list(BANKS)
    grain = rehearsal.spec.count_noise.grain  # type: ignore[union-attr]
    own = [np.array([int(str(unit)) for unit in counts[code]]) / grain for code in BANKS]  # type: ignore[union-attr]
    joint = measured(Family.LOGISTIC, np.sum(own, axis=0), 1)
    assert joint is not None
    assert joint.figures["auc"] == pytest.approx(auc(*scores(weights)), abs=0.06)
    assert joint.rows == pytest.approx(3600, abs=400)


def test_a_department_lost_leaves_a_model_that_verifies(tmp_path: Path) -> None:
    """Shares are made for as many departments as a round needs at least: its noise is paid for without the lost one."""
    spec = noisy(privacy=cheaper(evaluation=Evaluation(8, by_department=False, micro_rho=50_000)))
    rehearsal, release = rehearsed(spec, tmp_path, deaf=lost("bank-b", 2))
    assert followed(rehearsal, release) == (release.document, release.verdict.transcript)
    assert spec.gradient_noise.shares == spec.contributors - PRIVACY.colluders


def test_every_place_that_leaves_carries_the_noise_that_was_drawn_for_it_once(tmp_path: Path) -> None:
    spec = noisy()
    drawn, plain = input_of(spec, tmp_path), input_of(spec, tmp_path, is_noised=False)
    own, bare = (computing.rows(spec, data, "bank-b") for data in (drawn, plain))
    fit = computing.begin(spec).fit
    for wave in range(1, spec.waves + 1):
        units = 256 * (computing.vector(spec, own, fit, wave) - computing.vector(spec, bare, fit, wave))
        at = spec.bins if wave == spec.waves else 0  # the second department's slot
        assert tuple(units[at : at + len(drawn.noise[wave - 1])]) == drawn.noise[wave - 1]
        assert np.count_nonzero(units) <= len(drawn.noise[wave - 1])
    assert len(set(drawn.noise[:4])) == 4


def moved(spec: TrainingSpec, directory: Path, rows: int) -> float:
    """How far one person with so many rows moves a round's sum, in units."""
    base = "\n".join(people(0, 200).splitlines()) + "\n"
    grown = base + "99999,500,0,p777\n" * rows
    vectors = []
    for csv in (base, grown):
        own = computing.rows(spec, input_of(spec, directory, csv=csv, is_noised=False), "bank-a")
        vectors.append(256 * computing.vector(spec, own, computing.begin(spec).fit, 1))
    return float(np.linalg.norm(vectors[1] - vectors[0]))


def test_a_person_moves_a_round_by_its_clip_whatever_its_rows_and_more_without_one(tmp_path: Path) -> None:
    spec = noisy()
    wide = noisy(privacy=cheaper(clip_milli=1_000_000))
    assert 0 < moved(spec, tmp_path, 1) <= spec.gradient_noise.longest
    assert moved(spec, tmp_path, 40) <= spec.gradient_noise.longest
    assert moved(wide, tmp_path, 2) > spec.gradient_noise.longest


def test_rows_beyond_a_person_s_most_are_left_out_and_values_beyond_bounds_clipped(tmp_path: Path) -> None:
    spec = noisy(features=(Bounded("income", 0, 10), FEATURES[1]))
    found = input_of(spec, tmp_path, csv="income,debt,late,person\n" + "5,1,0,p1\n" * 5 + "99,1,1,p2\n")
    assert sorted(found.persons) == [0, 0, 1]
    assert max(found.columns[0]) == 10


def test_a_model_under_another_scale_is_refused(tmp_path: Path) -> None:
    spec = noisy()
    data = computing.begin(spec).fit.encode()
    assert computing.decode(spec, data).encode() == data
    numbers = np.frombuffer(data, dtype="<f8").copy()
    numbers[3] += 1
    with pytest.raises(InvalidRecord, match="declared bounds"):
        computing.decode(spec, numbers.tobytes())


@pytest.mark.parametrize("spec", [
    noisy(), noisy(privacy=NO_EVALUATION), noisy(privacy=cheaper(is_local=True)),
    noisy(privacy=cheaper(units_at=UnitsAt.SEVERAL, micro_rho=1, clip_milli=7)),
    noisy(label=Bounded("late", 0, 9), algorithm=replace(noisy().algorithm, model=Model.POISSON)),
], ids=["evaluated", "bare", "local", "several", "poisson"])  # fmt: skip
def test_a_specification_comes_back_as_written_and_verifiers_read_it_as_nodes_do(spec: TrainingSpec) -> None:
    assert spec_reader.parse(canonical.encode(spec.json())) == spec
    kind, question, document = kind_of(spec), read_question(spec.json()), spec.json()
    assert isinstance(document, dict)
    assert question.terms == kind.terms() == training.terms(document)
    assert (question.protocol, question.cells) == (kind.protocol, ("*",))
    (charge, *_) = budget.charges(spec)
    assert charge.micro_rho == spec.rounds * spec.privacy.micro_rho + (  # type: ignore[union-attr]
        50_000 if spec.privacy.evaluation else 0
    )  # type: ignore[union-attr]
    assert (charge.side, charge.period) == (0, "2017")


@pytest.mark.parametrize(("changes", "said"), [
    ({"clip": 1024}, "no least_rows, clip or norm"),
    ({"least_rows": 100}, "no least_rows, clip or norm"),
    ({"rows": 1}, "max_rows"),
    ({"has_curve": True}, "ask an evaluation"),
    ({"algorithm": Algorithm(Model.LOGISTIC, Step.ADAM, 1, 1000, 1, 0, 0)}, "one step"),
    ({"algorithm": Algorithm(Model.LOGISTIC, Step.AVERAGE, 2, 1000, 1, 0, 0)}, "one step"),
    ({"privacy": cheaper(colluders=3)}, "nobody's noise"),
])  # fmt: skip
def test_terms_that_make_no_run_with_noise_are_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidRecord, match=said):
        noisy(**changes)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "change", [{"micro_rho": 0}, {"clip_milli": 0}, {"persons": 0}, {"max_rows": 0}, {"delta_log2": -10}, {"unit": ""}]
)
def test_privacy_beyond_its_bounds_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidRecord):
        cheaper(**change)


def test_local_noise_is_all_that_one_department_needs_and_distributed_noise_is_divided() -> None:
    local, shared = (noisy(privacy=cheaper(is_local=own)).gradient_noise for own in (True, False))
    assert local.deviation_milli == shared.deviation_milli
    assert (local.shares, shared.shares) == (1, 2)
    assert local.scale > shared.scale


def said(spec: TrainingSpec, **changes: object) -> list[str]:
    declared = replace(DECLARED, **changes)  # type: ignore[arg-type]
    return [text for _, text in faults(spec, BANKS[0], SCHEMA, NoiseLimits(), declared)]


def test_a_run_repeats_the_owner_s_declaration_word_for_word() -> None:
    assert said(noisy()) == []
    assert "max_rows" in said(noisy(), max_rows=3)[0]
    assert "colluders" in said(noisy(privacy=cheaper(colluders=0)))[0]
    assert "other bounds" in said(noisy(), bounds={**DECLARED.bounds, "debt": (-500, 499)})[0]
    assert "rows of 800" in said(noisy(rows=800))[0]
    assert "no declaration" in next(text for _, text in faults(noisy(), BANKS[0], SCHEMA, NoiseLimits()))
    assert "declared private" in said(asked())[0]


def test_another_question_has_another_name_and_the_same_carried_otherwise_has_not() -> None:
    def told(privacy: TrainingPrivacy = PRIVACY, **changes: object) -> object:
        return NoisedTraining(noisy(privacy=privacy, **changes)).asked()

    assert told() == told(round_s=21) == told(apps=(b"\1" * 32,))
    assert told() != told(rounds=5)
    assert told() != told(cheaper(micro_rho=4999))
