"""Conditions of a query as filters of a specification: numbers become integers of the column, ranges half-open."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, floor

from mpc.spec.parts import Interval, OneOf, Predicate
from mpc.sql.query import Condition, Listed, Range
from mpc.sql.refusal import Reason, Unanswerable
from mpc.tables.schema import Column, Integer


def predicates(conditions: Sequence[Condition], columns: Mapping[str, Column]) -> tuple[Predicate, ...]:
    """Say conditions as filters, in the order of their columns; raises Unanswerable for what no row satisfies."""
    return tuple(_predicate(found, columns[found.column]) for found in sorted(conditions, key=lambda one: one.column))


def _predicate(condition: Condition, declared: Column) -> Predicate:
    if isinstance(condition, Listed):
        if not condition.values:
            raise Unanswerable(Reason.EMPTY, condition.column)
        return OneOf(condition.column, tuple(sorted(condition.values)))
    assert isinstance(declared, Integer)
    low, high = ends(condition, declared)
    if low is not None and high is not None and low >= high:
        raise Unanswerable(Reason.EMPTY, condition.column)
    return Interval(condition.column, low, high)


def ends(condition: Range, declared: Integer) -> tuple[int | None, int | None]:
    """Turn a range in the units of the query into the half-open range of the column's integers."""
    low, high, scale = condition.low, condition.high, 10**declared.scale
    at_least = None if low is None else floor(low * scale) + 1 if condition.is_low_open else ceil(low * scale)
    below = None if high is None else ceil(high * scale) if condition.is_high_open else floor(high * scale) + 1
    return at_least, below


def number(column: str, columns: Mapping[str, Column]) -> Integer:
    """Return how a number column is declared; raises Unanswerable for another one."""
    declared = columns[column]
    if not isinstance(declared, Integer):
        raise Unanswerable(Reason.TYPE, column)
    return declared
