"""A training run with noise restated for verifiers: its terms, the step of a round, and the counts of its evaluation.

    longest    = ceil(clip * grain / 1000 + (isqrt(places) + 1) / 2) of a gradient, grain * max_rows of counts
    deviation  = ceil(1000 sqrt(D^2 / (2 rho) (1 + 2^-20)))        D: longest, at every department that a person is at
    grain      = the least power of two, from 1024 on for gradients, for which a share has a variance of at least 4
    cost       = rounds * micro-rho of a round + micro-rho of the evaluation
    step       = weights - rate * (sum / grain / persons + ridge / persons * weights); of trees a level (``grown``)

``places`` are the numbers of a round's sum (``shaped``).

Restates ``mpc.privacy.rounds``, ``mpc.training.noised`` and ``federated.runs.noisy``; tests hold both to each other.
A verifier sees that the parties agreed on this noise, and which model follows from what they signed. That every
department added its share nobody can see.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isqrt

from contracts.evidence.figures.grown import grown
from contracts.evidence.figures.shaped import Shaped
from contracts.evidence.questions.noised import LEAST_SHARE, MILLI, deviation, epsilon_milli, number
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord, VerificationError

POINT_BITS, GRAIN, MILLION = 8, 1024, 1_000_000
MOST_WEIGHT = float(1 << 40)
LEAST_BINS, MOST_BINS = 8, 64
MOST_ROWS, MOST_COST, MOST_CLIP, MOST_PERSONS = 1 << 20, 1_000_000_000, 1_000_000, 1 << 40
"""A person's rows, micro-rho of a release, thousandths of a gradient's length, what a step divides by."""
LEAST_DELTA, MOST_DELTA = -128, -20
LEAST_HELD, MOST_HELD = 50, 500
"""Thousandths of the persons that a run is measured on alone."""


@dataclass(frozen=True, slots=True)
class Noise:
    """One release's: see ``mpc.privacy.rounds.Mechanism``."""

    grain: int
    deviation_milli: int
    shares: int
    longest: int

    def json(self) -> JsonValue:
        return {
            "grain": str(self.grain),
            "deviation_milli": str(self.deviation_milli),
            "shares": self.shares,
            "longest": str(self.longest),
        }


@dataclass(frozen=True, slots=True)
class Run:
    """What of a specification a run with noise depends on. parties: sorted; bins: of one slot of counts, 0 for none."""

    shaped: Shaped
    parties: tuple[str, ...]
    step: Noise
    count: Noise | None
    bins: int
    by_department: bool
    persons: int
    rate: int
    ridge: int
    guarantee: Mapping[str, JsonValue]

    @property
    def slots(self) -> int:
        return len(self.parties) if self.by_department else 1

    @property
    def places(self) -> int:
        """Numbers that a department hands over in a wave."""
        return max(self.shaped.released, self.slots * self.bins)

    def stepped(self, weights: Sequence[float], total: Sequence[int], round_: int) -> tuple[float, ...]:
        """Return the model after a round's sum, as whole numbers of units; raises VerificationError."""
        if self.shaped.trees is not None:
            return grown(self.shaped.trees, weights, total, round_, self.step.grain)
        penalty, rate = self.ridge / MILLION / self.persons, self.rate / MILLION
        gradient = [units / self.step.grain / self.persons for units in total]
        pairs = zip(weights, gradient, strict=False)
        moved = tuple(weight - rate * (slope + penalty * weight) for weight, slope in pairs)
        if not all(abs(weight) <= MOST_WEIGHT for weight in moved):
            raise VerificationError("openings: a round that diverged makes no model")
        return moved

    def counts(self, total: Sequence[float]) -> JsonValue:
        """Return the evaluation's counts by department, or of all together."""
        return counts_of(self.parties if self.by_department else ("*",), self.bins, total)


