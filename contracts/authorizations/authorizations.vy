# pragma version 0.4.3
# @license Apache-2.0
# @title Authorizations
# @notice An owner lets a grantee use an asset for a purpose, by named operations, in a period, so many times.
# @dev A job consumes a use by use(). The terms (columns, text of the purpose) are off chain with both parties; here
#      is their salted digest. When a use is permitted says the module standing.

from contracts.authorizations import standing
from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

interface Catalogue:
    def offered(asset: bytes32) -> bytes32: view

event AuthorizationRequested:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    asset: bytes32
    owner: bytes32
    purpose: bytes32
    operations: uint256
    terms: bytes32
    valid_from: uint256
    valid_until: uint256
    max_uses: uint256

event AuthorizationGranted:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32

event AuthorizationRefused:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    reason: bytes32

event AuthorizationSuspended:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    reason: bytes32

event AuthorizationResumed:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32

event AuthorizationRevoked:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    reason: bytes32

event AuthorizationUsed:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    job: bytes32
    uses: uint256

NAME: constant(bytes32) = keccak256("Authorizations")
CATALOGUE: constant(bytes32) = keccak256("Catalogue")
JOBS: constant(bytes32) = keccak256("Jobs")

AUTHORIZATION_REQUESTED: constant(bytes32) = keccak256(
    "AuthorizationRequested(bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes32,uint256,bytes32,uint256,uint256,uint256)"
)
AUTHORIZATION_GRANTED: constant(bytes32) = keccak256("AuthorizationGranted(bytes32,uint256,uint256,bytes32)")
AUTHORIZATION_REFUSED: constant(bytes32) = keccak256("AuthorizationRefused(bytes32,uint256,uint256,bytes32,bytes32)")
AUTHORIZATION_SUSPENDED: constant(bytes32) = keccak256("AuthorizationSuspended(bytes32,uint256,uint256,bytes32,bytes32)")
AUTHORIZATION_RESUMED: constant(bytes32) = keccak256("AuthorizationResumed(bytes32,uint256,uint256,bytes32)")
AUTHORIZATION_REVOKED: constant(bytes32) = keccak256("AuthorizationRevoked(bytes32,uint256,uint256,bytes32,bytes32)")
AUTHORIZATION_USED: constant(bytes32) = keccak256("AuthorizationUsed(bytes32,uint256,uint256,bytes32,bytes32,uint256)")

# COUNT 1, SUM 2, MEAN 4, VARIANCE 8, HISTOGRAM 16, JOIN 32, DISTINCT 64.
ALL_OPERATIONS: constant(uint256) = 127

authorizations: public(HashMap[bytes32, standing.Authorization])


@external
@view
def obstacle(id: bytes32, purpose: bytes32, operations: uint256, counted: bool) -> String[16]:
    """
    @notice Why this use is not permitted now, as one of the fixed texts; empty if it is permitted.
    @param counted False leaves the number of uses out, for a job that has consumed its use already.
    """
    return self._obstacle(id, purpose, operations, counted)


