"""The tally: rows name real events; what is counted for whom, in which period, follows from the acts alone."""

from __future__ import annotations

from collections import Counter
from datetime import date

import pytest

from contracts.addresses import (
    AUTHORIZATIONS,
    BREACHES,
    INCIDENTS,
    OBJECTIONS,
    PARTIES,
    REQUESTS,
    REVISIONS,
    SUPPLIES,
    USES,
)
from contracts.artefacts import interfaces
from contracts.calendar.dates import DAY, moment_of, number_of
from contracts.calendar.rules import State as CalendarState
from contracts.history import NOTHING
from contracts.oversight.acts import Act
from contracts.oversight.counting.figures import MARKED, ROWS, WORDS, Counted, Figure
from contracts.oversight.counting.kpi import ROLES, TABLE, Indicator, Side, Value, table
from contracts.oversight.counting.tally import Period, Tally, tally
from contracts.oversight.counting.yearly import SECTIONS, report, year_of
from contracts.regulation.reader import national
from contracts.regulation.rule_set import Wording
from contracts.world import PartyRole
from ledger.abi import AbiValue
from ledger.chain.port import Event
from ledger.crypto.signing import Address
from ledger.errors import InvalidRecord

OWNER, ASKER, AUTHORITY, AUDITOR = (bytes([n]) * 32 for n in (1, 2, 3, 4))
CLERK = bytes([9]) * 20
ONE, TWO = (bytes([n]) * 32 for n in (11, 12))
START = moment_of("2026-03-02T10:00:00+08:00")  # a Monday
MARCH = Period(moment_of("2026-03-01"), moment_of("2026-04-01"))
WEEKDAYS = CalendarState(days={number_of(date(2026, 3, day)): date(2026, 3, day).weekday() < 5 for day in range(1, 32)})


def act(contract: str, name: str, entity: bytes, time: int, **args: AbiValue) -> Act:
    """An accepted act with one event; arguments not stated are zero."""
    kind = next(known for known in interfaces()[contract].events.values() if known.name == name)
    blank: dict[str, AbiValue] = {
        field.name: (NOTHING if field.type == "bytes32" else 0) for field in kind.fields if field.type[-1] != "]"
    }
    found = {**blank, kind.fields[0].name: entity, **args}
    event = Event(contract, name, Address(bytes(20)), (kind.topic, entity), b"", found, 1, time, 0, 0)
    return Act(1, time, 0, CLERK, contract, b"", True, (event,))


def asked(id: bytes, time: int = START, due: int = START + 14 * DAY) -> Act:
    return act(REQUESTS, "RequestReceived", id, time, party=ASKER, owner=OWNER, due=due)


def yes(id: bytes, time: int, breach: int = 0) -> Act:
    return act(REQUESTS, "RequestConsented", id, time, party=OWNER, breach=breach, supply=time + 28 * DAY)


def no(id: bytes, time: int, rule: int) -> Act:
    return act(REQUESTS, "RequestRefused", id, time, party=OWNER, rule=rule)


def count(*acts: Act, period: Period = MARCH, moment: int = MARCH.end) -> Tally:
    return tally(acts, period, moment, {CLERK: ASKER}, WEEKDAYS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.event}-{row.figure.value}")
def test_every_row_names_an_event_and_its_arguments(row: Counted) -> None:
    (found,) = [kind for kind in interfaces()[row.contract].events.values() if kind.name == row.event]
    arguments = {field.name: field.type for field in found.fields}
    assert arguments[row.by] == "bytes32"
    assert not row.where[0] or row.where[0] in arguments
    assert row.where[1] >= 0 or row.where[1] == MARKED


def test_every_figure_is_counted_has_words_and_stands_in_a_table() -> None:
    made = {Figure.ANSWERS_OVERDUE, Figure.ANSWER_DAYS, Figure.CONSENTS_SUPPLIED, Figure.BREACHES, Figure.REFUSED_CALLS}
    assert {row.figure for row in ROWS} | made == set(Figure) == set(WORDS)
    shown = {figure for _, figures in SECTIONS for figure in figures}
    columns = {name for side in Side for column in TABLE[side] for name in (*column.plus, *column.minus, *column.per)}
    assert shown | columns == set(Figure)
    assert set(TABLE) == set(ROLES) == set(Side)


def test_a_request_counts_once_for_each_side_however_often_its_papers_come() -> None:
    found = count(asked(ONE), act(REQUESTS, "SupplementAsked", ONE, START + 60, party=OWNER), asked(ONE, START + DAY))
    assert found.of(ASKER) == {Figure.REQUESTS_MADE: 1}
    assert found.of(OWNER) == {Figure.REQUESTS_RECEIVED: 1, Figure.SUPPLEMENTS: 1, Figure.ANSWERS_OVERDUE: 1}


