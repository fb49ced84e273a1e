"""The noised figures of a private join, and what the join itself shows before any figure: a function of the question.

**Noise.** Each of the two owners adds the whole noise of a figure to its own share of it, so the recipient gets

    figure + discrete Gaussian of the holder + discrete Gaussian of the lister

and whoever pools with the recipient still misses the other owner's. Take either owner as honest. The figure with its
one discrete Gaussian of variance D^2 / (2 rho) is rho-zero-concentrated private (Canonne, Kamath, Steinke 2020, Theorem
4); what the other owner adds depends on no row that this one protects, so it is post-processing. Nothing is lost to
sums of discrete Gaussians, since no guarantee rests on a sum. The price: without a coalition the noise has twice the
variance that is paid for. With half the noise each (the layout of masked sums for no colluders) a recipient that pools
with one owner would hold figures at twice the rho.

**Sensitivity** D of one unit, which is one key: 1 for distinct keys, ``max_rows`` for rows, ``max_rows`` times the clip
for a sum. A key stands in one group, so groups do not add to it; whether the unit leaves one table or both, its
contribution is there or not.

**Shown before.** The lister sees how many of its doubly blinded keys match in each group and how many keys a group has,
the holder how many keys the list has; each count with dummies or padding drawn from a discrete Laplace distribution cut
off at B = ln(1/delta)/epsilon (``mpc.dummies``). One unit moves each of the three by one: 3 * epsilon^2 / 2 of rho, and
three times the probability, below delta each, that the cut shows.
"""

from __future__ import annotations

from dataclasses import dataclass

from ledger.errors import InvalidRecord
from mpc.privacy.accounting import MICRO, deviation_milli, reach, require_paid, share_scale, share_variance
from mpc.privacy.joined import JoinPrivacy
from mpc.spec.job import JoinSpec

SHOWN = 3
"""Counts that the join shows one of its owners with noise: list size, keys of a group, matches of a group."""
SHARES = 1
"""Shares of the noise that the guarantee rests on: that of one honest owner."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One noised figure of every group. column: of a sum, None otherwise.

    sensitivity: what one unit adds at most. deviation_milli: of each owner's noise, in thousandths.
    """

    name: str
    column: str | None
    sensitivity: int
    micro_rho: int
    deviation_milli: int

    @property
    def scale(self) -> float:
        """The standard deviation for the sampler."""
        return share_scale(self.deviation_milli, SHARES)

    @property
    def reach(self) -> int:
        """What one owner's noise does not pass, but with probability below 2^-100."""
        return reach(self.deviation_milli, SHARES)


def figures(spec: JoinSpec, privacy: JoinPrivacy) -> tuple[Figure, ...]:
    """Lay out the figures of a group: keys, rows, and sums in the order of the specification.

    Raises:
        InvalidRecord: noise that cannot be drawn.
    """
    held, costs = privacy.holder, privacy.micro_rho
    found = [_figure("keys", None, 1, costs.keys), _figure("rows", None, held.max_rows, costs.rows)]
    for amount in spec.sums:
        moved = held.max_rows * held.bounds[amount.column].high
        found.append(_figure(f"sum of {amount.column}", amount.column, moved, costs.sums[amount.column]))
    groups = 1 if spec.grouping is None else len(spec.grouping.values)
    for figure in found:
        require_paid(figure.sensitivity**2, figure.deviation_milli, SHARES, groups, figure.micro_rho)
    return tuple(found)


def shown_micro_rho(spec: JoinSpec) -> int:
    """Return what one attempt shows before any figure: each count epsilon^2 / 2, rounded up."""
    return SHOWN * count_micro_rho(spec)


def count_micro_rho(spec: JoinSpec) -> int:
    """Return epsilon^2 / 2 of one noised count, rounded up: 5,000 for epsilon 0.1."""
    return -(-(spec.epsilon_milli**2) // 2)


def _figure(name: str, column: str | None, sensitivity: int, micro_rho: int) -> Figure:
    deviation = deviation_milli(sensitivity**2, micro_rho)
    if share_variance(deviation, SHARES) < 4:
        most = sensitivity**2 * MICRO // 8
        raise InvalidRecord(f"privacy: noise of {name} below variance 4; it may cost at most {most} micro-rho")
    return Figure(name, column, sensitivity, micro_rho, deviation)
