"""Departments' tables in files, their descriptions for an analyst, and what jobs over them would release.

The release of a job is computed as ``mpc.sql.trial`` does; that the protocols give the same is tested where they are.
"""

from __future__ import annotations

import csv
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import duckdb

from contracts.authorizations.terms import identifier
from ledger.canonical import JsonValue
from mpc.privacy.declaration import Declaration
from mpc.privacy.noise import Sampler, discrete_gaussian
from mpc.spec.job import JobSpec
from mpc.sql import tables, trial
from mpc.sql.answering.rows import Answer, answer
from mpc.sql.noise import noised, private
from mpc.sql.noise.declared import Choices, view
from mpc.sql.noise.noised import Noised
from mpc.sql.planning import exact
from mpc.sql.planning.asking import Asking
from mpc.sql.planning.jobs import Jobs
from mpc.sql.planning.plan import Plan
from mpc.sql.reading import text as reading
from mpc.sql.tables import Tables
from mpc.tables.schema import Integer, Schema, Text
from mpc.tables.table import Table

ASKING = Asking("survey", "office", identifier, minimum=2, contributors=3, epsilon_milli=100, delta_log2=-40)
PERMIT = Text("[0-9]{4}")
FEE = Integer(0, 100_000, 2)


class Joint:
    """Departments' tables in one folder. ``_add`` writes one with its description."""

    tables: Tables
    _engines = False

    def __init__(self, home: Path, declared: Mapping[str, Declaration] = MappingProxyType({})) -> None:
        """declared: of the assets that are asked with noise only."""
        self._home, self.schemas, self._declared = home, dict[str, Schema](), declared

    def plan(self, sql: str, jobs: Jobs | None = None) -> Plan:
        return exact.plan(reading.read(sql, self.tables), replace(ASKING, jobs=jobs))

    def ask(self, sql: str, withheld: Sequence[str] = (), jobs: Jobs | None = None) -> Answer:
        """Answer a query as the jobs would. withheld: names of cells, or groups of a join, that do not open."""
        plan = self.plan(sql, jobs)
        return answer(plan, [self.opened(job, withheld) for job in plan.jobs])

    def plan_noised(self, sql: str, choices: Choices) -> Plan:
        return private.plan(reading.read(sql, view(self.tables)), ASKING, choices)

    def ask_noised(self, sql: str, choices: Choices, sampler: Sampler = discrete_gaussian) -> Answer:
        """Answer a query with noise as the jobs would."""
        plan = self.plan_noised(sql, choices)
        return noised.answer(plan, [Noised(self.released(job, sampler), noised.expected(job)) for job in plan.jobs])

    def released(self, job: JobSpec, sampler: Sampler) -> Mapping[str, JsonValue]:
        """Compute what a job with noise would release."""
        return trial.release(job, self._open, sampler)

    def text(self, asset: str) -> str:
        """Return an owner's table as its node reads it."""
        return (self._home / f"{asset}.csv").read_text()

    def _add(self, asset: str, party: str, schema: Schema, rows: Sequence[Sequence[object]]) -> None:
        with (self._home / f"{asset}.csv").open("w", newline="") as file:
            csv.writer(file).writerows([list(schema.columns), *rows])
        self.schemas[asset] = schema
        description = tables.describe(party, asset, schema, {}, self._declared.get(asset), engine=self._engines)
        (self._home / f"{asset}{tables.SUFFIX}").write_text(description)

    def opened(self, job: JobSpec, withheld: Collection[str] = ()) -> Mapping[str, JsonValue]:
        found = trial.release(replace(job, minimum=1), self._open)
        match found["cells"]:
            case dict(cells):
                closed = {f"{name}-{kind}" for name in withheld for kind in ("sum", "squares")} | {*withheld}
                return {"cells": {name: value for name, value in cells.items() if name not in closed}}
            case list(cells):
                return {"cells": [cell for cell in cells if isinstance(cell, dict) and cell["group"] not in withheld]}
        raise AssertionError(found)

    def _open(self, asset: str) -> Table:
        return Table(self._home / f"{asset}.csv", self.schemas[asset])


class Pool(Joint):
    """Four departments: three hold permits, the second also a list and visits, the fourth zones."""

    def __init__(
        self,
        home: Path,
        permits: Mapping[int, Sequence[tuple[str, str, int, int]]],
        listed: Sequence[str],
        declared: Mapping[str, Declaration] = MappingProxyType({}),
    ):
        super().__init__(home, declared)
        for number, rows in permits.items():
            shown = [(key, district, f"{fee / 100:.2f}", days) for key, district, fee, days in rows]
            columns = {"permit": PERMIT, "district": Text("north|south|west"), "fee": FEE, "days": Integer(-99, 99)}
            schema = Schema(columns, key="permit" if number == 1 else None, groups=("district",), rows=1000)
            self._add(f"permits-{number}", f"department-{number}", schema, shown)
        columns = {"permit": PERMIT, "weight": Integer(0, 9)}
        self._add("listed", "department-2", Schema(columns, "permit", "permit", rows=500), [(key, 1) for key in listed])
        visits = [(key, place) for key in listed for place in range(2)]
        columns = {"permit": PERMIT, "hour": Integer(0, 23)}
        self._add("visits", "department-2", Schema(columns, None, "permit", rows=1000), visits)
        columns = {"permit": PERMIT, "zone": Text("inner|outer"), "rank": Integer(0, 99)}
        schema = Schema(columns, "permit", "permit", groups=("zone",), rows=500)
        keys = sorted(listed)[3:]
        zones = [(key, ("inner", "outer")[place // 3 % 2], place % 90) for place, key in enumerate(keys)]
        self._add("zoned", "department-4", schema, [*zones, ("8888", "outer", 3)])
        names = ", ".join(f'"permits_{number}"' for number in permits)
        (home / tables.JOINT).write_text(
            f'version = 1\n[joint]\npermits = [{names}]\npair = ["permits_1", "permits_2"]\n'
        )
        self.tables = tables.load(home)

    def pooled(self, sql: str) -> list[tuple[object, ...]]:
        """Answer a query from everybody's rows."""
        with duckdb.connect() as db:
            for path in self._home.glob("*.csv"):
                schema = self.schemas[path.stem]
                kinds = ", ".join(
                    f"'{name}': '{'VARCHAR' if isinstance(column, Text) else f'DECIMAL(18, {column.scale})'}'"
                    for name, column in schema.columns.items()
                )
                name = path.stem.replace("-", "_")
                db.execute(f"CREATE TABLE {name} AS SELECT * FROM read_csv('{path}', columns={{{kinds}}})")
            parts = " UNION ALL ".join(f"SELECT * FROM permits_{number}" for number in (1, 2, 3))
            db.execute(f"CREATE VIEW permits AS {parts}")
            return db.execute(sql).fetchall()
