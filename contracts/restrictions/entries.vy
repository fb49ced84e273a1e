# pragma version 0.4.3
# @license Apache-2.0
# @title Entries
# @notice Who may write which entry about a restriction, and how one is written.
# @dev Source: Interim Regulation on Real Estate Registration (2024) articles 3 and 21; Civil Code articles 220 and 221.

from contracts.modules import journal
from contracts.modules import registry
from contracts.restrictions import burdens

uses: journal
uses: burdens

struct Unit:
    registrar: bytes32
    spatial: bytes32
    right: uint256
    holdings: bytes32
    since: uint256
    state: uint256

struct Entry:
    id: bytes32
    unit: bytes32
    kind: uint256
    holdings: bytes32
    holder: bytes32
    claim: bytes32
    rank: uint256
    until: uint256
    ban: bool
    acknowledged: bool

interface Titles:
    def units(unit: bytes32) -> Unit: view

interface Applications:
    def enter(id: bytes32, registrar: bytes32, unit: bytes32, kind: uint256): nonpayable

NAME: constant(bytes32) = keccak256("Restrictions")
TITLES: constant(bytes32) = keccak256("Titles")
APPLICATIONS: constant(bytes32) = keccak256("Applications")
RESTRICTION_ENTERED: constant(bytes32) = keccak256(
    "RestrictionEntered(bytes32,uint256,uint256,bytes32,bytes32,uint256,bytes32,bytes32,bytes32,uint256,uint256,uint256,bool)"
)
REGISTERED: constant(uint256) = 1

orders: HashMap[bytes32, bool]


@internal
@view
def _officer(role: uint256) -> bytes32:
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER | registry.AGENT_NODE)
    assert registry._serving(party, role), "restriction: not for this party"
    return party


@internal
@view
def _registrar(asked: Entry) -> bytes32:
    """
    @notice The registrar the caller acts for, if the unit is its own and held as the entry says.
    """
    party: bytes32 = self._officer(registry.REGISTRAR)
    unit: Unit = staticcall Titles(registry._at(TITLES)).units(asked.unit)
    if unit.state == 0 and asked.kind == burdens.PRENOTICE:
        assert asked.unit != empty(bytes32), "restriction: unit missing"
        assert asked.holdings == empty(bytes32), "restriction: not the holders"
        return party
    assert unit.state == REGISTERED, "restriction: unit not registered"
    assert unit.registrar == party, "restriction: of another registrar"
    assert unit.holdings == asked.holdings, "restriction: not the holders"
    return party


@internal
@view
def _own(id: bytes32) -> burdens.Restriction:
    """
    @notice A standing restriction that the caller's registrar entered.
    """
    party: bytes32 = self._officer(registry.REGISTRAR)
    entry: burdens.Restriction = burdens.restrictions[id]
    assert entry.state != 0, "restriction: unknown"
    assert entry.registrar == party, "restriction: of another registrar"
    assert entry.state == burdens.STANDING and block.timestamp < burdens._end(entry), "restriction: ended"
    return entry


@internal
def _seizure(id: bytes32, order: bytes32) -> burdens.Restriction:
    """
    @notice A seizure, held or queued, that the caller's authority imposed; uses up the order.
    """
    party: bytes32 = self._officer(registry.COURT)
    self._use(order)
    unit: bytes32 = burdens.restrictions[id].unit
    burdens._settle(unit, (staticcall Titles(registry._at(TITLES)).units(unit)).registrar)
    entry: burdens.Restriction = burdens.restrictions[id]
    assert entry.state != 0 and entry.kind == burdens.SEIZURE, "restriction: unknown"
    assert entry.holder == party, "restriction: of another authority"
    assert entry.state == burdens.STANDING, "restriction: ended"
    return entry


@internal
def _use(order: bytes32):
    assert order != empty(bytes32), "restriction: order missing"
    assert not self.orders[order], "restriction: order used"
    self.orders[order] = True


@internal
def _consume(application: bytes32, registrar: bytes32, unit: bytes32, kind: uint256):
    extcall Applications(registry._at(APPLICATIONS)).enter(application, registrar, unit, kind)


@internal
def _add(id: bytes32, source: bytes32, entry: burdens.Restriction):
    """
    @notice Put a restriction behind those that stand; they have been settled.
    """
    assert id != empty(bytes32), "restriction: id missing"
    assert burdens.restrictions[id].state == 0, "restriction: id used"
    places: uint256 = burdens.MAX_STANDING
    if entry.kind != burdens.SEIZURE:
        places -= burdens.FOR_SEIZURES
    assert len(burdens.standing[entry.unit]) < places, "restriction: too many"
    burdens.standing[entry.unit].append(id)
    self._write(id, source, entry)


@internal
def _finish(id: bytes32, source: bytes32, entry: burdens.Restriction):
    """
    @notice End a restriction by an entry; a queued seizure that holds from now on gets an entry of its own.
    """
    ended: burdens.Restriction = entry
    ended.state = burdens.ENDED
    following: bytes32 = burdens._drop(entry.unit, id)
    self._write(id, source, ended)
    if following != empty(bytes32):
        queued: burdens.Restriction = burdens.restrictions[following]
        queued.since = block.timestamp
        queued.until = burdens._day_end(block.timestamp, queued.days)
        self._write(following, source, queued)


@internal
def _write(id: bytes32, source: bytes32, entry: burdens.Restriction):
    """
    @notice Write an entry; from here on it has effect (article 21).
    """
    burdens.restrictions[id] = entry
    party: bytes32 = entry.holder if entry.kind == burdens.SEIZURE else entry.registrar
    data: Bytes[384] = abi_encode(
        journal._next(entry.unit), entry.state, party, id, entry.kind, source, entry.holder, entry.claim, entry.since,
        entry.days, entry.until, entry.ban,
    )
    journal._record(entry.unit, RESTRICTION_ENTERED, data)
