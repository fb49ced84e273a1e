# pragma version 0.4.3
# @license Apache-2.0
# @title Requests
# @notice A department asks another for data: five grounds, an answer with a deadline, one supplement, a reasoned no.
# @dev The only way to an authorization: a yes makes one, under the request's id and with the scope asked for. It rests
#      on the catalogue entry as it stood when the request came, and begins the limit for the supply. A late answer is
#      taken and marked with its breach, for refusing it would help nobody. Deadlines are those where the owner
#      sits, fixed when the papers come in: a later change of rules or calendar moves no deadline that runs.
#      The head of the sharing body agrees to every request and every answer (article 20, rule R02).
#      Source: Regulation on Government Data Sharing, articles 15, 20 to 22 (rules R02, R05, R08 to R13).

from contracts.authorizations import standing
from contracts.modules import endorsing
from contracts.modules import grading
from contracts.modules import journal
from contracts.modules import registry
from contracts.requests import catalogued
from contracts.requests import waiting

initializes: journal
exports: (journal.history, journal.count)

interface Authorizations:
    def grant(
        id: bytes32, asset: bytes32, owner: bytes32, grantee: bytes32, scope: standing.Scope
    ): nonpayable

event RequestReceived:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    asset: bytes32
    owner: bytes32
    due: uint256
    entry: bytes32
    basis: bytes32
    scenario: bytes32
    extent: bytes32
    method: bytes32
    duration: bytes32
    purpose: bytes32
    operations: uint256
    terms: bytes32
    valid_from: uint256
    valid_until: uint256
    max_uses: uint256

event SupplementAsked:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    missing: bytes32

event AnswerExtended:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    due: uint256
    reason: bytes32

event RequestConsented:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    breach: uint256
    supply: uint256

event RequestRefused:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    breach: uint256
    rule: uint256
    reason: bytes32

event RequestWithdrawn:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32

NAME: constant(bytes32) = keccak256("Requests")
AUTHORIZATIONS: constant(bytes32) = keccak256("Authorizations")
REQUEST_RECEIVED: constant(bytes32) = keccak256(
    "RequestReceived(bytes32,uint256,uint256,bytes32,bytes32,bytes32,uint256,bytes32,bytes32,bytes32,bytes32,bytes32,bytes32,bytes32,uint256,bytes32,uint256,uint256,uint256)"
)
SUPPLEMENT_ASKED: constant(bytes32) = keccak256("SupplementAsked(bytes32,uint256,uint256,bytes32,bytes32)")
ANSWER_EXTENDED: constant(bytes32) = keccak256("AnswerExtended(bytes32,uint256,uint256,bytes32,uint256,bytes32)")
REQUEST_CONSENTED: constant(bytes32) = keccak256("RequestConsented(bytes32,uint256,uint256,bytes32,uint256,uint256)")
REQUEST_REFUSED: constant(bytes32) = keccak256("RequestRefused(bytes32,uint256,uint256,bytes32,uint256,uint256,bytes32)")
REQUEST_WITHDRAWN: constant(bytes32) = keccak256("RequestWithdrawn(bytes32,uint256,uint256,bytes32)")

requests: public(HashMap[bytes32, waiting.Request])
scopes: public(HashMap[bytes32, standing.Scope])


@external
@view
def overdue(id: bytes32) -> bool:
    """
    @notice Whether a request waits for an answer that is late.
    """
    return self.requests[id].state == waiting.RECEIVED and block.timestamp >= self.requests[id].due


