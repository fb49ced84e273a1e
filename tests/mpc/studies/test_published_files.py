"""Studies of published files dealt out to three departments say what SciPy says over the pooled rows.

The owners' rules hold: ten rows and three owners a cell. Files: ``data/README.md``.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from extracts import ADULT, CREDIT, DIABETES, Extract
from scipy import stats

from mpc.studies.axes import Classes, Group
from mpc.studies.counts import Contingency, Shares, Weights
from mpc.studies.means import Compare
from mpc.studies.moments import Correlate, Regress
from mpc.studies.ranks import RankCorrelation, Ranks
from mpc.studies.study import Finding, Study
from mpc.studies.survival import Survival

INCOME = Group("income", (">50K", "<=50K"))
READMITTED = Group("readmitted", ("<30", ">30", "NO"))
HOURS = Classes("hours_per_week", ("35", "40", "41", "50"))


@pytest.fixture(scope="module")
def adult(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    return Extract(Path(tmp_path_factory.mktemp("adult")), *ADULT)


@pytest.fixture(scope="module")
def credit(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    return Extract(Path(tmp_path_factory.mktemp("credit")), *CREDIT)


@pytest.fixture(scope="module")
def diabetes(tmp_path_factory: pytest.TempPathFactory) -> Extract:
    return Extract(Path(tmp_path_factory.mktemp("diabetes")), *DIABETES)


def found(extract: Extract, study: Study) -> Finding:
    return study.conclude([extract.ask(sql) for sql in study.queries])


def test_hours_differ_by_income_of_adults(adult: Extract) -> None:
    hours = [adult.numbers("hours_per_week", income=income) for income in INCOME.values]
    means = found(adult, Compare("people", "hours_per_week", INCOME))
    expected = stats.ttest_ind(*hours, equal_var=False)
    assert means.figures["p"] == pytest.approx(expected.pvalue, rel=1e-9)
    assert [row[1] for row in means.rows] == [1815, 628]
    ranks = found(adult, Ranks("people", HOURS, INCOME))
    classed = [np.searchsorted([35, 40, 41, 50], own, side="right") for own in hours]
    assert ranks.figures["p"] == pytest.approx(stats.mannwhitneyu(*classed, method="asymptotic").pvalue, rel=1e-9)


def test_schooling_weighs_for_the_income_of_adults(adult: Extract) -> None:
    schooling = Classes("education_num", ("9", "10", "13", "14"))
    finding = found(adult, Weights("people", schooling, INCOME))
    classed = [
        np.searchsorted([9, 10, 13, 14], adult.numbers("education_num", income=i), side="right") for i in INCOME.values
    ]
    goods, bads = (np.bincount(own, minlength=5) / len(own) for own in classed)
    assert finding.figures["information_value"] == pytest.approx(float(((goods - bads) * np.log(goods / bads)).sum()))
    fit = found(adult, Regress("people", "hours_per_week", ("age",)))
    x = np.column_stack([np.ones(len(adult.rows)), adult.numbers("age")])
    coefficients, *_ = np.linalg.lstsq(x, np.array(adult.numbers("hours_per_week")), rcond=None)
    assert [row[1] for row in fit.rows] == pytest.approx(coefficients.tolist(), rel=1e-9)


def test_bills_and_limits_of_card_holders_go_together(credit: Extract) -> None:
    (row,) = found(credit, Correlate("people", ("limit_bal", "bill_amt1"))).rows
    expected = stats.pearsonr(credit.numbers("limit_bal"), credit.numbers("bill_amt1"))
    assert row[2:] == pytest.approx((expected.statistic, expected.pvalue))
    limits, ages = Classes("limit_bal", ("50000", "200000")), Classes("age", ("30", "40"))
    ranks = found(credit, RankCorrelation("people", limits, ages))
    classed = [
        np.searchsorted([50_000, 200_000], credit.numbers("limit_bal"), side="right"),
        np.searchsorted([30, 40], credit.numbers("age"), side="right"),
    ]
    assert ranks.figures["rho"] == pytest.approx(stats.spearmanr(*classed).statistic)


def test_defaults_of_card_holders_by_sex(credit: Extract) -> None:
    finding = found(credit, Shares("people", Classes("defaulted", ("1",)), Group("sex")))
    counts = [credit.numbers("defaulted", sex=sex) for sex in ("1", "2")]
    assert [row[1:3] for row in finding.rows] == [(sum(own), len(own)) for own in counts]
    table = [[sum(own), len(own) - sum(own)] for own in counts]
    assert finding.figures["p"] == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)


def test_readmission_depends_on_the_days_in_hospital(diabetes: Extract) -> None:
    days = Classes("time_in_hospital", ("3", "5", "8"))
    finding = found(diabetes, Contingency("people", READMITTED, days))
    table = [
        np.bincount(np.searchsorted([3, 5, 8], diabetes.numbers("time_in_hospital", readmitted=r), side="right"))
        for r in READMITTED.values
    ]
    assert finding.figures["p"] == pytest.approx(stats.chi2_contingency(table, correction=False).pvalue)
    ranks = found(diabetes, Ranks("people", days, READMITTED))
    groups = [np.repeat(np.arange(4), own) for own in table]
    assert ranks.figures["h"] == pytest.approx(stats.kruskal(*groups).statistic)


def test_days_until_another_place_than_home_are_exact_over_classes_of_one_day(diabetes: Extract) -> None:
    """Every class of one day, so that the curve is that of the rows themselves."""
    days = Classes("time_in_hospital", tuple(str(day) for day in range(2, 10)))
    event = Classes("discharge_disposition_id", ("2",))
    finding = found(diabetes, Survival("people", days, event, Group("gender", ("Female", "Male"))))
    curves = []
    for gender in ("Female", "Male"):
        time = np.minimum(np.array(diabetes.numbers("time_in_hospital", gender=gender)), 9)
        ended = np.array(diabetes.numbers("discharge_disposition_id", gender=gender)) >= 2
        curves.append(stats.CensoredData(uncensored=time[ended], right=time[~ended]))
    assert [row[5] for row in finding.rows[:9]] == pytest.approx(stats.ecdf(curves[0]).sf.probabilities)
    test = stats.logrank(*curves)
    assert (finding.figures["chi_square"], finding.figures["p"]) == pytest.approx((test.statistic**2, test.pvalue))
