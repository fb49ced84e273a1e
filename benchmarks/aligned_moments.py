"""Moments over aligned rows: seconds and growth for vertical correlation, and for the keys alone.

    python benchmarks/aligned_moments.py [ROWS ...]        (default 10000 100000; a million takes many minutes)

Two owners, one column each, all keys common, in one process on in-memory channels: raising and encrypting of both share
its cores as threads do. Printed for every size: seconds of the whole run, processor seconds of both owners together,
their microseconds a row and growth against the size before, peak memory, and the correlation beside the one of pooled
rows. What a relay and a chain add is ``benchmarks/job_steps.py``;
intersections beside openmined-psi are ``benchmarks/set_intersection.py``.
"""

from __future__ import annotations

import resource
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from mpc.protocols.align.rehearsal import rehearse
from mpc.protocols.align.terms import AlignedTerms, Member
from mpc.protocols.join.layout import Column

SIZES = (10_000, 100_000)
WAIT_S = 7200.0


def run(rows: int, *, moments: bool) -> tuple[float, float]:
    """Align and return the seconds by the clock and of the processor; checks the correlation against pooled rows."""
    draw = np.random.default_rng(rows)
    first = draw.integers(0, 100_000, rows)
    second = (first + draw.integers(0, 100_000, rows)) // 2
    columns = [(Column(name, 0, 100_000),) if moments else () for name in "xy"]
    members = tuple(Member(party, rows, True, own) for party, own in zip("ab", columns, strict=True))
    tables = {
        party: {f"key-{n}": (int(value),) if moments else () for n, value in enumerate(values)}
        for party, values in (("a", first), ("b", second))
    }
    begun, used = time.perf_counter(), time.process_time()
    found = rehearse(AlignedTerms(members, 10), tables, timeout_s=WAIT_S).released.figures
    seconds, cpu = time.perf_counter() - begun, time.process_time() - used
    assert found is not None
    assert found.rows == rows
    if moments:
        (x, y), (xx, xy, yy), n = found.sums.values(), found.products.values(), found.rows
        ours = (n * xy - x * y) / ((n * xx - x * x) * (n * yy - y * y)) ** 0.5
        pooled = float(np.corrcoef(first, second)[0, 1])
        assert abs(ours - pooled) < 1e-9
        print(f"    correlation {ours:.6f}, pooled {pooled:.6f}")
    return seconds, cpu


def main() -> None:
    sizes = tuple(map(int, sys.argv[1:])) or SIZES
    for moments, title in ((False, "common keys alone"), (True, "correlation of two owners' columns")):
        before: float | None = None
        print(title)
        for rows in sizes:
            seconds, cpu = run(rows, moments=moments)
            growth = "" if before is None else f", {cpu / before:.1f} x the size before"
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            used = f"{cpu:.1f} s of the processor, {cpu / rows * 1e6:.0f} us a row{growth}"
            print(f"  {rows:>9,} rows: {seconds:.1f} s; {used}; peak {peak:.0f} MB", flush=True)
            before = cpu


if __name__ == "__main__":
    main()