@external
def request(
    id: bytes32,
    asset: bytes32,
    owner: bytes32,
    purpose: bytes32,
    operations: uint256,
    terms: bytes32,
    valid_from: uint256,
    valid_until: uint256,
    max_uses: uint256,
):
    """
    @notice Ask the owner of an asset (article 20: basis, scenario, scope, method and term, all inside terms).
    @param purpose Digest of the purpose code; a use must name the same one (article 25).
    @param terms Salted digest of the terms document.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert registry._serving(party, registry.REQUESTER), "authorization: party requests no data"
    assert id != empty(bytes32), "authorization: id missing"
    assert self.authorizations[id].state == 0, "authorization: exists"
    assert purpose != empty(bytes32), "authorization: purpose missing"
    assert operations != 0 and operations <= ALL_OPERATIONS, "authorization: operations"
    assert terms != empty(bytes32), "authorization: terms missing"
    assert valid_from < valid_until, "authorization: period"
    assert max_uses != 0, "authorization: uses missing"
    self._require_offered(asset, owner)
    assert block.timestamp < valid_until, "authorization: expired"
    self.authorizations[id] = standing.Authorization(
        asset=asset, owner=owner, grantee=party, purpose=purpose, operations=operations, terms=terms,
        valid_from=valid_from, valid_until=valid_until, max_uses=max_uses, uses=0, state=standing.REQUESTED,
    )
    data: Bytes[352] = abi_encode(
        journal._next(id), standing.REQUESTED, party, asset, owner, purpose, operations, terms, valid_from, valid_until, max_uses
    )
    journal._record(id, AUTHORIZATION_REQUESTED, data)


@external
def grant(id: bytes32):
    """
    @notice Say yes to the request as it stands.
    """
    party: bytes32 = self._move(id, standing.REQUESTED, standing.GRANTED)
    self._require_offered(self.authorizations[id].asset, party)
    assert block.timestamp < self.authorizations[id].valid_until, "authorization: expired"
    journal._record(id, AUTHORIZATION_GRANTED, abi_encode(journal._next(id), standing.GRANTED, party))


@external
def refuse(id: bytes32, reason: bytes32):
    """
    @notice Say no to the request. Final. A refusal has a reason (article 21).
    """
    party: bytes32 = self._move(id, standing.REQUESTED, standing.REFUSED)
    self._record_reason(id, AUTHORIZATION_REFUSED, standing.REFUSED, party, reason)


@external
def suspend(id: bytes32, reason: bytes32):
    """
    @notice Stop every use until resumed (article 27).
    """
    party: bytes32 = self._move(id, standing.GRANTED, standing.SUSPENDED)
    self._record_reason(id, AUTHORIZATION_SUSPENDED, standing.SUSPENDED, party, reason)


@external
def resume(id: bytes32):
    """
    @notice Lift a suspension.
    """
    party: bytes32 = self._move(id, standing.SUSPENDED, standing.GRANTED)
    journal._record(id, AUTHORIZATION_RESUMED, abi_encode(journal._next(id), standing.GRANTED, party))


@external
def revoke(id: bytes32, reason: bytes32):
    """
    @notice End the authorization, also a suspended one. Final.
    """
    party: bytes32 = self._move(id, standing.GRANTED, standing.REVOKED)
    self._record_reason(id, AUTHORIZATION_REVOKED, standing.REVOKED, party, reason)


@external
def use(id: bytes32, job: bytes32, purpose: bytes32, operations: uint256):
    """
    @notice Consume one use for a job; the Jobs contract calls it once a job, at the first opening.
    """
    registry._require_open(NAME)
    assert msg.sender == registry._at(JOBS), "authorization: only a job uses"
    entry: standing.Authorization = self.authorizations[id]
    reason: String[16] = self._obstacle(id, purpose, operations, True)
    if len(reason) != 0:
        raise concat("authorization: ", reason)
    self.authorizations[id].uses = entry.uses + 1
    journal._record(
        id, AUTHORIZATION_USED, abi_encode(journal._next(id), standing.GRANTED, entry.grantee, job, entry.uses + 1)
    )


@internal
@view
def _obstacle(id: bytes32, purpose: bytes32, operations: uint256, counted: bool) -> String[16]:
    entry: standing.Authorization = self.authorizations[id]
    text: String[16] = standing._obstacle(entry, purpose, operations, counted)
    if len(text) == 0 and self._offered(entry.asset) != entry.owner:
        return "asset withdrawn"
    return text


@internal
@view
def _offered(asset: bytes32) -> bytes32:
    return staticcall Catalogue(registry._at(CATALOGUE)).offered(asset)


@internal
@view
def _require_offered(asset: bytes32, owner: bytes32):
    offered: bytes32 = self._offered(asset)
    assert offered != empty(bytes32), "authorization: asset withdrawn"
    assert offered == owner, "authorization: not the owner"


@internal
def _move(id: bytes32, before: uint256, after: uint256) -> bytes32:
    """
    @notice Have the owner's officer lead an authorization from one state to another; while paused, only to a stop.
    """
    registry._require_current(NAME)
    if after == standing.GRANTED:
        registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: standing.Authorization = self.authorizations[id]
    assert entry.state != 0, "authorization: unknown"
    assert entry.owner == party, "authorization: not the owner"
    assert entry.state == before or (after == standing.REVOKED and entry.state == standing.SUSPENDED), "authorization: state"
    self.authorizations[id].state = after
    return party


@internal
def _record_reason(id: bytes32, topic: bytes32, state: uint256, party: bytes32, reason: bytes32):
    assert reason != empty(bytes32), "authorization: reason missing"
    journal._record(id, topic, abi_encode(journal._next(id), state, party, reason))
