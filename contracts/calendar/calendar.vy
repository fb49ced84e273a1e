# pragma version 0.4.3
# @license Apache-2.0
# @title Calendar
# @notice Working days in spans set by quorum, and the end of a legal limit, the same for everybody.
# @dev A day is its number since 1970-01-01 (a Thursday) at UTC+8; a day without a span is refused, never guessed.
#      The span's event carries its working days bit for bit, so its history tells every version. Sets of days are
#      bitmaps: word number day // 256, bit day % 256.
#      Sources: Civil Code articles 201 (the first day does not count) and 203 (an end on a holiday rolls forward; a
#      day ends at 24:00); the State Council's yearly notices on holidays and make-up working days.

from contracts.modules import journal
from contracts.modules import registry

initializes: journal
exports: (journal.history, journal.count)

struct Span:
    last: uint256
    version: uint256
    notice: bytes32

event SpanSet:
    span: indexed(bytes32)
    n: uint256
    version: uint256
    last: uint256
    utc_offset: uint256
    end_of_day: uint256
    notice: bytes32
    first_word: uint256
    second_word: uint256
    third_word: uint256

NAME: constant(bytes32) = keccak256("Calendar")
SPAN_SET: constant(bytes32) = keccak256(
    "SpanSet(bytes32,uint256,uint256,uint256,uint256,uint256,bytes32,uint256,uint256,uint256)"
)

# Seconds; the time zone and the end of a day hold for every span.
UTC_OFFSET: public(constant(uint256)) = 8 * 3600
END_OF_DAY: public(constant(uint256)) = 24 * 3600
DAY: constant(uint256) = 86400

# Units of a limit.
WORKING: constant(uint256) = 1
CALENDAR: constant(uint256) = 2

# A span is at most a leap year, which touches three words.
MAX_SPAN: constant(uint256) = 366
WORDS: constant(uint256) = 3
# A year has seven holidays of at most nine days, each with at most three make-up days.
MAX_FREE: constant(uint256) = 64
MAX_WORKED: constant(uint256) = 32
# Limits of the statute have at most 20 days; the steps allow for the holidays in between.
MAX_LENGTH: constant(uint256) = 250
MAX_STEPS: constant(uint256) = 512
MAX_DAY: constant(uint256) = 2**24

spans: public(HashMap[uint256, Span])
# Days that lie in a span, and those of them that are working days.
known: public(HashMap[uint256, uint256])
working: public(HashMap[uint256, uint256])
# When a span was last set.
clock: public(uint256)


@external
@view
def is_working(day: uint256) -> bool:
    """
    @notice Whether a day is a working day; reverts for a day no span covers.
    """
    assert (self.known[day >> 8] >> (day & 255)) & 1 == 1, "calendar: day without a calendar"
    return (self.working[day >> 8] >> (day & 255)) & 1 == 1


@external
@view
def due(start: uint256, days: uint256, unit: uint256) -> uint256:
    """
    @notice The moment a limit ends: whoever acts at it or later is late.
    @param start When the limit began, unix seconds; its day does not count.
    @param unit 1 working days, 2 calendar days whose end on a day off rolls forward to the next working day.
    """
    assert unit == WORKING or unit == CALENDAR, "calendar: unit"
    assert days != 0 and days <= MAX_LENGTH, "calendar: days"
    assert start <= block.timestamp, "calendar: start in the future"
    day: uint256 = (start + UTC_OFFSET) // DAY
    left: uint256 = days
    if unit == CALENDAR:
        # The first working day from the last day of the limit on.
        day += days - 1
        left = 1
    at: uint256 = max_value(uint256)
    known: uint256 = 0
    working: uint256 = 0
    for step: uint256 in range(MAX_STEPS):
        day += 1
        if day >> 8 != at:
            at = day >> 8
            known = self.known[at]
            working = self.working[at]
        assert (known >> (day & 255)) & 1 == 1, "calendar: day without a calendar"
        if (working >> (day & 255)) & 1 == 1:
            left -= 1
            if left == 0:
                return day * DAY + END_OF_DAY - UTC_OFFSET
    raise "calendar: too far"


