"""A CKKS sum: weighted sums in whole units under one key holder's key, released with noise."""

from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from transcripts import Run

from ledger.errors import Conflict, InvalidRecord, NotAuthorized
from mpc.privacy.accounting import MILLI, reach
from mpc.protocols.ckks.descriptor import DESCRIPTOR, public
from mpc.protocols.ckks.lattice import MOST_SUM, TOLERANCE
from mpc.protocols.ckks.messages import CONTEXT
from mpc.protocols.ckks.rehearsal import RECIPIENT, rehearse
from mpc.protocols.ckks.terms import CkksTerms, Column
from mpc.sessions.rehearsal import MemoryJournal

pytest.importorskip("tenseal", reason="tenseal is not installed (extra 'ckks')")

WAGE, RATE = Column("wage", 100, 0, 10**8, 50), Column("rate", 1000, -5000, 5000, 30)
WEIGHTS = (("a", 3), ("b", 2), ("bureau", 1), ("c", -1))
TERMS = CkksTerms("bureau", "b", WEIGHTS, (WAGE, RATE), 2, False, 100_000, -40)
FIGURES = {
    "a": {"wage": 12345.67, "rate": -1.25},
    "b": {"wage": Decimal("999.999"), "rate": Fraction(1, 3)},
    "bureau": {"wage": 1.5, "rate": Decimal("-0.125")},
    "c": {"wage": 1_000_000, "rate": 5},
}
UNITS = (3 * 1234567 + 2 * 100000 + 150 - 100_000_000, 3 * -1250 + 2 * 333 - 125 - 5000)


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


def test_every_owner_draws_all_the_noise_that_its_own_figures_need_and_the_holder_covers_the_error() -> None:
    drawn: list[float] = []
    rehearse(TERMS, FIGURES, sampler=lambda scale: drawn.append(scale) or 7)
    own = [deviation / MILLI for deviation in TERMS.owner_milli]
    assert sorted(drawn) == pytest.approx(sorted([*own * 4, 2, 2]))
    assert 8 * TOLERANCE <= 2


@pytest.mark.parametrize("spans", [False, True])
@pytest.mark.parametrize("touched", [1, 2])
def test_all_owners_noised_figures_side_by_side_cost_no_more_than_is_paid(spans: bool, touched: int) -> None:
    """Whoever reads every owner's figures, key holder and evaluator together, has read no more than that."""
    terms = replace(TERMS, spans_owners=spans, touched=touched)
    pairs = zip(terms.columns, terms.owner_milli, strict=True)
    spent = sorted(Fraction(column.moved * MILLI, own) ** 2 / 2 for column, own in pairs)[-touched:]
    assert sum(spent) * (4 if spans else 1) <= Fraction(terms.micro_rho, 1_000_000)


@pytest.mark.parametrize("value", [0, 77])
def test_every_transcript_has_the_declared_shape_whatever_the_figures(value: int) -> None:
    figures = {owner: {"wage": value * 1000, "rate": value / 77} for owner in TERMS.owners}
    run = rehearse(TERMS, figures)
    cast = {"owner": ["a", "b", "bureau", "c"], "evaluator": ["b"], "keyholder": ["bureau"], "recipient": [RECIPIENT]}
    roles = {"a": "owner", "b": "evaluator", "c": "owner", "bureau": "keyholder", RECIPIENT: "recipient"}
    known = dict.fromkeys({*roles.values(), "courier"}, public(TERMS))
    Run(DESCRIPTOR, cast, run.views, run.sent, roles, known).require_declared()


def test_only_holder_and_recipient_learn_anything_of_the_sums() -> None:
    """And the key holder's are noised as well."""
    told = {role: DESCRIPTOR.outputs(role) for role in ("owner", "evaluator", "keyholder", "recipient")}
    assert told == {"owner": set(), "evaluator": set(), "keyholder": {"sums"}, "recipient": {"totals"}}
    assert "可逐一读取各提供方加噪后的数值,但不会更多" in " ".join(DESCRIPTOR.sentences("zh"))


def test_no_ciphertext_leaves_an_owner_whose_opening_is_not_announced() -> None:
    def refuse() -> None:
        raise NotAuthorized("budgets: lifetime pot")

    run = rehearse(TERMS, FIGURES, announce=refuse)
    assert all(isinstance(run.outcomes[owner], NotAuthorized) for owner in TERMS.owners)
    assert {message.step for message in run.sent} == {CONTEXT}


