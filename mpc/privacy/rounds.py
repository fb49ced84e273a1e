"""The noise of rounds of training: what one person may move in a release, and what a release and a run then cost.

A release is a vector of whole numbers that departments add up: gradients shortened by person, or counts of rows by bin.
One person moves it by ``longest`` units at each department that has rows of it. The departments outside the coalition
and not lost give the noise that is paid for; or, locally, each department alone. Costs add up over the releases of a
run (zCDP composes: Bun and Steinke 2016, Lemma 1.7), so a run costs its rounds times the cost of one, and its
evaluation; nothing is given back for noise that was drawn and not shown.

Gradients are shortened to a length in whole numbers, each number rounded by at most one half: a person's vector has at
most its clip and half the root of the number of places. It reads no rows and draws nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import isqrt

from mpc.privacy.accounting import LEAST_SHARE, MILLI, deviation_milli, reach, require_paid, share_scale, share_variance

GRAIN = 1024
"""Units of one in a gradient, at least: rounding then adds less than a thousandth to a person's vector."""


@dataclass(frozen=True, slots=True)
class Mechanism:
    """grain: units of one; deviation_milli: of the noise that is paid for; shares: into which it is divided; longest:
    a person's vector in units.
    """

    grain: int
    deviation_milli: int
    shares: int
    longest: int

    @property
    def scale(self) -> float:
        """The scale of one department's share, for a sampler."""
        return share_scale(self.deviation_milli, self.shares)

    def bound(self, persons: int) -> int:
        """Return what one place of a department with so many persons does not pass, its noise included."""
        return persons * self.longest + reach(self.deviation_milli, self.shares)

    def bound_of(self, rows: int) -> int:
        """Return what one count of so many rows does not pass, its noise included."""
        return rows * self.grain + reach(self.deviation_milli, self.shares)


def of_gradients(places: int, clip_milli: int, micro_rho: int, shares: int, spread: int) -> Mechanism:
    """Choose grain and noise for gradients.

    Args:
        places: numbers in a model. clip_milli: the longest gradient of a person, in thousandths. spread: the most
            departments that one person has rows at.

    Raises:
        InvalidRecord: noise that cannot be drawn, or that would cost more than it is charged.
    """

    def longest(grain: int) -> int:
        return -(-(2 * clip_milli * grain + MILLI * (isqrt(places) + 1)) // (2 * MILLI))

    return _chosen(longest, GRAIN, places, micro_rho, shares, spread)


def of_counts(places: int, max_rows: int, micro_rho: int, shares: int, spread: int) -> Mechanism:
    """Choose grain and noise for counts of rows, of which a person has so many; see ``of_gradients``."""
    return _chosen(lambda grain: grain * max_rows, 1, places, micro_rho, shares, spread)


def _chosen(
    longest: Callable[[int], int], grain: int, places: int, micro_rho: int, shares: int, spread: int
) -> Mechanism:
    def squared(units: int) -> int:
        return (spread * longest(units)) ** 2

    while share_variance(found := deviation_milli(squared(grain), micro_rho), shares) < LEAST_SHARE:
        grain *= 2
    require_paid(squared(grain), found, shares, places, micro_rho)
    return Mechanism(grain, found, shares, longest(grain))
