"""Budgets: contract and rules agree; nothing is spent that two officers did not allow, nothing promised is forgotten,
and only an attempt that provably opened nothing gives anything back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from budgetedjob import ASSET, FIRST, JOB, ONE, RHO, SECOND, TWO
from budgeting import PERIOD, Budgeting
from network import STRANGER, digest
from sharing import DAY, NODE, OFFICE, OFFICER, agent

from contracts.budgets.calls import Confirm, Lower, Propose
from contracts.budgets.limits import MAX_LENGTH
from contracts.budgets.record import MAX_AMOUNT, NOTHING, Pot
from contracts.catalogue.rules import Unmount


def test_two_officers_raise_a_limit_and_one_lowers_it(town: Budgeting) -> None:
    town.allow(ONE, 100)
    town.allow(ONE, 300)
    assert town.pot(ONE) == Pot(limit=300)
    town.pay(FIRST, Lower(ASSET, PERIOD, 0, 120))
    assert town.pot(ONE) == Pot(limit=120)


def test_one_officer_alone_raises_nothing(town: Budgeting) -> None:
    call = (ASSET, PERIOD, 0, 100)
    town.pay(FIRST, Propose(*call))
    assert town.budget(FIRST, Confirm(*call)).reason == "budgets: two officers needed"
    assert town.pot(ONE) == Pot()
    town.pay(SECOND, Confirm(*call))
    assert town.pot(ONE) == Pot(limit=100)


def test_a_proposer_who_left_office_counts_no_more(town: Budgeting) -> None:
    town.pay(FIRST, Propose(ASSET, PERIOD, 0, 100))
    town.dismiss(FIRST, ONE)
    assert town.budget(SECOND, Confirm(ASSET, PERIOD, 0, 100)).reason == "parties: agent expired"


@pytest.mark.parametrize(
    ("caller", "reason"),
    [
        (STRANGER, "parties: unknown agent"),
        (agent(ONE, NODE), "parties: agent lacks the role"),
        (agent(TWO, OFFICER), "budgets: asset of another party"),
        (OFFICE, "budgets: asset of another party"),
    ],
)
def test_only_officers_of_the_owner_touch_a_limit(town: Budgeting, caller: bytes, reason: str) -> None:
    town.pay(FIRST, Propose(ASSET, PERIOD, 0, 100))
    for call in (Propose, Confirm, Lower):
        assert town.budget(caller, call(ASSET, PERIOD, 0, 100)).reason == reason


def test_a_withdrawn_asset_has_no_owner_to_raise_its_limits(town: Budgeting) -> None:
    town.must(FIRST, Unmount(ASSET))
    assert town.budget(FIRST, Propose(ASSET, PERIOD, 0, 100)).reason == "budgets: asset of another party"


@pytest.mark.parametrize("changes", [{"limit": 101}, {"limit": 99}])
def test_the_second_officer_confirms_what_the_first_proposed(town: Budgeting, changes: dict) -> None:
    town.pay(FIRST, Propose(ASSET, PERIOD, 0, 100))
    call = replace(Confirm(ASSET, PERIOD, 0, 100), **changes)
    assert town.budget(SECOND, call).reason == "budgets: not what was proposed"


def test_a_newer_proposal_replaces_the_older_and_lowering_withdraws_it(town: Budgeting) -> None:
    town.pay(FIRST, Propose(ASSET, PERIOD, 0, 100))
    town.pay(SECOND, Propose(ASSET, PERIOD, 0, 200))
    assert town.budget(FIRST, Confirm(ASSET, PERIOD, 0, 100)).reason == "budgets: not what was proposed"
    town.pay(FIRST, Lower(ASSET, PERIOD, 0, 0))
    assert town.budget(FIRST, Confirm(ASSET, PERIOD, 0, 200)).reason == "budgets: nothing proposed"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ((PERIOD, 0, 500), "budgets: not a raise"),
        ((PERIOD, 0, 499), "budgets: not a raise"),
        ((PERIOD, 0, 501), ""),
        ((PERIOD, 0, MAX_AMOUNT), ""),
        ((PERIOD, 0, MAX_AMOUNT + 1), "budgets: amount"),
        ((PERIOD, 0, 2**256 - 1), "budgets: amount"),
        ((NOTHING, 0, 501), "budgets: period missing"),
        ((NOTHING, DAY, 80), "budgets: not a raise"),
        ((NOTHING, DAY, 81), ""),
        ((NOTHING, 2 * DAY, 1), ""),
        ((NOTHING, MAX_LENGTH, 1), ""),
        ((NOTHING, MAX_LENGTH + 1, 1), "budgets: length"),
        ((digest("institutes"), DAY, 0), ""),
    ],
)
def test_only_a_sound_raise_is_proposed(town: Budgeting, call: tuple[bytes, int, int], reason: str) -> None:
    town.allow(ONE, 500)
    town.allow(ONE, 80, NOTHING, DAY)
    assert town.budget(FIRST, Propose(ASSET, *call)).reason == reason


def test_a_raise_that_was_overtaken_is_none_any_more(town: Budgeting) -> None:
    """What is proposed stays comparable: a rate of another length is judged by what holds when it is confirmed."""
    town.pay(FIRST, Propose(ASSET, NOTHING, DAY, 10))
    town.pay(SECOND, Confirm(ASSET, NOTHING, DAY, 10))
    assert town.budget(SECOND, Confirm(ASSET, NOTHING, DAY, 10)).reason == "budgets: nothing proposed"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ((PERIOD, 0, 2 * RHO + 1), "budgets: not lower"),
        ((PERIOD, 0, RHO - 1), "budgets: spent or reserved"),
        ((PERIOD, 0, RHO), ""),
        ((NOTHING, DAY, 3 * RHO + 1), "budgets: not lower"),
        ((NOTHING, DAY, RHO - 1), "budgets: spent or reserved"),
        ((NOTHING, DAY, RHO), ""),
        ((NOTHING, 2 * DAY, RHO), "budgets: length"),
    ],
)
def test_a_limit_is_not_lowered_below_what_is_used(
    accepted: Budgeting, call: tuple[bytes, int, int], reason: str
) -> None:
    accepted.allow(ONE, 3 * RHO, NOTHING, DAY)
    assert accepted.reserve(ONE, JOB, RHO).accepted
    assert accepted.budget(FIRST, Lower(ASSET, *call)).reason == reason