def test_working_days_run_from_the_day_after_the_complete_papers_to_the_day_of_the_answer() -> None:
    for days, worked in ((0, 0), (1, 1), (4, 4), (5, 4), (7, 5)):  # Monday to the same day, Tuesday, Friday, ...
        found = count(asked(ONE), yes(ONE, START + days * DAY))
        assert found.of(OWNER)[Figure.ANSWER_DAYS] == worked
    anew = count(asked(ONE), asked(ONE, START + 3 * DAY), yes(ONE, START + 4 * DAY))
    assert anew.of(OWNER)[Figure.ANSWER_DAYS] == 1


def test_what_is_answered_late_or_not_at_all_is_not_in_time() -> None:
    due = START + 7 * DAY
    late = count(asked(ONE, due=due), yes(ONE, due, breach=3904))
    silent = count(asked(ONE, due=due), moment=due)
    waiting = count(asked(ONE, due=due), moment=due - 1)
    for found, text in ((late, "0/1 (0.0%)"), (silent, "0/1 (0.0%)"), (waiting, "-")):
        assert column(Side.PROVIDER, "in-time-rate").text(found.of(OWNER)) == text
    assert late.breaches == {OWNER: Counter({3904: 1})}
    both = count(asked(ONE, due=due), yes(ONE, START + 1), asked(TWO, due=due), moment=due)
    assert column(Side.PROVIDER, "in-time-rate").text(both.of(OWNER)) == "1/2 (50.0%)"


def column(side: Side, code: str) -> Indicator:
    return next(found for found in TABLE[side] if found.code == code)


def test_the_period_begins_with_its_first_second_and_ends_before_its_last() -> None:
    for time, counted in ((MARCH.start - 1, 0), (MARCH.start, 1), (MARCH.end - 1, 1), (MARCH.end, 0)):
        found = count(asked(ONE, time, time + 99 * DAY), moment=MARCH.end)
        assert found.of(ASKER)[Figure.REQUESTS_MADE] == counted
    with pytest.raises(InvalidRecord, match="an end after its start"):
        Period(5, 5)


def test_what_came_before_the_period_tells_how_matters_stood_and_is_not_counted() -> None:
    april = Period(MARCH.end, MARCH.end + 30 * DAY)
    before = (asked(ONE), yes(ONE, START + 1), act(SUPPLIES, "Supplied", ONE, START + 2, party=OWNER))
    again = act(SUPPLIES, "Supplied", ONE, april.start + 1, party=OWNER)
    assert count(*before, again, period=april, moment=april.end).of(OWNER)[Figure.SUPPLIES] == 0


def test_a_consent_counts_as_supplied_by_the_owner_or_by_a_first_use_and_not_by_what_is_handed_on() -> None:
    consent = (asked(ONE), yes(ONE, START + 1))
    handed_on = act(SUPPLIES, "Supplied", ONE, START + 2, party=ASKER, source=TWO)
    own = act(SUPPLIES, "Supplied", ONE, START + 3, party=OWNER)
    used = act(AUTHORIZATIONS, "AuthorizationUsed", ONE, START + 4, party=ASKER)
    for acts, text in (((handed_on,), "0/1 (0.0%)"), ((own,), "1/1 (100.0%)"), ((own, own, used), "1/1 (100.0%)")):
        assert column(Side.PROVIDER, "supply-rate").text(count(*consent, *acts).of(OWNER)) == text
    assert column(Side.PROVIDER, "supply-rate").text(count(*consent, used).of(OWNER)) == "1/1 (100.0%)"
    assert count(*consent, own, own).of(OWNER)[Figure.SUPPLIES] == 1
    assert count(*consent, handed_on).of(ASKER)[Figure.SUPPLIES] == 0


def test_a_breach_is_of_whom_a_finding_accuses_or_a_suspension_stops_or_else_of_who_acts() -> None:
    granted = act(AUTHORIZATIONS, "AuthorizationGranted", ONE, START, party=OWNER, grantee=ASKER)
    stopped = act(AUTHORIZATIONS, "AuthorizationSuspended", ONE, START + 1, party=AUTHORITY, breach=4002)
    accused = act(BREACHES, "BreachFound", TWO, START + 2, party=AUTHORITY, accused=OWNER, item=3907)
    closed = act(BREACHES, "BreachClosed", TWO, START + 3, party=AUTHORITY, accused=OWNER, item=3907)
    late = act(REVISIONS, "EntryPublished", TWO, START + 4, party=AUTHORITY, breach=4103)
    found = count(granted, stopped, accused, closed, late)
    assert found.breaches == {ASKER: Counter({4002: 1}), OWNER: Counter({3907: 1}), AUTHORITY: Counter({4103: 1})}
    assert found.of(AUTHORITY)[Figure.FINDINGS] == found.of(AUTHORITY)[Figure.SUSPENSIONS] == 1
    assert column(Side.MANAGER, "review-in-time-rate").text(found.of(AUTHORITY)) == "0/1 (0.0%)"


