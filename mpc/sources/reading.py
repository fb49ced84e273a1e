"""The rows of a table in a database, streamed as texts: read only, within a time, some rows at a time.

A fault names the asset, the row and the column, or the kind of the driver's error, and repeats nothing of what a driver
says: its texts may hold addresses, accounts, statements and values.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from datetime import time as clock
from decimal import Decimal
from typing import Any

from sqlalchemy import URL, Connection, create_engine, exc, text
from sqlalchemy import column as named
from sqlalchemy import select as chosen
from sqlalchemy import table as source_table
from sqlalchemy.pool import NullPool
from sqlalchemy.sql.expression import Executable

from ledger.errors import BackendError, InvalidRecord
from mpc.sources.address import Address
from mpc.tables.calendars import days
from mpc.tables.schema import Column, Integer

BATCH = 1 << 14
_READ_ONLY = {
    "sqlite": "PRAGMA query_only = ON",
    "mysql": "SET SESSION TRANSACTION READ ONLY",
    "mariadb": "SET SESSION TRANSACTION READ ONLY",
    "oracle": "SET TRANSACTION READ ONLY",
}
"""How a connection is told to write nothing; PostgreSQL when its transaction begins. Others have SELECT only."""


def stream(
    asset: str, address: Address, columns: Mapping[str, Column], environment: Mapping[str, str]
) -> Iterator[Sequence[Sequence[str | None]]]:
    """Yield batches of rows, each as its columns in the order of the declaration.

    Raises:
        InvalidRecord: a column is missing, or a value is of no type that a declared column has.
        BackendError: the database cannot be asked, or not in time. NotFound: no password.
    """
    end, number = time.monotonic() + address.timeout_s, 0
    with connected(asset, address, environment) as connection:
        result = connection.execute(_statement(address, columns))
        places = [_place(asset, list(result.keys()), name) for name in columns]
        kinds = list(columns.items())
        for rows in result.partitions(BATCH):
            if time.monotonic() > end:
                raise BackendError(f"asset {asset}: its source took longer than {address.timeout_s} s")
            columns_of = list(zip(*rows, strict=True))
            yield [_texts(columns_of[place], kind, asset, number) for place, kind in zip(places, kinds, strict=True)]
            number += len(rows)


@contextmanager
def connected(asset: str, address: Address, environment: Mapping[str, str]) -> Iterator[Connection]:
    """Connect read only; whatever fails meanwhile is told by its kind."""
    url = address.resolved(environment)
    backend = url.get_backend_name()
    try:
        engine = create_engine(_read_only(url), poolclass=NullPool, hide_parameters=True, connect_args=_bounds(address))
        with engine.connect() as connection:
            options: dict[str, Any] = {"stream_results": True, "yield_per": BATCH}
            if backend == "postgresql":
                options |= {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
            connection = connection.execution_options(**options)
            if backend in _READ_ONLY:
                connection.exec_driver_sql(_READ_ONLY[backend])
            yield connection
            connection.rollback()
    except (exc.SQLAlchemyError, ImportError, OSError) as fault:
        raise BackendError(f"asset {asset}: its source cannot be read: {_kind(fault)}") from None
    except UnicodeDecodeError:
        raise InvalidRecord(f"asset {asset}: its source holds texts that are not UTF-8") from None


def _read_only(url: URL) -> URL:
    """Open a file of SQLite as it is, never making one."""
    if url.get_backend_name() != "sqlite" or not url.database or url.database.startswith(("file:", ":")):
        return url
    return url.set(database=f"file:{url.database}").update_query_dict({"mode": "ro", "uri": "true"})


def _bounds(address: Address) -> dict[str, object]:
    """Bound what a driver waits for by itself."""
    match address.url.get_backend_name():
        case "postgresql":
            wait = min(address.timeout_s, 30)
            return {"connect_timeout": wait, "options": f"-c statement_timeout={address.timeout_s * 1000}"}
        case "sqlite":
            return {"timeout": min(address.timeout_s, 30)}
        case "mysql" | "mariadb":
            return {"connect_timeout": min(address.timeout_s, 30), "read_timeout": address.timeout_s}
    return {}


def _statement(address: Address, columns: Mapping[str, Column]) -> Executable:
    if address.select:
        return text(address.select.replace(":", r"\:"))
    schema, _, name = address.table.rpartition(".")
    return chosen(*(named(column) for column in columns)).select_from(source_table(name, schema=schema or None))


def _place(asset: str, present: Sequence[str], name: str) -> int:
    if present.count(name) != 1:
        raise InvalidRecord(f"asset {asset}: its source has no column {name!r}, or two")
    return present.index(name)


def _texts(values: Sequence[object], declared: tuple[str, Column], asset: str, before: int) -> list[str | None]:
    """Write a column; ``before``: how many rows came before these."""
    return [
        value if value is None or type(value) is str else _text(value, declared, asset, before + place)
        for place, value in enumerate(values, 1)
    ]


def _text(value: object, declared: tuple[str, Column], asset: str, row: int) -> str | None:
    """Write a value as the declared column writes it in a file."""
    name, column = declared
    match value:
        case None | str():
            return value
        case bool():
            pass
        case int():
            return str(value)
        case Decimal() if value.is_finite():
            return format(value, "f")
        case float() if math.isfinite(value):
            return format(Decimal(repr(value)), "f")
        case datetime() if value.time() == clock() and value.tzinfo is None:
            return _day(value.date(), column)
        case date() if not isinstance(value, datetime):
            return _day(value, column)
    kind = type(value).__name__
    raise InvalidRecord(f"asset {asset}: row {row}: column {name!r} is of type {kind}: a text, number or date expected")


def _day(value: date, column: Column) -> str:
    if isinstance(column, Integer) and column.calendar is not None:
        return column.calendar.write(days(value))
    return value.isoformat()


def _kind(fault: Exception) -> str:
    """Name an error without its text: its class, and the SQLSTATE where there is one."""
    original = getattr(fault, "orig", None)
    state = getattr(original, "sqlstate", None)
    if isinstance(fault, exc.NoSuchModuleError | ImportError):
        return "the driver for this url is not installed"
    name = type(original or fault).__name__
    return f"{name}, SQLSTATE {state}" if isinstance(state, str) and state.isalnum() else name
