"""Queries of titles: for what one may ask, who may, and the record that each leaves.

A query states one of the purposes of ``purposes.toml`` and who asks; by its purpose the asker must be a holder by name,
or show a paper. The record goes into the registrar's stream ``REGISTRAR/queries`` before anything is answered, refused
queries and those of no known unit too: the asker, the account and the paper as salted commitments, their names in the
registrar's book. What it does NOT do: examine a paper, or know whether the asker is who it says; the clerk answers for
both. A record is durable in the book first, with its place in the stream; a gateway answers then and lets the stream
follow (``keep_all``, ``follow``), and what a crash left between enters with whoever records next.
Source: Civil Code articles 218 and 219; Interim Regulation on Real Estate Registration (2024), articles 27 and 28.
"""

from __future__ import annotations

import sqlite3
import time
import tomllib
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from enum import StrEnum
from functools import cache
from importlib import resources
from pathlib import Path
from typing import Final

from contracts.titles.commitment import commitment
from gateway.property.book import Book, fresh_salt
from gateway.property.titles.finding import Found
from ledger import canonical
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, NotFound, VerificationError
from ledger.files import digest_bounded
from ledger.log.stream import StreamWriter

QUERIES: Final = "queries"
PAPER_LIMIT: Final = 1 << 28
MAX_ASKER: Final = 200
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS asked (
    n INTEGER PRIMARY KEY, unit TEXT NOT NULL, record BLOB NOT NULL, salt BLOB NOT NULL, asker TEXT NOT NULL,
    account TEXT NOT NULL DEFAULT '');