def test_objections_upheld_incidents_inspections_and_refused_calls_are_counted_for_whose_they_are() -> None:
    found = count(
        act(OBJECTIONS, "ObjectionAnswered", ONE, START, party=OWNER, state=2),
        act(OBJECTIONS, "ObjectionAnswered", TWO, START, party=OWNER, state=3, breach=3906),
        act(INCIDENTS, "IncidentRecorded", ONE, START, party=OWNER, severity=3),
        act(INCIDENTS, "IncidentReported", ONE, START, party=OWNER, late=1),
        act(USES, "InspectionAsked", ONE, START, party=AUDITOR, grantee=ASKER),
        act(USES, "InspectionGiven", ONE, START, party=ASKER, inspector=AUDITOR),
        Act(1, START, 0, CLERK, REQUESTS, b"", False),
        act(PARTIES, "Enrolled", CLERK.rjust(32, b"\0"), START, party=OWNER),
        Act(1, START, 1, CLERK, REQUESTS, b"", False),
    )
    assert column(Side.PROVIDER, "upheld-rate").text(found.of(OWNER)) == "1/2 (50.0%)"
    assert found.of(OWNER)[Figure.OBJECTIONS_LATE] == found.of(OWNER)[Figure.INCIDENTS_LATE] == 1
    assert column(Side.AUDITOR, "shown-rate").text(found.of(AUDITOR)) == "1/1 (100.0%)"
    assert found.of(ASKER)[Figure.REFUSED_CALLS] == found.of(OWNER)[Figure.REFUSED_CALLS] == 1


@pytest.mark.parametrize(
    ("amount", "per", "is_mean", "text"),
    [
        (1, 3, False, "1/3 (33.3%)"),
        (2, 3, False, "2/3 (66.7%)"),
        (7, 2, True, "3.5"),
        (1, 0, True, "-"),
        (1, 0, False, "-"),
    ],
)
def test_rates_and_means_are_rounded_once_and_nothing_is_no_rate(
    amount: int, per: int, is_mean: bool, text: str
) -> None:
    words = Wording("z", "e")
    indicator = Indicator("x", words, (Figure.USES,), per=(Figure.JOBS,), is_mean=is_mean)
    figures = {Figure.USES: amount, Figure.JOBS: per}
    assert indicator.text(figures) == text
    assert indicator.value(figures).json() == ({"of": per, "amount": amount} if per else None)
    assert Value(4).json() == 4


def test_a_party_is_on_every_side_its_roles_say_and_on_no_other() -> None:
    both = int(PartyRole.OWNER | PartyRole.REQUESTER)
    rows = table({OWNER: {Figure.ASSETS: 1}}, {OWNER: both, AUTHORITY: int(PartyRole.AUTHORITY), ONE: 16})
    assert [(row.side, row.party) for row in rows] == [
        (Side.MANAGER, AUTHORITY), (Side.PROVIDER, OWNER), (Side.REQUESTER, OWNER)
    ]  # fmt: skip


def test_the_yearly_report_adds_up_all_parties_or_one_and_cites_articles() -> None:
    acts = (
        asked(ONE), yes(ONE, START + 1), asked(TWO), no(TWO, START + 2, 8),
        act(INCIDENTS, "IncidentRecorded", ONE, START, party=OWNER, severity=4),
        act(AUTHORIZATIONS, "AuthorizationSuspended", ONE, START + 1, party=AUTHORITY, breach=4002),
    )  # fmt: skip
    found = count(*acts, period=year_of(2026))
    whole = report(2026, found, national())
    assert (whole.figures[Figure.REQUESTS_MADE], whole.in_time) == (2, 2)
    assert whole.articles == dict.fromkeys(national().rule("R08").articles, 1)
    assert (whole.items, whole.severities) == ({"40(2)": 1}, {4: 1})
    one = report(2026, found, national(), ASKER)
    assert one.figures == {Figure.REQUESTS_MADE: 2}
    assert (one.articles, one.items, one.severities) == ({}, {}, {})
    assert report(2026, count(*acts, period=year_of(2025)), national()).figures == {}


def test_a_year_is_the_one_of_the_zone() -> None:
    assert year_of(2026).start == moment_of("2025-12-31T16:00:00Z")
    for year in (1970, 0, -5, 9999):
        with pytest.raises(InvalidRecord, match="year"):
            year_of(year)
