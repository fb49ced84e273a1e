"""What is not answered is refused before anybody learns of it, with the reason and what to ask instead."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pooledtables import Pool
from privatepool import OF_NOISE

from ledger.errors import InvalidRecord
from mpc.sql.reading import text as reading
from mpc.sql.refusal import Reason, Unanswerable


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    home = Path(tmp_path_factory.mktemp("pool"))
    rows = {number: [(f"{number}{place:03d}", "north", 100, 1) for place in range(5)] for number in (1, 2, 3)}
    return Pool(home, rows, ["1000", "1001"])


OF_PERCENTILES = {Reason.DISCRETE, Reason.BLOCK_ALONE}
"""Of joint tables with engines: ``test_sql_percentiles``."""
OF_JOBS = {Reason.ONE_JOB}
"""Of who chooses the jobs: ``studies/test_one_job``."""
OF_ROWS_SIDE_BY_SIDE = {reason for reason in Reason if reason.name.startswith(("ALIGNED_", "MATCHED_"))}
"""Asked with leave to tell keys: ``test_sql_aligned``."""
OF_NULLS_AND_DATES = {
    Reason.KEY_FORMS,
    Reason.DATE,
    Reason.DATE_PART,
    Reason.PERIODS,
    Reason.NULLS,
    Reason.NULL_CLASS,
    Reason.NULL_TEXT,
    Reason.NULL_VALUE,
}
"""Of columns that this pool has not: ``test_sql_nulls_dates``, and ``test_forms`` for keys."""
REFUSED = [
    (Reason.SYNTAX, "SELEC count(*) FROM permits"),
    (Reason.SYNTAX, ""),
    (Reason.SYNTAX, "SELECT count(*) FROM permits; SELECT 1"),
    (Reason.SYNTAX, "SELECT count(*) FROM permits WHERE fee < 1e400"),
    (Reason.SYNTAX, "SELECT count(*) FROM permits WHERE fee < 1e999999999999"),
    (Reason.UNSUPPORTED, "DROP TABLE permits"),
    (Reason.UNSUPPORTED, "WITH t AS (SELECT 1) SELECT count(*) FROM permits"),
    (Reason.UNSUPPORTED, "SELECT count(*) OVER () FROM permits"),
    (Reason.UNSUPPORTED, "SELECT sum(fee * days) FROM permits"),
    (Reason.GROUP, "SELECT count(*) FROM permits GROUP BY ROLLUP (district)"),
    (Reason.ROWS, "SELECT fee FROM permits"),
    (Reason.ROWS, "SELECT * FROM permits"),
    (Reason.ROWS, "SELECT p.* FROM permits p"),
    (Reason.UNGROUPED, "SELECT fee, count(*) FROM permits GROUP BY district"),
    (Reason.EXTREME, "SELECT max(fee) FROM permits"),
    (Reason.EXTREME, "SELECT district, min(fee) FROM permits GROUP BY district"),
    (Reason.RANK, "SELECT median(fee) FROM permits"),
    (Reason.RANK, "SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY fee) FROM permits"),
    (Reason.PRODUCT, "SELECT corr(fee, fee) FROM permits"),
    (Reason.PRODUCT, "SELECT CASE WHEN fee < 5 THEN 'a' ELSE 'b' END c, corr(fee, days) FROM permits GROUP BY c"),
    (Reason.UNSUPPORTED, "SELECT corr(fee, days * 2) FROM permits"),
    (Reason.UNSUPPORTED, "SELECT regr_sxx(fee, days) FROM permits"),
    (Reason.TYPE, "SELECT corr(fee, district) FROM permits"),
    (Reason.JOIN_SQUARES, "SELECT corr(fee, days) FROM permits_1 JOIN listed USING (permit)"),
    (Reason.DISTINCT, "SELECT count(DISTINCT district) FROM permits"),
    (Reason.DISTINCT, "SELECT count(DISTINCT fee) FROM permits_1 JOIN listed USING (permit)"),
    (Reason.CONDITION, "SELECT count(*) FROM permits WHERE fee < 3 OR days > 2"),
    (Reason.CONDITION, "SELECT count(*) FROM permits WHERE fee <> 3"),
    (Reason.CONDITION, "SELECT count(*) FROM permits WHERE days IN (1, 3)"),
    (Reason.CONDITION, "SELECT count(*) FROM permits WHERE fee < days"),
    (Reason.CONDITION, "SELECT count(*) FROM permits WHERE NOT fee BETWEEN 1 AND 2"),
    (Reason.CONDITION, "SELECT count(*) FROM permits WHERE district LIKE 'n%'"),
    (Reason.NULL_ROWS, "SELECT count(*) FROM permits WHERE fee IS NULL"),
    (Reason.EMPTY, "SELECT count(*) FROM permits WHERE fee < 3 AND fee > 4"),
    (Reason.EMPTY, "SELECT count(*) FROM permits WHERE district = 'north' AND district = 'south'"),
    (Reason.EMPTY, "SELECT count(*) FROM permits WHERE days = 1.5"),
    (Reason.COLUMN, "SELECT sum(price) FROM permits"),
    (Reason.COLUMN, "SELECT count(*) FROM permits ORDER BY 2"),
    (Reason.AMBIGUOUS, "SELECT count(*) FROM permits_1 p JOIN listed l ON permit = l.permit"),
    (Reason.TYPE, "SELECT sum(district) FROM permits"),
    (Reason.TYPE, "SELECT count(*) FROM permits WHERE district < 'n'"),
    (Reason.TYPE, "SELECT count(*) FROM permits WHERE fee BETWEEN 'a' AND 'b'"),
    (Reason.TYPE, "SELECT count(*) FROM permits WHERE district = 3"),
    (Reason.TABLE, "SELECT count(*) FROM taxes"),
    (Reason.TABLE, "SELECT count(*)"),
    (Reason.TABLE, "SELECT sum(q.fee) FROM permits"),
    (Reason.GROUP, "SELECT permit, count(*) FROM permits GROUP BY permit"),
    (Reason.GROUP, "SELECT fee + 1, count(*) FROM permits GROUP BY fee + 1"),
    (Reason.GROUP_VALUES, "SELECT count(*) FROM permits WHERE permit <> '1000'"),
    (Reason.CLASSES, "SELECT CASE WHEN fee > 5 THEN 'a' ELSE 'b' END c, count(*) FROM permits GROUP BY c"),
    (Reason.CLASSES, "SELECT CASE WHEN fee < 5 THEN 'a' END c, count(*) FROM permits GROUP BY c"),
    (
        Reason.CLASSES,
        "SELECT CASE WHEN fee < 5 THEN 'a' WHEN fee < 4 THEN 'b' ELSE 'c' END c, count(*) FROM permits GROUP BY c",
    ),
    (
        Reason.CLASSES,
        "SELECT CASE WHEN fee < 5 THEN 'a' ELSE 'b' END c, count(*) FROM permits WHERE fee > 9 GROUP BY c",
    ),
    (Reason.CLASSES_OF_OTHER, "SELECT CASE WHEN fee < 5 THEN 'a' ELSE 'b' END c, sum(fee) FROM permits GROUP BY c"),
    (
        Reason.CLASSES_OF_OTHER,
        "SELECT CASE WHEN fee < 5 THEN 'a' ELSE 'b' END c, district, sum(days) FROM permits GROUP BY c, 2",
    ),
    (Reason.OWNERS, "SELECT count(*) FROM pair"),
    (Reason.OWNERS, "SELECT count(*) FROM (SELECT * FROM permits_1 UNION ALL SELECT * FROM permits_2) u"),
    (Reason.OWN_TABLE, "SELECT count(*) FROM permits_1"),
    (Reason.UNION, "SELECT count(*) FROM (SELECT * FROM permits_1 UNION SELECT * FROM permits_2) u"),
    (Reason.UNION, "SELECT count(*) FROM (SELECT * FROM permits_1 UNION ALL SELECT * FROM permits_1) u"),
    (Reason.UNION, "SELECT count(*) FROM (SELECT * FROM permits_1 WHERE fee < 3 UNION ALL SELECT * FROM permits_2) u"),
    (Reason.OUTER_JOIN, "SELECT count(*) FROM permits_1 LEFT JOIN listed USING (permit)"),
    (Reason.OUTER_JOIN, "SELECT count(*) FROM permits_1 JOIN listed USING (permit) FULL JOIN zoned USING (permit)"),
    (
        Reason.JOIN_GROUP,
        "SELECT sum(fee) FROM permits_1 JOIN listed USING (permit) JOIN zoned USING (permit) GROUP BY zone",
    ),
    (Reason.GROUP, "SELECT weight, sum(fee) FROM permits_1 JOIN listed USING (permit) GROUP BY weight"),
    (Reason.JOIN_SIDE, "SELECT zone, sum(fee), count(zone) FROM permits_1 JOIN zoned USING (permit) GROUP BY zone"),
    (
        Reason.JOIN_TWICE,
        "SELECT zone, sum(hour) FROM visits JOIN permits_1 USING (permit) JOIN zoned USING (permit) GROUP BY zone",
    ),
    (Reason.JOIN, "SELECT count(*) FROM permits_1 JOIN listed USING (permit) JOIN listed AS l2 USING (permit)"),
    (
        Reason.JOIN,
        "SELECT count(*) FROM permits_1 JOIN listed USING (permit) "
        "WHERE permits_1.permit IN (SELECT permit FROM visits)",
    ),
    (Reason.JOIN, "SELECT count(*) FROM permits_1 JOIN listed USING (permit) JOIN zoned ON listed.permit = zoned.zone"),
    (
        Reason.JOIN_KEY,
        "SELECT count(*) FROM permits_1 JOIN listed USING (permit) JOIN zoned USING (permit) "
        "WHERE zoned.permit = '1000'",
    ),
    (Reason.JOIN, "SELECT count(*) FROM permits_1 CROSS JOIN listed"),
    (Reason.JOIN, "SELECT count(*) FROM permits_2 JOIN listed USING (permit)"),
    (Reason.JOIN, "SELECT count(*) FROM permits JOIN listed USING (permit)"),
    (Reason.JOIN, "SELECT count(*) FROM permits_1 JOIN listed ON permits_1.permit < listed.permit"),
    (
        Reason.JOIN,
        "SELECT count(*) FROM permits_1 JOIN listed USING (permit) WHERE permit IN (SELECT permit FROM visits)",
    ),
    (Reason.JOIN, "SELECT count(*) FROM permits_1 WHERE permit IN (SELECT permit FROM permits)"),
    (Reason.JOIN_TWICE, "SELECT sum(fee) FROM permits_1 JOIN visits USING (permit)"),
    (Reason.JOIN_KEY, "SELECT count(*) FROM permits_1 JOIN listed USING (permit) WHERE permits_1.permit = '1000'"),
    (Reason.ALIGN, "SELECT sum(fee), sum(weight) FROM permits_1 JOIN listed USING (permit)"),
    (Reason.JOIN_AMOUNT, "SELECT sum(days) FROM permits_1 JOIN listed USING (permit)"),
    (Reason.JOIN_SQUARES, "SELECT stddev(fee) FROM permits_1 JOIN listed USING (permit)"),
]


@pytest.mark.parametrize(
    ("reason", "sql"), REFUSED, ids=[f"{reason.name}-{place}" for place, (reason, _) in enumerate(REFUSED)]
)
def test_the_query_is_refused_for_this_reason(pool: Pool, reason: Reason, sql: str) -> None:
    with pytest.raises(Unanswerable) as refused:
        pool.plan(sql)
    assert refused.value.reason is reason


def test_every_reason_has_a_query_that_it_refuses() -> None:
    elsewhere = OF_NULLS_AND_DATES | OF_NOISE | OF_PERCENTILES | OF_JOBS | OF_ROWS_SIDE_BY_SIDE
    assert {reason for reason, _ in REFUSED} | elsewhere == set(Reason)


def test_a_refusal_says_why_and_what_to_ask_instead_in_both_languages(pool: Pool) -> None:
    with pytest.raises(Unanswerable) as refused:
        pool.plan("SELECT max(fee) FROM permits")
    assert str(refused.value).startswith(
        "query: MAX(fee): the largest or smallest value is one respondent's own; instead:"
    )
    assert refused.value.text("zh").startswith("query: MAX(fee): 最大值或最小值就是某个主体自己的数值;可改为:")


def test_a_query_too_long_to_be_one_is_not_parsed(pool: Pool) -> None:
    with pytest.raises(Unanswerable, match="characters"):
        pool.plan("SELECT count(*) FROM permits WHERE fee < 1" + " AND fee < 1" * 5000)


def test_nesting_is_refused_before_it_exhausts_the_reader(pool: Pool) -> None:
    for depth in (40, 400, 9_000):
        with pytest.raises(Unanswerable):
            pool.plan(f"SELECT {'(' * depth}count(*) + 'x'{')' * depth} FROM permits HAVING {'1 + ' * 40}count(*) > 1")


PIECES = (
    "SELECT count(*) sum(fee) district FROM permits permits_1 listed JOIN USING ( ) permit WHERE fee < 5 'a' AND OR "
    "NOT IN GROUP BY CASE WHEN THEN ELSE END ORDER , * UNION ALL HAVING LIMIT - DISTINCT BETWEEN AS 1 . IS NULL ;"
)
WORDS = re.findall(r"\S+", PIECES)


@given(st.lists(st.sampled_from(WORDS), max_size=14).map(" ".join))
@settings(max_examples=300, deadline=None)
def test_any_words_make_a_query_or_a_refusal(pool: Pool, words: str) -> None:
    for sql in (words, f"SELECT {words} FROM permits", f"SELECT count(*) FROM permits {words}"):
        try:
            reading.read(sql, pool.tables)
        except InvalidRecord:
            continue
