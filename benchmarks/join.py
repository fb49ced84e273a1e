"""Time and bytes of a private join at full size, beside the plain join of the same tables.

Both owners and the recipient run as separate processes over pipes (no relay, no TLS, no chain):

    python benchmarks/join.py                                                     # synthetic, 44,754 x 45,376 keys
    python benchmarks/join.py --sales SALES.csv.gz --listed LIST.csv.gz           # columns bbl, sale_price; bbl
    python benchmarks/join.py --keys 2000 --scheme paillier
    python benchmarks/join.py --keys 1000000 --list-keys 1000000                  # some ten minutes of two idle cores

The figures are checked against the plain join. With ``openmined-psi`` installed, a plain private set
intersection of the same keys is timed too.
"""

from __future__ import annotations

import argparse
import csv
import gzip
import multiprocessing
import queue
import random
import resource
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from multiprocessing.connection import Connection

from mpc.additive.djn import DamgardJurikNielsen
from mpc.additive.okamoto_uchiyama import OkamotoUchiyama
from mpc.additive.paillier import Paillier
from mpc.additive.scheme import Parameters
from mpc.dummies import MatchNoise
from mpc.protocols.join.messages import SHARE
from mpc.protocols.private_join import (
    PROTOCOL,
    Column,
    JoinTerms,
    KeyTotals,
    Released,
    run_holder,
    run_lister,
    run_recipient,
)
from mpc.sessions.channel import ChannelTimeout, Misbehaviour
from mpc.sessions.rehearsal import MemoryJournal, sessions

HOLDER, LISTER, OFFICE = "finance", "tax", "office"
PARTIES = (HOLDER, LISTER, OFFICE)
TIMEOUT_S, MOST = 3600.0, 100_000
SCHEMES: dict[str, Callable[[], Parameters]] = {
    "ou3072": OkamotoUchiyama,
    "ou2048": lambda: OkamotoUchiyama(2048, 288),
    "djn3072": DamgardJurikNielsen,
    "djn2048": lambda: DamgardJurikNielsen(2048, 1024),
    "paillier": Paillier,
}

Table = dict[str, dict[str, KeyTotals]]


class PipeChannel:
    """One party's pipes to the others; each pipe has a thread for either direction, so two senders never block."""

    def __init__(self, pipes: dict[str, Connection]) -> None:
        self.sent_bytes: dict[str, int] = {}
        self._boxes: dict[tuple[str, str], bytes] = {}
        self._changed = threading.Condition()
        self._outgoing: dict[str, queue.Queue[tuple[str, bytes]]] = {party: queue.Queue() for party in pipes}
        for party, pipe in pipes.items():
            threading.Thread(target=self._write, args=(party, pipe), daemon=True).start()
            threading.Thread(target=self._read, args=(party, pipe), daemon=True).start()

    def send(self, to: str, step: str, body: bytes) -> None:
        self.sent_bytes[step] = self.sent_bytes.get(step, 0) + len(body)
        self._outgoing[to].put((step, body))

    def send_all(self, step: str, bodies: Mapping[str, bytes]) -> None:
        for to, body in bodies.items():
            self.send(to, step, body)

    def receive(self, sender: str, step: str, *, limit: int) -> bytes:
        with self._changed:
            if not self._changed.wait_for(lambda: (sender, step) in self._boxes, TIMEOUT_S):
                raise ChannelTimeout(sender, step)
            body = self._boxes.pop((sender, step))
        if len(body) > limit:
            raise Misbehaviour(sender, step, f"{len(body)} bytes, at most {limit} expected")
        return body

    def flush(self) -> None:
        for outgoing in self._outgoing.values():
            outgoing.join()

    def _write(self, party: str, pipe: Connection) -> None:
        while True:
            step, body = self._outgoing[party].get()
            pipe.send_bytes(step.encode())
            pipe.send_bytes(body)
            self._outgoing[party].task_done()

    def _read(self, party: str, pipe: Connection) -> None:
        while True:
            try:
                step, body = pipe.recv_bytes().decode(), pipe.recv_bytes()
            except EOFError:
                return
            with self._changed:
                self._boxes[(party, step)] = body
                self._changed.notify_all()


