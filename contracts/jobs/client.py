"""Calls of Jobs, the facts one can have proven about it, and what the proven words mean.

Every op_id is derived from job, attempt, party and method, so that a node that repeats itself after a crash repeats
the same operation and never makes a second one. A refusal by the contract is final for its op_id: whoever wants to try
once more, because the grounds are gone, says so by a higher ``again``.
"""

from __future__ import annotations

from collections.abc import Mapping

from contracts import layout
from contracts.addresses import JOBS
from contracts.jobs.calls import Abort, Accept, Commit, Open, Propose, Refuse, Release, Retry
from contracts.jobs.record import Inputs, Job, Roster
from contracts.records import decode_struct, struct_fact
from ledger.abi import AbiValue
from ledger.chain.port import Operation, StateFact
from ledger.errors import InvalidRecord, VerificationError
from ledger.hashing import tagged


def operation_id(job: bytes, attempt: int, party: bytes, method: str, again: int = 0) -> bytes:
    """Derive the op_id of a party's call about one attempt of a job.

    Args:
        again: how often the contract has refused this very step before.
    """
    numbers = attempt.to_bytes(8, "big"), again.to_bytes(8, "big")
    return tagged("shuxin job call v1", job, *numbers, party, method.encode("ascii"))


def propose(call: Propose, *, party: bytes, again: int = 0) -> Operation:
    """Build the requester's proposal; party is the one that will make the call, here and below."""
    args = (
        call.job, call.spec, call.purpose, int(call.operations), call.recipient, call.minimum,
        call.contributors, call.duration, call.roster.parties, call.roster.authorizations,
    )  # fmt: skip
    return _operation(call.job, 1, party, "propose", args, again)


def accept(call: Accept, *, party: bytes, again: int = 0) -> Operation:
    """Build a party's acceptance."""
    return _operation(call.job, call.attempt, party, "accept", (call.job, call.attempt), again)


def commit(call: Commit, *, party: bytes, again: int = 0) -> Operation:
    """Build a party's commitment to its input and seed."""
    args = (call.job, call.attempt, call.input, call.seed)
    return _operation(call.job, call.attempt, party, "commit", args, again)


def open_(call: Open, *, party: bytes, again: int = 0) -> Operation:
    """Build a party's announcement that it is about to hand out its shares."""
    return _operation(call.job, call.attempt, party, "open", (call.job, call.attempt), again)


def release(call: Release, *, party: bytes, again: int = 0) -> Operation:
    """Build a party's signature under the result."""
    args = (call.job, call.attempt, call.result, call.statement)
    return _operation(call.job, call.attempt, party, "release", args, again)


def refuse(call: Refuse, *, attempt: int, party: bytes, again: int = 0) -> Operation:
    """Build a party's refusal, made during an attempt."""
    return _operation(call.job, attempt, party, "refuse", (call.job, call.reason, call.detail), again)


def abort(call: Abort, *, party: bytes, again: int = 0) -> Operation:
    """Build the end of an attempt."""
    return _operation(call.job, call.attempt, party, "abort", (call.job, call.attempt, call.reason), again)


def retry(call: Retry, *, party: bytes, again: int = 0) -> Operation:
    """Build the start of the attempt after an aborted one."""
    return _operation(call.job, call.attempt, party, "retry", (call.job, call.attempt, call.members), again)


def job_fact(job: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: the whole record of a job, the flags of all parties included."""
    return struct_fact(JOBS, "jobs", job, block_number=block_number)


def decode_job(job: bytes, values: Mapping[bytes, bytes]) -> Job:
    """Read the record from the words proven for job_fact; its state is UNKNOWN if there is none.

    Raises:
        InvalidRecord: the proof does not cover the record, or a word is none the contract stores.
    """
    return decode_struct(Job, values, JOBS, "jobs", job)


def decode_roster(job: Job, read: tuple[AbiValue, ...]) -> Roster:
    """Check an unproven answer of the view ``roster`` against the proven record.

    Raises:
        InvalidRecord: the answer is not a roster.
        VerificationError: it is not the roster of this job.
    """
    match read:
        case (tuple() as parties, tuple() as authorizations):
            roster = Roster(_words(parties), _words(authorizations))
        case _:
            raise InvalidRecord("roster: expected two lists of 32-byte ids")
    if roster.digest != job.roster:
        raise VerificationError(f"roster: expected digest {job.roster.hex()}, got {roster.digest.hex()}")
    return roster


def inputs_fact(job: bytes, attempt: int, party: bytes, block_number: int | None = None) -> StateFact:
    """Name the fact: what a party committed to in an attempt."""
    return struct_fact(JOBS, "commitments", job, layout.word(attempt), party, block_number=block_number)


def decode_inputs(job: bytes, attempt: int, party: bytes, values: Mapping[bytes, bytes]) -> Inputs:
    """Read the commitment from the words proven for inputs_fact; zeros prove that there is none."""
    return decode_struct(Inputs, values, JOBS, "commitments", job, layout.word(attempt), party)


def _operation(
    job: bytes, attempt: int, party: bytes, method: str, args: tuple[AbiValue, ...], again: int
) -> Operation:
    return Operation(JOBS, method, args, operation_id(job, attempt, party, method, again))


def _words(values: tuple[AbiValue, ...]) -> tuple[bytes, ...]:
    words = tuple(value for value in values if isinstance(value, bytes) and len(value) == layout.WORD)
    if len(words) != len(values):
        raise InvalidRecord("roster: expected ids of 32 bytes")
    return words
