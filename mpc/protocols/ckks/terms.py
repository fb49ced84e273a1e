"""What the parties of a CKKS sum agree on: roles, weights, columns in whole units, and the noise of each figure.

An owner's figure is a decimal within declared bounds; it travels as the nearest number of units (``scale`` of them make
one). A released figure is the weighted sum of the owners' units with discrete Gaussian noise on it. The noise has the
deviation that the declared cost asks for and never less than the declared error of the figure: what rounding to units
and the encryption may have changed is smaller than the noise.

The key holder sees the weighted sum itself. So a column must range over ``LEAST_STEPS`` times the heaviest weight: with
less, weights write owners' figures beside each other into one number (1, 32 and 1024 for figures below 32). What is
left to it are remainders: of other owners' weights with a common factor, a figure's remainder by that.

All figures of a release share its cost in equal parts. ``moved`` is the owners' declaration, as the bounds are: it is
NOT computed from data, and nothing here can check it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.codes import is_code
from mpc.privacy.accounting import MILLI, deviation_milli, require_paid, share_scale
from mpc.protocols.ckks import lattice

PROTOCOL = "ckks-sums-v1"
MIN_OWNERS = 3
MAX_COLUMNS = 256
MAX_SCALE = 10**9
LEAST_STEPS = 1000
"""Values that an owner's figure may still have beside an exact weighted sum, away from the ends of its range."""

Figure = int | float | Decimal | Fraction


@dataclass(frozen=True, slots=True)
class Column:
    """One figure of every owner.

    scale: units of one. least, most: bounds of an owner's figure, in units. moved: the most by which one protected unit
    (a person, a parcel) changes one owner's figure, in units.
    """

    name: str
    scale: int
    least: int
    most: int
    moved: int

    def __post_init__(self) -> None:
        if not 0 < len(self.name) <= 128 or not 1 <= self.scale <= MAX_SCALE or not self.least < self.most:
            raise InvalidRecord(f"ckks terms: column {self.name[:40]!r} needs a scale and bounds least < most")
        if not 1 <= self.moved <= self.most - self.least:
            raise InvalidRecord(f"ckks terms: column {self.name[:40]!r} needs the most that one unit moves it")

    def units(self, figure: Figure) -> int:
        """Round a figure to units, halves up, so that figures m apart stay m apart for whole m.

        Raises:
            InvalidRecord: outside the bounds or no number; the figure is not shown.
        """
        try:
            units = floor(Fraction(figure) * self.scale + Fraction(1, 2))
        except (ValueError, OverflowError, TypeError) as exc:
            raise InvalidRecord(f"ckks input: {self.name} is not a number") from exc
        if not self.least <= units <= self.most:
            raise InvalidRecord(f"ckks input: {self.name} lies outside its declared bounds")
        return units

    def record(self) -> JsonValue:
        bounds = {"least": str(self.least), "most": str(self.most), "moved": str(self.moved)}
        return {"name": self.name, "scale": self.scale, **bounds}


@dataclass(frozen=True, slots=True)
class CkksTerms:
    """Roles, weights, columns and cost.

    holder: decrypts, adds noise and releases; contributes nothing. evaluator: one of the owners, who adds up.
    spans_owners: whether one protected unit may have rows at several owners. micro_rho: the cost of the whole release.
    """

    holder: str
    evaluator: str
    weights: tuple[tuple[str, int], ...]
    columns: tuple[Column, ...]
    spans_owners: bool
    micro_rho: int

    def __post_init__(self) -> None:
        owners = self.owners
        if len(owners) < MIN_OWNERS or list(owners) != sorted(set(owners)) or not all(map(is_code, owners)):
            raise InvalidRecord(f"ckks terms: at least {MIN_OWNERS} distinct owners in order expected")
        if not is_code(self.holder) or self.holder in owners or self.evaluator not in owners:
            raise InvalidRecord("ckks terms: the evaluator is an owner, and the key holder is none")
        if any(not weight for _, weight in self.weights) or self.weight > lattice.MOST_WEIGHT:
            raise InvalidRecord("ckks terms: whole weights other than 0, of 2^16 in all, expected")
        names = [column.name for column in self.columns]
        if not 0 < len(names) <= MAX_COLUMNS or len(set(names)) != len(names):
            raise InvalidRecord(f"ckks terms: 1..{MAX_COLUMNS} distinct columns expected")
        if any(max(abs(least), abs(most)) > lattice.MOST_SUM for least, most in self.bounds):
            raise InvalidRecord("ckks terms: a weighted sum may pass 2^40 units; choose coarser units")
        heaviest = max(abs(weight) for _, weight in self.weights)
        if any(column.most - column.least < LEAST_STEPS * heaviest for column in self.columns):
            raise InvalidRecord("ckks terms: weights that tell owners apart; smaller ones, or a wider range of units")
        for column, moved, deviation in zip(self.columns, self._moved, self.deviations_milli, strict=True):
            if deviation < MILLI * self.error:
                raise InvalidRecord(f"ckks terms: noise on {column.name} below the error of the figure; finer units")
            share_scale(deviation, 1)
            require_paid(moved**2, deviation, 1, 1, self._share)

    @property
    def owners(self) -> tuple[str, ...]:
        return tuple(owner for owner, _ in self.weights)

    @property
    def weight(self) -> int:
        """All weights together, without signs."""
        return sum(abs(weight) for _, weight in self.weights)

    @property
    def bounds(self) -> tuple[tuple[int, int], ...]:
        """The least and the most that each weighted sum may be."""
        ends = [[sorted((w * c.least, w * c.most)) for _, w in self.weights] for c in self.columns]
        return tuple((sum(low for low, _ in column), sum(high for _, high in column)) for column in ends)

    @property
    def error(self) -> int:
        """What a weighted sum may differ from the sum of the unrounded figures, in units: half a unit an owner."""
        return -(-self.weight // 2) + 1

    @property
    def deviations_milli(self) -> tuple[int, ...]:
        """The deviation of the noise on each figure, in thousandths of a unit."""
        return tuple(deviation_milli(moved**2, self._share) for moved in self._moved)

    @property
    def _moved(self) -> tuple[int, ...]:
        """The most by which one protected unit changes each weighted sum."""
        weight = self.weight if self.spans_owners else max(abs(weight) for _, weight in self.weights)
        return tuple(weight * column.moved for column in self.columns)

    @property
    def _share(self) -> int:
        return self.micro_rho // len(self.columns)

    def figures(self, totals: tuple[int, ...]) -> dict[str, Fraction]:
        """Read released units as figures."""
        return {c.name: Fraction(total, c.scale) for c, total in zip(self.columns, totals, strict=True)}

    def units(self, figures: Mapping[str, Figure]) -> list[int]:
        """Round an owner's figures to units. Raises: InvalidRecord."""
        if set(figures) != {column.name for column in self.columns}:
            raise InvalidRecord("ckks input: a figure for every column, and no other, expected")
        return [column.units(figures[column.name]) for column in self.columns]

    def record(self) -> Mapping[str, JsonValue]:
        """Render for the job record (``Session.terms``)."""
        return {
            "format": PROTOCOL,
            "holder": self.holder,
            "evaluator": self.evaluator,
            "weights": [{"party": party, "weight": str(weight)} for party, weight in self.weights],
            "columns": [column.record() for column in self.columns],
            "spans_owners": self.spans_owners,
            "micro_rho": str(self.micro_rho),
            "encryption": lattice.record(),
        }
