"""The registrar's copy of the living register: names and salts behind the commitments on chain.

Beside the book of the past, in the same file. It is written before the chain is asked, so that a crash never leaves a
commitment on chain that nobody can open; what the chain then says decides. It proves nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from contracts.titles.commitment import HOLDER, SPATIAL, commitment
from contracts.titles.holding import Holdings, holdings_of
from gateway.property.book import Book, fresh_salt
from ledger.errors import Conflict, NotFound

SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS living (code TEXT PRIMARY KEY, id BLOB NOT NULL UNIQUE, state TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS lived (code TEXT, state TEXT, PRIMARY KEY (code, state)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS applications (
    code TEXT PRIMARY KEY, unit TEXT NOT NULL, plan TEXT NOT NULL, n INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS revisions (name TEXT PRIMARY KEY, asked TEXT NOT NULL, draft TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS words (
    code TEXT PRIMARY KEY, act TEXT NOT NULL, words TEXT NOT NULL, salt BLOB NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Holder:
    """A holder with the salt of its commitment and its share."""

    name: str
    salt: bytes
    share: Fraction

    @property
    def commitment(self) -> bytes:
        return commitment(HOLDER, self.salt, self.name.encode())


@dataclass(frozen=True, slots=True)
class Living:
    """What a unit is now, as the registrar knows it. description: canonical JSON."""

    code: str
    id: bytes
    right: int
    holders: tuple[Holder, ...]
    description: str
    spatial_salt: bytes

    @property
    def holdings(self) -> Holdings:
        """Return the list that the chain has the digest of."""
        return holdings_of({holder.commitment: holder.share for holder in self.holders})

    @property
    def spatial(self) -> bytes:
        return commitment(SPATIAL, self.spatial_salt, self.description.encode())


def shared(shares: tuple[tuple[str, Fraction], ...]) -> tuple[Holder, ...]:
    """Give every holder a fresh salt."""
    return tuple(Holder(name, fresh_salt(), share) for name, share in shares)


def write(living: Living) -> str:
    """Write a unit as text for the book."""
    return json.dumps(
        {
            "right": living.right,
            "holders": [[holder.name, holder.salt.hex(), str(holder.share)] for holder in living.holders],
            "description": living.description,
            "spatial_salt": living.spatial_salt.hex(),
        },
        ensure_ascii=False,
    )


def read(code: str, id: bytes, text: str) -> Living:
    """Read what ``write`` wrote."""
    told = json.loads(text)
    holders = tuple(Holder(name, bytes.fromhex(salt), Fraction(share)) for name, salt, share in told["holders"])
    return Living(code, id, told["right"], holders, told["description"], bytes.fromhex(told["spatial_salt"]))


class LivingBook:
    """Units and applications of one registrar."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._database = book.database
        self._database.add_tables(SCHEMA)

    def unit(self, code: str) -> Living | None:
        """Return a unit of the living register, None for one that is not in it."""
        with self._database.reading() as db:
            row = db.execute("SELECT id, state FROM living WHERE code = ?", (code,)).fetchone()
        return None if row is None else read(code, row[0], row[1])

    def registered(self, code: str) -> Living:
        """Return a unit of the living register; raises NotFound."""
        found = self.unit(code)
        if found is None:
            raise NotFound(f"unit {code!r} is not in the living register; `shuxin property open` brings it there")
        return found

    def knows(self, code: str) -> bool:
        """Say whether a unit is in the living register or in an application for it."""
        query = "SELECT 1 FROM living WHERE code = ? UNION SELECT 1 FROM applications WHERE unit = ?"
        with self._database.reading() as db:
            return db.execute(query, (code, code)).fetchone() is not None

    def code_of(self, id: bytes) -> str | None:
        """Return the code of a unit of the living register by its name on chain."""
        with self._database.reading() as db:
            row = db.execute("SELECT code FROM living WHERE id = ?", (id,)).fetchone()
        return None if row is None else str(row[0])

    def search(self, part: str, limit: int) -> list[str]:
        """Return codes of the living register that contain a text."""
        query = "SELECT code FROM living WHERE instr(code, ?) > 0 ORDER BY code LIMIT ?"
        with self._database.reading() as db:
            return [code for (code,) in db.execute(query, (part, limit))]

    def keep(self, living: Living) -> None:
        """Write down what a unit is now; what it was before stays in the book too, for questions about that time."""
        state = write(living)
        with self._database.transaction() as db:
            db.execute("INSERT OR REPLACE INTO living VALUES (?, ?, ?)", (living.code, living.id, state))
            db.execute("INSERT OR IGNORE INTO lived VALUES (?, ?)", (living.code, state))

    def lived(self, code: str) -> list[Living]:
        """Return everything that a unit of the living register is or was, in no order."""
        with self._database.transaction() as db:
            query = "SELECT id, lived.state FROM lived JOIN living USING (code) WHERE code = ?"
            return [read(code, id, state) for id, state in db.execute(query, (code,))]

    def plan(self, code: str, unit: str, plan: str) -> None:
        """Keep what an application will enter; of one that the chain has not accepted yet, instead of what was kept."""
        with self._database.transaction() as db:
            count = db.execute("SELECT count(*) FROM applications").fetchone()[0]
            db.execute(
                "INSERT INTO applications VALUES (?, ?, ?, ?) "
                "ON CONFLICT (code) DO UPDATE SET unit = excluded.unit, plan = excluded.plan",
                (code, unit, plan, count),
            )

    def said(self, code: str, act: str, words: str, *, is_done: bool) -> bytes:
        """Keep why an application ended, and return the commitment to it, the same for the same words.

        Raises:
            Conflict: it has ended already, otherwise or for another reason.
        """
        with self._database.transaction() as db:
            row = db.execute("SELECT act, words, salt FROM words WHERE code = ?", (code,)).fetchone()
            same = row is not None and (row[0], row[1]) == (act, words)
            if is_done and not same:
                raise Conflict(f"application {code}: has ended otherwise, or for another reason")
            salt = row[2] if row else fresh_salt()
            db.execute("INSERT OR REPLACE INTO words VALUES (?, ?, ?, ?)", (code, act, words, salt))
        return commitment(b"SHUXIN-WORDS--V1", salt, words.encode())

    def keep_revision(self, name: str, asked: str, draft: str) -> None:
        """Keep what a division, merger or correction will enter, instead of what was kept under its name."""
        with self._database.transaction() as db:
            db.execute("INSERT OR REPLACE INTO revisions VALUES (?, ?, ?)", (name, asked, draft))

    def revision(self, name: str) -> tuple[str, str] | None:
        """Return what was asked and the draft that was kept under a name, None if none was."""
        with self._database.transaction() as db:
            row = db.execute("SELECT asked, draft FROM revisions WHERE name = ?", (name,)).fetchone()
        return None if row is None else (row[0], row[1])

    def planned(self, code: str) -> tuple[str, str] | None:
        """Return unit and plan of an application, None if there is none."""
        with self._database.transaction() as db:
            row = db.execute("SELECT unit, plan FROM applications WHERE code = ?", (code,)).fetchone()
        return None if row is None else (row[0], row[1])

    def applications_for(self, unit: str) -> list[str]:
        """Return the numbers of a unit's applications in the order of their acceptance."""
        with self._database.transaction() as db:
            rows = db.execute("SELECT code FROM applications WHERE unit = ? ORDER BY n", (unit,)).fetchall()
        return [code for (code,) in rows]
