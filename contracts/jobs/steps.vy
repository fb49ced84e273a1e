# pragma version 0.4.3
# @license Apache-2.0
# @title Steps
# @notice The states of jobs and who may move them; the contract Jobs calls this and records what happened.
# @dev Every way forward needs a member of the attempt, the current attempt and a time before the deadline.

from contracts.jobs import progress
from contracts.jobs import seats
from contracts.modules import registry

uses: seats

# What a call did: the party that made it and the state it left.
struct Moved:
    party: bytes32
    state: uint256
    attempt: uint256

jobs: public(HashMap[bytes32, progress.Job])
commitments: public(HashMap[bytes32, HashMap[uint256, HashMap[bytes32, progress.Inputs]]])


@internal
def _accept(job: bytes32, attempt: uint256) -> Moved:
    """
    @notice Count a party's acceptance; with the last one the inputs can be committed.
    """
    party: bytes32 = self._take(job, attempt, progress.ACCEPT, progress.PROPOSED)
    entry: progress.Job = self.jobs[job]
    seats._require_usable(job, entry, entry.suppliers & seats._bit(job, party))
    return self._advance(job, party, progress.ACCEPT, progress.ACCEPTED)


@internal
def _commit(job: bytes32, attempt: uint256, input: bytes32, seed: bytes32) -> Moved:
    """
    @notice Keep a party's commitment; with the last one the shares can be opened.
    """
    party: bytes32 = self._take(job, attempt, progress.COMMIT, progress.ACCEPTED)
    entry: progress.Job = self.jobs[job]
    supplied: uint256 = entry.suppliers & seats._bit(job, party)
    assert supplied == 0 or (input != empty(bytes32) and seed != empty(bytes32)), "job: commitment missing"
    seats._require_usable(job, entry, supplied)
    self.commitments[job][attempt][party] = progress.Inputs(input=input, seed=seed)
    return self._advance(job, party, progress.COMMIT, progress.COMMITTED)


@internal
def _open(job: bytes32, attempt: uint256) -> Moved:
    """
    @notice Count an opening; the first one of the job consumes the authorizations and freezes the set of parties.
    """
    party: bytes32 = self._take(job, attempt, progress.OPEN, progress.COMMITTED)
    entry: progress.Job = self.jobs[job]
    assert entry.suppliers & seats._bit(job, party) != 0, "job: no asset to open"
    if entry.frozen == 0:
        self.jobs[job].frozen = entry.members
        seats._consume(job, entry)
    else:
        seats._require_usable(job, entry, entry.suppliers & entry.members)
    self.jobs[job].state = progress.OPENING
    return Moved(party=party, state=progress.OPENING, attempt=attempt)


@internal
def _sign(job: bytes32, attempt: uint256, result: bytes32, statement: bytes32) -> Moved:
    """
    @notice Count a signature under the one pair of digests; the last one releases the result.
    """
    party: bytes32 = self._take(job, attempt, progress.SIGN, progress.OPENING)
    entry: progress.Job = self.jobs[job]
    assert progress._done(entry.flags, progress.OPEN) == entry.suppliers & entry.members, "job: not opened by all"
    assert result != empty(bytes32) and statement != empty(bytes32), "job: result missing"
    assert entry.result == empty(bytes32) or entry.result == result, "job: result differs"
    assert entry.statement == empty(bytes32) or entry.statement == statement, "job: statement differs"
    self.jobs[job].result = result
    self.jobs[job].statement = statement
    return self._advance(job, party, progress.SIGN, progress.RELEASED)


@internal
def _refuse(job: bytes32, reason: bytes32) -> Moved:
    """
    @notice End a job that no share of this attempt has left yet.
    """
    party: bytes32 = self._stopping(job, registry.AGENT_NODE, reason)
    assert self.jobs[job].state < progress.OPENING, "job: state"
    return self._end(job, progress.REFUSED, party, reason)


@internal
def _abort(job: bytes32, attempt: uint256, reason: bytes32) -> Moved:
    """
    @notice End an attempt.
    """
    party: bytes32 = self._stopping(job, registry.AGENT_NODE | registry.AGENT_OFFICER, reason)
    assert attempt == self.jobs[job].attempt, "job: attempt"
    assert self.jobs[job].state < progress.RELEASED, "job: state"
    return self._end(job, progress.ABORTED, party, reason)


@internal
def _retry(job: bytes32, attempt: uint256, members: uint256) -> Moved:
    """
    @notice Start the next attempt: every party accepts and commits anew.
    """
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_NODE | registry.AGENT_OFFICER)
    entry: progress.Job = self.jobs[job]
    assert entry.state != 0, "job: unknown"
    assert entry.requester == party, "job: not the requester"
    assert attempt == entry.attempt, "job: attempt"
    assert entry.state == progress.ABORTED, "job: state"
    assert block.timestamp < entry.deadline, "job: deadline"
    assert entry.frozen == 0 or members == entry.frozen, "job: contributor set is final"
    seats._require_complete(job, entry, members)
    entry.attempt += 1
    entry.state = progress.PROPOSED
    entry.members = members
    entry.flags = 0
    entry.result = empty(bytes32)
    entry.statement = empty(bytes32)
    entry.by = empty(bytes32)
    entry.reason = empty(bytes32)
    self.jobs[job] = entry
    return Moved(party=party, state=progress.PROPOSED, attempt=entry.attempt)


@internal
def _take(job: bytes32, attempt: uint256, step: uint256, state: uint256) -> bytes32:
    """
    @notice Mark that the caller's party takes a step in this attempt, once, from the state before it.
    """
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_NODE)
    entry: progress.Job = self.jobs[job]
    bit: uint256 = seats._bit(job, party)
    assert entry.state != 0, "job: unknown"
    assert entry.members & bit != 0, "job: not a member"
    assert attempt == entry.attempt, "job: attempt"
    assert block.timestamp < entry.deadline, "job: deadline"
    assert progress._done(entry.flags, step) & bit == 0, "job: done already"
    assert entry.state == state or (step == progress.OPEN and entry.state == progress.OPENING), "job: state"
    self.jobs[job].flags |= bit << step
    return party


@internal
def _advance(job: bytes32, party: bytes32, step: uint256, state: uint256) -> Moved:
    """
    @notice Enter a state once every member has taken the step before it.
    """
    if progress._done(self.jobs[job].flags, step) == self.jobs[job].members:
        self.jobs[job].state = state
    return Moved(party=party, state=self.jobs[job].state, attempt=self.jobs[job].attempt)


@internal
@view
def _stopping(job: bytes32, roles: uint256, reason: bytes32) -> bytes32:
    """
    @notice The caller's party, if it may end the attempt.
    """
    party: bytes32 = registry._acting(msg.sender, roles)
    assert self.jobs[job].state != 0, "job: unknown"
    assert self.jobs[job].members & seats._bit(job, party) != 0, "job: not a member"
    assert reason != empty(bytes32), "job: reason missing"
    return party


@internal
def _end(job: bytes32, state: uint256, party: bytes32, reason: bytes32) -> Moved:
    """
    @notice Keep who ended the attempt and why.
    """
    self.jobs[job].state = state
    self.jobs[job].by = party
    self.jobs[job].reason = reason
    return Moved(party=party, state=state, attempt=self.jobs[job].attempt)
