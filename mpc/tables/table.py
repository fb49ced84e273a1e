"""A department's own table, read through DuckDB: CSV (plain or gzip) or Parquet.

Reading checks every value against its declaration (``mpc.tables.schema``) before anything is computed, and a fault
names file, line and column. Nothing is written, nothing leaves the process.

Trust: the file is the department's own. What is checked here is form, not truth.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import numpy as np
from numpy.typing import NDArray
from pyarrow import ArrowInvalid

from ledger.errors import InvalidRecord, NotFound
from mpc.disclosure.membership import WIDTH
from mpc.privacy.held import FIFTH, HeldOut, Selector, is_held_out
from mpc.privacy.truncation import Cuts
from mpc.spec.parts import Interval, OneOf, Predicate
from mpc.tables import loading
from mpc.tables.records import records
from mpc.tables.schema import Integer, Schema, Text

MEMORY = "1200MB"
"""What DuckDB may hold before it writes to a directory of its own that nobody else may read, gone with the table."""
BATCH = 1 << 14
"""Rows that are taken out of DuckDB at a time where all of them are gone through."""


@dataclass(frozen=True, slots=True)
class KeyRow:
    """One key of a holder: its group (empty when ungrouped), its number of rows and the sum of each amount."""

    key: str
    group: str
    rows: int
    sums: tuple[int, ...]


class Table:
    """One checked table in memory (DuckDB); close it when the job is over."""

    def __init__(self, path: Path, schema: Schema) -> None:
        """Read and check the file.

        Raises:
            NotFound: no such file.
            InvalidRecord: wrong encoding, missing column, a value outside its declaration, a repeated unique key,
                more rows than declared, or an empty file; the message names file, line and column.
        """
        if not path.is_file():
            raise NotFound(f"{path}: no such file")
        self._path, self._schema = path, schema
        self._spill = TemporaryDirectory(prefix="shuxin-table-", ignore_cleanup_errors=True)
        config: dict[str, str | bool | int | float | list[str]]
        config = {"threads": 2, "memory_limit": MEMORY, "temp_directory": self._spill.name}
        self._db = duckdb.connect(":memory:", config=config)
        try:
            self._db.create_function("held_out", _held_out, ["VARCHAR", "VARCHAR"], "BOOLEAN")
            loading.load(self._db, path, schema)
        except (duckdb.Error, ArrowInvalid) as fault:
            self.close()
            for _ in records(path):  # the slow reader names the line, if it finds a fault too
                continue
            raise InvalidRecord(f"{path}: cannot be read as a table: {str(fault).splitlines()[0][:200]}") from fault
        except BaseException:
            self.close()
            raise

    @property
    def has_sensitivity(self) -> bool:
        return self._schema.sensitivity is not None

    @property
    def rows(self) -> int:
        return loading.count(self._db, "SELECT count(*) FROM t")

    def values(self, columns: Sequence[str], filters: Sequence[Selector]) -> NDArray[np.int64]:
        """Return the integers of a column, or the products of several, in the selected rows, in file order.

        Raises:
            InvalidRecord: no integer column, or a value beyond 64 bits.
        """
        value = " * ".join(f"{self._require(column, Integer)}::HUGEINT" for column in columns)
        where, arguments = self._where(filters)
        query = f"SELECT CAST({value} AS BIGINT) AS value FROM t WHERE {where} ORDER BY line"
        try:
            return self._db.execute(query, arguments).fetchnumpy()["value"].astype(np.int64, copy=False)
        except duckdb.Error as fault:
            raise self._uncomputable(fault) from fault

    def keys(self, column: str, filters: Sequence[Predicate]) -> list[str]:
        """Return the distinct texts of ``column`` in the selected rows, sorted; an empty cell is none."""
        self._require(column, Text)
        where, arguments = self._where(filters)
        query = f"SELECT DISTINCT {column} FROM t WHERE {column} IS NOT NULL AND {where} ORDER BY 1"
        return [value for (value,) in self._rows(query, arguments)]

    def by_key(self, key: str, group: str | None, sums: Sequence[str], filters: Sequence[Predicate]) -> list[KeyRow]:
        """Aggregate the selected rows to one entry per key, sorted by key; a row without a key is in none.

        Raises:
            InvalidRecord: a key that stands in more than one group.
        """
        self._require(key, Text)
        for column in sums:
            self._require(column, Integer)
        label = "''" if group is None else self._require(group, Text)
        totals = "".join(f", sum({column})" for column in sums)
        where, arguments = self._where(filters)
        where = f"{key} IS NOT NULL AND {where}"
        query = f"SELECT {key}, {label}, count(*){totals} FROM t WHERE {where} GROUP BY 1, 2 ORDER BY 1, 2"
        found = [
            KeyRow(row[0], row[1], int(row[2]), tuple(int(value) for value in row[3:]))
            for row in self._rows(query, arguments)
        ]
        for first, second in pairwise(found):
            if first.key == second.key:
                raise InvalidRecord(f"{self._path}: one key stands in two groups of column {group!r}")
        return found

    def kept(self, column: str, cuts: Cuts, filters: Sequence[Predicate]) -> list[tuple[str, int]]:
        """Return (group, value) of the selected rows that ``mpc.privacy.truncation`` keeps, in no order that tells.

        The group is empty where the cuts have none.
        """
        return [(group, value) for _, group, (value,) in self.kept_by_unit([column], cuts, filters)]

    def kept_by_unit(
        self, columns: Sequence[str], cuts: Cuts, filters: Sequence[Selector]
    ) -> list[tuple[str, str, tuple[int, ...]]]:
        """Return (unit, group, values of the columns) of the rows that ``kept`` returns."""
        for column in columns:
            self._require(column, Integer)
        label, chosen = "''", list(filters)
        if cuts.groups is not None:
            label = self._require(cuts.groups[0], Text)
            chosen.append(OneOf(*cuts.groups))
        where, arguments = self._where(chosen)
        inner, outer = _hmac_keys(cuts.key)
        unit = self._unit(cuts.unit)
        row = " || ".join(_framed(name) for name in sorted(self._schema.columns))
        names = [f"value_{place}" for place in range(len(columns))]
        values = "".join(f"{column} AS {name}, " for column, name in zip(columns, names, strict=True))
        chosen_names = ", ".join(["unit", "label", *names])
        query = f"""
            WITH marked AS (
                SELECT {label} AS label, {unit} AS unit, {values}
                    {_hmac(f"'group' || {_framed(unit)} || {_framed(label)}")} AS of_group,
                    {_hmac(f"'row' || {row}")} AS of_row
                FROM t, (SELECT unhex(?) AS inner_key, unhex(?) AS outer_key) WHERE {where}
            ), placed AS (
                SELECT *,
                    dense_rank() OVER (PARTITION BY unit ORDER BY of_group) AS nth_group,
                    row_number() OVER (PARTITION BY unit, label ORDER BY of_row) AS nth_row
                FROM marked
            )
            SELECT {chosen_names} FROM placed WHERE nth_group <= ? AND nth_row <= ? ORDER BY of_row"""
        keys = [inner.hex(), outer.hex()]
        found = self._rows(query, [*keys, *arguments, cuts.max_groups, cuts.max_rows])
        return [(found_unit, group, tuple(map(int, values))) for found_unit, group, *values in found]

    def persons(self, unit: str, filters: Sequence[Selector]) -> int:
        """Count the persons in column ``unit`` who have selected rows."""
        where, arguments = self._where(filters)
        ((count,),) = self._rows(f"SELECT count(DISTINCT {self._unit(unit)}) FROM t WHERE {where}", arguments)
        return int(count)

    def persons_apart(self, unit: str, column: str, filters: Sequence[Selector]) -> int:
        """Count the persons with a selected row unlike a value of ``column``, of the value that leaves the fewest."""
        name, person = self._require(column, Integer), self._unit(unit)
        where, arguments = self._where(filters)
        query = f"""
            WITH own AS (SELECT min({name}) AS low, max({name}) AS high FROM t WHERE {where} GROUP BY {person})
            SELECT count(*), coalesce(max(alike), 0)
            FROM (SELECT count(*) FILTER (low = high) OVER (PARTITION BY low) AS alike FROM own)"""
        ((persons, alike),) = self._rows(query, arguments)
        return int(persons) - int(alike)

    def slacks(self, column: str, filters: Sequence[Predicate], power: int = 1) -> tuple[int, ...]:
        """Judge the selected rows by the declared sensitivity rules: one slack each, none without rules.

        power: 2 for the sum of squares of ``column`` instead of its sum.
        """
        declared = self._schema.sensitivity
        if declared is None:
            return ()
        self._require(column, Integer)
        where, arguments = self._where(filters)
        value = " * ".join([column] * power)
        query = f"SELECT sum({value}) FROM t WHERE {where} GROUP BY {declared.respondent or 'line'}"
        return declared.slacks([int(total) for (total,) in self._rows(query, arguments)])

    def row_digests(self, key: bytes, filters: Sequence[Selector] = ()) -> bytes:
        """Return one keyed digest per selected row over the declared columns, sorted and put together.

        Each has ``WIDTH`` bytes; versions are compared by them.
        """
        names = sorted(self._schema.columns)
        where, arguments = self._where(filters)
        found = bytearray()
        for row in self._each(f"SELECT {', '.join(names)} FROM t WHERE {where}", arguments):
            found += hmac.digest(key, repr(row).encode(), "sha256")[:WIDTH]
        digests = np.frombuffer(found, dtype=f"S{WIDTH}").copy()
        digests.sort()
        return digests.tobytes()

    def close(self) -> None:
        self._db.close()
        self._spill.cleanup()

    def _require(self, name: str, kind: type[Integer] | type[Text]) -> str:
        column = self._schema.columns.get(name)
        if not isinstance(column, kind):
            raise InvalidRecord(f"{self._path}: column {name!r} is not declared as {kind.__name__.lower()}")
        return name

    def _unit(self, column: str) -> str:
        return column if column in self._schema.columns else self._require(column, Text)

    def _where(self, filters: Sequence[Selector]) -> tuple[str, list[object]]:
        clauses, arguments = ["true"], list[object]()
        for predicate in filters:
            if isinstance(predicate, HeldOut):
                person = f"CAST({self._unit(predicate.column)} AS VARCHAR)"
                clauses.append(f"{'' if predicate.is_held else 'NOT '}held_out({person}, ?)")
                arguments.append(predicate.period)
            elif isinstance(predicate, Interval):
                name = self._require(predicate.column, Integer)
                clauses.append(f"{name} IS NOT NULL")
                for sign, bound in ((">=", predicate.at_least), ("<", predicate.below)):
                    if bound is not None:
                        clauses.append(f"{name} {sign} CAST(? AS HUGEINT)")
                        arguments.append(bound)
            else:
                name = self._require(predicate.column, Text)
                clauses.append(f"{name} IN ({', '.join('?' * len(predicate.values))})")
                arguments.extend(predicate.values)
        return " AND ".join(clauses), arguments

    def _each(self, query: str, arguments: Sequence[object]) -> Iterator[tuple[Any, ...]]:
        """Go through the rows of a query, some at a time."""
        try:
            cursor = self._db.execute(query, arguments)
            while rows := cursor.fetchmany(BATCH):
                yield from rows
        except duckdb.Error as fault:
            raise self._uncomputable(fault) from fault

    def _rows(self, query: str, arguments: Sequence[object]) -> list[tuple[Any, ...]]:
        try:
            return self._db.execute(query, arguments).fetchall()
        except duckdb.Error as fault:
            raise self._uncomputable(fault) from fault

    def _uncomputable(self, fault: duckdb.Error) -> InvalidRecord:
        return InvalidRecord(f"{self._path}: cannot be computed: {type(fault).__name__}")


def _held_out(person: str, period: str) -> bool:
    return is_held_out(person, period, FIFTH)


def _framed(expression: str) -> str:
    """A value as text behind its length, so that two rows never run together to the same text; none is a dash."""
    return f"coalesce(strlen(CAST({expression} AS VARCHAR)) || ':' || CAST({expression} AS VARCHAR), '-')"


def _hmac(text: str) -> str:
    """HMAC-SHA256 (RFC 2104) of a text, in SQL, under the padded keys ``inner_key`` and ``outer_key``; hex."""
    return f"sha256(outer_key || unhex(sha256(inner_key || encode({text}))))"


def _hmac_keys(key: bytes) -> tuple[bytes, bytes]:
    padded = key.ljust(64, b"\0")
    return bytes(byte ^ 0x36 for byte in padded), bytes(byte ^ 0x5C for byte in padded)
