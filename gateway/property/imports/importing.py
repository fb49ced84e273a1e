"""Importing a register that exists: its past becomes a stream, its present an extract of each unit.

Two streams of the registrar: ``NAME/registrations``, one record a past registration in the order of its day, and
``NAME/extracts``, from which ``Titles`` opens units on chain. No transaction per row: the chain sees two anchors. An
import is all or nothing, may be repeated (the same file is not imported twice), and is finished after a crash.

It does NOT know who holds a unit where the source does not say: the record then says so.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from contracts.titles.commitment import HOLDER, SPATIAL, commitment
from contracts.titles.holding import extract, past_of, sole
from gateway.property.book import Book, Import, Step, Unit, fresh_salt
from gateway.property.imports import report as reports
from gateway.property.imports import values
from gateway.property.imports.profile import Profile
from gateway.property.imports.report import Report
from gateway.property.imports.rows import Row, Source
from gateway.property.imports.sorting import Sorted, sort
from ledger.canonical import JsonValue
from ledger.errors import Conflict, InvalidRecord
from ledger.log import salts
from ledger.log.record import leaf_of
from ledger.log.stream import Stream, StreamWriter

REGISTRATIONS: Final = "registrations"
EXTRACTS: Final = "extracts"
Tell = Callable[[str, int], None]
"""Called with a phase and how many rows it has done since the last call."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to.

    Attributes:
        again: the file was imported before; nothing was changed.
        seconds: of reading and of registering.
    """

    report: Report
    again: bool
    seconds: tuple[float, float] = (0.0, 0.0)


def run(
    file: Path, profile: Profile, directory: Path, registrar: str, latest: date, tell: Tell = lambda _phase, _n: None
) -> Imported:
    """Import a file into a registrar's directory.

    Raises:
        NotFound, InvalidRecord: the file or its header; nothing was registered.
        Conflict: the directory is another registrar's, or the file was imported with another profile of this name.
        BackendError: the disk refused; run it again.
    """
    if not registrar or "/" in registrar or len(registrar) > 60:
        raise InvalidRecord("registrar: expected a name of at most 60 characters without /")
    source = Source(file, profile)
    book = Book(directory, registrar)
    try:
        if left := book.pending():
            _notarize(book, left, tell)
        if before := book.import_of(source.sha256, profile.name):
            return Imported(_same_profile(reports.read(before.report), profile), again=True)
        began = time.monotonic()
        found = sort(source.rows(latest, lambda count: tell("reading", count)), profile, book.knows())
        read = time.monotonic()
        made = _begin(book, source, profile, found)
        del found  # what follows takes its records from the book
        _notarize(book, made, tell)
        return Imported(reports.read(made.report), again=False, seconds=(read - began, time.monotonic() - read))
    finally:
        book.close()


def _same_profile(before: Report, profile: Profile) -> Report:
    """Refuse to call an import a repetition if the profile's meaning has changed since."""
    if before.profile_sha256 != profile.digest:
        raise Conflict(
            f"{before.file}: imported before with another profile of the name {profile.name} "
            f"({before.profile_sha256[:16]}, now {profile.digest[:16]}); what was registered stays"
        )
    return before


def holder_of(unit: Unit) -> bytes:
    """Return the commitment to a unit's holder, as the chain has it."""
    return commitment(HOLDER, unit.holder_salt, unit.holder.encode())


def spatial_of(unit: Unit) -> bytes:
    """Return the commitment to a unit's description, as the chain has it."""
    return commitment(SPATIAL, unit.spatial_salt, unit.description.encode())


def extract_of(unit: Unit, past: bytes) -> bytes:
    """Return the record that closes a unit's past; past: where the chain of its registrations ends."""
    return extract(unit.id, spatial_of(unit), unit.right, sole(holder_of(unit)).digest(), past)


def past_end(book: Book, code: str) -> bytes:
    """Return where the chain of a unit's registrations in the historical stream ends."""
    stream = book.directory / REGISTRATIONS
    steps = sorted(book.steps_of(code), key=lambda step: step.n)
    return past_of(leaf_of(salts.read(stream, step.n), step.record) for step in steps)


