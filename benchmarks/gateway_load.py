"""The gateway under load: indexing, rights queries and provenance over 200,000 titles and a million edges.

    python benchmarks/gateway_load.py [--scale 1.0] [--seconds 10] [--connections 32] [--database URL]

A town's real chain and registrar's book, with an index that is filled further with synthetic blocks through the
indexer's own writer (``synthetic_index.py``): decoding, edges, rows, one transaction a run, at full size into tables of
full size. Not in that rate: the checking of blocks.

The API is served as ``shuxin gateway serve`` serves it, limits, accounts, access log and all, to a clerk with a token;
only the limit on requests of one address is out of the way. The load comes from another process on the same machine
(``flooding.py``). Printed beside the limits asked: events indexed a second; rights queries (each recorded durably
before it is answered, proofs by link) mixed half and half with one-hop provenance, and their 99th percentile; rights
queries with the proof in the answer, each of another unit that stands on the chain; lineage six steps deep; memory.
Rates are also told a second of the server's processor time, which other work on the machine changes little, and how
much of a processor the load itself took. Peer: a registrar opened for each proven answer, as the command does.
Exit code 1 if a limit is missed. At full size some three minutes on a quiet machine with two cores.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple
from urllib.request import Request, urlopen

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(ROOT / "benchmarks")]

import landtown  # noqa: E402
from flooding import Load, flooded, forget_peak, get, peak_mib, post  # noqa: E402
from landtown import HOUSE, LandTown, holder  # noqa: E402
from served_town import Served, clerk_token, served  # noqa: E402
from synthetic_index import AUTHORIZED, SUPPLIED, UNITS, calls, fill, lot, word  # noqa: E402

from gateway.index.index import Index  # noqa: E402
from gateway.index.store import Store  # noqa: E402
from gateway.property.titles.asking import stated  # noqa: E402

RATE, P99_MS, INLINE, DEEP_MS, INDEXED = 800, 60.0, 100, 150.0, 3_000
ON_CHAIN = 100
"""Units opened on the town's chain, whose titles are proven in the answer."""
DISTINCT = 20_000
"""Different requests of each kind."""
QUERY = {"purpose": "intention", "asker": "Eve"}


class Limit(NamedTuple):
    name: str
    reached: float
    asked: float
    holds: bool


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--database", default="")
    parser.add_argument("--workers", type=int, default=2)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as directory, ExitStack() as stack:
        return measure(Path(directory), arguments, stack)


def measure(directory: Path, arguments: argparse.Namespace, stack: ExitStack) -> int:
    count = int(UNITS * arguments.scale)
    landtown.ROWS = (  # type: ignore[misc]
        *landtown.ROWS,
        *(f"{lot(n)},2,01 ONE FAMILY,{n} MAIN,,900,{500000 + n},2017-01-31" for n in range(1, count + 1)),
    )
    began = time.perf_counter()
    land = LandTown(directory)
    stack.callback(land.close)
    land.anchor()
    codes = [unit.code for unit in land.book.search("2/", count)]
    for code in (HOUSE, *codes[:ON_CHAIN]):
        land.desk.open_unit(code)
    land.enter("1", "transfer", holder("Ann", "1/3"), holder("Bob", "2/3"))
    observer = land.town.observer("gateway")
    database = arguments.database or f"sqlite:///{directory}/index.sqlite"
    store = Store(database)
    stack.callback(store.close)
    index = Index(store, observer.view.header(0))
    index.forget()
    own = index.follow(observer.chain, observer.view).number
    print(f"a book of {count:,} units and a chain of {own} blocks made in {time.perf_counter() - began:.0f} s")
    token = clerk_token(land, directory / "gateway")
    gateway = stack.enter_context(served(land, directory, database, arguments.workers))
    for _ in range(32 * arguments.workers):  # on connections of their own: each process reads the working days once
        asked_once(gateway.port, token)
    units = [land.book.id_of(code) for code in codes]
    forget_peak()
    events, spent, busy = fill(index, observer.view.header(0), calls(units, arguments.scale))
    with store.transaction() as db:
        edges = db.exec_driver_sql("SELECT count(*) FROM edges").scalar_one()
    print(f"indexed {events:,} events, {edges:,} edges, {count:,} titles in {spent:.1f} s, ", end="")
    print(f"{events / busy:,.0f} a second of processor time; peak memory {peak_mib():,.0f} MiB")
    found = run(gateway, units, codes[:ON_CHAIN], token, arguments)
    for name, load in found.items():
        print(
            f"{name}: {len(load.times):,} answers, median {load.percentile_ms(0.5):.1f} ms, "
            f"{load.rate_of_processor:,.0f} a second of the server's processor time, of which it took "
            f"{load.server_s / load.seconds:.2f}, and the load {load.client_s / load.seconds:.2f}"
        )
    print(f"a registrar opened for each proven answer: {opened_anew(land, min(3.0, arguments.seconds)):.1f} a second")
    peaks = " and ".join(f"{one:,.0f}" for one in gateway.peak_mib())
    print(f"peak memory of the gateway's processes: {peaks} MiB; load of the machine ", end="")
    print(" ".join(f"{load:.1f}" for load in os.getloadavg()))
    return told(events / spent, found)


