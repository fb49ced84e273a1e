"""A round of gradients: of a linear model or one hidden layer, of one output or of classes, shortened by person.

It adds no noise and sends nothing; the trees' rounds are ``federated.runs.trees``.
"""

from __future__ import annotations

import numpy as np

from federated.horizontal.family import Family, Floats
from federated.horizontal.noised import Integers, added_up
from federated.horizontal.shape import Shape
from federated.runs.part import Part
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.spec.training import MILLION, TrainingSpec

MOST_WEIGHT = float(1 << 40)
"""A step beyond it comes of a rate far too large; nothing that rows make reaches it."""


def shape(spec: TrainingSpec) -> Shape:
    """Return how a model's numbers lie."""
    sizes = spec.sizes
    return Shape(sizes.columns, sizes.hidden, sizes.outputs)


def first(spec: TrainingSpec) -> Floats:
    """Return the numbers to begin with; units of a hidden layer differ by the specification's seed."""
    return shape(spec).first(spec.seed)


def summed(spec: TrainingSpec, own: Part, weights: Floats, clip_milli: int) -> Integers:
    """Return the sum over persons of their gradients, in units."""
    found, family, layers = np.zeros(spec.weights, dtype=np.int64), Family(spec.algorithm.model.value), shape(spec)
    for piece in own.pieces(spec.weights):
        rows, labels, persons = own.scaled[piece], own.labels[piece], own.persons[piece]
        gradients = layers.gradients(weights, rows, family.errors(labels, layers.row_scores(weights, rows)))
        found += added_up(gradients, persons - persons[0], clip_milli, spec.gradient_noise.grain)
    return found


def stepped(spec: TrainingSpec, weights: Floats, units: Floats, persons: int) -> Floats:
    """Return the numbers after a round's sum, a step against it; raises InvalidRecord where that makes no model."""
    algorithm = spec.algorithm
    gradient = units[: spec.weights] / spec.gradient_noise.grain / persons
    moved: Floats = weights - algorithm.rate / MILLION * (gradient + algorithm.ridge / MILLION / persons * weights)
    if not np.abs(moved).max() <= MOST_WEIGHT:
        raise InvalidRecord("training diverged: a smaller rate is needed")
    return moved


def expected(spec: TrainingSpec, own: Part, weights: Floats) -> Floats:
    """Return what a model expects of each row, (rows, outputs), each from the row alone."""
    scores = [shape(spec).row_scores(weights, own.scaled[piece]) for piece in own.pieces(spec.weights)]
    rows = np.concatenate(scores) if scores else np.empty((0, spec.sizes.outputs))
    return Family(spec.algorithm.model.value).expected(rows)


def document(spec: TrainingSpec) -> dict[str, JsonValue]:
    """Say how the weights lie, where a model is more than a constant and slopes."""
    sizes = spec.sizes
    classes: dict[str, JsonValue] = {"classes": sizes.outputs} if sizes.outputs > 1 else {}
    return classes | ({"hidden": sizes.hidden} if sizes.hidden else {})
