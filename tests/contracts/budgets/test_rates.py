"""Rates: refilled with each window, apart for each class of recipients, and given back to the window they came from."""

from __future__ import annotations

from budgetedjob import ASSET, FIRST, JOB, NODES, ONE, OTHER, REASON, RHO, VOTE, begin
from budgeting import Budgeting
from network import AUDIT, STRANGER, digest
from sharing import DAY, OFFICE

from contracts.budgets.calls import Assign, Refund
from contracts.budgets.record import NOTHING, window_id
from contracts.jobs.calls import Abort


def test_a_rate_is_refilled_with_each_window_and_the_lifetime_pot_never(accepted: Budgeting) -> None:
    accepted.allow(ONE, RHO, NOTHING, 900)
    begin(accepted, OTHER)
    third = digest("third job")
    begin(accepted, third)
    assert accepted.reserve(ONE, JOB, RHO).accepted
    assert accepted.reserve(ONE, OTHER, 1).reason == "budgets: rate pot"
    accepted.now += 900 - accepted.now % 900
    assert accepted.reserve(ONE, OTHER, RHO).accepted
    accepted.now += 900
    assert accepted.reserve(ONE, third, RHO).reason == "budgets: lifetime pot"


def test_classes_of_recipients_have_rates_of_their_own(accepted: Budgeting) -> None:
    offices = digest("offices")
    accepted.pay(VOTE, Assign(AUDIT, offices))
    accepted.allow(ONE, 0, offices, DAY)
    assert accepted.reserve(ONE, JOB, 1).reason == "budgets: rate pot"
    accepted.pay(VOTE, Assign(AUDIT, NOTHING))
    assert accepted.reserve(ONE, JOB, 1).accepted


def test_an_amount_goes_back_to_the_window_it_came_from(accepted: Budgeting) -> None:
    accepted.allow(ONE, RHO, NOTHING, 900)
    assert accepted.reserve(ONE, JOB, RHO).accepted
    window = window_id(ASSET, NOTHING, 900, accepted.now)
    accepted.now += 900
    accepted.must(NODES[ONE], Abort(JOB, 1, REASON))
    assert accepted.end(Refund, ONE, JOB).accepted
    assert accepted.budgets.state.window(window).used == 0
    assert accepted.budgets.state.window(window_id(ASSET, NOTHING, 900, accepted.now)).used == 0


def test_only_governance_says_who_belongs_to_which_class(town: Budgeting) -> None:
    for caller in (STRANGER, OFFICE, FIRST):
        assert town.budget(caller, Assign(AUDIT, digest("offices"))).reason == "budgets: governance only"
    assert town.budget(VOTE, Assign(NOTHING, digest("offices"))).reason == "budgets: party missing"
    assert town.budget(VOTE, Assign(AUDIT, digest("offices"))).accepted
