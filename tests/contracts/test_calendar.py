"""The Calendar: contract and rules name the same last day, and no span contradicts another, the week or the past."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date

import pytest
from evm import Outcome
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from lockstep import Lockstep
from network import ADA, FOUNDING, NOW, STRANGER, Network, digest
from verdict import verdict

from contracts.addresses import CALENDAR, GENESIS_ADDRESSES, GOVERNANCE, name_id
from contracts.calendar import client
from contracts.calendar.dates import DAY, Day, date_of, day_of, moment_of, number_of
from contracts.calendar.notice import merged, shipped
from contracts.calendar.rules import (
    MAX_LENGTH,
    MAX_SPAN,
    NOTHING,
    SetSpan,
    Span,
    State,
    Unit,
    UnknownDay,
    apply,
    due,
    is_late,
    last_day,
)
from contracts.genesis import founding_calendar, founding_states
from contracts.layout import word
from contracts.proven import history_fact, verify_events
from ledger.errors import Conflict, InvalidRecord

TODAY = day_of(NOW)
MONDAY = TODAY + 7 - (TODAY + 3) % 7  # the next one
NOTICE = digest("notice")
NATIONAL_DAY = number_of(date(2025, 9, 26))


def span(first: int, days: int, free: tuple[int, ...] = (), worked: tuple[int, ...] = ()) -> SetSpan:
    """Build a span; exceptions are counted from its first day."""
    return SetSpan(first, first + days - 1, tuple(first + n for n in free), tuple(first + n for n in worked), NOTICE)


class Office:
    """Contract and rules of one calendar, side by side."""

    def __init__(self, spans: tuple[SetSpan, ...] = ()) -> None:
        config = replace(FOUNDING, spans=spans)
        self.network = Network(config)
        self.lockstep = Lockstep(self.network, CALENDAR, founding_calendar(config, founding_states(config)))

    @property
    def state(self) -> State:
        return self.lockstep.state

    def set(self, call: SetSpan) -> Outcome:
        """Have Governance set a span on both sides, and compare the days it touches."""
        _, data = client.set_call(call)
        outcome = self.step(call, GENESIS_ADDRESSES[GOVERNANCE], data)
        slots = [slot for day in (call.first, call.last) for slot in client.day_fact(Day(day)).slots]
        expected = client.storage(self.state)
        assert self.network.values(CALENDAR, slots) == {slot: expected.get(slot, bytes(32)) for slot in slots}
        return outcome

    def step(self, call: SetSpan, caller: bytes, data: bytes) -> Outcome:
        send: Callable[[], Outcome] = lambda: self.network.evm.send(caller, GENESIS_ADDRESSES[CALENDAR], data)  # noqa: E731
        return self.lockstep.step(lambda state: apply(state, call, caller, self.network.now, self.network.states), send)

    def due(self, start: int, days: int, unit: int) -> str:
        """Compute a limit on both sides; return the last day, or why there is none."""
        outcome = self.network.send(STRANGER, CALENDAR, "due", start, days, unit)
        expected, reason = verdict(lambda: due(self.state, start, days, unit, self.network.now))
        assert (outcome.accepted, outcome.reason) == (reason == "", reason)
        if expected is None:
            return reason
        assert int.from_bytes(outcome.returned, "big") == expected
        return str(date_of(day_of(expected - 1)))


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def autumn() -> Office:
    """The calendar of the notices that are shipped, some weeks later."""
    return Office(tuple(notice.span for notice in shipped()))


@pytest.mark.parametrize(
    ("received", "days", "last"),
    [
        ("2025-09-26T09:00:00+08:00", 1, "2025-09-28"),  # R09: a Sunday, worked for the holidays
        ("2025-09-26T09:00:00+08:00", 10, "2025-10-16"),  # R10
        ("2025-09-26T15:59:59Z", 3, "2025-09-30"),
        ("2025-09-26T16:00:00Z", 3, "2025-09-30"),  # the 27th is no working day anyway
        ("2025-09-28T15:59:59Z", 1, "2025-09-29"),
        ("2025-09-28T16:00:00Z", 1, "2025-09-30"),  # one second later it is the 29th here
        ("2025-09-30T12:00:00Z", 1, "2025-10-09"),
        ("2025-10-10T12:00:00Z", 1, "2025-10-11"),  # a Saturday, worked
        ("2025-10-11T12:00:00Z", 1, "2025-10-13"),
    ],
)
def test_the_official_vectors_around_the_national_day(autumn: Office, received: str, days: int, last: str) -> None:
    assert autumn.due(moment_of(received), days, Unit.WORKING) == last


def test_a_guessed_plain_week_would_name_other_days(autumn: Office) -> None:
    plain = Office((span(NATIONAL_DAY, 21),))
    start = moment_of("2025-09-26")
    assert (plain.due(start, 1, Unit.WORKING), autumn.due(start, 1, Unit.WORKING)) == ("2025-09-29", "2025-09-28")
    assert (plain.due(start, 10, Unit.WORKING), autumn.due(start, 10, Unit.WORKING)) == ("2025-10-10", "2025-10-16")


def test_a_limit_is_over_at_midnight_and_not_a_second_before(autumn: Office) -> None:
    start = moment_of("2025-09-26T09:00:00+08:00")
    end = due(autumn.state, start, 1, Unit.WORKING, autumn.network.now)
    assert end == moment_of("2025-09-28T16:00:00Z")
    assert not is_late(end, start, moment_of("2025-09-28T15:59:59Z"))
    assert is_late(end, start, moment_of("2025-09-28T16:00:00Z"))


def test_a_clock_that_runs_backwards_is_refused(autumn: Office) -> None:
    with pytest.raises(Conflict, match="clock went backwards"):
        is_late(NOW, NOW, NOW - 1)
    assert autumn.due(autumn.network.now + 1, 1, Unit.WORKING) == "calendar: start in the future"
    autumn.set(span(MONDAY, 7))
    autumn.network.now -= 1
    assert autumn.set(span(MONDAY + 7, 7)).reason == "calendar: clock went backwards"


def test_calendar_days_that_end_on_a_day_off_roll_forward(autumn: Office) -> None:
    start = moment_of("2025-09-26")
    assert autumn.due(start, 4, Unit.CALENDAR) == "2025-09-30"
    assert autumn.due(start, 5, Unit.CALENDAR) == "2025-10-09"
    assert autumn.due(start, 12, Unit.CALENDAR) == "2025-10-09"
    assert autumn.due(start, 14, Unit.CALENDAR) == "2025-10-10"
    assert autumn.due(start, 15, Unit.CALENDAR) == "2025-10-11"


def test_a_day_without_a_calendar_is_refused_not_guessed(autumn: Office) -> None:
    last = number_of(date(2026, 12, 31))
    autumn.network.now = (last + 1) * DAY
    start = moment_of("2026-12-17")
    assert autumn.due(start, 10, Unit.WORKING) == "2026-12-31"
    assert autumn.due(start, 11, Unit.WORKING) == "calendar: day without a calendar"
    assert autumn.due(start, 15, Unit.CALENDAR) == "calendar: day without a calendar"
    assert autumn.due(moment_of("2023-12-29"), 1, Unit.WORKING) == "calendar: day without a calendar"
    with pytest.raises(UnknownDay) as refusal:
        last_day(autumn.state, number_of(date(2026, 12, 17)), 11, Unit.WORKING)
    assert date_of(refusal.value.day) == date(2027, 1, 1)
    outcome = autumn.network.send(STRANGER, CALENDAR, "is_working", last + 1)
    assert outcome.reason == "calendar: day without a calendar"


@pytest.mark.parametrize(
    ("days", "unit", "reason"),
    [
        (0, 1, "calendar: days"),
        (MAX_LENGTH + 1, 1, "calendar: days"),
        (MAX_LENGTH + 1, 2, "calendar: days"),
        (1, 0, "calendar: unit"),
        (1, 3, "calendar: unit"),
    ],
)
def test_a_limit_that_is_none_is_refused(autumn: Office, days: int, unit: int, reason: str) -> None:
    assert autumn.due(moment_of("2025-09-26"), days, unit) == reason


def test_a_calendar_of_days_off_ends_the_search(office: Office) -> None:
    for n in range(9):  # 64 exceptions a span: nine weeks off each
        assert office.set(span(MONDAY + 63 * n, 63, tuple(range(63)))).accepted
    start = MONDAY * DAY - 8 * 3600
    office.network.now = start + DAY
    assert office.due(start, 1, Unit.WORKING) == "calendar: too far"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (span(MONDAY, MAX_SPAN + 1), "calendar: span"),
        (replace(span(MONDAY, 7), last=MONDAY - 1), "calendar: span"),
        (span((1 << 24) - 6, 7), "calendar: span"),
        (replace(span(MONDAY, 7), notice=NOTHING), "calendar: notice missing"),
        (span(MONDAY, 7, (7,)), "calendar: day outside the span"),
        (replace(span(MONDAY, 7), free=(MONDAY - 1,)), "calendar: day outside the span"),
        (span(MONDAY, 7, (2, 1)), "calendar: days not ascending"),
        (span(MONDAY, 7, (2, 2)), "calendar: days not ascending"),
        (span(MONDAY, 7, (), (6, 5)), "calendar: days not ascending"),
        (span(MONDAY, 7, (5,), (5,)), "calendar: day both off and worked"),
        (span(MONDAY, 7, (0,), (0,)), "calendar: day both off and worked"),
        (span(MONDAY, 7, (0,), (1,)), "calendar: make-up day on a weekday"),
    ],
)
def test_a_contradictory_span_is_refused(office: Office, call: SetSpan, reason: str) -> None:
    assert office.set(call).reason == reason
    assert office.set(span(MONDAY, 7, (0, 5), (6,))).accepted


@pytest.mark.parametrize("first", [-6, -1, 1, 6])
def test_spans_that_overlap_are_refused(office: Office, first: int) -> None:
    assert office.set(span(MONDAY, 7)).accepted
    assert office.set(span(MONDAY + first, 7)).reason == "calendar: spans overlap"
    assert office.set(span(MONDAY - 7, 7)).accepted
    assert office.set(span(MONDAY + 7, 7)).accepted
    assert office.set(span(MONDAY, 8, (0,))).reason == "calendar: spans overlap"


def test_a_new_version_changes_days_to_come_only(office: Office) -> None:
    office.set(span(TODAY - 7, 30))
    assert office.set(span(TODAY - 7, 30)).reason == "calendar: no change"
    weekday = next(day for day in range(3, 30) if (TODAY - 7 + day + 3) % 7 < 5 and day > 8)
    gone = next(day for day in range(8) if (TODAY - 7 + day + 3) % 7 < 5)
    assert office.set(span(TODAY - 7, 30, (gone,))).reason == "calendar: day gone by"
    assert office.set(span(TODAY - 7, 30, (gone, weekday))).reason == "calendar: day gone by"
    assert office.set(span(TODAY - 7, 30, (weekday,))).accepted
    assert office.state.span(TODAY - 7).version == 2
    office.network.now += 30 * DAY
    assert office.set(span(TODAY - 7, 30)).reason == "calendar: day gone by"


def test_only_a_quorum_sets_a_span(office: Office) -> None:
    call = span(MONDAY, 7)
    target, data = client.set_call(call)
    assert target == name_id(CALENDAR)
    for caller in (STRANGER, ADA):
        assert office.step(call, caller, data).reason == "calendar: governance only"
    assert office.network.decide([client.set_call(call)]).accepted
    assert office.network.read(CALENDAR, "is_working", MONDAY) == (True,)
    assert office.network.read(CALENDAR, "is_working", MONDAY + 5) == (False,)


def test_a_paused_calendar_takes_no_span_but_still_answers(autumn: Office) -> None:
    autumn.network.send(ADA, GOVERNANCE, "pause", name_id(CALENDAR))
    outcome = autumn.network.evm.send(
        GENESIS_ADDRESSES[GOVERNANCE], GENESIS_ADDRESSES[CALENDAR], client.set_call(span(MONDAY, 7))[1]
    )
    assert outcome.reason == "governance: paused"
    assert autumn.due(moment_of("2025-09-26"), 10, Unit.WORKING) == "2025-10-16"


def test_a_year_fits_and_what_it_costs_is_bounded(office: Office) -> None:
    first = MONDAY - (MONDAY % 256) + 255  # three words
    call = span(first, MAX_SPAN, tuple(range(64)))
    set_span = office.set(call)
    assert set_span.accepted
    start = (first - 1) * DAY
    office.network.now = start + DAY
    longest = office.network.send(STRANGER, CALENDAR, "due", start, 200, Unit.WORKING)
    assert longest.accepted
    assert set_span.gas < 1_000_000
    assert longest.gas < 250_000


def test_a_decision_can_carry_the_largest_span(office: Office) -> None:
    weekends = tuple(n for n in range(66, 366) if (n % 7) > 4)[:32]
    call = span(MONDAY, MAX_SPAN, tuple(range(64)), weekends)
    assert len(client.set_call(call)[1]) <= 4096
    assert office.network.decide([client.set_call(call)]).accepted


def test_proven_words_read_back_as_the_rules_records(autumn: Office) -> None:
    first = number_of(date(2025, 1, 1))
    values = autumn.network.values(CALENDAR, client.span_fact(first).slots)
    assert client.decode_span(first, values) == autumn.state.span(first) != Span()
    absent = autumn.network.values(CALENDAR, client.span_fact(Day(NATIONAL_DAY + 1)).slots)
    assert client.decode_span(Day(NATIONAL_DAY + 1), absent) == Span()
    for n in range(21):
        day = Day(NATIONAL_DAY + n)
        values = autumn.network.values(CALENDAR, client.day_fact(day).slots)
        assert client.decode_day(day, values) == autumn.state.is_working(day)
        assert autumn.network.read(CALENDAR, "is_working", day) == (autumn.state.is_working(day),)
    unknown = number_of(date(2023, 12, 31))
    with pytest.raises(UnknownDay):
        client.decode_day(unknown, autumn.network.values(CALENDAR, client.day_fact(unknown).slots))
    with pytest.raises(InvalidRecord, match="not covered"):
        client.decode_day(unknown, {})


def test_the_events_are_the_whole_history_and_carry_the_days(office: Office) -> None:
    logs = [log for free in ((0,), (1,)) for log in office.set(span(MONDAY, 7, free)).logs]
    entity = word(MONDAY)
    verify_events(CALENDAR, entity, logs, office.network.values(CALENDAR, history_fact(CALENDAR, entity).slots))
    words = [int.from_bytes(logs[-1].data[-96:][n : n + 32], "big") for n in (0, 32, 64)]
    told = {MONDAY // 256 * 256 + bit for bit in range(768) if words[bit // 256] >> bit % 256 & 1}
    assert told == {MONDAY, MONDAY + 2, MONDAY + 3, MONDAY + 4}


def test_genesis_refuses_spans_that_overlap() -> None:
    config = replace(FOUNDING, spans=(span(MONDAY, 7), span(MONDAY + 6, 7)))
    with pytest.raises(Conflict, match="overlap"):
        founding_calendar(config, founding_states(config))


def test_merged_notices_are_the_founders_calendar(autumn: Office) -> None:
    assert merged(shipped()).days == autumn.state.days


@given(start=st.integers(0, 60), days=st.integers(1, 30), off=st.sets(st.integers(0, 119), max_size=40))
@settings(max_examples=60, deadline=None)
def test_the_last_day_is_a_working_day_and_the_count_is_right(start: int, days: int, off: set[int]) -> None:
    state, _ = apply(
        State(), span(0, 200, tuple(sorted(off))), GENESIS_ADDRESSES[GOVERNANCE], 0, founding_states(FOUNDING)
    )
    last = last_day(state, Day(start), days, Unit.WORKING)
    assert state.is_working(last)
    assert sum(state.days[day] for day in range(start + 1, last + 1)) == days
    rolled = last_day(state, Day(start), days, Unit.CALENDAR)
    assert state.is_working(rolled)
    assert rolled >= start + days
    assert not any(state.days[day] for day in range(start + days, rolled))


class CalendarMachine(RuleBasedStateMachine):
    """Random spans that get in each other's way, versions, limits over them, and time that passes."""

    @initialize()
    def found(self) -> None:
        self.office = Office()

    exceptions = st.lists(st.integers(-1, 20), max_size=5)

    @rule(
        first=st.sampled_from([-9, 0, 0, 0, 9, 20, 250]), days=st.sampled_from([0, 9, 10, 10, 11, 40, 367]),
        free=exceptions, worked=exceptions, ordered=st.booleans(), notice=st.sampled_from([NOTICE, NOTICE, NOTHING]),
    )  # fmt: skip
    def set_span(self, first: int, days: int, free: list[int], worked: list[int], ordered: bool, notice: bytes) -> None:
        begin = MONDAY + first
        chosen = [tuple(begin + n for n in (sorted(set(listed)) if ordered else listed)) for listed in (free, worked)]
        self.office.set(SetSpan(begin, begin + days - 1, chosen[0], chosen[1], notice))

    @rule(back=st.integers(-3, 30), second=st.sampled_from([0, 1, 57_599, 57_600, 86_399]))
    def wait(self, back: int, second: int) -> None:
        self.office.network.now += abs(back) * DAY + second

    @rule(back=st.integers(-1, 40), seconds=st.integers(0, DAY), days=st.integers(0, 30), unit=st.integers(0, 3))
    def ask(self, back: int, seconds: int, days: int, unit: int) -> None:
        self.office.due(self.office.network.now - back * DAY - seconds, days, unit)

    def teardown(self) -> None:
        state = self.office.state
        covered = [day for first, held in state.spans.items() for day in range(first, held.last + 1)]
        assert sorted(covered) == sorted(state.days)


TestCalendarMachine = CalendarMachine.TestCase
TestCalendarMachine.settings = settings(
    max_examples=10, stateful_step_count=16, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
