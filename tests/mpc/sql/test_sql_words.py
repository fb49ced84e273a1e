"""Every word of SQL that an analyst may write: answered, or refused with its reason and with what to ask instead.

The table in ``docs/query.md`` names the same words, and what becomes of each.
"""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from enginepool import ROWS, WithEngines
from pooledtables import Pool

from mpc.sql.refusal import Reason, Unanswerable

PAGE = Path(__file__).resolve().parents[3] / "docs" / "query.md"
JOIN = "FROM permits_1 JOIN listed USING (permit)"
CLASSES = "CASE WHEN fee < 15 THEN 'low' ELSE 'high' END"
WORDS: dict[str, list[tuple[str, Reason | None]]] = {
    "SELECT": [("SELECT count(*) FROM permits", None), ("SELECT fee FROM permits", Reason.ROWS)],
    "JOIN .. USING, JOIN .. ON a = b": [
        (f"SELECT count(*) {JOIN}", None),
        ("SELECT count(*) FROM permits_1 p JOIN listed l ON p.permit = l.permit", None),
        ("SELECT count(*) FROM permits_1 p LEFT JOIN listed l ON p.permit = l.permit", Reason.OUTER_JOIN),
        ("SELECT count(*) FROM permits_1 p JOIN listed l ON p.permit < l.permit", Reason.JOIN),
    ],
    "WHERE": [
        ("SELECT count(*) FROM permits WHERE fee >= 10 AND days < 5", None),
        ("SELECT count(*) FROM permits WHERE fee < 10 OR days < 5", Reason.CONDITION),
    ],
    "GROUP BY": [
        ("SELECT district, count(*) FROM permits GROUP BY district", None),
        ("SELECT permit, count(*) FROM permits GROUP BY permit", Reason.GROUP),
    ],
    "HAVING": [("SELECT district, count(*) FROM permits GROUP BY district HAVING count(*) > 20", None)],
    "ORDER BY, LIMIT, OFFSET": [
        ("SELECT district, sum(fee) FROM permits GROUP BY district ORDER BY 2 DESC LIMIT 1 OFFSET 1", None),
        ("SELECT fee FROM permits ORDER BY fee LIMIT 1", Reason.ROWS),
    ],
    "DISTINCT": [
        ("SELECT DISTINCT district FROM permits", None),
        (f"SELECT count(DISTINCT permit) {JOIN}", None),
        ("SELECT count(DISTINCT fee) FROM permits", Reason.DISTINCT),
    ],
    "UNION ALL": [
        ("SELECT count(*) FROM (SELECT * FROM permits_1 UNION ALL SELECT * FROM permits_2 UNION ALL SELECT * FROM "
         "permits_3) t", None),
        ("SELECT count(*) FROM (SELECT * FROM permits_1 UNION SELECT * FROM permits_2) t", Reason.UNION),
    ],
    "CASE": [
        (f"SELECT {CLASSES} c, count(*) FROM permits GROUP BY c", None),
        ("SELECT CASE WHEN fee > 5 THEN 'a' ELSE 'b' END c, count(*) FROM permits GROUP BY c", Reason.CLASSES),
    ],
    "IN, NOT IN": [
        ("SELECT count(*) FROM permits WHERE district IN ('north', 'south')", None),
        ("SELECT count(*) FROM permits_1 WHERE permit IN (SELECT permit FROM listed)", None),
        ("SELECT count(*) FROM permits WHERE days IN (1, 3)", Reason.CONDITION),
    ],
    "BETWEEN": [
        ("SELECT count(*) FROM permits WHERE fee BETWEEN 10 AND 20", None),
        ("SELECT count(*) FROM permits WHERE fee NOT BETWEEN 10 AND 20", Reason.CONDITION),
    ],
    "arithmetic": [
        ("SELECT 100 * sum(fee) / count(*) - 3 FROM permits", None),
        ("SELECT sum(fee * 2) FROM permits", Reason.UNSUPPORTED),
    ],
    "count, sum, avg": [("SELECT count(*), count(fee), sum(fee), avg(fee) FROM permits", None)],
    "min, max": [("SELECT max(fee) FROM permits", Reason.EXTREME)],
    "variance, stddev": [("SELECT var_pop(fee), stddev_samp(fee) FROM permits", None)],
    "median, percentile_cont": [
        ("SELECT district, median(fee), count(*) FROM permits GROUP BY district", None),
        ("SELECT percentile_disc(0.5) WITHIN GROUP (ORDER BY fee) FROM permits", Reason.DISCRETE),
        ("SELECT median(fee), sum(fee) FROM permits", Reason.BLOCK_ALONE),
    ],
    "corr, covar, regr": [
        ("SELECT corr(fee, days), covar_samp(fee, days), regr_slope(fee, days) FROM permits", None),
        ("SELECT corr(fee, weight) FROM permits_1 JOIN listed USING (permit)", Reason.ALIGN),
    ],
    "OVER": [("SELECT rank() OVER (ORDER BY fee) FROM permits", Reason.UNSUPPORTED)],
    "LIKE": [("SELECT count(*) FROM permits WHERE district LIKE 'n%'", Reason.CONDITION)],
    "WITH": [("WITH t AS (SELECT * FROM permits) SELECT count(*) FROM t", Reason.UNSUPPORTED)],
}  # fmt: skip
CASES = [(sql, reason) for cases in WORDS.values() for sql, reason in cases]


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Pool:
    return WithEngines(Path(tmp_path_factory.mktemp("pool")), ROWS, ["1000", "1001"])


@pytest.mark.parametrize(("sql", "reason"), CASES, ids=[sql for sql, _ in CASES])
def test_the_word_is_answered_or_refused_with_its_reason(pool: Pool, sql: str, reason: Reason | None) -> None:
    if reason is None:
        assert pool.plan(sql).jobs
        return
    with pytest.raises(Unanswerable) as refused:
        pool.plan(sql)
    assert refused.value.reason is reason


def test_every_word_that_is_refused_has_a_way_to_ask_but_for_what_is_no_part_of_it() -> None:
    refused = {reason for _, reason in CASES if reason is not None}
    assert {reason for reason in refused if reason.value.instead is None} <= {
        Reason.GROUP, Reason.CLASSES
    }  # fmt: skip


def test_the_page_has_every_word() -> None:
    written = re.findall(r"^\| `([^`]*)` \|", PAGE.read_text(), re.MULTILINE)
    assert set(WORDS) <= set(written)
