"""Many regions laid out by attribute, so that one region is compared with all of them in a few array operations.

Which of ten thousand answered cells share a row with a new one, and which lie wholly inside it, is asked for every cell
of every job; asked region by region it would take seconds. It grows by one region at a time.

It holds questions only and decides nothing.
"""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from mpc.disclosure.region import Region, Side, Span

Flags = NDArray[np.bool_]
_OPEN = 1 << 62
"""Upper word of an end that is not there: beyond every end of at most 97 bits."""
_FREE, _SPAN, _TEXT = 0, 1, 2


class Register:
    """Regions by number, in the order in which they came."""

    def __init__(self, regions: Iterable[Region] = ()) -> None:
        self.regions: list[Region] = []
        self._columns: dict[str, _Column] = {}
        for region in regions:
            self.add(region)

    def add(self, region: Region) -> int:
        """Add one and return its number."""
        number = len(self.regions)
        self.regions.append(region)
        for name, side in region.sides:
            self._columns.setdefault(name, _Column()).put(number, side)
        return number

    def meeting(self, region: Region) -> Flags:
        """Flag those with which a row could be shared; a number beside a text counts as yes (``Region.meets``)."""
        flags = np.ones(len(self.regions), dtype=np.bool_)
        for name, side in region.sides:
            if name in self._columns:
                flags &= self._columns[name].meeting(side, len(flags))
        return flags

    def inside(self, region: Region) -> Flags:
        """Flag those whose every row, whatever the data, lies in the region: itself too, if it is among them."""
        flags = np.ones(len(self.regions), dtype=np.bool_)
        for name, side in region.sides:
            flags &= self._columns[name].inside(side, len(flags)) if name in self._columns else np.False_
        return flags


class _Column:
    """One attribute: where no side was given, a region admits every value.

    Ends have up to 97 bits: each is kept as a signed upper and an unsigned lower word.
    """

    def __init__(self) -> None:
        self._kind = np.zeros(64, dtype=np.int8)
        self._size = np.zeros(64, dtype=np.int64)
        self._low, self._high = _Ends(), _Ends()
        self._holders: dict[str, array[int]] = defaultdict(lambda: array("q"))

    def put(self, number: int, side: Side) -> None:
        self._fit(number + 1)
        match side:
            case Span(low, high):
                self._kind[number] = _SPAN
                self._low.put(number, low, -_OPEN)
                self._high.put(number, high, _OPEN)
            case frozenset():
                self._kind[number] = _TEXT
                self._size[number] = len(side)
                for text in side:
                    self._holders[text].append(number)

    def meeting(self, side: Side, count: int) -> Flags:
        self._fit(count)
        is_apart: Flags
        match side:
            case Span(low, high):
                is_before = ~self._high.above(low, -_OPEN, count)
                is_behind = ~self._low.below(high, _OPEN, count)
                is_apart = (self._kind[:count] == _SPAN) & (is_before | is_behind)
            case frozenset():
                is_apart = (self._kind[:count] == _TEXT) & (self._shared(side, count) == 0)
        return ~is_apart

    def inside(self, side: Side, count: int) -> Flags:
        self._fit(count)
        found: Flags
        match side:
            case Span(low, high):
                is_out = self._low.below(low, -_OPEN, count) | self._high.above(high, _OPEN, count)
                found = (self._kind[:count] == _SPAN) & ~is_out
            case frozenset():
                found = (self._kind[:count] == _TEXT) & (self._shared(side, count) == self._size[:count])
        return found

    def _shared(self, side: frozenset[str], count: int) -> NDArray[np.int64]:
        shared = np.zeros(count, dtype=np.int64)
        for text in side:
            if text in self._holders:
                shared[np.frombuffer(self._holders[text], dtype=np.int64)] += 1
        return shared

    def _fit(self, count: int) -> None:
        if count > len(self._kind):
            more = max(count, 2 * len(self._kind)) - len(self._kind)
            self._kind = np.pad(self._kind, (0, more))
            self._size = np.pad(self._size, (0, more))
        self._low.fit(len(self._kind))
        self._high.fit(len(self._kind))


class _Ends:
    """Ends of spans, on one side."""

    def __init__(self) -> None:
        self._upper = np.zeros(0, dtype=np.int64)
        self._lower = np.zeros(0, dtype=np.uint64)

    def put(self, number: int, end: int | None, open_end: int) -> None:
        self._upper[number], self._lower[number] = _words(end, open_end)

    def below(self, end: int | None, open_end: int, count: int) -> Flags:
        upper, lower = _words(end, open_end)
        mine = self._upper[:count]
        found: Flags = (mine < upper) | ((mine == upper) & (self._lower[:count] < lower))
        return found

    def above(self, end: int | None, open_end: int, count: int) -> Flags:
        upper, lower = _words(end, open_end)
        mine = self._upper[:count]
        found: Flags = (mine > upper) | ((mine == upper) & (self._lower[:count] > lower))
        return found

    def fit(self, count: int) -> None:
        if count > len(self._upper):
            self._upper = np.pad(self._upper, (0, count - len(self._upper)))
            self._lower = np.pad(self._lower, (0, count - len(self._lower)))


def _words(end: int | None, open_end: int) -> tuple[np.int64, np.uint64]:
    if end is None:
        return np.int64(open_end), np.uint64(0)
    return np.int64(end >> 64), np.uint64(end & (1 << 64) - 1)
