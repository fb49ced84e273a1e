"""A tree grown again from noised sums, for verifiers: the split of the largest gain, the weights of leaves.

    sums     by node of a level, column and bin: first and second derivatives, whole numbers of units
    score    g^2 / (max(h, 0) + ridge + 10^-9)          g, h: sums of bins over the grain
    gain     score(left) + score(right) - score(whole), where both sides have h of at least the least; else 0
    split    the first column and bin of the largest gain above 0
    weight   rate * min(max(-g / (max(h, least) + ridge), -4), 4); of a root without a split from the mean over columns

Restates ``federated.ensemble.coordinator`` and ``federated.runs.trees``; tests hold both to each other. Sums are added
up as whole numbers, so there is one order of every operation on fractions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate

from ledger.canonical import JsonValue

NODE, MILLION, LEAF, SMALLEST = 3, 1_000_000, 4.0, 1e-9
Sums = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Trees:
    """least, ridge, rate: in millionths. edges: boundaries between bins, by column."""

    depth: int
    bins: int
    least: int
    ridge: int
    rate: int
    edges: tuple[int, ...]
    outputs: int

    @property
    def nodes(self) -> int:
        """Nodes that a tree may have, numbered from 1."""
        return (2 << self.depth) - 1

    def score(self, sums: Sums, grain: int) -> float:
        first, second = sums[0] / grain, sums[1] / grain
        return first * first / (max(second, 0.0) + self.ridge / MILLION + SMALLEST)

    def weight(self, first: float, second: float) -> float:
        step = -first / (max(second, self.least / MILLION) + self.ridge / MILLION)
        return self.rate / MILLION * min(max(step, -LEAF), LEAF)


def grown(trees: Trees, numbers: Sequence[float], units: Sequence[int], round_: int, grain: int) -> tuple[float, ...]:
    """Return the model's numbers after a round's sums."""
    at, level = divmod(round_ - 1, trees.depth)
    start, found, node_size = at * trees.nodes * NODE, list(numbers), len(trees.edges) * trees.bins * 2

    def place(node: int) -> int:
        return start + (node - 1) * NODE

    for node in range(1 << level, 2 << level):
        if level and not found[place(node // 2)]:
            continue
        offset = (node - (1 << level)) * node_size
        columns = [_column(trees, units, offset, column) for column in range(len(trees.edges))]
        best = _best(trees, columns, grain)
        if best is None:
            if not level:
                total = [sum(pair[half] for bins in columns for pair in bins) for half in (0, 1)]
                found[place(1) + 2] = trees.weight(*(part / grain / len(columns) for part in total))
            continue
        column, bin, left, right = best
        found[place(node) : place(node) + NODE] = [float(column + 1), float(bin), 0.0]
        for child, sums in ((2 * node, left), (2 * node + 1, right)):
            found[place(child) + 2] = trees.weight(sums[0] / grain, sums[1] / grain)
    return tuple(found)


def written(trees: Trees, numbers: Sequence[float]) -> JsonValue:
    """Write the trees as the release has them."""
    size = trees.nodes * NODE
    return [_tree(numbers[start : start + size]) for start in range(0, len(numbers), size)]


def _tree(numbers: Sequence[float]) -> JsonValue:
    nodes = {node: numbers[(node - 1) * NODE : node * NODE] for node in range(1, len(numbers) // NODE + 1)}
    splits = {node: own for node, own in nodes.items() if own[0]}
    below = {child for node in splits for child in (2 * node, 2 * node + 1)} - set(splits)
    leaves = sorted(below) if splits else [1] * bool(nodes[1][2])
    return {
        "splits": {str(node): [str(int(column) - 1), str(int(bin))] for node, (column, bin, _) in splits.items()},
        "weights": {str(node): repr(nodes[node][2]) for node in leaves},
    }


def _column(trees: Trees, units: Sequence[int], offset: int, column: int) -> list[Sums]:
    start = offset + column * trees.bins * 2
    return [(units[at], units[at + 1]) for at in range(start, start + trees.bins * 2, 2)]


def _best(trees: Trees, columns: Sequence[Sequence[Sums]], grain: int) -> tuple[int, int, Sums, Sums] | None:
    best, found = 0.0, None
    for column, bins in enumerate(columns):
        running = list(accumulate(bins, lambda one, other: (one[0] + other[0], one[1] + other[1])))
        whole = running[-1]
        for bin, left in enumerate(running[: trees.edges[column]]):
            right = (whole[0] - left[0], whole[1] - left[1])
            if min(left[1], right[1]) / grain < trees.least / MILLION:
                continue
            gain = trees.score(left, grain) + trees.score(right, grain) - trees.score(whole, grain)
            if gain > best:
                best, found = gain, (column, bin, left, right)
    return found
