"""The gateway under load: indexing, rights queries and provenance over 200,000 titles and a million edges.

    python benchmarks/gateway_load.py [--scale 1.0] [--seconds 10] [--connections 32] [--database URL]

A town's real chain and registrar's book, with an index that is filled further with synthetic blocks through the
indexer's own writer (decoding, edges, rows, one transaction a run): titles, authorizations, jobs, releases, deliveries
that derive from one another. What is not measured with them is the checking of blocks; that is timed apart.

The API runs in one process, the load in another, over keep-alive connections of this machine. Printed beside the limits
asked of it: events indexed a second; rights queries (each recorded durably before it is answered, proofs by link) mixed
half and half with one-hop provenance, their rate and 99th percentile; answers with a proof in them a second; the 99th
percentile of lineage six steps deep; peak memory. Rates are also told a second of processor time of the API's process,
which other work on the machine does not change. Peer: the same rights query through the registrar's proven answer.
Exit code 1 if a limit is missed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import resource
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

import landtown  # noqa: E402
import uvicorn  # noqa: E402
from gatewaytown import Somebody  # noqa: E402
from landtown import HOUSE, LandTown, holder  # noqa: E402

from contracts.addresses import AUTHORIZATIONS, GENESIS_ADDRESSES, JOBS, SUPPLIES, TITLES  # noqa: E402
from contracts.artefacts import interfaces  # noqa: E402
from gateway.accounts.caller import Role, caller_of  # noqa: E402
from gateway.api.app import create_app  # noqa: E402
from gateway.api.desk import Desk  # noqa: E402
from gateway.api.services import Services  # noqa: E402
from gateway.index.index import Index  # noqa: E402
from gateway.index.store import Store  # noqa: E402
from gateway.property.asking import stated  # noqa: E402
from gateway.provenance.explorer import Explorer  # noqa: E402
from ledger.abi import AbiValue, encode  # noqa: E402
from ledger.blocks import Sent  # noqa: E402
from ledger.hashing import keccak256  # noqa: E402
from ledger.headers import Header  # noqa: E402
from ledger.proofs import Log  # noqa: E402
from ledger.runs import RUN, read_run  # noqa: E402
from ledger.signing import Address  # noqa: E402

UNITS, AUTHORIZED, COMPUTED, SUPPLIED, ASSETS = 200_000, 60_000, 20_000, 40_000, 3_000
CALLS = 200
"""In one block, as the builder has them."""
RATE, P99_MS, PROOFS, DEEP_MS, INDEXED = 800, 60.0, 100, 150.0, 3_000
SENDER = Address(b"\7" * 20)


def word(*parts: object) -> bytes:
    return keccak256("/".join(map(str, parts)).encode())


def lot(n: int) -> int:
    """Return the number of the n-th tax lot of borough 2."""
    return 2_000_000_000 + (n // 900 + 1) * 10_000 + n % 900 + 1  # lots from 1001 on are flats, named otherwise


def call(contract: str, name: str, entity: bytes, **values: AbiValue) -> Sent:
    """Make an accepted call with one event; numbers that are not given are one, words zero."""
    kind = next(found for found in interfaces()[contract].events.values() if found.name == name)
    fields = [field for field in kind.fields if not field.indexed]
    blank = {"bytes32": bytes(32), "bool": False, "bytes32[]": (), "uint256[]": ()}
    data = encode([field.type for field in fields], [values.get(f.name, blank.get(f.type, 1)) for f in fields])
    log = Log(Address(GENESIS_ADDRESSES[contract]), (kind.topic, entity), data)
    return Sent(SENDER, Address(GENESIS_ADDRESSES[contract]), b"\0\0\0\0", True, (log,))


def calls(units: Sequence[bytes], scale: float) -> Iterator[Sent]:
    """Everything that is indexed besides the town's own blocks."""
    for n, unit in enumerate(units):
        held = tuple(sorted((word("holder", n, 0), word("holder", n, 1))))
        yield call(
            TITLES, "TitleEntered", unit, state=1, party=word("registrar"), kind=1, source=word("application", n),
            spatial=word("spatial", n), right=1, holders=held, numerators=(1, 2), denominator=3,
        )  # fmt: skip
    for n in range(int(AUTHORIZED * scale)):
        parties = {
            "party": word("owner", n % 60),
            "grantee": word("grantee", n % 180),
            "asset": word("asset", n % ASSETS),
        }
        yield call(AUTHORIZATIONS, "AuthorizationGranted", word("authorization", n), terms=word("terms", n), **parties)
    for n in range(int(COMPUTED * scale)):
        job = word("job", n)
        yield call(
            JOBS, "JobProposed", job, party=word("grantee", n % 180), recipient=word("grantee", n % 180),
            spec=word("spec", n), parties=(word("owner", n % 60), word("owner", (n + 1) % 60)),
        )  # fmt: skip
        yield call(AUTHORIZATIONS, "AuthorizationUsed", word("authorization", n), n=2, job=job)
        yield call(
            JOBS, "JobSigned", job, n=2, state=5, party=word("owner", n % 60), result=word("result", n),
            statement=word("statement", n),
        )  # fmt: skip
    for n in range(int(SUPPLIED * scale)):
        source = word("content", n - 1) if n % 8 else bytes(32)
        yield call(
            SUPPLIES, "Supplied", word("authorization", n), party=word("owner", n % 60),
            grantee=word("grantee", n % 180), content=word("content", n), source=source,
        )  # fmt: skip


