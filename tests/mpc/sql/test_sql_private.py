"""Queries with noise: what SQL gives over the pooled rows plus the noise that was drawn, with its error."""

from __future__ import annotations

import math
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from pooledtables import Pool
from privatepool import ASSETS, DECLARED, JOINED, choices, private_pool, silent

from mpc.privacy import mechanism
from mpc.privacy.accounting import INTERVAL_95
from mpc.privacy.budget import charges
from mpc.spec.job import SumsSpec
from mpc.sql.answering.rows import Answer, Uncertainty, plain
from mpc.sql.noise import noised
from mpc.sql.noise.noised import Noised


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    return private_pool(Path(tmp_path_factory.mktemp("pool")))


class Drawing:
    """Draws integers in turn and remembers them."""

    def __init__(self) -> None:
        self.drawn: list[int] = []

    def __call__(self, scale: float) -> int:
        self.drawn.append(17 * (len(self.drawn) + 1))
        return self.drawn[-1]


SAME = [
    ("SELECT count(*) FROM permits", ["count"]),
    ("SELECT count(*), sum(fee), avg(fee) FROM permits WHERE fee >= 500", ["count", "sum"]),
    ("SELECT avg(fee), avg(days), sum(fee) / count(*) - avg(fee) FROM permits", ["count", "sum"]),
    ("SELECT var_pop(fee), stddev_pop(fee), variance(days), stddev(days) FROM permits", ["count", "sum", "squares"]),
    ("SELECT district, count(*), avg(fee) FROM permits GROUP BY district HAVING count(*) > 3 ORDER BY 3 DESC LIMIT 2",
     ["count", "sum"]),
    ("SELECT district, count(*) FROM permits WHERE district IN ('west', 'north') GROUP BY 1 ORDER BY 1", ["count"]),
    ("SELECT count(*) FROM permits WHERE district <> 'south' AND fee BETWEEN 100 AND 900.5", ["count"]),
    ("SELECT CASE WHEN fee < 250 THEN 'low' WHEN fee < 750.25 THEN 'mid' ELSE 'high' END AS class, count(*) "
     "FROM permits WHERE fee > 100 GROUP BY class ORDER BY 2", ["histogram"]),
    ("SELECT count(*), sum(fee) FROM (SELECT * FROM permits_1 UNION ALL SELECT * FROM permits_2 "
     "UNION ALL SELECT * FROM permits_3) u", ["count", "sum"]),
    ("SELECT count(*), count(DISTINCT permit), sum(fee), avg(fee) FROM permits_1 JOIN listed USING (permit)",
     [*JOINED, "sum"]),
    ("SELECT p.district, count(*) FROM permits_1 p JOIN listed USING (permit) WHERE p.fee > 100 "
     "GROUP BY 1 ORDER BY 2 DESC LIMIT 2", JOINED),
    ("SELECT district, avg(fee) FROM permits_1 WHERE district IN ('west', 'south') AND permit IN "
     "(SELECT permit FROM visits) GROUP BY 1 ORDER BY 1", [*JOINED, "sum"]),
]  # fmt: skip


def agree(ours: Answer, theirs: list[tuple[object, ...]]) -> bool:
    def same(value: object, other: object) -> bool:
        return value == other or math.isclose(float(value), float(other), rel_tol=1e-9, abs_tol=1e-9)  # type: ignore[arg-type]

    rows = [tuple(map(plain, row)) for row in ours.rows]
    return len(rows) == len(theirs) > 0 and all(
        all(map(same, row, other)) for row, other in zip(rows, theirs, strict=True)
    )


@pytest.mark.parametrize(("sql", "families"), SAME)
def test_without_its_noise_the_answer_is_that_of_the_pooled_rows(pool: Pool, sql: str, families: list[str]) -> None:
    assert agree(pool.ask_noised(sql, choices(*families), silent), pool.pooled(sql))


