"""Empty values in SQL: an aggregate leaves out rows without a value, and all figures of a query are over the same rows.

``count(x)``, ``sum(x)`` and the like over a nullable column become figures over the rows where ``x IS NOT NULL``, which
the question then says. Figures over all rows beside figures over those with a value are refused: their difference is
about the rows without one, however few.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from mpc.sql.query import Aggregate, Binary, Classes, Condition, Expression, Joined, Measure, Query, Range, aggregates
from mpc.sql.refusal import Reason, Unanswerable
from mpc.tables.schema import Column, Integer


def narrowed(query: Query) -> Query:
    """Say in the conditions which rows are left out; afterwards ``count(x)`` is ``count(*)``.

    Raises:
        Unanswerable: its figures are over different rows, or a text column without a value would be counted.
    """
    table = query.relation.holder if isinstance(query.relation, Joined) else query.relation
    columns, chosen = table.columns, {found.column for found in query.conditions if isinstance(found, Range)}
    needed = [(asked, _empty(asked, columns) - chosen) for asked in aggregates(query)]
    sets = {names for _, names in needed}
    known = next(iter(sets), frozenset())
    if len(sets) > 1:
        asked, names = max(needed, key=lambda pair: len(pair[1]))
        raise Unanswerable(Reason.NULLS, f"{asked.measure}({', '.join(sorted(names))})")
    for group in query.groups:
        if isinstance(group, Classes) and columns[group.column].nullable and group.column not in known | chosen:
            raise Unanswerable(Reason.NULL_CLASS, group.column)
    conditions = [found for found in query.conditions if not _is_void(found, columns)]
    return replace(
        query,
        conditions=(*conditions, *(Range(name) for name in sorted(known))),
        outputs=tuple(replace(output, expression=_counted(output.expression)) for output in query.outputs),
        having=None if query.having is None else _counted(query.having),
        order=tuple(replace(term, expression=_counted(term.expression)) for term in query.order),
    )


def _empty(asked: Aggregate, columns: Mapping[str, Column]) -> frozenset[str]:
    """Name the columns of a measure that may be empty; the key of a join is none, since without one nothing joins."""
    if asked.measure is Measure.DISTINCT:
        return frozenset()
    names = frozenset(name for name in (asked.column, asked.other) if name is not None and columns[name].nullable)
    if texts := [name for name in sorted(names) if not isinstance(columns[name], Integer)]:
        raise Unanswerable(Reason.NULL_TEXT, texts[0])
    return names


def _is_void(condition: Condition, columns: Mapping[str, Column]) -> bool:
    """Tell whether a condition only asks for a value in a column that always has one."""
    return condition == Range(condition.column) and not columns[condition.column].nullable


def _counted(expression: Expression) -> Expression:
    """Count rows instead of values, once the rows are those with a value."""
    if isinstance(expression, Aggregate) and expression.measure is Measure.COUNT:
        return Aggregate(Measure.COUNT, None)
    if isinstance(expression, Binary):
        return replace(expression, left=_counted(expression.left), right=_counted(expression.right))
    return expression
