"""An owner's exact figures from truncated rows: what one unit may add, whatever its rows say.

Three cuts, each a function of one unit's own rows, so that no unit's presence changes what is kept of another:

1. a unit's groups beyond ``max_groups`` are left out, in the order of an HMAC over (unit, group);
2. its rows beyond ``max_rows`` within a group are left out, in the order of an HMAC over the row's contents;
3. values are clipped to [low, high].

The HMAC key is the owner's secret: which rows stay follows from no value that anybody could steer by. Rows that are
equal in every declared column are interchangeable, so ties do not matter. A place in the file would not do as an
order: a unit more or less would shift it for all others. Filters come first; they look at single rows.

The holder of a join cuts alike; its unit is the key, which has one group, and a list names each unit once.

The cuts themselves are made where the rows are (``mpc.tables.table.Table.kept``).
"""

from __future__ import annotations

import hmac
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field

from mpc.disclosure.region import WHOLE
from mpc.privacy.declaration import Family, Privacy
from mpc.privacy.joined import JoinPrivacy
from mpc.privacy.measured import Quality
from mpc.privacy.mechanism import cells
from mpc.privacy.trained import TrainingPrivacy
from mpc.protocols.join.table import HolderTable, KeyTotals
from mpc.spec.job import JoinSpec, SumsSpec


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
    return Cuts(asked.unit, groups, asked.max_rows, asked.max_groups, _ordering(secret))


def join_cuts(privacy: JoinPrivacy, secret: bytes) -> Cuts:
    """Derive the cuts of a holder's rows: a unit has one group, whatever the owner declares for other questions."""
    held = privacy.holder
    groups = None if held.groups is None else (held.groups.column, held.groups.values)
    return Cuts(held.unit, groups, held.max_rows, 1, _ordering(secret))


def run_cuts(privacy: TrainingPrivacy, secret: bytes) -> Cuts:
    """Derive the cuts of a training run, which has no groups."""
    return Cuts(privacy.unit, None, privacy.max_rows, 1, _ordering(secret))


def quality_cuts(quality: Quality, secret: bytes) -> Cuts:
    """Derive the cuts of the rows that an exact run is measured on."""
    return Cuts(quality.unit, None, quality.max_rows, 1, _ordering(secret))


def exact_cells(spec: SumsSpec, privacy: Privacy, kept: Iterable[tuple[str, int]]) -> dict[str, int]:
    """Add up kept rows, each (group, value), to the cells of the question, in units of its grain.

    Secret: these are the owner's exact figures. They leave it only under noise (``mpc.privacy.noise``) and masks.
    """
    by_group = clipped(privacy, kept)
    keys = tuple(by_group)
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


def clipped(privacy: Privacy, kept: Iterable[tuple[str, int]]) -> dict[str, list[int]]:
    """Clip kept rows, each (group, value), by group in the order of the public keys; one group "" without any."""
    asked = privacy.protection
    by_group: dict[str, list[int]] = {key: [] for key in (asked.groups.values if asked.groups is not None else ("",))}
    for group, value in kept:
        by_group[group].append(min(max(value, asked.low), asked.high))
    return by_group


def exact_totals(spec: JoinSpec, privacy: JoinPrivacy, kept: Iterable[tuple[str, str, tuple[int, ...]]]) -> HolderTable:
    """Add up kept rows, each (unit, group, values in the order of the sums), to the holder's input of a join.

    Secret: nothing of it leaves the owner but blinded keys, ciphertexts and, under noise, shares of the matches.
    """
    clips = [privacy.holder.bounds[amount.column] for amount in spec.sums]
    found: dict[str, dict[str, KeyTotals]] = {}
    for unit, group, values in kept:
        clipped = [min(max(value, clip.low), clip.high) for value, clip in zip(values, clips, strict=True)]
        keys = found.setdefault(group or WHOLE, {})
        before = keys.get(unit, KeyTotals(0, (0,) * len(clips)))
        sums = tuple(a + b for a, b in zip(before.sums, clipped, strict=True))
        keys[unit] = KeyTotals(before.rows + 1, sums)
    return found


def _ordering(secret: bytes) -> bytes:
    return hmac.digest(secret, b"SHUXIN-TRUNCATION-V1", "sha256")
