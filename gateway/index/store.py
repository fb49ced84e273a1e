"""The database of the index: opened by URL, its tables brought to the version of this code, its faults ours.

SQLite by default, in WAL mode without a sync at every commit: what a power cut takes is read from the chain again.
What it does NOT do: know what the rows mean.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from importlib import resources
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.util.exc import CommandError
from sqlalchemy import Connection, Engine, PoolProxiedConnection, Select, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.sql.compiler import SQLCompiler

from ledger.errors import BackendError, InvalidRecord

BUSY_S = 30.0
IDLE = 4
"""Connections to a file that are kept while nobody asks."""


@dataclass(frozen=True, slots=True)
class Question:
    """A statement that is asked often, written out once for one database's driver.

    Attributes:
        order: names of its values by their places, None where the driver takes them by name.
        fixed: values that are the same every time.
    """

    text: str
    order: tuple[str, ...] | None
    fixed: Mapping[str, Any]

    def values(self, given: Mapping[str, Any]) -> Any:
        """Return what the driver is handed."""
        known = {**self.fixed, **given}
        return known if self.order is None else tuple(known[name] for name in self.order)


class Store:
    """One database; threads may share it."""

    def __init__(self, url: str) -> None:
        """Open it and bring its tables up. Raises: InvalidRecord for no URL, BackendError if it cannot be opened."""
        self.engine = _engine(url)
        self._reader = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._faults = (SQLAlchemyError, self.engine.dialect.loaded_dbapi.Error)
        self._is_file = self.engine.dialect.name == "sqlite" and bool(self.engine.url.database)
        self._idle = list[PoolProxiedConnection]()
        with self.transaction() as db:
            _upgrade(db)

    @contextmanager
    def transaction(self) -> Iterator[Connection]:
        """Run a block as one transaction; the database's faults become BackendError."""
        try:
            with self.engine.begin() as db:
                yield db
        except (SQLAlchemyError, CommandError) as fault:
            raise BackendError(f"index: {type(fault).__name__}: {str(fault).splitlines()[0][:200]}") from fault

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """Run single statements that change nothing, each for itself; faults as in ``transaction``.

        Rows up to a block never change, so answers as of a block need no snapshot over several statements.
        """
        try:
            with self._reader.connect() as db:
                yield db
        except SQLAlchemyError as fault:
            raise BackendError(f"index: {type(fault).__name__}: {str(fault).splitlines()[0][:200]}") from fault

    def written(self, statement: Select[Any]) -> Question:
        """Write a statement out for ``rows``."""
        made = statement.compile(dialect=self.engine.dialect)
        assert isinstance(made, SQLCompiler)
        return Question(str(made), tuple(made.positiontup) if made.positiontup is not None else None, made.params)

    def rows(self, question: Question, **values: Any) -> list[tuple[Any, ...]]:
        """Answer a question as the driver does, at a tenth of what it costs through ``reading``; faults as there."""
        try:
            with self._lent() as db, closing(db.cursor()) as cursor:
                cursor.execute(question.text, question.values(values))
                return list(cursor.fetchall())
        except self._faults as fault:
            raise BackendError(f"index: {type(fault).__name__}: {str(fault).splitlines()[0][:200]}") from fault

    @contextmanager
    def _lent(self) -> Iterator[PoolProxiedConnection]:
        """Lend a connection of the driver. A file's are kept at hand: the pool's care costs as much as a question."""
        if not self._is_file:
            with closing(self.engine.raw_connection()) as db:
                yield db
            return
        try:
            db = self._idle.pop()
        except IndexError:
            db = self.engine.raw_connection()
            db.detach()
        is_sound = False
        try:
            yield db
            is_sound = True
        finally:
            if is_sound and len(self._idle) < IDLE:
                self._idle.append(db)
            else:
                db.close()

    def close(self) -> None:
        while self._idle:
            self._idle.pop().close()
        self.engine.dispose()


def _engine(url: str) -> Engine:
    try:
        parsed = make_url(url)
        is_sqlite = parsed.get_backend_name() == "sqlite"
        arguments: dict[str, Any] = {"connect_args": {"timeout": BUSY_S}} if is_sqlite else {"pool_pre_ping": True}
        engine = create_engine(parsed, **arguments)
    except (ArgumentError, ImportError, SQLAlchemyError) as fault:
        raise InvalidRecord("index: expected a database URL such as sqlite:///index.sqlite") from fault
    if is_sqlite:
        event.listen(engine, "connect", _prepare)
        event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # transactions begin where SQLAlchemy says so
    for pragma in ("journal_mode=WAL", "synchronous=NORMAL", "cache_size=-65536", "mmap_size=268435456"):
        connection.execute(f"PRAGMA {pragma}")


def _begin(db: Connection) -> None:
    if db.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        db.exec_driver_sql("BEGIN")


def _upgrade(db: Connection) -> None:
    config = Config()
    config.set_main_option("script_location", str(resources.files("gateway.index").joinpath("migrations")))
    config.attributes["connection"] = db
    command.upgrade(config, "head")
