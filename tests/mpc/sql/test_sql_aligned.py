"""Figures of several owners' columns over aligned rows: as DuckDB's over the joined rows, and with leave only."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from alignedpool import AlignedPool
from pooledtables import ASKING
from scipy import stats

from contracts.authorizations.record import Operations
from gateway.statistics import explaining
from ledger.errors import InvalidRecord
from mpc.kinds.registry import kind_of
from mpc.node.guarding.limits import NoiseLimits, faults
from mpc.spec.aligned import AlignedSpec
from mpc.sql.answering.rows import plain
from mpc.sql.noise import private
from mpc.sql.noise.declared import Choices
from mpc.sql.reading import text as reading
from mpc.sql.refusal import Reason, Unanswerable
from mpc.studies.means import Paired
from mpc.studies.moments import Correlate, Covariances, Regress
from mpc.studies.study import Study

TWO = "FROM pays JOIN care_visits USING (id)"
NAMED = "FROM pays AS p JOIN care_visits v ON p.id = v.id"
THREE = f"{TWO} JOIN taxes USING (id)"


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AlignedPool]:
    return AlignedPool(Path(tmp_path_factory.mktemp("aligned")))


ANSWERED = [
    f"SELECT count(*) {TWO}",
    f"SELECT count(*) AS n, count(DISTINCT id), count(id) {THREE}",
    f"SELECT corr(p.pay, v.visits) {NAMED}",
    f"SELECT corr(v.visits, p.pay), corr(p.pay, v.visits) {NAMED}",
    f"SELECT covar_pop(hours, visits), covar_samp(visits, hours), count(visits) {TWO}",
    f"SELECT regr_slope(p.pay, v.pay), regr_intercept(p.pay, v.pay), regr_r2(p.pay, v.pay) {NAMED}",
    f"SELECT regr_slope(v.pay, p.pay), regr_intercept(v.pay, p.pay), regr_r2(v.pay, p.pay) {NAMED}",
    f"SELECT avg(hours), avg(visits), sum(hours), sum(visits) {TWO}",
    f"SELECT var_pop(hours), var_samp(visits), stddev_pop(visits), stddev_samp(hours) {TWO}",
    f"SELECT avg(hours) / avg(visits) AS ratio, 2 * corr(hours, visits) {TWO} HAVING count(*) > 3 ORDER BY 1 LIMIT 1",
    f"SELECT avg(hours), avg(visits) {TWO} HAVING count(*) > 9999",
    f"SELECT corr(hours, tax), corr(hours, visits), corr(visits, tax), avg(tax) {THREE}",
    "SELECT corr(p.pay, v.visits), corr(p.hours, v.pay), corr(v.pay, v.visits) FROM care_visits v INNER JOIN pays p "
    "ON v.id = p.id",
]


@pytest.mark.parametrize("sql", ANSWERED, ids=range(len(ANSWERED)))
def test_the_answer_is_that_of_the_joined_rows(pool: AlignedPool, sql: str) -> None:
    found, expected = pool.told(sql), pool.pooled(sql)
    assert len(found.rows) == len(expected)
    for row, other in zip(found.rows, expected, strict=True):
        assert [plain(value) for value in row] == pytest.approx([float(value) for value in other])  # type: ignore[arg-type]


def test_one_job_has_the_named_columns_only_and_tells_every_owner(pool: AlignedPool) -> None:
    (job,) = pool.aligned(f"SELECT corr(p.pay, v.visits) {NAMED}").jobs
    assert isinstance(job, AlignedSpec)
    assert [(s.source.party, [(c.name, c.least, c.most) for c in s.columns]) for s in job.sides] == [
        ("health", [("visits", -40, 99)]), ("labour", [("pay", 0, 99_999)])
    ]  # fmt: skip
    assert job.told == ("health", "labour")
    assert Operations.ALIGN in kind_of(job).operations()


def test_a_count_tells_whom_the_caller_names_and_figures_tell_every_owner(pool: AlignedPool) -> None:
    (job,) = pool.aligned(f"SELECT count(*) {THREE}", "revenue", "labour").jobs
    assert isinstance(job, AlignedSpec)
    assert job.told == ("labour", "revenue")
    with pytest.raises(InvalidRecord, match="revenue owns no table of this join"):
        pool.aligned(f"SELECT count(*) {TWO}", "revenue")
    with pytest.raises(InvalidRecord, match="every owner is told"):
        pool.aligned(f"SELECT corr(hours, visits) {TWO}", "labour")


def test_too_few_common_rows_are_withheld_whole(pool: AlignedPool) -> None:
    join = "FROM pays JOIN few USING (id)"
    assert pool.pooled(f"SELECT count(*) {join}") == [(55,)]
    assert pool.told(f"SELECT count(*) {join}").rows == ((Fraction(55),),)
    found = pool.told(f"SELECT corr(hours, fine), count(*) {join}")
    assert (found.rows, found.withheld) == (((None, None),), ((),))


def test_without_leave_the_refusal_says_what_is_told_and_names_the_flag(pool: AlignedPool) -> None:
    with pytest.raises(Unanswerable, match="every owner then learns which keys all hold; instead: --align") as refused:
        pool.plan(f"SELECT corr(hours, visits) {TWO}")
    assert refused.value.reason is Reason.ALIGN
    assert "--align" in refused.value.text("zh")


def test_one_owners_figures_without_leave_stay_a_private_join(pool: AlignedPool) -> None:
    (job,) = pool.plan(f"SELECT sum(hours), count(*) {TWO}").jobs
    assert job.statistic == "private-join"


REFUSED = [
    (Reason.ALIGNED_JOIN, "SELECT count(*) FROM pays"),
    (Reason.ALIGNED_JOIN, "SELECT count(*) FROM care_visits JOIN clinics USING (id)"),
    (Reason.ALIGNED_FILTER, f"SELECT corr(hours, visits) {TWO} WHERE hours > 3"),
    (Reason.ALIGNED_JOIN, "SELECT count(*) FROM pays WHERE id IN (SELECT id FROM care_visits)"),
    (Reason.ALIGNED_FILTER, f"SELECT count(*) {TWO} WHERE id IN (SELECT id FROM taxes)"),
    (Reason.ALIGNED_GROUP, f"SELECT ward, corr(hours, tax) {THREE} GROUP BY ward"),
    (Reason.ALIGNED_GROUP, f"SELECT DISTINCT ward {THREE}"),
    (Reason.ALIGNED_ROWS, "SELECT count(*) FROM pays JOIN twice USING (id)"),
    (Reason.ALIGNED_SIDES, f"SELECT corr(p.pay, p.hours) {NAMED}"),
    (Reason.ALIGNED_SIDES, f"SELECT corr(hours, visits) {THREE}"),
    (Reason.ALIGNED_COLUMN, f"SELECT corr(hours, band), avg(visits) {THREE}"),
    (Reason.ALIGNED_COLUMN, f"SELECT corr(hours, late), avg(visits) {THREE}"),
    (Reason.ALIGNED_COLUMN, f"SELECT count(late) {THREE}"),
    (Reason.KEY_FORMS, "SELECT count(*) FROM pays JOIN folded USING (id)"),
    (Reason.TYPE, f"SELECT avg(hours), avg(visits), avg(ward) {THREE}"),
    (Reason.TYPE, f"SELECT avg(hours), avg(visits), avg(day) {THREE}"),
    (Reason.DISTINCT, f"SELECT count(DISTINCT hours) {TWO}"),
    (Reason.EXTREME, f"SELECT max(hours), avg(visits) {TWO}"),
    (Reason.RANK, f"SELECT median(hours), avg(visits) {TWO}"),
    (Reason.PRODUCT, f"SELECT corr(hours, hours), avg(visits) {TWO}"),
    (Reason.ROWS, f"SELECT hours {TWO}"),
    (Reason.AMBIGUOUS, f"SELECT avg(pay), avg(hours) {TWO}"),
    (Reason.COLUMN, f"SELECT avg(price) {TWO}"),
    (Reason.OUTER_JOIN, "SELECT count(*) FROM pays LEFT JOIN care_visits USING (id)"),
    (Reason.JOIN, "SELECT count(*) FROM pays JOIN care_visits ON pays.hours = care_visits.visits"),
    (Reason.JOIN, "SELECT count(*) FROM pays CROSS JOIN care_visits"),
]


@pytest.mark.parametrize(("reason", "sql"), REFUSED, ids=[f"{r.name}-{i}" for i, (r, _) in enumerate(REFUSED)])
def test_what_aligned_rows_do_not_give_is_refused_for_this_reason(pool: AlignedPool, reason: Reason, sql: str) -> None:
    with pytest.raises(Unanswerable) as refused:
        pool.aligned(sql)
    assert refused.value.reason is reason


def test_explaining_says_who_is_told_the_keys_in_both_languages(pool: AlignedPool) -> None:
    found = explaining.explain(pool.aligned(f"SELECT corr(hours, tax), avg(visits) {THREE}"))
    assert "  health, labour, revenue are told which of their keys all owners hold" in explaining.lines(found, "en")
    assert "  health, labour, revenue 被告知己方哪些标识为各方共有" in explaining.lines(found, "zh")
    assert {s.party: s.columns for s in found[0].shares}["labour"] == ("hours", "id")
    assert all(share.most_bytes > 0 for share in found[0].shares if share.columns)
    (count,) = explaining.explain(pool.aligned(f"SELECT count(*) {THREE}", "labour"))
    assert "  labour are told" in "\n".join(explaining.lines((count,), "en"))


STUDIES: list[tuple[Study, str]] = [
    (Correlate("pays p JOIN care_visits v USING (id)", ("p.hours", "v.visits")), "corr(p.hours, v.visits)"),
    (Covariances("pays p JOIN care_visits v USING (id)", ("p.hours", "v.visits")), "var_samp(p.hours)"),
    (Regress("pays p JOIN care_visits v USING (id)", "p.hours", ("v.visits",)), "regr_slope(p.hours, v.visits)"),
]


@pytest.mark.parametrize(("study", "figure"), STUDIES, ids=["correlate", "covariance", "regress"])
def test_a_study_over_two_owners_columns_says_what_the_joined_rows_say(
    pool: AlignedPool, study: Study, figure: str
) -> None:
    found = study.conclude([pool.told(sql) for sql in study.queries])
    ((expected,),) = pool.pooled(f"SELECT {figure} {NAMED}")
    figures = [value for row in found.rows for value in row if isinstance(value, float)]
    assert any(value == pytest.approx(expected) for value in figures)


def test_two_owners_columns_of_the_same_keys_are_compared_by_a_paired_t_test(pool: AlignedPool) -> None:
    study = Paired("pays p JOIN care_visits v ON p.id = v.id", "p.hours", "v.pay")
    finding = study.conclude([pool.told(sql) for sql in study.queries])
    hours, pays = zip(*pool.pooled(f"SELECT p.hours, v.pay {NAMED}"), strict=True)
    expected = stats.ttest_rel(hours, pays)
    assert (finding.figures["t"], finding.figures["p"]) == pytest.approx((expected.statistic, expected.pvalue))


def test_keys_that_are_told_are_refused_beside_noise(pool: AlignedPool) -> None:
    query = reading.read(f"SELECT count(*) {TWO}", pool.tables, is_aligned=True)
    with pytest.raises(Unanswerable) as refused:
        private.plan(query, ASKING, Choices({"keys": 1, "rows": 1}, "everybody"))
    assert refused.value.reason is Reason.ALIGNED_NOISE


def test_every_reason_of_aligned_rows_has_a_query_that_it_refuses() -> None:
    reasons = {reason for reason in Reason if reason.name.startswith("ALIGNED_")}
    assert reasons - {Reason.ALIGNED_NOISE} <= {reason for reason, _ in REFUSED}


@pytest.mark.parametrize("items", ["count(*)", "corr(hours, visits), avg(tax)"])
def test_what_is_planned_is_what_every_owners_declaration_admits(pool: AlignedPool, items: str) -> None:
    (job,) = pool.aligned(f"SELECT {items} {THREE}").jobs
    for source in job.sources:
        assert list(faults(job, source.party, pool.schemas[source.asset], NoiseLimits())) == []
