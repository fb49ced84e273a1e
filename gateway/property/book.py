"""The registrar's book: what the streams and the chain only have digests of, in one SQLite file of its own.

Old codes, records, descriptions and salts stay here, with the registrar. An import is written in one transaction
before anything of it is notarized, and marked as done after; whatever a crash left between is finished from the book
alone. It does NOT prove anything: proofs come from the streams and the chain.

Trust assumption: the file is the registrar's, and so is the key beside it.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from ledger.database import Database
from ledger.errors import BackendError, Conflict, InvalidRecord, NotFound

KEY_BYTES: Final = 32
SALT_BYTES: Final = 16
PAGE: Final = 10_000
"""Registrations read at once."""

_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS registrar (name TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS imports (
    id INTEGER PRIMARY KEY, file TEXT NOT NULL, sha256 TEXT NOT NULL, profile TEXT NOT NULL, report TEXT NOT NULL,
    first INTEGER NOT NULL, steps INTEGER NOT NULL, first_extract INTEGER NOT NULL, extracts INTEGER NOT NULL,
    done INTEGER NOT NULL, UNIQUE (sha256, profile));
CREATE TABLE IF NOT EXISTS rows (digest BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS steps (
    n INTEGER PRIMARY KEY, unit TEXT NOT NULL, day TEXT NOT NULL, record BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS steps_of_unit ON steps (unit, n);
CREATE TABLE IF NOT EXISTS units (
    code TEXT PRIMARY KEY, id BLOB NOT NULL UNIQUE, right INTEGER NOT NULL, holder TEXT NOT NULL,
    description TEXT NOT NULL, holder_salt BLOB NOT NULL, spatial_salt BLOB NOT NULL, last INTEGER NOT NULL,
    extract INTEGER, import INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS extracts (n INTEGER PRIMARY KEY, code TEXT NOT NULL, past BLOB NOT NULL);
CREATE INDEX IF NOT EXISTS extracts_of_unit ON extracts (code, n);
"""


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit as the book knows it.

    Attributes:
        id: its name on chain, an HMAC of the code under the registrar's key.
        holder, description: of the last step; canonical JSON the latter.
        last: index of its last step in the historical stream.
        extract: index of its newest extract; None before the import was finished.
    """

    code: str
    id: bytes
    right: int
    holder: str
    description: str
    holder_salt: bytes
    spatial_salt: bytes
    last: int
    extract: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One past registration: its place in the historical stream, its day, and its record's bytes."""

    n: int
    unit: str
    day: str
    record: bytes


@dataclass(frozen=True, slots=True)
class Import:
    """One import: what it read, its report, and where its records stand in both streams."""

    file: str
    sha256: str
    profile: str
    report: str
    first: int
    steps: int
    first_extract: int
    extracts: int
    done: int = 0


_UNIT: Final = "code, id, right, holder, description, holder_salt, spatial_salt, last, extract"
_OF_IMPORT: Final = "(SELECT id FROM imports WHERE sha256 = ? AND profile = ?)"
_IMPORT: Final = "file, sha256, profile, report, first, steps, first_extract, extracts, done"


