# pragma version 0.4.3
# @license Apache-2.0
# @title Titles
# @notice The living register: units, the right in each with its shares, and every entry that changed them.
# @dev A right changes by an entry and never before. Each entry states whom it takes the right from, so of two entries
#      about one state only the first holds. What burdens a unit is in Restrictions, which permits or forbids a disposal.
#      The registrar answers for having examined the applicants' signatures (article 18): the contract sees commitments.
#      Source: Interim Regulation on Real Estate Registration (2024); Civil Code articles 209 to 221.

from contracts.modules import journal
from contracts.modules import registry
from contracts.titles import holding
from contracts.titles import inclusion
from contracts.titles import register

initializes: journal
initializes: register[journal := journal]
exports: (journal.history, journal.count, register.units)

interface Applications:
    def enter(id: bytes32, registrar: bytes32, unit: bytes32, kind: uint256): nonpayable

interface Restrictions:
    def obstacle(unit: bytes32, registrar: bytes32, beneficiary: bytes32, acknowledged: bool) -> String[40]: view
    def seized(unit: bytes32) -> bool: view
    def relied(unit: bytes32, registrar: bytes32) -> bool: view

interface Notary:
    def root_at(stream: bytes32, size: uint256) -> bytes32: view
    def anchored(stream: bytes32) -> (uint256, bytes32, bytes32): view

struct Part:
    unit: bytes32
    spatial: bytes32

struct Joined:
    unit: bytes32
    held: holding.Holdings

event TitleEntered:
    unit: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    kind: uint256
    source: bytes32
    origin: bytes32
    spatial: bytes32
    right: uint256
    holders: DynArray[bytes32, 16]
    numerators: DynArray[uint256, 16]
    denominator: uint256

APPLICATIONS: constant(bytes32) = keccak256("Applications")
RESTRICTIONS: constant(bytes32) = keccak256("Restrictions")
NOTARY: constant(bytes32) = keccak256("Notary")

# Types of registration (article 3) that change a title; 9 opens a unit from its historical record.
FIRST: constant(uint256) = 1
ALTERATION: constant(uint256) = 2
TRANSFER: constant(uint256) = 3
CANCELLATION: constant(uint256) = 4
CORRECTION: constant(uint256) = 5
OPENING: constant(uint256) = 9


@external
@view
def holdings(unit: bytes32) -> bytes32:
    """
    @notice The digest of who holds the right in which shares; zero unless the unit is registered.
    """
    found: register.Unit = register.units[unit]
    return found.holdings if found.state == register.REGISTERED else empty(bytes32)


@external
def first(application: bytes32, unit: bytes32, spatial: bytes32, right: uint256, held: holding.Holdings):
    """
    @notice First registration of a unit that has never been in any register.
    @param unit HMAC of the unit code under the registrar's key.
    @param spatial Salted digest of the spatial unit: boundary, area, address.
    """
    party: bytes32 = register._registrar()
    entry: register.Unit = register._new(party, unit, spatial, right, held)
    self._consume(application, party, unit, FIRST)
    register._enter(unit, entry, FIRST, application, empty(bytes32), held)


@external
def open_record(
    unit: bytes32,
    spatial: bytes32,
    right: uint256,
    held: holding.Holdings,
    last: bytes32,
    stream: bytes32,
    size: uint256,
    index: uint256,
    salt: bytes16,
    path: DynArray[bytes32, 40],
):
    """
    @notice Bring a unit from the historical stream into the living register, once, as its extract states it.
    @param last Hash over the unit's historical records in their order, which the extract closes.
    @param stream The registrar's own stream of extracts, anchored at exactly this size.
    """
    party: bytes32 = register._registrar()
    entry: register.Unit = register._new(party, unit, spatial, right, held)
    assert (staticcall Notary(registry._at(NOTARY)).anchored(stream))[2] == party, "title: stream of another registrar"
    root: bytes32 = staticcall Notary(registry._at(NOTARY)).root_at(stream, size)
    assert root != empty(bytes32), "title: no such anchor"
    leaf: bytes32 = inclusion._leaf(salt, unit, spatial, right, entry.holdings, last)
    assert inclusion._root(leaf, index, size, path) == root, "title: not in the stream"
    register._enter(unit, entry, OPENING, leaf, stream, held)


@external
def alter(application: bytes32, unit: bytes32, spatial: bytes32, before: holding.Holdings, after: holding.Holdings):
    """
    @notice Alteration: the unit's description, or a holder's name or number; nobody's share.
    """
    entry: register.Unit = register._held(unit, before)
    held: bytes32 = entry.holdings
    entry.spatial = spatial
    entry.holdings = holding._digest(after)
    assert spatial != empty(bytes32), "title: spatial unit missing"
    # A new name is no disposal, but the contract cannot tell a new name from another person.
    if entry.holdings != held:
        self._require_free(unit, entry, True)
    assert holding._same_shares(before, after), "title: an alteration moves no share"
    self._consume(application, entry.registrar, unit, ALTERATION)
    register._enter(unit, entry, ALTERATION, application, empty(bytes32), after)


