# pragma version 0.4.3
# @license Apache-2.0
# @title Attempts
# @notice What Jobs says of the attempt a reservation is for. Reads only.
# @dev Jobs keeps the flags of the newest attempt alone. Of an earlier one it is still certain that nothing was opened
#      if nothing of the job ever was (frozen is zero); in doubt an attempt counts as opened and its reservation is spent.

from contracts.authorizations import standing
from contracts.jobs import progress
from contracts.modules import registry

interface Jobs:
    def jobs(job: bytes32) -> progress.Job: view
    def roster(job: bytes32) -> (DynArray[bytes32, 25], DynArray[bytes32, 25]): view

interface Authorizations:
    def authorizations(id: bytes32) -> standing.Authorization: view

AUTHORIZATIONS: constant(bytes32) = keccak256("Authorizations")
JOBS: constant(bytes32) = keccak256("Jobs")

# Fates of an attempt.
RUNNING: constant(uint256) = 1
OPENED: constant(uint256) = 2
ENDED: constant(uint256) = 3


@internal
@view
def _job(job: bytes32) -> progress.Job:
    return staticcall Jobs(registry._at(JOBS)).jobs(job)


@internal
@view
def _require_supplied(job: bytes32, attempt: uint256, party: bytes32, asset: bytes32) -> bytes32:
    """
    @notice Refuse unless the attempt is accepted by all, opened by nobody, and this party supplies the asset to it.
    @return The recipient.
    """
    entry: progress.Job = self._job(job)
    assert entry.state != 0, "budgets: unknown job"
    assert attempt == entry.attempt, "budgets: attempt"
    assert block.timestamp < entry.deadline, "budgets: deadline"
    assert entry.state != progress.PROPOSED, "budgets: not accepted by all"
    assert entry.state <= progress.COMMITTED, "budgets: opened or over"
    authorization: bytes32 = self._authorization(job, entry.members, party)
    assert authorization != empty(bytes32), "budgets: asset not supplied"
    supplied: standing.Authorization = staticcall Authorizations(registry._at(AUTHORIZATIONS)).authorizations(
        authorization
    )
    # Jobs has checked at the proposal that the authorization is this party's.
    assert supplied.asset == asset, "budgets: asset not supplied"
    return entry.recipient


@internal
@view
def _require_seated(job: bytes32) -> bytes32:
    """
    @notice The caller's party, if it has a seat in the job.
    """
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_NODE | registry.AGENT_OFFICER)
    parties: DynArray[bytes32, 25] = []
    authorizations: DynArray[bytes32, 25] = []
    parties, authorizations = staticcall Jobs(registry._at(JOBS)).roster(job)
    assert party in parties, "budgets: no party of the job"
    return party


@internal
@view
def _authorization(job: bytes32, members: uint256, party: bytes32) -> bytes32:
    """
    @notice The authorization of a member of the attempt; zero for one that supplies nothing and for a stranger.
    """
    parties: DynArray[bytes32, 25] = []
    authorizations: DynArray[bytes32, 25] = []
    parties, authorizations = staticcall Jobs(registry._at(JOBS)).roster(job)
    for i: uint256 in range(len(parties), bound=25):
        if parties[i] == party and members & (1 << i) != 0:
            return authorizations[i]
    return empty(bytes32)


@internal
@pure
def _fate(entry: progress.Job, attempt: uint256) -> uint256:
    """
    @notice Whether an attempt still runs, was or may have been opened, or ended before any opening.
    """
    if attempt != entry.attempt:
        return ENDED if entry.frozen == 0 else OPENED
    if progress._done(entry.flags, progress.OPEN) != 0:
        return OPENED
    if entry.state == progress.ABORTED or entry.state == progress.REFUSED:
        return ENDED
    return RUNNING


@internal
@pure
def _begun(entry: progress.Job, attempt: uint256) -> bool:
    """
    @notice Whether all members had committed, so that messages of the protocol may have left; in doubt, yes.
    """
    if attempt != entry.attempt:
        return True
    return progress._done(entry.flags, progress.COMMIT) == entry.members
