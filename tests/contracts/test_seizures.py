"""Seizures: contract and rules agree; one holds, the others queue, and nobody but who imposed one disposes of it."""

from __future__ import annotations

from dataclasses import replace

import pytest
from burdening import (
    ANN,
    BOB,
    FIRST,
    FLAT,
    NOTHING,
    PLAN,
    burden,
    entry,
    registered,
    seize,
    sell,
    stored,
)
from land import CLERK, JUDGE, OFFICER
from network import STRANGER, digest

from contracts.applications.rules import RegistrationType
from contracts.calendar.dates import DAY
from contracts.restrictions.calls import Lift, Release, Renew, Seize
from contracts.restrictions.record import (
    FOR_SEIZURES,
    MAX_STANDING,
    RENEWAL_SPAN,
    SEIZURE_DAYS,
    RestrictionKind,
    RestrictionState,
    day_end,
)
from contracts.titles.calls import Alter, Cancel, Correct, Divide, First, Joined, Merge, Part
from contracts.titles.record import RightKind


def test_nothing_is_transferred_under_seizure_and_everything_after_its_last_second() -> None:
    land = registered()
    id = seize(land, "seizure", days=30)
    end = stored(land, id).until
    assert end == day_end(land.now, 30)
    land.now = end - 1
    assert sell(land) == "restriction: under seizure"
    land.now = end
    assert sell(land) == ""


def test_nothing_else_disposes_of_a_seized_unit() -> None:
    land = registered()
    seize(land, "seizure")
    assert land.do(CLERK, entry(land, "loan", RestrictionKind.MORTGAGE)).reason == "restriction: under seizure"
    assert land.do(CLERK, entry(land, "sale", RestrictionKind.PRENOTICE)).reason == "restriction: under seizure"
    correct = Correct(NOTHING, FLAT, PLAN, ANN, BOB, digest("error"))
    assert land.do(CLERK, correct).reason == "title: under seizure"
    renaming = Alter(land.apply_for(FLAT, RegistrationType.ALTERATION), FLAT, PLAN, ANN, BOB)
    assert land.do(CLERK, renaming).reason == "restriction: under seizure"
    land.must(CLERK, replace(renaming, after=ANN, spatial=digest("another plan")))
    ending = land.apply_for(FLAT, RegistrationType.CANCELLATION)
    assert land.do(CLERK, Cancel(ending, FLAT, ANN)).reason == "title: burdened"
    parts = tuple(Part(digest(name), PLAN) for name in ("left", "right"))
    division = Divide(land.apply_for(FLAT, RegistrationType.ALTERATION), FLAT, parts, ANN)
    assert land.do(CLERK, division).reason == "title: burdened"
    land.must(CLERK, First(land.apply_for(digest("house"), FIRST), digest("house"), PLAN, RightKind.BUILDING, ANN))
    application = land.apply_for(digest("house"), RegistrationType.ALTERATION)
    merger = Merge(application, (Joined(digest("house"), ANN), Joined(FLAT, ANN)), Part(digest("whole"), PLAN), ANN)
    assert land.do(CLERK, merger).reason == "title: burdened"


def test_a_seizure_lasts_three_years_at_most_and_begins_with_an_order_of_its_own() -> None:
    land = registered()
    call = Seize(digest("seizure"), FLAT, digest("order"), SEIZURE_DAYS + 1)
    assert land.do(JUDGE, call).reason == "restriction: term"
    assert land.do(JUDGE, replace(call, days=0)).reason == "restriction: term"
    assert land.do(JUDGE, replace(call, days=9, order=NOTHING)).reason == "restriction: order missing"
    assert land.do(JUDGE, replace(call, days=9, unit=digest("no unit"))).reason == "restriction: unit not registered"
    land.must(JUDGE, replace(call, days=SEIZURE_DAYS))
    replay = replace(call, id=digest("other"), days=9)
    assert land.do(JUDGE, replay).reason == "restriction: order used"
    assert land.do(JUDGE, replace(replay, id=call.id, order=digest("another"))).reason == "restriction: id used"


@pytest.mark.parametrize("caller", [CLERK, STRANGER])
def test_only_a_seizing_authority_seizes(caller: bytes) -> None:
    assert not registered().do(caller, Seize(digest("seizure"), FLAT, digest("order"), 9)).accepted


