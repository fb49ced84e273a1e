"""Dummy counts: exact law, bounded, and neighbouring counts are as hard to tell apart as declared."""

import math
from collections import Counter

import pytest

from ledger.errors import InvalidRecord
from mpc.dummies import MatchNoise, bernoulli_exp, truncated_laplace
from mpc.stream import Stream


def test_bound_follows_from_epsilon_and_delta() -> None:
    assert MatchNoise(100, -40).bound == 278
    assert MatchNoise(1000, -20).bound == math.ceil(20 * math.log(2))
    for milli, log2 in ((1, -128), (10_000, -20), (37, -51)):
        assert MatchNoise(milli, log2).bound == math.ceil(-log2 * math.log(2) * 1000 / milli)


@pytest.mark.parametrize(("milli", "log2"), [(0, -40), (10_001, -40), (100, -19), (100, -129), (-1, -40)])
def test_noise_outside_the_declared_range_is_refused(milli: int, log2: int) -> None:
    with pytest.raises(InvalidRecord):
        MatchNoise(milli, log2)


@pytest.mark.parametrize(("numerator", "denominator"), [(0, 7), (1, 3), (1, 1), (5, 2)])
def test_bernoulli_has_the_stated_probability(numerator: int, denominator: int) -> None:
    source, n = Stream(bytes(32)), 4000
    hits = sum(bernoulli_exp(numerator, denominator, source) for _ in range(n))
    p = math.exp(-numerator / denominator)
    assert abs(hits - n * p) <= 5 * math.sqrt(n * p * (1 - p)) + 1e-9


def test_laplace_has_the_stated_law() -> None:
    source, n, epsilon, bound = Stream(bytes(32)), 8000, 0.5, 12
    counts = Counter(truncated_laplace(1, 2, bound, source) for _ in range(n))
    assert set(counts) <= set(range(-bound, bound + 1))
    weights = {x: math.exp(-epsilon * abs(x)) for x in range(-bound, bound + 1)}
    total = sum(weights.values())
    chi2 = sum((counts[x] - n * w / total) ** 2 / (n * w / total) for x, w in weights.items())
    assert chi2 < 60  # 24 degrees of freedom: 60 is beyond the 99.99 per cent point


def test_number_of_dummies_stays_in_the_universe() -> None:
    noise, source = MatchNoise(1000, -20), Stream(bytes(32))
    drawn = [noise.dummies(source) for _ in range(500)]
    assert 0 <= min(drawn) < noise.bound < max(drawn) <= noise.universe


def test_neighbouring_match_counts_differ_by_at_most_e_to_epsilon() -> None:
    """2,000 runs on neighbouring sets: the counts that the lister sees."""
    noise, n = MatchNoise(100, -40), 2000
    first, second = Stream(bytes(32)), Stream(b"\1" * 32)
    seen = [1262 + noise.dummies(first) for _ in range(n)]
    neighbour = [1263 + noise.dummies(second) for _ in range(n)]
    middle = 1262 + noise.bound
    for threshold in range(middle - 20, middle + 21, 5):
        here, there = sum(x > threshold for x in seen), sum(x > threshold for x in neighbour)
        error = 4 * math.sqrt(1 / here + 1 / there)  # of the logarithm of the ratio
        assert abs(math.log(here / there)) <= 0.1 + error


def test_without_dummies_neighbouring_counts_are_told_apart() -> None:
    """The attack that the dummies stop: the bare count answers whether one key is in both sets."""
    assert {len({"a", "b"} & {"a", "b", "c"})} != {len({"a"} & {"a", "b", "c"})}


def test_the_same_stream_gives_the_same_dummies() -> None:
    noise = MatchNoise(100, -40)
    assert noise.dummies(Stream(bytes(32))) == noise.dummies(Stream(bytes(32)))
