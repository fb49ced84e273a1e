"""Whose column a name means: columns of the tables of a query, found without regard to case unless two differ by it."""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from mpc.sql.query import Condition
from mpc.sql.reading import conditions
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import JointTable, OwnedTable
from mpc.tables.schema import Column

Table = OwnedTable | JointTable


def locate(node: exp.Column, names: Mapping[str, Table]) -> tuple[Table, str]:
    """Find whose column is meant; raises Unanswerable for none and for several."""
    if node.table and node.table.lower() not in names:
        raise Unanswerable(Reason.TABLE, node.sql())
    tables = [names[node.table.lower()]] if node.table else list(names.values())
    found = [(table, column) for table in tables for column in like(node.name, table.columns)]
    if len(found) == 1:
        return found[0]
    raise Unanswerable(Reason.AMBIGUOUS if found else Reason.COLUMN, node.sql())


def like(name: str, columns: Mapping[str, Column]) -> list[str]:
    """Return the columns that a name may mean."""
    if name in columns:
        return [name]
    return [column for column in columns if column.lower() == name.lower()]


def side(part: exp.Expression, names: Mapping[str, Table]) -> Table | None:
    """Say whose columns a condition is on; None if it names none or several tables'."""
    tables = {id(table): table for table, _ in (locate(node, names) for node in part.find_all(exp.Column))}
    return next(iter(tables.values())) if len(tables) == 1 else None


def condition(part: exp.Expression, names: Mapping[str, Table]) -> Condition:
    """Read a condition on a column of one of the tables; raises Unanswerable."""

    def type_of(node: exp.Column) -> tuple[str, Column]:
        table, column = locate(node, names)
        return column, table.columns[column]

    return conditions.read(part, type_of)
