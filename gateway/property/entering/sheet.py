"""Divisions, mergers and corrections as a clerk lists them: CSV files whose every complaint names file and line.

    divide, merge   application, unit, part, papers, and a column for each entry of the description
    correct         unit, reason, holders if they change, and a column for each entry of the description that changes

A division or merger has one row a part; rows of one application are one of them. What is described is each part of a
division, and the whole of a merger. Nothing here decides whether an entry is lawful.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final, TypeAlias

from gateway.property.entering.entry import check_shares, digest_papers, read_share
from ledger.errors import InvalidRecord, NotFound
from ledger.files import read_bounded

LIMIT: Final = 16 << 20
MAX_ROWS: Final = 20_000
MAX_PARTS: Final = 16
_TEXT: Final = 1000
RESHAPING: Final = ("application", "unit", "part", "papers")
CORRECTING: Final = ("unit", "reason")
HOLDERS: Final = "holders"
Description: TypeAlias = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Part:
    """A unit that comes into being, and how it is described."""

    code: str
    description: Description


@dataclass(frozen=True, slots=True)
class Division:
    """One unit becomes several. papers: digest of them; line: where it begins in the file."""

    line: int
    application: str
    unit: str
    parts: tuple[Part, ...]
    papers: bytes


@dataclass(frozen=True, slots=True)
class Merger:
    """Several units become one; the application is that of the first."""

    line: int
    application: str
    parts: tuple[str, ...]
    whole: Part
    papers: bytes


@dataclass(frozen=True, slots=True)
class Correction:
    """One unit's entry is corrected. shares: empty where the holders stay; description: what changes in it."""

    line: int
    unit: str
    reason: str
    shares: tuple[tuple[str, Fraction], ...]
    description: Description


@dataclass(frozen=True, slots=True)
class _Row:
    where: str
    line: int
    values: Mapping[str, str]
    described: Description

    def text(self, column: str) -> str:
        found = self.values[column]
        if not 0 < len(found) <= _TEXT:
            raise InvalidRecord(f"{self.where}: {column}: expected a text of at most {_TEXT} characters")
        return found


def divisions(path: Path) -> list[Division]:
    """Read a file of divisions.

    Raises:
        NotFound: the file or a paper is not there.
        InvalidRecord: "file:line: what is wrong".
    """
    found = []
    for rows in _by_application(_rows(path, RESHAPING)):
        first = rows[0]
        _require_one(rows, "unit")
        parts = tuple(Part(row.text("part"), _described(row)) for row in rows)
        _require_distinct(rows)
        found.append(Division(first.line, first.text("application"), first.text("unit"), parts, _papers(first, path)))
    _require_once(path, ((entry.line, entry.unit) for entry in found))
    return found


def mergers(path: Path) -> list[Merger]:
    """Read a file of mergers; raises as ``divisions`` does."""
    found = []
    for rows in _by_application(_rows(path, RESHAPING)):
        first = rows[0]
        _require_one(rows, "unit")
        _require_distinct(rows)
        for row in rows[1:]:
            if row.described not in ({}, first.described):
                raise InvalidRecord(f"{row.where}: the whole is described once, in its first row")
        whole = Part(first.text("unit"), _described(first))
        parts = tuple(row.text("part") for row in rows)
        found.append(Merger(first.line, first.text("application"), parts, whole, _papers(first, path)))
    _require_once(path, ((entry.line, entry.whole.code) for entry in found))
    return found


def corrections(path: Path) -> list[Correction]:
    """Read a file of corrections; raises as ``divisions`` does."""
    found = []
    for row in _rows(path, CORRECTING, HOLDERS):
        shares = _shares(row)
        if not shares and not row.described:
            raise InvalidRecord(f"{row.where}: nothing is corrected")
        found.append(Correction(row.line, row.text("unit"), row.text("reason"), shares, row.described))
    _require_once(path, ((entry.line, entry.unit) for entry in found))
    return found


