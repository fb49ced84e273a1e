# pragma version 0.4.3
# @license Apache-2.0
# @title Revisions
# @notice A change makes a catalogue entry outdated: the owner updates it in time, the authority reviews and publishes it.
# @dev The limits are those where the owner sits, from the day of the change for the update, with one extension by the
#      authority, and from the hand-over for the review. What is late is taken and carries its breach. An entry that
#      changed without an outside cause, or a new one, may be handed over for publication as well. When a law changed
#      people say; that the entry in force is another one than at the notice the contract sees.
#      Source: Regulation on Government Data Sharing, article 17 (rule R06).

from contracts.authorizations import known
from contracts.modules import journal
from contracts.modules import registry
from contracts.requests import catalogued

initializes: journal
exports: (journal.history, journal.count)

struct Revision:
    document: bytes32
    authority: bytes32
    changed: uint256
    due: uint256
    extended: bool
    state: uint256

struct Limit:
    amount: uint256
    unit: uint256
    minimum: bool

interface Catalogue:
    def assets(asset: bytes32) -> catalogued.Asset: view

interface Regions:
    def due(party: bytes32, code: bytes32, start: uint256) -> uint256: view
    def limit(party: bytes32, code: bytes32) -> Limit: view

interface Calendar:
    def due(start: uint256, days: uint256, unit: uint256) -> uint256: view

event ChangeNoticed:
    asset: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    owner: bytes32
    cause: bytes32
    changed: uint256
    due: uint256

event UpdateExtended:
    asset: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    reason: bytes32
    due: uint256

event UpdateHandedOver:
    asset: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    authority: bytes32
    document: bytes32
    breach: uint256
    due: uint256

event EntryPublished:
    asset: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    document: bytes32
    breach: uint256

event EntryReturned:
    asset: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    owner: bytes32
    reason: bytes32
    breach: uint256
    due: uint256

NAME: constant(bytes32) = keccak256("Revisions")
CATALOGUE: constant(bytes32) = keccak256("Catalogue")
CALENDAR: constant(bytes32) = keccak256("Calendar")
UPDATE: constant(bytes32) = keccak256("catalogue-update")
EXTENSION: constant(bytes32) = keccak256("catalogue-extension")
REVIEW: constant(bytes32) = keccak256("catalogue-review")
CHANGE_NOTICED: constant(bytes32) = keccak256(
    "ChangeNoticed(bytes32,uint256,uint256,bytes32,bytes32,bytes32,uint256,uint256)"
)
UPDATE_EXTENDED: constant(bytes32) = keccak256("UpdateExtended(bytes32,uint256,uint256,bytes32,bytes32,uint256)")
UPDATE_HANDED_OVER: constant(bytes32) = keccak256(
    "UpdateHandedOver(bytes32,uint256,uint256,bytes32,bytes32,bytes32,uint256,uint256)"
)
ENTRY_PUBLISHED: constant(bytes32) = keccak256("EntryPublished(bytes32,uint256,uint256,bytes32,bytes32,uint256)")
ENTRY_RETURNED: constant(bytes32) = keccak256(
    "EntryReturned(bytes32,uint256,uint256,bytes32,bytes32,bytes32,uint256,uint256)"
)

# States of an asset's revision; none was noticed yet in 0.
OUTDATED: constant(uint256) = 1
HANDED_OVER: constant(uint256) = 2
PUBLISHED: constant(uint256) = 3

# Article 39(1): not updated as required. Article 41(3): the authority did not do its part as prescribed.
LATE: constant(uint256) = 3901
LATE_REVIEW: constant(uint256) = 4103

revisions: public(HashMap[bytes32, Revision])
# The entry of each asset that the authority published last.
published: public(HashMap[bytes32, bytes32])


