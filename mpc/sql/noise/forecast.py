"""How wrong the figures of a query with noise will be, in the units of its columns, before it is asked; reads no row.

Of what is released and of quantiles the error is known. That of a mean or a variance depends on how many rows there
are; what is told is its bound for values within their declared clips, to first order, times the number of rows n:

    mean S/n        sqrt(s_S^2 + U^2 s_n^2) / n
    variance        sqrt(s_Q^2 + 4 U^2 s_S^2 + U^4 s_n^2) / n

with s the deviations of count, sum and sum of squares and U the largest absolute value: |S/n| <= U, Q/n <= U^2, and the
derivative by n, (2 (S/n)^2 - Q/n) / n, lies within U^2 / n.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from math import hypot

from ledger.canonical import JsonValue
from mpc.kinds.registry import kind_of
from mpc.privacy import quantiles
from mpc.privacy.accounting import INTERVAL_95
from mpc.privacy.declaration import Family
from mpc.spec.job import CkksSpec, JoinSpec, SumsSpec
from mpc.sql.noise import keyed
from mpc.sql.noise.keyed import Noisy
from mpc.sql.noise.noised import scale_of
from mpc.sql.planning.plan import Plan
from mpc.sql.query import RANKS, SQUARES, Measure, aggregates

NOISE, RANK, MEAN, ROOT = "noise", "rank", "mean", "root"
_VARIANCES = frozenset({Measure.VARIANCE, Measure.SAMPLE_VARIANCE})


@dataclass(frozen=True, slots=True)
class Forecast:
    """The error of one figure. kind: what ``deviation`` is: of its noise; with 95 in 100 of a quantile's rank, in rows;
    of a mean or variance, to be divided by the rows; of a square root nothing, it follows from its variance.
    """

    figure: str
    kind: str
    deviation: float = 0.0
    step: float = 0.0

    @property
    def within_95(self) -> float:
        return float(INTERVAL_95) * self.deviation

    def json(self) -> dict[str, JsonValue]:
        match self.kind:
            case "noise":
                return {"figure": self.figure, "standard_deviation": self.deviation, "within_95": self.within_95}
            case "rank":
                return {"figure": self.figure, "rank_error": self.deviation, "step": self.step}
            case "mean":
                return {"figure": self.figure, "standard_deviation_times_rows": self.deviation}
        return {"figure": self.figure, "standard_deviation": None}


def forecasts(plan: Plan) -> tuple[Forecast, ...]:
    """Tell the error of what each job releases, then of what is computed from it."""
    found: list[Forecast] = []
    for job in plan.jobs:
        match job:
            case SumsSpec() | CkksSpec():
                found += _of_sums(plan, job)
            case JoinSpec():
                found += _of_join(plan, job)
    return tuple(found)


def _of_sums(plan: Plan, job: Noisy) -> Iterator[Forecast]:
    assert job.privacy is not None
    column, protection = job.value.column, job.privacy.protection
    unit = 10 ** scale_of(plan.query, column)
    deviations: dict[Family, float] = {}
    asked = [one for one in aggregates(plan.query) if one.column == column]
    for cell, error in zip(keyed.cells(job), kind_of(job).estimate().expected, strict=True):
        power = {Family.SUM: 1, Family.SQUARES: 2}.get(cell.family, 0)
        deviations[cell.family] = error.deviation / unit**power
        if cell.family is not Family.HISTOGRAM or not any(one.measure in RANKS for one in asked):
            yield Forecast(error.title, NOISE, deviations[cell.family])
    count, most = _counted(plan, deviations), protection.largest / unit
    for one in asked:
        name = f"{one.measure}({column})" if one.share is None else f"{one.measure}({column}, {float(one.share):g})"
        if one.measure is Measure.MEAN:
            yield Forecast(name, MEAN, hypot(deviations[Family.SUM], most * count))
        elif one.measure in _VARIANCES:
            parts = (deviations[Family.SQUARES], 2 * most * deviations[Family.SUM], most**2 * count)
            yield Forecast(name, MEAN, hypot(*parts))
        elif one.measure in SQUARES:
            yield Forecast(name, ROOT)
        elif one.measure in RANKS and one.share is not None and isinstance(job, SumsSpec):
            rank = quantiles.rank_error(len(job.edges), deviations[Family.HISTOGRAM], float(one.share))
            yield Forecast(name, RANK, rank, (protection.high - protection.low) / unit / len(job.edges))


def _counted(plan: Plan, own: dict[Family, float]) -> float:
    """Return the deviation of the rows: the job's own, or that of the job that counts for all."""
    if Family.COUNT in own:
        return own[Family.COUNT]
    errors = (error for job in plan.jobs for error in kind_of(job).estimate().expected)
    return next((error.deviation for error in errors if error.name.startswith(Family.COUNT)), 0.0)


def _of_join(plan: Plan, job: JoinSpec) -> Iterator[Forecast]:
    assert job.privacy is not None
    deviations = {error.title: error.deviation for error in kind_of(job).estimate().expected}
    units = {amount.column: 10 ** scale_of(plan.query, amount.column) for amount in job.sums}
    by_column: dict[str, float] = {}
    for title, deviation in deviations.items():
        column = next((name for name in units if title.partition(",")[0] == f"sum of {name}"), None)
        shown = deviation if column is None else deviation / units[column]
        if column is not None:
            by_column[column] = shown
        yield Forecast(title, NOISE, shown)
    rows = next(deviation for title, deviation in deviations.items() if title.partition(",")[0] == "rows")
    for one in aggregates(plan.query):
        if one.measure is Measure.MEAN and one.column is not None:
            most = job.privacy.holder.bounds[one.column].high / units[one.column]
            yield Forecast(f"{one.measure}({one.column})", MEAN, hypot(by_column[one.column], most * rows))
