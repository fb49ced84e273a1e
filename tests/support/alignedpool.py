"""Three departments' tables that share most of their keys, one row a key, and some that cannot be aligned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import duckdb
from pooledtables import ASKING, Joint

from mpc.sql import tables
from mpc.sql.answering import rows as answering
from mpc.sql.answering.rows import Answer
from mpc.sql.planning import exact
from mpc.sql.planning.asking import Telling
from mpc.sql.planning.plan import Plan
from mpc.sql.reading import text as reading
from mpc.tables.calendars import Calendar
from mpc.tables.forms import Form
from mpc.tables.schema import Column, Integer, Schema, Text

KEY = Text("p[0-9]{1,3}")
ROWS = 400


class AlignedPool(Joint):
    """Pays (labour), visits (health), taxes (revenue), and beside them what cannot be aligned or is too few."""

    def __init__(self, home: Path) -> None:
        super().__init__(home)
        pays = [(f"p{i}", f"{i * i * 37 % 100_000 / 100:.2f}", i * 7 % 61) for i in range(260)]
        visits = [(f"p{i}", f"{(i * 11 % 140 - 40) / 10:.1f}", i * 3 % 400) for i in range(40, 260)]
        taxes = [(f"p{i}", i * 29 % 10_000, i % 10, i % 90, "1999-12-31", "east") for i in range(240)]
        taxed: dict[str, Column] = {
            "tax": Integer(0, 9999),
            "band": Integer(0, 9),
            "late": Integer(0, 99, nullable=True),
        }
        taxed |= {"day": Integer(0, 20_000, calendar=Calendar.ISO), "ward": Text("east|west")}
        fine, folded = Integer(0, 199), Text("p[0-9]{1,3}", form=Form.NFKC_STRIP)
        self._side("pays", "labour", {"pay": Integer(0, 99_999, 2), "hours": Integer(0, 60)}, pays)
        self._side("care-visits", "health", {"visits": Integer(-40, 99, 1), "pay": Integer(0, 500)}, visits)
        self._side("taxes", "revenue", taxed, taxes)
        self._side("twice", "revenue", {"fine": fine}, [("p1", 3), ("p1", 4)], unique=False)
        self._side("clinics", "health", {"beds": fine}, [("p1", 3)])
        self._side("folded", "justice", {"fine": fine}, [("p1", 3)], key=folded)
        self._side("few", "justice", {"fine": fine}, [(f"p{i}", i) for i in range(90, 145)])
        self.tables = tables.load(home)

    def _side(
        self,
        asset: str,
        party: str,
        columns: Mapping[str, Column],
        rows: Sequence[tuple[object, ...]],
        *,
        unique: bool = True,
        key: Text = KEY,
    ) -> None:
        schema = Schema({"id": key, **columns}, "id" if unique else None, "id", rows=ROWS)
        self._add(asset, party, schema, rows)

    def aligned(self, sql: str, *told: str) -> Plan:
        """Plan a query with leave to tell owners their common keys."""
        asking = replace(ASKING, telling=Telling(told))
        return exact.plan(reading.read(sql, self.tables, is_aligned=True), asking)

    def told(self, sql: str) -> Answer:
        """Answer a query as its job would."""
        plan = self.aligned(sql)
        return answering.answer(plan, [self.opened(job) for job in plan.jobs])

    def pooled(self, sql: str) -> list[tuple[object, ...]]:
        """Answer a query from everybody's rows."""
        with duckdb.connect() as db:
            for asset in ("pays", "care-visits", "taxes", "few"):
                path = self._home / f"{asset}.csv"
                db.execute(f"CREATE TABLE {asset.replace('-', '_')} AS SELECT * FROM read_csv('{path}')")
            return db.execute(sql).fetchall()
