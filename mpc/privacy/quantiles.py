"""Quantiles from one noised histogram over a public grid: post-processing, so they cost nothing beyond the histogram.

The grid divides the declared bounds of a column evenly; no edge follows from the data. The noised counts are added up
from the left and made monotone by isotonic regression (Barlow, Bartholomew, Bremner, Brunk 1972; used on noised counts
by Hay, Rastogi, Miklau, Suciu 2010, section 3). A quantile lies in the first cell at whose end the counts reach its
share of all rows.

Two errors are stated of each, both for independent noise of one deviation in every cell:

* **of the rank**: with 95 in 100, some row of the reported cell has a rank no further than this from the wanted one.
  Isotonic regression moves no count further from a monotone truth than the worst of the noise, so it is enough to bound
  sup |S(j) - p S(G)| of the added noise S: G cells' noise added up is a random walk, below the Brownian motion through
  its points, whose two-sided exit probability has a closed form by the method of images (Feller 1971, vol. II, X.5).
* **of the value**: an interval that holds the true quantile with 95 in 100: all cells that a test of level 2.5 % on
  either end does not exclude (inversion of tests, Casella and Berger 2002, section 9.2.1).

Both are about rows after truncation and clipping; what those move cannot be told without further cost. Nothing here
reads data.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from math import exp, pi, sqrt
from statistics import NormalDist

from ledger.errors import InvalidRecord
from mpc.privacy.accounting import INTERVAL_95
from mpc.spec.parts import MAX_CELLS

LEVEL = 0.95
_IMAGES = 4
"""Of the boundary on either side: the next ones change the exit probability by less than 10^-30."""
_PHI = NormalDist().cdf


@dataclass(frozen=True, slots=True)
class Grid:
    """Public cells of a column's integers: each runs from its edge to below the next one, the last to ``high``."""

    edges: tuple[int, ...]
    high: int

    def end(self, cell: int) -> int:
        """Return where a cell ends: below this, or for the last one at it."""
        return self.edges[cell + 1] if cell + 1 < len(self.edges) else self.high


@dataclass(frozen=True, slots=True)
class Quantile:
    """A noised quantile in the grid's integers, and its errors.

    low, high: what holds the true one with 95 in 100. rank_error: in rows, with 95 in 100. step: width of the cell that
    it lies in; no answer is finer.
    """

    value: Fraction
    low: int
    high: int
    rank_error: float
    step: int


def grid(low: int, high: int, steps: int) -> Grid:
    """Divide low..high evenly; a narrow range has no more cells than integers.

    Raises:
        InvalidRecord: too few steps or too many.
    """
    if not 2 <= steps <= MAX_CELLS or not low < high:
        raise InvalidRecord(f"quantiles: 2..{MAX_CELLS} steps over a range of two integers or more expected")
    span = high - low + 1
    cells = min(steps, span)
    return Grid(tuple(low + place * span // cells for place in range(cells)), high)


def quantile(
    over: Grid, counts: Sequence[Fraction], deviation: float, share: Fraction, *, is_continuous: bool
) -> Quantile | None:
    """Read a quantile off noised counts; None where the noise has left no rows.

    Args:
        counts: of each cell, with noise of ``deviation``. share: of the rows that lie below, between 0 and 1.
        is_continuous: interpolate within the cell (``percentile_cont``), else name its lower end (``percentile_disc``).
    """
    if len(counts) != len(over.edges) or not 0 < share < 1 or deviation < 0:
        raise ValueError("a count for each cell, a share between 0 and 1 and no negative deviation expected")
    total = sum(counts, Fraction(0))
    if total <= 0:
        return None
    wanted, rough = share * total, _added(counts)
    smooth = _monotone(rough)
    cell = next(place for place in range(len(counts)) if smooth[place + 1] >= wanted)
    value = Fraction(over.edges[cell])
    if is_continuous and smooth[cell + 1] > smooth[cell]:
        part = (wanted - smooth[cell]) / (smooth[cell + 1] - smooth[cell])
        value += max(Fraction(0), part) * (over.end(cell) - over.edges[cell])
    possible = [cell, *_not_excluded([one - wanted for one in rough], deviation, float(share))]
    return Quantile(
        value=value,
        low=over.edges[min(possible)],
        high=over.end(max(possible)),
        rank_error=rank_error(len(counts), deviation, float(share)),
        step=over.end(cell) - over.edges[cell],
    )


def rank_error(cells: int, deviation: float, share: float) -> float:
    """Bound how far noise moves the rank of a reported quantile, with 95 in 100; known before anybody asks.

    >>> round(rank_error(64, 10.0, 0.5))
    121
    """
    return _excursion(share) * deviation * sqrt(cells)


def _added(counts: Sequence[Fraction]) -> list[Fraction]:
    found = [Fraction(0)]
    for count in counts:
        found.append(found[-1] + count)
    return found


def _monotone(rough: Sequence[Fraction]) -> list[Fraction]:
    """Return the nearest sequence, by squares, that never falls: pool adjacent violators."""
    pools: list[tuple[Fraction, int]] = []
    for value in rough:
        total, size = value, 1
        while pools and pools[-1][0] * size >= total * pools[-1][1]:
            before, members = pools.pop()
            total, size = total + before, size + members
        pools.append((total, size))
    return [total / size for total, size in pools for _ in range(size)]


def _not_excluded(above: Sequence[Fraction], deviation: float, share: float) -> list[int]:
    """List the cells in which the quantile may lie: its count begins at most at the wanted one and ends at least there.

    above: the added counts less the wanted one, at each edge. The noise there is of (1 - share) of what lies before the
    edge and of share of what lies behind it. One row more is allowed for: a continuous median looks at two.
    """
    cells = len(above) - 1
    slack = [
        1 + float(INTERVAL_95) * deviation * sqrt((1 - share) ** 2 * edge + share**2 * (cells - edge))
        for edge in range(cells + 1)
    ]
    return [place for place in range(cells) if above[place] < slack[place] and above[place + 1] >= -slack[place + 1]]


@lru_cache(maxsize=64)
def _excursion(share: float) -> float:
    """Return r with P(sup over t of |W(t) - share W(1)| <= r) = 0.95, for Brownian motion W on [0, 1]."""
    low, high = 0.5, 4.0
    for _ in range(50):
        middle = (low + high) / 2
        low, high = (middle, high) if _stays(middle, share) < LEVEL else (low, middle)
    return high


def _stays(r: float, share: float) -> float:
    """Return the probability that the path from -share W(1) to (1 - share) W(1) never leaves [-r, r].

    For W(1) = x the two ends are given; images of the killed density at 4kr and 2r + 4kr, integrated over all x for
    which both ends lie inside.
    """
    most, slope = r / max(share, 1 - share), 1 - 2 * share
    found = 0.0
    for k in range(-_IMAGES, _IMAGES + 1):
        shift, mirror = 4 * k * r, 2 * r + 4 * k * r
        found += _PHI(most - shift) - _PHI(-most - shift)
        if abs(slope) < 1e-9:
            found -= 2 * most * exp(-(mirror**2) / 2) / sqrt(2 * pi)
        else:
            found -= (_PHI(slope * most - mirror) - _PHI(-slope * most - mirror)) / slope
    return found