@dataclass
class Stopwatch:
    """Seconds per step, from the progress callback."""

    started: dict[str, float] = field(default_factory=dict)
    seconds: dict[str, float] = field(default_factory=dict)

    def __call__(self, step: str, done: int, total: int) -> None:
        if done == 0:
            self.started[step] = time.perf_counter()
        if done == total:
            self.seconds[step] = time.perf_counter() - self.started[step]


@dataclass(frozen=True)
class Report:
    """What one process measured."""

    party: str
    wall_s: float
    cpu_s: float
    memory_mb: float
    sent: dict[str, int]
    steps: dict[str, float]
    released: Released | None


def party_process(
    me: str,
    terms: JoinTerms,
    material: Table | list[str] | None,
    pipes: dict[str, Connection],
    out: Connection,
) -> None:
    channel, watch, start = PipeChannel(pipes), Stopwatch(), time.perf_counter()
    session = sessions((HOLDER, LISTER), OFFICE, PROTOCOL, terms.record())[me]

    def decide(bits: dict[str, bool]) -> frozenset[str]:
        return frozenset(group for group, passed in bits.items() if passed)

    released = None
    if me == OFFICE:
        released = run_recipient(session, channel, terms=terms, progress=watch)
    elif isinstance(material, dict):
        run_holder(session, channel, material, decide, MemoryJournal(SHARE), terms=terms, progress=watch)
    elif isinstance(material, list):
        run_lister(session, channel, material, decide, MemoryJournal(SHARE), terms=terms, progress=watch)
    wall = time.perf_counter() - start
    channel.flush()
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    out.send(Report(me, wall, time.process_time(), memory, channel.sent_bytes, watch.seconds, released))


def run_parties(terms: JoinTerms, table: Table, keys: list[str]) -> tuple[float, dict[str, Report]]:
    context = multiprocessing.get_context("spawn")
    ends: dict[str, dict[str, Connection]] = {party: {} for party in PARTIES}
    for i, left in enumerate(PARTIES):
        for right in PARTIES[i + 1 :]:
            ends[left][right], ends[right][left] = context.Pipe()
    material = {HOLDER: table, LISTER: keys, OFFICE: None}
    reports: dict[str, Connection] = {}
    processes = []
    start = time.perf_counter()
    for party in PARTIES:
        reports[party], out = context.Pipe()
        arguments = (party, terms, material[party], ends[party], out)
        processes.append(context.Process(target=party_process, args=arguments))
        processes[-1].start()
    results = {party: connection.recv() for party, connection in reports.items() if connection.poll(TIMEOUT_S)}
    wall = time.perf_counter() - start
    for process in processes:
        process.join(30)
    return wall, results


def read_files(sales: str, listed: str, least_price: int = 1000) -> tuple[Table, list[str]]:
    table: Table = {group: {} for group in "12345"}
    with gzip.open(sales, "rt", newline="") as file:
        for row in csv.DictReader(file):
            price = int(row["sale_price"] or 0)
            if price >= least_price:
                group = table[row["bbl"][0]]
                before = group.get(row["bbl"], KeyTotals(0, (0,)))
                group[row["bbl"]] = KeyTotals(before.rows + 1, (before.sums[0] + price,))
    with gzip.open(listed, "rt", newline="") as file:
        keys = [row["bbl"] for row in csv.DictReader(file)]
    return table, keys


def synthetic(count: int, listed: int) -> tuple[Table, list[str]]:
    generator = random.Random(20260101)
    table: Table = {group: {} for group in "12345"}
    for i in range(count):
        rows = 1 + generator.randrange(3)
        table["12345"[i % 5]][f"{i % 5 + 1}{i:09}"] = KeyTotals(rows, (rows * generator.randrange(1000, 10**7),))
    # one key in seventeen is listed; group 5 has nine listed keys only
    hits = [f"{i % 5 + 1}{i:09}" for i in range(count) if i % 17 == 0 and (i % 5 != 4 or i < 9 * 85)]
    return table, hits[:listed] + [f"9{i:09}" for i in range(listed - len(hits))]


