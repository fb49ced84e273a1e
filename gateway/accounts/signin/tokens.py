"""API tokens: secrets that stand for an account in a program, with scopes of their own and an end.

A token never does more than its account may at the moment it is used. Only its digest is kept, and it is shown once.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from gateway.accounts.book import AccountBook
from gateway.accounts.caller import Caller, Scope
from gateway.accounts.signin import drawing
from ledger.errors import InvalidRecord, NotFound

LONGEST_S: Final = 366 * 86_400
MOST: Final = 20
_KIND = "token"


@dataclass(frozen=True, slots=True)
class Token:
    """One token, without its secret. name: the first digits of its digest."""

    name: str
    account: str
    label: str
    scopes: frozenset[Scope]
    created: int
    until: int


class Tokens:
    """The tokens in an account book."""

    def __init__(self, book: AccountBook) -> None:
        self._database = book.database

    def issue(self, caller: Caller, label: str, scopes: Iterable[Scope], now: int, *, lasts_s: int) -> str:
        """Make a token and return its secret, the only time.

        Raises:
            NotAuthorized: a scope that the caller has not itself.
            InvalidRecord: no scope, a bad label or span, or too many tokens.
        """
        wanted = frozenset(scopes)
        for scope in sorted(wanted):
            caller.require(scope)
        if not wanted or not 0 < lasts_s <= LONGEST_S or not 0 < len(label.strip()) <= 60:
            raise InvalidRecord("token: expected a label, at least one scope and at most a year")
        if len(self.of(caller.name, now)) >= MOST:
            raise InvalidRecord(f"token: an account has at most {MOST}")
        secret = drawing.TOKEN_MARK + drawing.drawn()
        row = (drawing.digest(_KIND, secret), caller.name, label.strip(), " ".join(sorted(wanted)), now, now + lasts_s)
        with self._database.transaction() as db:
            db.execute("INSERT INTO tokens VALUES (?, ?, ?, ?, ?, ?)", row)
        return secret

    def find(self, secret: str, now: int) -> Token | None:
        """Return the token of a secret, None if there is none or it has ended."""
        with self._database.transaction() as db:
            row = db.execute(
                "SELECT digest, account, label, scopes, created, until FROM tokens WHERE digest = ? AND until > ?",
                (drawing.digest(_KIND, secret), now),
            ).fetchone()
        return None if row is None else _token(*row)

    def of(self, account: str, now: int) -> list[Token]:
        """Return the tokens of an account that have not ended, the newest first."""
        with self._database.transaction() as db:
            rows = db.execute(
                "SELECT digest, account, label, scopes, created, until FROM tokens WHERE account = ? AND until > ? "
                "ORDER BY created DESC, label",
                (account, now),
            ).fetchall()
        return [_token(*row) for row in rows]

    def revoke(self, account: str, name: str) -> None:
        """End a token of an account; raises NotFound."""
        with self._database.transaction() as db:
            rows = db.execute("SELECT digest FROM tokens WHERE account = ?", (account,)).fetchall()
            found = [digest for (digest,) in rows if digest.hex()[:16] == name]
            if not found:
                raise NotFound("token: none of this name")
            db.executemany("DELETE FROM tokens WHERE digest = ?", [(digest,) for digest in found])


def _token(digest: bytes, account: str, label: str, scopes: str, created: int, until: int) -> Token:
    return Token(digest.hex()[:16], account, label, frozenset(map(Scope, scopes.split())), created, until)
