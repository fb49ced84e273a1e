"""From the figures that jobs released to the rows of an answer: arithmetic, HAVING, ORDER BY, LIMIT.

Everything is exact until a square root or the last division. A withheld cell is a row of nulls, and its groups are
named in ``Answer.withheld``; what is compared with null is not true, as in SQL.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.disclosure.region import WHOLE
from mpc.protocols.join.layout import cell_names
from mpc.spec.job import PercentilesSpec
from mpc.spec.moments import MomentsSpec
from mpc.sql.answering import alignments as align_answering
from mpc.sql.answering import moments, percentiles
from mpc.sql.answering.moments import Totals
from mpc.sql.planning import matrices
from mpc.sql.planning.groups import group_values, listers_values
from mpc.sql.planning.plan import Plan, product
from mpc.sql.query import (
    Aggregate,
    Aligned,
    Binary,
    Expression,
    GroupColumn,
    Joined,
    Label,
    Measure,
    Number,
    Operator,
    Query,
    Words,
    aggregates,
)
from mpc.tables.schema import Integer

Value: TypeAlias = Fraction | float | str | bool | None
Document: TypeAlias = Mapping[str, Any]
"""A release document whose signature or evidence has been verified."""

_ARITHMETIC: Mapping[Operator, Callable[[Any, Any], Any]] = {
    Operator.ADD: operator.add,
    Operator.SUBTRACT: operator.sub,
    Operator.MULTIPLY: operator.mul,
    Operator.EQUAL: operator.eq,
    Operator.UNEQUAL: operator.ne,
    Operator.LESS: operator.lt,
    Operator.AT_MOST: operator.le,
    Operator.MORE: operator.gt,
    Operator.AT_LEAST: operator.ge,
}


@dataclass(frozen=True, slots=True)
class Uncertainty:
    """What is stated of a noised figure. low, high: hold the true one with 95 in 100; None: noise allows no bound.

    deviation: standard deviation of the noise, to first order where a figure is computed from others. Of a quantile
    instead: the share of the rows below it, by how many rows its rank may be wrong, and the width of its step.
    """

    low: float | None
    high: float | None
    deviation: float | None = None
    share: float | None = None
    rank_error: float | None = None
    step: float | None = None

    def json(self) -> dict[str, JsonValue]:
        given = {"low": self.low, "high": self.high, "standard_deviation": self.deviation}
        ranked = {"share": self.share, "rank_error": self.rank_error, "step": self.step}
        return {**given} if self.share is None else {"low": self.low, "high": self.high, **ranked}


@dataclass(frozen=True, slots=True)
class Answer:
    """Rows in order, and the groups whose figures were withheld (one empty tuple: the whole).

    uncertainties: of noised answers, beside each value what is stated of it; None beside what is no figure.
    """

    columns: tuple[str, ...]
    rows: tuple[tuple[Value, ...], ...]
    withheld: tuple[tuple[str, ...], ...]
    uncertainties: tuple[tuple[Uncertainty | None, ...], ...] = ()

    def records(self) -> list[dict[str, JsonValue]]:
        """Return one mapping a row; whole numbers as integers, others as the nearest double."""
        return [dict(zip(self.columns, map(plain, row), strict=True)) for row in self.rows]


@dataclass(frozen=True, slots=True)
class Cell:
    """A row before HAVING, ORDER BY and LIMIT: the values of its groups, and every measure that the query names."""

    labels: tuple[str, ...]
    figures: Mapping[Aggregate, Value]
    is_withheld: bool


def answer(plan: Plan, releases: Sequence[Document]) -> Answer:
    """Lay out the answer of a query.

    Args:
        releases: one document for each job of the plan, in its order.

    Raises:
        InvalidRecord: a document is not of the job's form.
    """
    query, cells = plan.query, list(_cells(plan, releases))
    chosen = arranged(query, cells)
    return Answer(
        tuple(output.name for output in query.outputs),
        tuple(tuple(evaluate(output.expression, cell) for output in query.outputs) for cell in chosen),
        tuple(cell.labels for cell in cells if cell.is_withheld),
    )


def arranged(query: Query, cells: Sequence[Cell]) -> Sequence[Cell]:
    """Apply HAVING, ORDER BY, LIMIT and OFFSET to what was opened."""
    is_listing = not aggregates(query)
    shown = [cell for cell in cells if not (is_listing and cell.is_withheld)]
    if query.having is not None:
        shown = [cell for cell in shown if evaluate(query.having, cell) is True]
    for term in reversed(query.order):
        shown = _sorted(shown, term.expression, is_descending=term.is_descending)
    return shown[query.offset :][: query.limit]


def plain(value: Value) -> JsonValue:
    """Turn a value into what JSON can carry: integers, doubles, texts, null."""
    if isinstance(value, Fraction):
        return int(value) if value.denominator == 1 else float(value)
    return value


def _cells(plan: Plan, releases: Sequence[Document]) -> Iterator[Cell]:
    """Say which figures the rows of the answer have, by what the query is about."""
    if isinstance(plan.query.relation, Joined):
        yield from _joined(plan, releases[0])
    elif isinstance(plan.query.relation, Aligned):
        found = align_answering.figures(plan.query, releases[0])
        yield Cell((), found or dict.fromkeys(aggregates(plan.query)), found is None)
    elif isinstance(plan.jobs[0], PercentilesSpec):
        opened = [_integers(release.get("cells")) for release in releases]
        for labels, figures, is_withheld in percentiles.figures(plan, opened):
            yield Cell(labels, figures, is_withheld)
    else:
        yield from _summed(plan, releases)


def _summed(plan: Plan, releases: Sequence[Document]) -> Iterator[Cell]:
    opened = [_integers(release.get("cells")) for release in releases]
    if isinstance(spec := plan.jobs[0], MomentsSpec):
        opened = matrices.apart(spec, plan.values, opened[0])
    asked = aggregates(plan.query)
    for labels, name in _names(plan):
        totals = {value: _totals(plan, value, cells, name) for value, cells in zip(plan.values, opened, strict=True)}
        count = opened[0].get(name)
        figures = {found: _measure(found, count, totals) for found in asked}
        yield Cell(labels, figures, count is None)


def _totals(plan: Plan, value: tuple[str, ...], cells: Mapping[str, int], name: str) -> Totals:
    """Read the sum and the sum of squares of one value in one cell, in the units of the columns."""
    table, prefix = plan.query.relation, "" if name == "count" else f"{name}-"
    assert not isinstance(table, Joined)
    declared = [table.columns[column] for column in value]
    scale = 10 ** sum(column.scale for column in declared if isinstance(column, Integer))
    total, squares = cells.get(f"{prefix}sum"), cells.get(f"{prefix}squares")
    return Totals(
        None if total is None else Fraction(total, scale), None if squares is None else Fraction(squares, scale**2)
    )


def _names(plan: Plan) -> Iterator[tuple[tuple[str, ...], str]]:
    """Name each row's cell (``mpc.disclosure.places``) beside the labels of its groups, in the order of GROUP BY."""
    query = plan.query
    if not query.groups:
        yield (), "count"
        return
    choices: list[list[tuple[str, str]]] = []
    for group in query.groups:
        if isinstance(group, GroupColumn):
            choices.append([(value, f"group{place}") for place, value in enumerate(group_values(query))])
        else:
            choices.append([(label, f"bin{place}") for place, label in enumerate(group.labels)])
    for rest in _product(choices):
        parts = sorted((part for _, part in rest), key=lambda part: part.startswith("bin"))
        yield tuple(label for label, _ in rest), "-".join(parts)


