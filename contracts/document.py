"""Small TOML documents whose every value knows its file and line, for data that people write and others depend on.

A document has root keys, then tables ``[name]`` and lists of tables ``[[name]]``, one key a line; what a key holds may
span lines. Other layouts TOML permits (dotted keys, nested tables) are refused, because a value without a line could
not be complained about. Reading is strict: whoever reads a table names all the keys it may have.
Source: TOML 1.0.0, read by the standard library.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import NoReturn, TypeAlias

from ledger.errors import InvalidRecord, NotFound
from ledger.files import read_bounded

LIMIT = 1 << 20
"""Bytes of a document."""
Shape: TypeAlias = "dict[tuple[str, int], tuple[int, dict[str, int]]]"

_HEADER = re.compile(r"\s*(\[\[|\[)\s*([A-Za-z0-9_-]+)\s*(\]\]|\])\s*(#.*)?")
_KEY = re.compile(r"([A-Za-z0-9_-]+)\s*=")
_SYNTAX = re.compile(r"^(.*) \(at (?:line (\d+), column \d+|end of document)\)$")


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its values, the line of each, and the line it begins at."""

    file: str
    line: int
    values: Mapping[str, object]
    lines: Mapping[str, int]

    def refuse(self, reason: str, key: str | None = None) -> NoReturn:
        """Raise InvalidRecord with file and line of the key, or of the table."""
        line = self.line if key is None else self.lines.get(key, self.line)
        raise InvalidRecord(f"{self.file}:{line}: {reason}")

    def only(self, required: Collection[str], optional: Collection[str] = ()) -> None:
        """Refuse a table that lacks a key or has one nobody reads."""
        for key in self.values:
            if key not in required and key not in optional:
                self.refuse(f"unknown key {key!r}", key)
        for key in required:
            if key not in self.values:
                self.refuse(f"{key} missing")

    def text(self, key: str, limit: int = 500) -> str:
        found = self.values.get(key)
        if not isinstance(found, str) or not 0 < len(found.strip()) <= limit:
            self.refuse(f"{key}: expected a text of at most {limit} characters", key)
        return found

    def number(self, key: str, low: int, high: int) -> int:
        found = self.values.get(key)
        if not isinstance(found, int) or isinstance(found, bool) or not low <= found <= high:
            self.refuse(f"{key}: expected a number from {low} to {high}, got {found!r}", key)
        return found

    def day(self, key: str) -> date:
        return self._day(self.values.get(key), key)

    def days(self, key: str) -> tuple[date, ...]:
        return tuple(self._day(item, key) for item in self._list(key))

    def texts(self, key: str) -> tuple[str, ...]:
        found = self._list(key)
        if not all(isinstance(item, str) and item for item in found):
            self.refuse(f"{key}: expected a list of texts", key)
        return tuple(map(str, found))

    def pair(self, key: str) -> tuple[str, str]:
        """Read a text in both languages, Chinese first: ``{ zh = "...", en = "..." }``."""
        found = self.values.get(key)
        if not isinstance(found, dict) or set(found) != {"zh", "en"}:
            self.refuse(f"{key}: expected a text in zh and in en", key)
        for text in found.values():
            if not isinstance(text, str) or not 0 < len(text.strip()) <= 1000:
                self.refuse(f"{key}: expected texts of at most 1000 characters", key)
        return str(found["zh"]), str(found["en"])

    def _list(self, key: str) -> list[object]:
        found = self.values.get(key)
        if not isinstance(found, list):
            self.refuse(f"{key}: expected a list", key)
        return found

    def _day(self, value: object, key: str) -> date:
        if not isinstance(value, date) or isinstance(value, datetime):
            self.refuse(f"{key}: expected days like 2025-10-01, got {value!r}", key)
        return value


