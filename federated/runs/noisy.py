"""What a wave of a run with noise computes: a department's noised vector, and the next model.

Columns are scaled by their declared bounds to [-1, 1], never by rows. A round's vector is the sum over persons of their
gradients (``layers``) or, of trees, of their derivatives by node and bin (``trees``), shortened by person, and this
department's share of the noise; the coordinator steps against the sum, or grows a level. A last wave, where one is
asked, counts rows (``measured``): all, or those that no round was of.

Noise comes with the input, drawn and committed to before the first message; each wave's is used once. It reads no table
and sends nothing. Trust: departments outside the declared coalition add what they drew.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np

from federated.aggregation.vector import Layout
from federated.horizontal.family import Floats
from federated.horizontal.noised import Integers
from federated.runs import layers, linear, measured, trees
from federated.runs.linear import Fit
from federated.runs.part import Part, declared, part
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.inputs import PrivateRows
from mpc.kinds.models.rounds import matrix
from mpc.privacy.trained import TrainingPrivacy
from mpc.spec.training import TrainingSpec, Work
from mpc.training.protection import POINT_BITS


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """A department's rows: those that rounds are of, those that are counted, and noise by wave. slot: its place."""

    fitted: Part = field(repr=False)
    counted: Part = field(repr=False)
    noise: tuple[tuple[int, ...], ...] = field(repr=False)
    slot: int


@dataclass(frozen=True, slots=True, eq=False)
class Noisy:
    """The model after some waves. counts: of the evaluation, whole numbers of units, once it was done."""

    fit: Fit
    counts: tuple[int, ...] | None = None


def layout(spec: TrainingSpec, clients: int) -> Layout:
    """Lay out the vectors of a run: room for every person of a department and for twelve deviations of noise."""
    return Layout(spec.places, spec.widest, POINT_BITS, clients)


def begin(spec: TrainingSpec) -> Noisy:
    """Return the model before the first wave, under the scale that the bounds declare."""
    weights = layers.first(spec) if spec.algorithm.trees is None else trees.first(spec)
    return Noisy(replace(linear.begin(spec), weights=weights, scale=declared(spec)))


def decode(spec: TrainingSpec, data: bytes) -> Fit:
    """Read a model; raises InvalidRecord, also for another scale than the declared one."""
    found, scale = linear.decode(spec, data), declared(spec)
    if not (np.array_equal(found.scale.means, scale.means) and
            np.array_equal(found.scale.deviations, scale.deviations)):  # fmt: skip
        raise InvalidRecord("model: columns are scaled by their declared bounds in a run with noise")
    if spec.algorithm.trees is not None:
        trees.check(spec, found.weights)
    return found


def rows(spec: TrainingSpec, data: PrivateRows, party: str) -> Rows:
    """Take a department's input."""
    values = matrix(data.columns)
    found = part(spec, values[:, :-1], values[:, -1], np.array(data.persons, dtype=np.int64))
    evaluation = _privacy(spec).evaluation
    is_held = np.isin(found.persons, np.array(data.held, dtype=np.int64))
    return Rows(
        fitted=found.where(~is_held),
        counted=found.where(is_held) if evaluation is not None and evaluation.held_out else found,
        noise=data.noise,
        slot=measured.slot_of(spec, party),
    )


def vector(spec: TrainingSpec, own: Rows, fit: Fit, wave: int) -> Floats:
    """Return what a department hands over in a wave, its noise included, in units of 2^-8."""
    found = np.zeros(spec.places, dtype=np.int64)
    drawn: Integers = np.array(own.noise[wave - 1], dtype=np.int64)
    if spec.works[wave - 1] is Work.ROUND:
        if spec.algorithm.trees is None:
            summed = layers.summed(spec, own.fitted, fit.weights, _privacy(spec).clip_milli)
        else:
            summed = trees.summed(spec, own.fitted, fit.weights, wave)
        found[: len(summed)] = summed
        found[: len(drawn)] += drawn
    else:
        kind = layers if spec.algorithm.trees is None else trees
        expected = kind.expected(spec, own.counted, fit.weights)
        found = measured.placed(spec, own.slot, measured.counted(spec, own.counted.labels, expected), drawn.tolist())
    return found / (1 << POINT_BITS)


def advance(spec: TrainingSpec, found: Noisy, total: Floats, wave: int) -> Noisy:
    """Return the model after a wave's sum; raises InvalidRecord for a sum that makes no model."""
    units, weights = total * (1 << POINT_BITS), found.fit.weights
    if spec.works[wave - 1] is Work.COUNT:
        return replace(found, counts=measured.units(total, POINT_BITS, measured.most_units(spec)))
    measured.require_within(total, len(spec.sources) * spec.widest)
    if spec.algorithm.trees is None:
        moved = layers.stepped(spec, weights, units, _privacy(spec).persons)
    else:
        moved = trees.grown_by(spec, weights, np.rint(units).astype(np.int64), wave)
    return replace(found, fit=replace(found.fit, weights=moved))


def document(spec: TrainingSpec, found: Noisy) -> JsonValue:
    """Write the release: the model with its declared columns, and the counts of its evaluation."""
    if spec.algorithm.trees is None:
        model = linear.model(spec, found.fit) | layers.document(spec)
    else:
        model = linear.named(spec) | trees.document(spec, found.fit.weights)
    return model | measured.document(spec, found.counts)


def _privacy(spec: TrainingSpec) -> TrainingPrivacy:
    assert spec.privacy is not None
    return spec.privacy
