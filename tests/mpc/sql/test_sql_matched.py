"""Figures over rows that engines match, under conditions of every owner: as DuckDB's; what is said without engines."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from alignedpool import AlignedPool
from pooledtables import ASKING

from contracts.authorizations.record import Operations
from gateway.statistics import explaining
from mpc.kinds.registry import kind_of
from mpc.node.guarding.limits import NoiseLimits, faults
from mpc.spec.matched import MatchedSpec
from mpc.spec.parts import Interval, OneOf
from mpc.sql.answering import rows as answering
from mpc.sql.answering.rows import plain
from mpc.sql.noise import private
from mpc.sql.noise.declared import Choices
from mpc.sql.planning import exact
from mpc.sql.planning.plan import Plan
from mpc.sql.reading import text as reading
from mpc.sql.refusal import Reason, Unanswerable
from mpc.studies.moments import Regress

THREE = "FROM pays p JOIN care_visits v USING (id) JOIN taxes t USING (id)"


class MatchedPool(AlignedPool):
    """The same tables at owners that have engines."""

    _engines = True

    def matched(self, sql: str) -> Plan:
        return exact.plan(reading.read(sql, self.tables, is_matched=True), replace(ASKING, is_matched=True))

    def answered(self, sql: str) -> answering.Answer:
        plan = self.matched(sql)
        return answering.answer(plan, [self.opened(job) for job in plan.jobs])


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MatchedPool]:
    return MatchedPool(Path(tmp_path_factory.mktemp("matched")))


ANSWERED = [
    f"SELECT count(*) {THREE} WHERE t.band >= 5",
    f"SELECT corr(p.pay, v.visits) {THREE}",
    f"SELECT corr(p.pay, v.visits), avg(p.hours) {THREE} WHERE t.band < 7",
    f"SELECT sum(p.hours), var_samp(p.hours) {THREE} WHERE t.ward = 'east' AND v.visits > 0.5 AND p.hours <= 50",
    f"SELECT regr_slope(p.pay, t.tax), regr_intercept(p.pay, t.tax), regr_r2(p.pay, t.tax) {THREE} WHERE t.tax > 0",
    f"SELECT avg(t.late), corr(t.late, p.pay), count(t.late) {THREE} WHERE t.late IS NOT NULL",
    f"SELECT avg(t.late) {THREE} WHERE t.day < DATE '2000-06-01'",
    f"SELECT avg(p.hours) / avg(v.visits) AS ratio, count(DISTINCT id) {THREE} WHERE t.band IN (1, 2, 3, 4, 5)",
]


@pytest.mark.parametrize("sql", ANSWERED, ids=range(len(ANSWERED)))
def test_the_answer_is_that_of_the_joined_rows(pool: MatchedPool, sql: str) -> None:
    found, expected = pool.answered(sql), pool.pooled(sql)
    for row, other in zip(found.rows, expected, strict=True):
        assert [plain(value) for value in row] == pytest.approx([float(value) for value in other])  # type: ignore[arg-type]


def test_one_job_has_every_owners_conditions_at_its_owner_and_tells_nobody(pool: MatchedPool) -> None:
    sql = f"SELECT corr(p.pay, v.visits) {THREE} WHERE t.ward = 'west' AND v.visits >= -1.5 AND t.tax < 10"
    (job,) = pool.matched(sql).jobs
    assert isinstance(job, MatchedSpec)
    assert {side.source.party: ([c.name for c in side.columns], side.filters) for side in job.sides} == {
        "health": (["visits"], (Interval("visits", -15, None),)),
        "labour": (["pay"], ()),
        "revenue": ([], (Interval("tax", None, 10), OneOf("ward", ("west",)))),
    }
    assert job.engines == ("health", "labour", "revenue")
    assert Operations.ALIGN not in kind_of(job).operations()
    assert kind_of(job).learners == ()
    for source in job.sources:
        assert list(faults(job, source.party, pool.schemas[source.asset], NoiseLimits())) == []


def test_without_engines_the_refusal_says_what_can_be_asked_and_that_is_answered(tmp_path: Path) -> None:
    plain_pool = AlignedPool(tmp_path)
    sql = f"SELECT corr(p.pay, v.visits) {THREE} WHERE t.band < 7"
    with pytest.raises(Unanswerable, match=r"an engine at three of them .* --align") as refused:
        exact.plan(reading.read(sql, plain_pool.tables, is_matched=True), replace(ASKING, is_matched=True))
    assert refused.value.reason is Reason.MATCHED_ENGINES
    assert "docs/spu.md" in refused.value.text("zh")
    (job,) = plain_pool.plan(f"SELECT sum(p.pay), count(*) {THREE} WHERE t.band < 7").jobs
    assert job.statistic == "private-join"
    assert plain_pool.aligned(f"SELECT corr(p.pay, v.visits), avg(t.tax) {THREE}").jobs[0].statistic == "aligned"


def test_where_there_are_engines_the_refusal_of_a_plain_query_names_the_flag(pool: MatchedPool) -> None:
    for sql in (f"SELECT corr(p.pay, v.visits) {THREE}", f"SELECT sum(p.pay), sum(v.visits) {THREE} WHERE t.band < 7"):
        with pytest.raises(Unanswerable, match="--engine"):
            pool.plan(sql)


REFUSED = [
    (Reason.MATCHED_JOIN, "SELECT count(*) FROM pays"),
    (Reason.MATCHED_JOIN, f"SELECT count(*) {THREE} WHERE id IN (SELECT id FROM few)"),
    (Reason.MATCHED_ENGINES, "SELECT corr(hours, visits) FROM pays JOIN care_visits USING (id)"),
    (Reason.MATCHED_GROUP, f"SELECT ward, corr(hours, tax) {THREE} GROUP BY ward"),
    (Reason.MATCHED_GROUP, f"SELECT DISTINCT ward {THREE}"),
    (Reason.JOIN_KEY, f"SELECT count(*) {THREE} WHERE p.id = 'p7'"),
    (Reason.CONDITION, f"SELECT count(*) {THREE} WHERE p.hours > 3 OR t.band > 3"),
    (Reason.ALIGNED_ROWS, "SELECT count(*) FROM pays JOIN care_visits USING (id) JOIN twice USING (id)"),
    (Reason.ALIGNED_COLUMN, f"SELECT avg(t.band) {THREE}"),
    (Reason.NULLS, f"SELECT avg(t.late), count(*) {THREE}"),
    (Reason.DISTINCT, f"SELECT count(DISTINCT hours) {THREE}"),
    (Reason.RANK, f"SELECT median(hours) {THREE}"),
    (Reason.EMPTY, f"SELECT count(*) {THREE} WHERE t.tax > 5 AND t.tax < 6"),
]


@pytest.mark.parametrize(("reason", "sql"), REFUSED, ids=[f"{r.name}-{i}" for i, (r, _) in enumerate(REFUSED)])
def test_what_matched_rows_do_not_give_is_refused_for_this_reason(pool: MatchedPool, reason: Reason, sql: str) -> None:
    with pytest.raises(Unanswerable) as refused:
        pool.matched(sql)
    assert refused.value.reason is reason


def test_noise_beside_engines_is_refused(pool: MatchedPool) -> None:
    query = reading.read(f"SELECT count(*) {THREE}", pool.tables, is_matched=True)
    with pytest.raises(Unanswerable) as refused:
        private.plan(query, ASKING, Choices({"keys": 1, "rows": 1}, "everybody"))
    assert refused.value.reason is Reason.MATCHED_NOISE


def test_explaining_says_that_nobody_learns_a_key_and_what_it_costs(pool: MatchedPool) -> None:
    (found,) = explaining.explain(pool.matched(f"SELECT corr(hours, tax) {THREE} WHERE visits > 0"))
    told = "\n".join(explaining.lines((found,), "en"))
    assert "nobody learns which match, or which satisfy a condition" in told
    assert "are told" not in told
    assert "无人得知哪些行匹配" in "\n".join(explaining.lines((found,), "zh"))
    assert {s.party: s.columns for s in found.shares}["health"] == ("id", "visits")
    assert found.seconds > 8
    words = found.spec.terms.width + 2  # type: ignore[union-attr]
    assert all(share.most_bytes >= 2 * 32 * words * found.spec.rows for share in found.shares if share.columns)  # type: ignore[union-attr]


def test_a_regression_over_two_owners_columns_is_that_of_the_joined_rows(pool: MatchedPool) -> None:
    """Of rows that the study names, as it does over aligned ones; nobody is told a key."""
    study = Regress("pays p JOIN care_visits v USING (id) JOIN taxes t USING (id)", "p.hours", ("v.visits",))
    found = study.conclude([pool.answered(sql) for sql in study.queries])
    ((expected,),) = pool.pooled(f"SELECT regr_slope(p.hours, v.visits) {THREE}")
    figures = [value for row in found.rows for value in row if isinstance(value, float)]
    assert any(value == pytest.approx(expected) for value in figures)


def test_every_reason_of_matched_rows_has_a_query_that_it_refuses() -> None:
    reasons = {reason for reason in Reason if reason.name.startswith("MATCHED_")}
    assert reasons - {Reason.MATCHED_NOISE} <= {reason for reason, _ in REFUSED}
