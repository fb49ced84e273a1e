"""Tests of groups and tables from opened figures equal what SciPy computes from the rows."""

from __future__ import annotations

import math
import random
from statistics import mean, variance

import pytest
from scipy import stats

from ledger.errors import InvalidRecord
from mpc.inference.comparison import Sample, anova, chi_square, weight_of_evidence, welch


def drawn(seed: int, count: int, centre: float) -> list[float]:
    chance = random.Random(seed)
    return [chance.gauss(centre, 3) for _ in range(count)]


def sample(name: str, rows: list[float]) -> Sample:
    return Sample(name, len(rows), mean(rows), variance(rows))


def test_welchs_test_is_scipys_over_the_rows() -> None:
    one, other = drawn(1, 30, 10), drawn(2, 50, 11)
    expected = stats.ttest_ind(one, other, equal_var=False)
    found = welch(sample("one", one), sample("other", other))
    assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.freedom[0] == pytest.approx(expected.df)


def test_analysis_of_variance_is_scipys_over_the_rows() -> None:
    groups = [drawn(seed, 20 + seed, 10 + seed) for seed in range(4)]
    expected = stats.f_oneway(*groups)
    found = anova([sample(str(place), rows) for place, rows in enumerate(groups)])
    assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.effect is not None
    assert 0 < found.effect < 1


def test_chi_square_leaves_empty_rows_and_columns_out() -> None:
    counts = [[30, 12, 0], [18, 25, 0], [0, 0, 0]]
    expected = stats.chi2_contingency([[30, 12], [18, 25]], correction=False)
    found = chi_square(counts)
    assert (found.statistic, found.p) == pytest.approx((expected.statistic, expected.pvalue))
    assert found.effect == pytest.approx(math.sqrt(expected.statistic / 85))


def test_weight_of_evidence_by_hand() -> None:
    found = weight_of_evidence(["low", "high"], [80, 20], [10, 30])
    assert found.weights == pytest.approx({"low": math.log(0.8 / 0.25), "high": math.log(0.2 / 0.75)})
    assert found.value == pytest.approx(0.55 * math.log(0.8 / 0.25) + (0.2 - 0.75) * math.log(0.2 / 0.75))


def test_what_cannot_be_tested_is_refused() -> None:
    fine = sample("fine", drawn(1, 5, 1))
    still = Sample("still", 5, 1.0, 0.0)
    for broken in (
        lambda: welch(fine, Sample("one", 1, 1.0, 0.0)),
        lambda: welch(still, still),
        lambda: anova([fine]),
        lambda: anova([still, still]),
        lambda: chi_square([[3, 4]]),
        lambda: chi_square([[3, 0], [4, 0]]),
        lambda: chi_square([]),
        lambda: weight_of_evidence(["a", "b"], [1, 0], [1, 1]),
    ):
        with pytest.raises(InvalidRecord, match="inference"):
            broken()
