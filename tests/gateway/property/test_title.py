"""Titles as of any block or date, with holders, restrictions and whole chain; queries that find nothing say why."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction
from pathlib import Path

import pytest
from landtown import FLAT, HOUSE, SHOP, Told, holder

from contracts.evidence.title import document
from contracts.evidence.title.verify import verify
from contracts.restrictions.record import RestrictionKind
from gateway.property.titles.answer import Registrar
from gateway.property.titles.asking import question
from gateway.property.titles.entries import EntryBook
from ledger.errors import Conflict, InvalidRecord, NotFound


@pytest.fixture
def divided(told: Told) -> int:
    """The block in which another flat became two."""
    if "divided" not in told.blocks:
        told.land.desk.open_unit(FLAT)
        told.blocks["divided"] = told.land.divide("d-1", FLAT, "flat-a", "flat-b")
    return told.blocks["divided"]


def test_a_title_has_its_holders_restrictions_and_whole_chain(told: Told, registrar: Registrar, paper: Path) -> None:
    title = registrar.title(HOUSE, question("transaction", "a bank", paper), told.block("seized")).title
    assert {one.name: one.share for one in title.holders} == {"Ann": Fraction(1, 3), "Bob": Fraction(2, 3)}
    stands = [(one.kind.name, one.rank, one.by, one.beneficiary, one.is_queued) for one in title.burdens]
    assert stands == [
        ("MORTGAGE", 1, "registrar", "Bank", False),
        ("MORTGAGE", 2, "registrar", "Fund", False),
        ("OBJECTION", 0, "registrar", "Dan", False),
        ("SEIZURE", 1, "court", "", False),
        ("SEIZURE", 2, "police", "", True),
    ]
    assert [(one.part, one.of, one.type) for one in title.registrations][2:5] == [
        ("past", "title", "transfer"), ("living", "title", "opening"), ("living", "title", "transfer"),
    ]  # fmt: skip
    assert [row["when"] for row in title.rows()[:3]] == ["2017-01-31", "2018-02-28", "2019-03-31"]
    assert title.code == HOUSE


@pytest.mark.parametrize(
    ("act", "standing", "kinds"),
    [
        ("anchored", "past only", []),
        ("opened", "registered", []),
        ("mortgaged", "registered", ["MORTGAGE 1"]),
        ("released", "registered", ["MORTGAGE 1", "OBJECTION 0", "SEIZURE 1", "SEIZURE 2"]),
        ("objection lapsed", "registered", ["MORTGAGE 1", "SEIZURE 1", "SEIZURE 2"]),
        ("court's seizure ended", "registered", ["MORTGAGE 1", "SEIZURE 1"]),
    ],
)
def test_a_title_as_of_a_block_is_what_it_was_then_also_what_time_alone_ended(
    told: Told, registrar: Registrar, paper: Path, act: str, standing: str, kinds: list[str]
) -> None:
    found = registrar.title(HOUSE, question("transaction", "a bank", paper), told.block(act))
    assert (found.title.standing, found.title.block) == (standing, told.block(act))
    assert [f"{one.kind.name} {one.rank}" for one in found.title.burdens] == kinds
    verdict = verify(found.proof, told.land.trust)
    assert verdict.failed is None
    assert f"  as of: block {told.block(act)}, 2026-" in "\n".join(verdict.lines("en"))


def test_the_seizure_behind_moves_up_by_itself_and_begins_where_the_other_ended(
    told: Told, registrar: Registrar, paper: Path
) -> None:
    asked = question("transaction", "a bank", paper)
    before = registrar.title(HOUSE, asked, told.block("objection lapsed")).title
    after = registrar.title(HOUSE, asked, told.block("court's seizure ended")).title
    court, police = (one for one in before.burdens if one.kind is RestrictionKind.SEIZURE)
    assert (court.until is not None, police.until) == (True, None)
    assert [(one.by, one.until) for one in after.burdens if one.kind is RestrictionKind.SEIZURE] == [
        ("police", (court.until or 0) + 30 * 86_400)
    ]


def test_a_unit_made_by_division_leads_back_to_the_past_of_what_it_was_part_of(
    told: Told, registrar: Registrar, paper: Path, divided: int
) -> None:
    asked = question("transaction", "a bank", paper)
    found = registrar.title("flat-a", asked, divided)
    evidence = document.parse(found.proof)
    assert [unit.unit for unit in evidence.units] == [told.land.book.id_of(code) for code in ("flat-a", FLAT)]
    steps = [(one.part, one.type) for one in found.title.registrations]
    assert steps == [("past", "transfer"), ("living", "opening"), ("living", "alteration"), ("living", "alteration")]
    assert (found.title.code, found.title.description) == ("flat-a", {"plan": "of a part"})
    before = registrar.title(FLAT, asked, divided)
    assert (before.title.standing, before.successors) == ("succeeded", ("flat-a", "flat-b"))
    first, parent = evidence.units
    kept = replace(evidence.facts, moments=evidence.facts.moments[:1])
    hidden = replace(evidence, units=(first,), facts=kept)
    assert verify(hidden.encode(), told.land.trust).failed in ("network", "contracts")
    assert verify(replace(evidence, units=(parent, first)).encode(), told.land.trust).failed == "contracts"


def test_a_merged_unit_leads_through_its_parts_to_the_past_they_had_in_common(
    told: Told, registrar: Registrar, paper: Path, divided: int
) -> None:
    asked = question("transaction", "a bank", paper)
    merged = told.land.merge("m-1", "flat-c", "flat-a", "flat-b")
    assert merged > divided
    found = registrar.title("flat-c", asked, merged)
    codes = [told.land.book.id_of(code) for code in ("flat-c", "flat-a", "flat-b", FLAT)]
    assert [unit.unit for unit in document.parse(found.proof).units] == codes
    assert found.title.registrations[0].when == "2018-05-05"
    assert registrar.title("flat-a", asked, merged).successors == ("flat-c",)
    assert registrar.title("flat-a", asked, divided).title.standing == "registered"


def test_a_home_still_to_be_built_shows_its_pre_notice_and_then_its_first_registration(
    told: Told, registrar: Registrar, paper: Path
) -> None:
    asked, land = question("transaction", "a bank", paper), told.land
    plan = '[restriction]\nholder = "Buyer"\nclaim = "a contract"'
    noted = land.enter("n-1", "prenotice", holder("Buyer"), plan, unit="tower/1")
    planned = registrar.title("tower/1", asked, noted).title
    assert (planned.standing, planned.holders, planned.code) == ("unregistered", (), "tower/1")
    assert [(one.kind.name, one.beneficiary) for one in planned.burdens] == [("PRENOTICE", "Buyer")]
    made = land.enter("n-2", "first", holder("Builder"), '[description]\naddress = "9 New Road"', unit="tower/1")
    title = registrar.title("tower/1", asked, made).title
    assert (title.standing, [one.name for one in title.holders]) == ("registered", ["Builder"])
    assert title.description == {"address": "9 New Road"}
    assert title.bears(RestrictionKind.PRENOTICE)
    with pytest.raises(NotFound, match="in no register after block"):
        registrar.title("tower/1", asked, noted - 1)


def test_a_date_means_its_last_block_and_a_day_before_the_network_the_records_of_the_past(
    told: Told, registrar: Registrar, paper: Path
) -> None:
    asked = question("transaction", "a bank", paper)
    assert registrar.title(HOUSE, asked, date(2026, 3, 2)).title.block == told.block("released")
    assert registrar.title(HOUSE, asked, date(2026, 3, 26)).title.block == told.block("objection lapsed")
    past = registrar.title(HOUSE, asked, date(2018, 12, 31))
    assert [step.when for step in past.title.registrations] == ["2017-01-31", "2018-02-28"]
    assert (past.proof, past.title.standing, past.title.absent) == (b"", "past only", ())
    with pytest.raises(NotFound, match="no block proves"):
        registrar.title(HOUSE, asked, date(2018, 12, 31), provable=True)


@pytest.mark.parametrize(
    ("unit", "at", "error", "reason"),
    [
        ("1/2", None, NotFound, "no unit '1/2' in the book"),
        ("00" * 32, None, NotFound, "none of this name on chain"),
        (HOUSE, 10**6, NotFound, "block 1000000 is in the future"),
        (HOUSE, 0, NotFound, "the first sealed one is 1"),
        (HOUSE, date(2027, 1, 1), InvalidRecord, "2027-01-01 is in the future"),
        (HOUSE, date(2016, 12, 31), NotFound, "before this network's first block.*no registration by 2016-12-31"),
        (HOUSE, 1, Conflict, "its past is not anchored"),
    ],
)
def test_a_query_that_cannot_be_answered_says_why(
    registrar: Registrar, paper: Path, unit: str, at: int | date | None, error: type[Exception], reason: str
) -> None:
    with pytest.raises(error, match=reason):
        registrar.title(unit, question("transaction", "a bank", paper), at)


def test_without_a_network_only_units_of_the_past_are_answered(told: Told, paper: Path) -> None:
    asked = question("transaction", "a bank", paper)
    with Registrar(told.land.register) as alone:
        assert [step.when for step in alone.title(SHOP, asked).title.registrations] == ["2018-06-06"]
        with pytest.raises(Conflict, match="is in the living register; --config"):
            alone.title(HOUSE, asked)
        with pytest.raises(Conflict, match="a block is known only with --config"):
            alone.title(SHOP, asked, 1)
        with pytest.raises(InvalidRecord, match="2999-01-01 is in the future"):
            alone.title(SHOP, asked, date(2999, 1, 1))


def test_a_copy_of_entries_that_does_not_hold_is_read_anew(told: Told, registrar: Registrar, paper: Path) -> None:
    asked = question("transaction", "a bank", paper)
    registrar.title(HOUSE, asked)
    with registrar.book.database.transaction() as db:
        db.execute("DELETE FROM entries WHERE contract = 'Restrictions'")
    assert registrar.title(HOUSE, asked).title.bears(RestrictionKind.SEIZURE)


def test_a_copy_of_another_networks_entries_is_thrown_away(told: Told, registrar: Registrar, paper: Path) -> None:
    registrar.title(HOUSE, question("transaction", "a bank", paper))
    database, unit = registrar.book.database, told.land.book.id_of(HOUSE)
    genesis = told.land.trust.genesis_hash
    assert len(EntryBook(database, genesis).of("Titles", unit, told.land.head)) == 2
    assert EntryBook(database, bytes(32)).of("Titles", unit, told.land.head) == []
