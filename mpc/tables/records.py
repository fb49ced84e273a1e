"""The records of a CSV file (plain or gzip) with their lines, read slowly: for headers and for naming faults.

Parquet has no lines; of it only the header is known here. Reading whole tables fast is ``mpc.tables.table``.
"""

from __future__ import annotations

import csv
import gzip
import zlib
from collections.abc import Iterator, Sequence
from io import BufferedIOBase
from pathlib import Path

from pyarrow import parquet

from ledger.errors import InvalidRecord
from mpc.tables.schema import Column


def records(path: Path) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield (last line, fields) of each CSV record, header first."""
    if path.suffix == ".parquet":
        return
    opened: BufferedIOBase
    with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as opened:
        reader = csv.reader((line.decode("utf-8") for line in opened), strict=True)
        try:
            for row in reader:
                yield reader.line_num, row
        except UnicodeDecodeError as fault:
            raise InvalidRecord(f"{path}: line {reader.line_num + 1}: not UTF-8 text") from fault
        except (csv.Error, OSError, EOFError, zlib.error) as fault:
            raise InvalidRecord(f"{path}: line {reader.line_num + 1}: not a CSV file: {fault}") from fault


def header(path: Path) -> Sequence[str]:
    """Return the column names."""
    if path.suffix == ".parquet":
        return [str(name) for name in parquet.read_schema(path).names]
    for _, row in records(path):
        return row
    raise InvalidRecord(f"{path}: the file is empty")


def fault_in(path: Path, name: str, column: Column, row: int) -> InvalidRecord:
    """Find the first faulty cell with the slow reader, which knows lines; a Parquet file has rows only."""
    position = -1
    for line, fields in records(path):
        if position < 0:
            position = list(fields).index(name)
            continue
        fault = column.fault(fields[position] if position < len(fields) else None)
        if fault:
            return InvalidRecord(f"{path}: line {line}: column {name!r} {fault}")
    return InvalidRecord(f"{path}: row {row}: column {name!r} holds a value outside its declaration")


def place_of(path: Path, record: int) -> str:
    """Say where a record stands: the line in which it ends (the header is record 0), in a Parquet file its row."""
    for number, (line, _) in enumerate(records(path)):
        if number == record:
            return f"line {line}"
    return f"row {record}"
