"""A year's worth of requests: transactions a second, the cost of the due list, and a replay of all of it.

    python benchmarks/statute_load.py [--scale 0.02] [--requests 20000] [--departments 60] [--systems 180]

60 departments hold 180 systems; each department asks for each system, 10,800 pairs, and 20,000 requests in all come
over some months of working days, with the agreement of the head of the asking body; they are answered with that of the
answering one, most in time, some late, some refused, some never; what was consented to is supplied on the next working
day and signed for.

The whole of it is made by the pure rules (``paper``) and replayed under a rule set with half the time to answer,
with a bound of 60 s. A part of it (``--scale``) runs on the embedded chain, which does what it does in service
(admission, 200-transaction blocks, four seals, a durable commit a block) but for its clock, moved by hand; 1,000
requests, 6,630 transactions, ran at 99 a second of processor time, so all of it (--scale 1) would take some 22 minutes
of one processor. Printed of that part: transactions a second; the time of the longest due list after each quarter,
beside what is pending and, as the peer, the time of finding the same list among all events; and how long an observer
takes that comes at the end, checks every block against its sealed header and replays.

Exit code 1 if the due list's time grows with the history rather than with what is pending, or the replay misses its
bound.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "support")]

from paper import Paper, timeline  # noqa: E402
from statutetown import FOUNDED, Town  # noqa: E402

from contracts.calendar.dates import date_of, day_of  # noqa: E402
from contracts.calendar.notice import merged, shipped  # noqa: E402
from contracts.oversight.counting.figures import Figure  # noqa: E402
from contracts.oversight.counting.tally import Period, tally  # noqa: E402
from contracts.oversight.past.recorded import Supposed  # noqa: E402
from contracts.oversight.past.replay import bounded, replay  # noqa: E402
from contracts.oversight.pending.agenda import Agenda  # noqa: E402
from contracts.parties.client import party_id  # noqa: E402
from contracts.regulation import reader  # noqa: E402
from contracts.regulation.client import jurisdiction_id  # noqa: E402
from contracts.regulation.reader import national  # noqa: E402
from gateway.statute.observation import replaying  # noqa: E402
from gateway.statute.observation.observing import Observer  # noqa: E402

REQUESTS, PER_DAY, REPLAY_BOUND_S = 20_000, 200, 60.0
HALF = """version = 1
[rule_set]
jurisdiction = "half"
title = { zh = "减半", en = "Half the time" }
instrument = "invented for a benchmark"
source = "invented"
in_force = 2026-01-01
articles = 44
[[limit]]
code = "answer-conditional"
rule = "R10"
article = "21"
start = { zh = "收到申请", en = "the request is received" }
at_most = 5
unit = "working"
"""


@dataclass(slots=True)
class Load:
    """The departments' days: who asks for what, and when it is answered."""

    town: Town | Paper
    departments: list[str]
    systems: list[tuple[str, str]]
    random: Random
    sent: int = 0
    receipts: int = 0
    refused: int = 0
    spent_s: float = 0.0
    cpu_s: float = 0.0
    open: dict[int, list[tuple[str, str, str, str]]] = field(default_factory=dict)
    granted: list[tuple[str, str, str]] = field(default_factory=list)

    def mount(self) -> None:
        for owner, system in self.systems:
            self.town.send_mount(owner, system)
        self._make()

    def day(self, number: int, count: int) -> None:
        """Let one working day pass: new requests first, then what is due to be answered today."""
        asked = []
        for _ in range(count):
            pair = self.sent * 7919 % (len(self.departments) * len(self.systems))
            requester = self.departments[pair % len(self.departments)]
            owner, system = self.systems[pair // len(self.departments)]
            if owner == requester:
                owner, system = self.systems[(pair // len(self.departments) + 1) % len(self.systems)]
            name = f"request {self.sent}"
            self.town.send_request(requester, owner, system, name)
            asked.append((requester, owner, system, name))
            self.sent += 1
        self._make()
        for request in asked:
            if (wait := self._patience()) is not None:
                self.open.setdefault(number + wait, []).append(request)
        for supplied in self.granted:  # of the day before
            self.town.send_supply(*supplied)
        self.granted.clear()
        for requester, owner, system, name in self.open.pop(number, []):
            if self.random.random() < 0.1:
                self.town.send_refusal(owner, name)
            else:
                self.town.send_consent(owner, system, name)
                self.granted.append((requester, owner, name))
        self._make()

    def _patience(self) -> int | None:
        """Working days until an answer; None for never."""
        drawn = self.random.random()
        return None if drawn < 0.02 else self.random.randint(11, 14) if drawn < 0.06 else self.random.randint(0, 9)

    def _make(self) -> None:
        start, cpu = time.perf_counter(), time.process_time()
        for receipt in self.town.block():
            self.receipts += 1
            self.refused += not receipt.accepted
        self.spent_s += time.perf_counter() - start
        self.cpu_s += time.process_time() - cpu


def working_days() -> Iterator[str]:
    """The days of the calendar from the founding on, at ten o'clock."""
    days = merged(shipped())
    number = day_of(FOUNDED)
    while True:
        number = type(number)(number + 1)
        if days.is_working(number):
            yield f"{date_of(number)}T10:00:00+08:00"


def due_list(observer: Observer, party: str, turns: int = 50) -> tuple[float, int]:
    """Return the time of one look at a department's due list, the best of several, and its length."""
    now, best, found = observer.chronicle.mark.time, 1e9, 0
    for _ in range(turns):
        start = time.perf_counter()
        found = len(observer.chronicle.items(party_id(party), now))
        best = min(best, time.perf_counter() - start)
    return best, found


def among_all(observer: Observer, party: str) -> tuple[float, int]:
    """The peer: the same list found by going through everything that ever was."""
    mark = observer.chronicle.mark
    start, agenda = time.perf_counter(), Agenda()
    agenda.take(event for act in observer.chronicle.acts(mark.number) for event in act.events)
    found = [item for item in agenda.items(mark.time) if item.party == party_id(party)]
    return time.perf_counter() - start, len(found)


def loaded(town: Town | Paper, codes: list[str], systems: int) -> Load:
    """Begin a load: every department holds its share of the systems."""
    load = Load(town, codes, [(codes[n % len(codes)], f"system-{n}") for n in range(systems)], Random(1))
    load.mount()
    return load


def live(load: Load, total: int, per_day: int) -> Iterator[None]:
    """Let working days pass until everything is asked and answered; stop after each day."""
    for number, morning in enumerate(working_days()):
        load.town.at(morning)
        load.day(number, min(per_day, total - load.sent))
        yield
        if load.sent >= total and not load.open and not load.granted:
            return


def on_chain(directory: Path, scale: float, codes: list[str], systems: int) -> bool:
    """Run a part of the load on the embedded chain; tell whether the due list's time keeps to what is pending."""
    town = Town(directory, codes)
    load = loaded(town, codes, systems)
    total, per_day = max(8, round(REQUESTS * scale)), max(2, round(PER_DAY * min(1.0, scale * 10)))
    observer, rows = town.observer("observer"), list[tuple[float, float, int]]()
    print(f"on the embedded chain: {total} requests, {per_day} a working day", flush=True)
    marks = [total * n // 4 for n in (1, 2, 3, 4)]
    for _ in live(load, total, per_day):
        if marks and load.sent >= marks[0]:
            marks.pop(0)
            rows.append(_look(observer, load))
    rates = f"{load.receipts / load.spent_s:.0f} tx/s wall, {load.receipts / load.cpu_s:.0f} tx/s cpu"
    print(f"  {load.receipts} transactions, {load.refused} refused, {rates}", flush=True)
    _read_and_replay(town)
    town.close()
    return rows[-1][0] / rows[0][0] <= 2 * max(1.0, rows[-1][2] / max(1, rows[0][2]))


def on_paper(requests: int, codes: list[str], systems: int) -> bool:
    """Make the whole history by the pure rules and replay it; tell whether the replay keeps its bound."""
    paper = Paper()
    start = time.perf_counter()
    load = loaded(paper, codes, systems)
    for _ in live(load, requests, PER_DAY):
        pass
    spent = time.perf_counter() - start
    print(f"by the pure rules: {requests} requests, {len(paper.acts)} acts, made in {spent:.0f} s")
    start, agenda = time.perf_counter(), Agenda()
    agenda.take(event for act in paper.acts for event in act.events)
    print(f"  the agenda of all of them in {time.perf_counter() - start:.1f} s: {len(agenda)} matters wait", flush=True)
    start, end = time.perf_counter(), paper.acts[-1].time
    counted = tally(paper.acts, Period(0, end + 1), end, {}, merged(shipped()))
    answers = counted.total()[Figure.ANSWERS]
    print(f"  the figures of all of them in {time.perf_counter() - start:.1f} s: {answers} answers", flush=True)
    start, cpu = time.perf_counter(), time.process_time()
    half = reader.read(HALF.encode(), "half.toml", national())
    limits = bounded(half, national(), timeline().limits_of(bytes(32)))
    supposed = Supposed(jurisdiction_id(half.jurisdiction), limits)
    outcome = replay(paper.acts, timeline(), supposed, 1, paper.acts[-1].block)
    spent, used = time.perf_counter() - start, time.process_time() - cpu
    print(
        f"  replayed under half the time to answer: {outcome.acts} acts, {len(outcome.findings)} judged otherwise, "
        f"{spent:.1f} s wall, {used:.1f} s cpu (bound {REPLAY_BOUND_S:.0f} s)",
        flush=True,
    )
    return spent <= REPLAY_BOUND_S


def _look(observer: Observer, load: Load) -> tuple[float, float, int]:
    observer.follow()
    now = observer.chronicle.mark.time
    party = max(load.departments, key=lambda code: len(observer.chronicle.items(party_id(code), now)))
    (mine, count), (peer, same) = due_list(observer, party), among_all(observer, party)
    assert count == same, f"the index lists {count}, all events {same}"
    cases, waiting = observer.chronicle.count()
    print(
        f"  after {load.sent:6d} requests: {waiting:5d} waiting in all; the longest list, of {count}, in "
        f"{1000 * mine:.2f} ms; {1000 * peer:.0f} ms among all events ({peer / mine:.0f} x); {cases} cases kept",
        flush=True,
    )
    return mine, peer, count


def _read_and_replay(town: Town) -> None:
    """Read the whole chain as an observer that comes now, then replay all of it."""
    observer = town.observer("late")
    start = time.perf_counter()
    head = observer.follow()
    spent = time.perf_counter() - start
    print(f"  an observer that comes now reads and checks {head.number} blocks in {spent:.1f} s")
    start = time.perf_counter()
    rules = reader.read(HALF.encode(), "half.toml", national())
    outcome = replaying.run(observer, rules, replaying.Span(1, head.number), head)
    spent = time.perf_counter() - start
    found = f"{outcome.acts} acts, {len(outcome.findings)} judged otherwise"
    print(f"  replayed from its chronicle under half the time to answer: {found}, {spent:.1f} s", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=0.02, help="part of the requests that the chain executes")
    parser.add_argument("--requests", type=int, default=REQUESTS, help="how many the pure rules make")
    parser.add_argument("--departments", type=int, default=60)
    parser.add_argument("--systems", type=int, default=180)
    options = parser.parse_args()
    codes = [f"department-{n}" for n in range(options.departments)]
    print(f"{len(codes)} departments, {options.systems} systems, {len(codes) * options.systems} pairs", flush=True)
    held = on_paper(options.requests, codes, options.systems)
    with tempfile.TemporaryDirectory() as scratch:
        held &= on_chain(Path(scratch), options.scale, codes, options.systems)
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
