"""What Jobs says of the attempt a reservation is for; ``attempts.vy`` in Python. Reads only."""

from __future__ import annotations

from contracts.budgets.calls import Reserve
from contracts.budgets.record import NOTHING, Fate
from contracts.budgets.state import BudgetWorld
from contracts.jobs.record import Job, JobState, Step
from ledger.errors import Conflict, NotAuthorized, NotFound


def fate(job: Job, attempt: int) -> Fate:
    """Say what became of an attempt, as far as Jobs' record of the newest one tells."""
    if attempt != job.attempt:
        return Fate.OPENED if job.frozen else Fate.ENDED
    if job.done(Step.OPEN):
        return Fate.OPENED
    return Fate.ENDED if job.state in (JobState.ABORTED, JobState.REFUSED) else Fate.RUNNING


def has_begun(job: Job, attempt: int) -> bool:
    """Say whether all members had committed, so that messages of the protocol may have left; in doubt, yes."""
    return attempt != job.attempt or job.done(Step.COMMIT) == job.members


def supplied_recipient(call: Reserve, party: bytes, now: int, world: BudgetWorld) -> bytes:
    """Return the job's recipient if this party supplies the asset to the attempt, accepted by all, opened by nobody."""
    entry, roster = world.job(call.job), world.roster(call.job)
    if not entry.state:
        raise NotFound("budgets: unknown job")
    if call.attempt != entry.attempt:
        raise Conflict("budgets: attempt")
    if now >= entry.deadline:
        raise Conflict("budgets: deadline")
    if entry.state is JobState.PROPOSED:
        raise Conflict("budgets: not accepted by all")
    if entry.state > JobState.COMMITTED:
        raise Conflict("budgets: opened or over")
    held = roster.authorized(entry.members & roster.bit(party))
    if held in ((), (NOTHING,)) or world.authorization(held[0]).asset != call.asset:
        raise NotAuthorized("budgets: asset not supplied")
    return entry.recipient
