"""The common refinement of regions: the pieces on which trackers work, each region as a 0/1 vector over them.

For adversaries in tests; the audit needs no pieces (``mpc.disclosure.before.cover``).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from mpc.disclosure.region import Region, Span


def pieces(regions: Sequence[Region]) -> NDArray[np.int8]:
    """Return the distinct pieces inside any region as rows: entry (i, j) is 1 if piece i lies inside region j."""
    found = np.ones((1, len(regions)), dtype=np.int8)
    for attribute in sorted({name for region in regions for name, _ in region.sides}):
        both = found[:, None, :] & _cuts(attribute, regions)[None, :, :]
        found = np.unique(both.reshape(-1, len(regions)), axis=0)
    return found[found.any(axis=1)]


def _cuts(attribute: str, regions: Sequence[Region]) -> NDArray[np.int8]:
    """For each elementary part of this attribute: which regions admit it."""
    sides = [dict(region.sides).get(attribute) for region in regions]
    texts = sorted({text for side in sides if isinstance(side, frozenset) for text in side})
    spans = [side for side in sides if isinstance(side, Span)]
    if texts:
        found = [[side is None or (isinstance(side, frozenset) and text in side) for side in sides] for text in texts]
        found.append([side is None for side in sides])
    else:
        ends = sorted({end for span in spans for end in (span.low, span.high) if end is not None})
        points = [ends[0] - 1, *ends] if ends else [0]
        found = [[side is None or (isinstance(side, Span) and _holds(side, p)) for side in sides] for p in points]
    return np.unique(np.array(found, dtype=np.int8), axis=0)


def _holds(span: Span, point: int) -> bool:
    return (span.low is None or span.low <= point) and (span.high is None or point < span.high)
