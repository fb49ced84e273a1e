# pragma version 0.4.3
# @license Apache-2.0
# @title Seats
# @notice Who takes part in a job, with which authorization, and whether those authorizations hold.
# @dev Written once, at the proposal. Parties stand in ascending order, so that a set of parties has one form; a zero
#      authorization marks a party that supplies no asset.

from contracts.authorizations import standing
from contracts.jobs import progress
from contracts.modules import registry

interface Authorizations:
    def authorizations(id: bytes32) -> standing.Authorization: view
    def obstacle(id: bytes32, purpose: bytes32, operations: uint256, counted: bool) -> String[16]: view
    def use(id: bytes32, job: bytes32, purpose: bytes32, operations: uint256): nonpayable

AUTHORIZATIONS: constant(bytes32) = keccak256("Authorizations")

parties: HashMap[bytes32, DynArray[bytes32, 25]]
authorizations: HashMap[bytes32, DynArray[bytes32, 25]]


@external
@view
def roster(job: bytes32) -> (DynArray[bytes32, 25], DynArray[bytes32, 25]):
    """
    @notice Parties and their authorizations; keccak256 of this pair's ABI encoding is in the job's record.
    """
    return self.parties[job], self.authorizations[job]


@internal
def _seat(
    job: bytes32, parties: DynArray[bytes32, 25], authorizations: DynArray[bytes32, 25], recipient: bytes32
) -> uint256:
    """
    @notice Write the roster of a new job and return the set of parties that supply an asset.
    """
    assert len(parties) == len(authorizations), "job: parties and authorizations differ in number"
    registered: address = registry._at(AUTHORIZATIONS)
    suppliers: uint256 = 0
    last: uint256 = 0
    for i: uint256 in range(len(parties), bound=25):
        assert convert(parties[i], uint256) > last, "job: parties not in order"
        last = convert(parties[i], uint256)
        if authorizations[i] != empty(bytes32):
            entry: standing.Authorization = staticcall Authorizations(registered).authorizations(authorizations[i])
            assert entry.state != 0, "job: authorization unknown"
            assert entry.owner == parties[i], "job: authorization of another owner"
            assert entry.grantee == recipient, "job: authorization of another grantee"
            suppliers |= 1 << i
    self.parties[job] = parties
    self.authorizations[job] = authorizations
    return suppliers


@internal
@view
def _bit(job: bytes32, party: bytes32) -> uint256:
    """
    @notice The set of this party alone; the empty set for a party not on the roster.
    """
    seats: DynArray[bytes32, 25] = self.parties[job]
    for i: uint256 in range(len(seats), bound=25):
        if seats[i] == party:
            return 1 << i
    return 0


@internal
@view
def _require_usable(job: bytes32, entry: progress.Job, suppliers: uint256):
    """
    @notice Refuse unless the authorization of each of these suppliers permits this job now.
    @dev The number of uses counts until the job has consumed its own.
    """
    registered: address = registry._at(AUTHORIZATIONS)
    counted: bool = entry.frozen == 0
    for i: uint256 in range(25):
        if suppliers & (1 << i) == 0:
            continue
        reason: String[16] = staticcall Authorizations(registered).obstacle(
            self.authorizations[job][i], entry.purpose, entry.operations, counted
        )
        if len(reason) != 0:
            raise concat("job: authorization ", reason)


@internal
def _consume(job: bytes32, entry: progress.Job):
    """
    @notice Take one use of the authorization of each supplier of this attempt; all or none.
    """
    registered: address = registry._at(AUTHORIZATIONS)
    for i: uint256 in range(25):
        if entry.suppliers & entry.members & (1 << i) != 0:
            extcall Authorizations(registered).use(
                self.authorizations[job][i], job, entry.purpose, entry.operations
            )


@internal
@view
def _require_complete(job: bytes32, entry: progress.Job, members: uint256):
    """
    @notice Refuse a set of parties that cannot carry out the job.
    """
    full: uint256 = (1 << len(self.parties[job])) - 1
    assert members & full == members, "job: parties not on the roster"
    assert members & self._bit(job, entry.requester) != 0, "job: requester takes no part"
    assert entry.contributors != 0, "job: contributors"
    assert entry.contributors <= progress._size(members & entry.suppliers), "job: contributors"
