# pragma version 0.4.3
# @license Apache-2.0
# @title Authorizations
# @notice An owner lets a grantee use an asset for a purpose, by named operations, in a period, so many times.
# @dev Made by Requests out of an answered request, or by Returns out of a claim, under its id. A job consumes a use by use(). The
#      terms (columns, text of the purpose) are off chain with both parties; here is their salted digest. When a use is
#      permitted says the module standing.
#      Source: Regulation on Government Data Sharing, articles 25 and 27 (rules R15, R18 to R20).

from contracts.authorizations import standing
from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

interface Catalogue:
    def offered(asset: bytes32) -> bytes32: view

interface Terminations:
    def filed(authorization: bytes32) -> bool: view

event AuthorizationGranted:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    grantee: bytes32
    asset: bytes32
    purpose: bytes32
    operations: uint256
    terms: bytes32
    valid_from: uint256
    valid_until: uint256
    max_uses: uint256

event AuthorizationSuspended:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    reason: bytes32
    breach: uint256

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

event AuthorizationDisposed:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    certificate: bytes32

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
REQUESTS: constant(bytes32) = keccak256("Requests")
RETURNS: constant(bytes32) = keccak256("Returns")
TERMINATIONS: constant(bytes32) = keccak256("Terminations")

AUTHORIZATION_GRANTED: constant(bytes32) = keccak256(
    "AuthorizationGranted(bytes32,uint256,uint256,bytes32,bytes32,bytes32,bytes32,uint256,bytes32,uint256,uint256,uint256)"
)
AUTHORIZATION_SUSPENDED: constant(bytes32) = keccak256(
    "AuthorizationSuspended(bytes32,uint256,uint256,bytes32,bytes32,uint256)"
)
AUTHORIZATION_RESUMED: constant(bytes32) = keccak256("AuthorizationResumed(bytes32,uint256,uint256,bytes32)")
AUTHORIZATION_REVOKED: constant(bytes32) = keccak256("AuthorizationRevoked(bytes32,uint256,uint256,bytes32,bytes32)")
AUTHORIZATION_DISPOSED: constant(bytes32) = keccak256("AuthorizationDisposed(bytes32,uint256,uint256,bytes32,bytes32)")
AUTHORIZATION_USED: constant(bytes32) = keccak256("AuthorizationUsed(bytes32,uint256,uint256,bytes32,bytes32,uint256)")

# Breaches of those who use data are the items of article 40: 4001 is 40(1), 4007 is 40(7).
FIRST_BREACH: constant(uint256) = 4001
LAST_BREACH: constant(uint256) = 4007

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
def grant(id: bytes32, asset: bytes32, owner: bytes32, grantee: bytes32, scope: standing.Scope):
    """
    @notice Enter what an owner consented to, or owes a region below; only Requests and Returns call it (articles 21, 24).
    """
    registry._require_open(NAME)
    asked: bool = msg.sender == registry._at(REQUESTS) or msg.sender == registry._at(RETURNS)
    assert asked, "authorization: only a request is granted (R08)"
    assert self.authorizations[id].state == 0, "authorization: exists"
    assert self._offered(asset) == owner, "authorization: asset withdrawn"
    self.authorizations[id] = standing.Authorization(
        asset=asset, owner=owner, grantee=grantee, purpose=scope.purpose, operations=scope.operations,
        terms=scope.terms, valid_from=scope.valid_from, valid_until=scope.valid_until, max_uses=scope.max_uses,
        uses=0, state=standing.GRANTED, suspended_by=empty(bytes32),
    )
    journal._record(
        id,
        AUTHORIZATION_GRANTED,
        abi_encode(journal._next(id), standing.GRANTED, owner, grantee, asset, scope),
    )


@external
def suspend(id: bytes32, reason: bytes32, breach: uint256):
    """
    @notice Stop every use until resumed: the owner, or an authority (article 27).
    @param breach Item of article 40 that was found, 4002 for 40(2); zero for a doubt.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: standing.Authorization = self._known(id)
    assert entry.owner == party or registry._serving(party, registry.AUTHORITY), "authorization: not the owner"
    assert entry.state == standing.GRANTED, "authorization: state"
    assert reason != empty(bytes32), "authorization: reason missing (R20)"
    assert breach == 0 or (breach >= FIRST_BREACH and breach <= LAST_BREACH), "authorization: unknown breach (R27)"
    self.authorizations[id].state = standing.SUSPENDED
    self.authorizations[id].suspended_by = party
    journal._record(
        id, AUTHORIZATION_SUSPENDED, abi_encode(journal._next(id), standing.SUSPENDED, party, reason, breach)
    )


@external
def resume(id: bytes32):
    """
    @notice Lift a suspension: whoever ordered it.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: standing.Authorization = self._known(id)
    assert entry.state == standing.SUSPENDED, "authorization: state"
    assert entry.suspended_by == party, "authorization: suspended by another party (R19)"
    self.authorizations[id].state = standing.GRANTED
    self.authorizations[id].suspended_by = empty(bytes32)
    journal._record(id, AUTHORIZATION_RESUMED, abi_encode(journal._next(id), standing.GRANTED, party))


@external
def revoke(id: bytes32, reason: bytes32):
    """
    @notice End the authorization. Final. The owner, after consultation and filing; or the authority that suspended it.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: standing.Authorization = self._known(id)
    assert entry.owner == party or self._ordered(entry, party), "authorization: not the owner"
    assert entry.state == standing.GRANTED or entry.state == standing.SUSPENDED, "authorization: state"
    assert reason != empty(bytes32), "authorization: reason missing (R20)"
    if entry.owner == party:
        filed: bool = staticcall Terminations(registry._at(TERMINATIONS)).filed(id)
        assert filed, "authorization: end not consulted on and filed (R20)"
    self.authorizations[id].state = standing.REVOKED
    journal._record(id, AUTHORIZATION_REVOKED, abi_encode(journal._next(id), standing.REVOKED, party, reason))


@external
def dispose(id: bytes32, certificate: bytes32):
    """
    @notice State that what was supplied is disposed of as the owner requires, its purpose over (article 27). Final.
    @param certificate Digest of the grantee's certificate: what was destroyed, where, by whom.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: standing.Authorization = self._known(id)
    assert entry.grantee == party, "authorization: not the grantee (R18)"
    assert entry.state != standing.DISPOSED, "authorization: disposed (R18)"
    assert certificate != empty(bytes32), "authorization: certificate missing (R18)"
    self.authorizations[id].state = standing.DISPOSED
    journal._record(id, AUTHORIZATION_DISPOSED, abi_encode(journal._next(id), standing.DISPOSED, party, certificate))


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
def _ordered(entry: standing.Authorization, party: bytes32) -> bool:
    """
    @notice Whether a party is the authority that has ordered the suspension an authorization is under.
    """
    suspended: bool = entry.state == standing.SUSPENDED and entry.suspended_by == party
    return suspended and registry._serving(party, registry.AUTHORITY)


@internal
@view
def _known(id: bytes32) -> standing.Authorization:
    entry: standing.Authorization = self.authorizations[id]
    assert entry.state != 0, "authorization: unknown"
    return entry
