"""Costs and noise against numbers computed elsewhere, and the theorem on sums of shares against exact convolutions."""

import math
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.errors import InvalidRecord
from mpc.privacy import accounting
from mpc.privacy.accounting import deviation_milli, epsilon_milli, require_paid, share_scale, share_variance, tau

# Google's dp-accounting 0.6.0 for one Gaussian of this rho at this delta: by Renyi orders, and by its privacy loss
# distribution (the tighter one). It pins attrs < 24, which our other pins exclude, so it is no dependency.
ELSEWHERE = [
    (5_000, -40, 0.6758633, 0.6484274),
    (50_000, -40, 2.2232934, 2.1368148),
    (500_000, -20, 5.2311930, 4.8965134),
    (1_000_000, -30, 9.5377538, 9.1092661),
]


@pytest.mark.parametrize(("micro_rho", "delta_log2", "renyi", "loss"), ELSEWHERE)
def test_epsilon_shown_is_never_less_than_what_another_accountant_finds(micro_rho, delta_log2, renyi, loss):
    shown = epsilon_milli(micro_rho, delta_log2) / 1000
    assert loss < renyi < shown < 1.2 * loss


def test_dp_accounting_itself_agrees_where_it_is_installed():
    rdp = pytest.importorskip("dp_accounting.rdp", reason="dp-accounting pins attrs < 24: install it elsewhere")
    event = pytest.importorskip("dp_accounting.dp_event")
    for micro_rho, delta_log2, renyi, _ in ELSEWHERE:
        accountant = rdp.RdpAccountant()
        accountant.compose(event.GaussianDpEvent(1 / math.sqrt(2 * micro_rho / 1e6)))
        assert accountant.get_epsilon(2.0**delta_log2) == pytest.approx(renyi, rel=0.02)


@pytest.mark.parametrize(("micro_rho", "delta_log2"), [(1, -40), (5_000, -40), (123_456, -30), (9_999_999, -20)])
def test_epsilon_is_the_simple_bound_rounded_up(micro_rho, delta_log2):
    rho = micro_rho / 1e6
    exact = 1000 * (rho + 2 * math.sqrt(rho * -delta_log2 * math.log(2)))
    assert 0 <= epsilon_milli(micro_rho, delta_log2) - exact < 1


@given(st.integers(1, 10**40), st.integers(1, 10**9))
def test_deviation_is_the_least_that_the_cost_pays_for(squared, micro_rho):
    found = deviation_milli(squared, micro_rho)
    needed = Fraction(squared * 10**6, 2 * micro_rho) * (1 + Fraction(1, 2**20)) * 10**6
    assert (found - 1) ** 2 < needed <= found**2


@given(st.integers(1, 10**9), st.integers(1, 15))
def test_a_share_is_never_drawn_smaller_than_it_must_be(deviation, shares):
    if share_variance(deviation, shares) < 4:
        with pytest.raises(InvalidRecord, match="scale the integers"):
            share_scale(deviation, shares)
    else:
        scale = share_scale(deviation, shares)
        assert Fraction(scale) ** 2 >= share_variance(deviation, shares)
        assert scale == pytest.approx(deviation / 1000 / math.sqrt(shares), rel=1e-12)


def test_noise_beyond_the_samplers_range_is_refused():
    with pytest.raises(InvalidRecord, match="narrower bounds"):
        share_scale(1000 * 2**59 + 1000, 1)


def test_nothing_is_released_for_nothing():
    with pytest.raises(InvalidRecord):
        deviation_milli(1, 0)


# the sum of discrete Gaussians


@pytest.mark.parametrize(("variance", "published"), [(0.5, 0.096), (1, 5e-4), (2, 3e-8), (4, 7e-17)])
def test_tau_of_five_owners_has_the_published_values(variance, published):
    assert tau(5, variance) == pytest.approx(published, rel=0.4)
    assert round(math.log10(tau(5, variance))) == round(math.log10(published))


def gaussian(variance: float, reach: int) -> np.ndarray:
    weights = np.exp(-(np.arange(-reach, reach + 1) ** 2) / (2 * variance))
    return weights / weights.sum()


@pytest.mark.parametrize("shares", [2, 3, 5])
@pytest.mark.parametrize("variance", [0.3, 0.5, 0.8, 1.0])
def test_sums_of_shares_are_as_near_to_one_gaussian_as_the_theorem_says(shares, variance):
    """The max divergence both ways is at most tau / 2; Corollary 12 of the paper, by convolution."""
    reach = 60
    total = gaussian(variance, reach)
    for _ in range(shares - 1):
        total = np.convolve(total, gaussian(variance, reach))
    whole = gaussian(shares * variance, len(total) // 2)
    inside = whole > 1e-9  # farther out the convolution loses its digits
    distance = np.abs(np.log(total[inside] / whole[inside])).max()
    assert distance <= tau(shares, variance) / 2 + 1e-9
    if (shares, variance) in {(2, 0.3), (5, 0.3)}:
        assert distance > tau(shares, variance) / 20  # the bound is not vacuous


def test_a_cost_that_ignores_the_distance_is_refused():
    """Five shares of variance 1/2: the Gaussian part alone would pass, the sum of shares costs more."""
    squared, shares, variance = 1, 5, 0.5
    gaussian_rho = squared / (2 * shares * variance)
    assert accounting.spent_rho(squared, shares, variance, 1) > 1.2 * gaussian_rho
    deviation = round(1000 * math.sqrt(shares * variance))
    with pytest.raises(InvalidRecord, match="costs more"):
        require_paid(squared, deviation, shares, 1, round(1.01e6 * gaussian_rho))


@given(st.integers(1, 10**30), st.integers(1, 10**8), st.integers(1, 15), st.integers(1, 512))
def test_with_variance_four_the_margin_pays_for_the_distance(squared, micro_rho, shares, cells):
    grain = 1
    while share_variance(deviation := deviation_milli(squared * grain**2, micro_rho), shares) < 4:
        grain *= 2
    require_paid(squared * grain**2, deviation, shares, cells, micro_rho)


def test_a_deviation_below_one_half_has_no_bound():
    with pytest.raises(InvalidRecord, match="1/2"):
        accounting.spent_rho(1, 3, 0.24, 1)
