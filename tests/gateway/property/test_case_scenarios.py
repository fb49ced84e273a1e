"""Three kinds of cases on a real chain, every act signed by its department, up to the last second of the clock.

One window with its hour; a karaoke venue with six departments and thirty days; a new home in Wuhan from the filed
contract to the buyer's title. What is said about time comes from proven events alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import newhome
import pytest
from newhome import HOUSING, REGISTRAR, TAX, Sale
from statutetown import AUTHORITY, Town
from townofficer import TownOfficer, at

from contracts.applications.client import application_id
from contracts.applications.rules import RegistrationType
from contracts.calendar.dates import moment_of
from contracts.cases.rules import CaseState
from contracts.world import PartyRole
from gateway.property.cases import template as templates
from gateway.property.cases.entered import Entries
from gateway.property.cases.template import Template
from gateway.property.cases.window import Window
from gateway.statute.papers import Papers
from ledger.errors import Conflict, InvalidRecord, NotAuthorized

HOUR = 3600
VENUE = ("market-regulation", "fire", "health", "environment", "public-security", "culture")


class Bureau:
    """Departments with a window each, and the template that the authority has defined."""

    def __init__(self, town: Town, template: Template, scratch: Path) -> None:
        self.town, self.template, self._scratch = town, template, scratch
        self.windows = {
            party: Window(TownOfficer(town, party), Papers(scratch / f"papers of {party}"))
            for party in (AUTHORITY, *template.departments)
        }
        assert self.windows[AUTHORITY].define(template.code, template.parties({}), template.amount, template.unit)

    def paper(self, name: str) -> Path:
        path = self._scratch / f"{name}.pdf"
        path.write_bytes(f"%PDF {name}".encode())
        return path

    def open(self, code: str, window: str) -> int:
        """Open a case with the template's papers; return the second of its block."""
        papers = [self.paper(paper.code) for paper in self.template.papers]
        self.template.check_papers(len(papers))
        receipt = self.windows[window].open(code, self.template.code, papers)
        assert receipt is not None
        return self.windows[window].case(code).opened

    def sign(self, code: str, party: str) -> None:
        documents = [self.paper(step.code) for step in self.template.of(party)]
        assert self.windows[party].sign(code, documents) is not None


def bureau(directory: Path, template: Template) -> Bureau:
    town = Town(directory, template.departments, PartyRole.OWNER | PartyRole.REGISTRAR)
    return Bureau(town, template, directory)


def known(name: str) -> Template:
    found = templates.find(name)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def hour(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bureau]:
    made = bureau(tmp_path_factory.mktemp("hour"), known("one-window"))
    yield made
    made.town.close()


@pytest.mark.parametrize(("code", "seconds", "is_late"), [("in-time", HOUR, False), ("late", HOUR + 1, True)])
def test_a_certificate_is_in_time_at_sixty_minutes_and_late_a_second_after(
    hour: Bureau, code: str, seconds: int, is_late: bool
) -> None:
    opened = hour.open(code, REGISTRAR)
    for party, minutes in ((TAX, 12), (HOUSING, 30), (REGISTRAR, 45)):
        at(hour.town, opened + 60 * minutes)
        hour.sign(code, party)
    at(hour.town, opened + seconds)
    assert hour.windows[HOUSING].case(code).is_overdue(opened + seconds) == is_late
    assert hour.windows[REGISTRAR].close(code, hour.paper("certificate")) is not None
    told = hour.windows[TAX].told(code, hour.town.now, hour.template.departments)
    assert (told.replay.state, told.replay.total, told.replay.is_late) == (CaseState.CLOSED, seconds, is_late)
    spent = {told.name(one.party): one.seconds for one in told.replay.spent}
    assert spent == {TAX: 12 * 60, HOUSING: 30 * 60, REGISTRAR: 45 * 60}
    assert told.replay.waiting == seconds - 45 * 60


def test_papers_are_handed_in_once_and_the_paid_bill_is_bound(hour: Bureau) -> None:
    hour.open("papers", REGISTRAR)
    bill, other = hour.paper("tax"), hour.paper("another bill")
    assert hour.windows[TAX].sign("papers", [bill]) is not None
    assert hour.windows[TAX].sign("papers", [bill]) is None
    with pytest.raises(Conflict, match="other papers"):
        hour.windows[TAX].sign("papers", [other])
    with pytest.raises(Conflict, match="other papers"):
        hour.windows[REGISTRAR].open("papers", hour.template.code, [other])
    with pytest.raises(NotAuthorized, match="signatures missing"):
        hour.windows[REGISTRAR].close("papers", hour.paper("certificate"))
    with pytest.raises(InvalidRecord, match="expected 2 papers in this order: contract, identity; got 1"):
        hour.template.check_papers(1)


