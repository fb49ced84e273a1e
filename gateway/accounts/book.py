"""The accounts of one gateway in one SQLite file: accounts, enrolments, failed sign-ins. Business data is not in it.

``sessions`` and ``tokens`` keep theirs in the same file. What it does NOT do: decide what an account may.
Trust assumption: that nobody else writes the file; secrets in it are digests or Argon2id.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from gateway.accounts.edge.limits import FORGOTTEN_S, Failures
from ledger.database import Database
from ledger.errors import Conflict, InvalidRecord, NotFound

LOCAL: Final = "local"
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._@-]{1,79}")
_SCHEMA: Final = """
CREATE TABLE IF NOT EXISTS accounts(
  name TEXT PRIMARY KEY, issuer TEXT NOT NULL, subject TEXT NOT NULL, person TEXT NOT NULL, secret TEXT NOT NULL,
  created INTEGER NOT NULL, locked INTEGER NOT NULL DEFAULT 0, UNIQUE (issuer, subject)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS enrolments(account TEXT PRIMARY KEY, document BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS failures(source TEXT PRIMARY KEY, count INTEGER, last INTEGER) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS failures_by_last ON failures(last);
CREATE TABLE IF NOT EXISTS sessions(
  digest BLOB PRIMARY KEY, account TEXT NOT NULL, created INTEGER, seen INTEGER, until INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS tokens(
  digest BLOB PRIMARY KEY, account TEXT NOT NULL, label TEXT NOT NULL, scopes TEXT NOT NULL, created INTEGER,
  until INTEGER) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS pending(
  digest BLOB PRIMARY KEY, nonce TEXT NOT NULL, verifier TEXT NOT NULL, back TEXT NOT NULL,
  until INTEGER) WITHOUT ROWID;
"""


@dataclass(frozen=True, slots=True)
class Account:
    """One account.

    Attributes:
        issuer, subject: LOCAL and its name, or what the identity provider calls it.
        person: the name that whoever made the account, or the provider, has established; "" for none.
    """

    name: str
    issuer: str
    subject: str
    person: str
    created: int
    is_locked: bool


class AccountBook:
    """The file."""

    def __init__(self, path: Path) -> None:
        self.database = Database(path, _SCHEMA, name="accounts")

    def close(self) -> None:
        self.database.close()

    def add(
        self, name: str, person: str, now: int, *, secret: str = "", issuer: str = LOCAL, subject: str = ""
    ) -> None:
        """Make an account; raises InvalidRecord for a bad name, Conflict if it is there."""
        if not _NAME.fullmatch(name):
            raise InvalidRecord("account: expected 2 to 80 of a-z 0-9 . _ @ - beginning with a letter or digit")
        if len(person) > 200:
            raise InvalidRecord("account: expected a person's name of at most 200 characters")
        row = (name, issuer, subject or name, person.strip(), secret, now)
        with self.database.transaction() as db:
            if db.execute("SELECT 1 FROM accounts WHERE name = ?", (name,)).fetchone():
                raise Conflict(f"account {name}: is there already")
            db.execute("INSERT INTO accounts VALUES (?, ?, ?, ?, ?, ?, 0)", row)

    def account(self, name: str) -> Account:
        """Return an account; raises NotFound."""
        with self.database.transaction() as db:
            row = db.execute(
                "SELECT name, issuer, subject, person, created, locked FROM accounts WHERE name = ?", (name,)
            ).fetchone()
        if row is None:
            raise NotFound("account: none of this name")
        return _account(*row)

    def of_subject(self, issuer: str, subject: str) -> str | None:
        """Return the name of the account that a provider calls so."""
        with self.database.transaction() as db:
            row = db.execute("SELECT name FROM accounts WHERE issuer = ? AND subject = ?", (issuer, subject)).fetchone()
        return None if row is None else str(row[0])

    def accounts(self) -> list[Account]:
        """Return all accounts by name."""
        with self.database.transaction() as db:
            rows = db.execute(
                "SELECT name, issuer, subject, person, created, locked FROM accounts ORDER BY name"
            ).fetchall()
        return [_account(*row) for row in rows]

    def secret(self, name: str) -> str:
        """Return the kept password of a local account, "" for any other."""
        with self.database.transaction() as db:
            row = db.execute(
                "SELECT secret FROM accounts WHERE name = ? AND issuer = ? AND locked = 0", (name, LOCAL)
            ).fetchone()
        return "" if row is None else str(row[0])

    def change_secret(self, name: str, secret: str) -> None:
        """Replace the kept password; every session and token of the account ends."""
        with self.database.transaction() as db:
            db.execute("UPDATE accounts SET secret = ? WHERE name = ?", (secret, name))
            _end_all(db, name)

    def lock(self, name: str, *, locked: bool) -> None:
        """Lock an account, which ends its sessions and tokens, or open it again; raises NotFound."""
        self.account(name)
        with self.database.transaction() as db:
            db.execute("UPDATE accounts SET locked = ? WHERE name = ?", (int(locked), name))
            if locked:
                _end_all(db, name)

    def enrol(self, name: str, document: bytes) -> None:
        """Keep a signed enrolment, in the place of an earlier one."""
        with self.database.transaction() as db:
            db.execute("INSERT OR REPLACE INTO enrolments VALUES (?, ?)", (name, document))

    def enrolment(self, name: str) -> bytes | None:
        """Return the kept enrolment of an account."""
        with self.database.transaction() as db:
            row = db.execute("SELECT document FROM enrolments WHERE account = ?", (name,)).fetchone()
        return None if row is None else bytes(row[0])

    def failures(self, source: str) -> Failures:
        """Return the failed sign-ins of an account or an address."""
        with self.database.transaction() as db:
            return _failures(db, source)

    def count_try(self, limits: Mapping[str, int], now: int) -> tuple[int, dict[str, Failures]]:
        """Count a try as failed before it is judged, so that tries at once in several processes see one another.

        Args:
            limits: how many failures each source may have.
        Returns:
            Seconds to wait, and then nothing was counted; and the failures of each source before.
        """
        with self.database.transaction() as db:
            db.execute("DELETE FROM failures WHERE last < ?", (now - FORGOTTEN_S,))
            db.execute("UPDATE failures SET last = ? WHERE last > ?", (now, now))  # the clock was set back: waits go on
            before = {source: _failures(db, source) for source in limits}
            wait = max(before[source].wait(now, tries) for source, tries in limits.items())
            for source, failures in before.items() if not wait else ():
                after = failures.after(now)
                db.execute("INSERT OR REPLACE INTO failures VALUES (?, ?, ?)", (source, after.count, after.last))
        return wait, before

    def take_back_try(self, account: str, source: str, before: Failures) -> None:
        """Say that a counted try was none: the account has no failures any more, the source those of before and since.

        Args:
            before: of the source.
        """
        with self.database.transaction() as db:
            db.execute("DELETE FROM failures WHERE source = ?", (account,))
            now = _failures(db, source)
            if now.count > 1:
                last = before.last if now.count == before.count + 1 else now.last
                db.execute("UPDATE failures SET count = ?, last = ? WHERE source = ?", (now.count - 1, last, source))
            else:
                db.execute("DELETE FROM failures WHERE source = ?", (source,))


def _failures(db: sqlite3.Connection, source: str) -> Failures:
    row = db.execute("SELECT count, last FROM failures WHERE source = ?", (source,)).fetchone()
    return Failures(*row) if row else Failures()


def _account(name: str, issuer: str, subject: str, person: str, created: int, locked: int) -> Account:
    return Account(name, issuer, subject, person, created, bool(locked))


def _end_all(db: sqlite3.Connection, name: str) -> None:
    db.execute("DELETE FROM sessions WHERE account = ?", (name,))
    db.execute("DELETE FROM tokens WHERE account = ?", (name,))
