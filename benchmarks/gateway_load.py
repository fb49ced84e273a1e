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
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support"), str(ROOT / "benchmarks")]

import landtown  # noqa: E402
import uvicorn  # noqa: E402
from flooding import Load, flooded, forget_peak, get, peak_mib, post  # noqa: E402
from landtown import HOUSE, REGISTRAR, LandTown, holder  # noqa: E402
from people import CHEAP, PASSWORD  # noqa: E402
from statutetown import key_of  # noqa: E402
from synthetic_index import AUTHORIZED, SUPPLIED, UNITS, calls, fill, lot, word  # noqa: E402

from gateway.accounts.book import AccountBook  # noqa: E402
from gateway.accounts.caller import Scope  # noqa: E402
from gateway.accounts.edge.access import AccessLog  # noqa: E402
from gateway.accounts.edge.limits import Rate  # noqa: E402
from gateway.accounts.edge.shield import Shield  # noqa: E402
from gateway.accounts.enrolment import AccountName, Enrolment, sign  # noqa: E402
from gateway.accounts.membership import Membership  # noqa: E402
from gateway.accounts.signin.gate import Gate  # noqa: E402
from gateway.api.app import create_app  # noqa: E402
from gateway.api.rights.desk import Desk  # noqa: E402
from gateway.api.services import Services  # noqa: E402
from gateway.api.serving import settled  # noqa: E402
from gateway.index.index import Index  # noqa: E402
from gateway.index.store import Store  # noqa: E402
from gateway.property.titles.asking import stated  # noqa: E402
from gateway.provenance.explorer import Explorer  # noqa: E402

RATE, P99_MS, INLINE, DEEP_MS, INDEXED = 800, 60.0, 100, 150.0, 3_000
ON_CHAIN = 100
"""Units opened on the town's chain, whose titles are proven in the answer."""
DISTINCT = 20_000
"""Different requests of each kind."""
DAY = 86_400


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
    store = Store(arguments.database or f"sqlite:///{directory}/index.sqlite")
    stack.callback(store.close)
    index = Index(store, observer.view.header(0))
    index.forget()
    own = index.follow(observer.chain, observer.view).number
    print(f"a book of {count:,} units and a chain of {own} blocks made in {time.perf_counter() - began:.0f} s")
    explorer = Explorer(index, observer.view)
    desk = Desk(land.register, explorer, land.registrar, land.town.clock, REGISTRAR)
    stack.callback(desk.close)
    desk.ask(HOUSE, stated("intention", "Eve"))  # the working days are read by proof once
    units = [land.book.id_of(code) for code in codes]
    forget_peak()
    events, spent, busy = fill(index, observer.view.header(0), calls(units, arguments.scale))
    with store.transaction() as db:
        edges = db.exec_driver_sql("SELECT count(*) FROM edges").scalar_one()
    print(f"indexed {events:,} events, {edges:,} edges, {count:,} titles in {spent:.1f} s, ", end="")
    print(f"{events / busy:,.0f} a second of processor time; peak memory {peak_mib():,.0f} MiB")
    forget_peak()
    app, token = guarded(Services(explorer, observer, land.trust, desk=desk), land, directory, stack)
    with settled():
        server, port = serve(app)
        found = run(port, units, codes[:ON_CHAIN], token, arguments)
        server.should_exit = True
    for name, load in found.items():
        print(
            f"{name}: {len(load.times):,} answers, median {load.percentile_ms(0.5):.1f} ms, "
            f"{load.rate_of_processor:,.0f} a second of the server's processor time, of which it took "
            f"{load.server_s / load.seconds:.2f}, and the load {load.client_s / load.seconds:.2f}"
        )
    print(f"a registrar opened for each proven answer: {opened_anew(land, min(3.0, arguments.seconds)):.1f} a second")
    print(f"peak memory of the server with chain and book in it: {peak_mib():,.0f} MiB; load of the machine ", end="")
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


def guarded(services: Services, land: LandTown, directory: Path, stack: ExitStack) -> tuple[Shield, str]:
    """Put accounts, access log and headers before the API, and make a registrar's clerk with a token."""
    began = time.monotonic()

    def clock() -> float:
        return land.town.clock() + time.monotonic() - began

    book = AccountBook(directory / "accounts.sqlite")
    stack.callback(book.close)
    gate = Gate(book, Membership(services.explorer.view, land.trust.genesis_hash, clock), clock, CHEAP)
    gate.add_local("clerk", "", PASSWORD)
    stated_by = Enrolment(land.trust.genesis_hash, AccountName("clerk"), REGISTRAR, gate.now + 300 * DAY)
    gate.enrol("clerk", sign(stated_by, key_of(REGISTRAR).signer()).encode())
    scopes = (Scope.PROVENANCE, Scope.TITLES, Scope.TITLES_EX_OFFICIO)
    token = gate.tokens.issue(gate.caller("clerk"), "load", scopes, gate.now, lasts_s=DAY)
    access = stack.enter_context(AccessLog(directory / "access", f"{REGISTRAR}/access"))
    given = Services(services.explorer, services.observer, services.trust, gate, desk=services.desk)
    return Shield(create_app(given), gate, access, clock=clock, rate=Rate(1e9, 1 << 30)), token


def serve(app: Callable[..., object]) -> tuple[uvicorn.Server, int]:
    server = uvicorn.Server(
        uvicorn.Config(app, port=0, log_level="warning", access_log=False, server_header=False)  # type: ignore[arg-type]
    )
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    return server, server.servers[0].sockets[0].getsockname()[1]


def run(
    port: int, units: Sequence[bytes], on_chain: Sequence[str], token: str, arguments: argparse.Namespace
) -> dict[str, Load]:
    """Send the three kinds of load."""
    step = max(1, len(units) // DISTINCT)
    granted, last = int(AUTHORIZED * arguments.scale), int(SUPPLIED * arguments.scale) - 1
    query = {"purpose": "intention", "asker": "Eve"}
    rights = [post("/v1/rights", {"unit": unit.hex(), **query}, token) for unit in units[::step]]
    hops = [
        get(f"/v1/nodes/authorization:{word('authorization', n * step % granted).hex()}", token)
        for n in range(len(rights))
    ]
    mixed = [one for pair in zip(rights, hops, strict=True) for one in pair]
    inline = [post("/v1/rights", {"unit": code, "proof": "inline", **query}, token) for code in on_chain]
    deep = [get(f"/v1/nodes/digest:{word('content', n).hex()}/lineage?depth=6", token) for n in range(7, last, 8)]
    return {
        "rights and one hop": flooded(port, mixed, arguments.connections, arguments.seconds),
        "proof inline": flooded(port, inline, 8, arguments.seconds),
        "depth 6": flooded(port, deep, 4, arguments.seconds),
    }


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
