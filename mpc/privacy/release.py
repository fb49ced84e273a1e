"""Noised figures with their expected error, and the same error told before anybody asks.

Means and variances are computed from the noised figures alone, so they cost nothing more; where these allow none (no
rows left, a negative variance) there is none. Pure: the totals are what everybody who holds the release has.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from math import sqrt

from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord
from mpc.disclosure.places import bins
from mpc.privacy.accounting import INTERVAL_95, MILLI, epsilon_milli
from mpc.privacy.declaration import Family, Privacy
from mpc.privacy.mechanism import NoisedCell, cells
from mpc.spec.job import SumsSpec


@dataclass(frozen=True, slots=True)
class Expected:
    """A released figure and its error, in the figure's own integers. name: of its cell, title: for people.

    deviation: standard deviation of the noise that all owners of an attempt add. The noise is so near a Gaussian that
    95 of 100 figures lie within 1.96 deviations of the truncated truth.
    """

    name: str
    title: str
    deviation: float

    @property
    def within_95(self) -> float:
        return float(INTERVAL_95) * self.deviation

    def json(self) -> dict[str, JsonValue]:
        return {
            "cell": self.name,
            "figure": self.title,
            "standard_deviation": text(self.deviation),
            "within_95": text(self.within_95),
        }


@dataclass(frozen=True, slots=True)
class Estimate:
    """What a question would cost each of its assets, and how wrong its figures would be."""

    micro_rho: int
    delta_log2: int
    epsilon_milli: int
    expected: tuple[Expected, ...]

    @classmethod
    def of(cls, micro_rho: int, delta_log2: int, expected: tuple[Expected, ...]) -> Estimate:
        """Tell the cost as epsilon too."""
        return cls(micro_rho, delta_log2, epsilon_milli(micro_rho, delta_log2), expected)

    def json(self) -> dict[str, JsonValue]:
        return {
            "micro_rho": str(self.micro_rho),
            "delta": f"2^{self.delta_log2}",
            "epsilon": text(self.epsilon_milli / MILLI),
            "expected_error": [error.json() for error in self.expected],
        }

    def told(self, values: Mapping[str, str], derived: list[JsonValue]) -> dict[str, JsonValue]:
        """Put each figure's value beside its error, and after them what follows from them."""
        lines: list[JsonValue] = [{**error.json(), "value": values[error.name]} for error in self.expected]
        return {**self.json(), "expected_error": lines, "derived": derived}


def charge(spec: SumsSpec) -> int:
    """Return what each asset of a question is charged, in micro-rho; nothing for an exact one."""
    return 0 if spec.privacy is None else spec.privacy.total_micro_rho


def estimate(spec: SumsSpec, owners: int) -> Estimate:
    """Tell cost and error of a private question before it is asked; no row is read.

    Args:
        owners: how many owners contribute.

    Raises:
        InvalidRecord: the question is not private, or fewer owners than contributors.
    """
    privacy = spec.privacy
    if privacy is None:
        raise InvalidRecord("privacy: exact figures have no noise to estimate")
    if not spec.contributors <= owners <= len(spec.sources):
        raise InvalidRecord(f"privacy: {spec.contributors}..{len(spec.sources)} owners expected, got {owners}")
    expected = tuple(Expected(cell.name, _title(spec, cell), _deviation(privacy, cell, owners))
                     for cell in cells(spec, privacy))  # fmt: skip
    return Estimate.of(privacy.total_micro_rho, privacy.protection.delta_log2, expected)


def figures(spec: SumsSpec, owners: int, totals: Mapping[str, int]) -> dict[str, JsonValue]:
    """Read released totals: each figure with its error, then what follows from them, then what they cost."""
    told = estimate(spec, owners)
    assert spec.privacy is not None
    layout = cells(spec, spec.privacy)
    values = {cell.name: Fraction(totals[cell.name], cell.grain) for cell in layout}
    groups = dict.fromkeys(cell.group for cell in layout)
    derived: list[JsonValue] = [_moments(spec, values, group) for group in groups]
    return told.told({name: _figure(value) for name, value in values.items()}, [line for line in derived if line])


def _moments(spec: SumsSpec, values: Mapping[str, Fraction], group: int | None) -> dict[str, JsonValue]:
    suffix = "" if group is None else f"-{group}"
    count, total, squares = (values.get(f"{family}{suffix}") for family in (Family.COUNT, Family.SUM, Family.SQUARES))
    if count is None or total is None or count <= 0:
        return {}
    mean = total / count
    found: dict[str, JsonValue] = {} if group is None else {"group": _key(spec, group)}
    if "mean" in spec.outputs:
        found["mean"] = text(float(mean))
    if "variance" in spec.outputs and squares is not None and squares / count >= mean**2:
        found["variance"] = text(float(squares / count - mean**2))
    return found


def _deviation(privacy: Privacy, cell: NoisedCell, owners: int) -> float:
    growth = sqrt(owners / (owners - privacy.protection.colluders))
    return cell.deviation_milli / MILLI / cell.grain * growth


def _title(spec: SumsSpec, cell: NoisedCell) -> str:
    if cell.bin is not None:
        _, low, high = bins(spec.edges)[cell.bin]
        return f"rows in [{low}, {'infinity' if high is None else high})"
    words = {Family.COUNT: "rows", Family.SUM: f"sum of {spec.value.column}"}
    title = words.get(cell.family, f"sum of squares of {spec.value.column}")
    return title if cell.group is None else f"{title}, {_key(spec, cell.group)}"


def _key(spec: SumsSpec, group: int) -> str:
    assert spec.privacy is not None
    assert spec.privacy.protection.groups is not None
    return spec.privacy.protection.groups.values[group]


def _figure(value: Fraction) -> str:
    """Write a figure in full; a grain is a power of two, so three decimals round only beyond an eighth."""
    return str(value.numerator) if value.denominator == 1 else f"{float(value):.3f}"


def text(value: float) -> str:
    """Write a number with the digits that mean something."""
    return f"{value:.6g}" if abs(value) < 1e6 else f"{value:.0f}"
