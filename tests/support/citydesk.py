"""Queries asked of real nodes: planned as an analyst's command does, run job by job over the chain, and answered.

Nothing is computed from pooled rows here; the comparison is the test's.
"""

from __future__ import annotations

from dataclasses import dataclass

from city import City
from townspecs import OFFICE

from contracts.authorizations.terms import identifier
from mpc.sql.answering.rows import Answer, answer
from mpc.sql.planning import exact
from mpc.sql.planning.asking import Asking, Telling
from mpc.sql.reading import text as reading
from mpc.sql.tables import Tables
from mpc.studies.study import Finding, Study


@dataclass(frozen=True, slots=True)
class Desk:
    """The analyst of an office, who holds descriptions of tables that departments of a city have."""

    city: City
    tables: Tables

    def ask(self, sql: str, telling: Telling | None = None) -> Answer:
        """Run every job of a query. telling: leave to align rows."""
        asking = Asking("market-audit", OFFICE, identifier, 10, 3, 1000, -20, telling=telling)
        plan = exact.plan(reading.read(sql, self.tables, is_aligned=telling is not None), asking)
        documents = []
        for spec in plan.jobs:
            job, finished = self.city.ask(self.city.authorized(spec))
            assert finished is not None, [self.city[code].said(job).splitlines()[-1] for code in spec.parties]
            documents.append(finished.release.document)
        return answer(plan, documents)

    def study(self, study: Study) -> Finding:
        return study.conclude([self.ask(sql) for sql in study.queries])
