"""An owner's exact cells from truncated rows: what one unit may add, whatever its rows say.

Three cuts, each a function of one unit's own rows, so that no unit's presence changes what is kept of another:

1. a unit's groups beyond ``max_groups`` are left out, in the order of an HMAC over (unit, group);
2. its rows beyond ``max_rows`` within a group are left out, in the order of an HMAC over the row's contents;
3. values are clipped to [low, high].

The HMAC key is the owner's secret: which rows stay follows from no value that anybody could steer by. Rows that are
equal in every declared column are interchangeable, so ties do not matter. A place in the file would not do as an
order: a unit more or less would shift it for all others. Filters come first; they look at single rows.

The cuts themselves are made where the rows are (``mpc.tables.Table.kept``).
"""

from __future__ import annotations

import hmac
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from mpc.privacy.declaration import Family, Privacy
from mpc.privacy.mechanism import cells
from mpc.spec import SumsSpec


@dataclass(frozen=True, slots=True)
class Cuts:
    """What is kept of a table. groups: column and public keys, None for one group; key: 32 secret bytes."""

    unit: str
    groups: tuple[str, tuple[str, ...]] | None
    max_rows: int
    max_groups: int
    key: bytes = field(repr=False)


def cuts(privacy: Privacy, secret: bytes) -> Cuts:
    """Derive the cuts of a question; one secret orders all questions alike."""
    asked = privacy.protection
    groups = None if asked.groups is None else (asked.groups.column, asked.groups.values)
    key = hmac.digest(secret, b"SHUXIN-TRUNCATION-V1", "sha256")
    return Cuts(asked.unit, groups, asked.max_rows, asked.max_groups, key)


def exact_cells(spec: SumsSpec, privacy: Privacy, kept: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Add up kept rows, each (group, value), to the cells of the question, in units of its grain.

    Secret: these are the owner's exact figures. They leave it only under noise (``mpc.privacy.noise``) and masks.
    """
    asked = privacy.protection
    keys = asked.groups.values if asked.groups is not None else ("",)
    by_group: dict[str, list[int]] = {key: [] for key in keys}
    for group, value in kept:
        by_group[group].append(min(max(value, asked.low), asked.high))
    bins = [0] * len(spec.edges)
    for value in by_group[keys[0]] if spec.edges else ():
        bins[bisect_right(spec.edges, value) - 1] += 1
    found: dict[str, int] = {}
    for cell in cells(spec, privacy):
        values = by_group[keys[cell.group or 0]]
        match cell.family:
            case Family.COUNT:
                total = len(values)
            case Family.SUM:
                total = sum(values)
            case Family.SQUARES:
                total = sum(value * value for value in values)
            case Family.HISTOGRAM:
                assert cell.bin is not None
                total = bins[cell.bin]
        found[cell.name] = cell.grain * total
    return found
