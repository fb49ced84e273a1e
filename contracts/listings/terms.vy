# pragma version 0.4.3
# @license Apache-2.0
# @title Terms
# @notice What the quorum said of each credit list, and what follows from it for one listing at this moment.
# @dev A module of Listings; who may call is checked there.

from contracts.modules import registry

interface Calendar:
    def due(start: uint256, days: uint256, unit: uint256) -> uint256: view

struct Listed:
    keeper: bytes32
    colour: uint256
    provision: bytes32
    hearing: uint256
    answer: uint256
    repair: uint256
    term: uint256

struct Listing:
    list: bytes32
    subject: bytes32
    voice: address
    state: uint256
    days: uint256
    hearing: uint256
    published: uint256
    valid_until: uint256
    plea: uint256
    due: uint256
    heard: bool

CALENDAR: constant(bytes32) = keccak256("Calendar")

# Colours of a list.
RED: constant(uint256) = 1
BLACK: constant(uint256) = 2
# States of a listing.
ANNOUNCED: constant(uint256) = 1
PUBLISHED: constant(uint256) = 2
WITHDRAWN: constant(uint256) = 3
REPAIRED: constant(uint256) = 4
# What a subject pleads: the listing is wrong, or what it was for has been made good.
OBJECTION: constant(uint256) = 1
REPAIR: constant(uint256) = 2

DAY: constant(uint256) = 86400
WORKING: constant(uint256) = 1
# Of a quarter; beyond any time limit of an administrative procedure.
MAX_WORKING: constant(uint256) = 60
# Ten years.
MAX_TERM: constant(uint256) = 3660

lists: public(HashMap[bytes32, Listed])


@internal
def _set(list: bytes32, terms: Listed):
    assert list != empty(bytes32) and terms.keeper != empty(bytes32), "listing: keeper missing"
    assert terms.colour == RED or terms.colour == BLACK, "listing: colour"
    assert terms.provision != empty(bytes32), "listing: provision missing"
    assert terms.hearing != 0 and terms.hearing <= MAX_WORKING, "listing: time to object"
    assert terms.answer != 0 and terms.answer <= MAX_WORKING, "listing: time to answer"
    assert terms.term != 0 and terms.term <= MAX_TERM and terms.repair < terms.term, "listing: term"
    self.lists[list] = terms


@internal
@view
def _kept(list: bytes32, party: bytes32) -> Listed:
    """
    @notice The terms of a list, for the department that is competent for it.
    """
    terms: Listed = self.lists[list]
    assert terms.keeper != empty(bytes32), "listing: unknown list"
    assert terms.keeper == party, "listing: not competent"
    return terms


@internal
@view
def _due(days: uint256) -> uint256:
    """
    @notice The moment so many working days from now end.
    """
    return staticcall Calendar(registry._at(CALENDAR)).due(block.timestamp, days, WORKING)


@internal
@view
def _is_in_force(entry: Listing) -> bool:
    is_silent: bool = entry.plea == OBJECTION and block.timestamp >= entry.due
    return entry.state == PUBLISHED and block.timestamp < entry.valid_until and not is_silent


@internal
@view
def _require_pleadable(entry: Listing, plea: uint256):
    """
    @notice Refuse a plea that this listing cannot take now. Before publication an objection is heard once.
    """
    assert entry.state != 0, "listing: unknown"
    is_standing: bool = entry.state == PUBLISHED and block.timestamp < entry.valid_until
    assert entry.state == ANNOUNCED or is_standing, "listing: over"
    assert entry.plea == 0, "listing: answer awaited"
    assert plea == OBJECTION or plea == REPAIR, "listing: plea"
    if plea == REPAIR:
        ripe: uint256 = entry.published + self.lists[entry.list].repair * DAY
        assert is_standing and block.timestamp >= ripe, "listing: too early to repair"
    else:
        assert is_standing or not entry.heard, "listing: objection answered"
