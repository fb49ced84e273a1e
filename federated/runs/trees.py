"""A round of trees: a level of one tree, from sums of derivatives by node, column and bin (``federated.ensemble``).

A model's numbers are those of all trees that the run grows, three a node, root first: column (0: a leaf), last bin that
goes left, weight. What has not grown yet is 0. Numbers are learned as halves of the label's declared width around its
middle, so their derivatives are bounded as those of chances are.

It adds no noise and sends nothing. Every number of a leaf is bounded (``coordinator.LEAF``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np

from federated.boosting.loss import Logistic, Loss, Softmax, Squared
from federated.columns import Floats
from federated.ensemble.coordinator import LEAF, grown
from federated.ensemble.site import exact_sums
from federated.ensemble.terms import EnsembleTerms
from federated.ensemble.tree import Tree, scores
from federated.horizontal.noised import Integers
from federated.runs.part import Part, edges
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.privacy.declaration import UnitsAt
from mpc.spec.training import MILLION, Model, TrainingSpec
from mpc.training.shapes import NODE, Trees


@lru_cache(maxsize=4)
def terms(spec: TrainingSpec) -> EnsembleTerms:
    """Return the terms of the library for a run."""
    trees, asked, algorithm = _trees(spec), spec.privacy, spec.algorithm
    assert asked is not None
    losses: dict[Model, Loss] = {Model.LOGISTIC: Logistic(), Model.RIDGE: Squared(1.0)}
    loss = losses.get(algorithm.model) or Softmax(spec.sizes.outputs)
    return EnsembleTerms(
        edges=[edges(column, trees.bins) for column in spec.features],
        loss=loss,
        trees=spec.rounds // trees.depth // loss.outputs,
        depth=trees.depth,
        least=trees.least / MILLION,
        ridge=algorithm.ridge / MILLION,
        rate=algorithm.rate / MILLION,
        owners=len(spec.sources),
        colluders=len(spec.sources) - 1 if asked.is_local else asked.colluders,
        lost=0 if asked.is_local else len(spec.sources) - spec.contributors,
        spread=len(spec.sources) if asked.units_at is UnitsAt.SEVERAL else 1,
        persons=asked.persons,
        micro_rho=asked.micro_rho,
        clip_milli=asked.clip_milli,
        least_bins=trees.bins,
    )


def first(spec: TrainingSpec) -> Floats:
    """Return the numbers to begin with: no tree has grown."""
    return np.zeros(spec.weights)


def summed(spec: TrainingSpec, own: Part, weights: Floats, round_: int) -> Integers:
    """Return the sums of a round's level, in units."""
    trees = _read(spec, weights)
    at, level = divmod(round_ - 1, _trees(spec).depth)
    if any(node >= 1 << level for node in trees[at].splits):
        raise InvalidRecord("model: the sums of a level are asked for before it is split")
    return exact_sums(terms(spec), own.places, _targets(spec, own.labels), own.persons, trees[:at], trees[at], level)


def grown_by(spec: TrainingSpec, weights: Floats, units: Integers, round_: int) -> Floats:
    """Return the numbers after a round's sum."""
    at, level = divmod(round_ - 1, _trees(spec).depth)
    size, found = _trees(spec).numbers, weights.copy()
    tree = grown(terms(spec), _read(spec, weights)[at], level, units[: spec.sizes.released])
    found[at * size : (at + 1) * size] = _numbers(tree, size // NODE)
    return found


def expected(spec: TrainingSpec, own: Part, weights: Floats) -> Floats:
    """Return what a model expects of each row, (rows, outputs), each from the row alone."""
    loss = terms(spec).loss
    found = loss.predict(scores(_read(spec, weights), loss.outputs, own.places))
    if spec.algorithm.model is Model.RIDGE:
        found = _middle(spec) + _half(spec) * found
    return found.reshape(loss.outputs, -1).T


def check(spec: TrainingSpec, weights: Floats) -> None:
    """Refuse numbers that are no trees of this run; raises InvalidRecord."""
    trees, nodes = _trees(spec), (2 << _trees(spec).depth) - 1
    column, bin, weight = weights.reshape(-1, NODE).T
    last = np.arange(len(column)) % nodes >= nodes // 2
    is_whole = (column == np.rint(column)) & (bin == np.rint(bin))
    is_within = (column >= 0) & (column <= len(spec.features)) & (bin >= 0) & (bin < trees.bins - 1)
    if not (is_whole & is_within & ~(last & (column > 0)) & (np.abs(weight) <= LEAF)).all():
        raise InvalidRecord("model: numbers that are no trees of this run")


def document(spec: TrainingSpec, weights: Floats) -> dict[str, JsonValue]:
    """Write the trees: splits as column and last bin that goes left, leaves as weights, by number of the node."""
    written: list[JsonValue] = [
        {
            "splits": {str(node): [str(column), str(bin)] for node, (column, bin) in sorted(tree.splits.items())},
            "weights": {str(node): repr(weight) for node, weight in sorted(tree.weights.items())},
        }
        for tree in _read(spec, weights)
    ]
    outputs: dict[str, JsonValue] = {"classes": spec.sizes.outputs} if spec.sizes.outputs > 1 else {}
    return {**outputs, "bins": _trees(spec).bins, "trees": written}


def _read(spec: TrainingSpec, weights: Floats) -> Sequence[Tree]:
    found = []
    for own in weights.reshape(-1, _trees(spec).numbers // NODE, NODE):
        nodes = [(node, int(column) - 1, int(bin), float(weight)) for node, (column, bin, weight) in enumerate(own, 1)]
        splits = {node: (column, bin) for node, column, bin, _ in nodes if column >= 0}
        below = {child for node in splits for child in (2 * node, 2 * node + 1)} - set(splits)
        leaves = below if splits else {1} if own[0, -1] else set()
        found.append(Tree(splits, {node: weight for node, _, _, weight in nodes if node in leaves}))
    return found


def _numbers(tree: Tree, nodes: int) -> Floats:
    found = np.zeros((nodes, NODE))
    for node, (column, bin) in tree.splits.items():
        found[node - 1, :2] = (column + 1, bin)
    for node, weight in tree.weights.items():
        found[node - 1, 2] = weight
    return found.ravel()


def _targets(spec: TrainingSpec, labels: Floats) -> Floats:
    return (labels - _middle(spec)) / _half(spec) if spec.algorithm.model is Model.RIDGE else labels


def _middle(spec: TrainingSpec) -> float:
    return (spec.label.least + spec.label.most) / 2


def _half(spec: TrainingSpec) -> float:
    return (spec.label.most - spec.label.least) / 2


def _trees(spec: TrainingSpec) -> Trees:
    assert spec.algorithm.trees is not None
    return spec.algorithm.trees
