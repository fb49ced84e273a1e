"""From the opened blocks of rows to percentiles: each is the mean of the rows about its rank."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from typing import TypeAlias

from mpc.protocols.percentiles.terms import name_of
from mpc.spec.job import JobSpec, PercentilesSpec
from mpc.sql.planning.exact import mille
from mpc.sql.planning.groups import group_values
from mpc.sql.planning.plan import Plan
from mpc.sql.query import Aggregate, aggregates
from mpc.sql.tables import JointTable
from mpc.tables.schema import Integer

Figures: TypeAlias = dict[Aggregate, Fraction | None]


def figures(plan: Plan, opened: Sequence[Mapping[str, int]]) -> Iterator[tuple[tuple[str, ...], Figures, bool]]:
    """Compute every measure of each group, and tell whether its rows were withheld. opened: of each job of the plan."""
    size = len(plan.values)
    for number, labels in enumerate([(value,) for value in group_values(plan.query)] or [()]):
        own = slice(number * size, (number + 1) * size)
        jobs, cells = plan.jobs[own], opened[own]
        found: Figures = {}
        for asked in aggregates(plan.query):
            place = 0 if asked.column is None else plan.values.index((asked.column,))
            found[asked] = _percentile(plan, jobs[place], cells[place], asked)
        yield labels, found, any("count" not in one for one in cells)


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
