"""Quantiles from a noised histogram: right without noise, monotone with it, and wrong by no more than they say."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import isotonic_regression

from ledger.errors import InvalidRecord
from mpc.privacy import quantiles
from mpc.privacy.quantiles import Grid, grid, quantile, rank_error

HALF = Fraction(1, 2)
SHARES = [Fraction(1, 100), Fraction(1, 4), HALF, Fraction(9, 10)]


def counted(over: Grid, values: np.ndarray) -> list[int]:
    return np.histogram(values, [*over.edges, over.high + 1])[0].tolist()


def test_a_grid_covers_the_declared_bounds_with_ascending_edges() -> None:
    assert grid(0, 99, 4) == Grid((0, 25, 50, 75), 99)
    assert grid(-3, 3, 100).edges == (-3, -2, -1, 0, 1, 2, 3)


@pytest.mark.parametrize(("low", "high", "steps"), [(0, 99, 1), (0, 99, 257), (5, 5, 4), (6, 5, 4)])
def test_a_grid_without_steps_or_without_a_range_is_refused(low: int, high: int, steps: int) -> None:
    with pytest.raises(InvalidRecord):
        grid(low, high, steps)


@pytest.mark.parametrize("share", SHARES)
def test_without_noise_a_discrete_quantile_on_single_integers_is_the_exact_one(share: Fraction) -> None:
    values = np.random.default_rng(3).integers(0, 40, 501)
    over = grid(0, 39, 40)
    found = quantile(over, list(map(Fraction, counted(over, values))), 0.0, share, is_continuous=False)
    assert found is not None
    assert found.value == np.quantile(values, float(share), method="inverted_cdf")
    assert found.rank_error == 0


@pytest.mark.parametrize("share", SHARES)
def test_without_noise_a_continuous_quantile_is_within_one_step(share: Fraction) -> None:
    values = np.random.default_rng(4).integers(0, 10_000, 5_000)
    over = grid(0, 9_999, 100)
    found = quantile(over, list(map(Fraction, counted(over, values))), 0.0, share, is_continuous=True)
    assert found is not None
    assert abs(float(found.value) - np.quantile(values, float(share))) <= found.step == 100


def test_a_histogram_in_which_noise_left_no_rows_has_no_quantile() -> None:
    assert quantile(grid(0, 9, 2), [Fraction(5), Fraction(-5)], 3.0, HALF, is_continuous=True) is None


@pytest.mark.parametrize("share", [Fraction(0), Fraction(1), Fraction(3, 2)])
def test_a_share_outside_0_to_1_is_a_mistake_of_the_caller(share: Fraction) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        quantile(grid(0, 9, 2), [Fraction(1)] * 2, 1.0, share, is_continuous=True)


@given(st.lists(st.integers(-50, 50), min_size=1, max_size=40))
def test_added_counts_become_the_nearest_monotone_ones(rough: list[int]) -> None:
    ours = quantiles._monotone(list(map(Fraction, rough)))
    assert ours == sorted(ours)
    assert np.allclose(np.array(ours, dtype=float), isotonic_regression(np.array(rough, dtype=float)).x)


@given(st.lists(st.integers(0, 30), min_size=1, max_size=30), st.data())
def test_monotone_counts_are_no_further_from_the_truth_than_the_worst_noise(
    truth: list[int], data: st.DataObject
) -> None:
    noise = data.draw(st.lists(st.integers(-60, 60), min_size=len(truth), max_size=len(truth)))
    exact = np.cumsum(truth)
    ours = quantiles._monotone([Fraction(int(a) + b) for a, b in zip(exact, noise, strict=True)])
    assert max(abs(a - int(b)) for a, b in zip(ours, exact, strict=True)) <= max(map(abs, noise))


@pytest.mark.parametrize("share", [0.01, 0.25, 0.5, 0.99])
def test_the_rank_error_is_that_of_a_random_walk(share: float) -> None:
    """Simulated walks of 256 steps leave the bound in nearly 5 of 100; the Brownian path through them in exactly 5."""
    walks = np.cumsum(np.random.default_rng(5).normal(size=(4_000, 256)), axis=1)
    worst = np.abs(np.c_[np.zeros(4_000), walks] - share * walks[:, -1:]).max(axis=1)
    assert 0.945 < np.mean(worst <= rank_error(256, 1.0, share)) < 0.97


def test_at_either_end_the_bound_is_the_known_one_of_a_free_walk() -> None:
    assert rank_error(100, 1.0, 0.0) == pytest.approx(2.2414 * 10, rel=1e-4)
    assert rank_error(100, 1.0, 0.3) == pytest.approx(rank_error(100, 1.0, 0.7))


@pytest.mark.parametrize("share", SHARES)
@pytest.mark.parametrize("skew", [False, True])
def test_stated_errors_hold_in_95_of_100_draws(share: Fraction, skew: bool) -> None:
    """Over even and over skewed data, 200 draws each: as often as they say, less three deviations."""
    chance, deviation, draws = np.random.default_rng(11), 12.0, 200
    values = chance.integers(0, 10_000, 4_000)
    values = values**2 // 10_000 if skew else values
    over = grid(0, 9_999, 32)
    exact = counted(over, values)
    true = np.quantile(values, float(share), method="inverted_cdf")
    added = np.concatenate([[0], np.cumsum(exact)])
    in_rank = in_value = 0
    for noise in np.rint(chance.normal(0, deviation, (draws, len(exact)))).astype(int).tolist():
        counts = [Fraction(count + drawn) for count, drawn in zip(exact, noise, strict=True)]
        found = quantile(over, counts, deviation, share, is_continuous=False)
        assert found is not None
        cell, wanted = over.edges.index(int(found.value)), float(share) * len(values)
        in_rank += added[cell] - found.rank_error <= wanted <= added[cell + 1] + found.rank_error
        in_value += found.low <= true <= found.high
    assert min(in_rank, in_value) >= 0.95 * draws - 3 * sqrt(0.05 * 0.95 * draws)


def test_a_bound_half_as_large_would_not_hold() -> None:
    walks = np.cumsum(np.random.default_rng(6).normal(size=(2_000, 64)), axis=1)
    worst = np.abs(np.c_[np.zeros(2_000), walks] - 0.5 * walks[:, -1:]).max(axis=1)
    assert np.mean(worst <= rank_error(64, 1.0, 0.5) / 2) < 0.6
