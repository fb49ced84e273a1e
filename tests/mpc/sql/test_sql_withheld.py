"""What may have closed a figure is said by the kind of job, from the specification alone."""

from __future__ import annotations

from pathlib import Path

import pytest
from alignedpool import AlignedPool
from enginepool import ROWS
from pooledtables import Pool

from mpc.sql.answering import withheld
from mpc.sql.planning.jobs import Jobs


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    return Pool(Path(tmp_path_factory.mktemp("pool")), ROWS, ["1000"])


def test_of_cells_it_is_rows_or_owners(pool: Pool) -> None:
    said = withheld.reasons(pool.plan("SELECT district, sum(fee) FROM permits GROUP BY district").jobs)
    assert said.en == "too few rows or owners"
    assert said.zh == "行数或所有方过少"


def test_of_a_product_it_may_be_a_factor_in_which_few_rows_differ(pool: Pool) -> None:
    sql = "SELECT corr(fee, days) FROM permits"
    assert "factor of a product" in withheld.reasons(pool.plan(sql, Jobs.EACH).jobs).en


def test_of_a_matrix_it_names_the_own_rows_and_that_owners_say_no_more(pool: Pool) -> None:
    said = withheld.reasons(pool.plan("SELECT corr(fee, days) FROM permits", Jobs.ONE).jobs)
    assert "fewer than 50 own rows" in said.en
    assert "no owner says" in said.en
    assert "50" in said.zh


def test_of_aligned_rows_it_names_the_least_common_rows(tmp_path: Path) -> None:
    sql = "SELECT corr(hours, visits) FROM pays JOIN care_visits USING (id)"
    assert "fewer than 60 common rows" in withheld.reasons(AlignedPool(tmp_path).aligned(sql).jobs).en