@external
def set_span(
    first: uint256, last: uint256, free: DynArray[uint256, MAX_FREE], worked: DynArray[uint256, MAX_WORKED], notice: bytes32
):
    """
    @notice Put a span of days in force, or the next version of one, which cannot change days gone by. By quorum only.
    @param free Days off that Monday to Friday would not be, ascending; days of weekends among them change nothing.
    @param worked Days of weekends that are worked, ascending.
    @param notice Digest of the notice that says so.
    """
    assert registry._is_governance(msg.sender), "calendar: governance only"
    registry._require_open(NAME)
    assert first <= last and last - first < MAX_SPAN and last < MAX_DAY, "calendar: span"
    assert notice != empty(bytes32), "calendar: notice missing"
    assert block.timestamp >= self.clock, "calendar: clock went backwards"
    working: uint256[WORDS] = self._pattern(first, last, free, worked)
    covered: uint256[WORDS] = self._every_day(first, last)
    base: uint256 = first >> 8
    today: uint256 = (block.timestamp + UTC_OFFSET) // DAY
    held: Span = self.spans[first]
    assert held.version == 0 or held.last == last, "calendar: spans overlap"
    changed: bool = held.version == 0
    for i: uint256 in range(WORDS):
        known: uint256 = self.known[base + i]
        before: uint256 = self.working[base + i]
        if held.version == 0:
            assert known & covered[i] == 0, "calendar: spans overlap"
        elif before & covered[i] != working[i]:
            changed = True
            gone: uint256 = self._until(today, base + i)
            assert (before ^ working[i]) & covered[i] & gone == 0, "calendar: day gone by"
        self.known[base + i] = known | covered[i]
        self.working[base + i] = (before & ~covered[i]) | working[i]
    assert changed, "calendar: no change"
    self.clock = block.timestamp
    self.spans[first] = Span(last=last, version=held.version + 1, notice=notice)
    entity: bytes32 = convert(first, bytes32)
    journal._record(
        entity,
        SPAN_SET,
        abi_encode(
            journal._next(entity), held.version + 1, last, UTC_OFFSET, END_OF_DAY, notice,
            working[0], working[1], working[2],
        ),
    )


@internal
@pure
def _pattern(
    first: uint256, last: uint256, free: DynArray[uint256, MAX_FREE], worked: DynArray[uint256, MAX_WORKED]
) -> uint256[WORDS]:
    """
    @notice The working days of a span: Monday to Friday but for the days off, and the weekend days that are worked.
    """
    days: uint256[WORDS] = self._weekdays(first, last)
    off: uint256[WORDS] = self._exceptions(first, last, free)
    on: uint256[WORDS] = self._exceptions(first, last, worked)
    both: uint256 = 0
    idle: uint256 = 0
    for i: uint256 in range(WORDS):
        both |= on[i] & off[i]
        idle |= on[i] & days[i]
        days[i] = (days[i] & ~off[i]) | on[i]
    assert both == 0, "calendar: day both off and worked"
    assert idle == 0, "calendar: make-up day on a weekday"
    return days


@internal
@pure
def _every_day(first: uint256, last: uint256) -> uint256[WORDS]:
    """
    @notice The days of a span, bit for bit from the word of its first day on.
    """
    days: uint256[WORDS] = empty(uint256[WORDS])
    for i: uint256 in range(WORDS):
        days[i] = self._until(last, (first >> 8) + i)
    days[0] = days[0] & ~((1 << (first & 255)) - 1)
    return days


@internal
@pure
def _until(day: uint256, word: uint256) -> uint256:
    """
    @notice The days of a word up to a day, that day included.
    """
    if day >> 8 != word:
        return max_value(uint256) if day >> 8 > word else 0
    return max_value(uint256) >> (255 - (day & 255))


@internal
@pure
def _weekdays(first: uint256, last: uint256) -> uint256[WORDS]:
    """
    @notice Monday to Friday of a span.
    """
    days: uint256[WORDS] = empty(uint256[WORDS])
    for i: uint256 in range(MAX_SPAN):
        day: uint256 = first + i
        if day > last:
            break
        if (day + 3) % 7 < 5:
            days[(day >> 8) - (first >> 8)] |= 1 << (day & 255)
    return days


@internal
@pure
def _exceptions(first: uint256, last: uint256, listed: DynArray[uint256, MAX_FREE]) -> uint256[WORDS]:
    """
    @notice A list of days of a span as bits.
    """
    days: uint256[WORDS] = empty(uint256[WORDS])
    next: uint256 = first
    for day: uint256 in listed:
        assert day >= first and day <= last, "calendar: day outside the span"
        assert day >= next, "calendar: days not ascending"
        days[(day >> 8) - (first >> 8)] |= 1 << (day & 255)
        next = day + 1
    return days
