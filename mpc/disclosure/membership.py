"""Rows in classes by the versions of a table in which they were: what figures over those versions can tell apart.

Figures on versions S_1 .. S_k of one cell's rows are sums over these sets. Given any weights, they add up to a sum in
which a row counts with the weights of the versions it was in, so rows of one class count alike, whatever the weights.
Classes are named by a bit mask: bit i is set if their rows were in version i.

Rows are digests of fixed width, in order; of equal rows in one version the first, the second and so on are held against
those of other versions. It knows no values.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

WIDTH = 16
MAX_VERSIONS = 12
"""A year of months. Each set of rows is kept, ``WIDTH`` bytes a row; a million rows in each take ten seconds."""
_Words: TypeAlias = NDArray[np.uint64]
_Marked: TypeAlias = tuple[_Words, _Words, _Words, _Words]
"""Of each row the halves of its digest, how many equal ones stand before it, and its mask."""


def classes(versions: Iterable[bytes]) -> Mapping[int, int]:
    """Return the number of rows of every class that is not empty, by its mask.

    Args:
        versions: of each one the digests of its rows, sorted and put together; taken one by one.
    """
    known = _marked(b"", 0)
    for number, rows in enumerate(versions):
        if number == MAX_VERSIONS:
            raise ValueError(f"more than {MAX_VERSIONS} versions")
        known = _united(known, _marked(rows, 1 << number))
    found, counts = np.unique(known[3], return_counts=True)
    return dict(zip(found.tolist(), counts.tolist(), strict=True))


def stand_apart(classes: Mapping[int, int], versions: int, minimum: int) -> bool:
    """Tell whether figures over so many versions could single out fewer than ``minimum`` rows.

    Not if every class has so many or none; and that of the rows which were in all versions has so many in any case:
    with them counts, alike, whatever never changed at other owners.
    """
    return classes.get((1 << versions) - 1, 0) < minimum or min(classes.values()) < minimum


def distance(one: bytes, other: bytes) -> int:
    """Count changed rows; one that changed is one gone and one come, so the sum of both would count it twice."""
    found = classes([one, other])
    return max(found.get(1, 0), found.get(2, 0))


def _marked(rows: bytes, mask: int) -> _Marked:
    halves = np.frombuffer(rows, dtype=">u8").astype(np.uint64).reshape(-1, WIDTH // 8)
    high, low = halves[:, 0], halves[:, 1]
    places = np.arange(len(halves), dtype=np.uint64)
    nth = places - np.maximum.accumulate(np.where(_differs(high, low), places, np.uint64(0)))
    return high, low, nth, np.full(len(halves), mask, dtype=np.uint64)


def _united(one: _Marked, other: _Marked) -> _Marked:
    """Put rows together and the masks of those that stand in both."""
    *keys, masks = (np.concatenate(pair) for pair in zip(one, other, strict=True))
    order = np.lexsort(keys[::-1])
    high, low, nth, masks = (column[order] for column in (*keys, masks))
    starts = np.flatnonzero(_differs(high, low, nth))
    return high[starts], low[starts], nth[starts], np.bitwise_or.reduceat(masks, starts) if len(starts) else masks


def _differs(*columns: _Words) -> NDArray[np.bool_]:
    """Flag each row that is not equal to the one before it."""
    found = np.ones(len(columns[0]), dtype=np.bool_)
    if len(found):
        found[1:] = np.logical_or.reduce([column[1:] != column[:-1] for column in columns])
    return found
