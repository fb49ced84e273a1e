"""What becomes of each row: exactly one bucket, so that the counts add up to the rows of the file.

In this order: rejected (cannot be read), duplicate (all fields equal an earlier row's, of this file or of one imported
before), zero price and token price (transfers without consideration: inheritance, gift, a correction; they say nothing
reliable about who acquired), multi-parcel deed (one consideration over several parcels on one day: which share belongs
to which is not said), step (a registration in the unit's chain).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from gateway.property.imports.profile import Profile
from gateway.property.imports.rows import Reject, Row


class Bucket(StrEnum):
    """Where a row ends."""

    REJECTED = "rejected"
    DUPLICATE = "duplicate"
    ZERO_PRICE = "zero price"
    TOKEN_PRICE = "token price"  # noqa: S105 no password
    MULTI_PARCEL = "multi-parcel deed"
    STEP = "step"


@dataclass(slots=True)
class Sorted:
    """The rows of a file in their buckets. deeds: groups of several parcels."""

    rows: int = 0
    rejects: list[Reject] = field(default_factory=list)
    counts: dict[Bucket, int] = field(default_factory=lambda: dict.fromkeys(Bucket, 0))
    deeds: int = 0
    steps: list[Row] = field(default_factory=list)
    seen: set[bytes] = field(default_factory=set)


def sort(found: Iterable[Row | Reject], profile: Profile, known: Container[bytes] = frozenset()) -> Sorted:
    """Put every row into one bucket; steps come in the order of day and line.

    Args:
        known: digests of rows imported before.
    """
    result = Sorted()
    priced: list[Row] = []
    for row in found:
        result.rows += 1
        if isinstance(row, Reject):
            result.rejects.append(row)
            result.counts[Bucket.REJECTED] += 1
        elif row.digest in result.seen or row.digest in known:
            result.counts[Bucket.DUPLICATE] += 1
        else:
            result.seen.add(row.digest)
            if row.price == 0:
                result.counts[Bucket.ZERO_PRICE] += 1
            elif row.price < profile.token_below:
                result.counts[Bucket.TOKEN_PRICE] += 1
            else:
                priced.append(row)
    _set_deeds_apart(result, priced, profile)
    result.steps.sort(key=lambda row: (row.day, row.line))
    return result


def _set_deeds_apart(result: Sorted, priced: list[Row], profile: Profile) -> None:
    parcels: dict[bytes, set[str]] = defaultdict(set)
    if profile.deed:
        for row in priced:
            parcels[row.deed].add(row.parcel)
    shared = {deed for deed, found in parcels.items() if len(found) > 1}
    result.deeds = len(shared)
    result.steps = [row for row in priced if row.deed not in shared]
    result.counts[Bucket.MULTI_PARCEL] = len(priced) - len(result.steps)
    result.counts[Bucket.STEP] = len(result.steps)
