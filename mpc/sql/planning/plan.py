"""From a query to jobs: which specifications, asked in which order, give the figures that it needs.

A joint table becomes masked sums, one job for each column that is added up, or masked moments (``matrices``); a join
becomes a private join, or the one job over rows side by side that owners align or engines match (``alignments``). What
cannot be had that way is refused here, before anybody is asked. HAVING, ORDER BY, LIMIT and arithmetic are no part
of a job: the recipient does them with opened figures (``mpc.sql.answering.rows``).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import ceil, prod

from mpc.protocols.words import Text
from mpc.spec.job import JobSpec, SumsSpec
from mpc.spec.parts import Amount, Grouping
from mpc.sql.planning import alignments as align_planning
from mpc.sql.planning import joins as join_planning
from mpc.sql.planning import matches as match_planning
from mpc.sql.planning import matrices
from mpc.sql.planning.asking import Asking, source
from mpc.sql.planning.groups import filters, group_values, grouped
from mpc.sql.planning.jobs import Jobs
from mpc.sql.planning.predicates import ends, number
from mpc.sql.query import (
    PAIRS,
    SQUARES,
    Aggregate,
    Aligned,
    Classes,
    GroupColumn,
    Joined,
    Measure,
    Query,
    Range,
    aggregates,
)
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import JointTable
from mpc.tables.schema import Integer

_OUTPUT = {Measure.COUNT: "count", Measure.SUM: "sum", Measure.MEAN: "mean"} | dict.fromkeys(SQUARES, "variance")
_ORDER = ("count", "sum", "mean", "variance", "histogram")


@dataclass(frozen=True, slots=True)
class Plan:
    """A query and its jobs.

    values: of masked sums, the column, or the two whose product, each job adds up; of masked moments, all that are
    read off the one job. rule: why these jobs, where others would give the same.
    """

    query: Query
    jobs: tuple[JobSpec, ...]
    values: tuple[tuple[str, ...], ...]
    rule: Text | None = None

    @property
    def is_noised(self) -> bool:
        """Whether its figures are noised, all of them."""
        return all(job.privacy is not None for job in self.jobs)


def plan(query: Query, asking: Asking) -> Plan:
    """Lay a query without percentiles out as jobs for exact figures, as ``mpc.sql.planning.exact`` wants it.

    Raises:
        Unanswerable: no protocol gives what is asked, or it would give more.
        InvalidRecord: bounds of a specification (``mpc.spec.job``).
    """
    if isinstance(query.relation, Joined):
        if asking.jobs is Jobs.ONE:
            raise Unanswerable(Reason.ONE_JOB, "--jobs one: it is over one joint table without groups")
        return Plan(query, (join_planning.join(query, query.relation, asking),), ())
    if isinstance(query.relation, Aligned):
        laid = match_planning if query.relation.is_matched else align_planning
        return Plan(query, (laid.job(query, query.relation, asking),), ())
    return _sums(query, query.relation, asking)


def _sums(query: Query, table: JointTable, asking: Asking) -> Plan:
    if len(table.parts) < max(3, asking.contributors):
        raise Unanswerable(Reason.OWNERS, table.name)
    asked, classes = aggregates(query), grouped(query, Classes)
    if distinct := next((found for found in asked if found.measure is Measure.DISTINCT), None):
        raise Unanswerable(Reason.DISTINCT, f"count(DISTINCT {distinct.column})")
    values = tuple(dict.fromkeys(value for found in asked for value in values_of(found)))
    if classes is not None and any(found.measure in PAIRS for found in asked):
        raise Unanswerable(Reason.PRODUCT, classes.column)
    if classes is not None and (set(values) - {(classes.column,)} or (values and grouped(query, GroupColumn) is None)):
        raise Unanswerable(Reason.CLASSES_OF_OTHER, classes.column)
    values = values or ((classes.column if classes else _any_number(query, table),),)
    jobs = tuple(_sums_job(query, table, asking, value, asked, classes) for value in values)
    chosen = matrices.choose(query, jobs, values, asking.jobs)
    return Plan(query, chosen.jobs, values, chosen.rule)


def values_of(asked: Aggregate) -> tuple[tuple[str, ...], ...]:
    """Name what must be added up for a measure: its column, or both columns and their product."""
    if asked.column is None:
        return ()
    if asked.other is None:
        return ((asked.column,),)
    return ((asked.column,), (asked.other,), product(asked))


def product(asked: Aggregate) -> tuple[str, ...]:
    """Name the product of a measure's two columns, as a specification does."""
    return tuple(sorted(column for column in (asked.column, asked.other) if column is not None))


def _sums_job(
    query: Query,
    table: JointTable,
    asking: Asking,
    value: tuple[str, ...],
    asked: Sequence[Aggregate],
    classes: Classes | None,
) -> SumsSpec:
    factors = [number(column, table.columns) for column in value]
    bound = prod(max(abs(factor.low), abs(factor.high), 1) for factor in factors)
    outputs = _outputs(value, asked) | ({"histogram"} if classes else set())
    group = grouped(query, GroupColumn)
    return SumsSpec(
        purpose=asking.purpose,
        recipient=asking.recipient,
        sources=tuple(source(part, asking) for part in sorted(table.parts, key=lambda part: part.party)),
        filters=filters(query, table.columns),
        value=Amount(value[0], bound, value[1] if len(value) > 1 else None),
        rows=table.rows,
        edges=_edges(query, classes, factors[0]) if classes else (),
        outputs=tuple(name for name in _ORDER if name in outputs),
        minimum=asking.minimum,
        contributors=asking.contributors,
        table=Grouping(group.column, group_values(query)) if group else None,
    )


def _outputs(value: tuple[str, ...], asked: Sequence[Aggregate]) -> set[str]:
    """Say what a job must release of its value; of a product only the sum."""
    if len(value) > 1:
        return {"sum"}
    found = {_OUTPUT[one.measure] for one in asked if one.measure not in PAIRS and one.column in (None, value[0])}
    paired = any(one.measure in PAIRS and value[0] in (one.column, one.other) for one in asked)
    return found | ({"variance"} if paired else set()) or {"count"}


def _any_number(query: Query, table: JointTable) -> str:
    """Choose the column of a job that only counts: one the query names, before any other."""
    named = [found.column for found in query.conditions if isinstance(found, Range)]
    columns = table.columns.items()
    numbers = [name for name, own in columns if isinstance(own, Integer) and (not own.nullable or name in named)]
    if not numbers:
        raise Unanswerable(Reason.TYPE, table.name)
    return next((name for name in named if name in numbers), numbers[0])


def _edges(query: Query, classes: Classes, declared: Integer) -> tuple[int, ...]:
    """Begin the first class where the values begin, by a condition or by declaration."""
    bounds = [found for found in query.conditions if found.column == classes.column and isinstance(found, Range)]
    at_least = ends(bounds[0], declared)[0] if bounds else None
    first = declared.low if at_least is None else at_least
    edges = (first, *class_ends(classes, declared))
    if list(edges) != sorted(set(edges)):
        raise Unanswerable(Reason.CLASSES, f"{classes.column} < {classes.ends[0]}")
    return edges


def class_ends(classes: Classes, declared: Integer) -> tuple[int, ...]:
    """Turn the ends of classes into the column's integers."""
    return tuple(ceil(end * 10**declared.scale) for end in classes.ends)
