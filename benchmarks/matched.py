"""Correlation of two owners' columns over rows that three engines match by key, under a condition of the third owner.

    python benchmarks/matched.py --engine .spu --rows 1000 10000 100000

Every owner has so many rows; half of the keys are common to all, and the third owner's condition lets half of its rows
through. Shares, links and messages as in a job (TLS between the parties, loopback), without relay and chain; an engine
is a process of its own, so that what it takes can be told apart. The five sums behind the correlation are compared with
numpy's, as integers, before a time is printed.
"""

from __future__ import annotations

import resource
import time
from pathlib import Path

import installed_engines
import numpy as np
from installed_engines import OFFICE, OWNERS, everything

from mpc.protocols.join.layout import Column
from mpc.protocols.matched.office import Released, run_recipient
from mpc.protocols.matched.run import PROTOCOL, run_owner
from mpc.protocols.matched.terms import MatchedTerms, Member
from mpc.sessions.rehearsal import MemoryJournal, sessions

LARGEST = 1 << 20
WAIT_S = 4 * 3600.0


def timed(directory: Path, rows: int) -> tuple[float, float]:
    """Run the protocol once and hold its figures against numpy's: seconds from start to release, and of each engine."""
    rng = np.random.default_rng(rows)
    starts = {"a": 0, "b": rows // 4, "c": rows // 2}
    x, y = (rng.integers(0, LARGEST, 2 * rows) for _ in range(2))
    passes = rng.integers(0, 2, 2 * rows).astype(bool)
    columns = {"a": x, "b": (x + y) // 2}
    tables = {
        owner: {
            f"{n:018}": (int(columns[owner][n]),) if owner in columns else ()
            for n in range(start, start + rows)
            if owner in columns or passes[n]
        }
        for owner, start in starts.items()
    }
    members = tuple(
        Member(owner, (Column(f"{owner}.value", 0, LARGEST),) if owner in columns else ()) for owner in OWNERS
    )
    terms = MatchedTerms(members, OWNERS, rows, 10)
    common = sessions(OWNERS, OFFICE, PROTOCOL, terms.record())
    engines = installed_engines.engines(directory, WAIT_S)
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()

    def owner(party: str):  # type: ignore[no-untyped-def]
        own, engine = tables[party], engines[party]
        return lambda channel: run_owner(common[party], channel, own, everything, MemoryJournal(), engine)

    programs = {party: owner(party) for party in OWNERS}
    programs[OFFICE] = lambda channel: run_recipient(common[OFFICE], channel)
    released = installed_engines.run(programs, WAIT_S)
    took, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if not isinstance(released, Released) or released.figures is None:
        raise SystemExit(f"{released}")
    found = np.array([n for n in range(starts["c"], rows) if passes[n]])
    left, right = columns["a"][found].astype(object), columns["b"][found].astype(object)
    figures = released.figures
    assert [figures.rows, *figures.sums.values()] == [len(found), left.sum(), right.sum()]
    assert [*figures.products.values()] == [left @ left, left @ right, right @ right]
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, spent / len(OWNERS)


def main() -> None:
    """Print one line a number of rows."""
    asked = installed_engines.options(__doc__)
    print(f"{'rows each':>10} {'wall s':>8} {'CPU s an engine':>16} {'largest process MB':>19}")
    for rows in asked.rows:
        wall, spent = timed(asked.engine, rows)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(f"{rows:10,} {wall:8.1f} {spent:16.1f} {peak:19,}", flush=True)


if __name__ == "__main__":
    main()