def test_a_restarted_holder_shows_no_second_key() -> None:
    journals = {party: MemoryJournal() for party in TERMS.owners}
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


MANY = tuple((owner, 1) for owner in sorted([*"abcdefghijklmn", "bureau"]))
"""Rounding by fifteen owners may change a sum by more than so little noise does."""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"weights": (("a", 1), ("b", 1), ("bureau", 1))}, "at least 4"),
        ({"weights": (("b", 1), ("a", 1), ("bureau", 1), ("c", 1))}, "in order"),
        ({"weights": (("a", 1), ("b", 0), ("bureau", 1), ("c", 1))}, "weights"),
        ({"weights": (("a", 1 << 16), ("b", 1), ("bureau", 1), ("c", 1))}, "2\\^16"),
        ({"holder": "recipient"}, "two of the owners"),
        ({"evaluator": "bureau"}, "two of the owners"),
        ({"columns": ()}, "columns"),
        ({"columns": (WAGE, WAGE)}, "distinct"),
        ({"columns": (replace(WAGE, most=MOST_SUM), RATE)}, "coarser units"),
        ({"touched": 0}, "at least one column"),
        ({"touched": 3}, "at most all"),
        ({"columns": (WAGE,)}, "at most all"),
        ({"micro_rho": 10**9}, "variance 4"),
        ({"micro_rho": 10**6, "columns": (replace(RATE, moved=3),), "touched": 1, "weights": MANY}, "finer units"),
        ({"micro_rho": 1, "columns": (replace(WAGE, most=10**10, moved=10**9),), "touched": 1}, "more rho"),
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


def test_a_unit_at_several_owners_needs_noise_for_the_figures_of_all() -> None:
    wide = replace(TERMS, spans_owners=True)
    assert [w / n for w, n in zip(wide.owner_milli, TERMS.owner_milli, strict=True)] == pytest.approx([2, 2], rel=1e-4)


def test_the_bounds_of_a_sum_are_reached() -> None:
    least, most = {"wage": 0, "rate": -5}, {"wage": 10**6, "rate": 5}
    sides = ((least, most), (most, least))
    ends = [{owner: high if weight > 0 else low for owner, weight in WEIGHTS} for low, high in sides]
    totals = [rehearse(TERMS, figures, sampler=nothing).released.totals for figures in ends]
    far = [TERMS.weight * reach(own, 1) for own in TERMS.owner_milli]
    inner = [(low + room, high - room) for (low, high), room in zip(TERMS.bounds, far, strict=True)]
    assert [tuple(sorted(column)) for column in zip(*totals, strict=True)] == inner


def test_sums_at_the_edge_of_the_parameters_are_exact() -> None:
    """The most weights and the largest sum that terms allow: the error bound leaves one nearest integer."""
    most = MOST_SUM // (1 << 16) - reach(4473, 1)
    column = Column("x", 1, -most, most, 1)
    weights = (("a", (1 << 15) - 2), ("b", -(1 << 15)), ("bureau", 1), ("c", 1))
    columns = tuple(replace(column, name=f"x{i}") for i in range(40))
    terms = CkksTerms("bureau", "b", weights, columns, 40, False, 10**6, -40)
    ends = {owner: -1 if owner == "b" else 1 for owner in terms.owners}
    figures = {owner: {f"x{i}": (most - i * 17) * sign for i in range(40)} for owner, sign in ends.items()}
    expected = tuple(sum(w * figures[owner][f"x{i}"] for owner, w in weights) for i in range(40))
    assert max(map(abs, (end for bounds in terms.bounds for end in bounds))) == MOST_SUM
    assert rehearse(terms, figures, sampler=nothing).released.totals == expected


def test_a_total_that_no_declared_figures_give_is_refused_by_the_recipient() -> None:
    (low, high), *others = TERMS.bounds
    TERMS.require_released((high, *(end for _, end in others)))
    for wrong in (low - 1000, high + 1000):
        with pytest.raises(InvalidRecord, match="outside the declared sums"):
            TERMS.require_released((wrong, *(end for _, end in others)))


def test_units_that_no_noised_figures_are_do_not_enter_the_protocol() -> None:
    limits = TERMS.limits
    TERMS.require_noised([most for _, most in limits])
    for wrong in ([limits[0][1] + 1, 0], [limits[0][0] - 1, 0], [0]):
        with pytest.raises(InvalidRecord, match="ckks input"):
            TERMS.require_noised(wrong)
