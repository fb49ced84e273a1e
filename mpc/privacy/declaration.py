"""What is declared before any row is read: who is protected, by which bounds, against whom, at which cost.

``Protection`` is what an owner declares for a question over one value column, and what the specification must repeat
word for word; ``Privacy`` adds what the question itself chooses (its cost and its class of recipients). Nothing has a
default: a bound that nobody named is a bound that somebody computed from the data.

The unit is a value of the unit column, and no more: a parcel is not its owner. Rows of one unit beyond ``max_rows`` in
a group, and groups beyond ``max_groups``, are left out (``mpc.privacy.truncation``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum

from ledger.canonical import JsonValue, digest
from ledger.errors import InvalidRecord
from mpc.fields import Fields

EVERYBODY = "everybody"
"""The one class of recipients: all are taken to pool what they learn, unless Governance says otherwise."""
MOST_KEYS = 256
MOST_ROWS = 1 << 20
MOST_MICRO_RHO = 1_000_000_000


class Neighbours(StrEnum):
    """Which two tables must be hard to tell apart."""

    ONE_UNIT = "add-or-remove-one-unit"


class UnitsAt(StrEnum):
    """At how many owners one unit may have rows. ``ONE`` declares the owners' units disjoint, and is taken at its word.

    With several owners a job adds every asset's bounds, since owners cannot agree on which rows to leave out; and what
    a unit loses over all jobs is bounded by the pots of all assets that it is in, together, not by any one of them.
    """

    ONE = "one owner"
    SEVERAL = "several owners"


class Nulls(StrEnum):
    """What becomes of empty values: a table that has one in a declared column is refused whole."""

    REFUSED = "refused"


class Family(StrEnum):
    """Figures that share one sensitivity and one share of the cost."""

    COUNT = "count"
    SUM = "sum"
    SQUARES = "squares"
    HISTOGRAM = "histogram"


@dataclass(frozen=True, slots=True)
class PublicKeys:
    """A group column and its keys, known to everybody; rows of other groups are not part of the question."""

    column: str
    values: tuple[str, ...]

    def __post_init__(self) -> None:
        if not 0 < len(self.values) <= MOST_KEYS or list(self.values) != sorted(set(self.values)):
            raise InvalidRecord(f"privacy: keys of {self.column!r} must be 1..{MOST_KEYS} distinct, sorted texts")

    def json(self) -> JsonValue:
        return {"column": self.column, "values": list(self.values)}


@dataclass(frozen=True, slots=True)
class Protection:
    """Args:
    max_rows: most rows of one unit in one group (in the whole table if there are no groups).
    max_groups: most groups of one unit; counts only where there are groups.
    low, high: what values are clipped to, in integers after scaling by 10**scale.
    units_at: at how many owners a unit may have rows.
    colluders: owners that may pool their shares of the noise with the recipient.
    period: the period of the data, as the owner names it; budgets are kept by it.
    delta_log2: the deployment's delta = 2**delta_log2, under which epsilon is shown.
    """

    unit: str
    neighbours: Neighbours
    max_rows: int
    max_groups: int
    low: int
    high: int
    scale: int
    groups: PublicKeys | None
    units_at: UnitsAt
    colluders: int
    nulls: Nulls
    period: str
    delta_log2: int

    def __post_init__(self) -> None:
        if not 0 < self.max_rows <= MOST_ROWS or not 0 < self.max_groups <= MOST_KEYS:
            raise InvalidRecord(f"privacy: max_rows must be in 1..{MOST_ROWS} and max_groups in 1..{MOST_KEYS}")
        if not self.low < self.high or max(abs(self.low), abs(self.high)) >= 1 << 62 or not 0 <= self.scale <= 6:
            raise InvalidRecord("privacy: value bounds need low < high within 2^62 and a scale of 0..6")
        if self.colluders < 0 or not -128 <= self.delta_log2 <= -20:
            raise InvalidRecord("privacy: colluders of at least 0 and a delta of 2^-128..2^-20 expected")
        if not self.unit or not self.period or (self.groups is not None and self.groups.column == self.unit):
            raise InvalidRecord("privacy: a unit column and a data period are needed, and groups are not units")

    @property
    def largest(self) -> int:
        """The largest absolute value a clipped row may hold."""
        return max(abs(self.low), abs(self.high))

    def sensitivity_squared(self, family: Family, owners: int) -> int:
        """Return the squared L2 distance by which one unit can move all figures of a family.

        sqrt(max_groups) * max_rows * (1, |value| or value^2), the groups only where figures are per group; a unit at
        several owners moves the sum by each of them, since they cannot agree on which rows to leave out.
        """
        per_row = {Family.SUM: self.largest, Family.SQUARES: self.largest**2}.get(family, 1)
        groups = self.max_groups if self.groups is not None else 1
        copies = owners if self.units_at is UnitsAt.SEVERAL else 1
        return groups * (copies * self.max_rows * per_row) ** 2

    def json(self) -> dict[str, JsonValue]:
        return {
            "unit": self.unit,
            "neighbours": self.neighbours.value,
            "max_rows": self.max_rows,
            "max_groups": self.max_groups,
            "low": str(self.low),
            "high": str(self.high),
            "scale": self.scale,
            "groups": None if self.groups is None else self.groups.json(),
            "units_at": self.units_at.value,
            "colluders": self.colluders,
            "nulls": self.nulls.value,
            "period": self.period,
            "delta_log2": self.delta_log2,
        }

    def differences(self, other: Protection) -> list[str]:
        """Name the terms in which two declarations differ."""
        return [f.name for f in fields(self) if getattr(self, f.name) != getattr(other, f.name)]


@dataclass(frozen=True, slots=True)
class Privacy:
    """A specification's ``privacy`` member. ``micro_rho``: the cost of each family that the outputs need."""

    protection: Protection
    micro_rho: Mapping[Family, int]
    recipient_class: str

    def __post_init__(self) -> None:
        if not self.micro_rho or not all(0 < cost <= MOST_MICRO_RHO for cost in self.micro_rho.values()):
            raise InvalidRecord(f"privacy: each family of figures costs 1..{MOST_MICRO_RHO} micro-rho")
        if not self.recipient_class:
            raise InvalidRecord("privacy: a class of recipients is needed")

    @property
    def total_micro_rho(self) -> int:
        """What each asset of the job is charged: releases over the same rows add up."""
        return sum(self.micro_rho.values())

    def json(self) -> JsonValue:
        return {
            **self.protection.json(),
            "micro_rho": {family.value: str(cost) for family, cost in sorted(self.micro_rho.items())},
            "recipient_class": self.recipient_class,
        }