def test_the_answer_is_that_of_the_pooled_rows_plus_the_drawn_noise(pool: Pool) -> None:
    sql, chance = "SELECT district, count(*), sum(fee) FROM permits GROUP BY 1 ORDER BY 1", Drawing()
    found = pool.ask_noised(sql, choices("count", "sum"), chance)
    by_cell = [sum(chance.drawn[owner * 6 + cell] for owner in range(3)) for cell in range(6)]
    for place, ((_, count, total), (_, rows, fees)) in enumerate(zip(found.rows, pool.pooled(sql), strict=True)):
        assert count == rows + by_cell[place]  # type: ignore[operator]
        assert total == Fraction(fees) + Fraction(by_cell[3 + place], 100)  # type: ignore[arg-type]  # two decimals


def test_a_joined_answer_has_the_noise_of_both_owners(pool: Pool) -> None:
    sql, chance = (
        "SELECT count(DISTINCT permit), count(*), sum(fee) FROM permits_1 JOIN listed USING (permit)",
        Drawing(),
    )
    found = pool.ask_noised(sql, choices("keys", "rows", "sum"), chance)
    ((keys, rows, fees),) = pool.pooled(sql)
    noise = [chance.drawn[place] + chance.drawn[3 + place] for place in range(3)]
    assert found.rows == ((keys + noise[0], rows + noise[1], Fraction(fees) + Fraction(noise[2], 100)),)  # type: ignore[operator,arg-type]


def test_values_count_within_their_declared_bounds(pool: Pool, tmp_path: Path) -> None:
    narrow = replace(DECLARED, bounds={"fee": (20_000, 60_000)})
    rows = {number: [(f"{number}{place:03d}", "north", place * 1000, 0) for place in range(90)] for number in (1, 2, 3)}
    clipped = Pool(tmp_path, rows, ["1000"], dict.fromkeys([*ASSETS][:3], narrow))
    found = clipped.ask_noised("SELECT sum(fee) FROM permits", choices("sum"), silent)
    assert agree(found, clipped.pooled("SELECT sum(greatest(200, least(600, fee))) FROM permits"))


def test_every_figure_states_its_error_and_what_is_no_figure_states_none(pool: Pool) -> None:
    sql = "SELECT district, count(*), sum(fee), 2 * sum(fee) + 1, 7, count(*) > 3 FROM permits GROUP BY 1 ORDER BY 1"
    families = choices("count", "sum")
    found, told = pool.ask_noised(sql, families, silent), noised.expected(pool.plan_noised(sql, families).jobs[0])
    for row, (label, count, total, twice, seven, compared) in zip(found.rows, found.uncertainties, strict=True):
        assert (label, seven, compared) == (None, None, None)
        assert None not in (count, total, twice)
        assert count.deviation == pytest.approx(told["count-0"])
        assert total.deviation == pytest.approx(told["sum-0"] / 100)
        assert twice.deviation == pytest.approx(2 * told["sum-0"] / 100)
        assert total.high is not None
        assert total.high - float(row[2]) == pytest.approx(float(INTERVAL_95) * told["sum-0"] / 100)  # type: ignore[arg-type]


def test_computed_figures_lie_within_their_stated_error_in_95_of_100_draws(pool: Pool) -> None:
    """Noise of the stated size on the exact cells, 200 times: as often as they say, less three deviations."""
    sql, families = "SELECT avg(fee), stddev_pop(fee), sum(fee) FROM permits", choices("count", "sum", "squares")
    plan, exact, chance, draws = pool.plan_noised(sql, families), pool.pooled(sql)[0], np.random.default_rng(5), 200
    cells, told = pool.released(plan.jobs[0], silent)["cells"], noised.expected(plan.jobs[0])
    assert isinstance(cells, dict)
    assert isinstance(plan.jobs[0], SumsSpec)
    assert plan.jobs[0].privacy is not None
    grains = {cell.name: cell.grain for cell in mechanism.cells(plan.jobs[0], plan.jobs[0].privacy)}
    inside = [0, 0, 0]
    for _ in range(draws):
        drawn = {
            name: int(str(cell)) + round(chance.normal(0, told[name] * grains[name])) for name, cell in cells.items()
        }
        found = noised.answer(plan, [Noised({"cells": drawn}, told)])
        for place, stated in enumerate(found.uncertainties[0]):
            assert isinstance(stated, Uncertainty)
            is_open = stated.low is None or stated.high is None
            inside[place] += is_open or stated.low <= float(exact[place]) <= stated.high  # type: ignore[operator,arg-type]
    assert min(inside) >= 0.95 * draws - 3 * math.sqrt(0.05 * 0.95 * draws)


