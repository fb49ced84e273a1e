"""The gate: who a request comes from. A session's cookie, or a token in ``Authorization``; roles are those of now.

One instance serves pages and API alike. Roles are looked up by proof with every use, from a head that is read at most
every few seconds; if the chain cannot be read, an account is a citizen and no more. A program that asks many times a
second is looked up once in it (``known``), unless the file of accounts changes meanwhile.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping
from hashlib import sha256
from typing import Final, Protocol, TypeAlias

from gateway.accounts import enrolment
from gateway.accounts.book import Account, AccountBook
from gateway.accounts.caller import VISITOR, Caller, Role, Scope, caller_of
from gateway.accounts.edge.limits import TRIES, TRIES_OF_ACCOUNT, TooMany, site_of
from gateway.accounts.enrolment import Register
from gateway.accounts.signin.drawing import TOKEN_MARK
from gateway.accounts.signin.passwords import Argon, check
from gateway.accounts.signin.sessions import Sessions
from gateway.accounts.signin.tokens import Tokens
from gateway.errors import Unauthenticated
from ledger.errors import NotAuthorized, NotFound, TrustError

COOKIE: Final = "shuxin_session"
SECURE_COOKIE: Final = "__Host-shuxin_session"
"""The name over https; the prefix keeps other hosts from setting it."""

KEPT: Final = 10_000
"""Callers that are kept in memory."""

log = logging.getLogger("gateway.accounts")
_State: TypeAlias = tuple[int, int]
"""The second, and the version of the file of accounts: while both stay, so does what an account may."""


class Asked(Protocol):
    """What the gate reads of a request; Starlette's has it."""

    @property
    def headers(self) -> Mapping[str, str]: ...

    @property
    def cookies(self) -> Mapping[str, str]: ...


class Gate:
    """Accounts of one gateway."""

    def __init__(
        self, book: AccountBook, register: Callable[[], Register] | None, clock: Callable[[], float],
        passwords: Argon | None = None, *, is_secure: bool = False,
    ) -> None:  # fmt: skip
        """Open the gate.

        Args:
            register: what Parties holds now, by proof; None where no chain is at hand: then nobody acts for a party.
            is_secure: reached over https; then no cookie counts but the one that other hosts cannot set.
        """
        self.cookie = SECURE_COOKIE if is_secure else COOKIE
        self.book, self.sessions, self.tokens = book, Sessions(book), Tokens(book)
        self._register, self._clock = register, clock
        self._passwords = passwords or Argon()
        self._hashing = threading.Lock()  # one Argon2 at a time: each takes 64 MiB
        self._found: dict[bytes, tuple[_State, Caller]] = {}

    @property
    def now(self) -> int:
        return int(self._clock())

    def authorize(self, request: Asked) -> Caller:
        """Say who a request comes from.

        Raises:
            Unauthenticated: it shows a token that is none, or has ended. A session that has ended is a visitor's.
        """
        state = self._state()
        found = self._authorize(request)
        if found.is_known:
            if len(self._found) >= KEPT:
                self._found = {}
            self._found[self._mark(request)] = state, found
        return found

    def known(self, request: Asked) -> Caller | None:
        """Return what ``authorize`` found this very second, None if it must be asked: quick, for who must not wait.

        A sign-out, a revoked token, a locked account or a new enrolment, by whichever process, counts at once: each is
        a commit to the file of accounts, after which nothing that was found before counts.
        """
        if not request.headers.get("authorization") and not request.cookies.get(self.cookie):
            return VISITOR
        state, found = self._found.get(self._mark(request), (None, None))
        return found if state == self._state() else None

    def _authorize(self, request: Asked) -> Caller:
        shown = request.headers.get("authorization", "")
        if shown:
            return self._of_token(shown)
        secret = self.session_secret(request)
        name = self.sessions.account(secret, self.now) if secret else None
        return self.caller(name) if name else VISITOR

    def _state(self) -> _State:
        return self.now, self.book.database.version()

    def _mark(self, request: Asked) -> bytes:
        """Return a digest of what a request shows; secrets themselves are not kept."""
        shown = f"{request.headers.get('authorization', '')}\0{self.session_secret(request)}"
        return sha256(shown.encode()).digest()

    def session_secret(self, request: Asked) -> str:
        """Return the secret of a request's session, "" without one."""
        found = request.cookies.get(self.cookie, "")
        return found if len(found) <= 100 else ""

    def caller(self, name: str, within: frozenset[Scope] | None = None) -> Caller:
        """Return what an account may now; raises NotAuthorized if it is locked or gone."""
        try:
            account = self.book.account(name)
        except NotFound as fault:
            raise NotAuthorized("account: none of this name") from fault
        if account.is_locked:
            raise NotAuthorized("account: locked")
        party, roles = self._membership(account)
        return caller_of(name, party, roles, within, account.person)

    def sign_in(self, name: str, password: str, source: str) -> str:
        """Begin a session of a local account and return its secret.

        Raises:
            NotAuthorized: name or password do not fit; it does not say which.
            TooMany: too many failures, of this account or from this source.
        """
        account, site = f"account {name[:80]}", f"source {site_of(source)[:80]}"
        with self._hashing:
            now = self.now
            wait, before = self.book.count_try({account: TRIES_OF_ACCOUNT, site: TRIES}, now)
            if wait:
                raise TooMany("sign-in", wait)
            kept = self.book.secret(name)
            fits = self._passwords.fits(kept or self._passwords.decoy, password)
            if not kept or not fits:
                raise NotAuthorized("sign-in: name or password do not fit")
            self.book.take_back_try(account, site, before[site])
        return self.sessions.begin(name, now)

    def add_local(self, name: str, person: str, password: str) -> None:
        """Make a local account; raises InvalidRecord, Conflict."""
        self.book.add(name, person, self.now, secret=self._keep(password))

    def change_password(self, name: str, old: str, new: str, source: str) -> None:
        """Replace a password; all sessions and tokens end. Raises: as sign_in, and InvalidRecord."""
        check(new)
        self.sessions.end(self.sign_in(name, old, source))
        self.book.change_secret(name, self._keep(new))

    def enrol(self, name: str, document: bytes) -> frozenset[Role]:
        """Take an officer's statement that an account acts for a party; raises InvalidRecord, NotAuthorized."""
        signed = enrolment.parse(document)
        if self._register is None:
            raise NotAuthorized("enrolment: this gateway follows no chain")
        found = enrolment.roles(signed, name, self._register(), self.now)
        self.book.enrol(name, document)
        return found

    def _keep(self, password: str) -> str:
        with self._hashing:
            return self._passwords.keep(password)

    def _of_token(self, shown: str) -> Caller:
        kind, _, secret = shown.partition(" ")
        found = self.tokens.find(secret, self.now) if secret.startswith(TOKEN_MARK) and len(secret) < 200 else None
        if kind.lower() != "bearer" or found is None:
            raise Unauthenticated("token: unknown, ended, or not a bearer token")
        return self.caller(found.account, found.scopes)

    def _membership(self, account: Account) -> tuple[str, frozenset[Role]]:
        document = self.book.enrolment(account.name)
        if document is None or self._register is None:
            return "", frozenset({Role.CITIZEN})
        signed = enrolment.parse(document)
        try:
            return signed.enrolment.party, enrolment.roles(signed, account.name, self._register(), self.now)
        except TrustError as fault:
            log.warning("account %s acts for no party now: %s", account.name, fault)
            return "", frozenset({Role.CITIZEN})
