"""Where a table lies in a database, as ``node.toml`` declares it; the password stands elsewhere.

An address is an SQLAlchemy URL (RFC 3986) without a password, and a table or one SELECT. The password comes from an
environment variable or from a file that only its owner may read. Nothing here connects, and no text that people or logs
see contains the URL.

Trust: the declaration is the department's own. That a SELECT only reads is checked by its form here and by a read-only
transaction later; an account that may only read is the real protection.
"""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import sqlglot
from sqlalchemy import URL, make_url
from sqlalchemy.exc import ArgumentError
from sqlglot import exp
from sqlglot.errors import SqlglotError

from ledger.errors import InvalidRecord, NotFound
from mpc.section import Section

DEFAULT_TIMEOUT_S = 600
MAX_PASSWORD_BYTES = 4096
_SECRET = re.compile(r"pass(word|wd)?|pwd|secret|token", re.IGNORECASE)
_TABLE = re.compile(r"([A-Za-z_][A-Za-z0-9_]{0,62}\.)?[A-Za-z_][A-Za-z0-9_]{0,62}")


@dataclass(frozen=True, slots=True)
class Password:
    """Where a password is: an environment variable, or a file of mode 0600."""

    variable: str = ""
    file: Path | None = None

    def read(self, environment: Mapping[str, str]) -> str:
        """Return the password.

        Raises:
            NotFound: there is none. InvalidRecord: others may read the file, or it is no password.
        """
        if self.file is None:
            if self.variable not in environment:
                raise NotFound(f"source: the environment has no variable {self.variable}")
            return environment[self.variable]
        try:
            with self.file.open("rb") as opened:
                mode, content = os.fstat(opened.fileno()).st_mode, opened.read(MAX_PASSWORD_BYTES + 1)
        except OSError as fault:
            raise NotFound(f"source: {self.file}: {fault.strerror}") from fault
        if mode & (stat.S_IRWXG | stat.S_IRWXO):
            raise InvalidRecord(f"source: {self.file}: others may read it; chmod 600")
        try:
            found = content.decode("utf-8").rstrip("\r\n")
        except UnicodeDecodeError:
            found = ""
        if not found or len(content) > MAX_PASSWORD_BYTES:
            raise InvalidRecord(f"source: {self.file}: expected a password of 1..{MAX_PASSWORD_BYTES} bytes")
        return found


@dataclass(frozen=True, slots=True)
class Address:
    """A table, or the rows of one SELECT, in a database. timeout_s: for connecting and for all rows together."""

    url: URL = field(repr=False)
    password: Password | None = field(repr=False)
    table: str = ""
    select: str = ""
    timeout_s: int = DEFAULT_TIMEOUT_S

    def __post_init__(self) -> None:
        if bool(self.table) == bool(self.select):
            raise InvalidRecord("source: either a table or a select")
        if self.table and not _TABLE.fullmatch(self.table):
            raise InvalidRecord("source: table must be a plain name, or schema.name")
        if self.select and not _only_selects(self.select):
            raise InvalidRecord("source: select must be one SELECT")
        if not 1 <= self.timeout_s <= 86_400:
            raise InvalidRecord("source: timeout_s must be in 1..86400")
        if self.url.password is not None or any(map(_is_secret, self.url.query.items())):
            raise InvalidRecord("source: the url has a password; name it by password_file or password_env instead")

    @property
    def same(self) -> tuple[str, str]:
        """What two codes must not have in common."""
        return str(self.url), self.table or self.select

    def resolved(self, environment: Mapping[str, str]) -> URL:
        """Return the URL with its password, which must go to the database driver and nowhere else."""
        return self.url if self.password is None else self.url.set(password=self.password.read(environment))


def read(section: Section) -> Address:
    """Read ``[assets.source]``; raises InvalidRecord, never with the URL in its text."""
    try:
        url = make_url(section.text("url"))
    except ArgumentError:
        raise InvalidRecord(f"{section.where}: url is not an SQLAlchemy URL") from None
    variable, file = section.text("password_env", ""), section.text("password_file", "")
    if variable and file:
        raise InvalidRecord(f"{section.where}: either password_env or password_file")
    password = Password(variable, section.base / file if file else None) if variable or file else None
    if url.get_backend_name() == "sqlite" and url.database and not url.database.startswith(("file:", ":")):
        url = url.set(database=str(section.base / url.database))
    address = Address(
        url,
        password,
        section.text("table", ""),
        section.text("select", ""),
        section.integer("timeout_s", DEFAULT_TIMEOUT_S),
    )
    section.done()
    return address


def _only_selects(text: str) -> bool:
    try:
        found = sqlglot.parse(text)
    except (SqlglotError, RecursionError):
        return False
    if len(found) != 1 or not isinstance(found[0], exp.Query):
        return False
    changing = (exp.Insert, exp.Update, exp.Delete, exp.Create, exp.Drop, exp.Merge, exp.Into, exp.Lock, exp.Command)
    return not any(isinstance(node, changing) for node in found[0].walk())


def _is_secret(parameter: tuple[str, object]) -> bool:
    """Tell whether a parameter of a URL is, or contains (ODBC), a password."""
    name, value = parameter
    return bool(_SECRET.search(name) or re.search(r"(pwd|password)\s*=", str(value), re.IGNORECASE))
