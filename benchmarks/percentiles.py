"""Three engines on this machine: a median and quartiles of so many rows, against numpy, with the time of each part.

    python benchmarks/percentiles.py --engine .spu --rows 1000 10000 100000

Rows are those of three owners together, shares and links as in a job (TLS between the parties, loopback), without relay
and chain. Every figure is compared with numpy's before a time is printed.
"""

from __future__ import annotations

import time
from pathlib import Path

import installed_engines
import numpy as np
from installed_engines import OFFICE, OWNERS, everything

from mpc.protocols.percentiles.office import Released, run_recipient
from mpc.protocols.percentiles.run import PROTOCOL, run_owner
from mpc.protocols.percentiles.terms import Terms
from mpc.sessions.rehearsal import MemoryJournal, sessions

WAIT_S = 1200.0


def timed(engine: Path, rows: int, percentiles: tuple[int, ...]) -> float:
    """Run the protocol once and hold its figures against numpy; seconds from start to release."""
    values = np.random.default_rng(rows).integers(0, 1 << 40, rows)
    columns = {owner: values[place :: len(OWNERS)] for place, owner in enumerate(OWNERS)}
    terms = Terms(OWNERS, percentiles, 1 << 40, max(map(len, columns.values())), 10, 3)
    common = sessions(OWNERS, OFFICE, PROTOCOL, terms.record())
    engines = installed_engines.engines(engine, WAIT_S)
    start = time.perf_counter()

    def owner(party: str):  # type: ignore[no-untyped-def]
        column, journal = columns[party].tolist(), MemoryJournal()
        return lambda channel: run_owner(common[party], channel, column, everything, journal, engines[party])

    programs = {party: owner(party) for party in OWNERS}
    programs[OFFICE] = lambda channel: run_recipient(common[OFFICE], channel)
    released = installed_engines.run(programs, WAIT_S)
    took = time.perf_counter() - start
    if not isinstance(released, Released):
        raise SystemExit(f"{released}")
    ordered = np.sort(values)
    for percentile, name in zip(percentiles, terms.names[1:], strict=True):
        block = terms.block(percentile, rows)
        assert released.values[name] == int(ordered[block.first : block.last + 1].sum())
    return took


def main() -> None:
    """Print one line a number of rows."""
    asked = installed_engines.options(__doc__)
    print(f"{'rows':>9} {'median s':>9} {'quartiles s':>12}")
    for rows in asked.rows:
        median, quartiles = (timed(asked.engine, rows, found) for found in ((500,), (250, 500, 750)))
        print(f"{rows:9,} {median:9.1f} {quartiles:12.1f}", flush=True)


if __name__ == "__main__":
    main()
