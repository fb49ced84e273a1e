"""From the opened blocks of rows to percentiles: each is the mean of the rows about its rank."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

from mpc.protocols.percentiles.terms import name_of
from mpc.schema import Integer
from mpc.spec import JobSpec, PercentilesSpec
from mpc.sql.exact import mille
from mpc.sql.planning import Plan
from mpc.sql.query import Aggregate, aggregates
from mpc.sql.tables import JointTable


def figures(plan: Plan, opened: Sequence[Mapping[str, int]]) -> Mapping[Aggregate, Fraction | None]:
    """Compute every measure that a query names. opened: of each job of the plan."""
    found: dict[Aggregate, Fraction | None] = {}
    for asked in aggregates(plan.query):
        place = 0 if asked.column is None else plan.values.index((asked.column,))
        found[asked] = _percentile(plan, plan.jobs[place], opened[place], asked)
    return found


def _percentile(plan: Plan, job: JobSpec, cells: Mapping[str, int], asked: Aggregate) -> Fraction | None:
    if asked.share is None:
        return Fraction(cells["count"]) if "count" in cells else None
    percentile = mille(asked.share)
    assert isinstance(job, PercentilesSpec)
    assert asked.column is not None
    if (name := name_of(percentile)) not in cells:
        return None
    column = plan.query.relation.columns[asked.column] if isinstance(plan.query.relation, JointTable) else None
    scale = column.scale if isinstance(column, Integer) else 0
    return Fraction(cells[name], job.terms.block(percentile, cells["count"]).rows * 10**scale)
