"""Correlation of two aligned columns of two owners on secret shares, by three engines, against numpy.

    python benchmarks/spu_moments.py --engine .spu --rows 100000 1000000

Five sums are opened, of both columns, their squares and products, in a ring of 128 bits; what is divided is divided
outside (a library's own correlation divides in fixed point and is wrong). Three processes on this machine over
loopback, links as in a job. It shows what an engine takes; jobs have sums over aligned rows without one.
"""

from __future__ import annotations

import argparse
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from math import sqrt
from pathlib import Path

import numpy as np

from mpc.engine import environment
from mpc.engine.links import Address, Links
from mpc.engine.process import started
from mpc.engine.shares import PARTIES, Ring, combine, split
from mpc.stream import Stream

NAMES = ["a", "b", "aa", "bb", "ab"]
WAIT_S = 1200.0


def timed(directory: Path, rows: int) -> tuple[float, float]:
    """Correlate once and hold the sums against numpy's; seconds to share and hand over, and to compute and open."""
    rng = np.random.default_rng(rows)
    left = rng.integers(0, 1 << 20, rows)
    right = left // 2 + rng.integers(0, 1 << 20, rows)
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(PARTIES))
        found, ranks = environment.find(directory), {str(rank): rank for rank in range(PARTIES)}
        engines = [stack.enter_context(started(found, wait_s=WAIT_S)) for _ in ranks]
        reached = [Address("127.0.0.1", port) for port in _ports()]
        links = [stack.enter_context(closing(Links(name, reached[rank]))) for name, rank in ranks.items()]
        offers = {name: (reached[rank], links[rank].certificate) for name, rank in ranks.items()}
        told = [
            links[rank].meet(ranks, {other: offers[other] for other in ranks if other != name})
            for name, rank in ranks.items()
        ]
        list(pool.map(lambda rank: engines[rank].link(rank, told[rank], Ring.FM128), range(PARTIES)))
        start = time.perf_counter()
        for name, column in (("left", left), ("right", right)):
            pieces = split(column, Ring.FM128, Stream(name.encode().ljust(32)))
            list(
                pool.map(lambda rank, name=name, pieces=pieces: engines[rank].take(name, pieces[rank]), range(PARTIES))
            )
        shared = time.perf_counter()
        list(pool.map(lambda rank: engines[rank].run("moments", ["left", "right"], NAMES, {}), range(PARTIES)))
        sums = [combine([engine.give(name) for engine in engines], Ring.FM128)[0] for name in NAMES]
        done = time.perf_counter()
    a, b, aa, bb, ab = sums
    assert ab == int(np.dot(left.astype(object), right.astype(object)))
    assert (
        abs((rows * ab - a * b) / sqrt((rows * aa - a * a) * (rows * bb - b * b)) - np.corrcoef(left, right)[0, 1])
        < 1e-9
    )
    return shared - start, done - shared


def _ports() -> list[int]:
    with ExitStack() as stack:
        found = [stack.enter_context(socket.create_server(("127.0.0.1", 0))) for _ in range(PARTIES)]
        return [one.getsockname()[1] for one in found]


def main() -> None:
    """Print one line a number of rows."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engine", type=Path, required=True, help="what scripts/install-spu made")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    asked = parser.parse_args()
    print(f"{'rows':>10} {'shared s':>9} {'computed s':>11}")
    for rows in asked.rows:
        shared, computed = timed(asked.engine, rows)
        print(f"{rows:10,} {shared:9.1f} {computed:11.1f}", flush=True)


if __name__ == "__main__":
    main()