@dataclass(frozen=True, slots=True)
class Document:
    """A parsed file: root keys, single tables, lists of tables."""

    file: str
    root: Table
    tables: Mapping[str, tuple[Table, ...]]

    def only(self, single: Collection[str], lists: Collection[str] = ()) -> None:
        """Refuse a document that lacks a single table or has one nobody reads."""
        for name, found in self.tables.items():
            if name not in single and name not in lists:
                found[0].refuse(f"unknown table {name!r}")
            if name in single and len(found) != 1:
                found[1].refuse(f"table {name!r} appears twice")
        for name in single:
            if name not in self.tables:
                self.root.refuse(f"table [{name}] missing")

    def one(self, name: str) -> Table:
        return self.tables[name][0]

    def all(self, name: str) -> tuple[Table, ...]:
        return self.tables.get(name, ())


def load(path: Path, kind: str) -> bytes:
    """Read a document's bytes from a file; raises NotFound with its kind if there is none, InvalidRecord."""
    if not path.is_file():
        raise NotFound(f"{path}: no such {kind}")
    return read_bounded(path, LIMIT)


def parse(data: bytes, file: str) -> Document:
    """Read a document.

    Args:
        file: its name, for complaints.
    Raises:
        InvalidRecord: "file:line: what is wrong".
    """
    if len(data) > LIMIT:
        raise InvalidRecord(f"{file}:1: more than {LIMIT} bytes")
    try:
        text = data.decode("utf-8").replace("\r\n", "\n")
    except UnicodeDecodeError as exc:
        line = data[: exc.start].count(b"\n") + 1
        raise InvalidRecord(f"{file}:{line}: not UTF-8") from exc
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as exc:
        raise InvalidRecord(_located(str(exc), file, text)) from exc
    except ValueError as exc:  # an integer of thousands of digits
        raise InvalidRecord(f"{file}:1: a number is too long") from exc
    except RecursionError as exc:
        raise InvalidRecord(f"{file}:1: nested too deep") from exc
    return _assemble(file, values, _scan(text))


def _located(complaint: str, file: str, text: str) -> str:
    found = _SYNTAX.match(complaint)
    line = int(found[2]) if found and found[2] else text.count("\n") + 1
    return f"{file}:{line}: {found[1] if found else complaint}"


def _scan(text: str) -> Shape:
    """Note where each table and key begins: table and index -> its line and its keys' lines."""
    shape: Shape = {("", 0): (1, {})}
    current, counts = ("", 0), dict[str, int]()
    for number, line in enumerate(text.split("\n"), start=1):
        if header := _HEADER.fullmatch(line):
            name = header[2]
            current = (name, counts.get(name, 0))
            counts[name] = current[1] + 1
            shape[current] = (number, {})
        elif key := _KEY.match(line):
            shape[current][1][key[1]] = number
    return shape


def _assemble(file: str, values: Mapping[str, object], shape: Shape) -> Document:
    tables: dict[str, list[Table]] = {}
    plain: dict[str, object] = {}
    for name, found in values.items():
        rows = found if isinstance(found, list) else [found]
        if not rows or not all(isinstance(row, dict) for row in rows) or (name, 0) not in shape:
            plain[name] = found
            continue
        tables[name] = [_table(file, name, index, row, shape) for index, row in enumerate(rows)]
    root = _table(file, "", 0, plain, shape)
    expected = {(name, index) for name, rows in tables.items() for index in range(len(rows))} | {("", 0)}
    if expected != set(shape):
        raise InvalidRecord(f"{file}:1: expected plain keys, [tables] and [[lists of tables]] only")
    return Document(file, root, {name: tuple(rows) for name, rows in tables.items()})


def _table(file: str, name: str, index: int, row: Mapping[str, object], shape: Shape) -> Table:
    line, lines = shape.get((name, index), (1, {}))
    if set(lines) != set(row):
        odd = sorted(set(lines) ^ set(row))[0]
        raise InvalidRecord(f"{file}:{lines.get(odd, line)}: {odd}: expected one plain key a line")
    return Table(file, line, row, lines)
