"""What a wave of a run with noise computes, for linear models: a department's noised vector, and the next model.

Columns are scaled by their declared bounds to [-1, 1], never by rows. A round's vector is the sum over persons of their
gradients, shortened by person, and this department's share of the noise; the coordinator steps against the sum divided
by the declared number of persons (``federated.horizontal.noised``). A last wave, where one is asked, counts rows by bin
of what the model predicts, with noise of its own (``federated.evaluation.binned``).

Noise comes with the input, drawn and committed to before the first message; each wave's is used once. It reads no table
and sends nothing. Trust: departments outside the declared coalition add what they drew.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from federated.aggregation.vector import Layout
from federated.evaluation import binned
from federated.horizontal.family import Family, Floats
from federated.horizontal.noised import POINT_BITS, Integers, added_up
from federated.horizontal.site import Scale
from federated.runs import linear
from federated.runs.linear import Fit
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.inputs import PrivateRows
from mpc.kinds.models.rounds import matrix
from mpc.privacy.trained import TrainingPrivacy
from mpc.spec_training import MILLION, TrainingSpec, Work

MOST_WEIGHT = float(1 << 40)
"""A step beyond it comes of a rate far too large; nothing that rows make reaches it."""


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """A department's rows, scaled with the constant first, its labels, persons and noise by wave. slot: its place."""

    scaled: Floats = field(repr=False)
    labels: Floats = field(repr=False)
    persons: Integers = field(repr=False)
    noise: tuple[tuple[int, ...], ...] = field(repr=False)
    slot: int


@dataclass(frozen=True, slots=True, eq=False)
class Noisy:
    """The model after some waves. counts: of the evaluation, whole numbers of units, once it was done."""

    fit: Fit
    counts: tuple[int, ...] | None = None


def layout(spec: TrainingSpec, clients: int) -> Layout:
    """Lay out the vectors of a run: room for every person of a department and for twelve deviations of noise."""
    bound, count = spec.gradient_noise.bound(spec.rows), spec.count_noise
    if count is not None:
        bound = max(bound, count.bound_of(spec.rows))
    return Layout(spec.places, bound / (1 << POINT_BITS), POINT_BITS, clients)


def begin(spec: TrainingSpec) -> Noisy:
    """Return the model before the first wave: zeros, under the scale that the bounds declare."""
    ends = [(column.least, column.most) for column in spec.features]
    means = np.array([(least + most) / 2 for least, most in ends])
    deviations = np.array([(most - least) / 2 for least, most in ends])
    return Noisy(replace(linear.begin(spec), scale=Scale(means, deviations)))


def decode(spec: TrainingSpec, data: bytes) -> Fit:
    """Read a model; raises InvalidRecord, also for another scale than the declared one."""
    found, declared = linear.decode(spec, data), begin(spec).fit.scale
    if not (np.array_equal(found.scale.means, declared.means) and
            np.array_equal(found.scale.deviations, declared.deviations)):  # fmt: skip
        raise InvalidRecord("model: columns are scaled by their declared bounds in a run with noise")
    return found


def rows(spec: TrainingSpec, data: PrivateRows, party: str) -> Rows:
    """Take a department's input."""
    values, scale = matrix(data.columns), begin(spec).fit.scale
    scaled = (values[:, :-1] - scale.means) / scale.deviations
    return Rows(
        scaled=np.hstack((np.ones((len(values), 1)), scaled)),
        labels=values[:, -1],
        persons=np.array(data.persons, dtype=np.int64),
        noise=data.noise,
        slot=sorted(source.party for source in spec.sources).index(party),
    )


def vector(spec: TrainingSpec, own: Rows, fit: Fit, wave: int) -> Floats:
    """Return what a department hands over in a wave, its noise included, in units of 2^-8."""
    family, found = Family(spec.algorithm.model.value), np.zeros(spec.places, dtype=np.int64)
    scores = _scores(own.scaled, fit.weights)
    drawn: Integers = np.array(own.noise[wave - 1], dtype=np.int64)
    if spec.works[wave - 1] is Work.ROUND:
        gradients = family.errors(own.labels, scores) * own.scaled
        noise = spec.gradient_noise
        found[: spec.weights] = added_up(gradients, own.persons, _privacy(spec).clip_milli, noise.grain) + drawn
    else:
        count, evaluation = spec.count_noise, _privacy(spec).evaluation
        assert count is not None
        assert evaluation is not None
        at = own.slot * spec.bins if evaluation.by_department else 0
        expected = family.expected(scores)[:, 0]
        counts = binned.counted(family, own.labels, expected, evaluation.bins, spec.label.most - spec.label.least)
        found[at : at + spec.bins] = counts * count.grain + drawn
    return found / (1 << POINT_BITS)


def advance(spec: TrainingSpec, found: Noisy, total: Floats, wave: int) -> Noisy:
    """Return the model after a wave's sum; raises InvalidRecord for a sum that makes no model."""
    units = total * (1 << POINT_BITS)
    if spec.works[wave - 1] is Work.COUNT:
        return replace(found, counts=tuple(int(unit) for unit in units))
    asked, weights, algorithm = _privacy(spec), found.fit.weights, spec.algorithm
    gradient = units[: spec.weights] / spec.gradient_noise.grain / asked.persons
    penalty = algorithm.ridge / MILLION / asked.persons
    moved = weights - algorithm.rate / MILLION * (gradient + penalty * weights)
    if not np.abs(moved).max() <= MOST_WEIGHT:
        raise InvalidRecord("training diverged: a smaller rate is needed")
    return replace(found, fit=replace(found.fit, weights=moved))


def document(spec: TrainingSpec, found: Noisy) -> JsonValue:
    """Write the release: the model with its declared columns, and the counts of its evaluation."""
    model = linear.model(spec, found.fit)
    if found.counts is None:
        return model
    evaluation = _privacy(spec).evaluation
    assert evaluation is not None
    names = sorted(source.party for source in spec.sources) if evaluation.by_department else ["*"]
    counts: dict[str, JsonValue] = {
        name: [str(unit) for unit in found.counts[slot * spec.bins : (slot + 1) * spec.bins]]
        for slot, name in enumerate(names)
    }
    return {**model, "evaluation": counts}


def _scores(scaled: Floats, weights: Floats) -> Floats:
    """Return (rows, 1), each row's from itself alone.

    A product of matrices takes the last rows of a table in another order of additions than the others, so a person more
    or less would move other persons' scores by their last bits, and, at the edge of a bin, the rows to another one.
    """
    found: Floats = (scaled * weights).sum(axis=1, keepdims=True)
    return found


def _privacy(spec: TrainingSpec) -> TrainingPrivacy:
    assert spec.privacy is not None
    return spec.privacy
