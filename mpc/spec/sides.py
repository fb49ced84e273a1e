"""An owner's side of a question about several owners' rows side by side: its asset, the column of its key, its columns.

What the sides of all such questions have in common; how many rows one may bring, or what chooses them, differs by kind.
"""

from __future__ import annotations

from collections.abc import Sequence

from ledger.canonical import JsonValue
from mpc.fields import Fields
from mpc.protocols.join.layout import Column
from mpc.spec.parts import Source


def document(source: Source, key: str, columns: Sequence[Column]) -> dict[str, JsonValue]:
    """Write what every side says."""
    found = source.json()
    assert isinstance(found, dict)
    bounded: list[JsonValue] = [
        {"column": column.name, "least": str(column.least), "most": str(column.most)} for column in columns
    ]
    return {**found, "key": key, "columns": bounded}


def columns(fields: Fields, most: int) -> tuple[Column, ...]:
    """Read a side's columns, so many at the most; raises InvalidRecord."""
    return tuple(column(item) for item in fields.objects("columns", most))


def column(fields: Fields) -> Column:
    """Read a column with its bounds; raises InvalidRecord."""
    found = Column(fields.text("column"), fields.decimal("least"), fields.decimal("most"))
    fields.done()
    return found


def named(source: Source, own: Sequence[Column]) -> tuple[Column, ...]:
    """Name the columns of one owner so that no other owner's have their names."""
    return tuple(Column(f"{source.asset}.{column.name}", column.least, column.most) for column in own)
