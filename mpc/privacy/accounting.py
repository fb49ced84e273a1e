"""What noise costs and what a cost needs: zero-concentrated differential privacy in integers.

Costs are micro-rho, so 1,000,000 is rho = 1; they add up over releases. The owners' shares of the noise are discrete
Gaussians, whose sum is not one: with m shares of variance s^2, d cells and L2 sensitivity D

    tau = 10 * sum over k = 1 .. m-1 of exp(-2 pi^2 s^2 k/(k+1))
    rho = 1/2 (D / sqrt(m s^2) + sqrt(d) tau)^2

(Kairouz, Liu, Steinke 2021, "The Distributed Discrete Gaussian Mechanism for Federated Learning with Secure
Aggregation", Proposition 14, third bound; it needs s >= 1/2; for m = 1 it is Canonne, Kamath, Steinke 2020, Theorem 4.)
Here every share has a variance of at least 4, where tau is below 10^-15 for 24 owners, and the noise is chosen larger
than the first term asks by one part in 2^20: so the second is paid for, which ``require_paid`` checks and does not
assume.

Nothing here reads data. The display of epsilon, rho + 2 sqrt(rho ln(1/delta)), is the simple bound of Bun and Steinke
2016, Proposition 1.3: never too small; tighter conversions exist.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, Context, Decimal
from fractions import Fraction
from math import exp, fsum, isqrt, nextafter, pi, sqrt

from ledger.errors import InvalidRecord

MICRO = 1_000_000
MILLI = 1000
LEAST_SHARE = Fraction(4)
"""Variance below which a share is refused: the integers are scaled up instead."""
MARGIN_BITS = 20
MOST_DEVIATION = 1 << 59
"""Of one share: twelve times this stays in the 64 signed bits of the sampler."""
TAIL = 12
"""Deviations beyond which noise is taken not to lie: with probability below 2^-100."""
INTERVAL_95 = Fraction(1_959_964, 1_000_000)


def deviation_milli(sensitivity_squared: int, micro_rho: int) -> int:
    """Return the standard deviation, in thousandths, that a release of this L2 sensitivity needs; rounded up.

    Raises:
        InvalidRecord: no cost, so no noise would be enough.
    """
    if micro_rho < 1 or sensitivity_squared < 1:
        raise InvalidRecord("privacy: a release needs a sensitivity and at least one micro-rho")
    # deviation^2 = D^2 / (2 rho) * (1 + 2^-20), in units of a thousandth squared
    over = sensitivity_squared * MICRO * MILLI**2 * ((1 << MARGIN_BITS) + 1)
    return _root_up(over, 2 * micro_rho << MARGIN_BITS)


def share_variance(deviation: int, shares: int) -> Fraction:
    """Return the variance of each of so many shares that together have a deviation in thousandths."""
    return Fraction(deviation**2, MILLI**2 * shares)


def share_scale(deviation: int, shares: int) -> float:
    """Return the standard deviation of one share for a sampler: the next number it can take, never smaller.

    Raises:
        InvalidRecord: a variance below 4, or more than the sampler can draw.
    """
    wanted = share_variance(deviation, shares)
    if wanted < LEAST_SHARE:
        raise InvalidRecord("privacy: shares of the noise below variance 4; scale the integers")
    if wanted > MOST_DEVIATION**2:
        raise InvalidRecord("privacy: the noise would pass 2^59; declare narrower bounds, a coarser scale or more rho")
    scale = sqrt(wanted)
    while Fraction(scale) ** 2 < wanted:
        scale = nextafter(scale, float("inf"))
    return scale


def reach(deviation: int, shares: int) -> int:
    """Return what one share does not pass: twelve of its deviations, rounded up."""
    return _root_up((TAIL * deviation) ** 2, MILLI**2 * shares)


def tau(shares: int, variance: float) -> float:
    """Bound how far the sum of discrete Gaussian shares is from one discrete Gaussian; 0 for a single share."""
    return 10 * fsum(exp(-2 * pi**2 * variance * k / (k + 1)) for k in range(1, shares))


def spent_rho(sensitivity_squared: int, shares: int, variance: float, cells: int) -> float:
    """Return the rho of one release of ``cells`` figures with so many shares of this variance."""
    if variance < 0.25:
        raise InvalidRecord("privacy: the bound on sums of discrete Gaussians needs a deviation of 1/2")
    return 0.5 * (sqrt(sensitivity_squared / (shares * variance)) + sqrt(cells) * tau(shares, variance)) ** 2


def require_paid(sensitivity_squared: int, deviation: int, shares: int, cells: int, micro_rho: int) -> None:
    """Refuse noise that costs more than it is charged, the sum's distance from a Gaussian included.

    Raises:
        InvalidRecord: it does; a fault of the layout, not of the data.
    """
    variance = float(share_variance(deviation, shares))
    if spent_rho(sensitivity_squared, shares, variance, cells) > micro_rho / MICRO:
        raise InvalidRecord(f"privacy: the noise costs more than the {micro_rho} micro-rho charged")


def epsilon_milli(micro_rho: int, delta_log2: int) -> int:
    """Return epsilon in thousandths, rounded up, at delta = 2**delta_log2.

    >>> epsilon_milli(50_000, -40)
    2405
    """
    exact = Context(prec=60)
    rho = exact.divide(Decimal(micro_rho), Decimal(MICRO))
    log = exact.multiply(Decimal(-delta_log2), exact.ln(Decimal(2)))
    epsilon = exact.add(rho, exact.multiply(Decimal(2), exact.sqrt(exact.multiply(rho, log))))
    return int(exact.multiply(epsilon, Decimal(MILLI)).to_integral_value(ROUND_CEILING))


def _root_up(over: int, under: int) -> int:
    """Return the least integer whose square reaches over / under."""
    quotient = -(-over // under)
    root = isqrt(quotient)
    return root if root * root == quotient else root + 1
