"""Restrictions: contract and rules agree; what the law says about seizures, mortgages, objections and pre-notices."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from burdening import (
    ANN,
    BOB,
    CAT,
    FIRST,
    FLAT,
    NOTHING,
    PLAN,
    TRANSFER,
    burden,
    entry,
    registered,
    seize,
    sell,
    stored,
)
from land import CLERK, JUDGE, OTHER_CLERK, Land
from network import digest

from contracts.applications.rules import RegistrationType
from contracts.calendar.dates import DAY
from contracts.restrictions import client
from contracts.restrictions.calls import Allow, Begin, EnterRestriction, Lift, Release, Sue
from contracts.restrictions.record import (
    FOR_SEIZURES,
    MAX_STANDING,
    RestrictionKind,
    RestrictionState,
    day_end,
)
from contracts.titles.calls import Cancel, First, Transfer
from contracts.titles.record import RightKind
from ledger.errors import InvalidRecord

# Mortgages


def test_a_mortgaged_unit_is_transferred_without_consent_and_the_mortgage_follows() -> None:
    land = registered()
    id = burden(land, "loan", RestrictionKind.MORTGAGE)
    assert sell(land) == ""
    assert stored(land, id).state is RestrictionState.STANDING
    assert land.network.read("Restrictions", "standing", FLAT) == ((id,),)


def test_a_registered_ban_stops_the_transfer_until_it_is_given_up() -> None:
    land = registered()
    id = burden(land, "loan", RestrictionKind.MORTGAGE, ban=True)
    assert sell(land) == "restriction: mortgage bans transfer"
    altered = land.apply_for(FLAT, RegistrationType.ALTERATION)
    assert land.do(CLERK, Allow(altered, id, True)).reason == "restriction: nothing changes"
    land.must(CLERK, Allow(altered, id, False))
    assert sell(land) == ""


def test_a_mortgage_takes_the_next_rank_and_no_other() -> None:
    land = registered()
    burden(land, "loan", RestrictionKind.MORTGAGE)
    for rank in (0, 1, 3):
        jump = entry(land, "second loan", RestrictionKind.MORTGAGE, rank=rank)
        assert land.do(CLERK, jump).reason == "restriction: rank"
    burden(land, "second loan", RestrictionKind.MORTGAGE, rank=2)


def test_a_released_mortgage_moves_the_others_up() -> None:
    land = registered()
    id = burden(land, "loan", RestrictionKind.MORTGAGE)
    burden(land, "second loan", RestrictionKind.MORTGAGE, rank=2)
    land.must(CLERK, Release(land.apply_for(FLAT, RegistrationType.CANCELLATION), id))
    burden(land, "third loan", RestrictionKind.MORTGAGE, rank=2)


def test_a_mortgage_is_given_by_the_present_holders() -> None:
    land = registered()
    stale = entry(land, "loan", RestrictionKind.MORTGAGE, holdings=BOB.digest())
    assert land.do(CLERK, stale).reason == "restriction: not the holders"


# Objections


def test_an_objection_lapses_without_suit_on_the_fifteenth_day() -> None:
    land = registered()
    id = burden(land, "objection", RestrictionKind.OBJECTION)
    assert sell(land) == "restriction: objection not accepted"
    # From Friday 2026-05-29 in UTC+8 the fifteenth day is Saturday 2026-06-13, so Monday the 15th is the last.
    last = day_end(stored(land, id).since, 17)
    land.now = last - 1
    assert sell(land) == "restriction: objection not accepted"
    land.now = last
    assert sell(land) == ""


def test_an_objection_with_a_suit_stays_and_a_suit_after_its_end_is_refused() -> None:
    land = registered()
    id = burden(land, "objection", RestrictionKind.OBJECTION)
    last = day_end(land.now, 17)
    land.now = last - 1
    assert land.do(CLERK, Sue(id, NOTHING)).reason == "restriction: source missing"
    land.must(CLERK, Sue(id, digest("receipt of the court")))
    assert land.do(CLERK, Sue(id, digest("again"))).reason == "restriction: no objection without suit"
    land.now = last + 400 * DAY
    assert sell(land) == "restriction: objection not accepted"
    other = registered()
    late = burden(other, "objection", RestrictionKind.OBJECTION)
    other.now = last
    assert other.do(CLERK, Sue(late, digest("receipt"))).reason == "restriction: ended"


def test_whoever_accepts_the_risk_of_an_objection_acquires() -> None:
    land = registered()
    burden(land, "objection", RestrictionKind.OBJECTION)
    assert sell(land, acknowledged=True) == ""


# Pre-notices


def test_a_prenotice_blocks_every_disposal_but_its_own() -> None:
    land = registered()
    burden(land, "sale to bob", RestrictionKind.PRENOTICE, claim=BOB.digest())
    assert sell(land, after=CAT, acknowledged=True) == "restriction: pre-notice of another"
    mortgage = entry(land, "loan", RestrictionKind.MORTGAGE)
    assert land.do(CLERK, mortgage).reason == "restriction: pre-notice of another"
    second = entry(land, "sale to cat", RestrictionKind.PRENOTICE, claim=CAT.digest())
    assert land.do(CLERK, second).reason == "restriction: pre-notice of another"
    assert sell(land, after=BOB) == ""


def test_a_prenotice_lapses_ninety_days_after_the_unit_can_be_registered() -> None:
    land = registered()
    id = burden(land, "sale to bob", RestrictionKind.PRENOTICE, claim=BOB.digest())
    land.now += 200 * DAY
    assert sell(land, after=CAT) == "restriction: pre-notice of another"
    land.must(CLERK, Begin(id, digest("completion")))
    assert land.do(CLERK, Begin(id, digest("again"))).reason == "restriction: not a waiting pre-notice"
    # The ninetieth day, Monday 2027-03-15, is a working day of the plain calendar.
    land.now = day_end(land.now, 90) - 1
    assert sell(land, after=CAT) == "restriction: pre-notice of another"
    land.now += 1
    assert sell(land, after=CAT) == ""


def test_a_unit_still_to_be_built_is_prenoticed_before_its_first_registration() -> None:
    land = Land()
    id = burden(land, "sale to bob", RestrictionKind.PRENOTICE, holdings=NOTHING, claim=BOB.digest())
    land.must(CLERK, First(land.apply_for(FLAT, FIRST), FLAT, PLAN, RightKind.BUILDING, ANN))
    assert sell(land, after=CAT) == "restriction: pre-notice of another"
    assert sell(land, after=BOB) == ""
    land.must(CLERK, Release(land.apply_for(FLAT, RegistrationType.CANCELLATION), id))


def test_another_registrars_prenotice_of_a_unit_falls_away_with_its_first_registration() -> None:
    land = Land()
    application = land.apply_for(FLAT, RegistrationType.PRENOTICE, OTHER_CLERK)
    kind = int(RestrictionKind.PRENOTICE)
    foreign = EnterRestriction(application, digest("squat"), FLAT, kind, NOTHING, digest("eve"), CAT.digest())
    pretended = replace(foreign, holdings=ANN.digest())
    assert land.do(OTHER_CLERK, pretended).reason == "restriction: not the holders"
    land.must(OTHER_CLERK, foreign)
    land.must(CLERK, First(land.apply_for(FLAT, FIRST), FLAT, PLAN, RightKind.BUILDING, ANN))
    assert sell(land) == ""
    burden(land, "loan", RestrictionKind.MORTGAGE, holdings=BOB.digest())
    assert stored(land, foreign.id).state is RestrictionState.ENDED


def test_a_limit_into_days_without_a_notice_ends_two_weeks_late_and_never_stops_a_seizure() -> None:
    land = registered()
    land.now = int(datetime(2027, 11, 1, tzinfo=UTC).timestamp())
    objection = entry(land, "objection", RestrictionKind.OBJECTION)
    sale = Transfer(land.apply_for(FLAT, TRANSFER), FLAT, ANN, BOB)
    land.now = int(datetime(2027, 12, 20, tzinfo=UTC).timestamp())
    land.must(CLERK, objection)
    land.now = day_end(land.now, 15 + 14) - 1
    assert land.do(CLERK, sale).reason == "restriction: objection not accepted"
    id = seize(land, "seizure", days=1)
    land.must(JUDGE, Lift(id, digest("release")))
    land.now += 1
    land.must(CLERK, sale)


# Everything


@pytest.mark.parametrize(
    ("kind", "changes", "reason"),
    [
        (RestrictionKind.MORTGAGE, {"kind": 0}, "restriction: kind"),
        (RestrictionKind.MORTGAGE, {"kind": int(RestrictionKind.SEIZURE)}, "restriction: kind"),
        (RestrictionKind.MORTGAGE, {"kind": 7}, "restriction: kind"),
        (RestrictionKind.MORTGAGE, {"holder": NOTHING}, "restriction: holder missing"),
        (RestrictionKind.MORTGAGE, {"claim": NOTHING}, "restriction: claim missing"),
        (RestrictionKind.MORTGAGE, {"until": 1 << 40}, "restriction: no term of its own"),
        (RestrictionKind.RESIDENCE, {"until": 1}, "restriction: ends before it begins"),
        (RestrictionKind.RESIDENCE, {"ban": True}, "restriction: only a mortgage bans"),
        (RestrictionKind.RESIDENCE, {"rank": 1}, "restriction: rank"),
        (RestrictionKind.MORTGAGE, {"unit": digest("no unit")}, "restriction: unit not registered"),
        (RestrictionKind.PRENOTICE, {"unit": NOTHING}, "restriction: unit missing"),
        (RestrictionKind.MORTGAGE, {"id": NOTHING}, "restriction: id missing"),
        (RestrictionKind.MORTGAGE, {"application": digest("never accepted")}, "application: unknown"),
    ],
)
def test_an_incomplete_entry_is_refused(kind: RestrictionKind, changes: dict[str, object], reason: str) -> None:
    land = registered()
    assert land.do(CLERK, entry(land, "entry", kind, **changes)).reason == reason
    land.must(CLERK, entry(land, "entry", kind))


def test_only_the_units_registrar_enters_and_changes() -> None:
    land = registered()
    call = entry(land, "loan", RestrictionKind.MORTGAGE)
    assert land.do(OTHER_CLERK, call).reason == "restriction: of another registrar"
    land.must(CLERK, call)
    assert land.do(OTHER_CLERK, Begin(call.id, digest("x"))).reason == "restriction: of another registrar"
    assert land.do(CLERK, Begin(digest("unknown"), digest("x"))).reason == "restriction: unknown"


# Residence and responsibilities


@pytest.mark.parametrize("kind", [RestrictionKind.RESIDENCE, RestrictionKind.RESPONSIBILITY])
def test_residence_and_responsibilities_follow_the_unit_and_keep_it_from_ending(kind: RestrictionKind) -> None:
    land = registered()
    id = burden(land, "widow", kind)
    assert sell(land) == ""
    land.now += 400 * DAY
    assert stored(land, id).holder == digest("holder of widow")
    ending = Cancel(land.apply_for(FLAT, RegistrationType.CANCELLATION), FLAT, BOB)
    assert land.do(CLERK, ending).reason == "title: burdened"
    land.must(CLERK, Release(land.apply_for(FLAT, RegistrationType.CANCELLATION), id))
    land.must(CLERK, ending)


def test_a_right_of_residence_for_years_ends_with_them() -> None:
    land = registered()
    until = land.now + 10 * DAY
    id = burden(land, "widow", RestrictionKind.RESIDENCE, until=until)
    assert sell(land) == ""
    ending = Cancel(land.apply_for(FLAT, RegistrationType.CANCELLATION), FLAT, BOB)
    released = land.apply_for(FLAT, RegistrationType.CANCELLATION)
    land.now = until - 1
    assert land.do(CLERK, ending).reason == "title: burdened"
    land.now = until
    assert land.do(CLERK, Release(released, id)).reason == "restriction: ended"
    land.must(CLERK, ending)


def test_that_nothing_stands_against_a_unit_is_one_proven_word() -> None:
    land = registered()
    empty = client.decode_standing(FLAT, 0, land.network.values("Restrictions", client.standing_fact(FLAT).slots))
    assert empty == ()
    id = burden(land, "loan", RestrictionKind.MORTGAGE)
    values = land.network.values("Restrictions", client.standing_ids_fact(FLAT, 1).slots)
    assert client.decode_standing(FLAT, 1, values) == (id,)
    with pytest.raises(InvalidRecord, match="expected 0 standing, got 1"):
        client.decode_standing(FLAT, 0, values)


def test_lapsed_restrictions_make_room_for_others() -> None:
    land = registered()
    for n in range(MAX_STANDING - FOR_SEIZURES):
        burden(land, f"duty {n}", RestrictionKind.RESIDENCE, until=land.now + DAY)
    one_more = entry(land, "one more", RestrictionKind.RESPONSIBILITY)
    assert land.do(CLERK, one_more).reason == "restriction: too many"
    land.now += DAY
    land.must(CLERK, one_more)
    assert land.network.read("Restrictions", "standing", FLAT) == ((one_more.id,),)
