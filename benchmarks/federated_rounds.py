"""A round over Flower: an empty wave by number of departments, and what authorization, anchoring and masks add to it.

    PYTHONPATH=.:tests/support nice python benchmarks/federated_rounds.py [--departments 3 8 15 20] [--stock]
        [--rounds-of 3 8 15 20] [--rounds 20]

One machine, real SuperLink and SuperNodes as processes over TLS; the departments' nodes are threads of this process. An
empty wave carries a few bytes, which come back reversed; with --stock through Flower's own SuperNodes, which start a
process for each message. Then departments fit a logistic model to 900 rows each (a job has 24 at most):

    bare    each department answers a round with its own model, in the clear; the office takes the mean
    full    the same arithmetic as a job: the chain is asked before each wave, vectors are masked, committed to and
            signed, each wave is a leaf of a stream that is anchored

Both use the same app, SuperNodes and SuperLink. Seconds are medians from one wave's replies to the next's, processor
seconds those of all processes together. The limit that is held: full costs at most 15 % or 0.4 s more a round.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import tempfile
import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from department import Holding
from echofleet import RUN, Fleet, Script, deployed, echo, until_finished
from trainingtown import FEATURES, OFFICE, TrainingTown, asked, holdings

from federated.courier.message import COLLECT, Message, Wave, parse_replies
from federated.courier.server import CourierServer
from federated.flower import bundle
from federated.flower.control import RunState
from federated.horizontal.family import Family, Floats
from federated.horizontal.site import Scale, Settings, Site
from federated.runs.answering import Answers
from gateway.federated.keeping import begin
from gateway.federated.places import Place

TICKS = os.sysconf("SC_CLK_TCK")
WARM = 2
PATIENCE_S = 600.0
"""For each step of the job: all nodes are threads of one process, and what else the machine does is unknown."""
SETTINGS = Settings(Family.LOGISTIC, epochs=1, batch=100, rate=0.5, proximal=0.0, ridge=1.0, most_rows=1000)


@dataclass
class Watch:
    """When replies came, and what processes had used by then."""

    processes: Sequence[int]
    times: list[float] = field(default_factory=list)
    used: list[float] = field(default_factory=list)

    def note(self) -> None:
        self.times.append(time.monotonic())
        own = resource.getrusage(resource.RUSAGE_SELF)
        self.used.append(own.ru_utime + own.ru_stime + sum(map(_used, self.processes)))

    @property
    def seconds(self) -> float:
        return statistics.median(np.diff(self.times[WARM:]).tolist())

    @property
    def processor(self) -> float:
        return (self.used[-1] - self.used[WARM]) / (len(self.used) - 1 - WARM)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--departments", type=int, nargs="*", default=[3, 8, 15, 20])
    parser.add_argument("--rounds-of", type=int, nargs="*", default=[3])
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--stock", action="store_true")
    arguments = parser.parse_args()
    print("empty waves\ndepartments  s/wave  processor s/wave  bytes/wave")
    for count in arguments.departments:
        watch, run = empty(count, arguments.rounds, is_stock=arguments.stock)
        waves = arguments.rounds + 1
        print(f"{count:11}  {watch.seconds:6.2f}  {watch.processor:16.2f}  {_bytes(run) // waves:10,}", flush=True)
    for count in arguments.rounds_of:
        compare(count, arguments.rounds)


def compare(count: int, rounds: int) -> None:
    """Print what a round takes bare and full."""
    print(f"rounds of {count} departments\n      s/round  processor s/round  bytes/round")
    found = {"bare": bare(count, rounds), "full": full(count, rounds)}
    for name, (watch, run) in found.items():
        print(f"{name}  {watch.seconds:7.2f}  {watch.processor:17.2f}  {_bytes(run) // (rounds + 2):11,}")
    (before, _), (after, _) = found.values()
    more = after.seconds - before.seconds
    held = "held" if more <= max(0.4, 0.15 * before.seconds) else "NOT held"
    load = os.getloadavg()[0]
    print(f"more: {more:+.2f} s a round ({more / before.seconds:+.0%}), limit {held}; load {load:.1f}", flush=True)


def empty(count: int, waves: int, *, is_stock: bool) -> tuple[Watch, RunState]:
    """Carry waves of nothing."""
    names = [f"dept-{number}" for number in range(count)]
    with _home() as home, deployed(home, dict.fromkeys(names, echo), is_stock=is_stock) as fleet:
        watch = Watch(_processes(fleet))
        return watch, fleet.run(Watched(names, [b"x"] * (waves + 1), 300, watch=watch), 1800)


@dataclass
class Watched(Script):
    """An office that notes when replies came."""

    watch: Watch = field(default_factory=lambda: Watch([]))

    def __call__(self, asked: Message, app: bytes) -> bytes:
        if asked.step == COLLECT:
            self.watch.note()
        return super().__call__(asked, app)


def bare(count: int, rounds: int) -> tuple[Watch, RunState]:
    """Train in the clear, without a job."""
    sites = {name: _site(holding.csv) for name, holding in _held(count).items()}
    scale = Scale(np.array([50_000.0, 0.0]), np.array([28_800.0, 288.0]))

    def improving(site: Site):  # type: ignore[no-untyped-def]
        def answer(message: Message, _: bytes) -> bytes:
            return site.improved(np.frombuffer(message.body), scale, message.number).tobytes()

        return answer

    with _home() as home, deployed(home, {name: improving(site) for name, site in sites.items()}) as fleet:
        watch = Watch(_processes(fleet))
        return watch, fleet.run(Averaging(list(sites), [b""] * (rounds + 2), 300, watch=watch), 1800)


@dataclass
class Averaging(Watched):
    """An office that sends the mean of models out as the next one."""

    weights: Floats = field(default_factory=lambda: np.zeros(len(FEATURES) + 1))

    def __call__(self, asked: Message, _: bytes) -> bytes:
        if asked.step == COLLECT:
            self.watch.note()
            found = parse_replies(asked.body)
            if found.number == len(self.replies) + 1:
                self.replies.append(found.bodies)
                total = sum(np.frombuffer(body) for body in found.bodies.values())
                self.weights = total[1:] / total[0]  # type: ignore[index]
        number = len(self.replies) + 1
        if number > len(self.bodies):
            return Wave(RUN, 1, number, 0, {}, "done").encode()
        body = self.weights.tobytes()
        messages = {party: Message(RUN, 1, number, "round", body).encode() for party in self.parties}
        return Wave(RUN, 1, number, self.deadline_s, messages).encode()


def full(count: int, rounds: int) -> tuple[Watch, RunState]:
    """Train the same as a job of real nodes on a chain."""
    held, runs = _held(count), list[RunState]()
    names = tuple(held)
    with ExitStack() as stack:
        home = stack.enter_context(_home())
        town = stack.enter_context(TrainingTown(home / "town", held, patience_s=PATIENCE_S))
        fleet = stack.enter_context(deployed(home / "f", dict.fromkeys(names)))
        watch = Watch(_processes(fleet))
        places = {name: fleet.homes[name].courier for name in names} | {OFFICE: fleet.office}
        for code, path in places.items():
            stack.enter_context(CourierServer(path, _noting(Answers(town.trainers[code].board), watch)))
        spec = town.authorized(asked(names, apps=(bundle.digest(),), rounds=rounds, clip=64, round_s=300))
        job = town.propose(spec)

        def carry() -> None:
            with fleet.control() as control:
                place = Place(fleet.link, fleet.nodes)
                runs.append(until_finished(control, begin(control, place, job, str(fleet.office)), 1800))

        carrying = threading.Thread(target=carry)
        carrying.start()
        assert town.run(spec, job, places=town.places()) is not None
        carrying.join()
    return watch, runs[0]


def _noting(answers: Answers, watch: Watch):  # type: ignore[no-untyped-def]
    def answer(asked: Message, app: bytes) -> bytes:
        if asked.step == COLLECT:
            watch.note()
        return answers(asked, app)

    return answer


def _held(count: int) -> Mapping[str, Holding]:
    return holdings(tuple(f"bank-{number:02}" for number in range(count)))


def _site(text: str) -> Site:
    rows = np.array([[float(cell) for cell in line.split(",")] for line in text.splitlines()[1:]])
    bounds = np.array([float(column.size) for column in FEATURES])
    return Site(rows[:, :2], rows[:, 2], bounds, SETTINGS)


def _processes(fleet: Fleet) -> list[int]:
    assert fleet.link_processes is not None
    assert fleet.node_processes is not None
    programs = [*fleet.link_processes.programs, *fleet.node_processes.programs]
    return [program.process.pid for program in programs if program.process is not None]


def _used(process: int) -> float:
    parts = Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(parts[11]) + int(parts[12])) / TICKS


def _bytes(run: RunState) -> int:
    return run.bytes_sent + run.bytes_received


class _home:
    """A directory with a short name, because those of sockets are bounded."""

    def __enter__(self) -> Path:
        self._made = tempfile.TemporaryDirectory(prefix="fr", dir="/tmp")
        return Path(self._made.name)

    def __exit__(self, *_: object) -> None:
        self._made.cleanup()


if __name__ == "__main__":
    main()
