"""Titles: contract and rules agree; one holder list at a time, shares that sum to one, entries that nobody erases."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from land import CITY, CLERK, COUNTY, JUDGE, OTHER_CLERK, Land, held_by, reordered
from network import STRANGER, digest

from contracts.applications.rules import Refuse, RegistrationType, Withdraw
from contracts.restrictions.calls import EnterRestriction, Seize
from contracts.restrictions.record import RestrictionKind
from contracts.titles import client
from contracts.titles.calls import Alter, Cancel, Correct, Divide, First, Joined, Merge, Part, Transfer
from contracts.titles.holding import Holdings
from contracts.titles.record import RightKind, Unit, UnitState

FLAT, PLAN = digest("flat"), digest("plan")
ANN, BOB, CAT = held_by("ann"), held_by("bob"), held_by("cat")
PAIR = held_by("ann", "bob")
FIRST, ALTERATION, TRANSFER = RegistrationType.FIRST, RegistrationType.ALTERATION, RegistrationType.TRANSFER
NOTHING = bytes(32)


def registered(held: Holdings = ANN, unit: bytes = FLAT, land: Land | None = None) -> Land:
    land = land or Land()
    application = land.apply_for(unit, FIRST)
    land.must(CLERK, First(application, unit, PLAN, RightKind.BUILDING, held))
    return land


def unit_of(land: Land, unit: bytes = FLAT) -> Unit:
    values = land.network.values("Titles", client.unit_fact(unit).slots)
    found = client.decode_unit(unit, values)
    assert found == land.register.state.unit(unit)
    return found


def transfer(land: Land, before: Holdings, after: Holdings, unit: bytes = FLAT) -> str:
    application = land.apply_for(unit, TRANSFER)
    return land.do(CLERK, Transfer(application, unit, before, after)).reason


def test_a_first_registration_puts_a_unit_into_the_register() -> None:
    land = registered()
    assert unit_of(land) == Unit(COUNTY, PLAN, RightKind.BUILDING, ANN.digest(), land.now, UnitState.REGISTERED)
    assert land.network.read("Titles", "holdings", FLAT) == (ANN.digest(),)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"unit": NOTHING}, "title: unit missing"),
        ({"spatial": NOTHING}, "title: spatial unit missing"),
        ({"right": 0}, "title: kind of right"),
        ({"right": RightKind.MORTGAGE}, "title: kind of right"),
        ({"right": 11}, "title: kind of right"),
    ],
)
def test_an_incomplete_first_registration_is_refused(changes: dict[str, object], reason: str) -> None:
    land = Land()
    call = First(land.apply_for(FLAT, FIRST), FLAT, PLAN, RightKind.BUILDING, ANN)
    assert land.do(CLERK, replace(call, **changes)).reason == reason  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("held", "reason"),
    [
        (Holdings((), (), 1), "title: no holder"),
        (replace(PAIR, numerators=(1,)), "title: a share for each holder"),
        (replace(PAIR, denominator=0), "title: denominator"),
        (replace(PAIR, denominator=(1 << 64) + 1), "title: denominator"),
        (reordered(PAIR), "title: holders in ascending order"),
        (Holdings(ANN.holders * 2, (1, 1), 2), "title: holders in ascending order"),
        (replace(PAIR, numerators=(0, 2)), "title: share"),
        (replace(PAIR, numerators=(1, 3)), "title: share"),
        (replace(PAIR, numerators=(1, 2), denominator=4), "title: shares do not sum to one"),
        (replace(PAIR, numerators=(2, 1)), "title: shares do not sum to one"),
    ],
)
def test_shares_always_sum_to_one(held: Holdings, reason: str) -> None:
    land = registered()
    application = land.apply_for(FLAT, TRANSFER)
    assert land.do(CLERK, Transfer(application, FLAT, ANN, held)).reason == reason


def test_a_unit_is_registered_once() -> None:
    land = registered()
    application = land.apply_for(FLAT, FIRST)
    again = First(application, FLAT, PLAN, RightKind.BUILDING, BOB)
    assert land.do(CLERK, again).reason == "title: registered already"


def test_of_two_registrars_only_the_units_own_enters() -> None:
    land = registered()
    application = land.apply_for(FLAT, TRANSFER, OTHER_CLERK)
    call = Transfer(application, FLAT, ANN, BOB)
    assert land.do(OTHER_CLERK, call).reason == "title: of another registrar"
    assert land.do(JUDGE, call).reason == "title: registrar only"
    assert not land.do(STRANGER, call).accepted


def test_two_registrars_racing_for_one_unit_leave_one_title() -> None:
    land = Land()
    ours, theirs = land.apply_for(FLAT, FIRST), land.apply_for(FLAT, FIRST, OTHER_CLERK)
    land.must(OTHER_CLERK, First(theirs, FLAT, PLAN, RightKind.BUILDING, BOB))
    late = First(ours, FLAT, PLAN, RightKind.BUILDING, ANN)
    assert land.do(CLERK, late).reason == "title: registered already"
    assert unit_of(land).registrar == CITY


def test_of_two_sales_by_one_owner_only_the_first_entry_holds() -> None:
    land = registered()
    to_bob, to_cat = land.apply_for(FLAT, TRANSFER), land.apply_for(FLAT, TRANSFER)
    land.must(CLERK, Transfer(to_cat, FLAT, ANN, CAT))
    assert land.do(CLERK, Transfer(to_bob, FLAT, ANN, BOB)).reason == "title: not the holders"
    assert unit_of(land).holdings == CAT.digest()


def test_a_right_changes_by_its_entry_and_not_before() -> None:
    land = registered()
    application = land.apply_for(FLAT, TRANSFER)
    assert unit_of(land).holdings == ANN.digest()
    land.now += 100
    land.must(CLERK, Transfer(application, FLAT, ANN, BOB))
    assert (unit_of(land).holdings, unit_of(land).since) == (BOB.digest(), land.now)


def test_each_of_the_eight_types_of_registration_has_its_entry() -> None:
    seized = Seize(digest("seizure"), FLAT, digest("order"), 30)
    entries: dict[RegistrationType, Callable[[bytes], object]] = {
        RegistrationType.FIRST: lambda id: First(id, FLAT, PLAN, RightKind.BUILDING, ANN),
        RegistrationType.ALTERATION: lambda id: Alter(id, FLAT, digest("new plan"), ANN, ANN),
        RegistrationType.TRANSFER: lambda id: Transfer(id, FLAT, ANN, BOB),
        RegistrationType.CANCELLATION: lambda id: Cancel(id, FLAT, ANN),
        RegistrationType.CORRECTION: lambda id: Correct(id, FLAT, PLAN, ANN, BOB, digest("reason")),
        RegistrationType.OBJECTION: lambda id: burden_of(id, RestrictionKind.OBJECTION),
        RegistrationType.PRENOTICE: lambda id: burden_of(id, RestrictionKind.PRENOTICE),
        RegistrationType.SEIZURE: lambda _: seized,
    }
    assert {*entries, RegistrationType.OPENING} == set(RegistrationType)
    for kind, call in entries.items():
        land = Land() if kind is FIRST else registered()
        by_order = kind is RegistrationType.SEIZURE
        land.must(JUDGE if by_order else CLERK, call(NOTHING if by_order else land.apply_for(FLAT, kind)))


def burden_of(application: bytes, kind: RestrictionKind) -> EnterRestriction:
    return EnterRestriction(application, digest("entry"), FLAT, int(kind), ANN.digest(), digest("who"), BOB.digest())


def test_an_application_is_entered_once() -> None:
    land = registered()
    application = land.apply_for(FLAT, TRANSFER)
    land.must(CLERK, Transfer(application, FLAT, ANN, BOB))
    land.must(CLERK, Transfer(land.apply_for(FLAT, TRANSFER), FLAT, BOB, ANN))
    assert land.do(CLERK, Transfer(application, FLAT, ANN, BOB)).reason == "application: state"


def test_an_application_serves_its_own_unit_and_type_only() -> None:
    land = registered(land=registered(unit=digest("house")))
    for_house = land.apply_for(digest("house"), TRANSFER)
    for_alteration = land.apply_for(FLAT, ALTERATION)
    by_another = land.apply_for(FLAT, TRANSFER, OTHER_CLERK)
    reasons = [
        land.do(CLERK, Transfer(application, FLAT, ANN, BOB)).reason
        for application in (for_house, for_alteration, by_another, digest("never accepted"))
    ]
    assert reasons == [
        "application: another unit", "application: another type", "application: of another registrar",
        "application: unknown",
    ]  # fmt: skip


def test_a_withdrawn_or_refused_application_is_never_entered() -> None:
    land = registered()
    one, two = land.apply_for(FLAT, TRANSFER), land.apply_for(FLAT, TRANSFER)
    land.must(CLERK, Withdraw(one, digest("request")))
    land.must(CLERK, Refuse(two, 1, digest("reasons")))
    for application in (one, two):
        assert land.do(CLERK, Transfer(application, FLAT, ANN, BOB)).reason == "application: state"
    assert unit_of(land).holdings == ANN.digest()


def test_nothing_is_withdrawn_after_its_entry() -> None:
    land = registered()
    application = land.apply_for(FLAT, TRANSFER)
    land.must(CLERK, Transfer(application, FLAT, ANN, BOB))
    assert land.do(CLERK, Withdraw(application, digest("request"))).reason == "application: state"


def test_a_transfer_changes_something() -> None:
    assert transfer(registered(), ANN, ANN) == "title: nothing changes"


def test_an_alteration_renames_a_holder_and_moves_no_share() -> None:
    held, renamed = held_by("ann", "bob", numerators=(1, 3)), held_by("ann", "robert", numerators=(1, 3))
    land = registered(held)
    swapped = held_by("ann", "bob", numerators=(2, 2))
    application = land.apply_for(FLAT, ALTERATION)
    moved = Alter(application, FLAT, digest("new plan"), held, swapped)
    assert land.do(CLERK, moved).reason == "title: an alteration moves no share"
    assert land.do(CLERK, replace(moved, after=renamed, spatial=NOTHING)).reason == "title: spatial unit missing"
    land.must(CLERK, replace(moved, after=renamed))
    assert (unit_of(land).holdings, unit_of(land).spatial) == (renamed.digest(), digest("new plan"))


def test_a_correction_has_a_reason_and_leaves_the_old_entry_in_the_history() -> None:
    land = registered()
    call = Correct(NOTHING, FLAT, PLAN, ANN, BOB, NOTHING)
    assert land.do(CLERK, call).reason == "title: reason missing"
    land.must(CLERK, replace(call, reason=digest("a digit was wrong")))
    assert land.network.head("Titles", FLAT)[1] == 2
    asked = land.apply_for(FLAT, RegistrationType.CORRECTION)
    land.must(CLERK, Correct(asked, FLAT, PLAN, BOB, ANN, digest("it was not")))
    assert land.network.head("Titles", FLAT)[1] == 3


def test_a_cancelled_unit_never_comes_back() -> None:
    land = registered()
    land.must(CLERK, Cancel(land.apply_for(FLAT, RegistrationType.CANCELLATION), FLAT, ANN))
    assert land.network.read("Titles", "holdings", FLAT) == (NOTHING,)
    assert transfer(land, ANN, BOB) == "title: state"
    again = First(land.apply_for(FLAT, FIRST), FLAT, PLAN, RightKind.BUILDING, BOB)
    assert land.do(CLERK, again).reason == "title: registered already"


def test_a_unit_is_divided_and_merged_with_the_same_holders() -> None:
    land = registered(PAIR)
    left, right, whole = (Part(digest(name), digest(f"plan of {name}")) for name in ("left", "right", "whole"))
    one = Divide(land.apply_for(FLAT, ALTERATION), FLAT, (left,), PAIR)
    assert land.do(CLERK, one).reason == "title: at least two parts"
    assert land.do(CLERK, replace(one, parts=(left, left))).reason == "title: registered already"
    land.must(CLERK, replace(one, parts=(left, right)))
    assert unit_of(land).state is UnitState.SUCCEEDED
    assert {unit_of(land, part.unit).holdings for part in (left, right)} == {PAIR.digest()}
    joined = (Joined(left.unit, PAIR), Joined(right.unit, PAIR))
    merge = Merge(land.apply_for(left.unit, ALTERATION), joined, whole, PAIR)
    stale = replace(joined[1], held=ANN)
    assert land.do(CLERK, replace(merge, parts=(joined[0], stale))).reason == "title: not the holders"
    assert land.do(CLERK, replace(merge, held=ANN)).reason == "title: a merger moves no share"
    assert land.do(CLERK, replace(merge, parts=joined[:1])).reason == "title: at least two parts"
    assert land.do(CLERK, replace(merge, parts=(joined[0], joined[0]))).reason == "title: state"
    land.must(CLERK, merge)
    assert unit_of(land, whole.unit).holdings == PAIR.digest()


def test_units_whose_holders_have_other_commitments_are_merged_in_the_same_shares() -> None:
    house, whole = digest("house"), Part(digest("whole"), PLAN)
    again = held_by("ann in the house", "bob in the house")
    land = registered(again, house, registered(PAIR))
    merge = Merge(land.apply_for(FLAT, ALTERATION), (Joined(FLAT, PAIR), Joined(house, again)), whole, PAIR)
    uneven = held_by("ann", "bob", numerators=(1, 3))
    assert land.do(CLERK, replace(merge, held=uneven)).reason == "title: a merger moves no share"
    land.must(CLERK, merge)
    assert unit_of(land, whole.unit).holdings == PAIR.digest()
