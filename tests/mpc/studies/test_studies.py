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
from mpc.inference.linear import Moments, least_squares
from mpc.studies import axes
from mpc.studies.axes import Classes, Group
from mpc.studies.counts import Contingency, Histogram, Shares, Weights
from mpc.studies.means import Compare, Describe, OneMean, Paired
from mpc.studies.moments import Correlate, Covariances, Regress
from mpc.studies.ranks import RankCorrelation, Ranks, SignedRanks
from mpc.studies.study import Finding, Study
from mpc.studies.survival import Survival

DISTRICTS = ("north", "south", "west")
DISTRICT = Group("district")
FEES = Classes("fee", ("250", "700.5"))
DAYS = Classes("days", ("-30", "30"))
GRID = Classes("fee", ("100", "250", "500", "750.5"))
EDGES = [100, 250, 500, 750.5]


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
    return study.conclude([pool.ask(sql, withheld) for sql in study.queries])


def column(pool: Pool, name: str, where: str = "true") -> list[float]:
    return [float(row[0]) for row in pool.pooled(f"SELECT {name} FROM permits WHERE {where}")]  # type: ignore[arg-type]


def test_two_groups_are_compared_by_welch(pool: Pool) -> None:
    finding = found(pool, Compare("permits", "fee", Group("district", ("north", "west"))))
    groups = [column(pool, "fee", f"district = '{name}'") for name in ("north", "west")]
    expected = stats.ttest_ind(*groups, equal_var=False)
    assert f"Welch t {expected.statistic:.6g}" in finding.notes[0].en
    assert finding.figures["p"] == pytest.approx(expected.pvalue)
    assert [row[1] for row in finding.rows] == [60, 60]


def test_three_groups_are_compared_by_variance_and_a_withheld_one_is_left_out(pool: Pool) -> None:
    study = Compare("permits", "fee", DISTRICT)
    expected = stats.f_oneway(*(column(pool, "fee", f"district = '{name}'") for name in DISTRICTS))
    assert f"F {expected.statistic:.6g}" in found(pool, study).notes[0].en
    without = found(pool, study, "group0")
    assert without.withheld == ("north",)
    assert "Welch t" in without.notes[0].en
    with pytest.raises(InvalidRecord, match="fewer than two groups"):
        found(pool, study, "group0", "group1")


def test_classes_and_groups_are_tested_for_independence(pool: Pool) -> None:
    study = Contingency("permits", DISTRICT, FEES)
    counts = [
        [len(column(pool, "fee", f"district = '{name}' AND {part}")) for part in FEES.conditions] for name in DISTRICTS
    ]
    expected = stats.chi2_contingency(counts, correction=False)
    finding = found(pool, study)
    assert [list(row[1:-1]) for row in finding.rows[:-1]] == counts
    assert finding.rows[-1][-1] == 180
    assert finding.figures["chi_square"] == pytest.approx(expected.statistic)
    two = found(pool, study, "group2-bin1")
    assert two.withheld == ("west / 250 to < 700.5",)
    assert [row[0] for row in two.rows] == ["north", "south", "*"]
    with pytest.raises(InvalidRecord, match="fewer than two groups"):
        found(pool, study, "group0-bin0", "group2-bin1")


def test_a_table_of_two_numbers_or_two_groups_is_asked_by_conditions_that_share_no_row(pool: Pool) -> None:
    study = Contingency("permits", DAYS, FEES)
    assert len(study.queries) == 3
    counts = [[len(column(pool, "fee", f"{one} AND {other}")) for other in FEES.conditions] for one in DAYS.conditions]
    assert [list(row[1:-1]) for row in found(pool, study).rows[:-1]] == counts
    with pytest.raises(InvalidRecord, match="list the values"):
        Contingency("permits", DISTRICT, Group("ward")).queries  # noqa: B018
    with pytest.raises(InvalidRecord, match="two different columns"):
        Contingency("permits", DISTRICT, DISTRICT).queries  # noqa: B018


def test_a_histogram_says_where_the_quartiles_lie_unless_a_class_is_withheld(pool: Pool) -> None:
    study = Histogram("permits", FEES)
    finding = found(pool, study)
    fees = column(pool, "fee")
    lower = np.quantile(fees, 0.5, method="inverted_cdf")
    assert finding.figures["quantile_0.5"] == "250 to < 700.5"
    assert 250 <= lower < 700.5
    assert [row[1] for row in finding.rows] == [len(column(pool, "fee", part)) for part in FEES.conditions]
    part = found(pool, study, "bin1")
    assert part.withheld == ("250 to < 700.5",)
    assert "quantile_0.5" not in part.figures


