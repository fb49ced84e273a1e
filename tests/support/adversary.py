"""Whoever knows every question, every figure, every gate bit and the rules, and computes what they leave open.

Independent of the audit: rows lie in points of a declared domain, points that no question tells apart are one unknown,
and what the unknowns may be follows from integer programs (``mpc.disclosure.tables.interval``). ``determined`` is the
exact rational counterpart: which sets of points the figures fix, whatever the data.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product

from unknowns import Unknowns

from mpc.disclosure.region import Region, Span
from mpc.disclosure.tables.interval import Range, extents
from mpc.disclosure.tables.timing import TimeLimit

Point = Mapping[str, int | str]


def holds(region: Region, point: Point) -> bool:
    """Tell whether rows of a point lie in a region; a side that the point does not name is not met."""
    for name, side in region.sides:
        value = point.get(name)
        match side, value:
            case Span(low, high), int():
                if not ((low is None or low <= value) and (high is None or value < high)):
                    return False
            case frozenset(), str():
                if value not in side:
                    return False
            case _:
                return False
    return True


def grid(domain: Mapping[str, Iterable[int | str]]) -> list[Point]:
    """List the points of a small domain."""
    return [dict(zip(domain, values, strict=True)) for values in product(*domain.values())]


@dataclass(frozen=True, slots=True)
class Adversary:
    """The verdict of each tested cell, the figure of each opened one, the points that there are, and the thresholds.

    A class is a set of points that lie in the same of these cells.
    """

    bits: Mapping[Region, bool]
    figures: Mapping[Region, int]
    points: Sequence[Point]
    minimum: int
    owners: int = 1
    contributors: int = 1
    classes: dict[tuple[Region, ...], list[Point]] = field(init=False)

    def __post_init__(self) -> None:
        regions = list(dict.fromkeys([*self.bits, *self.figures]))
        found: dict[tuple[Region, ...], list[Point]] = {}
        for point in self.points:
            found.setdefault(tuple(region for region in regions if holds(region, point)), []).append(point)
        object.__setattr__(self, "classes", found)

    def intervals(self, wanted: Sequence[Iterable[int]], seconds: float = 60.0) -> list[Range]:
        """Return the least and largest possible number of rows in sets of classes (by number)."""
        unknowns = Unknowns(len(self.classes), self.minimum, self.owners, self.contributors)
        for region in dict.fromkeys([*self.bits, *self.figures]):
            figure = self.figures.get(region)
            unknowns.learn(self.members(region), passed=figure is not None or self.bits[region], figure=figure)
        return extents(unknowns.knowledge, [unknowns.rows(members) for members in wanted], TimeLimit(seconds))

    def members(self, region: Region) -> list[int]:
        """Number the classes inside an answered region."""
        return [number for number, regions in enumerate(self.classes) if region in regions]

    def determined(self) -> Iterator[frozenset[int]]:
        """Yield every non-empty set of classes whose number of rows the figures fix, with any rational weights.

        Cost: 2^classes eliminations; for small examples.
        """
        columns = [self.members(region) for region in self.figures]
        for bits in product((0, 1), repeat=len(self.classes)):
            target = frozenset(number for number, bit in enumerate(bits) if bit)
            if target and in_span(columns, target, len(self.classes)):
                yield target


def in_span(columns: Sequence[Sequence[int]], target: frozenset[int], size: int) -> bool:
    """Tell whether a 0/1 vector is a rational combination of 0/1 columns (Gauss elimination over the fractions)."""
    rows = [[Fraction(number in column) for column in columns] + [Fraction(number in target)] for number in range(size)]
    pivot = 0
    for column in range(len(columns)):
        found = next((index for index in range(pivot, size) if rows[index][column]), None)
        if found is None:
            continue
        rows[pivot], rows[found] = rows[found], rows[pivot]
        for index in range(size):
            if index != pivot and rows[index][column]:
                factor = rows[index][column] / rows[pivot][column]
                rows[index] = [value - factor * top for value, top in zip(rows[index], rows[pivot], strict=True)]
        pivot += 1
    return not any(row[-1] for row in rows[pivot:])
