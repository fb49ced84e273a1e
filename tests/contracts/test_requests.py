"""Requests: contract and rules agree; five grounds, answers in time, one supplement, a no with rule and reasons."""

from __future__ import annotations

from dataclasses import astuple, replace
from datetime import date

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from network import ADA, BEN, NOW, STRANGER, digest
from requesting import ASK, ENTRY, FIRST, FIVE, ID, ONE, SCOPE, SECOND, TWO, YES, Counter, breach_of
from sharing import AUDIT, COLUMNS, INSTITUTE, NODE, OFFICE, OFFICER, agent, asset_of, filing

from contracts.addresses import GENESIS_ADDRESSES, GOVERNANCE, REQUESTS
from contracts.authorizations.record import ALL_OPERATIONS, NOTHING, AuthorizationState
from contracts.calendar.dates import DAY, date_of, day_of, number_of
from contracts.catalogue.rules import Amend, Category, Unmount
from contracts.proven import history_fact, verify_events
from contracts.regulation import client as regulation_client
from contracts.regulation import rules as regulation
from contracts.regulation.reader import national
from contracts.regulation.reading import refusal
from contracts.regulation.rule_set import breach_number
from contracts.requests import client
from contracts.requests.calls import AskSupplement, Call, Consent, Extend, Refuse, Submit, Withdraw
from contracts.requests.record import Request, RequestState
from ledger.errors import InvalidRecord


@pytest.fixture
def counter() -> Counter:
    return Counter()