def test_columns_are_described_with_the_interval_of_their_mean(pool: Pool) -> None:
    (row, _) = found(pool, Describe("permits", ("fee", "days"))).rows
    fees = column(pool, "fee")
    low, high = stats.ttest_1samp(fees, 0).confidence_interval()
    assert row[1:] == pytest.approx(
        (180, np.mean(fees), np.var(fees, ddof=1), np.std(fees, ddof=1), stats.sem(fees), low, high)
    )
    grouped = found(pool, Describe("permits", ("fee",), "district"), "group1")
    assert [row[:3] for row in grouped.rows] == [("north", "fee", 60), ("west", "fee", 60)]
    assert grouped.withheld == ("south",)


def test_one_mean_and_two_of_the_same_rows_are_tested_by_students_t(pool: Pool) -> None:
    fees, days = column(pool, "fee"), column(pool, "days")
    one = found(pool, OneMean("permits", "fee", Fraction(500)))
    expected = stats.ttest_1samp(fees, 500)
    assert (one.figures["t"], one.figures["p"]) == pytest.approx((expected.statistic, expected.pvalue))
    paired = found(pool, Paired("permits", "fee", "days"))
    expected = stats.ttest_rel(fees, days)
    assert (paired.figures["t"], paired.figures["p"]) == pytest.approx((expected.statistic, expected.pvalue))
    equal = found(pool, Compare("permits", "fee", Group("district", ("south", "west")), is_pooled=True))
    expected = stats.ttest_ind(*(column(pool, "fee", f"district = '{name}'") for name in ("south", "west")))
    assert (equal.figures["t"], equal.figures["p"]) == pytest.approx((expected.statistic, expected.pvalue))
    assert (equal.figures["low"], equal.figures["high"]) == pytest.approx(tuple(expected.confidence_interval()))


def test_the_weight_of_evidence_of_classes_for_an_outcome(pool: Pool) -> None:
    finding = found(pool, Weights("permits", FEES, Group("district", ("north", "west"))))
    goods, bads = (
        [len(column(pool, "fee", f"district = '{d}' AND {part}")) for part in FEES.conditions]
        for d in ("north", "west")
    )
    by_hand = [np.log(good / 60 / (bad / 60)) for good, bad in zip(goods, bads, strict=True)]
    assert [row[3] for row in finding.rows] == pytest.approx(by_hand)
    total = sum((good - bad) / 60 * weight for good, bad, weight in zip(goods, bads, by_hand, strict=True))
    assert finding.figures["information_value"] == pytest.approx(total)
    by_number = Weights("permits", DISTRICT, Classes("fee", ("500",)))
    assert found(pool, by_number).rows[0][1] == len(column(pool, "fee", "fee >= 500 AND district = 'north'"))
    with pytest.raises(InvalidRecord, match="two values"):
        Weights("permits", FEES, DISTRICT)


def test_shares_have_wilsons_limits_and_two_of_them_a_test(pool: Pool) -> None:
    finding = found(pool, Shares("permits", Classes("fee", ("500",)), Group("district", ("north", "south"))))
    rows = [(len(column(pool, "fee", f"district = '{d}' AND fee >= 500")), 60) for d in ("north", "south")]
    limits = stats.binomtest(*rows[0]).proportion_ci(method="wilson")
    assert finding.rows[0][1:] == pytest.approx((*rows[0], rows[0][0] / 60, limits.low, limits.high))
    table = [[having, count - having] for having, count in rows]
    expected = stats.chi2_contingency(table, correction=False)
    z = finding.figures["z"]
    assert isinstance(z, float)
    assert (z**2, finding.figures["p"]) == pytest.approx((expected.statistic, expected.pvalue))


def test_ranks_of_groups_are_scipys_over_the_classed_values(pool: Pool) -> None:
    classed = {d: np.searchsorted(EDGES, column(pool, "fee", f"district = '{d}'"), side="right") for d in DISTRICTS}
    two = found(pool, Ranks("permits", GRID, Group("district", ("north", "west"))))
    expected = stats.mannwhitneyu(classed["north"], classed["west"], method="asymptotic")
    assert (two.figures["u"], two.figures["p"]) == pytest.approx((expected.statistic, expected.pvalue))
    three = found(pool, Ranks("permits", GRID, DISTRICT))
    expected = stats.kruskal(*classed.values())
    assert (three.figures["h"], three.figures["p"]) == pytest.approx((expected.statistic, expected.pvalue))
    assert "ties" in three.notes[1].en
    with pytest.raises(InvalidRecord, match="wider classes"):
        found(pool, Ranks("permits", GRID, DISTRICT), "group0-bin0", "group1-bin0")


def test_ranks_of_two_columns_are_scipys_over_the_classed_values(pool: Pool) -> None:
    finding = found(pool, RankCorrelation("permits", DAYS, GRID))
    days = np.searchsorted([-30, 30], column(pool, "days"), side="right")
    fees = np.searchsorted(EDGES, column(pool, "fee"), side="right")
    expected = stats.spearmanr(days, fees)
    assert (finding.figures["rho"], finding.figures["p"]) == pytest.approx((expected.statistic, expected.pvalue))
    with pytest.raises(InvalidRecord, match="were withheld"):
        found(pool, RankCorrelation("permits", DAYS, GRID), "bin2")


