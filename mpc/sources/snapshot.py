"""One version of a table in a database, as a Parquet file under the node's state: what jobs read and commit to.

A snapshot is taken when its owner says so and not by a job: rows that changed between two questions are what the
disclosure audit has to be told of (ADR 0021). It holds the declared columns as texts and is checked against the
declaration before it takes the place of the one before, which stays in force if it fails.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from hashlib import file_digest
from pathlib import Path

import pyarrow
from pyarrow import parquet

from ledger.errors import InvalidRecord, NotFound
from mpc.node.whole import write_whole
from mpc.sources import reading
from mpc.sources.address import Address
from mpc.tables.schema import Schema
from mpc.tables.table import Table


@dataclass(frozen=True, slots=True)
class Snapshot:
    """What was taken. digest: SHA-256 of the file, as evidence of a job's origin names it."""

    rows: int
    digest: str
    taken_at: str


def take(
    asset: str, address: Address, schema: Schema, target: Path, now: datetime, environment: Mapping[str, str]
) -> Snapshot:
    """Take a snapshot of the table as it is now, and put it in the place of the last one.

    Raises:
        InvalidRecord: it breaks its declaration; the row and the column are named, no value.
        BackendError, NotFound: as ``reading.stream``.
    """
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    unfinished = target.with_name(f".{target.stem}.unfinished.parquet")
    try:
        _write(unfinished, asset, address, schema, environment)
        try:
            with closing(Table(unfinished, schema)) as table:
                rows = table.rows
        except InvalidRecord as fault:
            raise InvalidRecord(str(fault).replace(str(unfinished), f"asset {asset}")) from None
        with unfinished.open("rb") as file:
            found = Snapshot(rows, file_digest(file, "sha256").hexdigest(), now.isoformat(timespec="seconds"))
        os.replace(unfinished, target)
    finally:
        unfinished.unlink(missing_ok=True)
    said = {"rows": found.rows, "sha256": found.digest, "taken_at": found.taken_at}
    write_whole(_note(target), (json.dumps(said, indent=1) + "\n").encode())
    return found


def taken(asset: str, target: Path) -> Snapshot:
    """Read what is known of the snapshot that jobs use now; raises NotFound, InvalidRecord."""
    try:
        said = json.loads(_note(target).read_bytes())
        return Snapshot(int(said["rows"]), str(said["sha256"]), str(said["taken_at"]))
    except FileNotFoundError:
        raise NotFound(f"asset {asset}: no snapshot was taken yet; run: shuxin asset snapshot {asset}") from None
    except (ValueError, KeyError, TypeError) as fault:
        raise InvalidRecord(f"{_note(target)}: damaged; take another snapshot") from fault


def _write(path: Path, asset: str, address: Address, schema: Schema, environment: Mapping[str, str]) -> None:
    kinds, rows = pyarrow.schema([(name, pyarrow.string()) for name in schema.columns]), 0
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file, parquet.ParquetWriter(file, kinds) as writer:
        for batch in reading.stream(asset, address, schema.columns, environment):
            rows += len(batch[0])
            if rows > schema.rows:
                raise InvalidRecord(f"asset {asset}: more rows than the declared {schema.rows}")
            columns = [pyarrow.array(values, pyarrow.string()) for values in batch]
            writer.write_batch(pyarrow.record_batch(columns, schema=kinds))
        file.flush()
        os.fsync(file.fileno())


def _note(target: Path) -> Path:
    return target.with_suffix(".json")
