"""What kinds over owners' rows side by side have in common: answers, an owner's rows by key, the one cell, the figures.

Rows are put together one to one by a key that every owner declares unique.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from contracts.authorizations.record import Operations
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.commitment import Owner, Secret
from mpc.disclosure.region import LIST, ROW, WHOLE, Cell, Region
from mpc.inputs import AlignedRows, Input, integers_of, object_of
from mpc.kinds.bounds import BOUNDS, KEY, keyed
from mpc.kinds.exact import Exact, Sourced
from mpc.kinds.kind import Fault
from mpc.kinds.sums_bounds import FEW_VALUES
from mpc.protocols.align.moments import Rows
from mpc.protocols.align.office import Figures
from mpc.protocols.align.terms import squares
from mpc.protocols.join.layout import Column
from mpc.spec.parts import Predicate, Source
from mpc.tables.forms import Form
from mpc.tables.schema import Integer, Schema
from mpc.tables.table import Table


class Sided(Exact, Protocol):
    """Answers of a kind over rows side by side; see ``mpc.kinds.kind.Kind``."""

    __slots__ = ()
    spec: Sourced

    @property
    def contributors(self) -> int:
        return len(self.spec.sources)

    def row_prefix(self, asset: str) -> str:
        return ROW if asset == self.spec.sources[0].asset else f"{LIST}{asset}."

    def partners(self, party: str) -> tuple[Source, ...]:
        return tuple(source for source in self.spec.sources if source.party != party)

    def commit(self, owner: Owner, data: Input, secret: Secret) -> bytes:
        return owner.commit(secret.detail)


def operations(*, has_columns: bool) -> Operations:
    """Name what an owner must have authorized: rows counted by key, and with columns their sums and products."""
    counted = Operations.COUNT | Operations.JOIN | Operations.DISTINCT
    return counted | (Operations.SUM | Operations.MEAN | Operations.VARIANCE if has_columns else Operations(0))


def prepare(table: Table, key: str, columns: Sequence[Column], filters: Sequence[Predicate]) -> AlignedRows:
    """Read one row a key; raises InvalidRecord for a key that repeats, whatever the declaration says."""
    rows = table.by_key(key, None, [column.name for column in columns], filters)
    if any(row.rows != 1 for row in rows):
        raise InvalidRecord("a key stands in several rows; rows are put together one to one")
    return AlignedRows({row.key: row.sums for row in rows})


def read_input(value: JsonValue) -> AlignedRows:
    """Read rows as they were committed to; raises InvalidRecord."""
    rows = object_of(value)
    return AlignedRows({key: integers_of(values) if values else () for key, values in rows.items()})


def rows_of(data: Input) -> Rows:
    """Take an input for rows by key; raises InvalidRecord for another kind's."""
    if not isinstance(data, AlignedRows):
        raise InvalidRecord("input: of another statistic")
    return data.rows


def cell(keyed: Sequence[tuple[str, str]], columns: Sequence[str]) -> Cell:
    """Describe rows of the first asset whose key all others hold.

    Args:
        keyed: every asset with the column of its key. columns: that are added up, as ``asset.column``.
    """
    (first, key), *others = keyed
    lists = {LIST + asset: frozenset({canonical.encode([key, own]).decode()}) for asset, own in others}
    base, names = Region.of({"asset": frozenset({first}), **lists}), sorted(columns)
    kinds = [f"sum of {name}" for name in names]
    kinds += [f"sum of {names[i]} * {names[j]}" for i, j in squares(len(names))]
    return Cell(WHOLE, base, base, tuple(kinds))


def once(key: str, schema: Schema, form: Form) -> Iterator[Fault]:
    """Hold a key against its declaration: rows are put together one to one."""
    yield from keyed(key, schema, form)
    if schema.unique != key:
        yield KEY, f"job: {key} is not declared unique; rows are put together one to one"


def bounded(column: Column, schema: Schema) -> Iterator[Fault]:
    """Hold a column's bounds against the declared ones; of a column of few values a sum would count single classes."""
    declared = schema.columns.get(column.name)
    if not isinstance(declared, Integer):
        yield BOUNDS, f"job: {column.name} is not declared as an integer"
    elif column.least > declared.low or column.most < declared.high:
        yield BOUNDS, f"job: {column.name} may hold {declared.low}..{declared.high}, more than the question says"
    elif declared.high - declared.low + 1 < FEW_VALUES:
        yield BOUNDS, f"job: {column.name} has fewer than {FEW_VALUES} values: its products would count single classes"


def common(tables: Sequence[Rows]) -> list[list[int]]:
    """Put the rows side by side that all tables have a key for."""
    keys = set.intersection(*(set(table) for table in tables))
    return [[value for table in tables for value in table[key]] for key in sorted(keys)]


def figures(rows: Sequence[Sequence[int]], names: Sequence[str]) -> Figures:
    """Add up columns and their products."""
    sums = {name: sum(row[place] for row in rows) for place, name in enumerate(names)}
    products: Mapping[tuple[str, str], int] = {
        (names[i], names[j]): sum(row[i] * row[j] for row in rows) for i, j in squares(len(names))
    }
    return Figures(len(rows), sums, products)
