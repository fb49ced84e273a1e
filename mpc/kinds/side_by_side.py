"""What kinds over several owners' rows side by side have in common: the one cell, a column's bounds, the figures."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ledger import canonical
from mpc.disclosure.region import LIST, WHOLE, Cell, Region
from mpc.kinds.bounds import BOUNDS
from mpc.kinds.kind import Fault
from mpc.kinds.sums_bounds import FEW_VALUES
from mpc.protocols.align.moments import Rows
from mpc.protocols.align.office import Figures
from mpc.protocols.align.terms import squares
from mpc.protocols.join.layout import Column
from mpc.schema import Integer, Schema


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
