"""Where a protocol input came from: the record that an owner's input commitment binds beside the input itself.

File by the digest of its bytes, its declaration, the specification that selects rows, and the selected rows of every
cell by keyed digests (``mpc.node.memory.versions``; the key is the journal's, so a name says nothing to whoever lacks
it). Who is shown this record and the file recomputes everything but the row names; it does NOT show that the file is
true.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import file_digest
from pathlib import Path

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.node.assets import AssetConfig
from mpc.node.guarding.private import Private
from mpc.node.memory.versions import OwnRows, name_of
from mpc.spec import job as job_spec
from mpc.spec.job import JobSpec
from mpc.tables.forms import Form
from mpc.tables.schema import Column, Integer


@contextmanager
def unchanged(path: Path) -> Iterator[str]:
    """Give the digest of a file that is read meanwhile.

    Raises:
        InvalidRecord: its bytes changed while it was read. OSError: it cannot be read.
    """
    before = _digest(path)
    yield before
    if _digest(path) != before:
        raise InvalidRecord(f"{path}: changed while it was read")


def describe(spec: JobSpec, asset: AssetConfig, own: OwnRows | Private, file: str) -> JsonValue:
    """Describe an input's origin; a private question's names no rows. ``file``: SHA-256 of the table's bytes in hex."""
    return {
        "asset": asset.code,
        "file": file,
        "columns": {name: _column(column) for name, column in sorted(asset.schema.columns.items())},
        "spec": job_spec.digest(spec).hex(),
        "version": own.version.hex(),
        "cells": {cell: name_of(rows).hex() for cell, rows in sorted(own.cells.items())},
    }


def _column(column: Column) -> JsonValue:
    empty: dict[str, JsonValue] = {"nullable": True} if column.nullable else {}
    if isinstance(column, Integer):
        dated: dict[str, JsonValue] = {} if column.calendar is None else {"calendar": column.calendar.value}
        return {"minimum": str(column.low), "maximum": str(column.high), "scale": column.scale, **dated, **empty}
    formed: dict[str, JsonValue] = {} if column.form is Form.EXACT else {"form": column.form.value}
    return {"pattern": column.pattern, **formed, **empty}


def _digest(path: Path) -> str:
    if not path.is_file():  # the table's own reader says so, in its words
        return ""
    with path.open("rb") as file:
        return file_digest(file, "sha256").hexdigest()