def _product(choices: Sequence[Sequence[tuple[str, str]]]) -> Iterator[tuple[tuple[str, str], ...]]:
    if not choices:
        yield ()
        return
    for first in choices[0]:
        for rest in _product(choices[1:]):
            yield (first, *rest)


def _measure(asked: Aggregate, count: int | None, totals: Mapping[tuple[str, ...], Totals]) -> Value:
    if count is None or asked.column is None:
        return None if count is None else Fraction(count)
    own = totals[asked.column,]
    if asked.other is not None:
        return moments.of_pair(asked.measure, count, own, totals[asked.other,], totals[product(asked)])
    return moments.of_one(asked.measure, count, own)


def _joined(plan: Plan, release: Document) -> Iterator[Cell]:
    relation, cells = plan.query.relation, release.get("cells")
    assert isinstance(relation, Joined)
    if not isinstance(cells, list):
        raise InvalidRecord("release: expected a list of cells")
    opened = {cell["group"]: cell for cell in cells}
    held, own = group_values(plan.query) or (WHOLE,), listers_values(plan.query)
    pairs = _product([[(value, value) for value in values] for values in (held, own or (WHOLE,))])
    for name, ((group, _), (listers, _)) in zip(cell_names(held, own), pairs, strict=True):
        found = opened.get(name)
        figures: dict[Aggregate, Value] = {}
        for asked in aggregates(plan.query):
            figures[asked] = None if found is None else _of_join(asked, found, relation)
        columns = [column for column in plan.query.groups if isinstance(column, GroupColumn)]
        yield Cell(tuple(listers if column.is_listers else group for column in columns), figures, found is None)


def _of_join(asked: Aggregate, cell: Document, relation: Joined) -> Value:
    rows = int(cell["rows"])
    if asked.measure is Measure.DISTINCT:
        return Fraction(int(cell["keys"]))
    if asked.column is None:
        return Fraction(rows)
    column = relation.holder.columns[asked.column]
    assert isinstance(column, Integer)
    total = Fraction(int(cell["sums"][asked.column]), 10**column.scale)
    return total if asked.measure is Measure.SUM else total / rows if rows else None


def _integers(cells: object) -> dict[str, int]:
    if not isinstance(cells, dict):
        raise InvalidRecord("release: expected cells")
    return {str(name): int(value) for name, value in cells.items()}


def evaluate(expression: Expression, cell: Cell) -> Value:
    """Compute an expression from a row's groups and measures."""
    match expression:
        case Aggregate():
            return cell.figures[expression]
        case Label(place, is_number):
            return Fraction(cell.labels[place]) if is_number else cell.labels[place]
        case Number(value):
            return value
        case Words(text):
            return text
    return _combined(expression, cell)


def _combined(expression: Binary, cell: Cell) -> Value:
    left, right = evaluate(expression.left, cell), evaluate(expression.right, cell)
    if expression.operator is Operator.AND:
        return False if left is False or right is False else None if left is None or right is None else True
    if expression.operator is Operator.OR:
        return True if left is True or right is True else None if left is None or right is None else False
    if left is None or right is None:
        return None
    if isinstance(left, str) != isinstance(right, str):
        raise InvalidRecord("query: a text and a number are neither compared nor added up")
    if expression.operator is Operator.DIVIDE:
        return None if right == 0 else left / right  # type: ignore[operator]
    found: Value = _ARITHMETIC[expression.operator](left, right)
    return found


def _sorted(cells: Sequence[Cell], by: Expression, *, is_descending: bool) -> list[Cell]:
    valued = [(cell, evaluate(by, cell)) for cell in cells]
    known = [(cell, value) for cell, value in valued if value is not None]
    known.sort(key=lambda pair: pair[1], reverse=is_descending)
    return [cell for cell, _ in known] + [cell for cell, value in valued if value is None]
