# pragma version 0.4.3
# @license Apache-2.0
# @title Register
# @notice What a unit is in the living register, and the one place where an entry is written.
# @dev Source: ISO 19152 (LADM), LA_BAUnit; Interim Regulation on Real Estate Registration (2024), article 8.

from contracts.modules import journal
from contracts.modules import registry
from contracts.titles import holding

uses: journal

struct Unit:
    registrar: bytes32
    spatial: bytes32
    right: uint256
    holdings: bytes32
    since: uint256
    state: uint256

interface Restrictions:
    def seized(unit: bytes32) -> bool: view
    def burdened(unit: bytes32, registrar: bytes32) -> bool: view

NAME: constant(bytes32) = keccak256("Titles")
RESTRICTIONS: constant(bytes32) = keccak256("Restrictions")
TITLE_ENTERED: constant(bytes32) = keccak256(
    "TitleEntered(bytes32,uint256,uint256,bytes32,uint256,bytes32,bytes32,bytes32,uint256,bytes32[],uint256[],uint256)"
)

# Kinds of rights, numbered as the items of article 5. The ninth, mortgages, stands in Restrictions.
LAST_RIGHT: constant(uint256) = 10
MORTGAGE: constant(uint256) = 9

REGISTERED: constant(uint256) = 1
CANCELLED: constant(uint256) = 2
SUCCEEDED: constant(uint256) = 3

units: public(HashMap[bytes32, Unit])


@internal
@view
def _registrar() -> bytes32:
    """
    @notice The registrar the caller acts for, while the register is open.
    """
    registry._require_open(NAME)
    party: bytes32 = registry._acting(msg.sender, registry.AGENT_OFFICER | registry.AGENT_NODE)
    assert registry._serving(party, registry.REGISTRAR), "title: registrar only"
    return party


@internal
@view
def _new(party: bytes32, unit: bytes32, spatial: bytes32, right: uint256, held: holding.Holdings) -> Unit:
    """
    @notice A unit that no register has held yet.
    """
    assert unit != empty(bytes32), "title: unit missing"
    assert self.units[unit].state == 0, "title: registered already"
    assert spatial != empty(bytes32), "title: spatial unit missing"
    assert right != 0 and right <= LAST_RIGHT and right != MORTGAGE, "title: kind of right"
    return Unit(
        registrar=party, spatial=spatial, right=right, holdings=holding._digest(held), since=0, state=REGISTERED
    )


@internal
@view
def _held(unit: bytes32, before: holding.Holdings) -> Unit:
    """
    @notice The registered unit of the caller, if it is held as the entry says.
    """
    party: bytes32 = self._registrar()
    entry: Unit = self.units[unit]
    assert entry.state != 0, "title: unknown"
    assert entry.registrar == party, "title: of another registrar"
    assert entry.state == REGISTERED, "title: state"
    assert entry.holdings == holding._digest(before), "title: not the holders"
    return entry


@internal
@view
def _unburdened(unit: bytes32, before: holding.Holdings) -> Unit:
    """
    @notice The same, if nothing is registered against it.
    """
    entry: Unit = self._held(unit, before)
    assert not staticcall Restrictions(registry._at(RESTRICTIONS)).burdened(unit, entry.registrar), "title: burdened"
    return entry


@internal
def _enter(unit: bytes32, after: Unit, kind: uint256, source: bytes32, origin: bytes32, held: holding.Holdings):
    """
    @notice Write an entry; from here on it has effect (article 21).
    """
    entry: Unit = after
    entry.since = block.timestamp
    self.units[unit] = entry
    data: Bytes[1504] = abi_encode(
        journal._next(unit), entry.state, entry.registrar, kind, source, origin, entry.spatial, entry.right,
        held.holders, held.numerators, held.denominator,
    )
    journal._record(unit, TITLE_ENTERED, data)
