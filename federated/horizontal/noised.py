"""Rounds with differential privacy: what one person may change is bounded, and departments together add the noise.

In a round every department adds up, person by person, the gradient of all of that person's rows, shortened to a
declared length, in whole numbers; adds its share of discrete Gaussian noise; and hands the sum to secure aggregation.
Nobody sees a sum without noise. The unit is the person, whatever number of rows it has: a person entered forty times
moves a round's sum by no more than one entered once. The rows of a department are not counted: the step divides by a
declared number.

Shares are such that the departments outside a coalition of ``colluders``, and after the loss of ``lost``, alone give
the noise that is paid for; or ``alone``, each department's own noise does (local privacy: the sum of n is then
noisier by n). The cost of a run is its rounds times the round's, in micro-rho for the budget on chain.

It does NOT cover what is not noised: the scale of columns must be declared, not computed, and quality costs extra.
Sources: Abadi et al., CCS 2016 (clipping by unit); Kairouz, Liu, Steinke, ICML 2021 (distributed discrete Gaussian,
section 4); Bun and Steinke 2016 (zCDP composes by adding up). Trust: departments outside the coalition add their share.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from federated.aggregation.vector import Floats, Layout
from federated.horizontal.site import Scale, Site
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.privacy import rounds
from mpc.privacy.rounds import Mechanism

Integers = NDArray[np.int64]
Draw = Callable[[float], int]
"""One discrete Gaussian of mean 0 and this scale."""
POINT_BITS = 8
"""Of the words of secure aggregation; sums here are whole numbers and travel as multiples of 2^-8."""
MAX_PLACES = 1 << 16


@dataclass(frozen=True, slots=True)
class Protection:
    """What a run promises. places: numbers in a model; clip: the longest gradient of a person, in thousandths.

    micro_rho: of one round; rounds: of the run. owners: departments of the run; colluders: of them, those that pool
    with the coordinator; lost: that may drop out of a round. spread: the most departments that one person has rows at.
    alone: every department's own noise is enough. persons: the number that a step divides by, of all departments.
    """

    places: int
    clip_milli: int
    micro_rho: int
    rounds: int
    owners: int
    colluders: int
    lost: int
    spread: int
    persons: int
    alone: bool = False

    def __post_init__(self) -> None:
        if not (1 <= self.places <= MAX_PLACES and 1 <= self.clip_milli <= 1_000_000 and self.persons >= 1):
            raise InvalidRecord("privacy: a model, a clip in 0.001..1000 and a number of persons expected")
        if not (self.micro_rho >= 1 and 1 <= self.rounds <= 100_000 and 1 <= self.spread <= self.owners):
            raise InvalidRecord("privacy: a cost and a number of rounds, and a spread up to the owners expected")
        if min(self.colluders, self.lost) < 0 or self.owners - self.colluders - self.lost < 1:
            raise InvalidRecord("privacy: at least one department neither lost nor in the coalition expected")

    @property
    def cost(self) -> int:
        """The charge of the whole run, in micro-rho."""
        return self.rounds * self.micro_rho

    @property
    def mechanism(self) -> Mechanism:
        """Choose the grain of whole numbers, and the noise.

        Raises:
            InvalidRecord: noise that cannot be drawn, or that would cost more than it is charged.
        """
        shares = 1 if self.alone else self.owners - self.colluders - self.lost
        return rounds.of_gradients(self.places, self.clip_milli, self.micro_rho, shares, self.spread)

    def record(self) -> JsonValue:
        """Render for the job record."""
        numbers = {
            "places": self.places,
            "clip_milli": self.clip_milli,
            "micro_rho": self.micro_rho,
            "rounds": self.rounds,
            "owners": self.owners,
            "colluders": self.colluders,
            "lost": self.lost,
            "spread": self.spread,
            "persons": self.persons,
        }
        return {**{name: str(value) for name, value in numbers.items()}, "alone": self.alone}


def noise(mechanism: Mechanism, places: int, draw: Draw) -> Integers:
    """Draw one department's share; once for each round that it begins."""
    scale = mechanism.scale
    return np.array([draw(scale) for _ in range(places)], dtype=np.int64)


def layout(mechanism: Mechanism, places: int, persons: int, owners: int) -> Layout:
    """Lay out the words of a round: room for all persons and for twelve deviations of noise."""
    return Layout(places, mechanism.bound(persons) / (1 << POINT_BITS), POINT_BITS, owners)


def contribution(
    site: Site, persons: Sequence[str], weights: Floats, scale: Scale, protection: Protection, draw: Draw
) -> Floats:
    """Return what a department hands to secure aggregation in a round, in units of 2^-8.

    Args:
        persons: whose row it is, one a row.
        scale: declared, not computed from rows.
        draw: fresh randomness; a drawn share is used once.

    Raises:
        InvalidRecord: another number of persons than rows, a model of another size.
    """
    if len(persons) != len(site.labels) or weights.shape != (protection.places,):
        raise InvalidRecord("privacy: a person for each row, and the declared number of weights expected")
    mechanism = protection.mechanism
    rows, errors = site.scaled(scale), site.settings.family.errors
    _, places = np.unique(np.array(persons), return_inverse=True)
    gradients = site.shape.gradients(weights, rows, errors(site.labels, site.shape.row_scores(weights, rows)))
    summed = added_up(gradients, places, protection.clip_milli, mechanism.grain)
    noised: Integers = summed + noise(mechanism, protection.places, draw)
    return noised / (1 << POINT_BITS)


def added_up(gradients: Floats, persons: Integers, clip_milli: int, grain: int) -> Integers:
    """Add gradients up by person, shorten each person's to the clip, and return the sum of all in whole numbers.

    Args:
        gradients: (rows, places). persons: of each row its person's number, from 0 on.
    """
    found = np.zeros((int(persons.max(initial=-1)) + 1, gradients.shape[1]))
    np.add.at(found, persons, gradients)
    lengths = np.linalg.norm(found, axis=1, keepdims=True)
    shortened = found * np.minimum(1.0, clip_milli / 1000 / np.maximum(lengths, 1e-12))
    summed: Integers = np.rint(shortened * grain).astype(np.int64).sum(axis=0)
    return summed


def stepped(weights: Floats, total: Floats, protection: Protection, rate: float, ridge: float) -> Floats:
    """Return the next model from a round's sum: a step against the noised mean gradient."""
    gradient = total * (1 << POINT_BITS) / protection.mechanism.grain / protection.persons
    found: Floats = weights - rate * (gradient + ridge / protection.persons * weights)
    if not np.isfinite(found).all():
        raise InvalidRecord("training diverged: a smaller rate is needed")
    return found
