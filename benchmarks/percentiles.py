"""Three engines on this machine: a median and quartiles of so many rows, against numpy, with the time of each part.

    python benchmarks/percentiles.py --engine .spu --rows 1000 10000 100000

Rows are those of three owners together, shares and links as in a job (TLS between the parties, loopback), without relay
and chain. Every figure is compared with numpy's before a time is printed.
"""

from __future__ import annotations

import argparse
import socket
import time
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from mpc.engine.linked import InstalledEngines
from mpc.engine.links import Address
from mpc.engine.port import Engines
from mpc.memory_channel import Network
from mpc.protocols.percentiles.office import Released, run_recipient
from mpc.protocols.percentiles.run import PROTOCOL, run_owner
from mpc.protocols.percentiles.terms import Terms
from mpc.rehearsal import MemoryJournal, sessions

OWNERS, OFFICE = ("a", "b", "c"), "office"
WAIT_S = 1200.0


def timed(engine: Path, rows: int, percentiles: tuple[int, ...]) -> float:
    """Run the protocol once and hold its figures against numpy; seconds from start to release."""
    values = np.random.default_rng(rows).integers(0, 1 << 40, rows)
    columns = {owner: values[place :: len(OWNERS)] for place, owner in enumerate(OWNERS)}
    terms = Terms(OWNERS, percentiles, 1 << 40, max(map(len, columns.values())), 10, 3)
    common = sessions(OWNERS, OFFICE, PROTOCOL, terms.record())
    network = Network((*OWNERS, OFFICE), timeout_s=WAIT_S)
    engines = dict(zip(OWNERS, [_engine(engine, port) for port in _ports()], strict=True))
    start = time.perf_counter()

    def owner(party: str):  # type: ignore[no-untyped-def]
        column, journal = columns[party].tolist(), MemoryJournal()
        return lambda channel: run_owner(common[party], channel, column, _all, journal, engines[party])

    programs = {party: owner(party) for party in OWNERS}
    programs[OFFICE] = lambda channel: run_recipient(common[OFFICE], channel)
    released = network.run(programs)[OFFICE]
    took = time.perf_counter() - start
    if not isinstance(released, Released):
        raise SystemExit(f"{released}")
    ordered = np.sort(values)
    for percentile, name in zip(percentiles, terms.names[1:], strict=True):
        block = terms.block(percentile, rows)
        assert released.values[name] == int(ordered[block.first : block.last + 1].sum())
    return took


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
    print(f"{'rows':>9} {'median s':>9} {'quartiles s':>12}")
    for rows in asked.rows:
        median, quartiles = (timed(asked.engine, rows, found) for found in ((500,), (250, 500, 750)))
        print(f"{rows:9,} {median:9.1f} {quartiles:12.1f}", flush=True)


if __name__ == "__main__":
    main()
