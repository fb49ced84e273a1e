"""Correlation of two owners' columns over rows that three engines match by key, under a condition of the third owner.

    python benchmarks/matched.py --engine .spu --rows 1000 10000 100000

Every owner has so many rows; half of the keys are common to all, and the third owner's condition lets half of its rows
through. Shares, links and messages as in a job (TLS between the parties, loopback), without relay and chain; an engine
is a process of its own, so that what it takes can be told apart. The five sums behind the correlation are compared with
numpy's, as integers, before a time is printed.
"""

from __future__ import annotations

import argparse
import resource
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from mpc.engine.linked import InstalledEngines
from mpc.engine.links import Address
from mpc.engine.port import Engines
from mpc.memory_channel import Network
from mpc.protocols.join.layout import Column
from mpc.protocols.matched.office import Released, run_recipient
from mpc.protocols.matched.run import PROTOCOL, run_owner
from mpc.protocols.matched.terms import MatchedTerms, Member
from mpc.rehearsal import MemoryJournal, sessions

OWNERS, OFFICE = ("a", "b", "c"), "office"
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
    network = Network((*OWNERS, OFFICE), timeout_s=WAIT_S)
    engines = dict(zip(OWNERS, [_engine(directory, port) for port in _ports()], strict=True))
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()

    def owner(party: str):  # type: ignore[no-untyped-def]
        return lambda channel: run_owner(common[party], channel, tables[party], _all, MemoryJournal(), engines[party])

    programs = {party: owner(party) for party in OWNERS}
    programs[OFFICE] = lambda channel: run_recipient(common[OFFICE], channel)
    outcomes = network.run(programs)
    released = outcomes[OFFICE]
    took, after = time.perf_counter() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
    if not isinstance(released, Released) or released.figures is None:
        raise SystemExit(f"{outcomes}")
    found = np.array([n for n in range(starts["c"], rows) if passes[n]])
    left, right = columns["a"][found].astype(object), columns["b"][found].astype(object)
    figures = released.figures
    assert [figures.rows, *figures.sums.values()] == [len(found), left.sum(), right.sum()]
    assert [*figures.products.values()] == [left @ left, left @ right, right @ right]
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, spent / len(OWNERS)


def _all(bits):  # type: ignore[no-untyped-def]
    return {name for name, passed in bits.items() if passed}


def _engine(directory: Path, port: int) -> Engines:
    address = Address("127.0.0.1", port)
    return InstalledEngines(directory, address, address, WAIT_S)


def _ports() -> list[int]:
    with ExitStack() as stack:
        return [stack.enter_context(socket.create_server(("127.0.0.1", 0))).getsockname()[1] for _ in OWNERS]


def main() -> None:
    """Print one line a number of rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", type=Path, required=True, help="what scripts/install-spu made")
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 100_000])
    asked = parser.parse_args()
    print(f"{'rows each':>10} {'wall s':>8} {'CPU s an engine':>16} {'largest process MB':>19}")
    for rows in asked.rows:
        wall, spent = timed(asked.engine, rows)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss // 1024
        print(f"{rows:10,} {wall:8.1f} {spent:16.1f} {peak:19,}", flush=True)


if __name__ == "__main__":
    main()
