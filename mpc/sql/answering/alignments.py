"""From what a job over aligned rows released to the measures of a query; everything is exact until a square root."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from ledger.errors import InvalidRecord
from mpc.sql.answering import moments
from mpc.sql.answering.moments import Figure, Totals
from mpc.sql.query import Aggregate, Aligned, Measure, Query, aggregates
from mpc.tables.schema import Integer


def figures(query: Query, release: Mapping[str, Any]) -> Mapping[Aggregate, Figure] | None:
    """Compute every measure that a query names; None where nothing was opened.

    Raises:
        InvalidRecord: a document is not of the job's form.
    """
    cells, relation = release.get("cells"), query.relation
    assert isinstance(relation, Aligned)
    if not isinstance(cells, list):
        raise InvalidRecord("release: expected a list of cells")
    return {asked: _figure(asked, cells[0], relation) for asked in aggregates(query)} if cells else None


def _figure(asked: Aggregate, cell: Mapping[str, Any], relation: Aligned) -> Figure:
    rows = int(cell["rows"])
    if asked.column is None or asked.measure is Measure.DISTINCT:
        return Fraction(rows)
    own = _totals(asked.column, cell, relation)
    if asked.other is None:
        return moments.of_one(asked.measure, rows, own)
    together = Totals(_product(asked.column, asked.other, cell, relation), None)
    return moments.of_pair(asked.measure, rows, own, _totals(asked.other, cell, relation), together)


def _totals(column: str, cell: Mapping[str, Any], relation: Aligned) -> Totals:
    total = Fraction(int(cell["sums"][column]), _unit(column, relation))
    return Totals(total, _product(column, column, cell, relation))


def _product(one: str, other: str, cell: Mapping[str, Any], relation: Aligned) -> Fraction:
    """Find the sum of products of two columns, which is released under one order of them."""
    products = cell["products"]
    total = products.get(f"{one} * {other}", products.get(f"{other} * {one}"))
    return Fraction(int(total), _unit(one, relation) * _unit(other, relation))


def _unit(column: str, relation: Aligned) -> int:
    declared = relation.columns[column]
    assert isinstance(declared, Integer)
    return int(10**declared.scale)
