"""Moments over aligned rows: seconds and growth for vertical correlation, and for the keys alone.

    python benchmarks/aligned_moments.py [ROWS ...]        (default 10000 100000; a million takes many minutes)

Two owners, one column each, all keys common, in one process on in-memory channels: raising and encrypting of both share
its cores as threads do. Printed for every size: seconds of the whole run, microseconds a row, growth against the size
before, and the correlation beside the one of pooled rows. What a relay and a chain add is ``benchmarks/job_steps.py``;
intersections beside openmined-psi are ``benchmarks/set_intersection.py``.
"""

from __future__ import annotations

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


def run(rows: int, *, moments: bool) -> float:
    """Align and return the seconds; checks the correlation against the pooled rows."""
    draw = np.random.default_rng(rows)
    first = draw.integers(0, 100_000, rows)
    second = (first + draw.integers(0, 100_000, rows)) // 2
    columns = [(Column(name, 0, 100_000),) if moments else () for name in "xy"]
    members = tuple(Member(party, rows, True, own) for party, own in zip("ab", columns, strict=True))
    tables = {
        party: {f"key-{n}": (int(value),) if moments else () for n, value in enumerate(values)}
        for party, values in (("a", first), ("b", second))
    }
    begun = time.perf_counter()
    found = rehearse(AlignedTerms(members, 10), tables, timeout_s=WAIT_S).released.figures
    seconds = time.perf_counter() - begun
    assert found is not None
    assert found.rows == rows
    if moments:
        (x, y), (xx, xy, yy), n = found.sums.values(), found.products.values(), found.rows
        ours = (n * xy - x * y) / ((n * xx - x * x) * (n * yy - y * y)) ** 0.5
        pooled = float(np.corrcoef(first, second)[0, 1])
        assert abs(ours - pooled) < 1e-9
        print(f"    correlation {ours:.6f}, pooled {pooled:.6f}")
    return seconds


def main() -> None:
    sizes = tuple(map(int, sys.argv[1:])) or SIZES
    for moments, title in ((False, "common keys alone"), (True, "correlation of two owners' columns")):
        before: float | None = None
        print(title)
        for rows in sizes:
            seconds = run(rows, moments=moments)
            growth = "" if before is None else f", {seconds / before:.1f} x the size before"
            print(f"  {rows:>9,} rows: {seconds:8.1f} s, {seconds / rows * 1e6:6.0f} us a row{growth}", flush=True)
            before = seconds


if __name__ == "__main__":
    main()
