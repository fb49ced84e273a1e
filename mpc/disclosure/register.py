"""Many regions laid out by attribute, so that one region is compared with all of them in a few array operations.

Which of ten thousand answered cells share a row with a new one, and which lie wholly inside it, is asked for every cell
of every job; asked region by region it would take seconds. Built in time linear in their number.

It holds questions only and decides nothing.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from mpc.disclosure.region import Region, Side, Span

Flags = NDArray[np.bool_]


class Register:
    """Distinct regions by number, in the order given."""

    def __init__(self, regions: Sequence[Region]) -> None:
        self.regions = tuple(regions)
        sides: dict[str, list[tuple[int, Side]]] = defaultdict(list)
        for number, region in enumerate(self.regions):
            for name, side in region.sides:
                sides[name].append((number, side))
        self._columns = {name: _Column.of(found, len(self.regions)) for name, found in sides.items()}

    def meeting(self, region: Region) -> Flags:
        """Flag those with which a row could be shared; a number beside a text counts as yes (``Region.meets``)."""
        flags = np.ones(len(self.regions), dtype=np.bool_)
        for name, side in region.sides:
            if name in self._columns:
                flags &= self._columns[name].meeting(side)
        return flags

    def inside(self, region: Region) -> Flags:
        """Flag those whose every row, whatever the data, lies in the region: itself too, if it is among them."""
        flags = np.ones(len(self.regions), dtype=np.bool_)
        for name, side in region.sides:
            flags &= self._columns[name].inside(side) if name in self._columns else np.False_
        return flags


@dataclass(frozen=True, slots=True)
class _Column:
    """One attribute: where no side is given, the region admits every value.

    low, high: places of a span's ends in ``ends``; -1 and len(ends) where a side is open.
    """

    is_span: Flags
    is_text: Flags
    low: NDArray[np.int64]
    high: NDArray[np.int64]
    ends: list[int]
    size: NDArray[np.int64]
    holders: dict[str, list[int]] = field(repr=False)

    @classmethod
    def of(cls, sides: Sequence[tuple[int, Side]], count: int) -> _Column:
        spans = [(number, side) for number, side in sides if isinstance(side, Span)]
        ends = sorted({end for _, side in spans for end in (side.low, side.high) if end is not None})
        place = {end: index for index, end in enumerate(ends)}
        found = cls(
            is_span=np.zeros(count, dtype=np.bool_),
            is_text=np.zeros(count, dtype=np.bool_),
            low=np.full(count, -1),
            high=np.full(count, len(ends)),
            ends=ends,
            size=np.zeros(count, dtype=np.int64),
            holders=defaultdict(list),
        )
        for number, side in sides:
            match side:
                case Span(low, high):
                    found.is_span[number] = True
                    found.low[number] = -1 if low is None else place[low]
                    found.high[number] = len(ends) if high is None else place[high]
                case frozenset():
                    found.is_text[number] = True
                    found.size[number] = len(side)
                    for text in side:
                        found.holders[text].append(number)
        return found

    def meeting(self, side: Side) -> Flags:
        match side:
            case Span(low, high):
                starts_before = self.low < (len(self.ends) if high is None else bisect_left(self.ends, high))
                ends_after = self.high >= (0 if low is None else bisect_right(self.ends, low))
                return ~self.is_span | (starts_before & ends_after)
            case frozenset():
                is_apart: Flags = self.is_text & (self._shared(side) == 0)
                return ~is_apart

    def inside(self, side: Side) -> Flags:
        match side:
            case Span(low, high):
                starts = self.low >= (-1 if low is None else bisect_left(self.ends, low))
                stops = self.high < (len(self.ends) + 1 if high is None else bisect_right(self.ends, high))
                return self.is_span & starts & stops
            case frozenset():
                is_within: Flags = self.is_text & (self._shared(side) == self.size)
                return is_within

    def _shared(self, side: frozenset[str]) -> NDArray[np.int64]:
        count = np.zeros(len(self.size), dtype=np.int64)
        for text in side:
            count[self.holders.get(text, [])] += 1
        return count
