"""Attacks 26 and 27 in SQL: one question in whatever words is the same jobs, hence the same bytes and one charge.

That a requester follows the job that answered a question is ``tests/gateway/test_earlier.py``; that nodes refuse to
draw noise for it again is ``tests/mpc/privacy/test_private_jobs.py``. Both know a question by what is compared here.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from pooledtables import Pool
from privatepool import ASSETS, choices, private_pool

from mpc.disclosure import question
from mpc.node.guarding import private as nodes
from mpc.privacy.budget import charges
from mpc.spec.job import JobSpec
from mpc.sql.noise.declared import Choices


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    return private_pool(Path(tmp_path_factory.mktemp("pool")))


BASE = "SELECT count(*), avg(fee) FROM permits WHERE fee >= 10 AND days > 1"
REWORDED = [
    "SELECT count(*), avg(fee) FROM permits WHERE days > 1 AND fee >= 10",
    "SELECT avg(p.fee) AS mean, count(*) AS n FROM permits AS p WHERE p.fee > 9.99 AND p.days >= 2",
    "SELECT sum(fee) / count(*), count(fee) FROM permits WHERE NOT fee < 10 AND 1 < days AND days > 0",
    "SELECT count(*), avg(fee) FROM (SELECT * FROM permits_3 UNION ALL SELECT * FROM permits_1 "
    "UNION ALL SELECT * FROM permits_2) u WHERE fee >= 10 AND days > 1 ORDER BY 1 LIMIT 5",
    "SELECT count(*) FROM permits WHERE fee >= 10 AND days > 1 HAVING sum(fee) > 100",
]
VERSIONS = dict.fromkeys(ASSETS, 0)


def identities(pool: Pool, sql: str, asked: Choices, versions: dict[str, int] = VERSIONS) -> set[tuple[bytes, bytes]]:
    """How the requester and how a node know a query's questions again."""

    def both(job: JobSpec) -> tuple[bytes, bytes]:
        own = {source.asset: versions[source.asset] for source in job.sources}
        return question.identify(job, own, "everybody"), nodes.identify(job, own)

    return {both(job) for job in pool.plan_noised(sql, asked).jobs}


@pytest.mark.parametrize("sql", REWORDED)
def test_a_question_in_other_words_is_the_same_question(pool: Pool, sql: str) -> None:
    asked = choices("count", "sum")
    assert identities(pool, sql, asked) == identities(pool, BASE, asked)


def test_naming_fewer_groups_is_the_same_question(pool: Pool) -> None:
    sql = "SELECT district, count(*) FROM permits {} GROUP BY district"
    some, every = sql.format("WHERE district IN ('north', 'west')"), sql.format("")
    assert identities(pool, some, choices("count")) == identities(pool, every, choices("count"))


@pytest.mark.parametrize(
    "sql",
    [
        BASE.replace(">= 10", ">= 11"),
        BASE.replace("avg(fee)", "avg(fee), avg(days)"),
        BASE.replace("days > 1", "days > 1 AND district = 'north'"),
    ],
)
def test_other_rows_or_figures_are_another_question_and_another_charge(pool: Pool, sql: str) -> None:
    assert identities(pool, sql, choices("count", "sum")) != identities(pool, BASE, choices("count", "sum"))


def test_a_count_is_the_same_question_whatever_columns_its_conditions_name_first(pool: Pool) -> None:
    one, other = (
        "SELECT count(*) FROM permits WHERE fee > 5 AND days > 1",
        "SELECT count(*) FROM permits WHERE days > 1 AND fee > 5",
    )
    assert identities(pool, one, choices("count")) == identities(pool, other, choices("count"))


def test_averaging_needs_another_charge_each_time(pool: Pool) -> None:
    """On the same versions only another cost makes another question, and each is charged; so is a new version."""
    known = identities(pool, BASE, choices("count", "sum"))
    for cost in range(60_000, 60_010):
        asked = Choices({"count": cost, "sum": 200_000}, "everybody")
        (job,) = pool.plan_noised(BASE, asked).jobs
        assert {charge.micro_rho for charge in charges(job)} == {cost + 200_000}
        found = identities(pool, BASE, asked)
        assert not known & found
        known |= found
    assert not known & identities(pool, BASE, choices("count", "sum"), {**VERSIONS, "permits-2": 1})
