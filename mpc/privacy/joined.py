"""What is declared before a private join: who is protected, by which bounds at either owner, at which cost.

A unit is a value of the key, at both owners: what a unit adds to a figure is what the holder's rows of this key add, if
the lister lists it. So each side's rows are cut by themselves before anything is joined. The holder keeps at most
``max_rows`` rows of a unit and clips their values (``mpc.privacy.truncation``); the list names a unit once, however
often it stands in the table; and a key stands in one group only. ``Side`` is what one owner declares of its asset, and
what the specification must repeat word for word.

Two terms of a declaration play no part here. ``max_groups``: a key has one group. ``colluders``: either owner adds all
of the noise alone (``mpc.privacy.join_mechanism``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.fields import Fields
from mpc.privacy.declaration import (
    MOST_MICRO_RHO,
    MOST_ROWS,
    Declaration,
    Neighbours,
    Nulls,
    PublicKeys,
    UnitsAt,
    read_keys,
)

MOST_SUMS = 8


@dataclass(frozen=True, slots=True)
class Clip:
    """What the values of one column are clipped to, in integers after scaling by 10**scale; never negative."""

    low: int
    high: int
    scale: int

    def __post_init__(self) -> None:
        if not 0 <= self.low < self.high < 1 << 62 or not 0 <= self.scale <= 6:
            raise InvalidRecord("privacy: sums of a join need 0 <= low < high below 2^62 and a scale of 0..6")

    def json(self) -> JsonValue:
        return {"low": str(self.low), "high": str(self.high), "scale": self.scale}


@dataclass(frozen=True, slots=True)
class Side:
    """One owner's declaration, as far as a join needs it. bounds, groups: of the holder; a list has neither."""

    unit: str
    neighbours: Neighbours
    max_rows: int
    bounds: Mapping[str, Clip]
    groups: PublicKeys | None
    units_at: UnitsAt
    nulls: Nulls
    period: str
    delta_log2: int

    def __post_init__(self) -> None:
        if not 0 < self.max_rows <= MOST_ROWS or not -128 <= self.delta_log2 <= -20:
            raise InvalidRecord(f"privacy: max_rows in 1..{MOST_ROWS} and a delta of 2^-128..2^-20 expected")
        if not self.unit or not self.period or (self.groups is not None and self.groups.column == self.unit):
            raise InvalidRecord("privacy: a unit column and a data period are needed, and groups are not units")
        if self.units_at is not UnitsAt.SEVERAL:
            raise InvalidRecord("privacy: a join compares two owners' units: declare units_at = 'several owners'")

    def json(self) -> dict[str, JsonValue]:
        return {
            "unit": self.unit,
            "neighbours": self.neighbours.value,
            "max_rows": self.max_rows,
            "bounds": {column: clip.json() for column, clip in sorted(self.bounds.items())},
            "groups": None if self.groups is None else self.groups.json(),
            "units_at": self.units_at.value,
            "nulls": self.nulls.value,
            "period": self.period,
            "delta_log2": self.delta_log2,
        }

    def differences(self, other: Side) -> list[str]:
        """Name the terms in which two declarations differ."""
        return [f.name for f in fields(self) if getattr(self, f.name) != getattr(other, f.name)]


@dataclass(frozen=True, slots=True)
class JoinCosts:
    """What each family of figures costs, in micro-rho: distinct keys, rows, and the sum of each column."""

    keys: int
    rows: int
    sums: Mapping[str, int]

    def __post_init__(self) -> None:
        if not all(0 < cost <= MOST_MICRO_RHO for cost in (self.keys, self.rows, *self.sums.values())):
            raise InvalidRecord(f"privacy: each family of figures costs 1..{MOST_MICRO_RHO} micro-rho")

    @property
    def total(self) -> int:
        return self.keys + self.rows + sum(self.sums.values())

    def json(self) -> JsonValue:
        sums: JsonValue = {column: str(cost) for column, cost in sorted(self.sums.items())}
        return {"keys": str(self.keys), "rows": str(self.rows), "sums": sums}