def _rows(path: Path, columns: tuple[str, ...], *optional: str) -> list[_Row]:
    if not path.is_file():
        raise NotFound(f"{path}: no such file")
    try:
        reader = csv.reader(io.StringIO(read_bounded(path, LIMIT).decode("utf-8-sig"), newline=""), strict=True)
        header = [name.strip() for name in next(reader, [])]
        if missing := [name for name in columns if name not in header]:
            raise InvalidRecord(f"{path.name}:1: column {', '.join(missing)} missing")
        if len(set(header)) != len(header) or "" in header:
            raise InvalidRecord(f"{path.name}:1: a column appears twice, or has no name")
        found, line = [], reader.line_num + 1
        for fields in reader:
            if fields:
                found.append(_row(f"{path.name}:{line}", line, header, fields, (*columns, *optional)))
            if len(found) > MAX_ROWS:
                raise InvalidRecord(f"{path.name}:{line}: more than {MAX_ROWS} rows; split the file")
            line = reader.line_num + 1
    except (csv.Error, UnicodeDecodeError) as fault:
        raise InvalidRecord(f"{path.name}: cannot be read: {fault}") from fault
    if not found:
        raise InvalidRecord(f"{path.name}: no rows")
    return found


def _row(where: str, line: int, header: list[str], fields: list[str], columns: tuple[str, ...]) -> _Row:
    if len(fields) != len(header):
        raise InvalidRecord(f"{where}: expected {len(header)} fields, got {len(fields)}")
    told = {name: text.strip() for name, text in zip(header, fields, strict=True)}
    described = {name: text for name, text in told.items() if name not in columns and text}
    for name, text in described.items():
        if len(text) > _TEXT:
            raise InvalidRecord(f"{where}: {name}: expected a text of at most {_TEXT} characters")
    return _Row(where, line, {name: told.get(name, "") for name in columns}, described)


def _by_application(rows: Iterable[_Row]) -> list[list[_Row]]:
    """Return rows of one application together, in the order of the file."""
    found: dict[str, list[_Row]] = {}
    for row in rows:
        found.setdefault(row.text("application"), []).append(row)
    for group in found.values():
        if not 2 <= len(group) <= MAX_PARTS:
            expected = f"expected 2 to {MAX_PARTS} parts of an application, got {len(group)}"
            raise InvalidRecord(f"{group[0].where}: {expected}")
        for row in group[1:]:
            if row.values["papers"] not in ("", group[0].values["papers"]):
                raise InvalidRecord(f"{row.where}: the papers of an application stand in its first row")
    return list(found.values())


def _require_one(rows: list[_Row], column: str) -> None:
    for row in rows:
        if row.values[column] != rows[0].values[column]:
            raise InvalidRecord(f"{row.where}: another {column} than in the first row of its application")


def _require_distinct(rows: list[_Row]) -> None:
    codes = [row.text("part") for row in rows] + [rows[0].text("unit")]
    if len(set(codes)) != len(codes):
        raise InvalidRecord(f"{rows[0].where}: a unit appears twice in one application")


def _require_once(path: Path, units: Iterable[tuple[int, str]]) -> None:
    seen: dict[str, int] = {}
    for line, unit in units:
        if unit in seen:
            raise InvalidRecord(f"{path.name}:{line}: unit {unit!r} stands in line {seen[unit]} already")
        seen[unit] = line


def _described(row: _Row) -> Description:
    if not row.described:
        raise InvalidRecord(f"{row.where}: no description")
    return row.described


def _papers(row: _Row, path: Path) -> bytes:
    names = [name.strip() for name in row.text("papers").split(";")]
    return digest_papers(names, path.parent, row.where)


def _shares(row: _Row) -> tuple[tuple[str, Fraction], ...]:
    """Read holders like ``Ann 1/3; Bob 2/3``; none where the cell is empty."""
    shares = []
    try:
        for part in filter(None, (part.strip() for part in row.values[HOLDERS].split(";"))):
            name, _, share = part.rpartition(" ")
            if not 0 < len(name.strip()) <= 200:
                raise InvalidRecord("holders: expected like Ann 1/3; Bob 2/3")
            shares.append((name.strip(), read_share(share)))
        if shares:
            check_shares(shares)
    except InvalidRecord as fault:
        raise InvalidRecord(f"{row.where}: {fault}") from fault
    return tuple(shares)
