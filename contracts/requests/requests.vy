# pragma version 0.4.3
# @license Apache-2.0
# @title Requests
# @notice A department asks another for data: five grounds, an answer with a deadline, one supplement, a reasoned no.
# @dev Beside Authorizations: a yes names the authorization it became, which alone permits uses. A late answer is taken
#      and marked as late, for refusing it would help nobody. Deadlines are Regulation's national ones, fixed when the
#      papers come in: a later change of rules or calendar moves no deadline that runs.
#      The head of the sharing body agrees to every request and every answer (article 20, rule R02).
#      Source: Regulation on Government Data Sharing, articles 20 and 21 (rules R08 to R12).

from contracts.authorizations import standing
from contracts.modules import endorsing
from contracts.modules import journal
from contracts.modules import registry
from contracts.requests import waiting

initializes: journal
exports: (journal.history, journal.count)

struct Asset:
    owner: bytes32
    item: bytes32
    category: uint256
    grade: uint256
    document: bytes32
    versions: uint256
    rows: uint256
    commitment: bytes32
    state: uint256

interface Catalogue:
    def offered(asset: bytes32) -> bytes32: view
    def assets(asset: bytes32) -> Asset: view

interface Authorizations:
    def authorizations(id: bytes32) -> standing.Authorization: view

event RequestReceived:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    asset: bytes32
    owner: bytes32
    due: uint256
    basis: bytes32
    scenario: bytes32
    scope: bytes32
    method: bytes32
    duration: bytes32

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
    late: bool
    authorization: bytes32

event RequestRefused:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    late: bool
    rule: uint256
    reason: bytes32

event RequestWithdrawn:
    id: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32

NAME: constant(bytes32) = keccak256("Requests")
CATALOGUE: constant(bytes32) = keccak256("Catalogue")
AUTHORIZATIONS: constant(bytes32) = keccak256("Authorizations")
REQUEST_RECEIVED: constant(bytes32) = keccak256(
    "RequestReceived(bytes32,uint256,uint256,bytes32,bytes32,bytes32,uint256,bytes32,bytes32,bytes32,bytes32,bytes32)"
)
SUPPLEMENT_ASKED: constant(bytes32) = keccak256("SupplementAsked(bytes32,uint256,uint256,bytes32,bytes32)")
ANSWER_EXTENDED: constant(bytes32) = keccak256("AnswerExtended(bytes32,uint256,uint256,bytes32,uint256,bytes32)")
REQUEST_CONSENTED: constant(bytes32) = keccak256("RequestConsented(bytes32,uint256,uint256,bytes32,bool,bytes32)")
REQUEST_REFUSED: constant(bytes32) = keccak256("RequestRefused(bytes32,uint256,uint256,bytes32,bool,uint256,bytes32)")
REQUEST_WITHDRAWN: constant(bytes32) = keccak256("RequestWithdrawn(bytes32,uint256,uint256,bytes32)")

# Rules are numbered R01 to R27; R08 says what a request must contain.
LAST_RULE: constant(uint256) = 27
COMPLETENESS: constant(uint256) = 8

requests: public(HashMap[bytes32, waiting.Request])


@external
@view
def overdue(id: bytes32) -> bool:
    """
    @notice Whether a request waits for an answer that is late.
    """
    return self.requests[id].state == waiting.RECEIVED and block.timestamp >= self.requests[id].due