@external
def transfer(
    application: bytes32, unit: bytes32, before: holding.Holdings, after: holding.Holdings, acknowledged: bool
):
    """
    @notice Transfer of the right or of shares in it. Mortgages follow the unit (Civil Code 406).
    @param acknowledged The acquirers know of a registered objection and accept its risk.
    """
    entry: register.Unit = register._held(unit, before)
    held: bytes32 = entry.holdings
    entry.holdings = holding._digest(after)
    assert entry.holdings != held, "title: nothing changes"
    self._require_free(unit, entry, acknowledged)
    self._consume(application, entry.registrar, unit, TRANSFER)
    register._enter(unit, entry, TRANSFER, application, empty(bytes32), after)


@external
def correct(
    application: bytes32,
    unit: bytes32,
    spatial: bytes32,
    before: holding.Holdings,
    after: holding.Holdings,
    reason: bytes32,
):
    """
    @notice Correction of an error in the register, with its reason; what stood before stays in the history.
    @dev Holders on whom another's right has come to rest are not corrected away (Implementing Rules, articles 80, 81).
    @param application Empty where the registrar corrects of its own motion (Civil Code 220).
    """
    entry: register.Unit = register._held(unit, before)
    assert reason != empty(bytes32), "title: reason missing"
    assert spatial != empty(bytes32), "title: spatial unit missing"
    assert not staticcall Restrictions(registry._at(RESTRICTIONS)).seized(unit), "title: under seizure"
    held: bytes32 = entry.holdings
    entry.spatial = spatial
    entry.holdings = holding._digest(after)
    if entry.holdings != held:
        relied: bool = staticcall Restrictions(registry._at(RESTRICTIONS)).relied(unit, entry.registrar)
        assert not relied, "title: another right relies on it"
    if application != empty(bytes32):
        self._consume(application, entry.registrar, unit, CORRECTION)
    register._enter(unit, entry, CORRECTION, reason, application, after)


@external
def cancel(application: bytes32, unit: bytes32, before: holding.Holdings):
    """
    @notice Cancellation: the unit is lost or the right given up. Final, and only without burdens.
    """
    entry: register.Unit = register._unburdened(unit, before)
    self._consume(application, entry.registrar, unit, CANCELLATION)
    entry.state = register.CANCELLED
    register._enter(unit, entry, CANCELLATION, application, empty(bytes32), before)


@external
def divide(application: bytes32, unit: bytes32, parts: DynArray[Part, 16], held: holding.Holdings):
    """
    @notice Split a unit without burdens into parts, held by the same holders in the same shares.
    """
    entry: register.Unit = register._unburdened(unit, held)
    assert len(parts) > 1, "title: at least two parts"
    self._consume(application, entry.registrar, unit, ALTERATION)
    for part: Part in parts:
        made: register.Unit = register._new(entry.registrar, part.unit, part.spatial, entry.right, held)
        register._enter(part.unit, made, ALTERATION, application, unit, held)
    entry.state = register.SUCCEEDED
    register._enter(unit, entry, ALTERATION, application, keccak256(abi_encode(parts)), held)


@external
def merge(application: bytes32, parts: DynArray[Joined, 16], into: Part, held: holding.Holdings):
    """
    @notice Merge units without burdens that the same holders hold in the same shares; the application is the first's.
    @dev A holder has another commitment in each unit: that they are the same the registrar answers for.
    """
    registrar: bytes32 = register._registrar()
    assert len(parts) > 1, "title: at least two parts"
    right: uint256 = register.units[parts[0].unit].right
    units: DynArray[bytes32, 16] = []
    self._consume(application, registrar, parts[0].unit, ALTERATION)
    for part: Joined in parts:
        entry: register.Unit = register._unburdened(part.unit, part.held)
        assert entry.right == right, "title: another kind of right"
        assert holding._same_shares(part.held, held), "title: a merger moves no share"
        entry.state = register.SUCCEEDED
        register._enter(part.unit, entry, ALTERATION, application, into.unit, part.held)
        units.append(part.unit)
    made: register.Unit = register._new(registrar, into.unit, into.spatial, right, held)
    register._enter(into.unit, made, ALTERATION, application, keccak256(abi_encode(units)), held)


@internal
@view
def _require_free(unit: bytes32, after: register.Unit, acknowledged: bool):
    """
    @notice Refuse other holders where something registered stands in the way.
    """
    obstacle: String[40] = staticcall Restrictions(registry._at(RESTRICTIONS)).obstacle(
        unit, after.registrar, after.holdings, acknowledged
    )
    assert obstacle == "", obstacle


@internal
def _consume(application: bytes32, registrar: bytes32, unit: bytes32, kind: uint256):
    extcall Applications(registry._at(APPLICATIONS)).enter(application, registrar, unit, kind)
