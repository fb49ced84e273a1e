"""The service ``stats``: finds the jobs this party takes part in and runs each attempt once.

Events from the chain's RPC are only hints where to look: what a job is and that this party has a seat in it is proven
before it is watched, and the place up to which events were looked at never passes the proven head. So a lying RPC can
hide a job while it lies; it can neither send the node after invented jobs nor make it skip those still to come.
"""

from __future__ import annotations

import logging
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from contracts.addresses import JOBS
from contracts.jobs.client import decode_roster
from contracts.jobs.record import JobState
from contracts.parties.client import party_id
from ledger.chain.port import Cursor, Event
from ledger.errors import TrustError
from mpc.node.attempts.account import settle_left_over
from mpc.node.attempts.attempt import AttemptRun, Finished
from mpc.node.registry import Facts
from mpc.node.workplace import Workplace

POLL_S = 1.0
MAX_RUNS = 4
MAX_RUNS_EACH = 2  # of one requester's jobs at a time, so that none can occupy this node alone
MAX_OPEN = 256  # jobs watched at a time; one more is not looked at
MAX_OPEN_EACH = 32  # of one requester, so that none can fill the list alone
_WORTH_RUNNING = (JobState.PROPOSED, JobState.ACCEPTED, JobState.COMMITTED, JobState.OPENING)
_LOG = logging.getLogger(__name__)


class StatisticsService:
    """Follows the chain in one thread and runs attempts in a few others."""

    name = "stats"

    def __init__(self, place: Workplace, stopping: threading.Event, on_finished: Callable[[Finished], None]) -> None:
        self._place, self._stopping, self._on_finished = place, stopping, on_finished
        self._me = party_id(place.party)
        self._open: dict[bytes, bytes] = dict.fromkeys(place.journal.watched(), b"")  # and who asks for it, once seen
        self._started: set[tuple[bytes, int]] = set()
        self._running: set[tuple[bytes, int]] = set()
        self._lock = threading.Lock()
        self._busy: Counter[bytes] = Counter()
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
        if self._open:
            self._run_open()
        settle_left_over(self._place, self._attempts_running())

    def _run_open(self) -> None:
        facts = self._place.registry.now()
        for job in list(self._open):
            record = facts.job(job)
            self._open[job] = record.requester
            if record.is_over(facts.time):
                del self._open[job]
                self._place.journal.unwatch(job)
            elif record.state not in _WORTH_RUNNING or (job, record.attempt) in self._started:
                continue
            elif self._take_place(record.requester):
                self._started.add((job, record.attempt))
                with self._lock:
                    self._running.add((job, record.attempt))
                self._pool.submit(self._run, job, record.attempt, record.requester)

    def _attempts_running(self) -> set[tuple[bytes, int]]:
        with self._lock:
            return set(self._running)

    def _take_place(self, requester: bytes) -> bool:
        """Take one of a requester's places; without one its job waits for the next look, in the chain's order."""
        with self._lock:
            if self._busy[requester] >= MAX_RUNS_EACH:
                return False
            self._busy[requester] += 1
            return True

    def _main(self) -> None:
        is_following = True
        while not self._stopping.wait(POLL_S):
            try:
                self.step()
            except TrustError as fault:
                if is_following:
                    _LOG.warning("the chain cannot be followed now: %s", fault)
                is_following = False
            else:
                if not is_following:
                    _LOG.warning("the chain is followed again")
                is_following = True

    def _take_up(self) -> None:
        after = _cursor(self._place.journal.cursor(self.name))
        while not self._stopping.is_set() and (events := self._place.chain.events(after)):
            facts = self._place.registry.now()
            proven = [event for event in events if event.block_number <= facts.height]
            for event in proven:
                if self._may_concern_us(event):
                    self._watch(event.topics[1], facts)
            if proven:
                after = proven[-1].cursor
                self._place.journal.move_cursor(self.name, f"{after.block_number}/{after.index}/{after.log_index}")
            if len(proven) < len(events):
                return  # what claims to lie past the proven head is asked for again

    def _may_concern_us(self, event: Event) -> bool:
        if event.contract != JOBS:
            return False
        parties = event.args.get("parties")
        proposed = event.name == "JobProposed" and isinstance(parties, tuple) and self._me in parties
        return proposed or event.name == "JobRetried"

    def _watch(self, job: bytes, facts: Facts) -> None:
        """Watch a job if it is proven to go on and to have a seat for this party."""
        if job in self._open:
            return
        record = facts.job(job)
        if record.is_over(facts.time):
            return
        if self._me not in decode_roster(record, self._place.chain.read(JOBS, "roster", job)).parties:
            return
        of_requester = sum(requester == record.requester for requester in self._open.values())
        if len(self._open) >= MAX_OPEN or of_requester >= MAX_OPEN_EACH:
            _LOG.warning("job %s is not looked at: too many are open already", job.hex()[:8])
            return
        self._place.journal.watch(job)
        self._open[job] = record.requester

    def _run(self, job: bytes, attempt: int, requester: bytes) -> None:
        try:
            finished = AttemptRun(self._place, job, attempt).run()
            if finished is not None:
                self._on_finished(finished)
        except Exception:
            # The edge of a thread: a bug must show in the log, and the node go on with other jobs.
            _LOG.exception("job %s, attempt %d: unexpected fault", job.hex()[:8], attempt)
        finally:
            with self._lock:
                self._running.discard((job, attempt))
                self._busy[requester] -= 1


def _cursor(text: str | None) -> Cursor | None:
    if text is None:
        return None
    block, index, log = text.split("/")
    return Cursor(int(block), int(index), int(log))