class Book:
    """A registrar's directory: the book and the key under which units get their names."""

    def __init__(self, directory: Path, registrar: str | None = None) -> None:
        """Open it, or make it if the registrar's name is given.

        Raises:
            NotFound: there is none and no name.
            Conflict: it is another registrar's.
            BackendError, InvalidRecord: the disk refuses; the key is damaged.
        """
        file = directory / "book.sqlite"
        if registrar is None and not file.is_file():
            raise NotFound(f"{directory}: no registrar's book here")
        self.directory = directory
        self.database = Database(file, _SCHEMA, name="registrar's book")
        self.registrar = self._belongs_to(registrar)
        self._key = _key(directory / "unit.key")

    def close(self) -> None:
        self.database.close()

    def id_of(self, code: str) -> bytes:
        """Return a unit's name on chain."""
        return hmac.digest(self._key, code.encode(), "sha256")

    def knows(self) -> frozenset[bytes]:
        """Return the digests of all rows imported before."""
        with self.database.transaction() as db:
            return frozenset(digest for (digest,) in db.execute("SELECT digest FROM rows"))

    def last_days(self) -> dict[str, str]:
        """Return the day of the last registration of every unit."""
        with self.database.transaction() as db:
            return dict(db.execute("SELECT code, day FROM units JOIN steps ON steps.n = units.last"))

    def import_of(self, sha256: str, profile: str) -> Import | None:
        """Return the import of a file, if there was one."""
        return self._one_import("sha256 = ? AND profile = ?", (sha256, profile))

    def pending(self) -> Import | None:
        """Return the import that a crash left unfinished."""
        return self._one_import("NOT done", ())

    def counts(self) -> tuple[int, int]:
        """Return how many steps and extracts the streams hold when all imports are done."""
        with self.database.transaction() as db:
            found = db.execute("SELECT coalesce(sum(steps), 0), coalesce(sum(extracts), 0) FROM imports").fetchone()
        return int(found[0]), int(found[1])

    def begin(
        self, made: Import, rows: Iterable[bytes], steps: Iterable[Step], units: Iterable[Unit], kept: Iterable[str]
    ) -> None:
        """Write an import that is not notarized yet, in one transaction.

        Args:
            units: as their last step leaves them, with fresh salts; a unit known before is replaced.
            kept: codes of units that only get older steps, and another extract for them.
        """
        with self.database.transaction() as db:
            cursor = db.execute(
                f"INSERT INTO imports ({_IMPORT}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, 0)",  # noqa: S608 constant names
                (made.file, made.sha256, made.profile, made.report, made.first, made.steps, made.first_extract,
                 made.extracts),
            )  # fmt: skip
            number = cursor.lastrowid
            db.executemany("INSERT INTO rows VALUES (?)", ((digest,) for digest in rows))
            db.executemany(
                "INSERT INTO steps VALUES (?, ?, ?, ?)", ((step.n, step.unit, step.day, step.record) for step in steps)
            )
            db.executemany(
                f"INSERT OR REPLACE INTO units ({_UNIT}, import) VALUES (?, ?, ?, ?, ?, ?, ?, ?, NULL, ?)",  # noqa: S608
                (
                    (unit.code, unit.id, unit.right, unit.holder, unit.description, unit.holder_salt,
                     unit.spatial_salt, unit.last, number)
                    for unit in units
                ),
            )  # fmt: skip
            again = ((number, code) for code in kept)
            db.executemany("UPDATE units SET extract = NULL, import = ? WHERE code = ?", again)

    def finish(self, made: Import, extracts: Iterable[tuple[str, int, bytes]]) -> None:
        """Mark an import as notarized, and say where each unit's extract stands and where its past ends in it."""
        written = list(extracts)
        with self.database.transaction() as db:
            db.executemany("INSERT INTO extracts (code, n, past) VALUES (?, ?, ?)", written)
            db.executemany("UPDATE units SET extract = ? WHERE code = ?", ((n, code) for code, n, _ in written))
            db.execute("UPDATE imports SET done = 1 WHERE sha256 = ? AND profile = ?", (made.sha256, made.profile))

    def closed_by(self, made: Import) -> list[Unit]:
        """Return the units of which an import writes an extract, in the order of their codes."""
        return self._units(f"import = {_OF_IMPORT} ORDER BY code", (made.sha256, made.profile))

    def past_ends(self, made: Import) -> dict[str, bytes]:
        """Return where the chains of these units ended before the import."""
        with self.database.transaction() as db:
            found = db.execute(
                "SELECT code, past, max(extracts.n) FROM extracts JOIN units USING (code) "  # noqa: S608 constant
                f"WHERE import = {_OF_IMPORT} GROUP BY code",
                (made.sha256, made.profile),
            )
            return {code: past for code, past, _ in found}

    def extracts_of(self, code: str) -> list[tuple[int, bytes]]:
        """Return the places of a unit's extracts, the newest first, each with where the unit's past ends in it."""
        with self.database.transaction() as db:
            query = "SELECT n, past FROM extracts WHERE code = ? ORDER BY n DESC"
            return [(n, past) for n, past in db.execute(query, (code,))]

    def unit(self, code: str) -> Unit:
        """Return a unit by its old code; raises NotFound."""
        found = self._units("code = ?", (code,))
        if not found:
            raise NotFound(f"no unit {code!r} in the book; `shuxin property search` finds codes by a part")
        return found[0]

    def has(self, code: str) -> bool:
        """Say whether a unit has a past."""
        return bool(self._units("code = ?", (code,)))

    def code_of(self, id: bytes) -> str | None:
        """Return the code of a unit by its name on chain."""
        found = self._units("id = ?", (id,))
        return found[0].code if found else None

    def search(self, part: str, limit: int) -> list[Unit]:
        """Return units whose old code contains a text."""
        return self._units("instr(code, ?) > 0 LIMIT ?", (part, limit))

    def steps_of(self, code: str) -> list[Step]:
        """Return a unit's past registrations in their order."""
        with self.database.transaction() as db:
            found = db.execute("SELECT n, unit, day, record FROM steps WHERE unit = ? ORDER BY day, n", (code,))
            return [Step(*row) for row in found]

    def steps_from(self, first: int, count: int) -> Iterator[Step]:
        """Yield the registrations of the historical stream from one place on."""
        for start in range(first, first + count, PAGE):
            with self.database.transaction() as db:
                end = min(start + PAGE, first + count)
                found = db.execute(
                    "SELECT n, unit, day, record FROM steps WHERE n >= ? AND n < ? ORDER BY n", (start, end)
                ).fetchall()
            for row in found:
                yield Step(*row)

    def record(self, n: int) -> bytes:
        """Return one record of the historical stream."""
        return next(self.steps_from(n, 1)).record

    def _units(self, condition: str, values: tuple[object, ...]) -> list[Unit]:
        with self.database.reading() as db:
            found = db.execute(f"SELECT {_UNIT} FROM units WHERE {condition}", values)  # noqa: S608 constant texts
            return [Unit(*row) for row in found]

    def _one_import(self, condition: str, values: tuple[object, ...]) -> Import | None:
        with self.database.transaction() as db:
            row = db.execute(f"SELECT {_IMPORT} FROM imports WHERE {condition}", values).fetchone()  # noqa: S608
        return None if row is None else Import(*row)

    def _belongs_to(self, registrar: str | None) -> str:
        with self.database.transaction() as db:
            row = db.execute("SELECT name FROM registrar").fetchone()
            if row is None:
                if registrar is None:
                    raise InvalidRecord(f"{self.directory}: the book names no registrar")
                db.execute("INSERT INTO registrar VALUES (?)", (registrar,))
                return registrar
        if registrar is not None and row[0] != registrar:
            raise Conflict(f"{self.directory}: the book of {row[0]}, not of {registrar}")
        return str(row[0])


def fresh_salt() -> bytes:
    """Draw a salt from the operating system; never derived, so that erasing it is final."""
    return secrets.token_bytes(SALT_BYTES)


def _key(path: Path) -> bytes:
    """Read the registrar's key, or draw it the first time; readable by its owner only."""
    try:
        if not path.exists():
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(secrets.token_bytes(KEY_BYTES))
                file.flush()
                os.fsync(file.fileno())
        key = path.read_bytes()
    except OSError as fault:
        raise BackendError(f"{path}: {fault.strerror}") from fault
    if len(key) != KEY_BYTES:
        raise InvalidRecord(f"{path}: expected {KEY_BYTES} bytes, got {len(key)}")
    return key