def fill(index: Index, genesis: Header, made: Iterator[Sent]) -> tuple[int, float, float]:
    """Index calls in blocks, run by run; return events, seconds in the indexer and of them of a processor."""
    events, spent, busy, run = 0, 0.0, 0.0, list[tuple[Header, tuple[Sent, ...]]]()
    mark = index.mark
    number = mark.number

    def keep() -> None:
        nonlocal spent, busy, mark
        began, used = time.perf_counter(), time.process_time()
        assert index.keep(mark, run)  # type: ignore[arg-type]
        spent += time.perf_counter() - began
        busy += time.process_time() - used
        mark = index.mark
        run.clear()

    block = list[Sent]()
    for one in made:
        block.append(one)
        events += 1
        if len(block) == CALLS:
            number += 1
            header = replace(genesis, number=number, timestamp=mark.time + number, block_hash=word("block", number))
            run.append((header, tuple(block)))
            block = []
            if len(run) == RUN:
                keep()
    if run:
        keep()
    return events, spent, busy


@dataclass
class Load:
    """Answers of one kind of request: their times, and how many a second."""

    times: list[float]
    seconds: float
    processor_s: float = 0.0

    @property
    def rate_of_processor(self) -> float:
        return len(self.times) / self.processor_s

    @property
    def rate(self) -> float:
        return len(self.times) / self.seconds

    @property
    def p99_ms(self) -> float:
        return sorted(self.times)[int(len(self.times) * 0.99)] * 1000 if self.times else float("inf")


