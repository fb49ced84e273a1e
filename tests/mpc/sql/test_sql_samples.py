"""Invented rows keep to their description, and a trial on them withholds what the gate would."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest
from pooledtables import ASKING, Pool

from ledger.errors import InvalidRecord
from mpc.sql import trial
from mpc.sql.answering import rows as answering
from mpc.sql.planning import plan as planning
from mpc.sql.reading import text as reading
from mpc.sql.samples import Sampler
from mpc.sql.tables import OwnedTable
from mpc.tables.schema import Integer, Schema, Text
from mpc.tables.table import Table

PERMITS = Schema(
    {"permit": Text("[0-9]{6}"), "district": Text("n|s"), "fee": Integer(-250, 9_999, 2), "days": Integer(0, 9)},
    key="permit", groups=("district",), rows=500,
)  # fmt: skip
LISTED = Schema({"permit": Text("[0-9]{6}")}, unique="permit", key="permit", rows=80)


def owned(name: str, schema: Schema, **groups: tuple[str, ...]) -> OwnedTable:
    return OwnedTable(name, "owner", name, schema, groups)


def test_a_table_of_invented_rows_is_one_its_owner_could_hold(tmp_path: Path) -> None:
    sampler = Sampler(300, seed=3)
    sampler.write(owned("permits", PERMITS, district=("n", "s")), tmp_path / "permits.csv")
    sampler.write(owned("listed", LISTED), tmp_path / "listed.csv")
    permits, listed = Table(tmp_path / "permits.csv", PERMITS), Table(tmp_path / "listed.csv", LISTED)
    assert (permits.rows, listed.rows) == (300, 80)
    shared = set(permits.keys("permit", ())) & set(listed.keys("permit", ()))
    assert len(shared) > 20


def test_the_same_seed_gives_the_same_rows_and_another_does_not() -> None:
    table = owned("permits", PERMITS, district=("n", "s"))
    first, again, other = (list(Sampler(20, seed).rows(table)) for seed in (1, 1, 2))
    assert first == again != other


def test_a_pattern_with_too_few_texts_for_a_unique_column_is_refused(tmp_path: Path) -> None:
    few = owned("few", Schema({"code": Text("[a-c]")}, unique="code", rows=50))
    assert len(list(Sampler(3).rows(few))) == 3
    with pytest.raises(InvalidRecord, match="fewer than 4 texts"):
        list(Sampler(4).rows(few))
    for rows in (0, 100_001):
        with pytest.raises(InvalidRecord, match="sample"):
            Sampler(rows)


def test_a_trial_withholds_small_cells_and_the_margins_they_belong_to(tmp_path: Path) -> None:
    rows = {n: [(f"{n}{i:03d}", "west" if i == 0 else "north", 100, 1) for i in range(9)] for n in (1, 2, 3)}
    pool = Pool(tmp_path, rows, ["1000", "1001", "1002"])
    query = reading.read("SELECT district, count(*) FROM permits GROUP BY district", pool.tables)
    plan = planning.plan(query, replace(ASKING, minimum=4))

    def table(asset: str) -> Table:
        return Table(tmp_path / f"{asset}.csv", pool.schemas[asset])

    found = answering.answer(plan, [trial.release(job, table) for job in plan.jobs])
    assert found.rows == (("north", 24), ("south", None), ("west", None))
    assert trial.release(plan.jobs[0], table) == {"cells": {"group0": "24"}}
    join = reading.read("SELECT count(*) FROM permits_1 JOIN listed USING (permit)", pool.tables)
    for minimum, expected in ((3, 3), (4, None)):
        joined = planning.plan(join, replace(ASKING, minimum=minimum))
        assert answering.answer(joined, [trial.release(joined.jobs[0], table)]).rows == ((expected,),)


def test_invented_numbers_are_written_with_their_decimals(tmp_path: Path) -> None:
    schema = Schema({"fee": Integer(-5, -5, 2)}, rows=2)
    Sampler(1).write(owned("fees", schema), tmp_path / "fees.csv")
    assert list(csv.reader((tmp_path / "fees.csv").open())) == [["fee"], ["-0.05"]]
