"""Logistic and Poisson regression step by step say what statsmodels says over the pooled rows of published files.

The reference figures are in ``tests/vectors/generalised.json``; ``benchmarks/generalised_reference.py`` made them.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from extracts import CREDIT, DIABETES, Extract

from ledger.errors import InvalidRecord
from mpc.kinds.registry import kind_of
from mpc.spec.moments import Family, MomentsSpec
from mpc.studies.generalised import Generalised
from mpc.studies.study import Finding

REFERENCE = json.loads((Path(__file__).resolve().parents[2] / "vectors" / "generalised.json").read_text())
DEFAULTS = Generalised(Family.LOGISTIC, "people", "defaulted", ("age", "limit_bal"))
DRUGS = Generalised(Family.POISSON, "people", "num_medications", ("num_lab_procedures", "number_diagnoses"))


@pytest.fixture(scope="module")
def credit(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    return Extract(Path(tmp_path_factory.mktemp("credit")), *CREDIT)


@pytest.fixture(scope="module")
def diabetes(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    return Extract(Path(tmp_path_factory.mktemp("diabetes")), *DIABETES)


def fitted(extract: Extract, study: Generalised, asked: list[MomentsSpec], closed: int | None = None) -> Finding:
    """Fit with steps answered from all owners' inputs. asked: is filled. closed: a step whose figures are withheld."""

    def ask(spec: MomentsSpec, number: int) -> Mapping[str, str]:
        asked.append(spec)
        released: Any = extract.opened(spec)["cells"]
        return {} if number == closed else released

    planned = extract.plan(study.base)
    first = study.first(planned, tuple(extract.ask(sql) for sql in study.queries))
    return study.fit(planned, first, ask)


@pytest.mark.parametrize(("name", "study"), [("defaults", DEFAULTS), ("medications", DRUGS)])
def test_coefficients_errors_and_deviance_are_those_of_the_pooled_rows(
    name: str, study: Generalised, credit: Extract, diabetes: Extract
) -> None:
    asked = list[MomentsSpec]()
    finding = fitted(credit if name == "defaults" else diabetes, study, asked)
    expected = REFERENCE[name]
    for row, term in zip(finding.rows, expected["terms"], strict=True):
        assert row[0] == term["name"]
        assert row[1:3] == pytest.approx((term["coefficient"], term["error"]), rel=1e-6)
        assert row[4] == pytest.approx(term["p"], rel=1e-4, abs=1e-300)
    assert finding.figures["deviance"] == pytest.approx(expected["deviance"], rel=1e-9)
    assert len(asked) == finding.figures["steps"] <= 8


def test_a_fit_that_is_asked_again_names_the_same_jobs_and_ends_where_a_step_is_withheld(credit: Extract) -> None:
    asked: tuple[list[MomentsSpec], ...] = ([], [])
    for found in asked:
        with pytest.raises(InvalidRecord, match="step were withheld"):
            fitted(credit, DEFAULTS, found, closed=2)
    assert len(asked[0]) == 2
    assert asked[0] == asked[1]


def test_few_rows_are_not_asked_for_more_figures_than_they_bear(credit: Extract) -> None:
    with pytest.raises(InvalidRecord, match="ten rows a figure"):
        fitted(credit, replace(DEFAULTS, where="age >= 60"), [])


def test_separated_classes_and_columns_that_depend_on_each_other_are_named(credit: Extract) -> None:
    planned = credit.plan(DEFAULTS.base)
    first = DEFAULTS.first(planned, ())
    cells: Any = credit.opened(first)["cells"]
    with pytest.raises(InvalidRecord, match="separation"):
        DEFAULTS.fit(planned, first, lambda spec, number: {**cells, "deviance": "0"})
    flat = {**cells, **{name: "0" for name in cells if name.startswith("weight") and "2" in name}}
    with pytest.raises(InvalidRecord, match="limit_bal does not vary"):
        DEFAULTS.fit(planned, first, lambda spec, number: flat)


def test_columns_whose_range_is_far_wider_than_their_effect_are_to_be_narrowed(credit: Extract) -> None:
    """Payments are declared up to a million, and a step at their coefficient would weigh few rows alone."""
    wide = replace(DEFAULTS, on=("age", "pay_amt1"))
    with pytest.raises(InvalidRecord, match="narrow the columns"):
        fitted(credit, wide, [], closed=9)
    asked = list[MomentsSpec]()
    with pytest.raises(InvalidRecord, match="step were withheld"):
        fitted(credit, replace(wide, where="pay_amt1 < 50000"), asked, closed=3)
    assert len(asked) == 3


def test_a_response_among_its_columns_and_a_column_twice_are_refused() -> None:
    for on in (("age", "defaulted"), ("age", "age"), ()):
        with pytest.raises(InvalidRecord, match="different columns"):
            replace(DEFAULTS, on=on)


def test_the_kind_reads_the_columns_that_it_names(credit: Extract) -> None:
    first = DEFAULTS.first(credit.plan(DEFAULTS.base), ())
    kind = kind_of(first)
    assert kind.columns("department-1") == {"age", "limit_bal", "defaulted"}
    assert kind.broken_down("department-1") == {"defaulted"}
