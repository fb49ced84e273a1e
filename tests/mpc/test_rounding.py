"""Rounding: what it shows, what it leaves possible, and that alone it protects nothing."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidRecord
from mpc.disclosure.tables.interval import Knowledge, Need, Range, Relation, extents, unmet
from mpc.disclosure.tables.rounding import Nearest, Unbiased

KEY = bytes(range(32))


@given(st.integers(0, 10**12), st.integers(2, 1000), st.text(max_size=5))
def test_the_value_is_always_among_those_that_the_figure_leaves_possible(value, base, cell):
    for rule in (Nearest(base), Unbiased(base, KEY)):
        shown = rule.round(cell, value)
        assert shown % base == 0
        assert abs(shown - value) < base
        assert value in rule.range(shown)
        assert shown == rule.round(cell, value)


@given(st.integers(0, 300), st.integers(2, 30))
def test_ranges_hold_exactly_the_values_that_are_shown_so(shown, base):
    shown = shown // base * base
    nearest = [value for value in range(shown + 2 * base) if Nearest(base).round("", value) == shown]
    assert Nearest(base).range(shown) == Range(nearest[0], nearest[-1])
    either = [value for value in range(shown + 2 * base) if shown in (value // base * base, -(-value // base) * base)]
    assert Unbiased(base, KEY).range(shown) == Range(either[0], either[-1])


def test_unbiased_rounding_goes_up_as_often_as_its_remainder_says():
    """10,000 cells of 12 to base 5: 4,000 up expected, standard deviation 49."""
    shown = Counter(Unbiased(5, KEY).round(f"cell {n}", 12) for n in range(10_000))
    assert set(shown) == {10, 15}
    assert abs(shown[15] - 4000) < 6 * 49


def test_publishing_again_under_the_same_key_says_nothing_new_and_another_key_would():
    again = {Unbiased(5, KEY).round("a", 12) for _ in range(50)}
    assert len(again) == 1
    averaged = [Unbiased(5, bytes([n]) * 32).round("a", 12) for n in range(200)]
    assert abs(sum(averaged) / 200 - 12) < 1  # fresh draws each time: their mean is the value


def rounded_row(rule, values):
    """What a reader of rounded parts and their rounded total knows; the last cell is the total."""
    everything = [*values, sum(values)]
    ranges = [rule.range(rule.round(f"cell {n}", value)) for n, value in enumerate(everything)]
    return Knowledge(ranges, [Relation({**dict.fromkeys(range(len(values)), -1), len(values): 1}, Range(0, 0))])


def test_rounding_alone_gives_five_ones_away():
    known = rounded_row(Nearest(3), [1] * 5)
    assert extents(known, [{n: 1} for n in range(5)]) == [Range(1, 1)] * 5
    assert unmet(known, [Need({0: 1}, width=2)]) == [0]


def test_random_rounding_leaves_wider_intervals_and_the_audit_says_how_wide():
    known = rounded_row(Unbiased(3, KEY), [1, 8, 14])
    assert unmet(known, [Need({n: 1}, width=2) for n in range(3)]) == []
    assert unmet(known, [Need({1: 1}, width=5)]) == [0]


@pytest.mark.parametrize("make", [lambda: Nearest(1), lambda: Nearest((1 << 20) + 1), lambda: Unbiased(5, b"short")])
def test_bases_and_keys_out_of_bounds_are_refused(make):
    with pytest.raises(InvalidRecord, match="rounding"):
        make()
