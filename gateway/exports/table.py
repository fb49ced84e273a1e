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
    """Write rows; what is no text or number is written as JSON, what a row lacks stays empty."""
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow(columns)
    for row in rows:
        writer.writerow([_cell(row.get(column)) for column in columns])
    return (MARK + text.getvalue()).encode()


def flat(value: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Lift members of objects one level: ``{"a": {"b": 1}}`` becomes ``{"a.b": 1}``."""
    found: dict[str, JsonValue] = {}
    for name, member in value.items():
        if isinstance(member, dict):
            found |= {f"{name}.{inner}": one for inner, one in member.items()}
        else:
            found[name] = member
    return found


def columns_of(rows: Iterable[Mapping[str, JsonValue]]) -> list[str]:
    """Return all members' names in the order of their first row."""
    return list(dict.fromkeys(name for row in rows for name in row))


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
