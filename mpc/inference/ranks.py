"""Rank tests from counts by ordered class: what lies in one class is a tie, and has the mean of its ranks.

Over classes that tell all values apart the results are those of the rows; over wider ones they are the exact tests of
the data put into these classes, which is another, coarser question, and less powerful. p values are of the normal, chi
square or t approximation with the correction for ties; small samples have no exact distribution here. Sources: Mann and
Whitney 1947, Wilcoxon 1945, Kruskal and Wallis 1952; corrections for ties as in Hollander, Wolfe and Chicken,
*Nonparametric Statistical Methods*, 3rd ed., ch. 3, 4, 6 and 8.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

from scipy import stats

from ledger.errors import InvalidRecord
from mpc.inference.comparison import Outcome

Counts = Sequence[int]
"""Rows in each class, classes in ascending order."""


def mid_ranks(counts: Counts) -> list[Fraction]:
    """Return the rank that every row of a class has.

    >>> [str(rank) for rank in mid_ranks([2, 0, 3])]
    ['3/2', '5/2', '4']
    """
    found, before = list[Fraction](), 0
    for count in counts:
        found.append(before + Fraction(count + 1, 2))
        before += count
    return found


def rank_sum(one: Counts, other: Counts) -> Outcome:
    """Test whether values of one group tend to be larger than the other's (Mann-Whitney U, Wilcoxon's rank sum).

    The statistic is U of the first group, its p value two-sided with a correction for continuity; effect: the chance
    that a row of the first is larger, less the chance that it is smaller (rank-biserial correlation).

    Raises:
        InvalidRecord: an empty group, or all rows in one class.
    """
    sizes, together = _checked([one, other])
    u = _rank_total(one, together) - Fraction(sizes[0] * (sizes[0] + 1), 2)
    pairs, total = sizes[0] * sizes[1], sum(sizes)
    variance = Fraction(pairs, 12) * (total + 1 - Fraction(_ties(together), total * (total - 1)))
    distance = max(u, pairs - u) - Fraction(pairs, 2) - Fraction(1, 2)
    p = min(1.0, 2 * float(stats.norm.sf(float(distance) / math.sqrt(variance))))
    return Outcome(float(u), (), p, float(2 * u / pairs - 1))


def kruskal_wallis(groups: Sequence[Counts]) -> Outcome:
    """Test whether the values of several groups tend to differ; effect: epsilon squared.

    Raises:
        InvalidRecord: fewer than two groups, an empty one, or all rows in one class.
    """
    sizes, together = _checked(groups)
    total = sum(sizes)
    squares = sum(
        (_rank_total(own, together) ** 2 / size for own, size in zip(groups, sizes, strict=True)), Fraction(0)
    )
    plain = Fraction(12, total * (total + 1)) * squares - 3 * (total + 1)
    h = float(plain / (1 - Fraction(_ties(together), total**3 - total)))
    freedom = len(groups) - 1
    return Outcome(h, (float(freedom),), float(stats.chi2.sf(h, freedom)), h / (total - 1))


def spearman(table: Sequence[Counts]) -> Outcome:
    """Correlate the ranks of two columns from the table of their classes: rho, with Student's t of n - 2.

    Raises:
        InvalidRecord: fewer than three rows, or a column with all rows in one class.
    """
    rows, columns = [sum(row) for row in table], [sum(column) for column in zip(*table, strict=True)]
    total = sum(rows)
    if total < 3 or min(_used(rows), _used(columns)) < 2:
        raise InvalidRecord("inference: three rows, in at least two classes of either column, are needed")
    middle = Fraction(total + 1, 2)
    by_row, by_column = ([rank - middle for rank in mid_ranks(counts)] for counts in (rows, columns))
    shared = sum(
        (count * x * y for row, x in zip(table, by_row, strict=True) for count, y in zip(row, by_column, strict=True)),
        Fraction(0),
    )
    spread = math.prod(
        sum((count * rank**2 for count, rank in zip(counts, ranks, strict=True)), Fraction(0))
        for counts, ranks in ((rows, by_row), (columns, by_column))
    )
    rho = float(shared) / math.sqrt(spread)
    left = 1 - shared**2 / spread
    if left <= 0:
        return Outcome(rho, (float(total - 2),), 0.0, rho)
    t = rho * math.sqrt((total - 2) / left)
    return Outcome(rho, (float(total - 2),), 2 * float(stats.t.sf(abs(t), total - 2)), rho)


def signed_rank(below: Counts, above: Counts) -> Outcome:
    """Test whether differences lie symmetrically about zero (Wilcoxon's signed ranks); those of zero are left out.

    Args:
        below, above: rows by class of the absolute difference, ascending: of negative and of positive differences.

    Returns:
        The smaller rank total, its two-sided p without a correction for continuity; effect: the matched-pairs
        rank-biserial correlation.

    Raises:
        InvalidRecord: no row that differs from zero.
    """
    together = [one + other for one, other in zip(below, above, strict=True)]
    total = sum(together)
    if total < 1:
        raise InvalidRecord("inference: no row differs from zero")
    over, under = (_rank_total(counts, together) for counts in (above, below))
    middle = Fraction(total * (total + 1), 4)
    variance = Fraction(total * (total + 1) * (2 * total + 1), 24) - Fraction(_ties(together), 48)
    z = float(min(over, under) - middle) / math.sqrt(variance)
    return Outcome(
        float(min(over, under)), (), min(1.0, 2 * float(stats.norm.sf(abs(z)))), float((over - under) / (2 * middle))
    )


def _checked(groups: Sequence[Counts]) -> tuple[list[int], list[int]]:
    """Return the size of each group and the rows of all by class."""
    sizes = [sum(own) for own in groups]
    together = [sum(counts) for counts in zip(*groups, strict=True)]
    if len(groups) < 2 or min(sizes) < 1 or _used(together) < 2:
        raise InvalidRecord("inference: at least two groups with rows, and rows in at least two classes, are needed")
    return sizes, together


def _rank_total(own: Counts, together: Counts) -> Fraction:
    return sum((count * rank for count, rank in zip(own, mid_ranks(together), strict=True)), Fraction(0))


def _ties(counts: Counts) -> int:
    return sum(count**3 - count for count in counts)


def _used(counts: Counts) -> int:
    return sum(count > 0 for count in counts)