async def _connection(
    port: int, requests: Sequence[bytes], start: int, step: int, end: float, times: list[float]
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    place = start
    while time.perf_counter() < end:
        began = time.perf_counter()
        writer.write(requests[place % len(requests)])
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        if not head.startswith(b"HTTP/1.1 200"):
            raise RuntimeError(f"{requests[place % len(requests)][:200]!r}: {head[:20]!r} {body[:300]!r}")
        times.append(time.perf_counter() - began)
        place += step
    writer.close()


async def _flood(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    times: list[float] = []
    began = time.perf_counter()
    tasks = [_connection(port, requests, n, connections, began + seconds, times) for n in range(connections)]
    await asyncio.gather(*tasks)
    return Load(times, time.perf_counter() - began)


def client() -> int:
    """Be the process of the load: read requests as JSON, print times."""
    said = json.loads(sys.stdin.read())
    requests = [bytes.fromhex(one) for one in said["requests"]]
    load = asyncio.run(_flood(said["port"], requests, said["connections"], said["seconds"]))
    print(json.dumps({"times": load.times, "seconds": load.seconds}))
    return 0


def flooded(port: int, requests: Sequence[bytes], connections: int, seconds: float) -> Load:
    said = {"port": port, "connections": connections, "seconds": seconds, "requests": [one.hex() for one in requests]}
    before = time.process_time()
    command = [sys.executable, __file__, "--client"]
    done = subprocess.run(command, input=json.dumps(said), stdout=subprocess.PIPE, text=True, check=True)
    return Load(**json.loads(done.stdout), processor_s=time.process_time() - before)


def get(path: str) -> bytes:
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()


def post(path: str, body: object) -> bytes:
    data = json.dumps(body).encode()
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: {len(data)}"
    return head.encode() + b"\r\n\r\n" + data


def serve(app: object) -> tuple[uvicorn.Server, int]:
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_level="warning", access_log=False))  # type: ignore[arg-type]
    threading.Thread(target=server.run, daemon=True).start()
    while not server.started:
        time.sleep(0.05)
    return server, server.servers[0].sockets[0].getsockname()[1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--client", action="store_true", help=argparse.SUPPRESS)
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("--seconds", type=float, default=10.0)
    parser.add_argument("--connections", type=int, default=32)
    parser.add_argument("--database", default="")
    arguments = parser.parse_args()
    if arguments.client:
        return client()
    with tempfile.TemporaryDirectory() as directory:
        return measure(Path(directory), arguments)


def measure(directory: Path, arguments: argparse.Namespace) -> int:
    count = int(UNITS * arguments.scale)
    landtown.ROWS = (  # type: ignore[misc]
        *landtown.ROWS,
        *(f"{lot(n)},2,01 ONE FAMILY,{n} MAIN,,900,{500000 + n},2017-01-31" for n in range(1, count + 1)),
    )
    land = LandTown(directory)
    land.anchor()
    land.desk.open_unit(HOUSE)
    land.enter("1", "transfer", holder("Ann", "1/3"), holder("Bob", "2/3"))
    observer = land.town.observer("gateway")
    store = Store(arguments.database or f"sqlite:///{directory}/index.sqlite")
    index = Index(store, observer.view.header(0))
    index.forget()
    began = time.perf_counter()
    own = index.follow(observer.chain, observer.view).number
    checked = sum(len(calls) for _, calls in read_run(observer.chain, observer.view, _first(observer.view), own))
    print(
        f"the town's own {own} blocks, {checked} calls checked and indexed twice: {time.perf_counter() - began:.2f} s"
    )
    explorer = Explorer(index, observer.view)
    desk = Desk(land.register, explorer, land.registrar, land.town.clock)
    desk.ask(HOUSE, stated("intention", "Eve"))  # the working days are read by proof once
    codes = [unit.code for unit in land.book.search("2/", count)]
    units = [land.book.id_of(code) for code in codes]
    events, spent, busy = fill(index, observer.view.header(0), calls(units, arguments.scale))
    with store.transaction() as db:
        edges = db.exec_driver_sql("SELECT count(*) FROM edges").scalar_one()
    rate = events / spent
    print(f"indexed {events:,} events, {edges:,} edges, {count:,} titles in {spent:.1f} s, ", end="")
    print(f"{events / busy:,.0f} a second of processor time")
    clerk = Somebody()
    clerk.caller = caller_of("clerk", landtown.REGISTRAR, [Role.REGISTRAR])
    app = create_app(Services(explorer, observer, land.trust, clerk, desk=desk))
    server, port = serve(app)
    found = run(port, units, land, explorer, arguments)
    server.should_exit = True
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    lines = (
        ("events indexed a second", rate, INDEXED, rate >= INDEXED),
        ("rights and one-hop provenance a second", found["mixed"].rate, RATE, found["mixed"].rate >= RATE),
        ("  99th percentile, ms", found["mixed"].p99_ms, P99_MS, found["mixed"].p99_ms < P99_MS),
        ("answers with a proof in them a second", found["proof"].rate, PROOFS, found["proof"].rate >= PROOFS),
        ("lineage of depth 6, 99th percentile, ms", found["deep"].p99_ms, DEEP_MS, found["deep"].p99_ms < DEEP_MS),
    )
    for name in ("mixed", "proof", "deep"):
        print(f"{name}: {found[name].rate_of_processor:,.0f} answers a second of the API's processor time")
    for name, reached, limit, holds in lines:
        print(f"{name:44} {reached:10.1f}   asked {limit:8.1f}   {'reached' if holds else 'MISSED'}")
    print(f"{'peer: registrar proving each answer, a second':44} {found['peer']:10.1f}")
    print(f"{'peak memory of the API and the build, MiB':44} {peak:10.0f}")
    desk.close()
    store.close()
    land.close()
    return 0 if all(holds for *_, holds in lines) else 1


def run(port: int, units: Sequence[bytes], land: LandTown, explorer: Explorer, arguments: argparse.Namespace) -> dict:  # type: ignore[type-arg]
    """Send the three kinds of load and time the peer."""
    step = max(1, len(units) // 2000)
    rights = [
        post("/v1/rights", {"unit": unit.hex(), "purpose": "intention", "asker": "Eve"}) for unit in units[::step]
    ]
    granted = int(AUTHORIZED * arguments.scale)
    hops = [get(f"/v1/nodes/authorization:{word('authorization', n % granted).hex()}") for n in range(len(rights))]
    mixed = [one for pair in zip(rights, hops, strict=True) for one in pair]
    events = explorer.finder.history(TITLES, land.book.id_of(HOUSE), 1 << 40)
    places = [event.cursor for event in events]
    head = explorer.view.head().number
    proofs = [
        get(f"/v1/proofs/{at.block_number}/{at.index}/{at.log_index}?as_of={block}")
        for at in places
        for block in range(at.block_number, head + 1)
    ]
    last = int(SUPPLIED * arguments.scale) - 1
    deep = [get(f"/v1/nodes/digest:{word('content', n).hex()}/lineage?depth=6") for n in range(7, min(last, 16000), 8)]
    found: dict = {  # type: ignore[type-arg]
        name: flooded(port, requests, connections, arguments.seconds)
        for name, requests, connections in (
            ("mixed", mixed, arguments.connections), ("proof", proofs, 8), ("deep", deep, 4),
        )
    }  # fmt: skip
    began, count = time.perf_counter(), 0
    with land.registrar() as registrar:
        while time.perf_counter() - began < min(3.0, arguments.seconds):
            registrar.title(HOUSE, stated("intention", "Eve"))
            count += 1
    found["peer"] = count / (time.perf_counter() - began)
    return found


def _first(view):  # type: ignore[no-untyped-def]
    from ledger.runs import Mark

    header = view.header(0)
    return Mark(0, header.timestamp, header.block_hash)


if __name__ == "__main__":
    sys.exit(main())
