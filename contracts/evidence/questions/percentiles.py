"""What percentiles of a specification mean, restated for verifiers: terms, cells, and from how many rows on they exist.

Restates ``mpc.protocols.percentiles.terms``; the tests hold both to each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise

from contracts.evidence.questions.noised import number
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

ENGINES, MAX_PERCENTILES, MILLE = 3, 9, 1000


def terms(spec: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    """Read the protocol's terms; raises InvalidRecord."""
    match spec:
        case {
            "engines": list(engines),
            "value": {"bound": str(bound)},
            "rows": str(rows),
            "percentiles": list(asked),
            "minimum": int(minimum),
            "contributors": int(contributors),
        } if len(engines) == ENGINES and 0 < len(asked) <= MAX_PERCENTILES and minimum > 0:
            if not all(0 < number(percentile) < MILLE for percentile in asked):
                raise InvalidRecord("specification: percentiles are in thousandths")
            return {
                "format": "shuxin-percentiles-v1",
                "engines": engines,
                "percentiles": asked,
                "bound": bound,
                "rows": rows,
                "minimum": minimum,
                "contributors": contributors,
            }
    raise InvalidRecord("specification: malformed percentiles")


def names(found: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """Name the cells of terms."""
    return ("count", *(f"p{percentile}" for percentile in _asked(found)))


def engines(found: Mapping[str, JsonValue]) -> tuple[str, ...]:
    """Name the parties that compute."""
    named = found["engines"]
    assert isinstance(named, list)
    return tuple(map(str, named))


def least(found: Mapping[str, JsonValue]) -> int:
    """The rows that leave the minimum on both sides of every block and none in two."""
    minimum, asked = found["minimum"], _asked(found)
    assert isinstance(minimum, int)
    half = -(-minimum // 2)
    apart = [(right - left, 2 * half + 1) for left, right in pairwise(asked)]
    beside = [(share, minimum + half) for percentile in asked for share in (percentile, MILLE - percentile)]
    if any(share < 1 for share, _ in apart):
        raise InvalidRecord("specification: percentiles ascend")
    return 1 + max(-(-rows * MILLE // share) for share, rows in (*apart, *beside))


def _asked(found: Mapping[str, JsonValue]) -> list[int]:
    asked = found["percentiles"]
    assert isinstance(asked, list)
    return [number(percentile) for percentile in asked]