def test_a_karaoke_venue_needs_six_departments_and_has_thirty_days(tmp_path: Path) -> None:
    made = bureau(tmp_path, known("ktv-licence"))
    assert made.template.departments == VENUE
    made.town.at("2026-03-31T10:00:00+08:00")
    at(made.town, made.town.now)
    for code in ("in-time", "late"):
        made.open(code, "culture")
    due = made.windows["culture"].case("late").due
    # Thirty days from 31 March end on 30 April, a Thursday, at midnight.
    assert due == moment_of("2026-05-01T00:00:00+08:00")
    for code in ("in-time", "late"):
        for party in VENUE[:-1]:
            made.sign(code, party)
    at(made.town, due - 1)
    made.sign("in-time", "culture")
    made.sign("late", "culture")
    last = {code: made.windows["fire"].told(code, due, VENUE).replay.spent[0] for code in ("in-time", "late")}
    assert [last[code].late for code in ("in-time", "late")] == [False, True]
    assert made.windows["culture"].close("late", made.paper("licence")) is not None
    told = made.windows["fire"].told("late", made.town.now, VENUE)
    assert (told.name(told.replay.spent[0].party), told.replay.is_late) == ("culture", True)
    made.town.close()


def test_a_department_that_says_no_ends_the_venue_s_case(tmp_path: Path) -> None:
    made = bureau(tmp_path, known("ktv-licence"))
    made.open("unsafe", "culture")
    assert made.windows["fire"].refuse("unsafe", "no second exit") is not None
    with pytest.raises(NotAuthorized, match="case: state"):
        made.sign("unsafe", "health")
    told = made.windows["culture"].told("unsafe", made.town.now, VENUE)
    assert told.replay.state is CaseState.REFUSED
    assert sum(one.seconds is None for one in told.replay.spent) == 5
    made.town.close()


def test_a_new_home_goes_from_the_filed_contract_to_the_buyer_s_title(tmp_path: Path) -> None:
    town = Town(tmp_path, (HOUSING, REGISTRAR, TAX), PartyRole.OWNER | PartyRole.REGISTRAR)
    made, sale = Bureau(town, known("wuhan-new-home"), tmp_path), Sale("home-1")
    clerk = made.windows[REGISTRAR]
    opened = made.open("home-1", REGISTRAR)
    entries = Entries(REGISTRAR, ("home-1-prenotice", "home-1-first", "home-1-transfer"))
    types = made.template.work(REGISTRAR, 0)
    assert types == (RegistrationType.PRENOTICE, RegistrationType.FIRST, RegistrationType.TRANSFER)
    made.sign("home-1", HOUSING)
    register(town, sale, opened)
    made.sign("home-1", TAX)
    with pytest.raises(Conflict, match="expected prenotice, first, transfer, got transfer, first, prenotice"):
        clerk.sign_entries("home-1", Entries(REGISTRAR, entries.codes[::-1]), types)
    with pytest.raises(Conflict, match="expected an entry in the register, it is unknown"):
        clerk.sign_entries("home-1", Entries(REGISTRAR, ("home-1-fourth",)))
    assert clerk.sign_entries("home-1", entries, types) is not None
    assert clerk.sign_entries("home-1", entries, types) is None
    assert clerk.close("home-1", made.paper("certificate")) is not None

    told = made.windows[TAX].told("home-1", town.now, made.template.departments, entries)
    assert (told.replay.state, told.replay.is_late) == (CaseState.CLOSED, False)
    assert [(one.registration, one.seconds) for one in told.entries] == list(zip(types, (600, 1200, 1800), strict=True))
    assert told.name(told.replay.spent[0].party) == REGISTRAR
    with pytest.raises(Conflict, match="no department has signed for exactly these entries"):
        made.windows[TAX].told("home-1", town.now, (), Entries(REGISTRAR, entries.codes[:2]))
    town.close()


def register(town: Town, sale: Sale, opened: int) -> None:
    """Accept and enter pre-notice, first registration and transfer, 10, 20 and 30 minutes each."""
    sale.named = lambda name: application_id(REGISTRAR, f"home-1-{name}")
    moment = opened + 100
    for minutes, (accept, enter) in zip((10, 20, 30), sale.registrations(), strict=True):
        for when, operation in ((moment, accept), (moment + 60 * minutes, enter)):
            at(town, when)
            receipt = town.do(REGISTRAR, operation.contract, operation.method, *operation.args)
            assert receipt.accepted, receipt.reason
        moment += 60 * minutes + 60


def test_the_waves_of_a_benchmark_are_refused_nothing(tmp_path: Path) -> None:
    town = newhome.founded(tmp_path)
    sales = [Sale(f"sale {number}") for number in range(2)]
    for stage in zip(*(sale.stages() for sale in sales), strict=True):
        for who, operation in (signed for calls in stage for signed in calls):
            town.send(who, operation.contract, operation.method, *operation.args)
        assert {receipt.reason for receipt in town.block()} == {""}
    town.close()
