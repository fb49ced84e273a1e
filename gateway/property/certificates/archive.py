"""Certificates in the registrar's book: the text of each, and why one was revoked.

Written before the chain is asked, so that a repeated command issues the same certificate and gives the same reason. It
proves nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Final

from contracts.certificates.bits import PLACES
from contracts.titles.commitment import commitment
from gateway.property.book import Book, fresh_salt
from ledger.errors import Conflict, NotFound

REASON: Final = b"SHUXIN-REVOKE-V1"
FULL: Final = PLACES // 2
"""A list takes no further certificates when half of its places are used, so that drawing a free one stays quick."""

_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS certificates (number INTEGER NOT NULL, place INTEGER NOT NULL, unit TEXT NOT NULL, "
    "version INTEGER NOT NULL, text TEXT NOT NULL, reason TEXT, salt BLOB, PRIMARY KEY (number, place)) WITHOUT ROWID",
    "CREATE INDEX IF NOT EXISTS certificates_of_unit ON certificates (unit, version)",
)


@dataclass(frozen=True, slots=True)
class Kept:
    """One certificate: its list and place, its unit's old code and the entry it states."""

    number: int
    place: int
    unit: str
    version: int
    text: str = field(repr=False)
    reason: str | None = None

    @property
    def code(self) -> str:
        """What people call it by."""
        return f"{self.number}/{self.place}"


class Archive:
    """The certificates of one registrar."""

    def __init__(self, book: Book) -> None:
        self._database = book.database
        with self._database.transaction() as db:
            for statement in _SCHEMA:
                db.execute(statement)

    def free_place(self) -> tuple[int, int]:
        """Draw a place at random; what is drawn tells nothing about when, or for whom."""
        with self._database.transaction() as db:
            counts = dict(db.execute("SELECT number, count(*) FROM certificates GROUP BY number"))
            number = next(number for number in range(len(counts) + 1) if counts.get(number, 0) < FULL)
            used = {place for (place,) in db.execute("SELECT place FROM certificates WHERE number = ?", (number,))}
        place = secrets.randbelow(PLACES)
        while place in used:
            place = secrets.randbelow(PLACES)
        return number, place

    def keep(self, kept: Kept) -> None:
        """Write a certificate down before the chain is asked for its place."""
        with self._database.transaction() as db:
            row = (kept.number, kept.place, kept.unit, kept.version, kept.text)
            db.execute("INSERT INTO certificates VALUES (?, ?, ?, ?, ?, NULL, NULL)", row)

    def of_unit(self, unit: str) -> list[Kept]:
        """Return the certificates of a unit."""
        return self._kept("unit = ? ORDER BY version, number, place", (unit,))

    def units(self) -> list[str]:
        """Return the units that have certificates."""
        with self._database.transaction() as db:
            return [unit for (unit,) in db.execute("SELECT DISTINCT unit FROM certificates ORDER BY unit")]

    def certificate(self, code: str) -> Kept:
        """Return a certificate by what people call it; raises NotFound."""
        number, _, place = code.partition("/")
        is_code = number.isdecimal() and place.isdecimal() and len(code) < 20
        found = self._kept("number = ? AND place = ?", (int(number), int(place))) if is_code else []
        if not found:
            raise NotFound(f"certificate {code!r}: none of this code in the book; codes are like 0/94567")
        return found[0]

    def say(self, kept: Kept, reason: str) -> bytes:
        """Keep why a certificate is revoked, and return the commitment to it.

        Raises:
            Conflict: another reason was given before.
        """
        with self._database.transaction() as db:
            at = (kept.number, kept.place)
            found = db.execute("SELECT reason, salt FROM certificates WHERE number = ? AND place = ?", at).fetchone()
            if found[0] not in (None, reason):
                raise Conflict(f"certificate {kept.code}: was revoked for another reason")
            salt = found[1] or fresh_salt()
            said = (reason, salt, *at)
            db.execute("UPDATE certificates SET reason = ?, salt = ? WHERE number = ? AND place = ?", said)
        return commitment(REASON, salt, reason.encode())

    def _kept(self, condition: str, values: tuple[object, ...]) -> list[Kept]:
        columns = "number, place, unit, version, text, reason"
        with self._database.transaction() as db:
            rows = db.execute(f"SELECT {columns} FROM certificates WHERE {condition}", values)  # noqa: S608 constants
            return [Kept(*row) for row in rows]
