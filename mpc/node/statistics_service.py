"""The service ``stats``: finds the jobs this party takes part in and runs each attempt once.

Events from the chain's RPC are only hints where to look; what a job is, is proven before anything happens. A job this
node was never told about costs nothing but itself: nobody else is harmed by a lying RPC.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from contracts.addresses import JOBS
from contracts.jobs.record import JobState
from contracts.parties.client import party_id
from ledger.chain import Cursor, Event
from ledger.errors import BackendError, InvalidRecord, VerificationError
from mpc.node.attempt import AttemptRun, Finished
from mpc.node.workplace import Workplace

POLL_S = 1.0
MAX_RUNS = 4
MAX_OPEN = 256
_WORTH_RUNNING = (JobState.PROPOSED, JobState.ACCEPTED, JobState.COMMITTED, JobState.OPENING)
_LOG = logging.getLogger(__name__)


class StatisticsService:
    """Follows the chain in one thread and runs attempts in a few others."""

    name = "stats"

    def __init__(self, place: Workplace, stopping: threading.Event, on_finished: Callable[[Finished], None]) -> None:
        self._place, self._stopping, self._on_finished = place, stopping, on_finished
        self._me = party_id(place.party)
        self._open: dict[bytes, None] = {}
        self._running: set[tuple[bytes, int]] = set()
        self._pool = ThreadPoolExecutor(MAX_RUNS, thread_name_prefix="job")
        self._thread = threading.Thread(target=self._main, name="stats", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(5.0)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def step(self) -> None:
        """Look once: take up new events, start what has to be run.

        Raises:
            BackendError, VerificationError: the chain cannot be asked or proves nothing now.
        """
        self._take_up()
        if not self._open:
            return
        facts = self._place.registry.now()
        for job in list(self._open):
            record = facts.job(job)
            if record.is_over(facts.time):
                del self._open[job]
            elif record.state in _WORTH_RUNNING and (job, record.attempt) not in self._running:
                self._running.add((job, record.attempt))
                self._pool.submit(self._run, job, record.attempt)

    def _main(self) -> None:
        while not self._stopping.wait(POLL_S):
            try:
                self.step()
            except (BackendError, VerificationError, InvalidRecord) as fault:
                _LOG.warning("the chain cannot be followed now: %s", fault)

    def _take_up(self) -> None:
        after = _cursor(self._place.journal.cursor(self.name))
        while events := self._place.chain.events(after):
            for event in events:
                if event.contract == JOBS and self._concerns_us(event):
                    self._open[event.topics[1]] = None
            after = events[-1].cursor
            self._place.journal.move_cursor(self.name, f"{after.block_number}/{after.index}/{after.log_index}")
        self._reopen()

    def _concerns_us(self, event: Event) -> bool:
        parties = event.args.get("parties")
        if event.name == "JobProposed" and isinstance(parties, tuple) and self._me in parties:
            self._place.journal.watch(event.topics[1])
            return True
        return event.name == "JobRetried" and self._place.journal.is_watched(event.topics[1])

    def _reopen(self) -> None:
        """After a restart: jobs that were open then may still be."""
        for job in self._place.journal.watched()[-MAX_OPEN:]:
            if (job, 0) not in self._running:
                self._running.add((job, 0))
                self._open.setdefault(job)

    def _run(self, job: bytes, attempt: int) -> None:
        try:
            finished = AttemptRun(self._place, job, attempt).run()
            if finished is not None:
                self._on_finished(finished)
        except Exception:
            # The edge of a thread: a bug must show in the log, and the node go on with other jobs.
            _LOG.exception("job %s, attempt %d: unexpected fault", job.hex()[:8], attempt)


def _cursor(text: str | None) -> Cursor | None:
    if text is None:
        return None
    block, index, log = text.split("/")
    return Cursor(int(block), int(index), int(log))
