# pragma version 0.4.3
# @license Apache-2.0
# @title Jobs
# @notice One joint computation: proposed, accepted and committed by all, opened, released by all; or refused, aborted.
# @dev The first opening consumes the authorizations and fixes the contributor set of the job for ever: two openings
#      over different sets would disclose their difference. Past the deadline a job only can be aborted.

from contracts.jobs import progress
from contracts.jobs import seats
from contracts.jobs import steps
from contracts.modules import journal
from contracts.modules import registry

initializes: journal
initializes: seats
initializes: steps[seats := seats]
exports: (journal.history, journal.count, seats.roster, steps.jobs, steps.commitments)

event JobProposed:
    job: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    recipient: bytes32
    spec: bytes32
    purpose: bytes32
    operations: uint256
    minimum: uint256
    contributors: uint256
    deadline: uint256
    parties: DynArray[bytes32, 25]
    authorizations: DynArray[bytes32, 25]

event JobAccepted:
    job: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    attempt: uint256

event JobCommitted:
    job: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    attempt: uint256
    input: bytes32
    seed: bytes32

event JobOpened:
    job: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    attempt: uint256

event JobSigned:
    job: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    attempt: uint256
    result: bytes32
    statement: bytes32

event JobRefused:
    job: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    attempt: uint256
    reason: bytes32
    detail: bytes32

event JobAborted:
    job: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    attempt: uint256
    reason: bytes32

event JobRetried:
    job: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    attempt: uint256
    members: uint256

NAME: constant(bytes32) = keccak256("Jobs")
JOB_PROPOSED: constant(bytes32) = keccak256(
    "JobProposed(bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes32,uint256,uint256,uint256,uint256,bytes32[],bytes32[])"
)
JOB_ACCEPTED: constant(bytes32) = keccak256("JobAccepted(bytes32,uint256,uint256,bytes32,uint256)")
JOB_COMMITTED: constant(bytes32) = keccak256("JobCommitted(bytes32,uint256,uint256,bytes32,uint256,bytes32,bytes32)")
JOB_OPENED: constant(bytes32) = keccak256("JobOpened(bytes32,uint256,uint256,bytes32,uint256)")
JOB_SIGNED: constant(bytes32) = keccak256("JobSigned(bytes32,uint256,uint256,bytes32,uint256,bytes32,bytes32)")
JOB_REFUSED: constant(bytes32) = keccak256("JobRefused(bytes32,uint256,uint256,bytes32,uint256,bytes32,bytes32)")
JOB_ABORTED: constant(bytes32) = keccak256("JobAborted(bytes32,uint256,uint256,bytes32,uint256,bytes32)")
JOB_RETRIED: constant(bytes32) = keccak256("JobRetried(bytes32,uint256,uint256,bytes32,uint256,uint256)")

# Shorter than a minute no round of messages ends; longer than a week no authorization should be held up.
MIN_DURATION: constant(uint256) = 60
MAX_DURATION: constant(uint256) = 7 * 86400


