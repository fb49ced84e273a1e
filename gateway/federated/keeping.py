"""Keeping a job's messages carried: one Flower run at a time, another one if it is cut off, until the job is over.

The office's node answers a new ServerApp with the wave that waits, so a run that is cut off loses nothing. How often a
run is started anew is bounded; what goes wrong is told once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from types import TracebackType
from typing import Self

from federated.flower import bundle
from federated.flower.apps import OFFICE, ROSTER, RUN, write_roster
from federated.flower.control import ONLINE, Control, RunState
from gateway.federated.places import Place
from ledger.errors import Conflict, TrustError

LOOK_S = 2.0
CONNECT_S = 45.0
"""How long a run is not begun for a department that is not connected."""
MOST_RUNS = 8
COMPLETED = "completed"
Say = Callable[[str], None]


def begin(control: Control, place: Place, job: bytes, office: str) -> int:
    """Start a run for a job unless one goes on; return its number."""
    if (run := going_on(control, job)) is not None:
        return run
    settings = {RUN: job.hex(), ROSTER: write_roster(place.nodes), OFFICE: office}
    return control.start(bundle.bundle(), settings)


def going_on(control: Control, job: bytes) -> int | None:
    """Return the run of a job that is not finished."""
    return next((run.run for run in of_job(control.runs(), job) if not run.is_finished), None)


def of_job(runs: list[RunState], job: bytes) -> list[RunState]:
    """Return the runs of a job, the latest first."""
    return [run for run in runs if run.settings.get(RUN) == job.hex()]


def offline(control: Control, place: Place, parties: list[str]) -> list[str]:
    """Return the parties whose nodes are not connected, or that have none."""
    online = {node.node for node in control.nodes() if node.status == ONLINE}
    return [party for party in parties if place.nodes.get(party) not in online]


class Keeper:
    """A thread that keeps a job carried while it is entered."""

    def __init__(
        self,
        place: Callable[[], Place],
        job: bytes,
        parties: list[str],
        office: str,
        say: Say,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        """Args: place: reads where the office's link is now; its nodes change when it is started anew."""
        self._now, self._missing_since = now, float("inf")
        self._place, self._job, self._parties, self._office, self._say = place, job, parties, office, say
        self._told = set[str]()
        self._started = set[int]()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._main, name="keeper", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stopping.set()
        self._thread.join(LOOK_S + 1.0)

    def _main(self) -> None:
        while not self._stopping.is_set():
            try:
                self._look()
            except TrustError as fault:
                self._tell(str(fault))
            self._stopping.wait(LOOK_S)

    def _look(self) -> None:
        place = self._place()
        with place.control() as control:
            runs = of_job(control.runs(), self._job)
            if any(run.run in self._started and run.outcome == COMPLETED for run in runs):
                self._stopping.set()  # the office has said that the run is over
                return
            for party in (missing := offline(control, place, self._parties)):
                self._tell(f"{party} is missing: its Flower node is not connected")
            ongoing = next((run.run for run in runs if not run.is_finished), None)
            if self._must_wait(bool(missing)) and ongoing is None:
                return
            # by the one list above: a run that completes meanwhile is no reason to begin another
            number = begin(control, place, self._job, self._office) if ongoing is None else ongoing
            if number not in self._started:
                self._started.add(number)
                if len(self._started) > MOST_RUNS:
                    self._stopping.set()
                    control.stop(number)
                    raise Conflict(f"{MOST_RUNS} runs were cut off; 'shuxin federated log' says why")
                self._say(f"flower run {number}")

    def _must_wait(self, is_missing: bool) -> bool:
        """Tell whether departments that are missing may still be on their way, as after the start of a SuperLink."""
        now = self._now()
        self._missing_since = min(self._missing_since, now) if is_missing else float("inf")
        return is_missing and now - self._missing_since < CONNECT_S

    def _tell(self, text: str) -> None:
        if text not in self._told:
            self._told.add(text)
            self._say(text)
