"""Quality on persons that no round was of: on the same side everywhere, in no gradient, and alone in the counts."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from noisytown import PERIOD, cheaper, noisy, people, prepared, repeatable
from trainingtown import asked

from contracts.evidence.questions import training
from contracts.evidence.questions.question import read as read_question
from federated.evaluation.released import card
from federated.runs import noisy as computing
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.inputs import PrivateRows
from mpc.kinds.models.noised import NoisedTraining
from mpc.privacy.held import is_held_out
from mpc.privacy.trained import Evaluation
from mpc.spec import reader as spec_reader
from mpc.spec.training import TrainingSpec

EVALUATION = Evaluation(16, by_department=False, micro_rho=50_000, held_out=200)
SPEC = noisy(privacy=cheaper(evaluation=EVALUATION))
PERSONS = [f"p{number}" for number in range(3000)]


def own(directory: Path, csv: str, spec: TrainingSpec = SPEC) -> PrivateRows:
    found = prepared(spec, directory / "own.csv", csv, repeatable(1))
    return replace(found, noise=tuple((0,) * len(wave) for wave in found.noise))


def vectors(directory: Path, csv: str) -> list[np.ndarray]:
    rows, fit = computing.rows(SPEC, own(directory, csv), "bank-a"), computing.begin(SPEC).fit
    return [computing.vector(SPEC, rows, fit, wave) for wave in (1, SPEC.waves)]


def turned(csv: str, is_of: bool) -> str:
    """The rows with the labels of the persons on one side turned."""
    head, *lines = csv.splitlines()
    cells = [line.split(",") for line in lines]
    body = [",".join((i, d, str(1 - int(y)) if is_held_out(p, PERIOD, 200) is is_of else y, p)) for i, d, y, p in cells]
    return "\n".join([head, *body]) + "\n"


def test_a_share_of_persons_is_held_out_and_a_larger_share_holds_out_the_same_and_more() -> None:
    sides = {share: {p for p in PERSONS if is_held_out(p, PERIOD, share)} for share in (50, 200, 500)}
    assert sides[50] < sides[200] < sides[500]
    assert 0.17 < len(sides[200]) / len(PERSONS) < 0.23
    assert {p for p in PERSONS if is_held_out(p, "2018", 200)} != sides[200]
    assert not any(is_held_out(p, PERIOD, 0) for p in PERSONS)


def test_two_shares_differ_by_few_persons_whose_sums_two_exact_runs_would_leave() -> None:
    between = [p for p in PERSONS if is_held_out(p, PERIOD, 201) and not is_held_out(p, PERIOD, 200)]
    assert 0 < len(between) < 10


def test_a_person_is_on_one_side_with_all_of_its_rows_at_every_department(tmp_path: Path) -> None:
    csv = "income,debt,late,person\n" + "".join(f"{n},1,0,p{n % 40}\n" for n in range(80))
    found = own(tmp_path, csv)
    held = sorted({f"p{n}" for n in range(40)} & {p for p in PERSONS if is_held_out(p, PERIOD, 200)})
    assert [sorted({f"p{n}" for n in range(40)})[number] for number in found.held] == held
    rows = computing.rows(SPEC, found, "bank-a")
    assert len(rows.counted.labels) == 2 * len(held)
    assert len(rows.fitted.labels) == 80 - 2 * len(held)
    assert not set(rows.counted.persons) & set(rows.fitted.persons)


def test_no_round_depends_on_who_is_held_out_and_no_count_on_who_is_not(tmp_path: Path) -> None:
    csv = people(0, 300)
    gradient, counts = vectors(tmp_path, csv)
    of_held, of_others = vectors(tmp_path, turned(csv, is_of=True)), vectors(tmp_path, turned(csv, is_of=False))
    assert (of_held[0] == gradient).all()
    assert (of_held[1] != counts).any()
    assert (of_others[0] != gradient).any()
    assert (of_others[1] == counts).all()


def test_without_a_share_every_row_is_in_both(tmp_path: Path) -> None:
    plain = noisy(privacy=cheaper(evaluation=replace(EVALUATION, held_out=0)))
    found = own(tmp_path, people(0, 300), plain)
    assert not found.held
    rows = computing.rows(plain, found, "bank-a")
    assert len(rows.counted.labels) == len(rows.fitted.labels) == 300


def test_a_department_whose_persons_are_all_on_one_side_is_told_by_nothing(tmp_path: Path) -> None:
    csv = "income,debt,late,person\n50000,1,0,{}\n"
    for person in (next(p for p in PERSONS if is_held_out(p, PERIOD, 200) is side) for side in (True, False)):
        found = prepared(SPEC, tmp_path / "one.csv", csv.format(person), repeatable(1))
        rows, fit = computing.rows(SPEC, found, "bank-a"), computing.begin(SPEC).fit
        assert all(computing.vector(SPEC, rows, fit, wave).any() for wave in range(1, SPEC.waves + 1))


def test_the_input_that_is_committed_to_says_who_is_held_out(tmp_path: Path) -> None:
    kind, found = NoisedTraining(SPEC), own(tmp_path, people(0, 300))
    assert kind.read_input("bank-a", found.json()) == found
    written = found.json()
    assert isinstance(written, dict)
    with pytest.raises(InvalidRecord):
        kind.read_input("bank-a", {**written, "others": []})


def test_verifiers_read_the_share_as_nodes_do_and_refuse_one_that_is_none() -> None:
    assert spec_reader.parse(canonical.encode(SPEC.json())) == SPEC
    document = SPEC.json()
    assert isinstance(document, dict)
    assert read_question(document).terms == NoisedTraining(SPEC).terms() == training.terms(document)
    for share in (0, 49, 501, "200"):
        wrong = json.loads(canonical.encode(document))
        wrong["privacy"]["evaluation"]["held_out"] = share
        with pytest.raises(InvalidRecord):
            training.read(wrong)
    for share in (-1, 49, 501):
        with pytest.raises(InvalidRecord, match=r"50\.\.500 thousandths"):
            replace(EVALUATION, held_out=share)


def test_an_exact_run_with_a_share_is_refused_with_its_reason() -> None:
    document = asked().json()
    assert isinstance(document, dict)
    with pytest.raises(InvalidRecord, match=r"an exact run holds rows out for its quality alone: .*audit does not see"):
        spec_reader.from_json({**document, "held_out": 200})


def test_the_card_says_on_whom_quality_was_measured() -> None:
    counts: list[JsonValue] = [str(n) for n in range(16, 0, -1)]
    release: dict[str, JsonValue] = {
        "model": "logistic", "features": ["income", "debt"], "label": "late", "weights": ["0.0"] * 3,
        "means": ["0.0"] * 2, "deviations": ["1.0"] * 2, "evaluation": {"*": [*counts, *reversed(counts)]},
    }  # fmt: skip
    found, plain = card(SPEC, release), noisy(privacy=cheaper(evaluation=replace(EVALUATION, held_out=0)))
    assert found.held_out == 200
    assert "rows held out, of 20 % of the persons" in found.markdown("en")
    assert "留出样本(按人计 20 %)" in found.markdown("zh")
    assert "the rows that it was fitted to" in card(plain, release).markdown("en")
    assert "measured on the rows of the training" not in found.markdown("en")
    assert "measured on the rows of the training" in card(plain, release).markdown("en")