def read(spec: Mapping[str, JsonValue], shaped: Shaped, contributors: int) -> Run:
    """Read the members of a specification that say how a run is noised; raises InvalidRecord."""
    match spec:
        case {
            "sources": list(sources),
            "algorithm": {
                "model": str(model),
                "step": "average",
                "epochs": 1,
                "proximal": "0",
                "rate": rate,
                "ridge": ridge,
            },
            "privacy": {
                "max_rows": int(max_rows),
                "units_at": "one owner" | "several owners" as units_at,
                "colluders": int(colluders),
                "delta_log2": int(delta_log2),
                "clip_milli": clip,
                "persons": persons,
                "noise": "distributed" | "local" as noise,
                "micro_rho": cost,
            } as privacy,
        } if (
            is_protected(max_rows, delta_log2, number(cost))
            and 0 <= colluders < contributors
            and 0 < number(persons) <= MOST_PERSONS
            and 0 < number(clip) <= MOST_CLIP
        ):
            parties = tuple(sorted(party_of(source) for source in sources))
        case _:
            raise InvalidRecord("specification: malformed privacy")
    shares = 1 if noise == "local" else contributors - colluders
    spread = len(parties) if units_at == "several owners" else 1
    places, clipped = shaped.released, number(clip)

    def gradient(grain: int) -> int:
        # ceil(clip * grain / 1000 + (isqrt + 1) / 2) over the common denominator 2000
        return -(-(2 * clipped * grain + MILLI * (isqrt(places) + 1)) // (2 * MILLI))

    step = noise_of(gradient, GRAIN, number(cost), shares, spread)
    bins, by_department, counted, total = 0, False, None, shaped.rounds * number(cost)
    if isinstance(privacy, dict) and "evaluation" in privacy:
        bins, by_department, paid = evaluation_of(privacy["evaluation"], model)
        counted = noise_of(lambda grain: grain * max_rows, 1, paid, 1 if by_department else shares, spread)
        total += paid
    guarantee: dict[str, JsonValue] = {
        "micro_rho": str(total),
        "delta_log2": delta_log2,
        "epsilon_milli": str(epsilon_milli(total, delta_log2)),
        "colluders": colluders,
        "noise": noise,
        "round": step.json(),
        "evaluation": None if counted is None else counted.json(),
    }
    numbers = (number(persons), number(rate), number(ridge))
    return Run(shaped, parties, step, counted, bins, by_department, *numbers, guarantee)


def noise_of(longest: Callable[[int], int], grain: int, micro_rho: int, shares: int, spread: int) -> Noise:
    """Choose grain and noise of a release that one person moves by so many units at a department."""
    while (found := deviation((spread * longest(grain)) ** 2, micro_rho)) ** 2 < LEAST_SHARE * MILLI**2 * shares:
        grain *= 2
    return Noise(grain, found, shares, longest(grain))


def counts_of(names: Sequence[str], bins: int, total: Sequence[float]) -> JsonValue:
    """Return counts, in units, by name."""
    texts: list[JsonValue] = [str(int(units)) for units in total]
    return {name: texts[at * bins : (at + 1) * bins] for at, name in enumerate(names)}


def evaluation_of(value: JsonValue, model: str) -> tuple[int, bool, int]:
    """Read an evaluation: counts of a slot, whether there is one for each department, and their cost."""
    match value:
        case {"bins": int(bins), "counts": "joint" | "by-department" as counts, "micro_rho": cost, **rest} if (
            LEAST_BINS <= bins <= MOST_BINS and set(rest) <= {"held_out"} and 0 < number(cost) <= MOST_COST
        ) and _is_share(rest.get("held_out", LEAST_HELD)):
            return bins * (2 if model in ("logistic", "softmax") else 1), counts == "by-department", number(cost)
    raise InvalidRecord("specification: malformed evaluation")


def _is_share(value: object) -> bool:
    return isinstance(value, int) and LEAST_HELD <= value <= MOST_HELD


def is_protected(max_rows: int, delta_log2: int, cost: int) -> bool:
    """Tell whether these are terms that a node takes part under."""
    return 0 < max_rows <= MOST_ROWS and LEAST_DELTA <= delta_log2 <= MOST_DELTA and 0 < cost <= MOST_COST


def party_of(source: JsonValue) -> str:
    """Read the party of a source; raises InvalidRecord."""
    match source:
        case {"party": str(party)}:
            return party
    raise InvalidRecord("specification: a source has a party")
