"""Regions: contract and rules agree; limits are data of each region, and the strictest on the way up holds."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from evm import Outcome
from lockstep import Lockstep
from network import ADA, digest
from requesting import ASK, FIRST, ID, ONE, TWO, YES, Counter
from sharing import AUDIT, OFFICE, asset_of

from contracts.addresses import GENESIS_ADDRESSES, GOVERNANCE, REGIONS
from contracts.calendar.dates import date_of, day_of
from contracts.proven import history_fact, verify_events
from contracts.regions import client
from contracts.regions.rules import MAX_LEVELS, Call, Place, SetRegion, State, apply, limit
from contracts.regulation import client as regulation_client
from contracts.regulation import rules as regulation
from contracts.regulation.client import jurisdiction_id, limit_id
from contracts.regulation.rules import NATIONAL, Entry, Limit, LimitUnit, SetRules
from contracts.requests.rules import Extend
from ledger.chain.port import StateFact

PROVINCE, CITY, ELSEWHERE = map(jurisdiction_id, ("province", "city", "elsewhere"))
ANSWER, SUPPLY, EXTENSION = map(limit_id, ("answer-conditional", "supply", "answer-extension"))
GOVERNED = GENESIS_ADDRESSES[GOVERNANCE]
TREE = (SetRegion(PROVINCE, NATIONAL), SetRegion(CITY, PROVINCE), SetRegion(ELSEWHERE, NATIONAL))


class Country(Counter):
    """A network under the statute with a province, a city in it, and another province."""

    def __init__(self) -> None:
        super().__init__()
        self.regions = Lockstep(self.network, REGIONS, State())
        for call in TREE:
            assert self.settle(call) == ""

    def settle(self, call: Call) -> str:
        """Have the members decide a call on both sides; return the reason of a refusal."""
        world, now = self.sharing.base, self.network.now

        def send() -> Outcome:
            return self.network.decide([client.call_of(call)])

        outcome = self.regions.step(lambda state: apply(state, call, GOVERNED, now, world), send)
        self.seats = self.regions.state
        return outcome.reason

    def legislate(self, jurisdiction: bytes, *entries: tuple[bytes, int]) -> str:
        """Put a jurisdiction's limits in working days in force on both sides."""
        stated = tuple(Entry(code, amount, LimitUnit.WORKING, False) for code, amount in entries)
        rules = SetRules(jurisdiction, digest(f"{jurisdiction.hex()} {entries}"), stated)
        outcome = self.network.decide([regulation_client.set_call(rules)])
        if outcome.accepted:
            self.rules, _ = regulation.apply(self.rules, rules, GOVERNED, self.network.now, self.sharing.base)
        return outcome.reason


@pytest.fixture
def country() -> Country:
    return Country()


def test_a_province_that_answers_in_eight_working_days_binds_its_departments_and_no_others(country: Country) -> None:
    assert country.legislate(PROVINCE, (ANSWER, 8), (SUPPLY, 5)) == ""
    assert country.settle(Place(ONE, PROVINCE)) == ""
    country.must(OFFICE, ASK)
    assert country.request().days == 8
    assert country.last_day() == date(2026, 6, 16)  # two working days before the nation's
    country.must(FIRST, YES)
    assert date_of(day_of(country.request().supply - 1)) == date(2026, 6, 5)
    country.must(OFFICE, replace(ASK, id=digest("of another"), asset=asset_of(TWO), owner=TWO))
    assert country.request(digest("of another")).days == 10


def test_an_answer_in_time_for_the_nation_is_late_in_the_province(country: Country) -> None:
    country.legislate(PROVINCE, (ANSWER, 8))
    country.settle(Place(ONE, PROVINCE))
    country.must(OFFICE, ASK)
    country.network.now = country.request().due
    assert country.do(ADA, Extend(ID, digest("why"))).reason == "request: overdue (R10)"
    outcome = country.must(FIRST, YES)
    assert int.from_bytes(outcome.logs[0].data[96:128], "big") == 3904


def test_no_rule_set_loosens_the_national_ceiling(country: Country) -> None:
    for entries in ((ANSWER, 11), (SUPPLY, 21), (EXTENSION, 11)):
        assert country.legislate(PROVINCE, entries) == "regulation: looser than national"
    assert country.legislate(PROVINCE, (ANSWER, 10), (SUPPLY, 20), (EXTENSION, 10)) == ""
    country.settle(Place(ONE, PROVINCE))
    country.must(OFFICE, ASK)
    assert country.request().days == 10


