"""Classes, hidden layers and trees in runs with noise: bounded by person, learned under noise, restated."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from noisytown import cheaper, entered, noisy, of_label, people, prepared, repeatable, shaped
from runrehearsal import Rehearsal
from trainingtown import BANKS, OFFICE, asked

from contracts.evidence.figures import trained
from contracts.evidence.questions import training
from contracts.evidence.questions.question import read as read_question
from federated.aggregation.vector import Layout
from federated.evaluation.released import card
from federated.runs import noisy as computing
from federated.runs import part, trees
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.inputs import Input, PrivateRows
from mpc.kinds.registry import kind_of
from mpc.kinds.released import Release
from mpc.privacy import budget
from mpc.privacy.trained import Evaluation
from mpc.spec import reader as spec_reader
from mpc.spec.training import MILLION, Algorithm, Bounded, Model, Step, TrainingSpec
from mpc.training.protection import WIDEST
from mpc.training.shapes import Trees

GROWN = Trees(2, 8, 20 * MILLION)
JOINT = cheaper(clip_milli=1600, micro_rho=20_000, evaluation=Evaluation(16, by_department=False, micro_rho=50_000))
SOFTMAX = shaped(Model.SOFTMAX, rounds=6, privacy=JOINT)
HIDDEN = shaped(hidden=3, rounds=6, privacy=JOINT)
CLASSES_HIDDEN = shaped(Model.SOFTMAX, hidden=3, rounds=3, privacy=JOINT)
TREES = shaped(trees=GROWN, rounds=4, privacy=JOINT)
NUMBERS = shaped(Model.RIDGE, trees=GROWN, rounds=4, privacy=JOINT)
CLASSES = shaped(Model.SOFTMAX, trees=GROWN, rounds=6, privacy=JOINT)
ALL = pytest.mark.parametrize(
    "spec",
    [SOFTMAX, HIDDEN, CLASSES_HIDDEN, TREES, NUMBERS, CLASSES],
    ids=["softmax", "hidden", "hidden-softmax", "trees", "trees-numbers", "trees-softmax"],
)


def nothing(_scale: float) -> int:
    return 0


def inputs(spec: TrainingSpec) -> list[PrivateRows]:
    return [entered(spec, of_label(spec, seed), repeatable(seed)) for seed in range(len(BANKS))]


def trained_on(spec: TrainingSpec, data: list[PrivateRows]) -> computing.Noisy:
    """The rounds without threads: words added up."""
    own = [computing.rows(spec, rows, code) for code, rows in zip(BANKS, data, strict=True)]
    layout, found = computing.layout(spec, len(own)), computing.begin(spec)
    for wave in range(1, spec.waves + 1):
        fit = computing.decode(spec, found.fit.encode())
        words = [layout.words(computing.vector(spec, rows, fit, wave)) for rows in own]
        found = computing.advance(spec, found, layout.floats(np.sum(words, axis=0, dtype=np.uint64)), wave)
    return found


def quality(spec: TrainingSpec, found: computing.Noisy) -> dict[str, float]:
    return dict(card(spec, computing.document(spec, found)).quality)


@ALL
def test_a_specification_comes_back_as_written_and_verifiers_read_it_as_nodes_do(spec: TrainingSpec) -> None:
    assert spec_reader.parse(canonical.encode(spec.json())) == spec
    document = spec.json()
    assert isinstance(document, dict)
    question, kind = read_question(document), kind_of(spec)
    assert question.terms == kind.terms() == training.terms(document)
    assert question.cells == ("*",)
    (charge, *_) = budget.charges(spec)
    assert charge.micro_rho == spec.rounds * 20_000 + 50_000
    assert training.read(document).shaped.first == tuple(computing.begin(spec).fit.weights)


@pytest.mark.parametrize("spec", [TREES, CLASSES_HIDDEN], ids=["trees", "hidden-softmax"])
def test_a_verifier_comes_to_the_same_model_and_to_no_other(spec: TrainingSpec, tmp_path: Path) -> None:
    data = inputs(spec)
    found: dict[str, Input] = {str(at): rows for at, rows in enumerate(data)}
    rows = {code: str(at) for at, code in enumerate(BANKS)}
    rehearsal = Rehearsal(tmp_path, spec, rows=rows, data=found.__getitem__)
    release = rehearsal.run()[OFFICE]
    assert isinstance(release, Release), release
    document = spec.json()
    assert isinstance(document, dict)

    def followed(document: dict[str, JsonValue]) -> object:
        return trained.follow(
            training.read(document),
            rehearsal.sessions[OFFICE].digest,
            release.openings,  # type: ignore[arg-type]
            lambda _step, _party, message: bytes.fromhex(message["body"]),  # type: ignore[index,call-overload,arg-type]
        )

    assert followed(document) == (release.document, release.verdict.transcript)
    assert release.document == computing.document(spec, trained_on(spec, data))
    other = {**document, "algorithm": {**document["algorithm"], "rate": "1"}, "seed": "8"}  # type: ignore[dict-item]
    assert followed(other) != (release.document, release.verdict.transcript)


@ALL
def test_rounds_grown_by_numbers_of_a_node_are_those_of_a_verifier(spec: TrainingSpec) -> None:
    document = spec.json()
    assert isinstance(document, dict)
    read, run = training.read(document), training.read(document).run
    assert run is not None
    drawn, found = np.random.default_rng(4), computing.begin(spec)
    weights = read.shaped.first
    for wave in range(1, spec.rounds + 1):
        units = drawn.integers(-(1 << 22), 1 << 22, spec.places)
        found = computing.advance(spec, found, units / 256, wave)
        weights = run.stepped(weights, [int(unit) for unit in units], wave)
        assert tuple(found.fit.weights) == tuple(weights)
        assert computing.decode(spec, found.fit.encode()).encode() == found.fit.encode()
    written = computing.document(spec, found)
    assert isinstance(written, dict)
    assert read.shaped.document(weights).items() <= written.items()


@ALL
def test_a_person_moves_a_round_by_its_clip_whatever_its_rows(spec: TrainingSpec) -> None:
    csv, fit = of_label(spec, 0, 200), trained_on(spec, inputs(spec)).fit
    for wave, start in ((1, computing.begin(spec).fit), (spec.rounds, fit)):
        if spec.algorithm.trees is not None and wave > 1:
            continue  # the last level is split by then; a level is asked for before it is
        vectors = []
        for rows in (csv, csv + "99999,500,0,p777\n" * 40):
            data = entered(spec, rows, nothing)
            vectors.append(256 * computing.vector(spec, computing.rows(spec, data, "bank-a"), start, wave))
        moved = float(np.linalg.norm(vectors[1] - vectors[0]))
        assert 0 < moved <= spec.gradient_noise.longest


@pytest.mark.parametrize(
    ("spec", "figure", "least"), [(SOFTMAX, "accuracy", 0.55), (TREES, "auc", 0.75), (CLASSES, "accuracy", 0.6)]
)
def test_models_learn_under_the_noise_that_is_paid_for(spec: TrainingSpec, figure: str, least: float) -> None:
    assert quality(spec, trained_on(spec, inputs(spec)))[figure] > least


def test_trees_learn_numbers_and_a_hidden_layer_ranks() -> None:
    assert quality(NUMBERS, trained_on(NUMBERS, inputs(NUMBERS)))["rmse"] < 27  # 29 of the middle alone
    assert quality(HIDDEN, trained_on(HIDDEN, inputs(HIDDEN)))["auc"] > 0.7


def test_every_number_that_leaves_a_level_carries_noise_and_what_is_beyond_it_is_zero() -> None:
    (drawn, *_) = inputs(TREES)
    own = computing.rows(TREES, drawn, "bank-a")
    bare = computing.rows(TREES, replace(drawn, noise=tuple((0,) * len(wave) for wave in drawn.noise)), "bank-a")
    fit = computing.begin(TREES).fit
    units = 256 * (computing.vector(TREES, own, fit, 1) - computing.vector(TREES, bare, fit, 1))
    assert tuple(units[: len(drawn.noise[0])]) == drawn.noise[0]
    assert [len(wave) for wave in drawn.noise] == [32, 64, 32, 64, 32]
    assert not computing.vector(TREES, own, fit, 1)[32:].any()


def test_pieces_divide_no_person_and_give_the_same_sums(monkeypatch: pytest.MonkeyPatch) -> None:
    (data, *_) = inputs(HIDDEN)
    own, fit = computing.rows(HIDDEN, data, "bank-a"), computing.begin(HIDDEN).fit
    whole = computing.vector(HIDDEN, own, fit, 1)
    monkeypatch.setattr(part, "PIECE", 50)
    pieces = list(own.fitted.pieces(HIDDEN.weights))
    assert len(pieces) > 100
    assert sum(piece.stop - piece.start for piece in pieces) == len(own.fitted.labels)
    persons = own.fitted.persons
    assert all(persons[piece.start - 1] != persons[piece.start] for piece in pieces[1:])
    assert (computing.vector(HIDDEN, own, fit, 1) == whole).all()


def test_an_exact_run_of_them_is_refused_with_its_reason() -> None:
    usual = {"step": Step.AVERAGE, "epochs": 1, "batch": 1000, "rate": 1, "proximal": 0, "ridge": 0}
    for changes, said in (
        ({"model": Model.SOFTMAX}, "no run of softmax: .*sums by class"),
        ({"model": Model.LOGISTIC, "hidden": 4}, "no run of a hidden layer: .*products of columns"),
        ({"model": Model.LOGISTIC, "trees": GROWN}, "no run of trees: .*few rows"),
    ):
        label = Bounded("late", 0, 2 if changes["model"] is Model.SOFTMAX else 1)
        with pytest.raises(InvalidRecord, match=said):
            asked(algorithm=Algorithm(**(usual | changes)), label=label, rounds=2)  # type: ignore[arg-type]
    document = TREES.json()
    assert isinstance(document, dict)
    with pytest.raises(InvalidRecord, match="exact rounds"):
        training.read({name: document[name] for name in document if name != "privacy"})


@pytest.mark.parametrize(("changes", "said"), [
    ({"trees": GROWN, "rounds": 3}, "multiple of 2 levels"),
    ({"trees": GROWN, "hidden": 3}, "or neither"),
    ({"trees": GROWN, "model": Model.POISSON}, "logistic, ridge or softmax"),
    ({"hidden": 65}, "1..64 units"),
    ({"model": Model.SOFTMAX, "label": Bounded("late", 0, 1)}, "a class"),
    ({"model": Model.SOFTMAX, "label": Bounded("late", 1, 3)}, "a class"),
    ({"model": Model.SOFTMAX, "label": Bounded("late", 0, 16)}, "a class"),
    ({"trees": Trees(6, 64, MILLION), "rounds": 60}, "pass what evidence holds"),
])  # fmt: skip
def test_terms_that_make_no_model_are_refused(changes: dict[str, object], said: str) -> None:
    with pytest.raises(InvalidRecord, match=said):
        shaped(**changes)  # type: ignore[arg-type]
    with pytest.raises(InvalidRecord, match="depth of 1"):
        Trees(7, 8, 1)


def test_a_run_whose_sums_pass_their_words_is_refused_before_anything_is_paid() -> None:
    algorithm = replace(noisy().algorithm, batch=1 << 19)
    wide = {"algorithm": algorithm, "rows": 1 << 19}
    with pytest.raises(InvalidRecord, match="pass 2\\^38"):
        noisy(privacy=cheaper(clip_milli=1_000_000), **wide)
    assert noisy(privacy=cheaper(clip_milli=100_000), **wide).widest < WIDEST
    with pytest.raises(InvalidRecord, match="bound"):
        Layout(1, WIDEST, 8, 15)
    assert Layout(1, WIDEST - 1, 8, 15).bound < WIDEST


def test_numbers_that_are_no_trees_are_refused() -> None:
    fit = computing.begin(TREES).fit
    for place, value in ((0, 3.0), (0, 0.5), (0, -1.0), (1, 7.0), (2, 4.1), (3 * 3, 1.0)):
        numbers = fit.weights.copy()
        numbers[place] = value
        with pytest.raises(InvalidRecord, match="no trees"):
            computing.decode(TREES, replace(fit, weights=numbers).encode())
    numbers = fit.weights.copy()
    numbers[0] = 1.0
    (own, *_) = [computing.rows(TREES, PrivateRows(((1,), (1,), (0,)), (0,), ((),)), "bank-a")]
    with pytest.raises(InvalidRecord, match="before it is split"):
        trees.summed(TREES, own.fitted, numbers, 1)


def test_a_department_of_few_rows_takes_part_like_others(tmp_path: Path) -> None:
    found = prepared(TREES, tmp_path / "few.csv", people(0, 1), repeatable(1))
    assert found == entered(TREES, people(0, 1), repeatable(1))
    assert computing.vector(TREES, computing.rows(TREES, found, "bank-b"), computing.begin(TREES).fit, 1).any()
