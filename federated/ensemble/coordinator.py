"""What the coordinator makes of noised sums: the splits of a level, and the weights of leaves.

It sees sums with noise alone. A column's bins do not add up to those of another, since each has noise of its own; a
node's sums are taken from the column that splits it. It does NOT know how many rows a node has.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from federated.columns import Floats
from federated.ensemble.terms import EnsembleTerms
from federated.ensemble.tree import Tree
from federated.horizontal.noised import POINT_BITS, Integers

LEAF = 4.0
"""Of a leaf's step before the rate: what a side of the least weight and nothing but noise could make is no score."""
SMALLEST = 1e-9
"""Beside a ridge of none, so that a side of no second derivatives has no gain without end."""


def grown(terms: EnsembleTerms, growing: Tree, level: int, units: Integers) -> Tree:
    """Return the tree after a level: every node of it split or made a leaf; after the last one, finished.

    Sums stay whole numbers until they are compared, so whoever grows the tree again comes to the same.

    Args:
        units: the sum over departments.
    """
    grain, columns = terms.protection.mechanism.grain, len(terms.edges)
    sums = units.reshape((1 << terms.depth - 1, columns, terms.bins, 2))
    splits, weights = dict(growing.splits), dict(growing.weights)
    for node in range(1 << level, 2 << level):
        if level and node // 2 not in growing.splits:
            continue
        own = sums[node - (1 << level)]
        found = _best(terms, own)
        if found is None:
            weights.setdefault(node, _weight(terms, own.sum(axis=(0, 1)) / grain / columns))
            continue
        column, bin, left, right = found
        splits[node] = (column, bin)
        weights.pop(node, None)
        weights[2 * node], weights[2 * node + 1] = _weight(terms, left / grain), _weight(terms, right / grain)
    return Tree(splits, weights)


def _best(terms: EnsembleTerms, sums: Integers) -> tuple[int, int, Integers, Integers] | None:
    """Return the column and bin of the largest gain, with the sums of both sides; None where nothing is gained."""
    grain = terms.protection.mechanism.grain
    left = sums.cumsum(axis=1)[:, :-1]
    whole = sums.sum(axis=1, keepdims=True)
    right = whole - left
    gains = _score(terms, left / grain) + _score(terms, right / grain) - _score(terms, whole / grain)
    inside = np.arange(terms.bins - 1)[None, :] < np.array([len(own) for own in terms.edges])[:, None]
    heavy = np.minimum(left[..., 1], right[..., 1]) / grain >= terms.least
    gains = np.where(inside & heavy, gains, 0.0)
    column, bin = (int(place) for place in np.unravel_index(gains.argmax(), gains.shape))
    return (column, bin, left[column, bin], right[column, bin]) if gains[column, bin] > 0 else None


def _score(terms: EnsembleTerms, sums: Floats) -> Floats:
    first, second = sums[..., 0], sums[..., 1]
    found: Floats = first * first / (np.maximum(second, 0.0) + terms.ridge + SMALLEST)
    return found


def _weight(terms: EnsembleTerms, sums: Floats) -> float:
    """A leaf's weight, bounded; noise may make second derivatives negative, which count as the least."""
    step = -float(sums[0]) / (max(float(sums[1]), terms.least) + terms.ridge)
    return terms.rate * min(max(step, -LEAF), LEAF)


def train(terms: EnsembleTerms, summed: Callable[[Sequence[Tree], Tree, int], Floats]) -> list[Tree]:
    """Grow all trees.

    Args:
        summed: runs one release: the sum over departments in units of 2^-8, given the finished trees, the present one
            and its level.
    """
    done: list[Tree] = []
    for _ in range(terms.trees * terms.loss.outputs):
        growing = Tree()
        for level in range(terms.depth):
            units = np.rint(summed(done, growing, level) * (1 << POINT_BITS)).astype(np.int64)
            growing = grown(terms, growing, level, units)
        done.append(growing)
    return done
