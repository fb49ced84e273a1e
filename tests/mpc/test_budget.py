"""What a job costs follows from its specification alone, for every asset it reads, and is never too little."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st
from townspecs import join, sums

from contracts.authorizations.terms import identifier
from contracts.budgets.record import EVERYBODY, MICRO, Mode
from mpc.privacy.accounting import epsilon_milli
from mpc.privacy.budget import Charge, charges, recipient_class
from mpc.privacy.declaration import Family, Neighbours, Nulls, Privacy, Protection, UnitsAt
from mpc.privacy.join_mechanism import count_micro_rho

PROTECTION = Protection(
    unit="bbl", neighbours=Neighbours.ONE_UNIT, max_rows=1, max_groups=1, low=0, high=10**9, scale=0, groups=None,
    units_at=UnitsAt.ONE, colluders=1, nulls=Nulls.REFUSED, period="2019", delta_log2=-40,
)  # fmt: skip


def test_an_exact_sum_costs_nothing_and_says_that_it_is_exact():
    assert charges(sums()) == tuple(Charge(f"registrar-{n}", f"sales-{n}", Mode.EXACT, 0, 0) for n in (1, 2, 3))


def test_a_join_charges_both_assets_for_the_noised_count_that_the_lister_sees_before_any_opening():
    spec = replace(join(), epsilon_milli=100, delta_log2=-40)
    assert charges(spec) == (
        Charge("finance", "sales", Mode.EXACT, 5000, 5000), Charge("tax", "stabilised", Mode.EXACT, 5000, 5000),
    )  # fmt: skip


@given(epsilon=st.integers(1, 10_000))
def test_the_cost_of_a_join_is_half_of_epsilon_squared_rounded_up(epsilon):
    cost = count_micro_rho(replace(join(groups=("1",)), epsilon_milli=max(epsilon, 100)))
    exact = Fraction(max(epsilon, 100), 1000) ** 2 / 2 * MICRO
    assert exact <= cost < exact + 1


@pytest.mark.parametrize("name", ["everybody", "institutes"])
def test_a_private_question_charges_every_source_the_sum_of_its_families(name):
    costs = {Family.COUNT: 10_000, Family.SUM: 30_000}
    spec = replace(sums(edges=()), outputs=("count", "sum"), filters=(), privacy=Privacy(PROTECTION, costs, name))
    assert {(charge.mode, charge.micro_rho, charge.side, charge.period) for charge in charges(spec)} == {
        (Mode.PRIVATE, 40_000, 0, "2019")
    }
    assert len(charges(spec)) == 3
    assert recipient_class(spec) == (EVERYBODY if name == "everybody" else identifier(name))


def test_an_exact_question_names_no_class_of_recipients():
    assert recipient_class(sums()) is None
    assert recipient_class(join()) is None


def test_the_same_cost_as_epsilon_for_people():
    """64 joins at epsilon 0.1 cost 0.32 rho, which is epsilon 6.3 at delta 2^-40, and not 64 times 0.1 by rho."""
    assert epsilon_milli(64 * 5000, -40) == 6278
