"""The noised cells of a specification: names, bounds, noise and grain, as functions of the question alone.

Every owner adds a share of the noise to its own cell before it masks it, so nobody ever holds an exact total. The
shares are laid out so that the owners outside a coalition of ``colluders`` alone give the noise that is paid for:
with m owners each share has the variance of the whole divided by m - colluders. The honest total is noisier than
asked by m / (m - colluders).

A cell counts in units of 1/grain: where the noise would be so small that a share has a variance below 4, the integers
are scaled up by a power of two (``mpc.privacy.accounting``). The cost is split between the families of figures as the
specification says, and the cells of a family share its one sensitivity; there is no other split.
"""

from __future__ import annotations

from dataclasses import dataclass

from mpc.disclosure.places import bins
from mpc.privacy.accounting import (
    LEAST_SHARE,
    deviation_milli,
    reach,
    require_paid,
    share_scale,
    share_variance,
)
from mpc.privacy.declaration import Family, Privacy
from mpc.spec.job import SumsSpec


@dataclass(frozen=True, slots=True)
class NoisedCell:
    """One figure. group: its place among the public keys; bin: its place among the bins; None where there are none.

    grain: units of one. deviation_milli: of the noise that is paid for, in thousandths of a unit. bound: the largest
    absolute value that one owner's noised part may have, in units; exceeded with probability below 2^-100.
    """

    name: str
    family: Family
    group: int | None
    bin: int | None
    grain: int
    deviation_milli: int
    bound: int


def cells(spec: SumsSpec, privacy: Privacy) -> tuple[NoisedCell, ...]:
    """Lay out the cells of a private question: family by family, group by group.

    Raises:
        InvalidRecord: noise that cannot be drawn, or that would cost more than is charged.
    """
    found: list[NoisedCell] = []
    for family in spec.families:
        places = _places(spec, privacy, family)
        grain, deviation = _noise(spec, privacy, family, len(places))
        bound = _bound(spec, privacy, family, grain, deviation)
        found += [NoisedCell(name, family, group, bin, grain, deviation, bound) for name, group, bin in places]
    return tuple(found)


def _places(spec: SumsSpec, privacy: Privacy, family: Family) -> list[tuple[str, int | None, int | None]]:
    if family is Family.HISTOGRAM:
        return [(name, None, index) for index, (name, _, _) in enumerate(bins(spec.edges))]
    keys = privacy.protection.groups
    if keys is None:
        return [(family.value, None, None)]
    return [(f"{family.value}-{index}", index, None) for index in range(len(keys.values))]


def _noise(spec: SumsSpec, privacy: Privacy, family: Family, cells: int) -> tuple[int, int]:
    """Choose grain and deviation so that every attempt's shares hold, whichever owners are left."""
    asked, cost = privacy.protection, privacy.micro_rho[family]
    squared = asked.sensitivity_squared(family, len(spec.sources))
    most, least = len(spec.sources) - asked.colluders, spec.contributors - asked.colluders
    grain = 1
    while share_variance(deviation := deviation_milli(squared * grain**2, cost), most) < LEAST_SHARE:
        grain *= 2
    for shares in range(least, most + 1):
        require_paid(squared * grain**2, deviation, shares, cells, cost)
        share_scale(deviation, shares)
    return grain, deviation


def _bound(spec: SumsSpec, privacy: Privacy, family: Family, grain: int, deviation: int) -> int:
    asked = privacy.protection
    per_row = {Family.SUM: asked.largest, Family.SQUARES: asked.largest**2}.get(family, 1)
    return spec.rows * per_row * grain + reach(deviation, spec.contributors - asked.colluders)
