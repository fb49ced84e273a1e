"""Rows of a registrar's CSV file, read as its profile says. Nothing here decides what becomes of a row."""

from __future__ import annotations

import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, cast

from gateway.property.imports import values
from gateway.property.imports.profile import Profile
from ledger.errors import InvalidRecord, NotFound

# Bytes of CSV text, also of an unpacked .gz file.
FILE_LIMIT = 256 * 1024 * 1024
_FIELD_LIMIT = 1 << 16
_BLOCK = 1 << 20
Advance = Callable[[int], None]
"""Called with the number of bytes read since the last call."""


@dataclass(frozen=True, slots=True)
class Row:
    """One row that reads as the profile says.

    Attributes:
        line: in the file, counted from 1.
        digest: of all its fields, to find exact duplicates.
        parcel: the code of the base unit; ``unit`` also tells homes of one parcel apart where the profile asks.
        deed: digest of the values whose equality over several parcels makes one deed, empty for none.
        price: in whole units of the currency.
        described: the texts of the profile's description, in its order; nothing else of a row is kept.
    """

    line: int
    digest: bytes
    office: str
    parcel: str
    unit: str
    day: date
    price: int
    deed: bytes
    described: tuple[str, ...]

    @property
    def code(self) -> str:
        """The unit's old code, with its office where the profile has several."""
        return f"{self.office}/{self.unit}" if self.office else self.unit


@dataclass(frozen=True, slots=True)
class Reject:
    """A row that cannot be read, and why."""

    line: int
    reason: str


class Source:
    """An opened file: its header checked, its rows still to be read."""

    def __init__(self, path: Path, profile: Profile) -> None:
        """Check the header.

        Raises:
            NotFound: there is no such file.
            InvalidRecord: it is too large, not UTF-8, or lacks a column; the message names what is wrong.
        """
        if not path.is_file():
            raise NotFound(f"{path}: no such file")
        self.name = path.name
        self._path, self._profile = path, profile
        if not self._is_packed and path.stat().st_size > FILE_LIMIT:
            raise self._too_large()  # at once, without reading it
        self.sha256 = self._measure()
        with self._open() as text:
            self.header = tuple(next(self._reader(text), ()))
        if missing := sorted(profile.columns - set(self.header)):
            raise InvalidRecord(f"{path.name}:1: profile {profile.name} needs the column {', '.join(missing)}")
        if len(set(self.header)) != len(self.header):
            raise InvalidRecord(f"{path.name}:1: a column appears twice")
        at = {name: index for index, name in enumerate(self.header)}
        self._office = [at[name] for name in profile.office]
        self._parcel = [at[name] for name in profile.unit]
        self._finer = [at[name] for name in profile.finer.unit] if profile.finer else []
        self._told_by = at[profile.finer.column] if profile.finer else 0
        self._day, self._price = at[profile.day], at[profile.price]
        self._deed = [at[name] for name in profile.deed]
        self._described = [at[item.column] for item in profile.description]

    def rows(self, latest: date, advance: Advance = lambda _: None) -> Iterator[Row | Reject]:
        """Yield every row of the file in its order.

        Args:
            latest: a later day is rejected as lying in the future.
        """
        with self._open() as text:
            reader = self._reader(text)
            next(reader)
            line = reader.line_num + 1
            for number, fields in enumerate(reader):
                if fields:
                    yield self._row(line, tuple(fields), latest)
                line = reader.line_num + 1
                if number % 1000 == 999:
                    advance(1000)

    def _row(self, line: int, fields: tuple[str, ...], latest: date) -> Row | Reject:
        if len(fields) != len(self.header):
            return Reject(line, f"expected {len(self.header)} fields, got {len(fields)}")
        parcel = _code(fields, self._parcel)
        if not parcel.strip("/"):
            return Reject(line, "no unit")
        try:
            day = values.day(fields[self._day].strip(), self._profile.day_form)
            price = values.price(fields[self._price].strip())
        except InvalidRecord as fault:
            return Reject(line, str(fault))
        if day > latest:
            return Reject(line, f"day in the future: {day.isoformat()}")
        finer = self._profile.finer
        apart = finer is not None and any(part in fields[self._told_by] for part in finer.contains)
        return Row(
            line,
            _digest(fields),
            _code(fields, self._office),
            parcel,
            _code(fields, self._finer) if apart else parcel,
            day,
            price,
            _digest(fields[index] for index in self._deed)[:16] if self._deed else b"",
            tuple(fields[index].strip() for index in self._described),
        )

    def _measure(self) -> str:
        """Return the digest of the file, after checking the size of its text."""
        digest, size = hashlib.sha256(), 0
        try:
            with self._path.open("rb") as file:
                while block := file.read(_BLOCK):
                    digest.update(block)
            with self._bytes() as data:
                while block := data.read(_BLOCK):
                    size += len(block)
                    if size > FILE_LIMIT:
                        raise self._too_large()
        except (OSError, EOFError, zlib.error) as fault:
            raise InvalidRecord(f"{self.name}: cannot be read: {fault}") from fault
        return digest.hexdigest()

    @property
    def _is_packed(self) -> bool:
        return self._path.suffix == ".gz"

    def _too_large(self) -> InvalidRecord:
        return InvalidRecord(f"{self.name}: more than {FILE_LIMIT >> 20} MB of text; split it by year or office")

    def _bytes(self) -> BinaryIO:
        return cast(BinaryIO, gzip.open(self._path, "rb") if self._is_packed else self._path.open("rb"))

    def _open(self) -> io.TextIOWrapper:
        return io.TextIOWrapper(self._bytes(), encoding="utf-8-sig", newline="", errors="strict")

    def _reader(self, text: io.TextIOWrapper) -> _Lines:
        return _Lines(text, self.name)


class _Lines:
    """``csv.reader`` whose complaints are ours."""

    def __init__(self, text: io.TextIOWrapper, name: str) -> None:
        csv.field_size_limit(_FIELD_LIMIT)
        self._reader, self._name = csv.reader(text, strict=True), name

    @property
    def line_num(self) -> int:
        return self._reader.line_num

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> list[str]:
        try:
            return next(self._reader)
        except (csv.Error, UnicodeDecodeError, OSError, EOFError, zlib.error) as fault:
            raise InvalidRecord(f"{self._name}:{self._reader.line_num + 1}: cannot be read: {fault}") from fault


def _digest(fields: Iterable[str]) -> bytes:
    return hashlib.sha256("\x1f".join(fields).encode()).digest()


def _code(fields: tuple[str, ...], columns: list[int]) -> str:
    return "/".join(" ".join(fields[index].split()) for index in columns)