def test_an_authority_lifts_and_renews_its_own_only() -> None:
    land = registered()
    id = seize(land, "seizure")
    assert land.do(OFFICER, Lift(id, digest("release"))).reason == "restriction: of another authority"
    assert land.do(OFFICER, Renew(id, digest("longer"), 9)).reason == "restriction: of another authority"
    assert land.do(CLERK, Lift(id, digest("release"))).reason == "restriction: not for this party"
    released = land.apply_for(FLAT, RegistrationType.CANCELLATION)
    assert land.do(CLERK, Release(released, id)).reason == "restriction: of another registrar"
    land.must(JUDGE, Lift(id, digest("release")))
    assert land.do(JUDGE, Lift(id, digest("again"))).reason == "restriction: ended"
    assert sell(land) == ""


def test_a_seizure_is_renewed_from_its_end_and_not_after_it() -> None:
    land = registered()
    id = seize(land, "seizure", days=10)
    end = stored(land, id).until
    land.now = end - 1
    assert land.do(JUDGE, Renew(id, digest("too long"), SEIZURE_DAYS + 1)).reason == "restriction: term"
    land.must(JUDGE, Renew(id, digest("longer"), 5))
    assert stored(land, id).until == end + 5 * DAY
    land.now = end + 5 * DAY
    assert land.do(JUDGE, Renew(id, digest("late"), 5)).reason == "restriction: ended"


def test_renewals_are_not_piled_up() -> None:
    land = registered()
    id = seize(land, "seizure", days=SEIZURE_DAYS)
    assert land.do(JUDGE, Renew(id, digest("longer"), 9)).reason == "restriction: too early"
    land.now = stored(land, id).until - RENEWAL_SPAN
    land.must(JUDGE, Renew(id, digest("longer"), SEIZURE_DAYS))
    assert land.do(JUDGE, Renew(id, digest("longer still"), SEIZURE_DAYS)).reason == "restriction: too early"


def test_a_registrar_cannot_fill_a_unit_so_that_nobody_seizes_it() -> None:
    land = registered()
    for n in range(MAX_STANDING - FOR_SEIZURES):
        burden(land, f"duty {n}", RestrictionKind.RESPONSIBILITY)
    one_more = entry(land, "one more", RestrictionKind.RESPONSIBILITY)
    assert land.do(CLERK, one_more).reason == "restriction: too many"
    for n in range(FOR_SEIZURES):
        seize(land, f"seizure {n}")


def test_a_queued_seizure_moves_up_when_the_one_before_is_lifted() -> None:
    land = registered()
    one, two, three = seize(land, "one"), seize(land, "two", OFFICER, 7), seize(land, "three", days=5)
    assert (stored(land, two).since, stored(land, three).since) == (0, 0)
    assert land.do(OFFICER, Renew(two, digest("not yet"), 9)).reason == "restriction: does not hold"
    land.now += 3 * DAY
    outcome = land.do(JUDGE, Lift(one, digest("release")))
    assert len(outcome.logs) == 2
    assert stored(land, two).until == day_end(land.now, 7)
    assert stored(land, three).since == 0


def test_a_queued_seizure_moves_up_by_itself_when_the_one_before_ends() -> None:
    land = registered()
    one, two = seize(land, "one", days=10), seize(land, "two", OFFICER, 7)
    end = stored(land, one).until
    land.now = end
    assert sell(land) == "restriction: under seizure"
    land.must(OFFICER, Renew(two, digest("longer"), 1))
    assert (stored(land, one).state, stored(land, two).since) == (RestrictionState.ENDED, end)
    land.now = end + 8 * DAY - 1
    assert sell(land) == "restriction: under seizure"
    land.now += 1
    assert sell(land) == ""


def test_no_seizure_jumps_the_queue() -> None:
    land = registered()
    seize(land, "one", days=10)
    two, three = seize(land, "two", OFFICER, 7), seize(land, "three", days=5)
    land.must(OFFICER, Lift(two, digest("release")))
    assert stored(land, three).since == 0
    assert sell(land) == "restriction: under seizure"