@external
def notice(asset: bytes32, cause: bytes32, changed: uint256):
    """
    @notice State that a change made the entry outdated: its owner, or an authority.
    @param cause Digest of the law or duty that changed; words that can be guessed it does not hide.
    @param changed The moment of the change, from which the limit runs.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: catalogued.Asset = self._entry(asset)
    assert entry.owner == party or registry._serving(party, registry.AUTHORITY), "revision: not the owner (R06)"
    assert cause != empty(bytes32), "revision: cause missing (R06)"
    state: uint256 = self.revisions[asset].state
    assert state == 0 or state == PUBLISHED, "revision: state"
    due: uint256 = staticcall Regions(registry._at(known.REGIONS)).due(entry.owner, UPDATE, changed)
    self.revisions[asset] = Revision(
        document=entry.document, authority=empty(bytes32), changed=changed, due=due, extended=False, state=OUTDATED
    )
    data: Bytes[224] = abi_encode(journal._next(asset), OUTDATED, party, entry.owner, cause, changed, due)
    journal._record(asset, CHANGE_NOTICED, data)


@external
def extend(asset: bytes32, reason: bytes32):
    """
    @notice Give the owner more time, once and before the end; the authority's signature.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    assert registry._serving(party, registry.AUTHORITY), "revision: authority only (R06)"
    assert reason != empty(bytes32), "revision: reason missing (R06)"
    entry: Revision = self.revisions[asset]
    assert entry.state == OUTDATED, "revision: state"
    assert not entry.extended, "revision: extended once (R06)"
    assert block.timestamp < entry.due, "revision: overdue (R06)"
    owner: bytes32 = self._entry(asset).owner
    regions: Regions = Regions(registry._at(known.REGIONS))
    first: Limit = staticcall regions.limit(owner, UPDATE)
    more: Limit = staticcall regions.limit(owner, EXTENSION)
    assert first.unit == more.unit, "revision: another kind of limit"
    days: uint256 = first.amount + more.amount
    due: uint256 = staticcall Calendar(registry._at(CALENDAR)).due(entry.changed, days, first.unit)
    self.revisions[asset].due = due
    self.revisions[asset].extended = True
    data: Bytes[160] = abi_encode(journal._next(asset), OUTDATED, party, reason, due)
    journal._record(asset, UPDATE_EXTENDED, data)


@external
def hand_over(asset: bytes32, authority: bytes32):
    """
    @notice Hand the entry now in force to an authority, which reviews and publishes it.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: catalogued.Asset = self._entry(asset)
    assert entry.owner == party, "revision: not the owner (R06)"
    assert registry._serving(authority, registry.AUTHORITY), "revision: no such authority (R06)"
    held: Revision = self.revisions[asset]
    assert held.state != HANDED_OVER, "revision: state"
    before: bytes32 = held.document if held.state == OUTDATED else self.published[asset]
    assert entry.document != before, "revision: entry not updated (R06)"
    breach: uint256 = LATE if held.state == OUTDATED and block.timestamp >= held.due else 0
    due: uint256 = known._due(party, REVIEW)
    self.revisions[asset] = Revision(
        document=entry.document, authority=authority, changed=held.changed, due=due, extended=held.extended,
        state=HANDED_OVER,
    )
    data: Bytes[224] = abi_encode(journal._next(asset), HANDED_OVER, party, authority, entry.document, breach, due)
    journal._record(asset, UPDATE_HANDED_OVER, data)


@external
def publish(asset: bytes32):
    """
    @notice Publish the entry that was handed over, after review.
    """
    entry: Revision = self._reviewed(asset)
    self.revisions[asset].state = PUBLISHED
    self.published[asset] = entry.document
    breach: uint256 = self._late(entry)
    data: Bytes[160] = abi_encode(journal._next(asset), PUBLISHED, entry.authority, entry.document, breach)
    journal._record(asset, ENTRY_PUBLISHED, data)


@external
def give_back(asset: bytes32, reason: bytes32):
    """
    @notice Give the entry back with what review found; the owner's limit runs anew.
    """
    entry: Revision = self._reviewed(asset)
    assert reason != empty(bytes32), "revision: reason missing (R06)"
    owner: bytes32 = self._entry(asset).owner
    due: uint256 = known._due(owner, UPDATE)
    self.revisions[asset] = Revision(
        document=entry.document, authority=empty(bytes32), changed=block.timestamp, due=due, extended=False,
        state=OUTDATED,
    )
    breach: uint256 = self._late(entry)
    data: Bytes[224] = abi_encode(journal._next(asset), OUTDATED, entry.authority, owner, reason, breach, due)
    journal._record(asset, ENTRY_RETURNED, data)


@internal
@view
def _reviewed(asset: bytes32) -> Revision:
    """
    @notice The revision that waits for the caller's authority.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER)
    entry: Revision = self.revisions[asset]
    assert entry.state == HANDED_OVER, "revision: state"
    assert entry.authority == party, "revision: before another authority (R06)"
    return entry


@internal
@view
def _late(entry: Revision) -> uint256:
    return LATE_REVIEW if block.timestamp >= entry.due else 0


@internal
@view
def _entry(asset: bytes32) -> catalogued.Asset:
    entry: catalogued.Asset = staticcall Catalogue(registry._at(CATALOGUE)).assets(asset)
    assert entry.state != 0, "catalogue: unknown asset"
    return entry