def test_where_noise_may_have_left_no_rows_a_mean_has_no_bound(pool: Pool) -> None:
    sql = "SELECT avg(fee), sum(fee) FROM permits WHERE fee < 1"
    ((mean, total),) = pool.ask_noised(sql, choices("count", "sum"), lambda scale: 1).uncertainties
    assert mean == Uncertainty(None, None)
    assert total is not None
    assert total.deviation is not None


def test_having_order_and_limit_see_noised_figures_only(pool: Pool) -> None:
    """Noise that turns the order of two groups round turns the answer round."""
    sql = "SELECT district FROM permits GROUP BY district ORDER BY count(*) DESC LIMIT 1"
    turned = iter([0, 0, 5000] * 3)
    assert pool.ask_noised(sql, choices("count"), lambda scale: next(turned)).rows == (("west",),)
    raised = iter([-5000, 0, 0] * 3)
    sql = "SELECT district FROM permits GROUP BY district HAVING count(*) > 0 ORDER BY 1"
    assert pool.ask_noised(sql, choices("count"), lambda scale: next(raised)).rows == (("south",), ("west",))


RANKED = [
    ("SELECT median(fee) FROM permits", Fraction(1, 2)),
    ("SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY fee) FROM permits WHERE days > 0", Fraction(1, 4)),
    ("SELECT quantile_disc(fee, 0.9) FROM permits", Fraction(9, 10)),
    ("SELECT min(fee) FROM permits", Fraction(1, 100)),
    ("SELECT max(fee) FROM permits WHERE district = 'north'", Fraction(99, 100)),
]


@pytest.mark.parametrize(("sql", "share"), RANKED)
def test_a_quantile_is_within_a_step_of_the_pooled_rows_and_says_which_it_is(
    pool: Pool, sql: str, share: Fraction
) -> None:
    found = pool.ask_noised(sql, choices("histogram", steps=50, extremes=Fraction(1, 100)), silent)
    where = sql.partition("FROM")[2]
    ((expected,),) = pool.pooled(f"SELECT quantile_disc(fee, {float(share)}) FROM{where}")
    ((value,),), ((stated,),) = found.rows, found.uncertainties
    assert isinstance(stated, Uncertainty)
    assert isinstance(value, Fraction)
    assert (stated.share, stated.step) == (float(share), pytest.approx(20, abs=0.02))
    assert stated.rank_error is not None
    assert stated.rank_error > 0
    assert abs(float(value) - float(expected)) <= 20.02  # type: ignore[arg-type]
    assert stated.low is not None
    assert stated.high is not None
    assert stated.low <= float(expected) <= stated.high  # type: ignore[arg-type]


def test_quantiles_of_one_column_and_its_count_are_one_job_with_one_histogram(pool: Pool) -> None:
    sql = "SELECT count(*), median(fee), quantile_cont(fee, 0.9), max(fee) FROM permits"
    (job,) = pool.plan_noised(sql, choices("count", "histogram", steps=64, extremes=Fraction(1, 50))).jobs
    assert isinstance(job, SumsSpec)
    assert (len(job.edges), job.outputs) == (64, ("count", "histogram"))
    assert {charge.micro_rho for charge in charges(job)} == {450_000}


def test_a_histogram_in_which_noise_left_no_rows_has_no_median(pool: Pool) -> None:
    found = pool.ask_noised("SELECT median(fee) FROM permits", choices("histogram", steps=8), lambda scale: -1000)
    assert found.rows == ((None,),)
    assert found.uncertainties == ((Uncertainty(None, None, share=0.5),),)
