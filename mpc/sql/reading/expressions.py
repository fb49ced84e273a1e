"""Expressions of a query's result: aggregates, groups and numbers, and arithmetic and comparisons over them.

Everything here is computed by the recipient from figures that were opened, so nothing in it can open more.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Protocol

from sqlglot import exp

from mpc.sql.query import (
    PAIRS,
    Aggregate,
    Binary,
    Classes,
    Expression,
    Grouping,
    Label,
    Measure,
    Number,
    Operator,
    Words,
)
from mpc.sql.reading import dates, ranks
from mpc.sql.refusal import Reason, Unanswerable

MAX_DEPTH = 32
MAX_DIGITS = 28
"""Of a number in a query, before or after its point."""
Resolve = Callable[[exp.Column], str]
"""From a column as it is written to its declared name; raises Unanswerable."""


class Names(Protocol):
    """What a column means in figures, and what in the label of a row; both raise Unanswerable."""

    def resolve(self, node: exp.Column) -> str: ...
    def label(self, node: exp.Column) -> str: ...


_MEASURES: Mapping[type[exp.Expression], Measure] = {
    exp.Sum: Measure.SUM,
    exp.Avg: Measure.MEAN,
    exp.Variance: Measure.SAMPLE_VARIANCE,
    exp.VariancePop: Measure.VARIANCE,
    exp.Stddev: Measure.SAMPLE_DEVIATION,
    exp.StddevSamp: Measure.SAMPLE_DEVIATION,
    exp.StddevPop: Measure.DEVIATION,
    exp.Corr: Measure.CORRELATION,
    exp.CovarPop: Measure.COVARIANCE,
    exp.CovarSamp: Measure.SAMPLE_COVARIANCE,
    exp.RegrSlope: Measure.SLOPE,
    exp.RegrIntercept: Measure.INTERCEPT,
    exp.RegrR2: Measure.DETERMINATION,
}
_OPERATORS: Mapping[type[exp.Expression], Operator] = {
    exp.Add: Operator.ADD,
    exp.Sub: Operator.SUBTRACT,
    exp.Mul: Operator.MULTIPLY,
    exp.Div: Operator.DIVIDE,
    exp.EQ: Operator.EQUAL,
    exp.NEQ: Operator.UNEQUAL,
    exp.LT: Operator.LESS,
    exp.LTE: Operator.AT_MOST,
    exp.GT: Operator.MORE,
    exp.GTE: Operator.AT_LEAST,
    exp.And: Operator.AND,
    exp.Or: Operator.OR,
}


def read(node: exp.Expression, names: Names, groups: Sequence[tuple[str, Grouping]], depth: int = 0) -> Expression:
    """Read one expression of the result.

    Args:
        groups: the GROUP BY terms with their normalised SQL text, by which an expression is recognised as one.

    Raises:
        Unanswerable: what is asked is none of figures, groups and arithmetic.
    """
    if depth > MAX_DEPTH:
        raise Unanswerable(Reason.UNSUPPORTED, node.sql())
    for place, (text, group) in enumerate(groups):
        if text_of(node, names.label) == text:
            return Label(place, isinstance(group, Classes) and group.is_number)
    if (kind := _OPERATORS.get(type(node))) is not None:
        left, right = (read(node.args[side], names, groups, depth + 1) for side in ("this", "expression"))
        return Binary(kind, left, right)
    if isinstance(node, exp.Paren):
        return read(node.this, names, groups, depth + 1)
    if isinstance(node, exp.Neg):
        return Binary(Operator.SUBTRACT, Number(Fraction(0)), read(node.this, names, groups, depth + 1))
    if isinstance(node, exp.Literal):
        return Words(node.this) if node.is_string else Number(number(node))
    if isinstance(node, exp.Column | exp.Star) or dates.part(node) is not None:
        if isinstance(node, exp.Column) and not _is_star(node):
            names.resolve(node)
        raise Unanswerable(Reason.UNGROUPED if groups else Reason.ROWS, node.sql())
    return _aggregate(node, names.resolve)


def _aggregate(node: exp.Expression, resolve: Resolve) -> Aggregate:
    if isinstance(node, exp.Count):
        return _count(node, resolve)
    if (rank := ranks.read(node)) is not None:
        return Aggregate(rank.measure, resolve(rank.column), share=_share(rank, node))
    measure = _MEASURES.get(type(node))
    columns = [node.this, node.expression] if measure in PAIRS else [node.this]
    if measure is None or not all(isinstance(column, exp.Column) for column in columns):
        raise Unanswerable(Reason.UNSUPPORTED, node.sql())
    names = [resolve(column) for column in columns]
    if len(set(names)) != len(names):
        raise Unanswerable(Reason.PRODUCT, node.sql())
    return Aggregate(measure, *names)


def _share(rank: ranks.Rank, node: exp.Expression) -> Fraction | None:
    if rank.share is None:
        return None
    share = rank.share if isinstance(rank.share, Fraction) else number(rank.share)
    if not 0 < share < 1:
        raise Unanswerable(Reason.EXTREME, node.sql())
    return share


def number(node: exp.Expression) -> Fraction:
    """Read a number, with or without a sign; raises Unanswerable for anything else."""
    if isinstance(node, exp.Neg):
        return -number(node.this)
    if isinstance(node, exp.Paren):
        return number(node.this)
    if not isinstance(node, exp.Literal) or node.is_string:
        raise Unanswerable(Reason.TYPE if isinstance(node, exp.Literal) else Reason.CONDITION, node.sql())
    try:
        found = Decimal(node.this)
    except InvalidOperation as fault:
        raise Unanswerable(Reason.SYNTAX, node.sql()) from fault
    if not found.is_finite() or not -MAX_DIGITS <= found.adjusted() <= MAX_DIGITS or len(node.this) > 2 * MAX_DIGITS:
        raise Unanswerable(Reason.SYNTAX, node.sql())
    return Fraction(found)


def text_of(node: exp.Expression, resolve: Resolve) -> str:
    """Return the SQL of a GROUP BY term without table names, so that ``s.fee`` and ``fee`` are recognised as one."""

    def plain(part: exp.Expression) -> exp.Expression:
        return exp.column(resolve(part)) if isinstance(part, exp.Column) and not _is_star(part) else part

    if (found := dates.part(node)) is not None:
        return found.text(resolve)
    if isinstance(node, exp.Column | exp.Case) and not _is_star(node):
        written: str = node.copy().transform(plain).sql()
        return written
    return ""


def _is_star(node: exp.Expression) -> bool:
    return isinstance(node.this, exp.Star)


def _count(node: exp.Count, resolve: Resolve) -> Aggregate:
    inner = node.this
    if isinstance(inner, exp.Distinct):
        if len(inner.expressions) != 1 or not isinstance(inner.expressions[0], exp.Column):
            raise Unanswerable(Reason.DISTINCT, node.sql())
        return Aggregate(Measure.DISTINCT, resolve(inner.expressions[0]))
    if isinstance(inner, exp.Column) and not _is_star(inner):
        return Aggregate(Measure.COUNT, resolve(inner))  # of rows with a value: mpc.sql.reading.nullable
    if not isinstance(inner, exp.Column | exp.Star | exp.Literal):
        raise Unanswerable(Reason.UNSUPPORTED, node.sql())
    return Aggregate(Measure.COUNT, None)
