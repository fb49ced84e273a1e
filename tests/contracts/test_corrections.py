"""Corrections and new names: they move no right from under another one, and what stood before stays readable."""

from __future__ import annotations

from dataclasses import replace

import pytest
from burdening import ANN, BOB, CAT, FLAT, NOTHING, PLAN, burden, registered, stored
from land import CLERK
from network import digest

from contracts.applications.rules import RegistrationType
from contracts.restrictions.calls import Release
from contracts.restrictions.record import RestrictionKind, RestrictionState
from contracts.titles.calls import Alter, Correct


def test_a_correction_hides_no_right_that_the_holders_gave() -> None:
    wrong = Correct(NOTHING, FLAT, PLAN, ANN, BOB, digest("not ann but bob"))
    for kind in (RestrictionKind.MORTGAGE, RestrictionKind.PRENOTICE, RestrictionKind.RESIDENCE):
        land = registered()
        id = burden(land, "given by ann", kind)
        assert land.do(CLERK, wrong).reason == "title: another right relies on it"
        land.must(CLERK, replace(wrong, after=ANN, spatial=digest("a digit of the area")))
        land.must(CLERK, Release(land.apply_for(FLAT, RegistrationType.CANCELLATION), id))
        land.must(CLERK, wrong)


@pytest.mark.parametrize("kind", [RestrictionKind.OBJECTION, RestrictionKind.RESPONSIBILITY])
def test_what_an_objection_asks_for_is_corrected_while_it_stands(kind: RestrictionKind) -> None:
    land = registered()
    id = burden(land, "ann never held it", kind)
    land.must(CLERK, Correct(NOTHING, FLAT, PLAN, ANN, BOB, digest("not ann but bob")))
    assert stored(land, id).state is RestrictionState.STANDING


def test_another_name_is_no_way_around_a_prenotice_or_a_ban() -> None:
    for kind, changes, reason in (
        (RestrictionKind.PRENOTICE, {"claim": CAT.digest()}, "restriction: pre-notice of another"),
        (RestrictionKind.MORTGAGE, {"ban": True}, "restriction: mortgage bans transfer"),
    ):
        land = registered()
        burden(land, "given by ann", kind, **changes)
        renaming = Alter(land.apply_for(FLAT, RegistrationType.ALTERATION), FLAT, PLAN, ANN, BOB)
        assert land.do(CLERK, renaming).reason == reason
    freely = registered()
    burden(freely, "loan", RestrictionKind.MORTGAGE)
    freely.must(CLERK, Alter(freely.apply_for(FLAT, RegistrationType.ALTERATION), FLAT, PLAN, ANN, BOB))
