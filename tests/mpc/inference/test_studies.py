"""Studies over departments' tables say what SciPy and numpy say over the pooled rows."""

from __future__ import annotations

import random
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from pooledtables import Pool
from scipy import stats

from ledger.errors import InvalidRecord
from mpc.inference.studies import Compare, Correlate, Finding, Independence, Regress, Study

DISTRICTS = ("north", "south", "west")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    chance = random.Random(11)
    rows = {
        number: [
            (f"{number}{i:03d}", DISTRICTS[i % 3], chance.randrange(100_001), chance.randrange(-99, 100))
            for i in range(60)
        ]
        for number in (1, 2, 3)
    }
    return Pool(Path(tmp_path_factory.mktemp("pool")), rows, ["1000"])


def found(pool: Pool, study: Study, *withheld: str) -> Finding:
    return study.conclude(pool.ask(study.sql, withheld))


def column(pool: Pool, name: str, where: str = "true") -> list[float]:
    return [float(row[0]) for row in pool.pooled(f"SELECT {name} FROM permits WHERE {where}")]  # type: ignore[arg-type]


def test_two_groups_are_compared_by_welch(pool: Pool) -> None:
    finding = found(pool, Compare("permits", "fee", "district", "district IN ('north', 'west')"))
    groups = [column(pool, "fee", f"district = '{name}'") for name in ("north", "west")]
    expected = stats.ttest_ind(*groups, equal_var=False)
    assert f"Welch t {expected.statistic:.6g}" in finding.notes[0]
    assert [row[1] for row in finding.rows] == [60, 60]


def test_three_groups_are_compared_by_variance_and_a_withheld_one_is_left_out(pool: Pool) -> None:
    study = Compare("permits", "fee", "district")
    expected = stats.f_oneway(*(column(pool, "fee", f"district = '{name}'") for name in DISTRICTS))
    assert f"F {expected.statistic:.6g}" in found(pool, study).notes[0]
    without = found(pool, study, "group0")
    assert without.withheld == ("north",)
    assert "Welch t" in without.notes[0]
    with pytest.raises(InvalidRecord, match="fewer than two groups"):
        found(pool, study, "group0", "group1")


def test_classes_and_groups_are_tested_for_independence(pool: Pool) -> None:
    study = Independence("permits", "fee", ("250", "700.5"), "district")
    counts = [
        [len(column(pool, "fee", f"district = '{name}' AND {part}")) for part in
         ("fee < 250", "fee >= 250 AND fee < 700.5", "fee >= 700.5")]
        for name in DISTRICTS
    ]  # fmt: skip
    expected = stats.chi2_contingency(counts, correction=False)
    finding = found(pool, study)
    assert [list(row[1:]) for row in finding.rows] == counts
    assert f"chi-square {expected.statistic:.6g}" in finding.notes[0]
    two = found(pool, study, "group2-bin1")
    assert two.withheld == ("west / 250 to < 700.5",)
    assert "information value" in two.notes[2]


def test_every_pair_of_columns_is_correlated(pool: Pool) -> None:
    expected = stats.pearsonr(column(pool, "fee"), column(pool, "days"))
    (row,) = found(pool, Correlate("permits", ("fee", "days"))).rows
    assert row[2:] == pytest.approx((expected.statistic, expected.pvalue))


def test_a_regression_is_that_of_the_pooled_rows(pool: Pool) -> None:
    finding = found(pool, Regress("permits", "fee", ("days",), where="fee < 900"))
    line = stats.linregress(column(pool, "days", "fee < 900"), column(pool, "fee", "fee < 900"))
    assert finding.rows[1][1:5] == pytest.approx((line.slope, line.stderr, line.slope / line.stderr, line.pvalue))
    assert f"R squared {line.rvalue**2:.6g}" in finding.notes[0]
    ridge = found(pool, Regress("permits", "fee", ("days",), Fraction(1000), where="fee < 900"))
    assert abs(float(np.float64(ridge.rows[1][1]))) < abs(line.slope)


def test_a_study_whose_figures_were_withheld_says_so(pool: Pool) -> None:
    with pytest.raises(InvalidRecord, match="withheld"):
        found(pool, Correlate("permits", ("fee", "days")), "count")
