"""One attempt's dealings with the outside: the chain by proof, and channels to the other parties.

A call counts when the chain has it durably; a change of the job counts when it is proven under a sealed header.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import replace

from contracts.authorizations.terms import identifier
from contracts.jobs import client as jobs
from contracts.jobs.calls import Abort, Refuse
from contracts.jobs.record import NOTHING, Job, JobState
from contracts.parties.record import Keys
from ledger.chain.port import Operation
from ledger.errors import BackendError, TrustError, VerificationError
from ledger.hashing import tagged
from mpc.node.attempts.report import Report
from mpc.node.guarding.guard import OVER, Refused, code
from mpc.node.messages.sealed_channel import Correspondence, Peer, SealedChannel
from mpc.node.registry import Facts
from mpc.node.workplace import Superseded, Workplace
from mpc.sessions.channel import ChannelTimeout

MAX_REASON = 200
"""Longest text of an RPC, a contract or a fault that this node repeats anywhere."""
POLL_S = 0.5
WATCH_S = 2.0


class Desk:
    """The outside of one attempt at one node."""

    def __init__(self, place: Workplace, job: bytes, attempt: int) -> None:
        self.place, self.job, self.attempt = place, job, attempt
        self.me = identifier(place.party)
        self.report = Report(place.state / "jobs", place.party, job)

    @property
    def before_session(self) -> bytes:
        """What stands for a session's digest before there is one; each attempt has its own, so mail finds its job."""
        return tagged("SHUXIN-BEFORE-SESSION-V1", self.job, self.attempt.to_bytes(8, "big"))

    def facts(self) -> Facts:
        """Return the newest proven moment."""
        return self.place.registry.now()

    def submit(self, operation: Operation) -> None:
        """Carry out one call.

        Raises:
            Superseded: the attempt is over, so the call came too late.
            Refused: the contract refuses for another reason, which is the ground.
        """
        receipt = self.place.chain.submit(operation, timeout_s=self.place.step_timeout_s)
        if receipt.accepted:
            return
        reason = receipt.reason[:MAX_REASON]
        if not self._is_current(self.facts().job(self.job)):
            raise Superseded(reason)
        raise Refused(code(reason), f"{operation.method}: the contract refuses: {reason}")

    def wait_for(self, what: str, reached: Callable[[Job], bool]) -> None:
        """Wait until the proven job says so; a chain that cannot be asked for a moment only costs time.

        Raises:
            Superseded: the attempt ended meanwhile.
            ChannelTimeout: not within the step's bound, or the node is stopping.
        """
        end = time.monotonic() + self.place.step_timeout_s
        while True:
            with suppress(BackendError):
                job = self.facts().job(self.job)
                if not self._is_current(job):
                    raise Superseded(f"the job is {job.state.name.lower()}")
                if reached(job):
                    return
            if time.monotonic() > end or self.place.rest(POLL_S):
                raise ChannelTimeout("one of the other parties", what)

    def refuse(self, fault: Refused) -> None:
        """Record this party's refusal on chain and in its own log; once somebody has opened, by an abort."""
        if fault.code == OVER:
            self.report.say("ended", reason=_short(fault))  # by somebody else, a moment ago: nothing to refuse any more
            return
        self.place.journal.refuse(int(time.time()), self.job, _short(fault))
        self.report.say("refused", reason=_short(fault))
        call = Refuse(self.job, fault.code, NOTHING)
        if not self._end(jobs.refuse(call, attempt=self.attempt, party=self.me)):
            self._end(jobs.abort(Abort(self.job, self.attempt, fault.code), party=self.me))

    def abort(self, reason: str, fault: TrustError) -> None:
        """End the attempt on chain."""
        self.report.say("aborted", reason=_short(fault))
        self._end(jobs.abort(Abort(self.job, self.attempt, code(reason)), party=self.me))

    @contextmanager
    def channel(
        self, keys: Mapping[str, Keys], session: bytes, timeout_s: float | None = None
    ) -> Iterator[SealedChannel]:
        """Open a channel to parties with proven keys; it closes early when the attempt ends on chain."""
        peers = {party: Peer(found.seal, found.statement) for party, found in keys.items()}
        about = Correspondence(self.job, self.attempt, session, self.place.party, self.place.signer, peers)
        bounds = replace(self.place.bounds, timeout_s=self.place.message_timeout_s if timeout_s is None else timeout_s)
        channel = self.place.post.open(about, bounds, capture=self.place.capture)
        is_over = threading.Event()
        watch = threading.Thread(target=self._watch, args=(channel, is_over), daemon=True)
        watch.start()
        try:
            yield channel
        finally:
            is_over.set()
            self.place.post.end(channel)

    def _watch(self, channel: SealedChannel, is_over: threading.Event) -> None:
        while not is_over.wait(WATCH_S):
            if self.place.rest(0.0):  # the node is stopping: end the wait now, so that the attempt ends on chain
                channel.close()
                return
            try:
                is_current = self._is_current(self.facts().job(self.job))
            except (BackendError, VerificationError):
                continue  # this only ends a wait early; the protocol's own checks and bounds decide
            if not is_current:
                channel.close()
                return

    def _is_current(self, job: Job) -> bool:
        return job.attempt == self.attempt and job.state not in (JobState.ABORTED, JobState.REFUSED)

    def _end(self, operation: Operation) -> bool:
        """Record the end on chain and say whether it stands there; if even that fails, the job's deadline ends it."""
        try:
            receipt = self.place.chain.submit(operation, timeout_s=self.place.step_timeout_s)
        except TrustError as unreachable:
            self.report.say("not recorded on chain", reason=_short(unreachable))
            return False
        if not receipt.accepted:
            self.report.say("not recorded on chain", reason=receipt.reason[:MAX_REASON])
        return receipt.accepted


def _short(fault: TrustError) -> str:
    """Bound a text that may repeat what somebody else said; the path of an own file fits too."""
    return str(fault)[: 4 * MAX_REASON]
