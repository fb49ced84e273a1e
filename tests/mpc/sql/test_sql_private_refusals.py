"""Attacks 28 and 29 in SQL, and what noise does not answer: refused before anybody is asked, with the reason."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from pooledtables import Pool
from privatepool import ASSETS, DECLARED, JOINED, OF_NOISE, choices, private_pool
from specs import cells

from ledger.errors import InvalidRecord, NotAuthorized
from mpc.disclosure.before.audit import require_answerable, select
from mpc.disclosure.before.history import Answer, Outcome
from mpc.disclosure.region import Cell
from mpc.privacy.declaration import Declaration, UnitsAt
from mpc.sql.noise.declared import Choices
from mpc.sql.noise.keyed import Keyed
from mpc.sql.refusal import Reason, Unanswerable


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    return private_pool(Path(tmp_path_factory.mktemp("pool")))


REFUSED = [
    (Reason.EXTREME, "SELECT max(fee) FROM permits", choices("histogram", steps=64)),
    (Reason.EXTREME, "SELECT quantile_cont(fee, 1.0) FROM permits", choices("histogram", steps=64)),
    (Reason.STEPS, "SELECT median(fee) FROM permits", choices("histogram")),
    (Reason.RANK_ALONE, "SELECT 2 * median(fee) FROM permits", choices("histogram", steps=64)),
    (Reason.RANK_ALONE, "SELECT district, median(fee) FROM permits GROUP BY 1", choices("histogram", steps=64)),
    (Reason.RANK_ALONE, "SELECT median(fee) FROM permits_1 JOIN listed USING (permit)", choices(*JOINED, steps=64)),
    (Reason.RANK, "SELECT quantile_cont(fee, [0.5, 0.9]) FROM permits", choices("histogram", steps=64)),
    (Reason.RANK, "SELECT percentile_disc(0.1) WITHIN GROUP (ORDER BY fee DESC) FROM permits", choices("histogram")),
    (Reason.ROWS, "SELECT fee FROM permits ORDER BY fee LIMIT 1", choices("count")),
    (Reason.ROWS, "SELECT * FROM permits LIMIT 1", choices("count")),
    (Reason.UNSUPPORTED, "SELECT first(fee) FROM permits", choices("count")),
    (Reason.UNSUPPORTED, "SELECT arg_max(fee, days) FROM permits", choices("count")),
    (Reason.COST, "SELECT count(*), sum(fee) FROM permits", choices("count")),
    (Reason.COST, "SELECT count(*) FROM permits", choices("count", "sum")),
    (Reason.COST, "SELECT count(*) FROM permits_1 JOIN listed USING (permit)", choices("count")),
    (Reason.KEYED, "SELECT count(*) FROM permits", replace(choices("count"), keyed=Keyed("a", "b", {}))),
    (Reason.NOISED_PAIR, "SELECT corr(fee, days) FROM permits", choices("count")),
    (Reason.NOISED_CLASSES, "SELECT CASE WHEN fee < 5000 THEN 'a' ELSE 'b' END c, count(*) FROM permits GROUP BY c",
     choices("histogram")),
    (Reason.NOISED_CLASSES, "SELECT CASE WHEN fee < 50 THEN 'a' ELSE 'b' END c, sum(fee) FROM permits GROUP BY c",
     choices("histogram")),
    (Reason.NOISED_KEYS, "SELECT DISTINCT district FROM permits", choices("count")),
    (Reason.NOISED_KEYS, "SELECT district, count(*) FROM permits WHERE district = 'east' GROUP BY 1", choices("count")),
    (Reason.OWNERS, "SELECT count(*) FROM pair", choices("count")),
    (Reason.JOIN_SQUARES, "SELECT stddev(fee) FROM permits_1 JOIN listed USING (permit)", choices(*JOINED)),
    (Reason.JOIN_KEY, "SELECT count(*) FROM permits_1 p JOIN listed USING (permit) WHERE p.permit='1'",
     choices(*JOINED)),
    (Reason.NOISED_LISTS, "SELECT count(*) FROM permits_1 JOIN listed USING (permit) JOIN zoned USING (permit)",
     choices(*JOINED)),
    (Reason.NOISED_LISTS, "SELECT zone, sum(fee) FROM permits_1 JOIN zoned USING (permit) GROUP BY zone",
     choices(*JOINED)),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "sql", "asked"), REFUSED)
def test_what_noise_does_not_answer_is_refused_with_its_reason(
    pool: Pool, reason: Reason, sql: str, asked: Choices
) -> None:
    with pytest.raises(Unanswerable) as refused:
        pool.plan_noised(sql, asked)
    assert refused.value.reason is reason


RANKED = [
    "SELECT median(fee) FROM permits",
    "SELECT percentile_cont(0.25) WITHIN GROUP (ORDER BY fee) FROM permits WHERE days > 0",
    "SELECT quantile_disc(fee, 0.9) FROM permits",
    "SELECT min(fee), max(fee) FROM permits",
]


@pytest.mark.parametrize("sql", RANKED)
def test_without_noise_a_rank_is_refused_and_the_rewrite_names_it(pool: Pool, sql: str) -> None:
    with pytest.raises(Unanswerable, match="--private"):
        pool.plan(sql)


def test_every_reason_of_noise_has_a_query_that_it_refuses() -> None:
    elsewhere = {Reason.NOISED_ONLY, Reason.UNDECLARED, Reason.BOUNDS, Reason.DECLARATIONS}  # below, by name
    assert {reason for reason, _, _ in REFUSED} >= OF_NOISE - elsewhere


def bisected(pool: Pool, is_answered: Callable[[tuple[Cell, ...]], bool]) -> list[Fraction]:
    """Search for the median fee by counting, as far as counts are answered; the last threshold is the nearest."""
    low, high, asked = Fraction(0), Fraction(1000), list[Fraction]()
    ((rows,),) = pool.pooled("SELECT count(*) FROM permits")
    while high - low > Fraction(1, 100):
        middle = Fraction(round((low + high) * 50), 100)
        sql = f"SELECT count(*) FROM permits WHERE fee < {float(middle)}"
        (job,) = pool.plan(sql).jobs
        if not is_answered(cells(job, [source.asset for source in job.sources])):
            break
        asked.append(middle)
        ((below,),) = pool.pooled(sql)
        low, high = (middle, high) if 2 * below < rows else (low, middle)  # type: ignore[operator]
    return asked


def test_a_search_for_the_median_by_counting_is_refused_at_its_second_step(tmp_path: Path) -> None:
    history: list[Answer] = []

    def is_answered(found: tuple[Cell, ...]) -> bool:
        try:
            require_answerable(history, found)
        except NotAuthorized:
            return False
        opened = select(history, found, frozenset(cell.name for cell in found))
        history.extend(Answer(cell.region, cell.base, Outcome.OPENED) for cell in found if cell.name in opened)
        return bool(opened)

    assert bisected(private_pool(tmp_path, {}), is_answered) == [500]


def test_without_the_audit_the_same_search_names_one_rows_value(tmp_path: Path) -> None:
    pool = private_pool(tmp_path, {})
    *_, last = bisected(pool, lambda found: True)
    ((median,),) = pool.pooled("SELECT quantile_disc(fee, 0.5) FROM permits")
    assert abs(last - Fraction(median)) <= Fraction(1, 100)  # type: ignore[arg-type]


def test_an_exact_largest_value_would_be_one_rows_own(pool: Pool) -> None:
    ((rows,),) = pool.pooled("SELECT count(*) FROM permits WHERE fee = (SELECT max(fee) FROM permits)")
    assert rows == 1
    with pytest.raises(Unanswerable):
        pool.plan("SELECT max(fee) FROM permits")


def test_a_table_declared_private_is_not_asked_exactly(pool: Pool) -> None:
    with pytest.raises(Unanswerable) as refused:
        pool.plan("SELECT count(*) FROM permits")
    assert refused.value.reason is Reason.NOISED_ONLY


@pytest.mark.parametrize(
    ("reason", "third"),
    [
        (Reason.DECLARATIONS, replace(DECLARED, max_rows=3)),
        (Reason.DECLARATIONS, replace(DECLARED, bounds={"fee": (0, 50_000), "days": (-99, 99)})),
        (Reason.DECLARATIONS, replace(DECLARED, period="2020")),
        (Reason.BOUNDS, replace(DECLARED, bounds={"days": (-99, 99)})),
    ],
)
def test_owners_of_a_joint_table_must_declare_the_same(tmp_path: Path, reason: Reason, third: Declaration) -> None:
    other = private_pool(tmp_path, {**ASSETS, "permits-3": third})
    with pytest.raises(Unanswerable) as refused:
        other.plan_noised("SELECT sum(fee) FROM permits", choices("sum"))
    assert refused.value.reason is reason


def test_a_table_without_a_declaration_is_not_asked_with_noise(tmp_path: Path) -> None:
    two = {asset: DECLARED for asset in ("permits-1", "permits-3")}
    with pytest.raises(Unanswerable) as refused:
        private_pool(tmp_path, two).plan_noised("SELECT count(*) FROM permits", choices("count"))
    assert refused.value.reason is Reason.UNDECLARED


def test_a_join_of_owners_whose_units_are_disjoint_is_refused(tmp_path: Path) -> None:
    disjoint = private_pool(tmp_path, {**ASSETS, "permits-1": replace(DECLARED, units_at=UnitsAt.ONE)})
    with pytest.raises(InvalidRecord, match="several owners"):
        disjoint.plan_noised("SELECT count(*) FROM permits_1 JOIN listed USING (permit)", choices(*JOINED))


def test_a_description_carries_the_declaration_whole(pool: Pool) -> None:
    assert pool.tables.owned["permits_1"].privacy == DECLARED
