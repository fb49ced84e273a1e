"""The job as the chain tells it: its complete history up to the release, and when that came about.

The bytes of an event are bound by the history; that the event happened at a time is proven by the receipt of its block.
Between the first opening (when shares began to leave, and the authorizations were used) and the last signature lies
all that a verifier must date.
"""

from __future__ import annotations

from dataclasses import dataclass

from contracts.addresses import JOBS
from contracts.evidence.bundle import Evidence, History, RecordedEvent
from contracts.evidence.network import Network
from contracts.evidence.report import Words
from contracts.evidence.states import Proven, history_slots
from contracts.jobs.calls import Open, Release
from contracts.jobs.history import JobHistory, job_history
from contracts.jobs.record import Job, JobState, Roster, Step
from contracts.proven import verify_events
from ledger.errors import VerificationError
from ledger.proofs.proof import ReceiptProof, verify_receipt

MOMENTS = 2
"""The first opening and the last signature, which all evidence of a job dates."""


@dataclass(frozen=True, slots=True)
class Released:
    """A job whose history is complete and ends in its release."""

    id: bytes
    story: JobHistory
    events: tuple[RecordedEvent, ...]

    @property
    def entry(self) -> Job:
        return self.story.entry

    @property
    def roster(self) -> Roster:
        return self.story.roster

    @property
    def members(self) -> tuple[bytes, ...]:
        """The parties of the released attempt."""
        return self.roster.members(self.entry.members)

    @property
    def authorizations(self) -> tuple[bytes, ...]:
        """The authorizations that the released attempt rests on, in ascending order."""
        return tuple(sorted(self.roster.authorized(self.entry.openers)))


@dataclass(frozen=True, slots=True)
class Span:
    """Proven times, unix seconds."""

    opened: int
    signed: int


def require_release(evidence: Evidence, proven: Proven) -> tuple[Released, Words]:
    """Verify that the first history is a job's whole one and ends in a release by everybody.

    Raises:
        VerificationError, InvalidRecord: it is not.
    """
    if not evidence.histories or evidence.histories[0].contract != JOBS:
        raise VerificationError("job: expected the job's history first")
    history = evidence.histories[0]
    proven.require_slots(JOBS, history_slots(JOBS, (history.entity,)))
    require_complete(history, proven)
    released = Released(history.entity, job_history(history.events), history.events)
    entry = released.entry
    if entry.state is not JobState.RELEASED or not isinstance(released.story.changes[-1].done, Release):
        raise VerificationError(f"job: ends as {entry.state.name.lower()}, not in a release")
    done = {step: entry.done(step) for step in Step}
    if done != dict.fromkeys(Step, entry.members) | {Step.OPEN: entry.openers}:
        raise VerificationError("job: not every party of the attempt accepted, committed, opened and signed")
    signed = {(change.attempt, change.done) for change in released.story.changes if isinstance(change.done, Release)}
    if signed != {(entry.attempt, Release(history.entity, entry.attempt, entry.result, entry.statement))}:
        raise VerificationError("job: the parties signed different results")
    count = len(history.events)
    words = Words(
        f"job {history.entity.hex()}, attempt {entry.attempt}, {count} events, {len(released.members)} parties",
        f"任务 {history.entity.hex()},第 {entry.attempt} 次尝试,{count} 个事件,{len(released.members)} 方",
    )
    return released, words


def require_complete(history: History, proven: Proven) -> None:
    """Verify that events are all there ever were of an entity; raises VerificationError."""
    verify_events(history.contract, history.entity, history.events, proven.values[history.contract])


def opening_of(released: Released) -> RecordedEvent:
    """Return the first opening of the attempt that was released."""
    attempt = released.entry.attempt
    changes = enumerate(released.story.changes)
    return released.events[next(n for n, c in changes if isinstance(c.done, Open) and c.attempt == attempt)]


def require_moments(
    evidence: Evidence, network: Network, proven: Proven, released: Released, *, is_of_model: bool = False
) -> tuple[Span, Words]:
    """Verify when the job was first opened and when the last party signed; of a model more moments follow these.

    Raises:
        VerificationError: a receipt proof does not hold, shows another event, or the deadline had passed.
    """
    opened = next(n for n, change in enumerate(released.story.changes) if isinstance(change.done, Open))
    expected = (released.events[opened], released.events[-1])
    moments = evidence.facts.moments[:MOMENTS]
    if len(moments) != MOMENTS or (len(evidence.facts.moments) > MOMENTS and not is_of_model):
        raise VerificationError("moments: expected two, the first opening and the last signature")
    account = proven.accounts[JOBS]
    pairs = zip(moments, expected, strict=True)
    first, last = (_time(network, account, moment, event) for moment, event in pairs)
    if not first <= last < released.entry.deadline:
        raise VerificationError(f"moments: opened at {first}, signed at {last}, deadline {released.entry.deadline}")
    words = Words(f"opened at {first}, signed at {last} (unix seconds)", f"开启于 {first},签署于 {last}(unix 秒)")
    return Span(first, last), words


def _time(network: Network, account: bytes, moment: ReceiptProof, event: RecordedEvent) -> int:
    header = network.header(moment.header_hash)
    log = verify_receipt(header, moment)
    if (log.address, log.topics, log.data) != (account, event.topics, event.data):
        raise VerificationError(f"moments: block {header.number} shows another event than the history's")
    return header.timestamp
