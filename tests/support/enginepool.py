"""Departments whose nodes have engines, and so answer percentiles."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from pooledtables import ASKING, Pool

from ledger.canonical import JsonValue
from mpc.spec.job import JobSpec
from mpc.sql import trial
from mpc.sql.planning import exact
from mpc.sql.planning.jobs import Jobs
from mpc.sql.planning.plan import Plan
from mpc.sql.reading import text as reading

ROWS = {
    owner: [(f"{owner}{place:03d}", "north", 1000 + 130 * place + owner, place) for place in range(20)]
    for owner in (1, 2, 3, 4)
}


class WithEngines(Pool):
    """Their answers keep the minimum: percentiles are about it."""

    _engines = True

    def plan(self, sql: str, jobs: Jobs | None = None) -> Plan:
        return exact.plan(reading.read(sql, self.tables), replace(ASKING, minimum=6, jobs=jobs))

    def opened(self, job: JobSpec, withheld: Collection[str] = ()) -> Mapping[str, JsonValue]:
        match trial.release(job, self._open):
            case {"cells": dict(cells)}:
                return {"cells": {name: value for name, value in cells.items() if name not in withheld}}
        raise AssertionError(job)