"""


class Asker(StrEnum):
    """Who may ask for a purpose."""

    HOLDER = "holder"
    INTERESTED = "interested"
    ANYBODY = "anybody"
    OFFICE = "office"


@dataclass(frozen=True, slots=True)
class Purpose:
    """For what a title may be asked. opens_names: whether names, claims and past records are shown."""

    code: str
    zh: str
    en: str
    ground_zh: str
    ground_en: str
    asker: Asker
    opens_names: bool


@dataclass(frozen=True, slots=True)
class Question:
    """Who asks, for what.

    Attributes:
        paper: digest of what shows the interest, empty if none was shown.
        account: of the gateway, at which it was stated; empty at the registrar's own machine.
    """

    purpose: Purpose
    asker: str
    paper: bytes = b""
    account: str = ""


@dataclass(frozen=True, slots=True)
class Query:
    """A query as the registrar's book has it; all but the names of asker and account is in the stream's record."""

    n: int
    unit: str
    time: str
    purpose: str
    as_of: str
    answered: bool
    asker: str
    account: str
    record: bytes

    def json(self) -> dict[str, JsonValue]:
        return {
            "n": self.n, "unit": self.unit, "time": self.time, "purpose": self.purpose, "as_of": self.as_of,
            "answered": self.answered, "asker": self.asker, "account": self.account,
        }  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asking:
    """One query about to be recorded: what was stated, of which unit, as of when, and whether it is answered.

    A unit that is in no register stands by what was asked for, and such a query is not answered.
    """

    asked: Question
    unit: Found
    as_of: str
    now: datetime
    answered: bool


@cache
def purposes() -> dict[str, Purpose]:
    """Return the purposes by their codes."""
    text = resources.files("gateway.property.titles").joinpath("purposes.toml").read_text(encoding="utf-8")
    return {
        told["code"]: Purpose(
            told["code"], told["zh"], told["en"], told["ground"]["zh"], told["ground"]["en"], Asker(told["asker"]),
            told["names"],
        )
        for told in tomllib.loads(text)["purpose"]
    }  # fmt: skip


def question(purpose: str, asker: str, paper: Path | None = None, account: str = "") -> Question:
    """Check what a query states; raises as ``stated``, and NotFound if the paper is not there."""
    return stated(purpose, asker, b"" if paper is None else digest_bounded(paper, PAPER_LIMIT), account)


def stated(purpose: str, asker: str, paper: bytes = b"", account: str = "") -> Question:
    """Check what a query states, its paper by its SHA-256.

    Raises:
        InvalidRecord: no known purpose, nobody asks, or the purpose needs a paper.
    """
    known = purposes()
    if purpose not in known:
        said = "states no purpose" if not purpose.strip() else f"unknown purpose {purpose[:60]!r}"
        raise InvalidRecord(
            f"query: {said} 未说明查询目的 (Interim Regulation article 28); expected one of {', '.join(known)}"
        )
    if not asker.strip() or len(asker) > MAX_ASKER:
        raise InvalidRecord("query: say who asks, in at most 200 characters 未说明查询人 (Civil Code 218)")
    found = known[purpose]
    if not paper and found.asker in (Asker.INTERESTED, Asker.OFFICE):
        raise InvalidRecord(f"query: {purpose} needs a paper: the contract, claim or letter 需提交利害关系证明材料")
    return Question(found, asker.strip(), paper, account)


def refusal(asked: Question, holders: Collection[str]) -> str:
    """Return why the asker may not have the answer, "" if it may; holders: of the unit or of what stands against it."""
    if asked.purpose.asker is Asker.HOLDER and asked.asker not in holders:
        return "query: who asks is no holder of this unit 查询人不是该单元的权利人 (Civil Code 218)"
    return ""


def as_of_text(at: int | date | None) -> str:
    """Say as of when a query was asked that has no title to say it.

    >>> as_of_text(7), as_of_text(None)
    ('block 7', 'now')
    """
    return "now" if at is None else f"block {at}" if isinstance(at, int) else str(at)


class QueryBook:
    """The queries of one registrar, in its book and its stream."""

    def __init__(self, book: Book, *, pause: Callable[[float], None] = time.sleep) -> None:
        self._book, self._pause = book, pause
        book.database.add_tables(_SCHEMA)
        self._add_accounts()

    def record(self, asked: Question, unit: Found, as_of: str, now: datetime, *, answered: bool) -> int:
        """Record a query and return its place in the stream.

        Raises:
            Conflict, BackendError: it cannot be recorded now, so it must not be answered.
        """
        return self.record_all([Asking(asked, unit, as_of, now, answered)])[0]

    def record_all(self, asked: Sequence[Asking]) -> list[int]:
        """Record several queries at once, durably, and return their places in the stream; raises as ``record``."""
        with self._writer() as writer:
            # First what opens the commitments: a leaf that nobody can open would be worth nothing.
            places = self.keep_all(asked)
            self._take_in(writer)
        return places

    def keep_all(self, asked: Sequence[Asking]) -> list[int]:
        """Write queries into the book, durably at once, and return the places that they will have in the stream.

        Raises:
            BackendError: the disk refuses; then none is recorded.
        """
        made = [(query, *_record(query)) for query in asked]
        with self._book.database.transaction() as db:
            first: int = db.execute("SELECT coalesce(max(n), -1) + 1 FROM asked").fetchone()[0]
            values = [
                (n, query.unit.code, record, salt, query.asked.asker, query.asked.account)
                for n, (query, record, salt) in enumerate(made, start=first)
            ]
            db.executemany("INSERT INTO asked VALUES (?, ?, ?, ?, ?, ?)", values)
        return list(range(first, first + len(made)))

    def follow(self) -> int:
        """Take what is in the book alone into the stream, durably, and return the stream's size.

        Raises:
            Conflict, BackendError: not now.
            VerificationError: the stream has records that the book does not have.
        """
        with self._writer() as writer:
            return self._take_in(writer)

    def _add_accounts(self) -> None:
        """Give a book of before queries named their account the column for it, whichever process comes first."""
        with self._book.database.reading() as db:
            is_known = _has_accounts(db)
        if not is_known:
            with self._book.database.transaction() as db:
                if not _has_accounts(db):
                    db.execute("ALTER TABLE asked ADD COLUMN account TEXT NOT NULL DEFAULT ''")

    def _take_in(self, writer: StreamWriter) -> int:
        size = writer.checkpoint.size
        with self._book.database.reading() as db:
            known: int = db.execute("SELECT coalesce(max(n), -1) + 1 FROM asked").fetchone()[0]
            rows = db.execute("SELECT record FROM asked WHERE n >= ? AND n < ? ORDER BY n", (size, known)).fetchall()
        if known < size or len(rows) != known - size:
            raise VerificationError(f"queries: the stream has {size} records, and the book lacks one up to {known}")
        return writer.append([record for (record,) in rows]).size if rows else size

    def _writer(self) -> StreamWriter:
        """Open the stream of queries when no other clerk is writing to it; raises Conflict if that takes long."""
        directory, name = self._book.directory / QUERIES, f"{self._book.registrar}/{QUERIES}"
        return StreamWriter.in_turn(directory, name, pause=self._pause)

    def listed(self, unit: str | None = None, limit: int = 1000) -> list[Query]:
        """Return the newest queries, the newest first, of one unit if its code is given."""
        condition, values = ("WHERE unit = ? ", (unit, limit)) if unit is not None else ("", (limit,))
        with self._book.database.transaction() as db:
            rows = db.execute(
                f"SELECT n, unit, record, asker, account FROM asked {condition}ORDER BY n DESC LIMIT ?",  # noqa: S608 constant
                values,
            ).fetchall()
        return [_query(*row) for row in rows]

    def one(self, n: int) -> Query:
        """Return one query; raises NotFound."""
        with self._book.database.transaction() as db:
            row = db.execute("SELECT n, unit, record, asker, account FROM asked WHERE n = ?", (n,)).fetchone()
        if row is None:
            raise NotFound(f"query {n}: none of this number")
        return _query(*row)


def _has_accounts(db: sqlite3.Connection) -> bool:
    return any(column[1] == "account" for column in db.execute("PRAGMA table_info(asked)"))


def _record(query: Asking) -> tuple[bytes, bytes]:
    """Write the stream's record of a query and draw the salt of its commitments."""
    asked, salt = query.asked, fresh_salt()
    paper = commitment(b"SHUXIN-INTEREST1", salt, asked.paper).hex() if asked.paper else None
    account = commitment(b"SHUXIN-ACCOUNTV1", salt, asked.account.encode()).hex() if asked.account else None
    record = canonical.encode(
        {
            "format": "shuxin-title-query",
            "version": 2,
            "unit": query.unit.id.hex(),
            "as_of": query.as_of,
            "purpose": asked.purpose.code,
            "asker": commitment(b"SHUXIN-ASKER--V1", salt, asked.asker.encode()).hex(),
            "account": account,
            "paper": paper,
            "answered": query.answered,
            "time": query.now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        }
    )
    return record, salt


def _query(n: int, unit: str, record: bytes, asker: str, account: str) -> Query:
    match canonical.decode(record):
        case {"time": str(time), "purpose": str(purpose), "as_of": str(as_of), "answered": bool(answered)}:
            return Query(n, unit, time, purpose, as_of, answered, asker, account, record)
    raise InvalidRecord(f"query {n}: its record in the book is damaged")