@external
def submit(id: bytes32, asset: bytes32, owner: bytes32, grounds: bytes32[5], scope: standing.Scope):
    """
    @notice Ask the owner of an asset, or hand in what it found missing.
    @param grounds Salted digests of basis, scenario, extent, method and term of use (article 20), none empty.
    @param scope What the authorization is to permit.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert registry._serving(party, registry.REQUESTER), "request: party requests no data"
    assert id != empty(bytes32), "request: id missing"
    for ground: bytes32 in grounds:
        assert ground != empty(bytes32), "request: ground missing (R08)"
    standing._require_complete(scope)
    entry: waiting.Request = self.requests[id]
    if entry.state == 0:
        entry.asset = asset
        entry.owner = owner
        entry.requester = party
    else:
        assert entry.requester == party, "request: of another party"
        assert entry.state == waiting.INCOMPLETE, "request: state"
        assert entry.asset == asset and entry.owner == owner, "request: another asset"
        entry.supplemented = True
    asked: catalogued.Asset = catalogued._entry(asset, owner)
    act: Bytes[544] = abi_encode(NAME, id, journal._next(id), waiting.RECEIVED, asset, owner, grounds, scope)
    endorsing._require_endorsed(party, keccak256(act))
    entry.category = asked.category
    entry.entry = asked.document
    entry = waiting._receive(entry)
    self.requests[id] = entry
    self.scopes[id] = scope
    data: Bytes[576] = abi_encode(
        journal._next(id), waiting.RECEIVED, party, asset, owner, entry.due, entry.entry, grounds, scope
    )
    journal._record(id, REQUEST_RECEIVED, data)


@external
def ask_supplement(id: bytes32, missing: bytes32):
    """
    @notice Say, once and completely, what is missing (article 21); the deadline begins anew with the complete papers.
    """
    registry._require_open(NAME)
    entry: waiting.Request = self._answerable(id)
    assert not entry.supplemented, "request: supplemented once (R11)"
    # Or a late owner could begin anew and be in time.
    assert block.timestamp < entry.due, "request: overdue (R11)"
    assert missing != empty(bytes32), "request: reason missing (R11)"
    self.requests[id].state = waiting.INCOMPLETE
    journal._record(id, SUPPLEMENT_ASKED, abi_encode(journal._next(id), waiting.INCOMPLETE, entry.owner, missing))


@external
def extend(id: bytes32, reason: bytes32):
    """
    @notice Give the owner more time, once and before the deadline; the authority's signature (article 21).
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert registry._serving(party, registry.AUTHORITY), "request: authority only (R10)"
    assert reason != empty(bytes32), "request: reason missing (R10)"
    entry: waiting.Request = waiting._extend(self.requests[id])
    self.requests[id] = entry
    journal._record(id, ANSWER_EXTENDED, abi_encode(journal._next(id), waiting.RECEIVED, party, entry.due, reason))


@external
def consent(id: bytes32, conditions: bytes32):
    """
    @notice Say yes: the requester is authorized as it asked, under the catalogue's conditions and no others.
    @param conditions Digest of the catalogue entry the answer rests on: the one of the request's day (article 15).
    """
    registry._require_open(NAME)
    entry: waiting.Request = self._answerable(id)
    assert conditions == entry.entry, "request: conditions added (R05)"
    scope: standing.Scope = self.scopes[id]
    standing._require_complete(scope)
    grading._require_graded(entry.asset, scope.terms, entry.requester, scope.operations)
    act: bytes32 = keccak256(abi_encode(NAME, id, journal._next(id), waiting.CONSENTED, conditions))
    endorsing._require_endorsed(entry.owner, act)
    breach: uint256 = waiting._breach(entry)
    entry = waiting._consent(entry)
    self.requests[id] = entry
    journal._record(
        id, REQUEST_CONSENTED, abi_encode(journal._next(id), waiting.CONSENTED, entry.owner, breach, entry.supply)
    )
    extcall Authorizations(registry._at(AUTHORIZATIONS)).grant(id, entry.asset, entry.owner, entry.requester, scope)


@external
def refuse(id: bytes32, rule: uint256, reason: bytes32):
    """
    @notice Say no, with the rule it rests on and the reasons (article 21). Final.
    @param rule Number of the rule, whose articles the rule set names; 8, incomplete papers, only after a supplement.
    """
    registry._require_current(NAME)
    entry: waiting.Request = self._answerable(id)
    waiting._require_refusable(entry, rule, reason)
    act: bytes32 = keccak256(abi_encode(NAME, id, journal._next(id), waiting.REFUSED, rule, reason))
    endorsing._require_endorsed(entry.owner, act)
    self.requests[id].state = waiting.REFUSED
    breach: uint256 = waiting._breach(entry)
    journal._record(
        id, REQUEST_REFUSED, abi_encode(journal._next(id), waiting.REFUSED, entry.owner, breach, rule, reason)
    )


@external
def withdraw(id: bytes32):
    """
    @notice Take a request back that has no answer yet. Final.
    """
    registry._require_current(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: waiting.Request = self.requests[id]
    assert entry.state != 0, "request: unknown"
    assert entry.requester == party, "request: of another party"
    assert entry.state == waiting.RECEIVED or entry.state == waiting.INCOMPLETE, "request: state"
    self.requests[id].state = waiting.WITHDRAWN
    journal._record(id, REQUEST_WITHDRAWN, abi_encode(journal._next(id), waiting.WITHDRAWN, party))


@internal
@view
def _answerable(id: bytes32) -> waiting.Request:
    """
    @notice The request, if the caller is an officer of the owner it waits for.
    """
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: waiting.Request = self.requests[id]
    assert entry.state != 0, "request: unknown"
    assert entry.owner == party, "request: not the owner"
    assert entry.state == waiting.RECEIVED, "request: state"
    return entry
