"""Reading a department's file into DuckDB, and holding every row against the declaration before anything is computed.

CSV (plain or gzip) or Parquet. A fault names file, line (Parquet: row) and column, never the value. Texts come into
their declared form first (``mpc.tables.forms``), dates become days (``mpc.tables.calendars``). What is asked of the
rows afterwards is ``mpc.tables.table``.
"""

from __future__ import annotations

from pathlib import Path

import duckdb
import pyarrow
from pyarrow import compute

from ledger.errors import InvalidRecord
from mpc.protocols.join.table import MAX_KEY_BYTES
from mpc.tables.forms import Form
from mpc.tables.records import fault_in, header, place_of
from mpc.tables.schema import Column, Integer, Schema, Text

BATCH = 1 << 14
"""Texts that are brought into form at a time."""


def load(db: duckdb.DuckDBPyConnection, path: Path, schema: Schema) -> None:
    """Read and check a file; its declared columns become the table ``t``, with the place of each row as ``line``.

    Raises:
        InvalidRecord: as ``mpc.tables.table``. duckdb.Error, ArrowInvalid: it cannot be read at all.
    """
    present = header(path)
    for name in schema.columns:
        if name not in present:
            raise InvalidRecord(f"{path}: line 1: column {name!r} is missing")
    db.execute(f"CREATE TABLE raw AS SELECT row_number() OVER () AS line, * FROM {_source(path)}", [])
    rows = count(db, "SELECT count(*) FROM raw")
    if not 0 < rows <= schema.rows:
        raise InvalidRecord(f"{path}: {rows or 'no'} rows, 1..{schema.rows} declared")
    for name, column in schema.columns.items():
        if isinstance(column, Text) and column.form is not Form.EXACT:
            _bring_into_form(db, name, column.form)
        if wrong := count(db, f"SELECT coalesce(min(line), 0) FROM raw WHERE {_faulty(name, column)}"):
            raise fault_in(path, name, column, wrong)
    chosen = ", ".join(f"{_cast(name, column)} AS {name}" for name, column in schema.columns.items())
    db.execute(f"CREATE TABLE t AS SELECT line, {chosen} FROM raw; DROP TABLE raw")
    _refuse_repeats(db, path, schema)
    _refuse_unfit_keys(db, path, schema)


def _bring_into_form(db: duckdb.DuckDBPyConnection, name: str, form: Form) -> None:
    """Replace texts by their declared form; of many rows only different texts are held, and of these few."""
    db.execute("CREATE OR REPLACE TABLE formed (text VARCHAR, form VARCHAR)")
    different = db.cursor().sql(f"SELECT DISTINCT {name} AS text FROM raw WHERE {name} IS NOT NULL")
    for batch in different.to_arrow_reader(BATCH):
        texts = batch.column("text")
        changed = pyarrow.table({"text": texts, "form": form.of_all(texts)})
        changed = changed.filter(compute.not_equal(changed["text"], changed["form"]))
        db.register("changed", changed)
        db.execute("INSERT INTO formed SELECT text, form FROM changed")
        db.unregister("changed")
    db.execute(f"UPDATE raw SET {name} = formed.form FROM formed WHERE raw.{name} = formed.text")


def _refuse_repeats(db: duckdb.DuckDBPyConnection, path: Path, schema: Schema) -> None:
    unique = schema.unique
    if unique is None:
        return
    found = db.execute(
        f"SELECT max(line) FROM t WHERE {unique} IS NOT NULL GROUP BY {unique} HAVING count(*) > 1 ORDER BY 1 LIMIT 1"
    ).fetchone()
    if found:
        place = place_of(path, int(found[0]))
        raise InvalidRecord(f"{path}: {place}: column {unique!r}: the key stands in an earlier line too")


def _refuse_unfit_keys(db: duckdb.DuckDBPyConnection, path: Path, schema: Schema) -> None:
    """Check over the whole table what a join needs of its key, so that no job's filter can bring a fault out."""
    key = schema.key
    if key is None:
        return
    if count(db, f"SELECT count(*) FROM t WHERE strlen({key}) NOT BETWEEN 1 AND {MAX_KEY_BYTES}"):
        raise InvalidRecord(f"{path}: column {key!r}: a key has no or more than {MAX_KEY_BYTES} bytes")
    for column in schema.groups:
        twice = f"SELECT {key} FROM t WHERE {key} IS NOT NULL GROUP BY 1 HAVING count(DISTINCT {column}) > 1"
        if count(db, f"SELECT count(*) FROM ({twice})"):
            raise InvalidRecord(f"{path}: one key stands in two groups of column {column!r}")


def count(db: duckdb.DuckDBPyConnection, query: str) -> int:
    """Return the one number of a query."""
    found = db.execute(query).fetchone()
    assert found is not None
    return int(found[0])


def _faulty(name: str, column: Column) -> str:
    fault = f"NOT coalesce({_check(name, column)}, false)"
    return f"{name} IS NOT NULL AND {fault}" if column.nullable else fault


def _check(name: str, column: Column) -> str:
    if isinstance(column, Text):
        pattern = column.pattern.replace("'", "''")
        return f"regexp_full_match({name}, '{pattern}')"
    number = _number(name, column)
    return f"{number} = round({number}) AND {number} BETWEEN {column.low} AND {column.high}"


def _cast(name: str, column: Column) -> str:
    return name if isinstance(column, Text) else f"CAST({_number(name, column)} AS HUGEINT)"


def _number(name: str, column: Integer) -> str:
    if column.calendar is not None:
        return column.calendar.sql(name)
    return f"(TRY_CAST({name} AS DECIMAL(38, 8)) * {10**column.scale})"


def _source(path: Path) -> str:
    quoted = str(path).replace("'", "''")
    if path.suffix == ".parquet":
        return f"(SELECT COLUMNS(*)::VARCHAR FROM read_parquet('{quoted}'))"
    options = "header = true, all_varchar = true, delim = ',', quote = '\"', escape = '\"', parallel = false"
    return f"read_csv('{quoted}', {options})"
