"""Keys that are empty, repeated, of other rules or types, or nowhere in common: SQL's own answer, or a reason."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from pooledtables import Joint

from ledger.errors import InvalidRecord
from mpc.sql import tables
from mpc.sql.answering.rows import plain
from mpc.sql.refusal import Reason, Unanswerable
from mpc.tables.forms import Form
from mpc.tables.schema import Integer, Schema, Text

KEY = Text("[A-Za-z0-9]{1,8}", nullable=True)
ZONES = Text("inner|outer")
SALES = [("A1", "x", 5), ("A1", "x", 7), ("", "y", 900), ("B2", "y", 11), ("C3", "x", 13), ("C3", "x", 9), ("", "x", 8)]
LISTED = [("A1", "inner"), ("B2", "outer"), ("", "inner"), ("D4", "outer"), ("", "outer"), ("C3", "inner")]
SECOND = [("C3", 1), ("A1", 2), ("", 3), ("E5", 4)]


class Keys(Joint):
    """Sales with repeated and empty keys, two lists with empty ones, and lists that cannot be joined."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        counted = Schema({"k": KEY, "ward": Text("x|y"), "price": Integer(0, 999)}, key="k", rows=50)
        self._add("sales", "finance", counted, SALES)
        listed = Schema({"k": KEY, "zone": ZONES}, unique="k", key="k", groups=("zone",), rows=50)
        self._add("listed", "tax", listed, LISTED)
        self._add("second", "housing", Schema({"k": KEY, "n": Integer(0, 9)}, "k", "k", rows=50), SECOND)
        self._add("elsewhere", "museum", Schema({"k": KEY, "zone": ZONES}, "k", "k", ("zone",), 50), [("Z9", "inner")])
        lower = Text("[a-z0-9]{1,8}", form=Form.NFKC_STRIP_LOWER)
        self._add("lowered", "school", Schema({"k": lower}, "k", "k", rows=50), [("a1",)])
        self._add("numbered", "court", Schema({"k": Integer(0, 9), "c": KEY}, "c", "c", rows=50), [(1, "A1")])
        often = Schema({"k": KEY, "zone": ZONES}, None, "k", ("zone",), 50)
        self._add("repeated", "police", often, [("A1", "inner")] * 3)
        self.tables = tables.load(home)


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Keys:
    return Keys(Path(tmp_path_factory.mktemp("keys")))


def pooled(sql: str) -> list[tuple[object, ...]]:
    """Answer from everybody's rows; an empty cell is NULL."""
    with duckdb.connect() as db:
        for name, columns, rows in (
            ("sales", "k TEXT, ward TEXT, price INT", SALES),
            ("listed", "k TEXT, zone TEXT", LISTED),
            ("second", "k TEXT, n INT", SECOND),
        ):
            db.execute(f"CREATE TABLE {name} ({columns})")
            known = [[None if cell == "" else cell for cell in row] for row in rows]
            db.executemany(f"INSERT INTO {name} VALUES ({', '.join('?' * len(rows[0]))})", known)
        return db.execute(sql).fetchall()


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT zone, count(*), count(DISTINCT sales.k), sum(price) FROM sales JOIN listed USING (k) "
        "GROUP BY 1 ORDER BY 1",
        "SELECT count(*), count(DISTINCT sales.k), sum(price) FROM sales JOIN listed USING (k) JOIN second USING (k)",
        "SELECT count(*), sum(price) FROM sales WHERE k IN (SELECT k FROM listed) AND k IN (SELECT k FROM second)",
    ],
)
def test_an_empty_key_joins_nothing_and_a_repeated_one_counts_as_in_sql(keys: Keys, sql: str) -> None:
    assert [tuple(map(plain, row)) for row in keys.ask(sql).rows] == pooled(sql)


def test_nothing_in_common_is_withheld_and_no_zero(keys: Keys) -> None:
    """Whether none or a few keys are in common is not told."""
    for sql in (
        "SELECT count(*), sum(price) FROM sales JOIN elsewhere USING (k)",
        "SELECT count(*), sum(price) FROM sales JOIN listed USING (k) JOIN elsewhere USING (k)",
    ):
        assert keys.ask(sql).rows == ((None, None),)
    sql = "SELECT zone, count(*) FROM sales JOIN elsewhere USING (k) GROUP BY 1 ORDER BY 1"
    assert keys.ask(sql).rows == (("inner", None), ("outer", None))


@pytest.mark.parametrize(
    ("reason", "sql"),
    [
        (Reason.KEY_FORMS, "SELECT count(*) FROM sales JOIN listed USING (k) JOIN lowered USING (k)"),
        (Reason.JOIN, "SELECT count(*) FROM sales JOIN listed USING (k) JOIN numbered USING (k)"),
        (Reason.JOIN_TWICE, "SELECT sum(price) FROM sales JOIN listed USING (k) JOIN repeated USING (k)"),
        (Reason.JOIN_TWICE, "SELECT zone, sum(price) FROM sales JOIN repeated USING (k) GROUP BY zone"),
    ],
)
def test_keys_of_another_rule_or_type_and_repeated_on_both_sides_are_refused(
    keys: Keys, reason: Reason, sql: str
) -> None:
    with pytest.raises(Unanswerable) as refused:
        keys.plan(sql)
    assert refused.value.reason is reason


def test_keys_repeated_on_both_sides_count_once_each_with_in(keys: Keys) -> None:
    lists = "k IN (SELECT k FROM repeated) AND k IN (SELECT k FROM second)"
    assert keys.ask(f"SELECT count(*), count(DISTINCT k) FROM sales WHERE {lists}").rows == ((2, 1),)


def test_a_list_with_a_key_in_two_groups_is_no_list(tmp_path: Path) -> None:
    torn = Keys(tmp_path)
    torn._add("listed", "tax", torn.schemas["listed"], [*LISTED, ("A1", "outer")])
    with pytest.raises(InvalidRecord):
        torn.ask("SELECT zone, count(*) FROM sales JOIN listed USING (k) GROUP BY zone")
