"""Tables with margins and hierarchies as numbered cells and linear relations.

A dimension is a tree of categories whose root is the total (district below county below total; a flat list is a tree of
one level). A table has one cell for every combination of one category a dimension, and one relation wherever a category
has children: its cell is the sum of theirs, at every combination of the other dimensions.

It knows no values and no rule.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import product
from math import prod

import numpy as np
from numpy.typing import NDArray

from ledger.errors import InvalidRecord

MAX_CELLS = 1_000_000
TOTAL = "*"
"""The root of every dimension."""


@dataclass(frozen=True)
class Dimension:
    """A column's categories; ``parents`` names the place of each one's parent, which comes before it (root: -1)."""

    name: str
    codes: tuple[str, ...]
    parents: tuple[int, ...]

    def __post_init__(self) -> None:
        if len(set(self.codes)) != len(self.codes) or not self.codes or self.codes[0] != TOTAL:
            raise InvalidRecord(f"table: categories of {self.name!r} must be distinct, the first one {TOTAL!r}")
        if len(self.parents) != len(self.codes) or self.parents[0] != -1:
            raise InvalidRecord(f"table: every category of {self.name!r} but the first needs a parent")
        if any(not 0 <= parent < place for place, parent in enumerate(self.parents) if place):
            raise InvalidRecord(f"table: parents of {self.name!r} must come before their children")

    @classmethod
    def of(cls, name: str, parent_of: Mapping[str, str]) -> Dimension:
        """Build a tree from each category's parent; a parent that has none itself stands below the total.

        Raises:
            InvalidRecord: no categories, or a category that is its own ancestor.
        """
        known = dict.fromkeys([TOTAL, *parent_of.values(), *parent_of])
        ordered: dict[str, int] = {TOTAL: -1}
        left = [code for code in known if code != TOTAL]
        while left:
            ready = [code for code in left if parent_of.get(code, TOTAL) in ordered]
            if not ready:
                raise InvalidRecord(f"table: category {left[0]!r} of {name!r} is its own ancestor")
            places = {code: place for place, code in enumerate(ordered)}
            ordered |= {code: places[parent_of.get(code, TOTAL)] for code in ready}
            left = [code for code in left if code not in ordered]
        return cls(name, tuple(ordered), tuple(ordered.values()))

    @classmethod
    def flat(cls, name: str, codes: Sequence[str]) -> Dimension:
        """Build a tree of one level."""
        return cls.of(name, dict.fromkeys(codes, TOTAL))

    @cached_property
    def children(self) -> tuple[tuple[int, ...], ...]:
        """The places of each category's children."""
        found: list[list[int]] = [[] for _ in self.codes]
        for place, parent in enumerate(self.parents[1:], start=1):
            found[parent].append(place)
        return tuple(map(tuple, found))

    @cached_property
    def leaves(self) -> tuple[int, ...]:
        """The places of categories without children."""
        return tuple(place for place, below in enumerate(self.children) if not below)

    def line(self, place: int) -> tuple[int, ...]:
        """Return a category and its ancestors up to the total."""
        found = [place]
        while self.parents[found[-1]] >= 0:
            found.append(self.parents[found[-1]])
        return tuple(found)


@dataclass(frozen=True)
class Grid:
    """The cells of a table: their numbers run through all combinations, the last dimension fastest."""

    dimensions: tuple[Dimension, ...]

    def __post_init__(self) -> None:
        if not 1 <= len(self.dimensions) <= 4 or self.size > MAX_CELLS:
            raise InvalidRecord(f"table: 1 to 4 dimensions and at most {MAX_CELLS} cells expected, got {self.size}")

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(dimension.codes) for dimension in self.dimensions)

    @property
    def size(self) -> int:
        return prod(self.shape)

    def number(self, places: Sequence[int]) -> int:
        return int(np.ravel_multi_index(tuple(places), self.shape))

    def places(self, number: int) -> tuple[int, ...]:
        return tuple(int(place) for place in np.unravel_index(number, self.shape))

    def codes(self, number: int) -> tuple[str, ...]:
        """Name a cell by its categories."""
        return tuple(d.codes[place] for d, place in zip(self.dimensions, self.places(number), strict=True))

    def is_inner(self, number: int) -> bool:
        """Tell whether a cell is the sum of no others."""
        return not any(d.children[p] for d, p in zip(self.dimensions, self.places(number), strict=True))

    def relations(self) -> Iterator[dict[int, int]]:
        """Yield each relation as weights that sum to zero over the cells: a parent less its children."""
        for axis, dimension in enumerate(self.dimensions):
            others = [range(size) for at, size in enumerate(self.shape) if at != axis]
            for parent, children in enumerate(dimension.children):
                for rest in product(*others) if children else ():
                    weights = {self._at(axis, parent, rest): 1}
                    yield weights | {self._at(axis, child, rest): -1 for child in children}

    def added_up(self, inner: NDArray[np.int64]) -> NDArray[np.int64]:
        """Return all cells' values, by number, from an array of the grid's shape that holds the inner ones."""
        values = inner.copy()
        for axis, dimension in enumerate(self.dimensions):
            by_category = np.moveaxis(values, axis, 0)
            for place in reversed(range(1, len(dimension.codes))):
                by_category[dimension.parents[place]] += by_category[place]
        return values.ravel()

    def _at(self, axis: int, place: int, rest: Sequence[int]) -> int:
        return self.number([*rest[:axis], place, *rest[axis:]])