def plain_join(table: Table, keys: list[str]) -> dict[str, tuple[int, int, int]]:
    chosen, result = set(keys), {}
    for group, totals in table.items():
        hits = [t for key, t in totals.items() if key in chosen]
        result[group] = (len(hits), sum(t.rows for t in hits), sum(t.sums[0] for t in hits))
    return result


def other_library(table: Table, keys: list[str], ours_s: float) -> None:
    try:
        import private_set_intersection.python as psi
    except ImportError:
        print("openmined-psi is not installed (extra 'bench'): no comparison with it")
        return
    mine = [key for group in table.values() for key in group]
    start = time.perf_counter()
    client, server = psi.client.CreateWithNewKey(False), psi.server.CreateWithNewKey(False)
    setup = server.CreateSetupMessage(1e-9, len(mine), keys, psi.DataStructure.RAW)
    size = client.GetIntersectionSize(setup, server.ProcessRequest(client.CreateRequest(mine)))
    theirs_s = time.perf_counter() - start
    print(f"openmined-psi, size only, one process: {theirs_s:.1f} s, {size} keys in common")
    print(f"ours, with sums, noise and gate: {ours_s / theirs_s:.2f} x its time")


def join_terms(scheme: str, most: int = MOST) -> JoinTerms:
    """Declare so many keys of an owner and rows of a group at the most."""
    return JoinTerms(
        holder=HOLDER,
        lister=LISTER,
        groups=tuple("12345"),
        columns=(Column("price", 0, 10**10),),
        holder_keys=most,
        lister_keys=most,
        rows=most,
        minimum=10,
        noise=MatchNoise(100, -40),
        encryption=SCHEMES[scheme](),
    )


def compare(released: Released | None, expected: dict[str, tuple[int, int, int]], minimum: int) -> None:
    """Hold the released groups against the plain join."""
    assert released is not None
    for group, figures in expected.items():
        cell = released.cells.get(group)
        shown = (cell.keys, cell.rows, *cell.sums) if cell else None
        assert shown == (figures if figures[0] >= minimum else None), f"group {group} differs"
        print(f"group {group}: {shown if shown else 'withheld'}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--sales")
    parser.add_argument("--listed")
    parser.add_argument("--keys", type=int, default=44_754)
    parser.add_argument("--list-keys", type=int, default=45_376)
    parser.add_argument("--scheme", choices=sorted(SCHEMES), default="ou3072")
    options = parser.parse_args()
    if options.sales and options.listed:
        table, keys = read_files(options.sales, options.listed)
    else:
        table, keys = synthetic(options.keys, min(options.list_keys, options.keys))
    terms = join_terms(options.scheme, max(MOST, len(keys), sum(map(len, table.values()))))
    start = time.perf_counter()
    expected = plain_join(table, keys)
    plain_s = time.perf_counter() - start
    wall, reports = run_parties(terms, table, keys)
    for report in reports.values():
        steps = ", ".join(f"{step.removeprefix('join-')} {s:.2f}" for step, s in report.steps.items())
        print(
            f"{report.party:8} wall {report.wall_s:6.2f} s  cpu {report.cpu_s:6.2f} s  {report.memory_mb:4.0f} MB"
            f"  sent {sum(report.sent.values()):>10,} B  [{steps}]"
        )
    compare(reports[OFFICE].released, expected, terms.minimum)
    total = sum(sum(report.sent.values()) for report in reports.values())
    used, most = sum(report.cpu_s for report in reports.values()), max(report.memory_mb for report in reports.values())
    slowest = max(report.wall_s for report in reports.values())
    print(f"private join, {options.scheme}: {slowest:.1f} s ({wall:.1f} s with process start), {total / 1e6:.1f} MB")
    print(f"all parties: {used:.1f} s of the processor; no process above {most:.0f} MB")
    print(f"plain join: {plain_s:.3f} s; ratio {slowest / plain_s:,.0f}")
    other_library(table, keys, wall)


if __name__ == "__main__":
    main()
