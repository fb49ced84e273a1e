"""Median and percentiles in SQL: answered by owners' engines as blocks of rows, and refused beside sums."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from enginepool import ROWS, WithEngines
from pooledtables import Pool

from ledger.errors import InvalidRecord
from mpc.spec.job import PercentilesSpec
from mpc.sql import tables
from mpc.sql.planning.jobs import Jobs
from mpc.sql.refusal import Reason, Unanswerable

ALONE = "SELECT median(fee) m, median(days) d FROM permits"


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    return WithEngines(Path(tmp_path_factory.mktemp("pool")), ROWS, ["1000", "1001"])


def fees() -> list[int]:
    return sorted(fee for rows in ROWS.values() for _, _, fee, _ in rows)


def test_median_and_quartiles_are_the_means_of_the_rows_about_them(pool: Pool) -> None:
    sql = (
        "SELECT count(*) n, median(fee) m, percentile_cont(0.75) WITHIN GROUP (ORDER BY fee) "
        "- percentile_cont(0.25) WITHIN GROUP (ORDER BY fee) iqr FROM permits"
    )
    (row,) = pool.ask(sql).records()
    (job,) = pool.plan(sql).jobs
    assert isinstance(job, PercentilesSpec)
    assert (job.percentiles, job.engines) == ((250, 500, 750), ("department-1", "department-2", "department-3"))
    blocks = {p: job.terms.block(p, 80) for p in job.percentiles}
    means = {p: Fraction(sum(fees()[b.first : b.last + 1]), 100 * b.rows) for p, b in blocks.items()}
    assert row["n"] == 80
    assert row["m"] == pytest.approx(float(means[500]))
    assert row["iqr"] == pytest.approx(float(means[750] - means[250]))
    assert row["m"] == pytest.approx(np.median(fees()) / 100, rel=0.02)


def test_two_columns_are_two_jobs(pool: Pool) -> None:
    plan = pool.plan("SELECT median(fee), median(days) FROM permits WHERE district = 'north'")
    assert [job.value.column for job in plan.jobs if isinstance(job, PercentilesSpec)] == ["fee", "days"]


def test_a_percentile_by_group_is_a_job_for_each_group_which_share_no_row(pool: Pool) -> None:
    sql = "SELECT district, count(*) n, median(fee) m, median(days) d FROM permits GROUP BY district ORDER BY district"
    plan = pool.plan(sql)
    one = [job for value in ("north", "south", "west") for job in pool.plan(f"{ALONE} WHERE district = '{value}'").jobs]
    assert list(plan.jobs) == one
    north, south, west = pool.ask(sql).records()
    (alone,) = pool.ask(f"{ALONE} WHERE district = 'north'").records()
    assert north == {"district": "north", "n": 80, **alone}
    assert south == {"district": "south", "n": None, "m": None, "d": None}
    assert pool.ask(sql).withheld == (("south",), ("west",))
    (row,) = pool.ask("SELECT median(fee) m, district FROM permits WHERE district IN ('north') GROUP BY 2").records()
    assert row == {"m": alone["m"], "district": "north"}
    assert west["m"] is None


def test_percentiles_are_no_matrix_of_moments(pool: Pool) -> None:
    with pytest.raises(Unanswerable, match="--jobs each"):
        pool.plan("SELECT median(fee), median(days) FROM permits", Jobs.ONE)


def test_a_percentile_that_was_withheld_is_null(pool: Pool) -> None:
    (row,) = pool.ask("SELECT count(*) n, median(fee) m FROM permits", withheld=["p500"]).records()
    assert row == {"n": 80, "m": None}


@pytest.mark.parametrize(
    ("reason", "sql"),
    [
        (Reason.BLOCK_ALONE, "SELECT median(fee), avg(fee) FROM permits"),
        (Reason.BLOCK_ALONE, "SELECT median(fee), sum(days) FROM permits"),
        (Reason.BLOCK_ALONE, "SELECT CASE WHEN days < 5 THEN 'a' ELSE 'b' END c, median(fee) FROM permits GROUP BY c"),
        (
            Reason.BLOCK_ALONE,
            "SELECT district, CASE WHEN days < 5 THEN 'a' ELSE 'b' END c, median(fee) FROM permits GROUP BY 1, 2",
        ),
        (Reason.GROUP, "SELECT permit, median(fee) FROM permits GROUP BY permit"),
        (Reason.BLOCK_ALONE, "SELECT percentile_cont(0.0005) WITHIN GROUP (ORDER BY fee) FROM permits"),
        (Reason.DISCRETE, "SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY fee) FROM permits"),
        (Reason.EXTREME, "SELECT max(fee), median(fee) FROM permits"),
        (Reason.EXTREME, "SELECT min(fee) FROM permits"),
        (Reason.RANK, "SELECT median(weight) FROM listed JOIN inspections USING (permit)"),
        (Reason.TYPE, "SELECT median(district) FROM permits"),
    ],
)
def test_what_would_tell_single_rows_is_refused_with_its_reason(pool: Pool, reason: Reason, sql: str) -> None:
    with pytest.raises((Unanswerable, InvalidRecord)) as refused:
        pool.plan(sql)
    if reason is not Reason.RANK:
        assert isinstance(refused.value, Unanswerable)
        assert refused.value.reason is reason


def test_without_engines_the_refusal_names_noise_and_classes(tmp_path: Path) -> None:
    plain = Pool(tmp_path, ROWS, ["1000"])
    with pytest.raises(Unanswerable) as refused:
        plain.plan("SELECT median(fee) FROM permits")
    assert refused.value.reason is Reason.RANK
    assert "--private" in str(refused.value)
    assert "docs/spu.md" in str(refused.value)


def test_a_description_says_that_there_is_an_engine(tmp_path: Path) -> None:
    pool = WithEngines(tmp_path, ROWS, ["1000"])
    written = next(tmp_path.glob(f"permits-1{tables.SUFFIX}")).read_text()
    assert "engine = true" in written
    owned = pool.tables.owned["permits_1"]
    assert owned.engine
    assert "engine" not in tables.describe("department-1", "permits-1", owned.schema, {})
