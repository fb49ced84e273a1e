"""The last wave of a run that is measured: rows counted by bin of what the model predicts, with noise.

One wave for runs with noise, which count all rows or those held out, and for exact ones, which count those held out.
Counts are whole numbers of units of their noise; by department each has a slot of its own. It reads no table and sends
nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from federated.evaluation import binned
from federated.horizontal.family import Family, Floats
from federated.horizontal.noised import Integers
from federated.runs import layers
from federated.runs.linear import Fit
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.inputs import MeasuredRows
from mpc.kinds.models.rounds import matrix
from mpc.spec.training import POINT_BITS, TrainingSpec


@dataclass(frozen=True, slots=True, eq=False)
class Held:
    """A department's rows that no exact round is of, label last, and its noise. slot: its place."""

    rows: Floats = field(repr=False)
    noise: tuple[int, ...] = field(repr=False)
    slot: int


def slot_of(spec: TrainingSpec, party: str) -> int:
    """Return a department's place among those whose counts are told apart."""
    return sorted(source.party for source in spec.sources).index(party)


def held(spec: TrainingSpec, data: MeasuredRows, party: str) -> Held:
    """Take a department's input."""
    rows = matrix(data.held).reshape(-1, len(spec.columns))
    return Held(rows, data.noise, slot_of(spec, party))


def vector(spec: TrainingSpec, own: Held, fit: Fit) -> Floats:
    """Return what a department of an exact run hands over in its last wave, its noise included, in units of 2^-40."""
    scaled = (own.rows[:, :-1] - fit.scale.means) / fit.scale.deviations
    scores = layers.shape(spec).row_scores(fit.weights, np.hstack((np.ones((len(scaled), 1)), scaled)))
    expected = Family(spec.algorithm.model.value).expected(scores)
    return placed(spec, own.slot, counted(spec, own.rows[:, -1], expected), own.noise) / (1 << POINT_BITS)


def counted(spec: TrainingSpec, labels: Floats, expected: Floats) -> Integers:
    """Count rows. expected: (rows, outputs)."""
    assert spec.evaluation is not None
    family, width = Family(spec.algorithm.model.value), spec.label.most - spec.label.least
    return binned.counted(family, labels, expected, spec.evaluation.bins, width)


def placed(spec: TrainingSpec, slot: int, counts: Integers, noise: Sequence[int]) -> Integers:
    """Return a vector of units with a department's noised counts in its slot, or in the one of all."""
    found, count = np.zeros(spec.places, dtype=np.int64), spec.count_noise
    assert count is not None
    assert spec.evaluation is not None
    at = slot * spec.bins if spec.evaluation.by_department else 0
    found[at : at + spec.bins] = counts * count.grain + np.array(noise, dtype=np.int64)
    return found


def units(total: Floats, point_bits: int, most: float) -> tuple[int, ...]:
    """Read the sum of the last wave.

    Args:
        most: what departments that follow the run do not pass, in units; all of it are whole numbers of eight bytes.

    Raises:
        InvalidRecord: a larger count, of which a verifier who adds whole numbers would find another one.
    """
    found = total * (1 << point_bits)
    require_within(found, most)
    return tuple(int(unit) for unit in found)


def require_within(sums: Floats, most: float) -> None:
    """Refuse sums that some department made larger than its rows and noise can be; raises InvalidRecord."""
    if np.abs(sums).max() > most:
        raise InvalidRecord(f"run: place {int(np.abs(sums).argmax())} of a sum is beyond what rows and noise make")


def most_units(spec: TrainingSpec) -> int:
    """Return what one count of all departments together does not pass, in units."""
    count, asked = spec.count_noise, spec.evaluation
    assert count is not None
    assert asked is not None
    return (1 if asked.by_department else len(spec.sources)) * count.bound_of(spec.rows)


def document(spec: TrainingSpec, counts: Sequence[int] | None) -> dict[str, JsonValue]:
    """Write the counts, by department or of all together; nothing where none were asked."""
    if counts is None or spec.evaluation is None:
        return {}
    names = sorted(source.party for source in spec.sources) if spec.evaluation.by_department else ["*"]
    texts: dict[str, JsonValue] = {
        name: [str(unit) for unit in counts[slot * spec.bins : (slot + 1) * spec.bins]]
        for slot, name in enumerate(names)
    }
    return {"evaluation": texts}
