"""A CKKS sum: weighted sums in whole units under one key holder's key, released with noise."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from math import ceil

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transcripts import Run

from ledger.errors import Conflict, InvalidRecord, NotAuthorized
from mpc.privacy.accounting import MILLI, spent_rho
from mpc.protocols.ckks.descriptor import DESCRIPTOR, public
from mpc.protocols.ckks.lattice import MOST_SUM
from mpc.protocols.ckks.rehearsal import RECIPIENT, rehearse
from mpc.protocols.ckks.terms import CkksTerms, Column
from mpc.rehearsal import MemoryJournal

pytest.importorskip("tenseal", reason="tenseal is not installed (extra 'ckks')")

WAGE, RATE = Column("wage", 100, 0, 10**8, 50), Column("rate", 1000, -5000, 5000, 30)
TERMS = CkksTerms("bureau", "b", (("a", 3), ("b", 2), ("c", -1)), (WAGE, RATE), False, 100_000)
FIGURES = {
    "a": {"wage": 12345.67, "rate": -1.25},
    "b": {"wage": Decimal("999.999"), "rate": Fraction(1, 3)},
    "c": {"wage": 1_000_000, "rate": 5},
}
UNITS = (3 * 1234567 + 2 * 100000 - 100_000_000, 3 * -1250 + 2 * 333 - 5000)


def nothing(scale: float) -> int:
    """The noise of a test that looks at what is under it."""
    return 0


def test_under_the_noise_is_the_weighted_sum_of_the_owners_units() -> None:
    released = rehearse(TERMS, FIGURES, sampler=nothing).released
    assert released.totals == UNITS
    assert released.figures == {"wage": Fraction(UNITS[0], 100), "rate": Fraction(UNITS[1], 1000)}


def test_released_figures_carry_the_declared_noise() -> None:
    released = rehearse(TERMS, FIGURES).released
    for total, exact, deviation in zip(released.totals, UNITS, TERMS.deviations_milli, strict=True):
        assert 0 < abs(total - exact) + 1 <= 12 * deviation / MILLI + 1
    assert released.totals != UNITS


def test_every_draw_has_the_deviation_that_the_cost_asks_for() -> None:
    drawn: list[float] = []
    rehearse(TERMS, FIGURES, sampler=lambda scale: drawn.append(scale) or 7)
    assert [ceil(scale * MILLI - 1e-6) for scale in drawn] == list(TERMS.deviations_milli)
    cost = sum(
        spent_rho((3 * column.moved) ** 2, 1, scale**2, 1) for column, scale in zip(TERMS.columns, drawn, strict=True)
    )
    assert cost <= TERMS.micro_rho / 1_000_000


@pytest.mark.parametrize("value", [0, 77])
def test_every_transcript_has_the_declared_shape_whatever_the_figures(value: int) -> None:
    figures = {owner: {"wage": value * 1000, "rate": value / 77} for owner in "abc"}
    run = rehearse(TERMS, figures)
    cast = {"owner": ["a", "b", "c"], "evaluator": ["b"], "holder": ["bureau"], "recipient": [RECIPIENT]}
    roles = {"a": "owner", "b": "evaluator", "c": "owner", "bureau": "holder", RECIPIENT: "recipient"}
    known = dict.fromkeys({*roles.values(), "courier"}, public(TERMS))
    Run(DESCRIPTOR, cast, run.views, run.sent, roles, known).require_declared()


def test_only_holder_and_recipient_learn_anything_of_the_sums() -> None:
    told = {role: DESCRIPTOR.outputs(role) for role in ("owner", "evaluator", "holder", "recipient")}
    assert told == {"owner": set(), "evaluator": set(), "holder": {"sums"}, "recipient": {"totals"}}
    assert "只有它知道精确的和" in " ".join(DESCRIPTOR.sentences("zh"))


def test_the_cost_is_paid_before_anything_is_decrypted() -> None:
    paid: list[int] = []

    def refuse(micro_rho: int) -> None:
        paid.append(micro_rho)
        raise NotAuthorized("budgets: lifetime pot")

    def sampler(scale: float) -> int:
        raise AssertionError("noise is drawn after the payment")

    run = rehearse(TERMS, FIGURES, pay=refuse, sampler=sampler)
    assert paid == [TERMS.micro_rho]
    assert isinstance(run.outcomes["bureau"], NotAuthorized)
    assert not [message for message in run.sent if message.to == RECIPIENT]


def test_a_restarted_holder_neither_shows_a_second_key_nor_draws_second_noise() -> None:
    journals = {party: MemoryJournal() for party in ("a", "b", "c", "bureau")}
    rehearse(TERMS, FIGURES, journals=journals)
    again = rehearse(TERMS, FIGURES, journals=journals)
    assert isinstance(again.outcomes["bureau"], Conflict)
    assert not again.sent
    assert rehearse(TERMS, FIGURES, journals=journals, attempt=2).released


@given(figure=st.fractions(-1000, 1000), apart=st.integers(0, 50))
@settings(max_examples=80, deadline=None)
def test_figures_so_many_units_apart_are_rounded_no_farther_apart(figure: Fraction, apart: int) -> None:
    column = Column("x", 8, -(10**6), 10**6, 50)
    low, high = column.units(figure), column.units(figure + Fraction(apart, 8))
    assert high - low == apart
    assert abs(Fraction(low, 8) - figure) <= Fraction(1, 16)


@pytest.mark.parametrize("figure", [float("nan"), float("inf"), "twelve", None, 1e9, -0.01])
def test_a_figure_that_is_none_or_out_of_bounds_ends_before_anything_is_sent(figure) -> None:
    run = rehearse(TERMS, FIGURES | {"a": {"wage": figure, "rate": 0}})
    assert isinstance(run.outcomes["a"], InvalidRecord)
    assert "wage" in str(run.outcomes["a"])
    assert str(figure) not in str(run.outcomes["a"])
    assert not [message for message in run.sent if message.sender == "a"]


@pytest.mark.parametrize("figures", [{}, {"wage": 1}, {"wage": 1, "rate": 1, "more": 1}])
def test_another_set_of_figures_than_declared_is_refused(figures) -> None:
    with pytest.raises(InvalidRecord, match="every column"):
        TERMS.units(figures)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"weights": (("a", 1), ("b", 1))}, "at least 3"),
        ({"weights": (("b", 1), ("a", 1), ("c", 1))}, "in order"),
        ({"weights": (("a", 1), ("b", 0), ("c", 1))}, "weights"),
        ({"weights": (("a", 1 << 16), ("b", 1), ("c", 1))}, "2\\^16"),
        ({"holder": "a"}, "key holder is none"),
        ({"evaluator": "bureau"}, "evaluator is an owner"),
        ({"columns": ()}, "columns"),
        ({"columns": (WAGE, WAGE)}, "distinct"),
        ({"columns": (replace(WAGE, most=MOST_SUM),)}, "coarser units"),
        ({"micro_rho": 10**9, "columns": (replace(RATE, moved=1),)}, "finer units"),
        ({"micro_rho": 0}, "micro-rho"),
    ],
)
def test_terms_that_do_not_hold_are_refused(changes, reason: str) -> None:
    with pytest.raises(InvalidRecord, match=reason):
        replace(TERMS, **changes)


@pytest.mark.parametrize("changes", [{"scale": 0}, {"most": 0}, {"moved": 0}, {"moved": 10**8 + 1}, {"name": ""}])
def test_a_column_without_bounds_is_refused(changes) -> None:
    with pytest.raises(InvalidRecord):
        replace(WAGE, **changes)


def test_a_unit_at_several_owners_moves_the_sum_by_all_their_weights() -> None:
    wide = replace(TERMS, spans_owners=True)
    assert [w / n for w, n in zip(wide.deviations_milli, TERMS.deviations_milli, strict=True)] == pytest.approx(
        [2, 2], rel=1e-5
    )


def test_the_bounds_of_a_sum_are_reached() -> None:
    ends = [{"a": {"wage": 10**6, "rate": 5}, "b": {"wage": 10**6, "rate": 5}, "c": {"wage": 0, "rate": -5}},
            {"a": {"wage": 0, "rate": -5}, "b": {"wage": 0, "rate": -5}, "c": {"wage": 10**6, "rate": 5}}]  # fmt: skip
    totals = [rehearse(TERMS, figures, sampler=nothing).released.totals for figures in ends]
    assert [tuple(sorted(column)) for column in zip(*totals, strict=True)] == list(TERMS.bounds)


def test_sums_at_the_edge_of_the_parameters_are_exact() -> None:
    """The most weights and the largest sum that terms allow: the error bound leaves one nearest integer."""
    most = MOST_SUM // (1 << 16)
    column = Column("x", 1, -most, most, 2 * most)
    weights = (("a", (1 << 15) - 1), ("b", -(1 << 15)), ("c", 1))
    terms = CkksTerms("bureau", "b", weights, tuple(replace(column, name=f"x{i}") for i in range(40)), False, 10**6)
    figures = {owner: {f"x{i}": (most - i * 17) * (-1 if owner == "b" else 1) for i in range(40)} for owner in "abc"}
    expected = tuple(sum(w * figures[owner][f"x{i}"] for owner, w in weights) for i in range(40))
    assert max(map(abs, expected)) == MOST_SUM
    assert rehearse(terms, figures, sampler=nothing).released.totals == expected
