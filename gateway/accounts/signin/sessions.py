"""Sessions of browsers: begun at a sign-in, ended by signing out, by idleness, after a working day, or from elsewhere.

The cookie's value is a fresh secret of which only the digest is kept. The CSRF word of a session follows from that
secret, so it needs no place of its own and cannot be known without the cookie (OWASP's HMAC-based token pattern).
"""

from __future__ import annotations

import hmac
from typing import Final

from gateway.accounts.book import AccountBook
from gateway.accounts.signin import drawing
from ledger.errors import NotAuthorized

IDLE_S: Final = 30 * 60
LONGEST_S: Final = 10 * 3600
_TOUCH_S: Final = 60
"""A session's last use is written at most so often."""

_KIND, _FORM = "session", "form"


class Sessions:
    """The sessions in an account book."""

    def __init__(self, book: AccountBook) -> None:
        self._database = book.database

    def begin(self, account: str, now: int) -> str:
        """Begin a session and return its secret; sessions that have ended are forgotten."""
        secret = drawing.drawn()
        with self._database.transaction() as db:
            db.execute("DELETE FROM sessions WHERE until <= ? OR seen <= ?", (now, now - IDLE_S))
            row = (drawing.digest(_KIND, secret), account, now, now, now + LONGEST_S)
            db.execute("INSERT INTO sessions VALUES (?, ?, ?, ?, ?)", row)
        return secret

    def account(self, secret: str, now: int) -> str | None:
        """Return whose session it is, None if it has ended or never was; its use is noted."""
        key = drawing.digest(_KIND, secret)
        with self._database.transaction() as db:
            row = db.execute("SELECT account, seen, until FROM sessions WHERE digest = ?", (key,)).fetchone()
            if row is None or not now < row[2] or not now < row[1] + IDLE_S:
                return None
            if now - row[1] >= _TOUCH_S:
                db.execute("UPDATE sessions SET seen = ? WHERE digest = ?", (now, key))
        return str(row[0])

    def end(self, secret: str) -> None:
        """End a session; nothing happens if it has ended."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM sessions WHERE digest = ?", (drawing.digest(_KIND, secret),))

    def end_all(self, account: str) -> None:
        """End every session of an account."""
        with self._database.transaction() as db:
            db.execute("DELETE FROM sessions WHERE account = ?", (account,))

    def count(self, account: str, now: int) -> int:
        """Return how many sessions of an account are open."""
        with self._database.transaction() as db:
            row = db.execute(
                "SELECT count(*) FROM sessions WHERE account = ? AND until > ? AND seen > ?",
                (account, now, now - IDLE_S),
            ).fetchone()
        return int(row[0])


def form_word(secret: str) -> str:
    """Return the word that every form of a session carries."""
    return drawing.digest(_FORM, secret).hex()


def require_form_word(secret: str, given: str) -> None:
    """Raises NotAuthorized unless a form came out of this session."""
    if not hmac.compare_digest(form_word(secret).encode(), given.encode()):
        raise NotAuthorized("form: not from this session; load the page again")