def test_a_conditional_request_is_answered_in_ten_working_days_with_the_authorization(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    # 1 to 5 June; Saturday 6 is worked; 8 to 12 are off; 15 to 18.
    assert counter.last_day() == date(2026, 6, 18)
    outcome = counter.must(FIRST, YES)
    assert counter.request().state is RequestState.CONSENTED
    assert breach_of(outcome) == 0
    assert date_of(day_of(counter.request().supply - 1)) == date(2026, 7, 2)  # twenty working days from the yes
    granted = counter.sharing.authorizations.state.authorization(ID)
    assert (granted.state, granted.owner, granted.grantee) == (AuthorizationState.GRANTED, ONE, AUDIT)
    assert granted.terms == SCOPE.terms


def test_an_unconditional_request_is_answered_in_one_working_day_and_never_extended() -> None:
    counter = Counter(Category.UNCONDITIONAL)
    counter.must(OFFICE, ASK)
    assert counter.last_day() == date(2026, 6, 1)
    assert counter.do(ADA, Extend(ID, digest("why"))).reason == "request: unconditional (R09)"


@pytest.mark.parametrize("ground", range(5))
def test_each_of_the_five_grounds_is_needed(counter: Counter, ground: int) -> None:
    grounds = tuple(NOTHING if n == ground else digest for n, digest in enumerate(FIVE))
    assert counter.do(OFFICE, replace(ASK, grounds=grounds)).reason == "request: ground missing (R08)"
    counter.must(OFFICE, ASK)


@pytest.mark.parametrize(
    ("caller", "call", "reason"),
    [
        (STRANGER, ASK, "parties: unknown agent"),
        (agent(AUDIT, NODE), ASK, "parties: agent lacks the role"),
        (FIRST, ASK, "request: party requests no data"),
        (OFFICE, replace(ASK, id=NOTHING), "request: id missing"),
        (OFFICE, replace(ASK, owner=TWO), "request: not the owner"),
        (OFFICE, replace(ASK, asset=digest("never")), "request: asset withdrawn"),
    ],
)
def test_a_request_to_or_by_nobody_is_refused(counter: Counter, caller: bytes, call: Submit, reason: str) -> None:
    assert counter.do(caller, call).reason == reason
    counter.must(OFFICE, ASK)
    assert counter.do(OFFICE, ASK).reason == "request: state"
    assert counter.do(agent(INSTITUTE, OFFICER), ASK).reason == "request: of another party"


def test_a_late_answer_is_taken_and_marked(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    counter.must(OFFICE, replace(ASK, id=digest("other")))
    due = counter.request().due
    counter.network.now = due - 1
    assert not counter.request().is_overdue(counter.network.now)
    counter.network.now = due
    assert counter.request().is_overdue(counter.network.now)
    assert breach_of(counter.must(FIRST, Refuse(ID, 16, digest("why")))) == breach_number("39(4)")
    counter.must(FIRST, replace(YES, id=digest("other")))


def test_an_answer_in_the_last_second_is_not_late(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    counter.network.now = counter.request().due - 1
    assert breach_of(counter.must(FIRST, Refuse(ID, 16, digest("why")))) == 0


def test_the_authority_extends_once_and_before_the_deadline(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    for caller in (FIRST, OFFICE):
        assert counter.do(caller, Extend(ID, digest("why"))).reason == "request: authority only (R10)"
    assert counter.do(ADA, Extend(ID, NOTHING)).reason == "request: reason missing (R10)"
    assert counter.do(ADA, Extend(digest("never"), digest("why"))).reason == "request: unknown"
    counter.must(ADA, Extend(ID, digest("why")))
    assert counter.last_day() == date(2026, 7, 2)  # ten working days after 18 June
    assert counter.do(BEN, Extend(ID, digest("why"))).reason == "request: extended once (R10)"


def test_no_extension_comes_after_the_deadline(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    counter.network.now = counter.request().due
    assert counter.do(ADA, Extend(ID, digest("why"))).reason == "request: overdue (R10)"
    other = replace(ASK, id=digest("other"))
    counter.must(OFFICE, other)
    counter.network.now = counter.request(other.id).due - 1
    counter.must(ADA, Extend(other.id, digest("why")))


def test_papers_are_supplemented_once_and_the_deadline_begins_anew(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    assert counter.do(FIRST, Refuse(ID, 8, digest("papers"))).reason == "request: ask for what is missing (R11)"
    assert counter.do(FIRST, AskSupplement(ID, NOTHING)).reason == "request: reason missing (R11)"
    counter.must(FIRST, AskSupplement(ID, digest("the statute it rests on")))
    assert counter.do(FIRST, AskSupplement(ID, digest("more"))).reason == "request: state"
    counter.network.now += 4 * DAY  # Tuesday 2 June
    assert counter.do(OFFICE, replace(ASK, asset=asset_of(TWO), owner=TWO)).reason == "request: another asset"
    counter.must(OFFICE, replace(ASK, grounds=(digest("better basis"), *FIVE[1:])))
    assert counter.last_day() == date(2026, 6, 22)
    assert counter.do(FIRST, AskSupplement(ID, digest("still"))).reason == "request: supplemented once (R11)"
    counter.must(FIRST, Refuse(ID, 8, digest("papers")))


def test_a_late_owner_cannot_begin_anew_by_asking_for_papers(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    counter.must(OFFICE, replace(ASK, id=digest("other")))
    counter.network.now = counter.request().due - 1
    counter.must(FIRST, AskSupplement(digest("other"), digest("papers")))
    counter.network.now += 1
    assert counter.do(FIRST, AskSupplement(ID, digest("papers"))).reason == "request: overdue (R11)"
    counter.must(FIRST, Refuse(ID, 16, digest("why")))


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (Refuse(ID, 0, digest("why")), "request: rule missing (R12)"),
        (Refuse(ID, 28, digest("why")), "request: rule missing (R12)"),
        (Refuse(ID, 16, NOTHING), "request: reason missing (R12)"),
    ],
)
def test_a_no_names_a_rule_and_its_reasons(counter: Counter, call: Refuse, reason: str) -> None:
    counter.must(OFFICE, ASK)
    assert counter.do(FIRST, call).reason == reason
    assert counter.do(SECOND, Refuse(ID, 16, digest("why"))).reason == "request: not the owner"
    counter.must(FIRST, Refuse(ID, 16, digest("why")))
    assert "article 25(2), R16" in refusal(national(), "R16").text("en")
    assert counter.do(FIRST, YES).reason == "request: state"


def test_a_yes_rests_on_the_catalogue_entry_of_the_day_of_the_request(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    stricter = counter.sharing.enter(ONE, replace(filing(asset_of(ONE)), conditions=(digest("one"), digest("more"))))
    counter.sharing.must(FIRST, Amend(asset_of(ONE), stricter))
    assert counter.do(FIRST, Consent(ID, stricter)).reason == "request: conditions added (R05)"
    # Conditions are those of that day, grades those of today.
    assert counter.do(FIRST, YES).reason == "grades: columns of the terms not graded (R03)"
    counter.sharing.cover(ONE, SCOPE.terms)
    counter.must(FIRST, YES)
    counter.must(OFFICE, replace(ASK, id=digest("later")))
    assert counter.do(FIRST, Consent(digest("later"), ENTRY)).reason == "request: conditions added (R05)"
    counter.must(FIRST, Consent(digest("later"), stricter))


def test_a_yes_to_a_recipient_below_the_grade_of_a_column_is_refused(counter: Counter) -> None:
    terms = digest("terms with a parcel")
    counter.must(OFFICE, replace(ASK, scope=replace(SCOPE, terms=terms)))
    assert counter.do(FIRST, YES).reason == "grades: columns of the terms not graded (R03)"
    counter.sharing.cover(ONE, terms, COLUMNS[1])
    assert counter.do(FIRST, YES).reason == "grades: grade above the recipient's level (R03)"
    counter.must(OFFICE, replace(ASK, id=digest("other")))
    counter.must(FIRST, Consent(digest("other"), ENTRY))


def test_a_yes_to_what_is_offered_no_more_is_refused(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    counter.sharing.must(FIRST, Unmount(asset_of(ONE)))
    assert counter.do(FIRST, YES).reason == "authorization: asset withdrawn"
    assert counter.request().state is RequestState.RECEIVED
    assert counter.sharing.authorizations.state.authorization(ID).state is AuthorizationState.UNKNOWN


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"purpose": NOTHING}, "request: purpose missing (R08)"),
        ({"operations": 0}, "request: operations (R08)"),
        ({"operations": ALL_OPERATIONS + 1}, "request: operations (R08)"),
        ({"terms": NOTHING}, "request: terms missing (R08)"),
        ({"valid_until": NOW}, "request: period (R08)"),
        ({"valid_from": 1, "valid_until": 2}, "request: period over (R08)"),
        ({"max_uses": 0}, "request: uses missing (R08)"),
    ],
)
def test_a_request_leaves_nothing_open(counter: Counter, changes: dict[str, bytes | int], reason: str) -> None:
    scope = replace(SCOPE, **changes)  # type: ignore[arg-type]
    assert counter.do(OFFICE, replace(ASK, scope=scope)).reason == reason
    counter.must(OFFICE, ASK)


def test_what_is_over_when_the_answer_comes_is_not_granted(counter: Counter) -> None:
    counter.must(OFFICE, replace(ASK, scope=replace(SCOPE, valid_until=NOW + DAY)))
    counter.network.now += DAY
    assert counter.do(FIRST, YES).reason == "request: period over (R08)"
    counter.network.now -= 1
    counter.must(FIRST, YES)


def test_a_request_for_an_asset_that_left_the_catalogue_is_refused(counter: Counter) -> None:
    counter.sharing.must(FIRST, Unmount(asset_of(ONE)))
    assert counter.do(OFFICE, ASK).reason == "request: asset withdrawn"


def test_the_requester_withdraws_until_there_is_an_answer(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    assert counter.do(FIRST, Withdraw(ID)).reason == "request: of another party"
    assert counter.do(OFFICE, Withdraw(digest("never"))).reason == "request: unknown"
    counter.must(OFFICE, Withdraw(ID))
    assert counter.do(OFFICE, Withdraw(ID)).reason == "request: state"
    assert counter.do(FIRST, Refuse(ID, 16, digest("why"))).reason == "request: state"


def test_a_year_without_a_calendar_takes_no_request(counter: Counter) -> None:
    counter.network.now = (number_of(date(2026, 12, 28))) * DAY
    assert counter.do(OFFICE, ASK).reason == "calendar: day without a calendar"


def test_a_later_change_of_rules_moves_no_deadline_that_runs(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    due = counter.request().due
    stricter = replace(national().call, digest=digest("stricter"), limits=tuple(
        replace(entry, amount=3) for entry in national().call.limits
    ))  # fmt: skip
    governance, base = GENESIS_ADDRESSES[GOVERNANCE], counter.sharing.base
    counter.rules, _ = regulation.apply(counter.rules, stricter, governance, counter.network.now, base)
    assert counter.network.decide([regulation_client.set_call(stricter)]).accepted
    assert counter.network.read(REQUESTS, "requests", ID)[0][8] == due  # type: ignore[index]
    counter.must(OFFICE, replace(ASK, id=digest("later")))
    assert counter.request(digest("later")).due < due


def test_a_pause_keeps_nobody_from_saying_no(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    counter.must(OFFICE, replace(ASK, id=digest("other")))
    counter.sharing.pause(REQUESTS)
    for caller, call in ((OFFICE, replace(ASK, id=digest("new"))), (FIRST, AskSupplement(ID, digest("x")))):
        assert counter.do(caller, call).reason == "governance: paused"
    counter.must(FIRST, Refuse(ID, 16, digest("why")))
    counter.must(OFFICE, Withdraw(digest("other")))


def test_the_events_are_the_whole_history(counter: Counter) -> None:
    steps = (
        (OFFICE, ASK), (FIRST, AskSupplement(ID, digest("x"))), (OFFICE, ASK), (ADA, Extend(ID, digest("why"))),
        (FIRST, Refuse(ID, 16, digest("why"))),
    )  # fmt: skip
    logs = [log for caller, call in steps for log in counter.must(caller, call).logs]
    verify_events(REQUESTS, ID, logs, counter.network.values(REQUESTS, history_fact(REQUESTS, ID).slots))


def test_words_the_contract_never_stores_are_refused() -> None:
    slots = client.request_fact(ID).slots
    assert client.decode_request(ID, dict.fromkeys(slots, bytes(32))) == Request()
    with pytest.raises(InvalidRecord, match="boolean"):
        client.decode_request(ID, dict.fromkeys(slots, b"\xff" * 32))
    with pytest.raises(InvalidRecord, match="state"):
        client.decode_request(ID, {slot: bytes(32) for slot in slots[:-1]} | {slots[-1]: b"\xff" * 32})
    with pytest.raises(InvalidRecord, match="not covered"):
        client.decode_request(ID, {})
    assert astuple(Request())[-1] == RequestState.UNKNOWN


class RequestsMachine(RuleBasedStateMachine):
    """Random steps by everybody about two requests while days go by."""

    @initialize(category=st.sampled_from([Category.CONDITIONAL, Category.CONDITIONAL, Category.UNCONDITIONAL]))
    def found(self, category: int) -> None:
        self.counter = Counter(category)

    callers = st.sampled_from([OFFICE, FIRST, FIRST, ADA, SECOND, STRANGER])
    ids = st.sampled_from([ID, ID, digest("second")])
    words = st.sampled_from([digest("word"), digest("word"), NOTHING])

    @rule(caller=st.sampled_from([OFFICE, OFFICE, FIRST]), id=ids, party=st.sampled_from([ONE, ONE, TWO]), word=words)
    def submit(self, caller: bytes, id: bytes, party: bytes, word: bytes) -> None:
        self.counter.do(caller, Submit(id, asset_of(party), party, (*FIVE[:4], word), SCOPE))

    @rule(caller=callers, id=ids, word=words, number=st.sampled_from([8, 8, 16, 28]), kind=st.integers(0, 4))
    def step(self, caller: bytes, id: bytes, word: bytes, number: int, kind: int) -> None:
        calls: tuple[Call, ...] = (
            AskSupplement(id, word), Extend(id, word), Refuse(id, number, word), Withdraw(id),
            Consent(id, ENTRY if word else word),
        )  # fmt: skip
        self.counter.do(caller, calls[kind])

    @rule(days=st.integers(0, 20))
    def wait(self, days: int) -> None:
        self.counter.network.now += days * DAY


TestRequestsMachine = RequestsMachine.TestCase
TestRequestsMachine.settings = settings(
    max_examples=10, stateful_step_count=14, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
