"""Regulation: contract and rules agree on limits and deadlines, and nobody is looser than the national rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from evm import Outcome
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from lockstep import Lockstep
from network import ADA, FOUNDING, NOW, STRANGER, Network, digest
from verdict import verdict

from contracts.addresses import GENESIS_ADDRESSES, GOVERNANCE, REGULATION, name_id
from contracts.calendar.dates import moment_of
from contracts.calendar.notice import shipped
from contracts.genesis import founding_calendar, founding_rules, founding_states
from contracts.proven import history_fact, verify_events
from contracts.regulation import client
from contracts.regulation.client import jurisdiction_id, limit_id
from contracts.regulation.reader import national
from contracts.regulation.reading import deadline
from contracts.regulation.rules import (
    MAX_LIMITS,
    NATIONAL,
    NOTHING,
    Entry,
    Limit,
    LimitUnit,
    SetRules,
    Standing,
    apply,
    due,
    limit,
)
from ledger.errors import InvalidRecord, NotAuthorized, NotFound

CITY = jurisdiction_id("city")
ANSWER, KEEP, SUPPLY = limit_id("answer"), limit_id("keep"), limit_id("supply")
WORKING, DAYS, YEARS = LimitUnit.WORKING, LimitUnit.CALENDAR, LimitUnit.YEARS
LIMITS = (Entry(ANSWER, 10, WORKING, False), Entry(KEEP, 3, YEARS, True))
COUNTRY = SetRules(NATIONAL, digest("one"), LIMITS)
OWN = SetRules(CITY, digest("city"), (Entry(ANSWER, 5, WORKING, False), Entry(KEEP, 4, YEARS, True)))


class Office:
    """Contract and rules of one Regulation, side by side."""

    def __init__(self, rule_sets: tuple[SetRules, ...] = ()) -> None:
        config = replace(FOUNDING, spans=tuple(notice.span for notice in shipped()), rule_sets=rule_sets)
        world = founding_states(config)
        self.network = Network(config)
        self.days = founding_calendar(config, world)
        self.lockstep = Lockstep(self.network, REGULATION, founding_rules(config, world))

    def set(self, call: SetRules, caller: bytes = GENESIS_ADDRESSES[GOVERNANCE]) -> Outcome:
        _, data = client.set_call(call)
        send: Callable[[], Outcome] = lambda: self.network.evm.send(caller, GENESIS_ADDRESSES[REGULATION], data)  # noqa: E731
        return self.lockstep.step(lambda state: apply(state, call, caller, self.network.now, self.network.states), send)

    def limit(self, jurisdiction: bytes, code: bytes) -> Limit | str:
        """Ask both sides for the limit in force; return it, or why there is none."""
        outcome = self.network.send(STRANGER, REGULATION, "limit", jurisdiction, code)
        expected, reason = verdict(lambda: limit(self.lockstep.state, jurisdiction, code))
        assert (outcome.accepted, outcome.reason) == (reason == "", reason)
        if expected is None:
            return reason
        assert self.network.read(REGULATION, "limit", jurisdiction, code) == (
            (expected.amount, expected.unit, expected.minimum),
        )
        return expected

    def due(self, jurisdiction: bytes, code: bytes, start: int) -> int | str:
        """Ask both sides for a deadline; return it, or why there is none."""
        outcome = self.network.send(STRANGER, REGULATION, "due", jurisdiction, code, start)
        expected, reason = verdict(
            lambda: due(self.lockstep.state, self.days, jurisdiction, code, start, self.network.now)
        )
        assert (outcome.accepted, outcome.reason) == (reason == "", reason)
        if expected is None:
            return reason
        assert int.from_bytes(outcome.returned, "big") == expected
        return expected


@pytest.fixture
def office() -> Office:
    return Office()


@pytest.fixture
def statute() -> Office:
    """The national rule set and the notices that are shipped, in force since genesis."""
    return Office((national().call,))


def test_every_deadline_of_the_statute_is_the_same_on_chain(statute: Office) -> None:
    start = moment_of("2025-09-26T09:00:00+08:00")
    computed = {}
    for stated in national().limits:
        code = limit_id(stated.code)
        assert statute.limit(NATIONAL, code) == stated.length
        if stated.length.minimum:
            assert statute.due(NATIONAL, code, start) == "regulation: no deadline"
        else:
            found = deadline(national(), statute.days, stated.code, start)
            assert statute.due(NATIONAL, code, start) == found.until
            computed[stated.code] = str(found.last_day)
    assert computed["answer-unconditional"] == "2025-09-28"
    assert computed["answer-conditional"] == "2025-10-16"
    assert computed["supply"] == "2025-10-30"
    assert len(computed) == 8


def test_a_deadline_is_refused_for_a_start_to_come_and_an_unknown_limit(statute: Office) -> None:
    assert statute.due(NATIONAL, limit_id("supply"), NOW + 1) == "calendar: start in the future"
    assert statute.due(NATIONAL, limit_id("tea-break"), NOW) == "regulation: unknown limit"


def test_a_stricter_jurisdiction_has_its_own_limits_and_others_the_national_ones(office: Office) -> None:
    assert office.set(COUNTRY).accepted
    assert office.set(OWN).accepted
    assert office.limit(CITY, ANSWER) == Limit(5, WORKING, False)
    assert office.limit(CITY, KEEP) == Limit(4, YEARS, True)
    assert office.limit(jurisdiction_id("elsewhere"), ANSWER) == Limit(10, WORKING, False)
    assert office.limit(CITY, SUPPLY) == "regulation: unknown limit"


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (Entry(ANSWER, 11, WORKING, False), "regulation: looser than national"),
        (Entry(KEEP, 2, YEARS, True), "regulation: looser than national"),
        (Entry(ANSWER, 5, DAYS, False), "regulation: another kind of limit"),
        (Entry(ANSWER, 10, WORKING, True), "regulation: another kind of limit"),
        (Entry(SUPPLY, 1, WORKING, False), "regulation: unknown limit"),
    ],
)
def test_a_jurisdiction_that_loosens_the_national_rules_is_refused(office: Office, entry: Entry, reason: str) -> None:
    office.set(COUNTRY)
    assert office.set(replace(OWN, limits=(entry,))).reason == reason
    assert office.set(replace(OWN, limits=LIMITS)).accepted  # just as strict


def test_a_later_national_rule_bounds_the_local_ones(office: Office) -> None:
    office.set(COUNTRY)
    office.set(OWN)
    stricter = SetRules(NATIONAL, digest("two"), (Entry(ANSWER, 3, WORKING, False), Entry(KEEP, 9, YEARS, True)))
    assert office.set(stricter).accepted
    assert office.limit(CITY, ANSWER) == Limit(3, WORKING, False)
    assert office.limit(CITY, KEEP) == Limit(9, YEARS, True)
    otherwise = SetRules(NATIONAL, digest("three"), (Entry(ANSWER, 20, DAYS, False),))
    assert office.set(otherwise).accepted
    assert office.limit(CITY, ANSWER) == Limit(20, DAYS, False)
    assert office.limit(CITY, KEEP) == "regulation: unknown limit"


def test_a_new_version_replaces_all_limits_and_the_old_ones_stay_readable(office: Office) -> None:
    office.set(COUNTRY)
    office.set(OWN)
    assert office.set(replace(OWN, digest=digest("later"), limits=())).accepted
    assert office.limit(CITY, ANSWER) == Limit(10, WORKING, False)
    assert office.network.read(REGULATION, "limit_at", CITY, 1, ANSWER) == ((5, 1, False),)
    assert office.network.read(REGULATION, "limit_at", CITY, 2, ANSWER) == ((0, 0, False),)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (replace(COUNTRY, jurisdiction=NOTHING), "regulation: jurisdiction missing"),
        (replace(COUNTRY, digest=NOTHING), "regulation: digest missing"),
        (replace(COUNTRY, limits=()), "regulation: limits missing"),
        (OWN, "regulation: national rules missing"),
        (replace(COUNTRY, limits=(replace(LIMITS[0], code=NOTHING),)), "regulation: code missing"),
        (replace(COUNTRY, limits=(replace(LIMITS[0], unit=0),)), "regulation: unit"),
        (replace(COUNTRY, limits=(replace(LIMITS[0], unit=4),)), "regulation: unit"),
        (replace(COUNTRY, limits=(replace(LIMITS[0], unit=YEARS),)), "regulation: unit"),
        (replace(COUNTRY, limits=(replace(LIMITS[0], amount=0),)), "regulation: amount"),
        (replace(COUNTRY, limits=(replace(LIMITS[0], amount=251),)), "regulation: amount"),
        (replace(COUNTRY, limits=(LIMITS[0], LIMITS[0])), "regulation: limit twice"),
    ],
)
def test_a_malformed_rule_set_is_refused(office: Office, call: SetRules, reason: str) -> None:
    assert office.set(call).reason == reason
    assert office.set(COUNTRY).accepted
    assert office.set(COUNTRY).reason == "regulation: no change"


def test_only_a_quorum_sets_rules(office: Office) -> None:
    for caller in (ADA, STRANGER):
        assert office.set(COUNTRY, caller).reason == "regulation: governance only"
    full = tuple(Entry(limit_id(str(n)), 250, DAYS, False) for n in range(MAX_LIMITS))
    assert office.network.decide([client.set_call(replace(COUNTRY, limits=full))]).accepted
    assert office.network.read(REGULATION, "rule_sets", NATIONAL) == ((1, digest("one"), NOW),)


def test_a_paused_regulation_takes_no_rules_but_still_answers(statute: Office) -> None:
    statute.network.send(ADA, GOVERNANCE, "pause", name_id(REGULATION))
    _, data = client.set_call(OWN)
    outcome = statute.network.evm.send(GENESIS_ADDRESSES[GOVERNANCE], GENESIS_ADDRESSES[REGULATION], data)
    assert outcome.reason == "governance: paused"
    assert isinstance(statute.limit(NATIONAL, limit_id("supply")), Limit)


def test_proven_words_read_back_as_the_rules_records(statute: Office) -> None:
    state, network = statute.lockstep.state, statute.network
    values = network.values(REGULATION, client.standing_fact(NATIONAL).slots)
    assert client.decode_standing(NATIONAL, values) == state.standing(NATIONAL) == Standing(1, national().digest, NOW)
    absent = network.values(REGULATION, client.standing_fact(CITY).slots)
    assert client.decode_standing(CITY, absent) == Standing()
    code = limit_id("retention")
    slots = client.limit_fact(NATIONAL, 1, code).slots
    assert client.decode_limit(NATIONAL, 1, code, network.values(REGULATION, slots)) == Limit(3, YEARS, True)
    with pytest.raises(InvalidRecord, match="boolean"):
        client.decode_limit(NATIONAL, 1, code, dict.fromkeys(slots, b"\xff" * 32))
    with pytest.raises(InvalidRecord, match="not covered"):
        client.decode_limit(NATIONAL, 1, code, {})


def test_the_events_are_the_whole_history(office: Office) -> None:
    later = replace(COUNTRY, digest=digest("later"))
    logs = [log for call in (COUNTRY, later) for log in office.set(call).logs]
    values = office.network.values(REGULATION, history_fact(REGULATION, NATIONAL).slots)
    verify_events(REGULATION, NATIONAL, logs, values)


def test_genesis_refuses_rules_that_loosen_the_national_ones() -> None:
    loose = replace(OWN, limits=(Entry(limit_id("supply"), 21, WORKING, False),))
    config = replace(FOUNDING, rule_sets=(national().call, loose))
    with pytest.raises(NotAuthorized, match="looser"):
        founding_rules(config, founding_states(config))
    with pytest.raises(NotFound, match="national rules missing"):
        founding_rules(replace(FOUNDING, rule_sets=(OWN,)), founding_states(FOUNDING))


class RegulationMachine(RuleBasedStateMachine):
    """Random rule sets of the nation and a city, and questions about both."""

    @initialize()
    def found(self) -> None:
        self.office = Office()

    entries = st.lists(
        st.builds(
            Entry, st.sampled_from([ANSWER, KEEP, SUPPLY, NOTHING]), st.sampled_from([0, 1, 5, 5, 10, 251]),
            st.sampled_from([1, 1, 1, 2, 3, 4]), st.sampled_from([False, False, True]),
        ),
        max_size=3,
    )  # fmt: skip

    @rule(
        jurisdiction=st.sampled_from([NATIONAL, NATIONAL, CITY, NOTHING]), limits=entries,
        name=st.sampled_from(["one", "two", "three", "four"]),
    )  # fmt: skip
    def set_rules(self, jurisdiction: bytes, limits: list[Entry], name: str) -> None:
        self.office.set(SetRules(jurisdiction, digest(name), tuple(limits)))

    @rule(jurisdiction=st.sampled_from([NATIONAL, CITY, NOTHING]), code=st.sampled_from([ANSWER, KEEP, SUPPLY]))
    def ask(self, jurisdiction: bytes, code: bytes) -> None:
        found = self.office.limit(jurisdiction, code)
        bound = self.office.limit(NATIONAL, code)
        if isinstance(found, Limit) and isinstance(bound, Limit):
            assert (found.unit, found.minimum) == (bound.unit, bound.minimum)
            assert found.amount >= bound.amount if bound.minimum else found.amount <= bound.amount
        self.office.due(jurisdiction, code, moment_of("2025-09-26"))


TestRegulationMachine = RegulationMachine.TestCase
TestRegulationMachine.settings = settings(
    max_examples=8, stateful_step_count=12, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
