"""What an exact run that is measured may ask, of whom it is, and what its rounds and its last wave hand over."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from ckksspecs import weighted
from measuredtown import COST, DECLARED, QUALITY, SCHEMA, entered, measured
from noisytown import PERIOD, noisy, people, repeatable
from secondverifier import calls, needs_node
from trainingtown import BANKS

from contracts.budgets.record import Mode
from contracts.evidence.questions import training as restated
from contracts.evidence.questions.question import read as read_question
from federated.horizontal.family import Floats
from federated.runs import linear, programs
from federated.runs import measured as measured_wave
from federated.runs.programs import Contribution
from ledger import canonical
from ledger.errors import InvalidRecord
from mpc.inputs import Input, TrainingRows
from mpc.kinds.kind import Cost
from mpc.kinds.models.training import Training
from mpc.node.guarding.limits import NoiseLimits, faults
from mpc.privacy import budget
from mpc.privacy.declaration import UnitsAt
from mpc.privacy.held import FIFTH, is_held_out
from mpc.privacy.measured import Quality
from mpc.spec import reader as spec_reader
from mpc.spec.training import Bounded, Model, TrainingSpec, Work
from mpc.tables.table import Table

SPEC = measured()
PLAIN = replace(SPEC, quality=None)
ASSETS = [source.asset for source in SPEC.sources]


def document(spec: TrainingSpec = SPEC) -> dict[str, object]:
    found = json.loads(canonical.encode(spec.json()))
    assert isinstance(found, dict)
    return found


EDGES: list[tuple[tuple[str, ...], list[object], list[object]]] = [
    (("minimum",), [1, 10], [None, True, False, 0, -1, "10", [10], {}]),
    (("curve",), ["loss"], [True, False]),
    (("clip",), ["1"], [True, False]),
    (("norm",), ["1"], [True]),
    (("least_rows",), ["900"], [False]),
    (("label", "most"), ["9" * 80], ["9" * 81]),
    (("quality", "max_rows"), [1, 1 << 20], [0, (1 << 20) + 1, True]),
    (("quality", "delta_log2"), [-128, -20], [-129, -19]),
    (("quality", "evaluation", "bins"), [8, 64], [7, 65]),
    (("quality", "evaluation", "micro_rho"), ["1", "1000000000"], ["0", "1000000001"]),
]
"""What both readers take at a place of a specification, and what they refuse there."""
WRONG = [(path, value) for path, _, refused in EDGES for value in refused]


def at(path: tuple[str, ...], value: object) -> dict[str, object]:
    """The specification with another value at one place."""
    found: dict[str, Any] = document()
    inner = found
    for name in path[:-1]:
        inner = inner[name]
    inner[path[-1]] = value
    return found


def table(directory: Path, csv: str) -> Table:
    (directory / "own.csv").write_text(csv, encoding="utf-8")
    return Table(directory / "own.csv", SCHEMA)


def of_side(csv: str, *, is_held: bool) -> str:
    head, *lines = csv.splitlines()
    kept = [line for line in lines if is_held_out(line.rsplit(",", 1)[1], PERIOD, FIFTH) is is_held]
    return "\n".join([head, *kept]) + "\n"


@needs_node
def test_both_readers_refuse_terms_of_quality_in_a_question_that_has_none() -> None:
    """Else one of them could take the data period that was paid from there, and the other from ``privacy``."""
    plain = json.loads(canonical.encode(weighted().json()))
    asked = {**plain, "quality": document()["quality"]}
    taken, refused = calls("asked.mjs", "asked", [[plain], [asked]])
    assert "found" in taken
    assert "training runs alone" in str(refused["refused"])
    assert read_question(plain).protocol == "ckks-sums-v1"
    with pytest.raises(InvalidRecord, match="training runs alone"):
        read_question(asked)


def test_a_coordinator_refuses_a_count_beyond_what_rows_and_noise_make() -> None:
    """Read as a number of eight bytes it would be another one than the whole number that a verifier adds up."""
    layout, most = programs.layout(SPEC, len(BANKS)), measured_wave.most_units(SPEC)

    def told(units: int) -> object:
        words = np.zeros(SPEC.places, dtype=np.uint64)
        words[1] = np.int64(units).view(np.uint64)
        made = programs.coordination(SPEC)
        made.advance(layout.floats(words), SPEC.waves)
        return made.counts[1]  # type: ignore[attr-defined]

    assert [told(units) for units in (most, -most)] == [most, -most]
    for units in (most + 1, -most - 1, 2**54 + 1):
        with pytest.raises(InvalidRecord, match="place 1 of a sum is beyond"):
            told(units)


def columns(csv: str) -> tuple[tuple[int, ...], ...]:
    rows = [[int(cell) for cell in line.split(",")[:3]] for line in csv.splitlines()[1:]]
    return tuple(zip(*rows, strict=True))


def trained(spec: TrainingSpec, inputs: Sequence[Input]) -> tuple[bytes, list[Floats]]:
    """The encoded model, and what the first department handed over in each wave."""
    parties = [source.party for source in spec.sources]
    sites: list[Contribution] = [
        programs.contribution(spec, own, party) for own, party in zip(inputs, parties, strict=True)
    ]
    layout, made, first = programs.layout(spec, len(sites)), programs.coordination(spec), []
    for wave in range(1, spec.waves + 1):
        for site in sites:
            site.take(made.model)
        vectors = [site.vector(wave) for site in sites]
        first.append(vectors[0])
        made.advance(layout.floats(np.sum([layout.words(one) for one in vectors], axis=0, dtype=np.uint64)), wave)
    return made.model, first


def test_nodes_and_both_readers_take_the_same_terms_from_a_specification() -> None:
    joint = replace(QUALITY.evaluation, by_department=False)
    for quality in (QUALITY, replace(QUALITY, is_local=True, evaluation=joint)):
        spec = replace(SPEC, quality=quality)
        assert spec_reader.parse(canonical.encode(spec.json())) == spec
        question = read_question(document(spec))  # type: ignore[arg-type]
        assert question.terms == Training(spec).terms() == restated.terms(document(spec))  # type: ignore[arg-type]
        assert question.cells == tuple(cell.name for cell in Training(spec).cells(ASSETS))
        assert question.protocol == Training(spec).protocol == "measured-training-v1"
    assert [work for work in SPEC.works if work is Work.COUNT] == [Work.COUNT]
    assert Training(PLAIN).protocol == "training-v1"


@needs_node
def test_the_second_verifier_reads_the_same_terms_and_refuses_the_same_specifications() -> None:
    joint = replace(SPEC, quality=replace(QUALITY, evaluation=replace(QUALITY.evaluation, by_department=False)))
    several = replace(SPEC, has_curve=True, quality=replace(QUALITY, units_at=UnitsAt.SEVERAL, is_local=True))
    taken = [document(spec) for spec in (SPEC, joint, several)] + [at(path, v) for path, vs, _ in EDGES for v in vs]
    for spec, told in zip(taken, calls("asked.mjs", "asked", [[spec] for spec in taken]), strict=True):
        found = told["found"]
        assert isinstance(found, dict)
        question = read_question(spec)  # type: ignore[arg-type]
        assert found["terms"] == question.terms
        assert (found["protocol"], found["cells"]) == (question.protocol, list(question.cells))
    wrong = [document() for _ in range(4)] + [at(path, value) for path, value in WRONG]
    wrong[0]["quality"]["evaluation"]["held_out"] = 210  # type: ignore[index]
    del wrong[1]["quality"]["unit"]  # type: ignore[attr-defined]
    wrong[2]["quality"]["others"] = 1  # type: ignore[index]
    wrong[3]["quality"]["colluders"] = 3  # type: ignore[index]
    assert all("refused" in told for told in calls("asked.mjs", "asked", [[one] for one in wrong]))
    for one in wrong:
        with pytest.raises(InvalidRecord):
            read_question(one)  # type: ignore[arg-type]


@pytest.mark.parametrize("model", [Model.LOGISTIC, Model.POISSON, Model.RIDGE])
def test_every_model_of_exact_rounds_may_be_measured(tmp_path: Path, model: Model) -> None:
    label = Bounded("late", 0, 1)
    spec = replace(SPEC, algorithm=replace(SPEC.algorithm, model=model), label=label)
    inputs = [entered(spec, tmp_path / "own.csv", people(seed), lambda _: 0) for seed in range(4)]
    _, vectors = trained(spec, inputs)
    units = np.rint(vectors[-1] * 2.0**40).astype(np.int64)
    assert units[: spec.bins].sum() == len(inputs[0].held[0]) * spec.count_noise.grain  # type: ignore[union-attr]
    assert not units[spec.bins :].any()


def test_trees_classes_and_a_hidden_layer_stay_refused() -> None:
    with pytest.raises(InvalidRecord, match="without noise by person"):
        replace(SPEC, algorithm=replace(SPEC.algorithm, hidden=2))


def test_what_a_specification_may_not_say_of_quality() -> None:
    cases: list[tuple[str, object]] = [("held_out", 210), ("held_out", None), ("micro_rho", "0"), ("micro_rho", None)]
    for name, value in cases:
        wrong = document()
        evaluation = wrong["quality"]["evaluation"]  # type: ignore[index]
        evaluation.pop(name)
        evaluation |= {} if value is None else {name: value}
        with pytest.raises(InvalidRecord):
            spec_reader.from_json(wrong)  # type: ignore[arg-type]
        with pytest.raises(InvalidRecord):
            restated.read(wrong)  # type: ignore[arg-type]
    with pytest.raises(InvalidRecord, match="no other share"):
        replace(QUALITY, evaluation=replace(QUALITY.evaluation, held_out=201))
    with pytest.raises(InvalidRecord, match="fewer colluders"):
        replace(SPEC, quality=replace(QUALITY, colluders=3))
    with pytest.raises(InvalidRecord, match="under privacy"):
        replace(noisy(), quality=QUALITY)


def test_counts_of_the_widest_noise_fit_into_the_words_of_an_exact_run() -> None:
    widest, most = replace(QUALITY, max_rows=1 << 20, units_at=UnitsAt.SEVERAL, colluders=0), 50_000_000
    for paid in (1, 1_000_000_000):
        quality = replace(widest, evaluation=replace(widest.evaluation, micro_rho=paid))
        spec = replace(SPEC, clip=1, rows=most, quality=quality, algorithm=replace(SPEC.algorithm, batch=most))
        count = spec.count_noise
        assert count is not None
        assert 23 / 4 * count.bound_of(spec.rows) < 1 << 40


def test_the_model_is_the_same_to_the_last_bit_as_without_quality_over_the_same_rows(tmp_path: Path) -> None:
    tables = [people(seed) for seed in range(4)]
    inputs = [entered(SPEC, tmp_path / "own.csv", csv, repeatable(1)) for csv in tables]
    plain = [TrainingRows(columns(of_side(csv, is_held=False))) for csv in tables]
    model, _ = trained(SPEC, inputs)
    assert linear.digest(model) == linear.digest(trained(PLAIN, plain)[0])
    everybody = [TrainingRows(columns(csv)) for csv in tables]
    assert linear.digest(model) != linear.digest(trained(PLAIN, everybody)[0])


def test_noise_is_in_the_counts_and_in_nothing_else(tmp_path: Path) -> None:
    def drawn(seed: int) -> list[Floats]:
        inputs = [entered(SPEC, tmp_path / "own.csv", people(n), repeatable(seed)) for n in range(4)]
        return trained(SPEC, inputs)[1]

    one, other = drawn(1), drawn(2)
    assert all((left == right).all() for left, right in zip(one[:-1], other[:-1], strict=True))
    assert (one[-1] != other[-1])[: SPEC.bins].sum() > SPEC.bins // 2


def test_no_round_depends_on_who_is_held_out_and_a_person_counts_with_its_most_rows(
    tmp_path: Path,
) -> None:
    csv = people(0)
    held = next(line for line in of_side(csv, is_held=True).splitlines()[1:])
    crowded = csv + (held + "\n") * 40
    before = entered(SPEC, tmp_path / "own.csv", csv, lambda _: 0)
    after = entered(SPEC, tmp_path / "own.csv", crowded, lambda _: 0)
    assert before.columns == after.columns
    assert len(after.held[0]) == len(before.held[0]) + 1
    others = csv + next(line for line in of_side(csv, is_held=False).splitlines()[1:]) + "\n"
    assert entered(SPEC, tmp_path / "own.csv", others, lambda _: 0).held == before.held


def test_an_input_is_read_as_it_was_written_and_one_of_another_run_is_refused(tmp_path: Path) -> None:
    found, kind = entered(SPEC, tmp_path / "own.csv", people(0), repeatable(1)), Training(SPEC)
    assert kind.read_input("bank-a", found.json()) == found
    with pytest.raises(InvalidRecord):
        kind.read_input("bank-a", {**found.json(), "others": []})  # type: ignore[dict-item]
    for spec, data in ((SPEC, TrainingRows(found.columns)), (PLAIN, found)):
        with pytest.raises(InvalidRecord, match="is measured"):
            programs.contribution(spec, data, "bank-a")
    with pytest.raises(ValueError, match="counted with noise"):
        kind.prepare("bank-a", None)  # type: ignore[arg-type]


def test_the_cost_is_the_evaluation_s_out_of_a_period_of_exact_figures_for_its_class_of_recipients() -> None:
    assert Training(SPEC).cost() == Cost(Mode.EXACT, COST, 0)
    assert Training(PLAIN).cost() == Cost(Mode.EXACT, 0, 0)
    assert {charge.period for charge in budget.charges(SPEC)} == {PERIOD}
    assert {charge.period for charge in budget.charges(PLAIN)} == {None}
    assert budget.recipient_class(SPEC) is not None
    assert budget.recipient_class(PLAIN) is None


def test_an_asset_answers_only_as_its_owner_declared() -> None:
    def grounds(spec: TrainingSpec, declared: object) -> list[str]:
        return [text for _, text in faults(spec, "bank-a", SCHEMA, NoiseLimits(), declared)]  # type: ignore[arg-type]

    assert not grounds(SPEC, DECLARED)
    assert not grounds(PLAIN, DECLARED)
    (private,) = grounds(SPEC, replace(DECLARED, is_exact=False))
    assert "declared private" in private
    (undeclared,) = grounds(SPEC, None)
    assert "declares nobody" in undeclared
    other: Quality = replace(QUALITY, delta_log2=-30)
    (differs,) = grounds(replace(SPEC, quality=other), DECLARED)
    assert differs.endswith("in delta_log2")
    assert replace(DECLARED, is_exact=False).condition != DECLARED.condition
    assert "asked exactly" in DECLARED.condition