@external
def submit(id: bytes32, asset: bytes32, owner: bytes32, grounds: bytes32[5]):
    """
    @notice Ask the owner of an asset, or hand in what it found missing.
    @param grounds Salted digests of basis, scenario, scope, method and term of use (article 20), none empty.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert registry._serving(party, registry.REQUESTER), "request: party requests no data"
    assert id != empty(bytes32), "request: id missing"
    for ground: bytes32 in grounds:
        assert ground != empty(bytes32), "request: ground missing"
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
    offered: bytes32 = staticcall Catalogue(registry._at(CATALOGUE)).offered(asset)
    assert offered != empty(bytes32), "request: asset withdrawn"
    assert offered == owner, "request: not the owner"
    act: Bytes[352] = abi_encode(NAME, id, journal._next(id), waiting.RECEIVED, asset, owner, grounds)
    endorsing._require_endorsed(party, keccak256(act))
    catalogued: Asset = staticcall Catalogue(registry._at(CATALOGUE)).assets(asset)
    entry.category = catalogued.category
    entry = waiting._receive(entry)
    self.requests[id] = entry
    data: Bytes[352] = abi_encode(journal._next(id), waiting.RECEIVED, party, asset, owner, entry.due, grounds)
    journal._record(id, REQUEST_RECEIVED, data)


@external
def ask_supplement(id: bytes32, missing: bytes32):
    """
    @notice Say, once and completely, what is missing (article 21); the deadline begins anew with the complete papers.
    """
    registry._require_open(NAME)
    entry: waiting.Request = self._answerable(id)
    assert not entry.supplemented, "request: supplemented once"
    # Or a late owner could begin anew and be in time.
    assert block.timestamp < entry.due, "request: overdue"
    assert missing != empty(bytes32), "request: reason missing"
    self.requests[id].state = waiting.INCOMPLETE
    journal._record(id, SUPPLEMENT_ASKED, abi_encode(journal._next(id), waiting.INCOMPLETE, entry.owner, missing))


@external
def extend(id: bytes32, reason: bytes32):
    """
    @notice Give the owner more time, once and before the deadline; the authority's signature (article 21).
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert registry._serving(party, registry.AUTHORITY), "request: authority only"
    assert reason != empty(bytes32), "request: reason missing"
    entry: waiting.Request = waiting._extend(self.requests[id])
    self.requests[id] = entry
    journal._record(id, ANSWER_EXTENDED, abi_encode(journal._next(id), waiting.RECEIVED, party, entry.due, reason))


@external
def consent(id: bytes32, authorization: bytes32):
    """
    @notice Say yes, with the authorization that was granted to the requester for it.
    """
    registry._require_open(NAME)
    entry: waiting.Request = self._answerable(id)
    granted: standing.Authorization = staticcall Authorizations(registry._at(AUTHORIZATIONS)).authorizations(authorization)
    assert granted.state == standing.GRANTED, "request: not granted"
    assert granted.owner == entry.owner and granted.grantee == entry.requester, "request: other parties"
    assert granted.asset == entry.asset, "request: another asset"
    act: bytes32 = keccak256(abi_encode(NAME, id, journal._next(id), waiting.CONSENTED, authorization))
    endorsing._require_endorsed(entry.owner, act)
    self.requests[id].state = waiting.CONSENTED
    late: bool = block.timestamp >= entry.due
    journal._record(
        id, REQUEST_CONSENTED, abi_encode(journal._next(id), waiting.CONSENTED, entry.owner, late, authorization)
    )


@external
def refuse(id: bytes32, rule: uint256, reason: bytes32):
    """
    @notice Say no, with the rule it rests on and the reasons (article 21). Final.
    @param rule Number of the rule, whose articles the rule set names; 8, incomplete papers, only after a supplement.
    """
    registry._require_current(NAME)
    entry: waiting.Request = self._answerable(id)
    assert rule != 0 and rule <= LAST_RULE, "request: rule missing"
    assert rule != COMPLETENESS or entry.supplemented, "request: ask for what is missing"
    assert reason != empty(bytes32), "request: reason missing"
    act: bytes32 = keccak256(abi_encode(NAME, id, journal._next(id), waiting.REFUSED, rule, reason))
    endorsing._require_endorsed(entry.owner, act)
    self.requests[id].state = waiting.REFUSED
    late: bool = block.timestamp >= entry.due
    journal._record(id, REQUEST_REFUSED, abi_encode(journal._next(id), waiting.REFUSED, entry.owner, late, rule, reason))


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