@external
def propose(
    job: bytes32,
    spec: bytes32,
    purpose: bytes32,
    operations: uint256,
    recipient: bytes32,
    minimum: uint256,
    contributors: uint256,
    duration: uint256,
    parties: DynArray[bytes32, 25],
    authorizations: DynArray[bytes32, 25],
):
    """
    @notice Ask parties for one joint computation.
    @param recipient The caller's own party: nobody spends authorizations that were granted to another.
    @param spec Digest of the job's specification, which the parties hold off chain.
    @param minimum The smallest cell that may be released.
    @param contributors The least number of parties that supply an asset.
    @param duration Seconds from now to the deadline, which no retry moves.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert registry._serving(party, registry.REQUESTER), "job: party requests no data"
    assert recipient == party, "job: only the recipient proposes"
    assert job != empty(bytes32), "job: id missing"
    assert steps.jobs[job].state == 0, "job: exists"
    assert spec != empty(bytes32), "job: specification missing"
    assert minimum != 0, "job: minimum missing (R16)"
    assert duration >= MIN_DURATION and duration <= MAX_DURATION, "job: duration"
    suppliers: uint256 = seats._seat(job, parties, authorizations, recipient)
    assert seats._bit(job, party) != 0, "job: requester takes no part"
    assert contributors != 0 and contributors <= progress._size(suppliers), "job: contributors"
    entry: progress.Job = progress.Job(
        requester=party, recipient=recipient, spec=spec, purpose=purpose, operations=operations, minimum=minimum,
        contributors=contributors, deadline=block.timestamp + duration,
        roster=keccak256(abi_encode(parties, authorizations)), suppliers=suppliers, attempt=1,
        state=progress.PROPOSED, members=(1 << len(parties)) - 1, flags=0, frozen=0, result=empty(bytes32),
        statement=empty(bytes32), by=empty(bytes32), reason=empty(bytes32),
    )
    seats._require_usable(job, entry, suppliers)
    steps.jobs[job] = entry
    journal._record(job, JOB_PROPOSED, abi_encode(
        journal._next(job), entry.state, party, recipient, spec, purpose, operations, minimum, contributors,
        entry.deadline, parties, authorizations,
    ))


@external
def accept(job: bytes32, attempt: uint256):
    """
    @notice Say that this party will take part in the attempt.
    """
    registry._require_open(NAME)
    moved: steps.Moved = steps._accept(job, attempt)
    journal._record(job, JOB_ACCEPTED, abi_encode(journal._next(job), moved.state, moved.party, attempt))


@external
def commit(job: bytes32, attempt: uint256, input: bytes32, seed: bytes32):
    """
    @notice Commit to the exact input and to the seed of all randomness; a party without an asset may give zeros.
    """
    registry._require_open(NAME)
    moved: steps.Moved = steps._commit(job, attempt, input, seed)
    journal._record(
        job, JOB_COMMITTED, abi_encode(journal._next(job), moved.state, moved.party, attempt, input, seed)
    )


@external
def open(job: bytes32, attempt: uint256):
    """
    @notice Announce that this party is about to hand out its shares; it sends none before this is final.
    @dev The first opening of a job consumes the authorizations; each later one looks at all of them again.
    """
    registry._require_open(NAME)
    moved: steps.Moved = steps._open(job, attempt)
    journal._record(job, JOB_OPENED, abi_encode(journal._next(job), moved.state, moved.party, attempt))


@external
def release(job: bytes32, attempt: uint256, result: bytes32, statement: bytes32):
    """
    @notice Sign the result: every party names the same two digests, the last one releases.
    @param result Salted commitment to the figures.
    @param statement Digest of the evidence statement.
    """
    registry._require_open(NAME)
    moved: steps.Moved = steps._sign(job, attempt, result, statement)
    journal._record(
        job, JOB_SIGNED, abi_encode(journal._next(job), moved.state, moved.party, attempt, result, statement)
    )


@external
def refuse(job: bytes32, reason: bytes32, detail: bytes32):
    """
    @notice Say no before an opening, with a reason that stays on record. Final. Also while paused.
    @param reason Code of the ground.
    @param detail Salted digest of what else the party has to say; zero if nothing.
    """
    registry._require_current(NAME)
    moved: steps.Moved = steps._refuse(job, reason)
    journal._record(
        job, JOB_REFUSED, abi_encode(journal._next(job), moved.state, moved.party, moved.attempt, reason, detail)
    )


@external
def abort(job: bytes32, attempt: uint256, reason: bytes32):
    """
    @notice End the attempt, also after the deadline and while paused.
    """
    registry._require_current(NAME)
    moved: steps.Moved = steps._abort(job, attempt, reason)
    journal._record(job, JOB_ABORTED, abi_encode(journal._next(job), moved.state, moved.party, attempt, reason))


@external
def retry(job: bytes32, attempt: uint256, members: uint256):
    """
    @notice Start the next attempt after an aborted one.
    @param members The set of parties that go on; after a first opening the same set as before.
    """
    registry._require_open(NAME)
    moved: steps.Moved = steps._retry(job, attempt, members)
    journal._record(
        job, JOB_RETRIED, abi_encode(journal._next(job), moved.state, moved.party, moved.attempt, members)
    )