def _begin(book: Book, source: Source, profile: Profile, found: Sorted) -> Import:
    first, first_extract = book.counts()
    units, older, known = dict[str, tuple[Row, int]](), set[str](), book.last_days()
    for n, row in enumerate(found.steps, start=first):
        if row.day.isoformat() >= known.get(row.code, ""):  # an older file leaves the unit's present as it is
            units[row.code] = (row, n)
        else:
            older.add(row.code)
    touched = len(units.keys() | older)
    older -= units.keys()
    report = reports.of(book.registrar, source, profile, found, touched)
    made = Import(
        source.name, source.sha256, profile.name, report.text(), first, len(found.steps), first_extract,
        len(units) + len(older),
    )  # fmt: skip
    steps = (
        Step(n, row.code, row.day.isoformat(), _record(row, profile, source))
        for n, row in enumerate(found.steps, start=first)
    )
    fresh = (
        Unit(
            code, book.id_of(code), int(profile.right), profile.holder, _flat(_description(row, profile)), fresh_salt(),
            fresh_salt(), last, None,
        )
        for code, (row, last) in units.items()
    )  # fmt: skip
    book.begin(made, found.seen, steps, fresh, older)
    return made


def _description(row: Row, profile: Profile) -> dict[str, JsonValue]:
    return {
        item.name: values.described(text, item.form)
        for item, text in zip(profile.description, row.described, strict=True)
    }


def _record(row: Row, profile: Profile, source: Source) -> bytes:
    return _flat(
        {
            "format": "shuxin-registration",
            "version": 1,
            "kind": "transfer",
            "unit": row.code,
            "day": row.day.isoformat(),
            "price": row.price,
            "currency": profile.currency,
            "holder": profile.holder,
            "description": _description(row, profile),
            "source": {"sha256": source.sha256, "line": row.line, "row": row.digest.hex()},
        }
    ).encode()


def _flat(value: JsonValue) -> str:
    """Write canonical JSON quickly: for texts, small integers and ASCII keys this is RFC 8785."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def _notarize(book: Book, made: Import, tell: Tell) -> None:
    """Bring both streams to what the book says, and mark the import as done."""
    records = (step.record for step in book.steps_from(made.first, made.steps))
    _extend(book, REGISTRATIONS, made.first, made.steps, records, tell)
    ends = _chained(book, made)
    closed = book.closed_by(made)
    extracts = (extract_of(unit, ends[unit.code]) for unit in closed)
    _extend(book, EXTRACTS, made.first_extract, made.extracts, extracts, tell)
    book.finish(made, ((unit.code, made.first_extract + n, ends[unit.code]) for n, unit in enumerate(closed)))


def _chained(book: Book, made: Import) -> dict[str, bytes]:
    """Return where the chain of every unit that an import continues ends."""
    ends: dict[str, bytes] = book.past_ends(made)
    drawn = salts.read_range(book.directory / REGISTRATIONS, made.first, made.steps)
    for step in book.steps_from(made.first, made.steps):
        leaf = leaf_of(drawn[step.n - made.first], step.record)
        ends[step.unit] = past_of((leaf,), ends.get(step.unit, bytes(32)))
    return ends


def _extend(book: Book, stream: str, first: int, count: int, records: Iterable[bytes], tell: Tell) -> None:
    with StreamWriter(book.directory / stream, f"{book.registrar}/{stream}") as writer:
        size = writer.checkpoint.size
        if size == first + count:
            return  # appended before the crash
        if size != first:
            raise Conflict(f"{book.directory / stream}: has {size} records, the book expects {first}")
        done = first

        def advanced(reached: int) -> None:
            nonlocal done
            tell(f"notarizing {stream}", reached - done)
            done = reached

        writer.append(records, progress=advanced)


def opened(directory: Path, stream: str) -> Stream:
    """Open one of a registrar's streams for reading; raises NotFound if there is none."""
    return Stream(directory / stream)