def test_signed_ranks_are_scipys_over_the_classed_differences(pool: Pool) -> None:
    finding = found(pool, SignedRanks("permits", "days", ("5.5", "20.5", "60.5")))
    days = np.array(column(pool, "days"))
    classed = np.sign(days) * np.searchsorted([5.5, 20.5, 60.5], abs(days), side="right")
    expected = stats.wilcoxon(classed, method="approx", correction=False)
    assert (finding.figures["t"], finding.figures["p"]) == pytest.approx((expected.statistic, expected.pvalue))
    assert finding.figures["zeros"] == int((abs(days) < 5.5).sum())
    with pytest.raises(InvalidRecord, match="positive"):
        SignedRanks("permits", "days", ("0", "5.5"))


def test_survival_by_group_is_scipys_over_the_classed_times(pool: Pool) -> None:
    study = Survival("permits", Classes("days", ("0",)), Classes("fee", ("500",)), Group("district", ("north", "west")))
    finding = found(pool, study)
    curves = []
    for name in ("north", "west"):
        days = np.searchsorted([0], column(pool, "days", f"district = '{name}'"), side="right")
        ended = np.array(column(pool, "fee", f"district = '{name}'")) >= 500
        curves.append(stats.CensoredData(uncensored=days[ended], right=days[~ended]))
    expected = stats.ecdf(curves[0]).sf
    assert [row[5] for row in finding.rows[:2]] == pytest.approx(expected.probabilities)
    limits = expected.confidence_interval(method="log-log")
    assert [row[7] for row in finding.rows[:1]] == pytest.approx(limits.low.probabilities[:1])
    assert [row[8] for row in finding.rows[:1]] == pytest.approx(limits.high.probabilities[:1])
    test = stats.logrank(*curves)
    assert (finding.figures["chi_square"], finding.figures["p"]) == pytest.approx((test.statistic**2, test.pvalue))


def test_a_curve_of_which_an_interval_is_withheld_is_not_drawn(pool: Pool) -> None:
    study = Survival("permits", Classes("days", ("-50", "0", "50")), Classes("fee", ("400",)))
    assert [row[0] for row in found(pool, study).rows] == ["*"] * 4
    with pytest.raises(InvalidRecord, match="wider intervals"):
        found(pool, study, "bin3")


def test_an_axis_is_read_as_people_write_it() -> None:
    assert axes.read("fee:250,700.5") == FEES
    assert axes.read("district=north,west") == Group("district", ("north", "west"))
    assert Group("name", ("o'neil",)).conditions == ("name = 'o''neil'",)
    for wrong in (
        "fee:",
        "fee:b,a",
        "fee:2,1",
        "fee:1,1",
        "fee:1/3",
        "=a",
        "district=a,,b",
        "a:" + ",".join(map(str, range(41))),
    ):
        with pytest.raises(InvalidRecord, match="study"):
            axes.read(wrong)


def test_covariances_are_numpys(pool: Pool) -> None:
    finding = found(pool, Covariances("permits", ("fee", "days")))
    expected = np.cov(column(pool, "fee"), column(pool, "days"))
    assert np.array([row[2:] for row in finding.rows], dtype=float) == pytest.approx(expected)


def test_every_pair_of_columns_is_correlated(pool: Pool) -> None:
    expected = stats.pearsonr(column(pool, "fee"), column(pool, "days"))
    (row,) = found(pool, Correlate("permits", ("fee", "days"))).rows
    assert row[2:] == pytest.approx((expected.statistic, expected.pvalue))


def test_a_regression_is_that_of_the_pooled_rows(pool: Pool) -> None:
    finding = found(pool, Regress("permits", "fee", ("days",), where="fee < 900"))
    line = stats.linregress(column(pool, "days", "fee < 900"), column(pool, "fee", "fee < 900"))
    assert finding.rows[1][1:5] == pytest.approx((line.slope, line.stderr, line.slope / line.stderr, line.pvalue))
    assert f"R squared {line.rvalue**2:.6g}" in finding.notes[0].en
    ridge = found(pool, Regress("permits", "fee", ("days",), Fraction(1000), where="fee < 900"))
    assert abs(float(np.float64(ridge.rows[1][1]))) < abs(line.slope)


def test_a_study_whose_figures_were_withheld_says_so(pool: Pool) -> None:
    with pytest.raises(InvalidRecord, match="withheld"):
        found(pool, Correlate("permits", ("fee", "days")), "count")


def test_a_fit_that_says_more_of_single_rows_than_of_all_is_refused(pool: Pool) -> None:
    with pytest.raises(InvalidRecord, match="degrees of freedom"):
        found(pool, Regress("permits", "fee", ("days",), where="fee < 40"))
    moments = Moments(
        ("y", "x"), 50, (Fraction(1), Fraction(2)), ((Fraction(4), Fraction(2)), (Fraction(2), Fraction(1)))
    )
    assert least_squares(moments, "y").is_perfect
