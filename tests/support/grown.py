"""Gradient boosting over pooled columns, written apart from the product: oracle of trees grown on encrypted sums."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SCALE = float(1 << 20)


class Pooled:
    """Trees over all columns in one place; ``columns`` in the order in which equal gains are resolved."""

    def __init__(self, columns: Mapping[str, Floats], edges: Mapping[str, Floats], *, depth: int, least: int) -> None:
        self.places = {name: np.searchsorted(edges[name], values, side="right") for name, values in columns.items()}
        self.bins = {name: len(found) + 1 for name, found in edges.items()}
        self.depth, self.least = depth, least

    def scores(self, labels: Floats, trees: int, *, ridge: float, rate: float) -> Floats:
        """Return each row's log odds after so many trees."""
        share = labels.mean()
        found = np.full(len(labels), np.log(share / (1 - share)))
        for _ in range(trees):
            chances = 1 / (1 + np.exp(-found))
            self._add(chances - labels, chances * (1 - chances), found, (ridge, rate))
        return found

    def class_scores(self, labels: Floats, trees: int, *, ridge: float, rate: float) -> Floats:
        """Return (classes, rows): each row's scores after so many trees of each class."""
        ones = np.array([labels == place for place in range(int(labels.max()) + 1)], dtype=float)
        found = np.log(ones.mean(axis=1))[:, None] + np.zeros_like(ones)
        for _ in range(trees):
            powers = np.exp(found)
            chances = powers / powers.sum(axis=0)
            for own, chance, scores in zip(ones, chances, found, strict=True):
                self._add(chance - own, chance * (1 - chance), scores, (ridge, rate))
        return found

    def number_scores(self, labels: Floats, trees: int, *, ridge: float, rate: float) -> Floats:
        """Return each row's predicted number after so many trees."""
        found = np.full(len(labels), labels.mean())
        for _ in range(trees):
            self._add(found - labels, np.ones(len(labels)), found, (ridge, rate))
        return found

    def _add(self, first: Floats, second: Floats, found: Floats, weights: tuple[float, float]) -> None:
        """Grow one tree on rounded derivatives and add its weights to the scores."""
        rounded = np.rint(first * SCALE) / SCALE, np.rint(second * SCALE) / SCALE
        grids = {name: list(range(bins)) for name, bins in self.bins.items()}
        self._grow(np.arange(len(first)), None, grids, *rounded, 0, found, weights)

    def _grow(self, rows, sibling, grids, first, second, level, found, weights) -> None:  # type: ignore[no-untyped-def]
        ridge, rate = weights
        score = lambda chosen: first[chosen].sum() ** 2 / (second[chosen].sum() + ridge)  # noqa: E731
        best, taken = 0.0, None
        if level < self.depth and (sibling is None or max(len(rows), len(sibling)) >= 2 * self.least):
            grids = {name: self._joined(name, grids[name], rows, sibling) for name in self.places}
            for name, places in self.places.items():
                for end in grids[name][:-1]:
                    left = rows[places[rows] <= end]
                    right = rows[places[rows] > end]
                    gain = (score(left) + score(right) - score(rows)) / 2
                    if min(len(left), len(right)) >= self.least and gain > best + 1e-9:
                        best, taken = gain, (left, right)
        if taken is None:
            found[rows] += -rate * first[rows].sum() / (second[rows].sum() + ridge)
            return
        left, right = taken
        self._grow(left, right, grids, first, second, level + 1, found, weights)
        self._grow(right, left, grids, first, second, level + 1, found, weights)

    def _joined(self, name, grid, rows, sibling):  # type: ignore[no-untyped-def]
        ends, start = [], -1
        for end in grid:
            sides = [rows] if sibling is None else [rows, sibling]
            held = [((self.places[name][side] > start) & (self.places[name][side] <= end)).sum() for side in sides]
            if min(held) >= self.least:
                ends.append(end)
                start = end
        return [*ends[:-1], grid[-1]]
