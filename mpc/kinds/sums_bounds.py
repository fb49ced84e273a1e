"""What masked sums may ask of an owner's table, beside its declaration (``mpc.kinds.bounds``)."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np

from ledger.errors import InvalidRecord
from mpc.disclosure.places import moments
from mpc.kinds.bounds import BOUNDS, PRIVACY, at_least, ends, filtered, named_rows, without_empty
from mpc.kinds.kind import Fault
from mpc.privacy.declaration import Declaration, Privacy
from mpc.privacy.held import Selector
from mpc.protocols.sums.schema import of_spec
from mpc.spec.parts import Predicate
from mpc.spec.sums import SumsSpec
from mpc.tables.schema import Integer, Schema
from mpc.tables.table import Table

FEW_VALUES = 16
"""A column with fewer is no amount but a class; a joint sum of products with it would count single classes."""


def exact_faults(spec: SumsSpec, schema: Schema) -> Iterator[Fault]:
    """Hold exact sums against the asset's declaration."""
    yield from filtered(spec.filters, schema)
    yield from named_rows(spec.filters, schema, spec.minimum)
    yield from at_least("rows", spec.rows, schema.rows)
    columns = [(name, schema.columns.get(name)) for name in spec.value.columns]
    factors = [(name, column) for name, column in columns if isinstance(column, Integer)]
    if missing := [name for name, column in columns if not isinstance(column, Integer)]:
        yield BOUNDS, f"job: {missing[0]} is not declared as an integer"
        return
    largest = math.prod(max(abs(column.low), abs(column.high)) for _, column in factors)
    yield from at_least(f"bound of {spec.value.name}", spec.value.bound, largest)
    yield from without_empty(factors, spec.filters)
    if schema.sensitivity is not None and moments(spec) and any(column.low < 0 for _, column in factors):
        yield BOUNDS, f"job: {spec.value.name} may be negative; the asset's sensitivity rules judge no such sums"
    if len(factors) > 1:
        yield from _product(spec, factors, schema)
    column = factors[0][1]
    if spec.table is not None and spec.table.column not in schema.groups:
        yield BOUNDS, f"job: {spec.table.column} is not declared as one of the asset's groups"
    if spec.edges and spec.edges[0] > _lowest(spec, column):
        yield BOUNDS, "job: the lowest edge lies above what the column may hold; declare a lower one, or filter"


def _product(spec: SumsSpec, factors: Sequence[tuple[str, Integer]], schema: Schema) -> Iterator[Fault]:
    """A product with a column of few values is a count of a smaller cell in disguise: of those rows where it is 1."""
    if schema.sensitivity is not None:
        yield BOUNDS, "job: the asset's sensitivity rules judge no products"
    for name, column in factors:
        low, high = ends(name, spec.filters, column)
        if high - low + 1 < FEW_VALUES:
            yield BOUNDS, f"job: {name} has fewer than {FEW_VALUES} values: group by it, or count by classes of it"


def spread(table: Table, columns: Sequence[str], filters: Sequence[Selector], minimum: int) -> tuple[int, ...]:
    """Judge factors of products over the own rows; a slack below 0 withholds the cell.

    Of each column no row or at least the minimum of them must differ from its most frequent value: a product with
    another one is a figure of the few that do.
    """
    differing = []
    for column in columns:
        values = table.values([column], filters)
        differing.append(len(values) - int(np.unique(values, return_counts=True)[1].max()) if len(values) else 0)
    return tuple(rows - minimum if rows else 0 for rows in differing)


def private_faults(spec: SumsSpec, privacy: Privacy, schema: Schema, declared: Declaration | None) -> Iterator[Fault]:
    """Hold private sums against the owner's declaration, and the noise of all shares against its cost."""
    yield from declared_faults(spec.filters, spec.rows, spec.value.column, privacy, schema, declared)
    try:
        of_spec(spec).check_owners(len(spec.sources))
    except InvalidRecord as fault:
        yield PRIVACY, f"job: {fault}"


def declared_faults(
    filters: Sequence[Predicate],
    rows: int,
    value: str,
    privacy: Privacy,
    schema: Schema,
    declared: Declaration | None,
) -> Iterator[Fault]:
    """A private question repeats the owner's declaration word for word; nothing of it is for the asker to choose."""
    if declared is None:
        yield PRIVACY, "job: this asset has no declaration for private questions"
        return
    yield from filtered(filters, schema)
    yield from at_least("rows", rows, schema.rows)
    column, groups = schema.columns.get(value), privacy.protection.groups
    if not isinstance(column, Integer):
        yield BOUNDS, f"job: {value} is not declared as an integer"
        return
    try:
        wanted = declared.protection(value, column.scale, None if groups is None else groups.column)
    except InvalidRecord as fault:
        yield PRIVACY, f"job: {fault}"
        return
    if differences := wanted.differences(privacy.protection):
        yield PRIVACY, f"job: privacy differs from this asset's declaration in {', '.join(differences)}"


def _lowest(spec: SumsSpec, column: Integer) -> int:
    """The least value a selected row may hold by declaration and filters."""
    return ends(spec.value.column, spec.filters, column)[0]