@dataclass(frozen=True, slots=True)
class Declaration:
    """What an owner declares of an asset: ``bounds`` per value column, ``groups`` per group column.

    is_exact: exact questions are answered, and with noise nothing but how good an exact run's model is.
    """

    unit: str
    neighbours: Neighbours
    max_rows: int
    max_groups: int
    bounds: Mapping[str, tuple[int, int]]
    groups: Mapping[str, tuple[str, ...]]
    units_at: UnitsAt
    colluders: int
    nulls: Nulls
    period: str
    delta_log2: int
    is_exact: bool = False

    @property
    def condition(self) -> str:
        """The condition in the asset's catalogue entry that commits the owner to these terms.

        Canonical JSON of every term under a digest: what is asked must repeat the terms anyway, and whoever knows them
        can hold them against the entry.
        """
        bounds: dict[str, JsonValue] = {name: [str(low), str(high)] for name, (low, high) in self.bounds.items()}
        groups: dict[str, JsonValue] = {name: list(keys) for name, keys in self.groups.items()}
        terms: dict[str, JsonValue] = {
            "unit": self.unit,
            "neighbours": self.neighbours.value,
            "max_rows": self.max_rows,
            "max_groups": self.max_groups,
            "bounds": bounds,
            "groups": groups,
            "units_at": self.units_at.value,
            "colluders": self.colluders,
            "nulls": self.nulls.value,
            "period": self.period,
            "delta_log2": self.delta_log2,
            **({"figures": "exact"} if self.is_exact else {}),
        }
        told = f"unit {self.unit}, period {self.period}, digest {digest(terms).hex()}"
        asked = "asked exactly, its models measured with noise" if self.is_exact else "asked with noise only"
        return f"{asked}, on declared terms: {told}"

    def protection(self, value: str, scale: int, group: str | None) -> Protection:
        """Return what a question over these columns must declare.

        Raises:
            InvalidRecord: the owner declared no bounds for the value, or no keys for the group.
        """
        if value not in self.bounds:
            raise InvalidRecord(f"privacy: no bounds are declared for column {value!r}")
        if group is not None and group not in self.groups:
            raise InvalidRecord(f"privacy: no keys are declared for column {group!r}")
        low, high = self.bounds[value]
        return Protection(
            unit=self.unit,
            neighbours=self.neighbours,
            max_rows=self.max_rows,
            max_groups=self.max_groups,
            low=low,
            high=high,
            scale=scale,
            groups=None if group is None else PublicKeys(group, self.groups[group]),
            units_at=self.units_at,
            colluders=self.colluders,
            nulls=self.nulls,
            period=self.period,
            delta_log2=self.delta_log2,
        )


def read(found: Fields) -> Privacy:
    """Read the member of a specification; raises InvalidRecord, naming what is missing."""
    protection = Protection(
        unit=found.text("unit"),
        neighbours=Neighbours(found.choice("neighbours", tuple(Neighbours))),
        max_rows=found.integer("max_rows"),
        max_groups=found.integer("max_groups"),
        low=found.decimal("low"),
        high=found.decimal("high"),
        scale=found.integer("scale"),
        groups=read_keys(found),
        units_at=UnitsAt(found.choice("units_at", tuple(UnitsAt))),
        colluders=found.integer("colluders"),
        nulls=Nulls(found.choice("nulls", tuple(Nulls))),
        period=found.text("period"),
        delta_log2=found.integer("delta_log2"),
    )
    costs = found.object("micro_rho")
    micro_rho = {family: costs.decimal(family.value) for family in Family if costs.has(family.value)}
    costs.done()
    privacy = Privacy(protection, micro_rho, found.text("recipient_class"))
    found.done()
    return privacy


def read_keys(found: Fields) -> PublicKeys | None:
    """Read the member ``groups``, which must be there, null or not."""
    groups = found.optional_object("groups") if found.has("groups") else found.object("groups")
    if groups is None:
        return None
    keys = PublicKeys(groups.text("column"), tuple(groups.texts("values", MOST_KEYS)))
    groups.done()
    return keys
