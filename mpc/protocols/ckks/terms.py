"""What the parties of a CKKS sum agree on: roles, weights, columns in whole units, and the noise of every owner.

An owner's figure is a decimal within declared bounds; it becomes the nearest number of units (``scale`` of them make
one) and carries discrete Gaussian noise of the owner's own before it is encrypted:

    deviation^2 = k t moved^2 / (2 rho)     t: columns that one protected unit moves; k: owners that hold it, one or all

So the figures of all owners together, side by side, cost rho (Canonne, Kamath, Steinke 2020, "The Discrete Gaussian for
Differential Privacy", Theorem 4, coordinate by coordinate). A weighted sum is computed from them: whatever the weights
are, and whoever pools what it holds, key holder and evaluator too, nobody reads more than what was paid for. That an
owner adds its noise concerns its own rows alone; nobody's guarantee rests on another's.

On the sum the key holder adds noise again, for the encryption's error, which is below a quarter of a unit, and for
nothing else. A column must besides range over ``LEAST_STEPS`` times the heaviest weight: with less, weights write
owners' noised figures beside each other into one number (1, 32 and 1024 for figures below 32), which nobody asked.

The key holder is an owner, who knows its own figures: with three more owners what it decrypts is a sum of three.
``moved`` is the owners' declaration, as the bounds are: it is NOT computed from data, and nothing here can check it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from math import floor, isqrt

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.codes import is_code
from mpc.privacy.accounting import MILLI, deviation_milli, epsilon_milli, reach, require_paid, share_scale
from mpc.protocols.ckks import lattice

PROTOCOL = "ckks-sums-v1"
MIN_OWNERS = 4
MAX_COLUMNS = 256
MAX_SCALE = 10**9
LEAST_STEPS = 1000
"""Values that an owner's figure may still have beside a weighted sum, away from the ends of its range."""
HOLDER_MILLI = 2000
"""The key holder's noise, in thousandths of a unit: eight times what the encryption may err (``lattice.TOLERANCE``)."""

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

    holder: the owner that decrypts, covers the encryption's error and releases. evaluator: another owner, who adds up.
    touched: the most columns that one protected unit moves. spans_owners: whether it may have rows at several owners.
    micro_rho: the cost of the whole release; delta_log2: the delta = 2**delta_log2 under which epsilon is shown.
    """

    holder: str
    evaluator: str
    weights: tuple[tuple[str, int], ...]
    columns: tuple[Column, ...]
    touched: int
    spans_owners: bool
    micro_rho: int
    delta_log2: int

    def __post_init__(self) -> None:
        owners = self.owners
        if len(owners) < MIN_OWNERS or list(owners) != sorted(set(owners)) or not all(map(is_code, owners)):
            raise InvalidRecord(f"ckks terms: at least {MIN_OWNERS} distinct owners in order expected")
        if not {self.holder, self.evaluator} <= set(owners) or self.holder == self.evaluator:
            raise InvalidRecord("ckks terms: key holder and evaluator are two of the owners")
        if any(not weight for _, weight in self.weights) or self.weight > lattice.MOST_WEIGHT:
            raise InvalidRecord("ckks terms: whole weights other than 0, of 2^16 in all, expected")
        names = [column.name for column in self.columns]
        if not 0 < len(names) <= MAX_COLUMNS or len(set(names)) != len(names):
            raise InvalidRecord(f"ckks terms: 1..{MAX_COLUMNS} distinct columns expected")
        if not 1 <= self.touched <= len(names):
            raise InvalidRecord("ckks terms: one protected unit moves at least one column, and at most all")
        self._check_noise()

    def _check_noise(self) -> None:
        """Refuse sums that the encryption does not hold, weights that tell owners apart, and too little noise."""
        for column, deviation in zip(self.columns, self.owner_milli, strict=True):
            share_scale(deviation, 1)
            require_paid(self._copies * column.moved**2, deviation, 1, 1, self.micro_rho)
        if any(max(abs(least), abs(most)) > lattice.MOST_SUM for least, most in self.bounds):
            raise InvalidRecord("ckks terms: a weighted sum may pass 2^43 units; choose coarser units or more rho")
        heaviest = max(abs(weight) for _, weight in self.weights)
        if any(column.most - column.least < LEAST_STEPS * heaviest for column in self.columns):
            raise InvalidRecord("ckks terms: weights that tell owners apart; smaller ones, or a wider range of units")
        for column, deviation in zip(self.columns, self.deviations_milli, strict=True):
            if deviation < MILLI * self.error:
                raise InvalidRecord(f"ckks terms: noise on {column.name} below the error of the figure; finer units")

    @property
    def owners(self) -> tuple[str, ...]:
        return tuple(owner for owner, _ in self.weights)

    @property
    def weight(self) -> int:
        """All weights together, without signs."""
        return sum(abs(weight) for _, weight in self.weights)

    @property
    def limits(self) -> tuple[tuple[int, int], ...]:
        """The least and the most that an owner's figures may be with its noise: passed by chance below 2^-100."""
        reaches = (reach(deviation, 1) for deviation in self.owner_milli)
        return tuple((c.least - far, c.most + far) for c, far in zip(self.columns, reaches, strict=True))

    @property
    def bounds(self) -> tuple[tuple[int, int], ...]:
        """The least and the most that each weighted sum of noised figures may be."""
        ends = [[sorted((w * least, w * most)) for _, w in self.weights] for least, most in self.limits]
        return tuple((sum(low for low, _ in column), sum(high for _, high in column)) for column in ends)

    @property
    def error(self) -> int:
        """What a weighted sum may differ from the sum of the unrounded figures, in units: half a unit an owner."""
        return -(-self.weight // 2) + 1

    @property
    def owner_milli(self) -> tuple[int, ...]:
        """The deviation of every owner's own noise on each figure, in thousandths of a unit."""
        return tuple(deviation_milli(self._copies * column.moved**2, self.micro_rho) for column in self.columns)

    @property
    def deviations_milli(self) -> tuple[int, ...]:
        """The deviation of all noise on each released figure, in thousandths of a unit."""
        squares = sum(weight**2 for _, weight in self.weights)
        return tuple(isqrt(squares * own**2 + HOLDER_MILLI**2) for own in self.owner_milli)

    @property
    def _copies(self) -> int:
        """How many noised figures one protected unit moves, at one owner or at all."""
        return self.touched * (len(self.weights) if self.spans_owners else 1)

    def figures(self, totals: tuple[int, ...]) -> dict[str, Fraction]:
        """Read released units as figures."""
        return {c.name: Fraction(total, c.scale) for c, total in zip(self.columns, totals, strict=True)}

    def units(self, figures: Mapping[str, Figure]) -> list[int]:
        """Round an owner's figures to units. Raises: InvalidRecord."""
        if set(figures) != {column.name for column in self.columns}:
            raise InvalidRecord("ckks input: a figure for every column, and no other, expected")
        return [column.units(figures[column.name]) for column in self.columns]

    def require_noised(self, units: Sequence[int]) -> None:
        """Refuse what no noised figures of an owner are. Raises: InvalidRecord; the figure is not shown."""
        if len(units) != len(self.columns):
            raise InvalidRecord("ckks input: a figure for every column, and no other, expected")
        for column, unit, (least, most) in zip(self.columns, units, self.limits, strict=True):
            if not least <= unit <= most:
                raise InvalidRecord(f"ckks input: {column.name} lies outside its declared bounds")

    def require_released(self, totals: Sequence[int]) -> None:
        """Refuse totals that no noised figures and no noise of the holder's give. Raises: InvalidRecord."""
        far = reach(HOLDER_MILLI, 1)
        if not all(low - far <= total <= high + far for total, (low, high) in zip(totals, self.bounds, strict=True)):
            raise InvalidRecord("ckks release: a figure outside the declared sums")

    def record(self) -> Mapping[str, JsonValue]:
        """Render for the job record (``Session.terms``)."""
        return {
            "format": PROTOCOL,
            "holder": self.holder,
            "evaluator": self.evaluator,
            "weights": [{"party": party, "weight": str(weight)} for party, weight in self.weights],
            "columns": [column.record() for column in self.columns],
            "touched": self.touched,
            "spans_owners": self.spans_owners,
            "guarantee": {
                "owner_milli": [str(deviation) for deviation in self.owner_milli],
                "holder_milli": str(HOLDER_MILLI),
                "micro_rho": str(self.micro_rho),
                "delta_log2": self.delta_log2,
                "epsilon_milli": str(epsilon_milli(self.micro_rho, self.delta_log2)),
            },
            "encryption": lattice.record(),
        }
