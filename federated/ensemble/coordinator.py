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
from federated.horizontal.noised import POINT_BITS


def grown(terms: EnsembleTerms, growing: Tree, level: int, total: Floats) -> Tree:
    """Return the tree after a level: every node of it split or made a leaf; after the last one, finished.

    Args:
        total: the sum over departments, in units of 2^-8.
    """
    grain = terms.protection.mechanism.grain
    shape = (1 << terms.depth - 1, len(terms.edges), terms.bins, 2)
    sums = total.reshape(shape) * (1 << POINT_BITS) / grain
    splits, weights = dict(growing.splits), dict(growing.weights)
    for node in range(1 << level, 2 << level):
        if level and node // 2 not in growing.splits:
            continue
        found = _best(terms, sums[node - (1 << level)])
        if found is None:
            weights.setdefault(node, _weight(terms, sums[node - (1 << level)].sum(axis=1).mean(axis=0)))
            continue
        column, bin, left, right = found
        splits[node] = (column, bin)
        weights.pop(node, None)
        weights[2 * node], weights[2 * node + 1] = _weight(terms, left), _weight(terms, right)
    return Tree(splits, weights)


def _best(terms: EnsembleTerms, sums: Floats) -> tuple[int, int, Floats, Floats] | None:
    """Return the column and bin of the largest gain, with the sums of both sides; None where nothing is gained."""
    left = sums.cumsum(axis=1)[:, :-1]
    whole = sums.sum(axis=1, keepdims=True)
    right = whole - left
    gains = _score(terms, left) + _score(terms, right) - _score(terms, whole)
    inside = np.arange(terms.bins - 1)[None, :] < np.array([len(own) for own in terms.edges])[:, None]
    heavy = np.minimum(left[..., 1], right[..., 1]) >= terms.least
    gains = np.where(inside & heavy, gains, 0.0)
    column, bin = (int(place) for place in np.unravel_index(gains.argmax(), gains.shape))
    return (column, bin, left[column, bin], right[column, bin]) if gains[column, bin] > 0 else None


def _score(terms: EnsembleTerms, sums: Floats) -> Floats:
    found: Floats = sums[..., 0] ** 2 / (np.maximum(sums[..., 1], 0.0) + terms.ridge + 1e-9)
    return found


def _weight(terms: EnsembleTerms, sums: Sequence[float] | Floats) -> float:
    """A leaf's weight; noise may make second derivatives negative, which count as none."""
    return float(-terms.rate * sums[0] / (max(float(sums[1]), terms.least) + terms.ridge))


def train(terms: EnsembleTerms, summed: Callable[[Sequence[Tree], Tree, int], Floats]) -> list[Tree]:
    """Grow all trees.

    Args:
        summed: runs one release: the sum over departments, given the finished trees, the present one and its level.
    """
    done: list[Tree] = []
    for _ in range(terms.trees * terms.loss.outputs):
        growing = Tree()
        for level in range(terms.depth):
            growing = grown(terms, growing, level, summed(done, growing, level))
        done.append(growing)
    return done
