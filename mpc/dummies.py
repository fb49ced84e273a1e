"""Dummy keys that hide a match count: a truncated discrete Laplace offset, sampled exactly from random bits.

The side that sees doubly blinded keys counts matches per group. Real matches plus X dummies, X = B + L with
L discrete Laplace of parameter epsilon truncated to [-B, B], make that count (epsilon,
delta)-differentially private per key. No floating point: the sampler draws Bernoulli(exp(-a/b)) for
integers a, b.

It does NOT hide anything from the side that adds the dummies. Source: Canonne, Kamath, Steinke, NeurIPS 2020,
algorithms 1 and 2; truncation by rejection. Trust: the random stream.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from ledger.errors import InvalidRecord

_LN2_NUMERATOR, _LN2_DENOMINATOR = 693_147_180_559_945_310, 10**18  # ln 2 rounded up


class UniformSource(Protocol):
    """Uniform integers; ``mpc.stream.Stream`` is one."""

    def below(self, bound: int, /) -> int: ...


@dataclass(frozen=True, slots=True)
class MatchNoise:
    """epsilon in thousandths and delta = 2^delta_log2, per key and group."""

    epsilon_milli: int
    delta_log2: int

    def __post_init__(self) -> None:
        if not 1 <= self.epsilon_milli <= 10_000 or not -128 <= self.delta_log2 <= -20:
            raise InvalidRecord("match noise: epsilon 0.001..10 and delta 2^-128..2^-20 expected")

    @property
    def bound(self) -> int:
        """B = ceil(ln(1/delta) / epsilon): 278 for 0.1 and 2^-40."""
        needed, unit = -self.delta_log2 * _LN2_NUMERATOR * 1000, _LN2_DENOMINATOR * self.epsilon_milli
        return (needed + unit - 1) // unit

    @property
    def universe(self) -> int:
        """How many dummy keys a group has on the list side."""
        return 2 * self.bound

    def dummies(self, source: UniformSource) -> int:
        """Draw X in 0..universe."""
        return self.bound + truncated_laplace(self.epsilon_milli, 1000, self.bound, source)


def truncated_laplace(numerator: int, denominator: int, bound: int, source: UniformSource) -> int:
    """Draw x in [-bound, bound] with probability proportional to exp(-|x| * numerator / denominator)."""
    while True:
        sign = source.below(2)
        magnitude = _geometric(numerator, denominator, source)
        if magnitude > bound or (sign and not magnitude):
            continue  # the second: zero would be drawn twice as often
        return -magnitude if sign else magnitude


def bernoulli_exp(numerator: int, denominator: int, source: UniformSource) -> bool:
    """Draw True with probability exp(-numerator/denominator) for a ratio of at least 0."""
    while numerator > denominator:
        if not _bernoulli_exp_small(1, 1, source):
            return False
        numerator -= denominator
    return _bernoulli_exp_small(numerator, denominator, source)


def _geometric(numerator: int, denominator: int, source: UniformSource) -> int:
    """Draw k >= 0 with probability proportional to exp(-k * numerator / denominator)."""
    while True:  # remainder of k*numerator in units of 1/denominator, then whole units
        remainder = source.below(denominator)
        if bernoulli_exp(remainder, denominator, source):
            break
    whole = 0
    while _bernoulli_exp_small(1, 1, source):
        whole += 1
    return (remainder + denominator * whole) // numerator


def _bernoulli_exp_small(numerator: int, denominator: int, source: UniformSource) -> bool:
    """Draw True with probability exp(-numerator/denominator) for a ratio of at most 1."""
    k = 1
    while source.below(denominator * k) < numerator:
        k += 1
    return k % 2 == 1
