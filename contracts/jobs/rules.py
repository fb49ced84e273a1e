"""The rules of Jobs as values and functions: what ``jobs.vy`` accepts, refuses and records.

The contract decides; this is its oracle in tests and the source of messages. Same order of checks and the same reason
texts as the contract. The first opening consumes the authorizations and fixes the contributor set for ever
(two openings over different sets would disclose their difference). It does not see inputs or figures, only digests.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from contracts.addresses import AUTHORIZATIONS, JOBS
from contracts.authorizations.reasons import UnusableAuthorization
from contracts.authorizations.rules import Use
from contracts.history import Change, Journal
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
    Call,
    Commit,
    Open,
    Propose,
    Refuse,
    Release,
    Retry,
    Stepping,
)
from contracts.jobs.record import NOTHING, Inputs, Job, JobState, Roster, Step
from contracts.jobs.seats import AuthorizationWorld, require_complete, require_seated, require_usable
from contracts.world import AgentRole, PartyRole
from ledger.errors import Conflict, InvalidRecord, NotAuthorized, NotFound

# Seconds. Shorter than a minute no round of messages ends; longer than a week no authorization should be held up.
MIN_DURATION: Final = 60
MAX_DURATION: Final = 7 * 86400


@dataclass(frozen=True, slots=True)
class State:
    """Everything the contract stores."""

    jobs: Mapping[bytes, Job] = field(default_factory=dict)
    rosters: Mapping[bytes, Roster] = field(default_factory=dict)
    commitments: Mapping[tuple[bytes, int, bytes], Inputs] = field(default_factory=dict)
    journal: Journal = field(default_factory=Journal)

    def job(self, job: bytes) -> Job:
        return self.jobs.get(job, Job())

    def roster(self, job: bytes) -> Roster:
        return self.rosters.get(job, Roster())


Moved: TypeAlias = tuple[State, tuple[Change, ...]]

# Of each step forward: its place in the flags and the state it starts from.
_STEPS: Final = {
    Accept: (Step.ACCEPT, JobState.PROPOSED),
    Commit: (Step.COMMIT, JobState.ACCEPTED),
    Open: (Step.OPEN, JobState.COMMITTED),
    Release: (Step.SIGN, JobState.OPENING),
}


def apply(state: State, call: Call, caller: bytes, now: int, world: AuthorizationWorld) -> Moved:
    """Return the state after a call, and its events.

    Raises:
        NotAuthorized, Conflict, InvalidRecord, NotFound: with the text of the contract's revert.
    """
    if not isinstance(call, Refuse | Abort):  # a pause keeps nobody from stopping a job
        world.require_open(JOBS)
    match call:
        case Propose():
            return _propose(state, call, caller, now, world)
        case Refuse() | Abort():
            return _stop(state, call, caller, now, world)
        case Retry():
            return _retry(state, call, caller, now, world)
        case _:
            return _step(state, call, caller, now, world)


def consumed(before: State, after: State, job: bytes) -> tuple[Use, ...]:
    """Return the uses that an opening makes of Authorizations: all of them at the first one, none else."""
    entry = after.job(job)
    if before.job(job).frozen or not entry.frozen:
        return ()
    held = after.roster(job).authorized(entry.openers)
    return tuple(Use(id, job, entry.purpose, entry.operations) for id in held)


def _propose(state: State, call: Propose, caller: bytes, now: int, world: AuthorizationWorld) -> Moved:
    party = world.acting(caller, AgentRole.OFFICER, now)
    if not world.serving(party, PartyRole.REQUESTER, now):
        raise NotAuthorized("job: party requests no data")
    if call.recipient != party:
        raise NotAuthorized("job: only the recipient proposes")
    _check_proposal(state, call)
    require_seated(call, world)
    roster = call.roster
    everybody = (1 << len(roster.parties)) - 1
    entry = Job(
        requester=party, recipient=call.recipient, spec=call.spec, purpose=call.purpose,
        operations=call.operations, minimum=call.minimum, contributors=call.contributors,
        deadline=now + call.duration, roster=roster.digest, suppliers=roster.suppliers, attempt=1,
        state=JobState.PROPOSED, members=everybody,
    )  # fmt: skip
    require_complete(entry, roster, everybody)
    require_usable(entry, roster.authorized(entry.suppliers), now, world)
    values = (
        entry.recipient, entry.spec, entry.purpose, entry.operations, entry.minimum, entry.contributors,
        entry.deadline, roster.parties, roster.authorizations,
    )  # fmt: skip
    seated = replace(state, rosters={**state.rosters, call.job: roster})
    return _record(seated, JOB_PROPOSED, call.job, entry, party, *values)


def _check_proposal(state: State, call: Propose) -> None:
    if call.job == NOTHING:
        raise InvalidRecord("job: id missing")
    if state.job(call.job).state:
        raise Conflict("job: exists")
    if call.spec == NOTHING:
        raise InvalidRecord("job: specification missing")
    if call.minimum == 0:
        raise InvalidRecord("job: minimum missing (R16)")
    if not MIN_DURATION <= call.duration <= MAX_DURATION:
        raise InvalidRecord("job: duration")


def _step(state: State, call: Stepping, caller: bytes, now: int, world: AuthorizationWorld) -> Moved:
    party = world.acting(caller, AgentRole.NODE, now)
    roster = state.roster(call.job)
    entry = _take(state.job(call.job), roster.bit(party), call, now)
    own = roster.authorized(entry.suppliers & roster.bit(party))
    match call:
        case Accept():
            require_usable(entry, own, now, world)
            entry = _advance(entry, Step.ACCEPT, JobState.ACCEPTED)
            return _record(state, JOB_ACCEPTED, call.job, entry, party, call.attempt)
        case Commit():
            if own and NOTHING in (call.input, call.seed):
                raise InvalidRecord("job: commitment missing")
            require_usable(entry, own, now, world)
            entry = _advance(entry, Step.COMMIT, JobState.COMMITTED)
            inputs = {(call.job, call.attempt, party): Inputs(call.input, call.seed)}
            state = replace(state, commitments={**state.commitments, **inputs})
            return _record(state, JOB_COMMITTED, call.job, entry, party, call.attempt, call.input, call.seed)
        case Open():
            if not own:
                raise NotAuthorized("job: no asset to open")
            entry = _opened(entry, roster, now, world)
            return _record(state, JOB_OPENED, call.job, entry, party, call.attempt)
        case Release():
            entry = _signed(entry, call)
            values = (call.attempt, call.result, call.statement)
            return _record(state, JOB_SIGNED, call.job, entry, party, *values)


def _take(entry: Job, bit: int, call: Stepping, now: int) -> Job:
    """Mark that a party takes a step in this attempt, once, from the state before it."""
    step, before = _STEPS[type(call)]
    if not entry.state:
        raise NotFound("job: unknown")
    if not entry.members & bit:
        raise NotAuthorized("job: not a member")
    if call.attempt != entry.attempt:
        raise Conflict("job: attempt")
    if now >= entry.deadline:
        raise Conflict("job: deadline")
    if entry.done(step) & bit:
        raise Conflict("job: done already")
    if entry.state != before and not (step is Step.OPEN and entry.state is JobState.OPENING):
        raise Conflict("job: state")
    return replace(entry, flags=entry.flags | bit << step)


def _advance(entry: Job, step: Step, state: JobState) -> Job:
    """Enter a state once every member has taken the step before it."""
    return replace(entry, state=state) if entry.done(step) == entry.members else entry


def _opened(entry: Job, roster: Roster, now: int, world: AuthorizationWorld) -> Job:
    held = roster.authorized(entry.openers)
    if entry.frozen:
        require_usable(entry, held, now, world)
        return replace(entry, state=JobState.OPENING)
    world.require_open(AUTHORIZATIONS)
    for id in held:
        if ground := world.obstacle(id, entry.purpose, entry.operations, True, now):
            raise UnusableAuthorization(ground)
    return replace(entry, state=JobState.OPENING, frozen=entry.members)


def _signed(entry: Job, call: Release) -> Job:
    if entry.done(Step.OPEN) != entry.openers:
        raise Conflict("job: not opened by all")
    if NOTHING in (call.result, call.statement):
        raise InvalidRecord("job: result missing")
    if entry.result not in (NOTHING, call.result):
        raise Conflict("job: result differs")
    if entry.statement not in (NOTHING, call.statement):
        raise Conflict("job: statement differs")
    entry = replace(entry, result=call.result, statement=call.statement)
    return _advance(entry, Step.SIGN, JobState.RELEASED)


def _stop(state: State, call: Refuse | Abort, caller: bytes, now: int, world: AuthorizationWorld) -> Moved:
    roles = AgentRole.NODE if isinstance(call, Refuse) else AgentRole.NODE | AgentRole.OFFICER
    party = world.acting(caller, roles, now)
    entry = state.job(call.job)
    if not entry.state:
        raise NotFound("job: unknown")
    if not entry.members & state.roster(call.job).bit(party):
        raise NotAuthorized("job: not a member")
    if call.reason == NOTHING:
        raise InvalidRecord("job: reason missing")
    if isinstance(call, Abort) and call.attempt != entry.attempt:
        raise Conflict("job: attempt")
    if entry.state >= (JobState.OPENING if isinstance(call, Refuse) else JobState.RELEASED):
        raise Conflict("job: state")
    ended = replace(entry, by=party, reason=call.reason)
    if isinstance(call, Refuse):
        ended = replace(ended, state=JobState.REFUSED)
        return _record(state, JOB_REFUSED, call.job, ended, party, entry.attempt, call.reason, call.detail)
    ended = replace(ended, state=JobState.ABORTED)
    return _record(state, JOB_ABORTED, call.job, ended, party, entry.attempt, call.reason)


def _retry(state: State, call: Retry, caller: bytes, now: int, world: AuthorizationWorld) -> Moved:
    party = world.acting(caller, AgentRole.NODE | AgentRole.OFFICER, now)
    entry = state.job(call.job)
    if not entry.state:
        raise NotFound("job: unknown")
    if entry.requester != party:
        raise NotAuthorized("job: not the requester")
    if call.attempt != entry.attempt:
        raise Conflict("job: attempt")
    if entry.state is not JobState.ABORTED:
        raise Conflict("job: state")
    if now >= entry.deadline:
        raise Conflict("job: deadline")
    if entry.frozen not in (0, call.members):
        raise Conflict("job: contributor set is final")
    require_complete(entry, state.roster(call.job), call.members)
    fresh = replace(
        entry, attempt=entry.attempt + 1, state=JobState.PROPOSED, members=call.members, flags=0,
        result=NOTHING, statement=NOTHING, by=NOTHING, reason=NOTHING,
    )  # fmt: skip
    return _record(state, JOB_RETRIED, call.job, fresh, party, fresh.attempt, call.members)


def _record(
    state: State, signature: str, job: bytes, after: Job, party: bytes, *values: int | bytes | tuple[bytes, ...]
) -> Moved:
    journal, change = state.journal.record(signature, job, int(after.state), party, *values)
    return replace(state, jobs={**state.jobs, job: after}, journal=journal), (change,)
