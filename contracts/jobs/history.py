"""A job's story from its events: each change in the domain's words, and the record they lead to.

It reads events, it does not verify that they are all there: ``contracts.proven.verify_events`` does. A reader who has
verified them needs no other proof of the record.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Final, TypeAlias, cast

from contracts.history import Recorded
from contracts.jobs.calls import (
    JOB_ABORTED,
    JOB_ACCEPTED,
    JOB_COMMITTED,
    JOB_OPENED,
    JOB_PROPOSED,
    JOB_REFUSED,
    JOB_RETRIED,
    JOB_SIGNED,
    Abort,
    Accept,
    Commit,
    Open,
    Refuse,
    Release,
    Retry,
)
from contracts.jobs.record import NOTHING, Inputs, Job, JobState, Roster, Step
from contracts.records import choice
from ledger.abi import AbiValue, decode, topic
from ledger.errors import InvalidRecord

_SIGNATURES: Final = {
    topic(signature): signature
    for signature in (
        JOB_PROPOSED, JOB_ACCEPTED, JOB_COMMITTED, JOB_OPENED, JOB_SIGNED, JOB_REFUSED, JOB_ABORTED, JOB_RETRIED,
    )
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Proposed:
    """The proposal as recorded: the record it made and its roster."""

    entry: Job
    roster: Roster


Done: TypeAlias = Proposed | Accept | Commit | Open | Release | Refuse | Abort | Retry


@dataclass(frozen=True, slots=True)
class JobChange:
    """The n-th change of a job: who did what in which attempt, and the state it left."""

    n: int
    state: JobState
    party: bytes
    attempt: int
    done: Done


@dataclass(frozen=True, slots=True)
class JobHistory:
    """Everything that happened to one job, in order, and what it amounts to."""

    changes: tuple[JobChange, ...]
    entry: Job
    roster: Roster
    commitments: dict[tuple[int, bytes], Inputs]  # by attempt and party


def job_history(events: Iterable[Recorded]) -> JobHistory:
    """Read a job's events, in order from the first.

    Raises:
        InvalidRecord: they are not the events of one job from its proposal on.
    """
    changes = tuple(read_change(event) for event in events)
    if not changes or not isinstance(changes[0].done, Proposed):
        raise InvalidRecord("job history: expected a proposal first")
    entry, roster = changes[0].done.entry, changes[0].done.roster
    commitments: dict[tuple[int, bytes], Inputs] = {}
    for n, change in enumerate(changes[1:], start=2):
        if change.n != n or isinstance(change.done, Proposed):
            raise InvalidRecord(f"job history: expected change {n}, got {change.n}")
        entry = _follow(entry, roster.bit(change.party), change)
        if isinstance(change.done, Commit):
            commitments[change.attempt, change.party] = Inputs(change.done.input, change.done.seed)
    return JobHistory(changes, entry, roster, commitments)


def read_change(event: Recorded) -> JobChange:
    """Read one event of Jobs.

    Raises:
        InvalidRecord: it is none.
    """
    if len(event.topics) != 2 or event.topics[0] not in _SIGNATURES:
        raise InvalidRecord("job history: expected an event of Jobs")
    signature, job = _SIGNATURES[event.topics[0]], event.topics[1]
    types = signature[signature.index("(") + 1 : -1].split(",")[1:]
    n, state, party, *values = decode(types, event.data)
    attempt, done = _proposed(party, values) if signature == JOB_PROPOSED else _done(signature, job, values)
    return JobChange(cast(int, n), choice(JobState, cast(int, state)), cast(bytes, party), attempt, done)


def _proposed(party: AbiValue, values: list[AbiValue]) -> tuple[int, Proposed]:
    roster = Roster(cast("tuple[bytes, ...]", values[7]), cast("tuple[bytes, ...]", values[8]))
    entry = Job(
        requester=cast(bytes, party), recipient=cast(bytes, values[0]), spec=cast(bytes, values[1]),
        purpose=cast(bytes, values[2]), operations=cast(int, values[3]), minimum=cast(int, values[4]),
        contributors=cast(int, values[5]), deadline=cast(int, values[6]), roster=roster.digest,
        suppliers=roster.suppliers, attempt=1, state=JobState.PROPOSED,
        members=(1 << len(roster.parties)) - 1,
    )  # fmt: skip
    return 1, Proposed(entry, roster)


def _done(signature: str, job: bytes, values: list[AbiValue]) -> tuple[int, Done]:
    attempt = cast(int, values[0])
    words = cast("list[bytes]", values[1:])
    match signature:
        case _ if signature == JOB_ACCEPTED:
            return attempt, Accept(job, attempt)
        case _ if signature == JOB_COMMITTED:
            return attempt, Commit(job, attempt, *words)
        case _ if signature == JOB_OPENED:
            return attempt, Open(job, attempt)
        case _ if signature == JOB_SIGNED:
            return attempt, Release(job, attempt, *words)
        case _ if signature == JOB_REFUSED:
            return attempt, Refuse(job, *words)
        case _ if signature == JOB_ABORTED:
            return attempt, Abort(job, attempt, *words)
        case _:
            # The event names the attempt it starts, the call the one it follows.
            return attempt, Retry(job, attempt - 1, cast(int, values[1]))


def _follow(entry: Job, bit: int, change: JobChange) -> Job:
    """Return the record after a change that the contract has accepted; nothing is judged again."""
    entry = replace(entry, state=change.state)
    match change.done:
        case Accept():
            return replace(entry, flags=entry.flags | bit << Step.ACCEPT)
        case Commit():
            return replace(entry, flags=entry.flags | bit << Step.COMMIT)
        case Open():
            return replace(entry, flags=entry.flags | bit << Step.OPEN, frozen=entry.members)
        case Release(result=result, statement=statement):
            return replace(entry, flags=entry.flags | bit << Step.SIGN, result=result, statement=statement)
        case Refuse(reason=reason) | Abort(reason=reason):
            return replace(entry, by=change.party, reason=reason)
        case Retry(members=members):
            return replace(
                entry, attempt=change.attempt, members=members, flags=0, result=NOTHING, statement=NOTHING,
                by=NOTHING, reason=NOTHING,
            )  # fmt: skip
        case _:
            return entry
