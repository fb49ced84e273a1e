"""Invented rows for tables that are only described: to see what a query looks like before anybody is asked.

Values are drawn evenly from what a description allows, so they resemble real ones in form and in nothing else. Tables
whose keys have one pattern share some of their keys, so that joins find matches. The same seed gives the same rows.
"""

from __future__ import annotations

import csv
import random
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from rstr import Rstr

from ledger.errors import InvalidRecord
from mpc.sql.tables import OwnedTable
from mpc.tables.schema import Column, Integer

MAX_ROWS = 100_000
TRIES = 100
"""Draws for one text of a pattern; a pattern that gives no new text by then has too few."""


class Sampler:
    """Draws rows. rows: of every table, or as many as it may have if that is fewer."""

    def __init__(self, rows: int, seed: int = 0) -> None:
        if not 0 < rows <= MAX_ROWS:
            raise InvalidRecord(f"sample: 1..{MAX_ROWS} rows, got {rows}")
        self._rows, self._chance = rows, random.Random(seed)  # noqa: S311  (invented data)
        self._texts = Rstr(self._chance)
        self._keys: dict[str, list[str]] = {}

    def rows(self, table: OwnedTable) -> Iterator[Sequence[object]]:
        """Draw the rows of a table, columns in the order of its description.

        Raises:
            InvalidRecord: its pattern has too few texts for a column that must be unique.
        """
        count = min(self._rows, table.schema.rows)
        unique = table.schema.unique
        distinct = iter(self._distinct(table.columns[unique], count)) if unique else iter(())
        groups: dict[object, Mapping[str, str]] = {}
        for _ in range(count):
            row = {name: self._value(table, name) for name in table.columns}
            if unique:
                row[unique] = next(distinct)
            if table.key is not None and table.key != unique:
                row[table.key] = self._chance.choice(self._distinct(table.columns[table.key], count))
            if table.key is not None:  # a key stands in one group
                row |= groups.setdefault(row[table.key], {name: str(row[name]) for name in table.groups})
            yield tuple(row.values())

    def write(self, table: OwnedTable, path: Path) -> None:
        """Write a table as its owner would hold it."""
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(table.columns)
            writer.writerows(self.rows(table))

    def _value(self, table: OwnedTable, name: str) -> object:
        column, listed = table.columns[name], table.groups.get(name)
        if isinstance(column, Integer):
            value = self._chance.randint(column.low, column.high)
            if column.calendar is not None:
                return column.calendar.write(value)
            sign, digits = "-" if value < 0 else "", str(abs(value)).rjust(column.scale + 1, "0")
            return sign + (f"{digits[: -column.scale]}.{digits[-column.scale :]}" if column.scale else digits)
        return self._chance.choice(listed) if listed else self._texts.xeger(column.pattern)

    def _distinct(self, column: Column, count: int) -> list[str]:
        """Draw distinct texts of a pattern; tables with one pattern draw from one list."""
        pattern = "" if isinstance(column, Integer) else column.pattern
        known = self._keys.setdefault(pattern, [])
        seen = set(known)
        while len(known) < count:
            found = next((t for _ in range(TRIES) if (t := self._texts.xeger(pattern)) not in seen), None)
            if found is None:
                raise InvalidRecord(f"sample: the pattern {pattern!r} has fewer than {count} texts")
            seen.add(found)
            known.append(found)
        return known[:count]
