# pragma version 0.4.3
# @license Apache-2.0
# @title Restrictions
# @notice What burdens a unit: mortgages by rank, seizures in their queue, objections, pre-notices, rights of residence.
# @dev Titles asks here before every disposal. Holders and claims are salted commitments. A seizure is imposed, renewed
#      and lifted by the same authority alone; the registrar only sees it. Queued seizures move up by themselves.
#      Source: Civil Code articles 220, 221, 366 and 406; Interpretation of the Civil Procedure Law (2022) article 485;
#      Interim Regulation on Real Estate Registration (2024) articles 3 and 21.

from contracts.modules import journal
from contracts.modules import registry
from contracts.restrictions import burdens
from contracts.restrictions import entries

initializes: journal
initializes: burdens
initializes: entries[journal := journal, burdens := burdens]
exports: (journal.history, journal.count, burdens.restrictions)

interface Titles:
    def units(unit: bytes32) -> entries.Unit: view

event RestrictionEntered:
    unit: indexed(bytes32)
    n: uint256
    state: uint256
    party: bytes32
    id: bytes32
    kind: uint256
    source: bytes32
    holder: bytes32
    claim: bytes32
    since: uint256
    days: uint256
    until: uint256
    ban: bool

TITLES: constant(bytes32) = keccak256("Titles")

# Types of registration (article 3).
FIRST: constant(uint256) = 1
ALTERATION: constant(uint256) = 2
CANCELLATION: constant(uint256) = 4
OBJECTION_TYPE: constant(uint256) = 6
PRENOTICE_TYPE: constant(uint256) = 7

# Civil Code 220 and 221; three years as days, so never longer.
SUIT_DAYS: constant(uint256) = 15
PRENOTICE_DAYS: constant(uint256) = 90
SEIZURE_DAYS: constant(uint256) = 3 * 365
# Or renewals could be piled up far beyond three years.
RENEWAL_SPAN: constant(uint256) = 90 * 86400


@external
@view
def obstacle(unit: bytes32, registrar: bytes32, beneficiary: bytes32, acknowledged: bool) -> String[40]:
    """
    @notice Why a transfer is not permitted now, empty if it is.
    @param registrar The unit's: pre-notices that others entered before its first registration do not count.
    """
    return burdens._obstacle(unit, registrar, beneficiary, acknowledged, True)


@external
@view
def seized(unit: bytes32) -> bool:
    """
    @notice Whether a seizure holds now.
    """
    return burdens._holding(unit)[0] != empty(bytes32)


@external
@view
def relied(unit: bytes32, registrar: bytes32) -> bool:
    """
    @notice Whether somebody else's right, given by the holders of a unit, stands now.
    """
    return burdens._stands(unit, registrar, True)


@external
@view
def burdened(unit: bytes32, registrar: bytes32) -> bool:
    """
    @notice Whether anything stands against a unit now.
    """
    return burdens._holding(unit)[0] != empty(bytes32) or burdens._stands(unit, registrar, False)


@external
@view
def standing(unit: bytes32) -> DynArray[bytes32, 32]:
    """
    @notice What was registered against a unit and not ended by an entry, in the order of registration.
    """
    return burdens.standing[unit]


@external
def enter(application: bytes32, asked: entries.Entry):
    """
    @notice Register a mortgage, objection, pre-notice, right of residence or responsibility.
    @dev A pre-notice of a unit still to be built names a unit that the register does not have, without holders.
    """
    party: bytes32 = entries._registrar(asked)
    burdens._settle(asked.unit, party if asked.holdings != empty(bytes32) else empty(bytes32))
    kind: uint256 = asked.kind
    assert kind != 0 and kind <= burdens.RESPONSIBILITY and kind != burdens.SEIZURE, "restriction: kind"
    if kind == burdens.MORTGAGE or kind == burdens.PRENOTICE or kind == burdens.RESIDENCE:
        obstacle: String[40] = burdens._obstacle(
            asked.unit, party, empty(bytes32), asked.acknowledged, False
        )
        assert obstacle == "", obstacle
    assert asked.holder != empty(bytes32), "restriction: holder missing"
    assert asked.claim != empty(bytes32), "restriction: claim missing"
    assert asked.until == 0 or asked.until > block.timestamp, "restriction: ends before it begins"
    assert asked.until == 0 or kind == burdens.RESIDENCE, "restriction: no term of its own"
    assert not asked.ban or kind == burdens.MORTGAGE, "restriction: only a mortgage bans"
    assert asked.rank == (burdens._ranked(asked.unit) + 1 if kind == burdens.MORTGAGE else 0), "restriction: rank"
    entries._consume(application, party, asked.unit, self._type(kind))
    entries._add(asked.id, application, burdens.Restriction(
        unit=asked.unit, registrar=party, kind=kind, holder=asked.holder, claim=asked.claim, entered=block.timestamp,
        since=0 if kind == burdens.PRENOTICE else block.timestamp, days=self._days(kind), until=asked.until,
        ban=asked.ban, state=burdens.STANDING,
    ))


