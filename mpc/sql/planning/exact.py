"""From a query to jobs whose figures are exact: percentiles by owners' engines, everything else as ``planning`` says.

A percentile is answered where three owners of a joint table say that they have an engine; it is the mean of the rows
about its rank (``mpc.protocols.percentiles.terms``). It stands beside nothing but other percentiles and the count of
the same rows, since sums of the column would take it apart (``mpc.disclosure.before.ranks``). Each group is a job of
its own.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from mpc.protocols.percentiles.terms import ENGINES, MAX_PERCENTILES, MILLE
from mpc.spec.job import PercentilesSpec
from mpc.spec.parts import Amount
from mpc.sql.planning import plan as planning
from mpc.sql.planning.asking import Asking, source
from mpc.sql.planning.groups import filters, group_values, grouped
from mpc.sql.planning.jobs import Jobs
from mpc.sql.planning.plan import Plan
from mpc.sql.query import RANKS, Aggregate, GroupColumn, Listed, Measure, Query, Relation, aggregates
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import JointTable
from mpc.tables.schema import Integer


def plan(query: Query, asking: Asking) -> Plan:
    """Lay a query out as jobs.

    Raises:
        Unanswerable: no protocol gives what is asked, or it would give more.
        InvalidRecord: bounds of a specification (``mpc.spec.job``).
    """
    ranked, table = [found for found in aggregates(query) if found.measure in RANKS], query.relation
    for found in ranked:
        if found.share is None:
            raise Unanswerable(Reason.EXTREME, _written(found))
        if not isinstance(table, JointTable) or not has_engines(table):
            raise Unanswerable(Reason.RANK, _written(found))
        if found.measure is Measure.DISCRETE:
            raise Unanswerable(Reason.DISCRETE, _written(found))
    if noised := next((part for part in table.parts if part.privacy is not None), None):
        raise Unanswerable(Reason.NOISED_ONLY, noised.name)
    if ranked and asking.jobs is Jobs.ONE:
        raise Unanswerable(Reason.ONE_JOB, f"--jobs one: {_written(ranked[0])}")
    return _blocks(query, table, asking, ranked) if ranked else planning.plan(query, asking)


def _blocks(query: Query, table: Relation, asking: Asking, ranked: list[Aggregate]) -> Plan:
    assert isinstance(table, JointTable)
    for found in aggregates(query):
        if found not in ranked and (found.measure is not Measure.COUNT or found.column is not None):
            raise Unanswerable(Reason.BLOCK_ALONE, _written(found))
    columns = dict.fromkeys(found.column for found in ranked if found.column is not None)
    parts = _parts(query, ranked)
    jobs = tuple(_job(part, table, asking, column, ranked) for part in parts for column in columns)
    return Plan(query, jobs, tuple((column,) for column in columns))


def _parts(query: Query, ranked: list[Aggregate]) -> list[Query]:
    """Ask for one group after another: rows that no two groups share, as WHERE would name them."""
    group = grouped(query, GroupColumn)
    if group is None and not query.groups:
        return [query]
    if group is None or len(query.groups) > 1:
        raise Unanswerable(Reason.BLOCK_ALONE, _written(ranked[0]))
    rest = tuple(found for found in query.conditions if found.column != group.column)
    named = [Listed(group.column, frozenset({value})) for value in group_values(query)]
    return [replace(query, groups=(), conditions=(*rest, one)) for one in named]


def has_engines(table: JointTable) -> bool:
    """Tell whether enough owners of a joint table say that their nodes compute on shares."""
    return sum(part.engine for part in table.parts) >= ENGINES


def mille(share: Fraction) -> int:
    """Say a share in thousandths; raises Unanswerable if it is none."""
    found = share * MILLE
    if found.denominator != 1:
        raise Unanswerable(Reason.BLOCK_ALONE, str(float(share)))
    return int(found)


def _job(query: Query, table: JointTable, asking: Asking, column: str, ranked: list[Aggregate]) -> PercentilesSpec:
    if len(table.parts) < max(ENGINES, asking.contributors):
        raise Unanswerable(Reason.OWNERS, table.name)
    declared = table.columns[column]
    if not isinstance(declared, Integer):
        raise Unanswerable(Reason.TYPE, column)
    asked = {mille(found.share) for found in ranked if found.column == column and found.share is not None}
    if len(asked) > MAX_PERCENTILES:
        raise Unanswerable(Reason.BLOCK_ALONE, column)
    parts = sorted(table.parts, key=lambda part: part.party)
    return PercentilesSpec(
        purpose=asking.purpose,
        recipient=asking.recipient,
        sources=tuple(source(part, asking) for part in parts),
        engines=tuple(part.party for part in parts if part.engine)[:ENGINES],
        filters=filters(query, table.columns),
        value=Amount(column, max(abs(declared.low), abs(declared.high), 1)),
        rows=table.rows,
        percentiles=tuple(sorted(asked)),
        minimum=asking.minimum,
        contributors=asking.contributors,
    )


def _written(found: Aggregate) -> str:
    return f"{found.measure.upper()}({found.column or '*'})"
