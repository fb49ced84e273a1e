"""Comparing groups from their counts, means and variances, and attributes from a table of counts.

Thin over SciPy; what is added is which figures are needed and what a withheld one means. Sources: Student 1908 (t),
Welch 1947 (unequal variances), Fisher 1925 (analysis of variance), Pearson 1900 (chi-square), Cramer 1946 (V); weight
of evidence and information value as in Siddiqi, *Credit Risk Scorecards*, ch. 6.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

from ledger.errors import InvalidRecord


@dataclass(frozen=True, slots=True)
class Sample:
    """What is known of a group: rows, mean, and the sample variance (division by n - 1)."""

    name: str
    count: int
    mean: float
    variance: float


@dataclass(frozen=True, slots=True)
class Outcome:
    """The outcome of a test. freedom: its degrees of freedom, none of a normal approximation.

    effect: a measure of size, named by the test; limits: its confidence limits, where the test gives any.
    """

    statistic: float
    freedom: tuple[float, ...]
    p: float
    effect: float | None = None
    limits: tuple[float, float] | None = None


def one_sample(sample: Sample, mean: float = 0.0, level: float = 0.95) -> Outcome:
    """Test whether a group has a given mean; effect: its own mean less the given one. Of differences, a paired test.

    Raises:
        InvalidRecord: fewer than two rows, or they do not vary.
    """
    if sample.count < 2 or sample.variance <= 0:
        raise InvalidRecord("inference: at least two rows that vary are needed")
    return _student(sample.mean - mean, math.sqrt(sample.variance / sample.count), sample.count - 1, level)


def pooled(one: Sample, other: Sample, level: float = 0.95) -> Outcome:
    """Test whether two groups have one mean, taking their variances as one; effect: the difference of means.

    Raises:
        InvalidRecord: an empty group, fewer than three rows, or no group varies.
    """
    free = one.count + other.count - 2
    within = sum((sample.count - 1) * sample.variance for sample in (one, other))
    if min(one.count, other.count) < 1 or free < 1 or within <= 0:
        raise InvalidRecord("inference: two groups with rows, three in all, that vary are needed")
    error = math.sqrt(within / free * (1 / one.count + 1 / other.count))
    return _student(one.mean - other.mean, error, free, level)


def welch(one: Sample, other: Sample, level: float = 0.95) -> Outcome:
    """Test whether two groups have one mean, their variances being what they are; effect: the difference of means.

    Raises:
        InvalidRecord: a group of fewer than two rows, or none of them varies.
    """
    if min(one.count, other.count) < 2 or one.variance + other.variance <= 0:
        raise InvalidRecord("inference: two groups of at least two rows that vary are needed")
    parts = (one.variance / one.count, other.variance / other.count)
    freedom = sum(parts) ** 2 / sum(p**2 / (s.count - 1) for p, s in zip(parts, (one, other), strict=True))
    return _student(one.mean - other.mean, math.sqrt(sum(parts)), freedom, level)


def anova(samples: Sequence[Sample]) -> Outcome:
    """Test whether all groups have one mean, taking their variances as one; effect: eta squared.

    Raises:
        InvalidRecord: fewer than two groups, or rows that do not vary within them.
    """
    count = sum(sample.count for sample in samples)
    if len(samples) < 2 or count <= len(samples):
        raise InvalidRecord("inference: at least two groups, and more rows than groups, are needed")
    mean = sum(sample.count * sample.mean for sample in samples) / count
    between = sum(sample.count * (sample.mean - mean) ** 2 for sample in samples)
    within = sum((sample.count - 1) * sample.variance for sample in samples)
    if within <= 0:
        raise InvalidRecord("inference: no group varies")
    freedom = (len(samples) - 1, count - len(samples))
    f = between / freedom[0] / (within / freedom[1])
    return Outcome(f, tuple(map(float, freedom)), float(stats.f.sf(f, *freedom)), between / (between + within))


def chi_square(counts: Sequence[Sequence[int]]) -> Outcome:
    """Test whether two attributes are independent, without continuity correction; effect: Cramer's V.

    Raises:
        InvalidRecord: fewer than two rows or columns with anything in them.
    """
    table = np.array([row for row in counts if any(row)], dtype=float)
    table = table[:, table.any(axis=0)] if table.size else table
    if table.ndim != 2 or min(table.shape) < 2:
        raise InvalidRecord("inference: a table of at least two rows and two columns is needed")
    found = stats.chi2_contingency(table, correction=False)
    strength = math.sqrt(found.statistic / (table.sum() * (min(table.shape) - 1)))
    return Outcome(float(found.statistic), (float(found.dof),), float(found.pvalue), strength)


@dataclass(frozen=True, slots=True)
class Evidence:
    """Weight of evidence of each class, and the information value of all of them together."""

    weights: Mapping[str, float]
    value: float


def weight_of_evidence(classes: Sequence[str], goods: Sequence[int], bads: Sequence[int]) -> Evidence:
    """Weigh classes by the share of goods against the share of bads in each.

    Raises:
        InvalidRecord: a class without goods or without bads has no finite weight.
    """
    if not classes or min(*goods, *bads) < 1:
        raise InvalidRecord("inference: every class needs at least one row of either outcome; join classes")
    shares = [(good / sum(goods), bad / sum(bads)) for good, bad in zip(goods, bads, strict=True)]
    weights = [math.log(good / bad) for good, bad in shares]
    value = sum((good - bad) * weight for (good, bad), weight in zip(shares, weights, strict=True))
    return Evidence(dict(zip(classes, weights, strict=True)), value)


def _student(difference: float, error: float, freedom: float, level: float) -> Outcome:
    t, width = difference / error, error * float(stats.t.ppf((1 + level) / 2, freedom))
    p = 2 * float(stats.t.sf(abs(t), freedom))
    return Outcome(t, (float(freedom),), p, difference, (difference - width, difference + width))
