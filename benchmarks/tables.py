"""Ten million rows of a department's table: read, checked, filtered and digested as for a job; time and peak memory.

    python benchmarks/tables.py [--rows 10000000] [--kind csv] [--kind parquet] [--kind sql]

Each kind runs in a process of its own, so that its peak is its own. ``sql`` takes a snapshot of a SQLite table first,
as ``shuxin asset snapshot`` does, and reads that. The rows are invented and alike in all kinds.
"""

from __future__ import annotations

import argparse
import csv
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pyarrow
from pyarrow import parquet
from sqlalchemy import make_url

from mpc.sources import snapshot
from mpc.sources.address import Address
from mpc.spec.parts import Interval
from mpc.tables.calendars import Calendar, day, days
from mpc.tables.schema import Integer, Schema, Text
from mpc.tables.table import Table

KINDS = ("csv", "parquet", "sql")
BATCH = 250_000
FIRST = days(date(2015, 1, 1))
SCHEMA = Schema(
    {
        "permit": Text("[0-9]{9}"),
        "district": Text("north|south|west"),
        "fee": Integer(0, 10_000_000, 2, nullable=True),
        "day": Integer(FIRST, FIRST + 3652, calendar=Calendar.ISO),
    },
    key="permit",
    groups=("district",),
    rows=10_000_000,
)


def batches(rows: int) -> Iterator[list[tuple[str, str, str, str]]]:
    """Invent rows, the same ones each time."""
    chance = np.random.default_rng(7)
    for start in range(0, rows, BATCH):
        size = min(BATCH, rows - start)
        fees, offsets = chance.integers(0, 10_000_000, size), chance.integers(0, 3653, size)
        written = [day(FIRST + offset).isoformat() for offset in range(3653)]
        yield [
            (f"{start + n:09}", ("north", "south", "west")[n % 3], f"{fee / 100:.2f}" if n % 10 else "", written[at])
            for n, (fee, at) in enumerate(zip(fees.tolist(), offsets.tolist(), strict=True))
        ]


def make(kind: str, rows: int, home: Path) -> Path:
    """Write the rows as a table of a kind."""
    path = home / f"permits.{'db' if kind == 'sql' else kind}"
    names = list(SCHEMA.columns)
    if kind == "csv":
        with path.open("w", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(names)
            for batch in batches(rows):
                writer.writerows(batch)
    elif kind == "parquet":
        fields = pyarrow.schema([(name, pyarrow.string()) for name in names])
        with parquet.ParquetWriter(path, fields) as writer:
            for batch in batches(rows):
                columns = [[value or None for value in column] for column in zip(*batch, strict=True)]
                writer.write_table(pyarrow.table(columns, schema=fields))
    else:
        with closing(sqlite3.connect(path)) as db:
            db.execute(f"CREATE TABLE permits ({', '.join(f'{name} TEXT' for name in names)})")
            for batch in batches(rows):
                db.executemany("INSERT INTO permits VALUES (?, ?, nullif(?, ''), ?)", batch)
            db.commit()
    return path


def measure(kind: str, path: Path) -> None:
    """Print what one kind takes; memory is the peak of this process."""
    begun = time.perf_counter()
    if kind == "sql":
        target = path.with_suffix(".parquet")
        source = Address(make_url(f"sqlite:///{path}"), None, "permits", timeout_s=86_400)
        snapshot.take("permits", source, SCHEMA, target, datetime.now(UTC), {})
        print(f"{kind}: snapshot {time.perf_counter() - begun:.1f} s", end=", ")
        path, begun = target, time.perf_counter()
    else:
        print(f"{kind}: ", end="")
    with closing(Table(path, SCHEMA)) as table:
        read = time.perf_counter()
        chosen = [Interval("fee", 1000, None), Interval("day", days(date(2020, 1, 1)), None)]
        values = table.values(["fee"], chosen)
        filtered = time.perf_counter()
        digests = table.row_digests(b"k" * 32)
        digested = time.perf_counter()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
    print(
        f"{len(digests) // 16:,} rows read and checked in {read - begun:.1f} s, {len(values):,} chosen in "
        f"{filtered - read:.1f} s, all digested in {digested - filtered:.1f} s; peak {peak:.2f} GB"
    )


def main() -> None:
    """Make and measure each kind in turn."""
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--rows", type=int, default=10_000_000)
    options.add_argument("--kind", action="append", choices=KINDS)
    options.add_argument("--measure", help=argparse.SUPPRESS)
    asked = options.parse_args()
    if asked.measure:
        measure(asked.kind[0], Path(asked.measure))
        return
    for kind in asked.kind or KINDS:
        with tempfile.TemporaryDirectory(prefix="tables-") as home:
            path = make(kind, asked.rows, Path(home))
            subprocess.run([sys.executable, __file__, "--kind", kind, "--measure", str(path)], check=True)


if __name__ == "__main__":
    main()
