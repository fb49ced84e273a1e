"""Queries over departments' tables give what SQL gives over the pooled rows, with DuckDB as the judge."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from pathlib import Path

import pytest
from pooledtables import Pool

from mpc.sql.answering.rows import plain

DISTRICTS = ("north", "south", "west")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pool]:
    chance, home = random.Random(7), Path(tmp_path_factory.mktemp("pool"))
    rows = {
        number: [
            (
                f"{number}{place % 60:03d}",
                DISTRICTS[place % 60 % 3],
                chance.randrange(100_001),
                chance.randrange(-99, 100),
            )
            for place in range(90)
        ]
        for number in (1, 2, 3)
    }
    listed = [f"1{place:03d}" for place in range(0, 60, 2)] + ["9999"]
    return Pool(home, rows, listed)


SAME = [
    "SELECT count(*) FROM permits",
    "SELECT count(fee) AS n, sum(fee), avg(fee) FROM permits WHERE fee >= 500",
    "SELECT avg(fee), avg(days) FROM permits WHERE days BETWEEN -20 AND 50",
    "SELECT var_pop(fee), stddev_pop(fee), variance(days), stddev(days) FROM permits",
    "SELECT corr(fee, days), covar_pop(fee, days), covar_samp(days, fee) FROM permits WHERE fee > 10",
    "SELECT regr_slope(fee, days), regr_intercept(fee, days), regr_r2(days, fee), avg(fee) FROM permits",
    "SELECT district, corr(days, fee), count(*) FROM permits GROUP BY district ORDER BY 2",
    "SELECT sum(fee) / count(*) - avg(fee), -sum(days), 2 * (count(*) + 1) FROM permits",
    "SELECT district, count(*) FROM permits GROUP BY district ORDER BY district",
    "SELECT district, count(*) n, sum(days) FROM permits GROUP BY 1 ORDER BY sum(days) DESC, 1",
    "SELECT p.district AS d, avg(p.fee) FROM permits p WHERE p.fee < 700.5 GROUP BY d HAVING count(*) > 3 "
    "ORDER BY 2 LIMIT 2",
    "SELECT district, count(*) FROM permits WHERE district IN ('south', 'west') GROUP BY district ORDER BY 2, 1",
    "SELECT count(*) FROM permits WHERE district = 'south' OR district = 'west'",
    "SELECT count(*) FROM permits WHERE NOT (district = 'south' OR district = 'west') AND NOT fee > 300",
    "SELECT count(*) FROM permits WHERE district <> 'south' AND 100 < fee AND fee <= 900 AND fee < 800",
    "SELECT count(*) FROM permits WHERE days IN (3, 1, 2)",
    "SELECT DISTINCT district FROM permits ORDER BY 1 DESC",
    """SELECT CASE WHEN fee < 250 THEN 'low' WHEN fee < 750.25 THEN 'middle' ELSE 'high' END AS class, count(*)
       FROM permits GROUP BY class ORDER BY count(*)""",
    """SELECT CASE WHEN fee < 500 THEN 'low' ELSE 'high' END AS class, district, count(*), sum(fee), avg(fee)
       FROM permits WHERE fee >= 100 GROUP BY class, district ORDER BY district, class""",
    "SELECT count(*) FROM (SELECT * FROM permits_1 UNION ALL SELECT * FROM permits_2 "
    "UNION ALL SELECT * FROM permits_3) u",
    "SELECT district, sum(fee) FROM (SELECT district, fee FROM permits_3 UNION ALL SELECT district, fee FROM permits_1 "
    "UNION ALL SELECT district, fee FROM permits_2) AS u WHERE fee < 500 GROUP BY district ORDER BY district OFFSET 1",
    "SELECT count(*), count(DISTINCT permit), sum(fee), avg(fee) FROM permits_1 JOIN listed USING (permit)",
    "SELECT count(*) FROM listed l JOIN permits_1 p ON l.permit = p.permit WHERE p.fee > 200",
    """SELECT p.district, count(DISTINCT p.permit) AS n, sum(p.fee) FROM permits_1 p
       INNER JOIN listed ON listed.permit = p.permit WHERE days < 0 GROUP BY p.district ORDER BY n, p.district""",
    "SELECT count(*), sum(fee) FROM permits_1 WHERE fee < 900 "
    "AND permit IN (SELECT permit FROM visits WHERE hour >= 1)",
    "SELECT district, count(*) FROM permits_1 WHERE permit IN (SELECT permit FROM listed) GROUP BY 1 ORDER BY 1",
    "SELECT z.zone, count(*), count(DISTINCT p.permit), sum(fee), avg(fee) FROM permits_1 p "
    "JOIN zoned z USING (permit) GROUP BY z.zone ORDER BY 1",
    "SELECT zone, district, sum(fee) FROM permits_1 JOIN zoned USING (permit) WHERE fee < 800 AND rank < 80 "
    "GROUP BY zone, district ORDER BY 2, 1",
    "SELECT district, zone AS z, count(*) FROM zoned JOIN permits_1 USING (permit) WHERE zone IN ('inner', 'outer') "
    "GROUP BY 1, 2 HAVING sum(fee) > 1000 ORDER BY 3 DESC, 1, 2 LIMIT 4",
    "SELECT zone, count(*) FROM zoned JOIN listed USING (permit) GROUP BY zone ORDER BY 1",
    "SELECT count(*), count(DISTINCT permits_1.permit), sum(fee) FROM permits_1 JOIN listed USING (permit) "
    "JOIN zoned USING (permit)",
    "SELECT district, count(*), avg(p.fee) FROM listed l JOIN permits_1 p ON p.permit = l.permit "
    "JOIN zoned ON zoned.permit = l.permit WHERE zoned.zone = 'inner' AND p.fee > 100 GROUP BY district ORDER BY 1",
    "SELECT count(*), sum(fee) FROM permits_1 JOIN listed USING (permit) WHERE permits_1.permit IN "
    "(SELECT permit FROM zoned WHERE rank >= 5) AND fee < 900",
    "SELECT count(*) FROM permits_1 WHERE permit IN (SELECT permit FROM visits) "
    "AND permit IN (SELECT permit FROM zoned WHERE zone <> 'outer')",
    "SELECT zone, sum(rank) FROM zoned JOIN listed USING (permit) WHERE permit IN (SELECT permit FROM permits_1) "
    "GROUP BY zone ORDER BY 1",
]


@pytest.mark.parametrize("sql", SAME)
def test_the_answer_is_that_of_the_pooled_rows(pool: Pool, sql: str) -> None:
    ours = [tuple(map(plain, row)) for row in pool.ask(sql).rows]
    theirs = pool.pooled(sql)
    assert len(ours) == len(theirs) > 0
    for own, other in zip(ours, theirs, strict=True):
        for value, expected in zip(own, other, strict=True):
            assert value == expected or math.isclose(float(value), float(expected), rel_tol=1e-12, abs_tol=1e-9)  # type: ignore[arg-type]


def test_a_withheld_group_is_a_row_of_nulls_and_is_named(pool: Pool) -> None:
    found = pool.ask("SELECT district, count(*), sum(fee) FROM permits GROUP BY district ORDER BY 2 DESC", ["group0"])
    assert found.rows[-1] == ("north", None, None)
    assert found.withheld == (("north",),)
    assert all(None not in row for row in found.rows[:-1])


def test_a_withheld_group_of_a_join_is_a_row_of_nulls(pool: Pool) -> None:
    sql = "SELECT district, count(*) FROM permits_1 WHERE permit IN (SELECT permit FROM listed) GROUP BY district"
    assert ("west", None) in pool.ask(sql, ["west"]).rows


def test_what_is_compared_with_a_withheld_figure_is_not_true(pool: Pool) -> None:
    sql = "SELECT district FROM permits GROUP BY district HAVING {} ORDER BY 1"
    for having in ("count(*) >= 0", "count(*) < 0 OR count(*) >= 0"):
        assert [row[0] for row in pool.ask(sql.format(having), ["group1"]).rows] == ["north", "west"]


def test_a_withheld_total_leaves_one_row_of_nulls(pool: Pool) -> None:
    found = pool.ask("SELECT count(*), avg(fee) FROM permits", ["count"])
    assert (found.rows, found.withheld) == (((None, None),), ((),))


def test_a_withheld_group_is_not_listed_as_distinct(pool: Pool) -> None:
    assert pool.ask("SELECT DISTINCT district FROM permits ORDER BY 1", ["group2"]).rows == (("north",), ("south",))


def test_dividing_by_nothing_gives_null(pool: Pool) -> None:
    assert pool.ask("SELECT sum(fee) / (count(*) - count(*)) FROM permits").rows == ((None,),)


def test_records_name_the_columns_as_the_query_does(pool: Pool) -> None:
    (record,) = pool.ask("SELECT count(*) AS n, sum(fee) FROM permits").records()
    assert list(record) == ["n", "sum(fee)"]
    assert isinstance(record["n"], int)
