"""The groups that a query asks for, and their values, which must be public before a row is read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from mpc.spec.parts import Predicate
from mpc.sql.planning.predicates import predicates
from mpc.sql.query import Aligned, Condition, GroupColumn, Joined, Listed, Query
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import JointTable, OwnedTable
from mpc.tables.schema import Column

G = TypeVar("G")


def grouped(query: Query, kind: type[G]) -> G | None:
    """Return the query's grouping of a kind over the rows that are counted, of which it has one at most."""
    found = (group for group in query.groups if isinstance(group, kind))
    return next((group for group in found if not (isinstance(group, GroupColumn) and group.is_listers)), None)


def listers_group(query: Query) -> GroupColumn | None:
    """Return the grouping by a column of a join's list, of which there is one at most."""
    return next((group for group in query.groups if isinstance(group, GroupColumn) and group.is_listers), None)


def group_values(query: Query) -> tuple[str, ...]:
    """Return the values of the GROUP BY column of the rows that are counted, sorted; empty where there is none."""
    group = grouped(query, GroupColumn)
    if group is None:
        return ()
    table = query.relation.holder if isinstance(query.relation, Joined) else query.relation
    return _values(group.column, query.conditions, table)


def listers_values(query: Query) -> tuple[str, ...]:
    """Return the values of the GROUP BY column of a join's list, sorted; empty where there is none."""
    group = listers_group(query)
    if group is None or not isinstance(query.relation, Joined):
        return ()
    return _values(group.column, query.relation.lister_conditions, query.relation.lister)


def filters(query: Query, columns: Mapping[str, Column]) -> tuple[Predicate, ...]:
    """Say the conditions as filters; the values of the groups are in the grouping, and so in no filter."""
    group = grouped(query, GroupColumn)
    return predicates([found for found in query.conditions if group is None or found.column != group.column], columns)


def _values(column: str, conditions: Iterable[Condition], table: OwnedTable | JointTable | Aligned) -> tuple[str, ...]:
    chosen = (found for found in conditions if found.column == column and isinstance(found, Listed))
    if (listed := next(chosen, None)) is not None and column in table.groups:
        return tuple(sorted(listed.values))
    public = table.groups.get(column)
    if public is None:
        raise Unanswerable(Reason.GROUP, column)
    if not public:
        raise Unanswerable(Reason.GROUP_VALUES, column)
    return public
