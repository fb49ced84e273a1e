"""Sums under one owner's CKKS key by SQL: weighted, by group, with their error; and what such a query cannot ask."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from pooledtables import Pool
from privatepool import ASSETS, DECLARED, choices, private_pool, silent

from gateway.cli.computing import noise
from gateway.statistics.explaining import explain, lines
from ledger.errors import InvalidRecord
from mpc.kinds.registry import kind_of
from mpc.privacy.budget import charges
from mpc.spec.job import CkksSpec
from mpc.sql.noise.declared import Choices
from mpc.sql.noise.forecast import forecasts
from mpc.sql.noise.keyed import Keyed
from mpc.sql.refusal import Reason, Unanswerable

WEIGHTS: Mapping[str, int] = {"permits-1": 3, "permits-4": -1}
KEYED = Keyed("department-3", "department-1", WEIGHTS)
SUM = "SELECT sum(fee) FROM permits WHERE fee >= 100"


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    return private_pool(Path(tmp_path_factory.mktemp("pool")), {**ASSETS, "permits-4": DECLARED}, (1, 2, 3, 4))


def under_key(*families: str, keyed: Keyed = KEYED) -> Choices:
    return replace(choices(*families or ("sum",)), keyed=keyed)


def weighted(pool: Pool, sql: str) -> list[tuple[object, ...]]:
    """The pooled answer of each table, the sums added up with their weights; other columns are alike."""
    found = [pool.pooled(sql.replace("FROM permits", f"FROM permits_{number}")) for number in (1, 2, 3, 4)]
    factors = [WEIGHTS.get(f"permits-{number}", 1) for number in (1, 2, 3, 4)]
    return [
        (*rows[0][:-1], sum(w * Fraction(row[-1]) for w, row in zip(factors, rows, strict=True)))  # type: ignore[arg-type]
        for rows in zip(*found, strict=True)
    ]


@pytest.mark.parametrize("sql", [SUM, "SELECT district, sum(fee) FROM permits GROUP BY district ORDER BY 1"])
def test_without_its_noise_the_answer_is_the_weighted_one_of_the_pooled_rows(pool: Pool, sql: str) -> None:
    assert [tuple(row) for row in pool.ask_noised(sql, under_key(), silent).rows] == weighted(pool, sql)


def test_a_query_is_one_job_that_names_holder_evaluator_and_weights_and_tells_its_error(pool: Pool) -> None:
    plan = pool.plan_noised(SUM, under_key())
    (job,) = plan.jobs
    assert isinstance(job, CkksSpec)
    assert (job.holder, job.evaluator, job.weights) == ("department-3", "department-1", (3, 1, 1, -1))
    assert {charge.micro_rho for charge in charges(job)} == {200_000}
    (told,) = forecasts(plan)
    assert told.deviation == pytest.approx(kind_of(job).estimate().expected[0].deviation / 100)
    said = "\n".join(lines(explain(plan), "en"))
    assert "weighted sums over the rows of department-1/permits-1" in said
    assert "department-3 (keyholder) reads district, fee, permit" not in said
    assert "department-3 (keyholder) reads fee, permit" in said
    assert "持有密钥的提供方" in "\n".join(lines(explain(plan), "zh"))


@pytest.mark.parametrize(
    ("sql", "families"),
    [
        ("SELECT count(*) FROM permits", ("count",)),
        ("SELECT avg(fee) FROM permits", ("count", "sum")),
        ("SELECT sum(fee), count(*) FROM permits", ("count", "sum")),
        ("SELECT stddev(fee) FROM permits", ("count", "sum", "squares")),
        ("SELECT count(*), sum(fee) FROM permits_1 JOIN listed USING (permit)", ("keys", "rows", "sum")),
    ],
)
def test_anything_but_sums_of_a_joint_table_is_refused_with_what_to_ask_instead(
    pool: Pool, sql: str, families: tuple[str, ...]
) -> None:
    with pytest.raises(Unanswerable) as refused:
        pool.plan_noised(sql, under_key(*families))
    assert refused.value.reason is Reason.KEYED
    assert "--under-key" in refused.value.text("zh")
    assert pool.plan_noised(sql, choices(*families)).jobs


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"weights": {"listed": 2}}, "a weight for listed"),
        ({"weights": {"permits-1": 1 << 17}}, "weights"),
        ({"holder": "office"}, "two of the owners"),
        ({"holder": "department-1"}, "two of the owners"),
    ],
)
def test_who_is_no_owner_and_weights_that_do_not_hold_are_refused(
    pool: Pool, changes: dict[str, object], reason: str
) -> None:
    with pytest.raises(InvalidRecord, match=reason):
        pool.plan_noised(SUM, under_key(keyed=replace(KEYED, **changes)))  # type: ignore[arg-type]


def read(*, private: bool = True, under: str = "a:b", weights: list[str] | None = None) -> Choices | None:
    recipients = "everybody" if private else ""
    return noise.choices(
        private=private, costs=None, recipients=recipients, steps=0, extremes="", under=under, weights=weights
    )


def test_the_command_reads_key_holder_evaluator_and_weights() -> None:
    found = read(weights=["sales-1=3", "sales-2=-2"])
    assert found is not None
    assert found.keyed == Keyed("a", "b", {"sales-1": 3, "sales-2": -2})
    plain = read(under="")
    assert plain is not None
    assert plain.keyed is None


@pytest.mark.parametrize(
    ("words", "reason"),
    [
        ({"private": False}, "belong to --private"),
        ({"under": "a"}, "HOLDER:EVALUATOR"),
        ({"under": ":b"}, "HOLDER:EVALUATOR"),
        ({"under": "", "weights": ["a=1"]}, "beside --under-key"),
        ({"weights": ["a=0"]}, "other than 0"),
        ({"weights": ["a"]}, "ASSET=N"),
        ({"weights": ["=1"]}, "ASSET=N"),
        ({"weights": ["a=1.5"]}, "ASSET=N"),
    ],
)
def test_what_the_command_cannot_read_is_refused(words: dict[str, object], reason: str) -> None:
    with pytest.raises(InvalidRecord, match=reason):
        read(**words)  # type: ignore[arg-type]