@external
def begin(id: bytes32, source: bytes32):
    """
    @notice The unit of a pre-notice can be registered from now on: its ninety days begin (Civil Code 221).
    """
    entry: burdens.Restriction = entries._own(id)
    assert entry.kind == burdens.PRENOTICE and entry.since == 0, "restriction: not a waiting pre-notice"
    assert source != empty(bytes32), "restriction: source missing"
    entry.since = block.timestamp
    entries._write(id, source, entry)


@external
def sue(id: bytes32, source: bytes32):
    """
    @notice The objector has sued in time: the objection stays until it is released (Civil Code 220).
    """
    entry: burdens.Restriction = entries._own(id)
    assert entry.kind == burdens.OBJECTION and entry.days != 0, "restriction: no objection without suit"
    assert source != empty(bytes32), "restriction: source missing"
    entry.days = 0
    entries._write(id, source, entry)


@external
def allow(application: bytes32, id: bytes32, ban: bool):
    """
    @notice Agree or give up that a mortgage bans transfers.
    """
    entry: burdens.Restriction = entries._own(id)
    assert entry.kind == burdens.MORTGAGE, "restriction: only a mortgage bans"
    assert entry.ban != ban, "restriction: nothing changes"
    entries._consume(application, entry.registrar, entry.unit, ALTERATION)
    entry.ban = ban
    entries._write(id, application, entry)


@external
def release(application: bytes32, id: bytes32):
    """
    @notice Cancel what was registered by application. Its history stays.
    """
    entry: burdens.Restriction = entries._own(id)
    entries._consume(application, entry.registrar, entry.unit, CANCELLATION)
    entries._finish(id, application, entry)


@external
def seize(id: bytes32, unit: bytes32, order: bytes32, days: uint256):
    """
    @notice Seize a unit, or queue behind whoever has; the seizing authority's officer.
    @param order Salted digest of the order; each works once.
    @param days At most three years, from the day on which the seizure begins to hold.
    """
    party: bytes32 = entries._officer(registry.COURT)
    entries._use(order)
    registered: entries.Unit = staticcall Titles(registry._at(TITLES)).units(unit)
    assert registered.state == entries.REGISTERED, "restriction: unit not registered"
    assert days != 0 and days <= SEIZURE_DAYS, "restriction: term"
    burdens._settle(unit, registered.registrar)
    holds: bool = burdens._holding(unit)[0] == empty(bytes32)
    entries._add(id, order, burdens.Restriction(
        unit=unit, registrar=empty(bytes32), kind=burdens.SEIZURE, holder=party, claim=empty(bytes32),
        entered=block.timestamp, since=block.timestamp if holds else 0, days=days,
        until=burdens._day_end(block.timestamp, days) if holds else 0, ban=False, state=burdens.STANDING,
    ))


@external
def renew(id: bytes32, order: bytes32, days: uint256):
    """
    @notice Prolong a seizure that holds, in its last ninety days, by at most three years from its end.
    """
    entry: burdens.Restriction = entries._seizure(id, order)
    assert days != 0 and days <= SEIZURE_DAYS, "restriction: term"
    assert burdens._holding(entry.unit)[0] == id, "restriction: does not hold"
    assert block.timestamp + RENEWAL_SPAN >= entry.until, "restriction: too early"
    entry.until = burdens._day_end(entry.until - 1, days)
    entry.days = days
    entries._write(id, order, entry)


@external
def lift(id: bytes32, order: bytes32):
    """
    @notice Lift a seizure; the next in the queue holds from now on.
    """
    entries._finish(id, order, entries._seizure(id, order))


@internal
@pure
def _type(kind: uint256) -> uint256:
    """
    @notice The type of registration by which a restriction enters the register.
    """
    if kind == burdens.OBJECTION:
        return OBJECTION_TYPE
    return PRENOTICE_TYPE if kind == burdens.PRENOTICE else FIRST


@internal
@pure
def _days(kind: uint256) -> uint256:
    """
    @notice How many days a restriction has by law, zero for no limit.
    """
    if kind == burdens.OBJECTION:
        return SUIT_DAYS
    return PRENOTICE_DAYS if kind == burdens.PRENOTICE else 0