def test_the_strictest_limit_on_the_way_up_holds(country: Country) -> None:
    country.legislate(PROVINCE, (ANSWER, 6), (SUPPLY, 15))
    country.legislate(CITY, (ANSWER, 9), (SUPPLY, 12))
    country.settle(Place(ONE, CITY))
    for code, amount in ((ANSWER, 6), (SUPPLY, 12), (EXTENSION, 10)):
        expected = Limit(amount, LimitUnit.WORKING, False)
        assert limit(country.regions.state, country.rules, ONE, code) == expected
        assert country.network.read(REGIONS, "limit", ONE, code) == ((amount, 1, False),)
    country.settle(Place(ONE, ELSEWHERE))
    assert limit(country.regions.state, country.rules, ONE, ANSWER).amount == 10
    assert country.network.read(REGIONS, "limit", ONE, ANSWER) == ((10, 1, False),)


def test_who_moves_keeps_the_deadline_that_runs(country: Country) -> None:
    country.legislate(PROVINCE, (ANSWER, 3))
    country.must(OFFICE, ASK)
    due = country.request().due
    country.settle(Place(ONE, PROVINCE))
    assert country.request().due == due
    assert country.network.read("Requests", "overdue", ID) == (False,)
    country.must(OFFICE, replace(ASK, id=digest("later")))
    assert country.request(digest("later")).due < due


REFUSED = (
    (SetRegion(NATIONAL, PROVINCE), "region: id"),
    (SetRegion(bytes(32), PROVINCE), "region: id"),
    (SetRegion(CITY, ELSEWHERE), "region: exists"),
    (SetRegion(digest("town"), digest("nowhere")), "region: unknown"),
    (SetRegion(digest("town"), digest("town")), "region: unknown"),
    (Place(bytes(32), CITY), "region: party missing"),
    (Place(ONE, digest("nowhere")), "region: unknown"),
    (Place(ONE, NATIONAL), "region: no change"),
)


def test_a_region_lies_in_one_that_was_set_before(country: Country) -> None:
    for call, reason in REFUSED:
        assert country.settle(call) == reason
    assert country.settle(Place(ONE, CITY)) == ""


def test_only_the_members_together_set_regions(country: Country) -> None:
    outcome = country.network.send(FIRST, REGIONS, "place", ONE, CITY)
    assert outcome.reason == "region: governance only"
    assert country.network.send(ADA, REGIONS, "set_region", digest("town"), CITY).reason == "region: governance only"


def test_there_are_no_more_levels_than_there_are(country: Country) -> None:
    above = CITY
    for level in range(3, MAX_LEVELS + 1):
        assert country.settle(SetRegion(digest(f"level {level}"), above)) == ""
        above = digest(f"level {level}")
    assert country.settle(SetRegion(digest("deeper"), above)) == "region: too deep"
    for outer in (above, CITY, PROVINCE, NATIONAL):
        assert country.network.read(REGIONS, "within", above, outer) == (True,)
        assert country.regions.state.is_within(above, outer)
    assert country.network.read(REGIONS, "within", above, ELSEWHERE) == (False,)
    assert country.network.read(REGIONS, "within", CITY, above) == (False,)


def test_what_is_proven_of_a_region_is_what_was_decided(country: Country) -> None:
    def values(fact: StateFact) -> dict[bytes, bytes]:
        return country.network.values(REGIONS, fact.slots)

    assert client.decode_place(AUDIT, values(client.place_fact(AUDIT))) == NATIONAL
    country.settle(Place(AUDIT, CITY))
    assert client.decode_place(AUDIT, values(client.place_fact(AUDIT))) == CITY
    assert client.decode_above(CITY, values(client.above_fact(CITY))) == PROVINCE
    assert client.decode_above(NATIONAL, values(client.above_fact(NATIONAL))) == bytes(32)
    assert country.network.read(REGIONS, "region_of", AUDIT) == (CITY,)


def test_the_events_are_the_whole_history(country: Country) -> None:
    logs = []
    for region in (CITY, PROVINCE):
        outcome = country.network.decide([client.call_of(Place(TWO, region))])
        logs += [log for log in outcome.logs if log.topics[1] == TWO]
    verify_events(REGIONS, TWO, logs, country.network.values(REGIONS, history_fact(REGIONS, TWO).slots))
