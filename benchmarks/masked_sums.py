"""Masked sums: the whole protocol for 14 cells and five owners, and long masked vectors against a plain sum.

    python -m benchmarks.masked_sums [--rows 10000 100000 1000000] [--repeat 5]

Prints ratios from one run on one machine, the processor's time for a value and a party, how it grows, and the peak
memory. The protocol runs with all parties as threads of this process, so its wall
time includes every party's work; transport and chain are left out. The long vectors are read from Parquet files on
both sides of the comparison, as ten owners with nine pairwise masks each would.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from mpc.masking import MaskKey, Pair, mask_key, masks64, pair
from mpc.protocols.sums import Cell, Kind, Schema
from mpc.protocols.sums.rehearsal import rehearse
from mpc.stream import Stream

OWNERS, LONG_OWNERS = 5, 10
PROTOCOL_BUDGET_S, RATIO_BUDGET, CPU_BUDGET_NS = 1.0, 2.5, 40
BINS = 11


def protocol() -> float:
    """Run the horizontal job's protocol once; answer its wall time in seconds."""
    bins = tuple(Cell(f"bin{i}", Kind.COUNT, 10**6) for i in range(BINS))
    moments = (
        Cell("count", Kind.COUNT, 10**6),
        Cell("sum", Kind.SUM, 2**60, "count"),
        Cell("squares", Kind.SUM, 2**100, "count"),
    )
    schema = Schema(moments + bins, minimum=10, contributors=3)
    values = {"count": 110_000, "sum": 10**12, "squares": 10**20, **{cell.name: 10_000 for cell in bins}}
    begun = time.perf_counter()
    released = rehearse(schema, {f"owner-{i}": values for i in range(OWNERS)}).released
    taken = time.perf_counter() - begun
    assert released.values["count"] == OWNERS * 110_000
    return taken


def long_vectors(folder: Path, rows: int) -> tuple[Callable[[], NDArray[np.uint64]], Callable[[], NDArray[np.uint64]]]:
    """Write ten owners' files; answer the plain and the masked way to their sum."""
    files = [folder / f"owner-{i}.parquet" for i in range(LONG_OWNERS)]
    generator = np.random.default_rng(1)
    for file in files:
        pq.write_table(pa.table({"value": generator.integers(0, 2**40, rows, dtype=np.uint64)}), file)
    names = [f"owner-{i}" for i in range(LONG_OWNERS)]
    keys = {name: mask_key(Stream(name.encode().ljust(32))) for name in names}
    pairs = {me: _pairs(me, names, keys) for me in names}

    def plain() -> NDArray[np.uint64]:
        return sum((_read(file) for file in files[1:]), start=_read(files[0]))

    def masked() -> NDArray[np.uint64]:
        total = np.zeros(rows, dtype=np.uint64)
        for me, file in zip(names, files, strict=True):
            total += _read(file) + masks64(me, pairs[me], "benchmark", rows)
        return total

    return plain, masked


def main() -> None:
    """Measure and print."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--rows", type=int, nargs="+", default=[10_000, 100_000, 1_000_000])
    arguments.add_argument("--repeat", type=int, default=5)
    given = arguments.parse_args()
    protocol()  # loads libraries
    wall = min(protocol() for _ in range(given.repeat))
    share = wall / PROTOCOL_BUDGET_S
    print(f"protocol, {OWNERS} owners, {BINS + 3} cells: {wall:.2f} s, {share:.2f} of the budget of 1 s")
    print(f"masked sum, {LONG_OWNERS} owners, reading included; budgets: ratio {RATIO_BUDGET}, {CPU_BUDGET_NS} ns")
    print(f"{'rows':>9}  {'plain s':>8}  {'masked s':>8}  {'ratio':>5}  {'cpu ns/value/party':>18}  {'peak MB':>7}")
    for rows in given.rows:
        print(_long(rows, given.repeat))


def _long(rows: int, repeat: int) -> str:
    """Measure one length; the two ways take turns, so that both meet the same machine."""
    with tempfile.TemporaryDirectory() as folder:
        plain, masked = long_vectors(Path(folder), rows)
        assert (plain() == masked()).all()
        turns = [(_timed(plain), _timed(masked)) for _ in range(repeat)]
    fast, slow = (min(wall for wall, _ in way) for way in zip(*turns, strict=True))
    cpu = min(cpu for _, (_, cpu) in turns) / rows / LONG_OWNERS * 1e9
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return f"{rows:>9,}  {fast:>8.4f}  {slow:>8.4f}  {slow / fast:>5.2f}  {cpu:>18.1f}  {peak:>7.0f}"


def _pairs(me: str, names: list[str], keys: dict[str, MaskKey]) -> dict[str, Pair]:
    return {o: pair(me, keys[me], o, keys[o].public, bytes(32)) for o in names if o != me}


def _read(file: Path) -> NDArray[np.uint64]:
    column: NDArray[np.uint64] = pq.read_table(file, columns=["value"])["value"].to_numpy()
    return column


def _timed(way: Callable[[], object]) -> tuple[float, float]:
    """Wall and processor seconds."""
    wall, cpu = time.perf_counter(), time.process_time()
    way()
    return time.perf_counter() - wall, time.process_time() - cpu


if __name__ == "__main__":
    main()
