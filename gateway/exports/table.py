"""Rows as CSV that spreadsheets open without running anything: RFC 4180, UTF-8 with a mark, formulas made harmless.

Source: RFC 4180; OWASP "CSV Injection" (a leading =, +, -, @, also of full width, tab, return or line feed starts a
formula in spreadsheets).
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from ledger.canonical import JsonValue

MARK: Final = "\ufeff"
_STARTS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")


def csv_of(columns: Sequence[str], rows: Iterable[Mapping[str, JsonValue]]) -> bytes:
    """Write a whole table."""
    return head(columns) + lines(columns, rows)


def head(columns: Sequence[str]) -> bytes:
    """Write the mark and the names of the columns."""
    return MARK.encode() + _written([list(columns)])


def lines(columns: Sequence[str], rows: Iterable[Mapping[str, JsonValue]]) -> bytes:
    """Write rows; what is no text or number is written as JSON, what a row lacks stays empty."""
    return _written([_cell(member(row, column)) for column in columns] for row in rows)


def member(row: Mapping[str, JsonValue], column: str) -> JsonValue:
    """Return what a row has in a column.

    >>> member({"a": {"b": 1}}, "a.b"), member({"a": None}, "a.b")
    (1, None)
    """
    first, _, rest = column.partition(".")
    found = row.get(first)
    if not rest:
        return found
    return member(found, rest) if isinstance(found, dict) else None


def _written(rows: Iterable[Sequence[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()


def _cell(value: JsonValue) -> str:
    match value:
        case None:
            return ""
        case str():
            return f"'{value}" if value.startswith(_STARTS) else value
        case bool():
            return "true" if value else "false"
        case int() | float():
            return str(value)
        case _:
            return json.dumps(value, ensure_ascii=False)