def told(indexed: float, found: dict[str, Load]) -> int:
    """Print what is reached beside what is asked; return the exit code."""
    mixed, inline, deep = found["rights and one hop"], found["proof inline"], found["depth 6"]
    p99, deep99 = mixed.percentile_ms(0.99), deep.percentile_ms(0.99)
    lines = (
        Limit("events indexed a second", indexed, INDEXED, indexed >= INDEXED),
        Limit("rights and one-hop provenance a second", mixed.rate, RATE, mixed.rate >= RATE),
        Limit("  99th percentile, ms", p99, P99_MS, p99 < P99_MS),
        Limit("rights with the proof inline a second", inline.rate, INLINE, inline.rate >= INLINE),
        Limit("lineage of depth 6, 99th percentile, ms", deep99, DEEP_MS, deep99 < DEEP_MS),
    )
    for line in lines:
        print(f"{line.name:44} {line.reached:10.1f}   asked {line.asked:8.1f}   {'held' if line.holds else 'MISSED'}")
    return 0 if all(line.holds for line in lines) else 1


def run(
    gateway: Served, units: Sequence[bytes], on_chain: Sequence[str], token: str, arguments: argparse.Namespace
) -> dict[str, Load]:
    """Send the three kinds of load."""
    step = max(1, len(units) // DISTINCT)
    granted, last = int(AUTHORIZED * arguments.scale), int(SUPPLIED * arguments.scale) - 1
    rights = [post("/v1/rights", {"unit": unit.hex(), **QUERY}, token) for unit in units[::step]]
    hops = [
        get(f"/v1/nodes/authorization:{word('authorization', n * step % granted).hex()}", token)
        for n in range(len(rights))
    ]
    mixed = [one for pair in zip(rights, hops, strict=True) for one in pair]
    inline = [post("/v1/rights", {"unit": code, "proof": "inline", **QUERY}, token) for code in on_chain]
    deep = [get(f"/v1/nodes/digest:{word('content', n).hex()}/lineage?depth=6", token) for n in range(7, last, 8)]
    kinds = {"rights and one hop": (mixed, arguments.connections), "proof inline": (inline, 8), "depth 6": (deep, 4)}
    return {
        name: flooded(gateway.port, requests, connections, arguments.seconds, gateway.processor_s)
        for name, (requests, connections) in kinds.items()
    }


def asked_once(port: int, token: str) -> None:
    """Ask for the house's title on a connection that is not kept; raises HTTPError."""
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    body = json.dumps({"unit": HOUSE, **QUERY}).encode()
    with urlopen(Request(f"http://127.0.0.1:{port}/v1/rights", body, headers), timeout=60) as answer:
        answer.read()


def opened_anew(land: LandTown, seconds: float) -> float:
    """Return how many proven answers a second a registrar gives that is opened for each."""
    began, count = time.perf_counter(), 0
    while time.perf_counter() - began < seconds:
        with land.registrar() as registrar:
            registrar.title(HOUSE, stated("intention", "Eve"))
        count += 1
    return count / (time.perf_counter() - began)


if __name__ == "__main__":
    sys.exit(main())