@dataclass(frozen=True, slots=True)
class JoinPrivacy:
    """A join's ``privacy`` member. ``micro_rho`` is for the figures; what sizes and matches cost comes on top."""

    holder: Side
    lister: Side
    micro_rho: JoinCosts
    recipient_class: str

    def __post_init__(self) -> None:
        if self.lister.bounds or self.lister.groups is not None:
            raise InvalidRecord("privacy: a list has neither values nor groups to bound")
        if set(self.micro_rho.sums) != set(self.holder.bounds):
            raise InvalidRecord("privacy: micro_rho must name exactly the columns that have bounds")
        if self.holder.delta_log2 != self.lister.delta_log2:
            raise InvalidRecord("privacy: both owners show epsilon at one delta")
        if not self.recipient_class:
            raise InvalidRecord("privacy: a class of recipients is needed")

    @property
    def sides(self) -> tuple[Side, Side]:
        """The holder's and the lister's, in the order of the specification's sources."""
        return self.holder, self.lister

    def json(self) -> JsonValue:
        return {
            "holder": self.holder.json(),
            "lister": self.lister.json(),
            "micro_rho": self.micro_rho.json(),
            "recipient_class": self.recipient_class,
        }


def side_of(declared: Declaration, scales: Mapping[str, int], group: str | None) -> Side:
    """Return what a join over these columns must repeat of an owner's declaration.

    Args:
        scales: of the summed columns; empty for a list. group: the holder's grouping column.

    Raises:
        InvalidRecord: no bounds for a column, no keys for the group, or a declaration that no join can have.
    """
    if missing := sorted(set(scales) - set(declared.bounds)):
        raise InvalidRecord(f"privacy: no bounds are declared for column {missing[0]!r}")
    if group is not None and group not in declared.groups:
        raise InvalidRecord(f"privacy: no keys are declared for column {group!r}")
    return Side(
        unit=declared.unit,
        neighbours=declared.neighbours,
        max_rows=declared.max_rows,
        bounds={column: Clip(*declared.bounds[column], scale) for column, scale in scales.items()},
        groups=None if group is None else PublicKeys(group, declared.groups[group]),
        units_at=declared.units_at,
        nulls=declared.nulls,
        period=declared.period,
        delta_log2=declared.delta_log2,
    )


def read(found: Fields) -> JoinPrivacy:
    """Read the member of a specification; raises InvalidRecord, naming what is missing."""
    costs = found.object("micro_rho")
    sums = costs.object("sums")
    by_column = {column: sums.decimal(column) for column in sums.names(MOST_SUMS)}
    micro_rho = JoinCosts(costs.decimal("keys"), costs.decimal("rows"), by_column)
    privacy = JoinPrivacy(
        _side(found.object("holder")), _side(found.object("lister")), micro_rho, found.text("recipient_class")
    )
    for part in (sums, costs, found):
        part.done()
    return privacy


def _side(found: Fields) -> Side:
    bounds = found.object("bounds")
    side = Side(
        unit=found.text("unit"),
        neighbours=Neighbours(found.choice("neighbours", tuple(Neighbours))),
        max_rows=found.integer("max_rows"),
        bounds={column: _clip(bounds.object(column)) for column in bounds.names(MOST_SUMS)},
        groups=read_keys(found),
        units_at=UnitsAt(found.choice("units_at", tuple(UnitsAt))),
        nulls=Nulls(found.choice("nulls", tuple(Nulls))),
        period=found.text("period"),
        delta_log2=found.integer("delta_log2"),
    )
    for part in (bounds, found):
        part.done()
    return side


def _clip(found: Fields) -> Clip:
    clip = Clip(found.decimal("low"), found.decimal("high"), found.integer("scale"))
    found.done()
    return clip
