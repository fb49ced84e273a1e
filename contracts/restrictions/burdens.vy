# pragma version 0.4.3
# @license Apache-2.0
# @title Burdens
# @notice What a registered restriction is, whether it stands at a moment, and which of several seizures holds.
# @dev Ends are derived from time and never swept. The first standing seizure of a unit has a start; those behind it
#      are queued and start one after the other, when all before have ended.
#      Source: Civil Code articles 220, 221, 366 and 406; Interpretation of the Civil Procedure Law (2022) article 485.

from contracts.modules import registry

struct Restriction:
    unit: bytes32
    registrar: bytes32
    kind: uint256
    holder: bytes32
    claim: bytes32
    entered: uint256
    since: uint256
    days: uint256
    until: uint256
    ban: bool
    state: uint256

CALENDAR: constant(bytes32) = keccak256("Calendar")
CALENDAR_DAYS: constant(uint256) = 2

MORTGAGE: constant(uint256) = 1
SEIZURE: constant(uint256) = 2
OBJECTION: constant(uint256) = 3
PRENOTICE: constant(uint256) = 4
RESIDENCE: constant(uint256) = 5
RESPONSIBILITY: constant(uint256) = 6

STANDING: constant(uint256) = 1
ENDED: constant(uint256) = 2

# Whoever is without an end of his own ends here.
NEVER: constant(uint256) = max_value(uint256)
DAY: constant(uint256) = 86400
UTC_OFFSET: constant(uint256) = 8 * 3600
MAX_STANDING: constant(uint256) = 32
# Places that only seizures take: no registrar keeps an authority out by filling a unit with entries.
FOR_SEIZURES: constant(uint256) = 8

restrictions: public(HashMap[bytes32, Restriction])
standing: HashMap[bytes32, DynArray[bytes32, MAX_STANDING]]


@internal
@pure
def _day_end(start: uint256, days: uint256) -> uint256:
    """
    @notice The end, at 24:00 in UTC+8, of the last of so many days; the day of the start does not count.
    """
    return ((start + UTC_OFFSET) // DAY + days + 1) * DAY - UTC_OFFSET


@internal
@view
def _end(entry: Restriction) -> uint256:
    """
    @notice When a restriction other than a seizure lapses.
    @dev The end of a limit of days rolls over holidays (Civil Code 203). The Calendar is asked only after the plain
         end, when those days should be known; where they are not, two weeks stand in, longer than any holiday.
    """
    if entry.until != 0:
        return entry.until
    if entry.days == 0 or entry.since == 0:
        return NEVER
    plain: uint256 = self._day_end(entry.since, entry.days)
    if block.timestamp < plain:
        return plain
    late: uint256 = plain + 14 * DAY
    if block.timestamp >= late:
        return late
    known: bool = False
    answer: Bytes[32] = b""
    known, answer = raw_call(
        registry._at(CALENDAR),
        abi_encode(entry.since, entry.days, CALENDAR_DAYS, method_id=method_id("due(uint256,uint256,uint256)")),
        max_outsize=32, is_static_call=True, revert_on_failure=False,
    )
    return convert(answer, uint256) if known else late


@internal
@view
def _holding(unit: bytes32) -> (bytes32, uint256, uint256):
    """
    @notice The seizure that holds now, its start and end; all zero if none does.
    """
    free: uint256 = 0
    for id: bytes32 in self.standing[unit]:
        entry: Restriction = self.restrictions[id]
        if entry.kind != SEIZURE:
            continue
        start: uint256 = entry.since if entry.since != 0 else free
        end: uint256 = entry.until if entry.since != 0 else self._day_end(free - 1, entry.days)
        if block.timestamp < end:
            return id, start, end
        free = end
    return empty(bytes32), 0, 0


@internal
@view
def _obstacle(unit: bytes32, registrar: bytes32, beneficiary: bytes32, acknowledged: bool, transfers: bool) -> String[40]:
    """
    @notice Why a disposal is not permitted now; empty if it is.
    @param beneficiary Digest of the holdings it leads to; a pre-notice of exactly these does not stand in its way.
    """
    if self._holding(unit)[0] != empty(bytes32):
        return "restriction: under seizure"
    for id: bytes32 in self.standing[unit]:
        entry: Restriction = self.restrictions[id]
        if entry.kind == SEIZURE or block.timestamp >= self._end(entry):
            continue
        if entry.kind == PRENOTICE and entry.registrar == registrar and entry.claim != beneficiary:
            return "restriction: pre-notice of another"
        if entry.kind == OBJECTION and not acknowledged:
            return "restriction: objection not accepted"
        if entry.kind == MORTGAGE and entry.ban and transfers:
            return "restriction: mortgage bans transfer"
    return ""


@internal
@view
def _stands(unit: bytes32, registrar: bytes32, given: bool) -> bool:
    """
    @notice Whether anything but a seizure stands against a unit of a registrar.
    @param given Only what the holders gave: a mortgage, pre-notice or right of residence.
    """
    for id: bytes32 in self.standing[unit]:
        entry: Restriction = self.restrictions[id]
        if entry.kind == SEIZURE or entry.registrar != registrar or block.timestamp >= self._end(entry):
            continue
        if not given or entry.kind == MORTGAGE or entry.kind == PRENOTICE or entry.kind == RESIDENCE:
            return True
    return False


@internal
@view
def _ranked(unit: bytes32) -> uint256:
    """
    @notice How many mortgages stand; the next one ranks behind them.
    """
    count: uint256 = 0
    for id: bytes32 in self.standing[unit]:
        if self.restrictions[id].kind == MORTGAGE:
            count += 1
    return count


@internal
def _settle(unit: bytes32, registrar: bytes32):
    """
    @notice Write down what time has done: drop what lapsed, and give the seizure that holds now its start and end.
    @param registrar The unit's, empty before its first registration: pre-notices of others then fall away.
    """
    head: bytes32 = empty(bytes32)
    start: uint256 = 0
    end: uint256 = 0
    head, start, end = self._holding(unit)
    behind: bool = False
    kept: DynArray[bytes32, MAX_STANDING] = []
    for id: bytes32 in self.standing[unit]:
        entry: Restriction = self.restrictions[id]
        if entry.kind == SEIZURE:
            if id == head:
                behind = True
                self.restrictions[id].since = start
                self.restrictions[id].until = end
            if behind:
                kept.append(id)
            else:
                self.restrictions[id].state = ENDED
        elif registrar != empty(bytes32) and entry.registrar != registrar:
            self.restrictions[id].state = ENDED
        elif block.timestamp < self._end(entry):
            kept.append(id)
        else:
            self.restrictions[id].state = ENDED
    self.standing[unit] = kept


@internal
def _drop(unit: bytes32, gone: bytes32) -> bytes32:
    """
    @notice End one restriction; return the queued seizure that holds from now on because of it, or nothing.
    """
    held: bytes32 = self._holding(unit)[0]
    following: bytes32 = empty(bytes32)
    kept: DynArray[bytes32, MAX_STANDING] = []
    for id: bytes32 in self.standing[unit]:
        if id == gone:
            continue
        kept.append(id)
        if held == gone and following == empty(bytes32) and self.restrictions[id].kind == SEIZURE:
            following = id
    self.standing[unit] = kept
    return following
