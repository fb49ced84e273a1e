"""What a specification of a run may say, and what a department's declaration and rows bear of it."""

from __future__ import annotations

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from trainingtown import BANKS, FEATURES, LABEL, SCHEMA, asked, table

from ledger import canonical
from ledger.errors import InvalidRecord
from mpc.disclosure.drawn import rows_needed
from mpc.kinds.models.training import Training
from mpc.node.guarding.limits import NoiseLimits
from mpc.spec import reader as spec_reader
from mpc.spec.parts import Source
from mpc.spec.training import Algorithm, Bounded, Model, Step, TrainingSpec
from mpc.tables.schema import Integer, Schema
from mpc.tables.table import Table


def test_a_specification_comes_back_as_written() -> None:
    for spec in (asked(apps=(b"\1" * 32, b"\2" * 32)), asked(has_curve=True)):
        assert spec_reader.parse(canonical.encode(spec.json())) == spec


@pytest.mark.parametrize(
    "change",
    [
        {"rounds": 0},
        {"rounds": 501},
        {"contributors": 2},
        {"contributors": 5},
        {"least_rows": 49},
        {"rows": 99},
        {"clip": 0},
        {"norm": 0},
        {"round_s": 0},
        {"seed": 1 << 32},
        {"apps": (b"\2" * 32, b"\1" * 32)},
        {"apps": (b"short",)},
        {"features": ()},
        {"features": (*FEATURES, LABEL)},
        {"label": Bounded("late", 0, 2)},
        {"sources": tuple(Source(name, "same", bytes(32)) for name in (BANKS[0], BANKS[0], BANKS[1]))},
    ],
)
def test_a_specification_beyond_its_bounds_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(InvalidRecord):
        asked(**change)


def test_a_run_may_lose_one_department_and_no_second() -> None:
    """Each loss leaves the difference of two sums."""
    five = (*asked().sources, Source("bank-e", "loans-bank-e", bytes(32)))
    assert asked(sources=five, contributors=4).contributors == 4
    with pytest.raises(InvalidRecord, match="loses one"):
        asked(sources=five, contributors=3)


@pytest.mark.parametrize("change", [{"rate": 0}, {"epochs": 0}, {"batch": 0}, {"proximal": -1}, {"ridge": -1}])
def test_an_algorithm_beyond_its_bounds_is_refused(change: dict[str, int]) -> None:
    good = Algorithm(Model.RIDGE, Step.ADAM, 1, 100, 1, 0, 0)
    with pytest.raises(InvalidRecord):
        replace(good, **change)  # type: ignore[arg-type]


def test_the_label_of_a_poisson_model_is_a_count() -> None:
    poisson = replace(asked().algorithm, model=Model.POISSON)
    assert asked(algorithm=poisson, label=Bounded("late", 0, 20)).label.most == 20
    with pytest.raises(InvalidRecord, match="count"):
        asked(algorithm=poisson, label=Bounded("late", -1, 20))


def faults(spec: TrainingSpec, **columns: Integer) -> list[str]:
    schema = Schema({**SCHEMA.columns, **columns}, rows=SCHEMA.rows)
    return [text for _, text in Training(spec).faults(BANKS[0], schema, None, NoiseLimits())]


def test_what_the_declaration_holds_is_bounded_at_least_as_wide() -> None:
    assert faults(asked()) == []
    assert "more than the run says" in faults(asked(), income=Integer(0, 100_001))[0]
    assert "may be empty" in faults(asked(), income=Integer(0, 100_000, nullable=True))[0]
    assert "not declared" in faults(asked(features=(*FEATURES, Bounded("age", 0, 99))))[0]
    assert "rows of 500" in faults(asked(rows=500))[0]


def test_a_feature_of_few_values_is_refused_and_the_same_label_is_not() -> None:
    few, enough = Bounded("debt", -500, 500), Integer(0, 14)
    assert "fewer than 16 values" in faults(asked(features=(FEATURES[0], few)), debt=enough)[0]
    assert faults(asked(features=(FEATURES[0], few)), debt=Integer(0, 15)) == []


def slacks(directory: Path, spec: TrainingSpec, csv: str) -> dict[str, tuple[int, ...]]:
    path = directory / "rows.csv"
    path.write_text(csv, encoding="utf-8")
    with closing(Table(path, SCHEMA)) as rows:
        return dict(Training(spec).slacks(rows))


def bears(directory: Path, spec: TrainingSpec, csv: str) -> bool:
    return min(min(found) for found in slacks(directory, spec, csv).values()) >= 0


def with_late(late: int, rows: int = 400) -> str:
    """So many rows, of which so many pay late."""
    lines = (f"{n * 7 % 100_001},{n * 11 % 1001 - 500},{int(n < late)}\n" for n in range(rows))
    return "income,debt,late\n" + "".join(lines)


def test_few_rows_many_figures_and_thin_classes_are_withheld_and_their_neighbours_not(tmp_path: Path) -> None:
    spec = asked()
    assert bears(tmp_path, spec, table(0))
    assert bears(tmp_path, replace(spec, least_rows=900), table(0))
    assert not bears(tmp_path, replace(spec, least_rows=901), table(0))
    assert rows_needed(spec.figures) == 150
    assert bears(tmp_path, spec, with_late(75, rows=150))
    assert not bears(tmp_path, spec, with_late(75, rows=149))
    assert bears(tmp_path, spec, with_late(11))
    assert not bears(tmp_path, spec, with_late(10))  # nine of them differ from the tenth
    assert not bears(tmp_path, spec, with_late(391))


def test_a_class_in_which_few_rows_differ_is_withheld_and_its_neighbour_not(tmp_path: Path) -> None:
    """A first gradient tells the sum of a feature over a class: with one row that differs, that row's own value."""
    for differing, is_borne in ((1, False), (9, False), (10, True)):
        lines = (f"{n * 7},{n % 200 if n >= 200 or n <= differing else 0},{int(n < 200)}\n" for n in range(1, 401))
        assert bears(tmp_path, asked(), "income,debt,late\n" + "".join(lines)) is is_borne, differing


def test_a_department_without_rows_of_a_class_bears_the_run(tmp_path: Path) -> None:
    """That a class is missing at one department is normal; all others have it."""
    found = slacks(tmp_path, asked(), with_late(0))
    assert found["late=1"] == (0, 0, 0)
    assert min(found["late=0"]) > 0
