"""Before a query with noise is asked: how wrong its figures will be, what each asset is charged, and what is left.

Errors follow from the declarations and the costs; no row is read. Pots are read from the chain by proof, as they are
now: another job may take from them before this one does. A question that was answered before is charged nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass

from gateway.statistics.budgets import Books, Estimate
from ledger.canonical import JsonValue
from ledger.errors import BackendError
from mpc.node.config import NodeConfig
from mpc.protocols.words import Language
from mpc.sql.noise import forecast
from mpc.sql.noise.forecast import Forecast
from mpc.sql.planning.plan import Plan

_WORDS: Mapping[str, Mapping[Language, str]] = {
    "errors": {"en": "expected error, if all owners take part:", "zh": "预期误差(所有数据提供方均参与):"},
    "noise": {
        "en": "  {figure}: standard deviation {deviation}, 95 of 100 within {within}",
        "zh": "  {figure}:标准差 {deviation},95% 在 {within} 以内",
    },
    "rank": {
        "en": "  {figure}: its rank within {rows} rows with 95 in 100, read off steps of {step}",
        "zh": "  {figure}:95% 情形下秩误差不超过 {rows} 行,格宽 {step}",
    },
    "mean": {
        "en": "  {figure}: standard deviation at most {deviation} divided by the number of rows",
        "zh": "  {figure}:标准差至多为 {deviation} 除以行数",
    },
    "root": {
        "en": "  {figure}: that of the variance, divided by twice the figure itself",
        "zh": "  {figure}:方差的误差除以该值的两倍",
    },
    "charges": {"en": "charged to each asset, in micro-rho:", "zh": "每项资产的代价(百万分之一 rho):"},
    "charge": {
        "en": "  {asset}, period {period}: {cost}; left now {left}, afterwards {after}{fit}",
        "zh": "  {asset},数据期 {period}:{cost};现余 {left},之后 {after}{fit}",
    },
    "unfit": {
        "en": " - NOT ENOUGH, or released exactly: it would be refused",
        "zh": " —— 不足,或该期按精确方式发布:将被拒绝",
    },
    "answered": {"en": "job {number} is answered already: nothing is charged", "zh": "任务 {number} 已有答案:不再计费"},
    "unknown": {"en": "what is left is unknown: {reason}", "zh": "剩余预算未知:{reason}"},
}


@dataclass(frozen=True, slots=True)
class Charged:
    """What one asset pays for a whole query, and its pot as it is now."""

    asset: str
    period: str
    micro_rho: int
    left: int
    fits: bool

    def json(self) -> dict[str, JsonValue]:
        return {
            "asset": self.asset,
            "period": self.period,
            "micro_rho": str(self.micro_rho),
            "left": str(self.left),
            "left_after": str(self.left - self.micro_rho),
            "fits": self.fits,
        }


@dataclass(frozen=True, slots=True)
class Expectation:
    """What is known of a query before it is asked. answered: the jobs, from 1, that were answered before."""

    forecasts: tuple[Forecast, ...]
    charged: tuple[Charged, ...]
    answered: tuple[int, ...]
    unknown: str = ""

    def json(self) -> dict[str, JsonValue]:
        return {
            "expected_error": [found.json() for found in self.forecasts],
            "charges": [found.json() for found in self.charged],
            "answered_jobs": list(self.answered),
            "budget_unknown": self.unknown or None,
        }


def expect(plan: Plan, config: NodeConfig) -> Expectation:
    """Tell errors and charges; where the chain cannot be read, why."""
    forecasts = forecast.forecasts(plan)
    try:
        with closing(Books(config)) as books:
            answered = [number for number, job in enumerate(plan.jobs, 1) if books.has_answer(job)]
            found = [books.estimate(job) for number, job in enumerate(plan.jobs, 1) if number not in answered]
    except BackendError as fault:
        return Expectation(forecasts, (), (), str(fault))
    return Expectation(forecasts, _charged(found), tuple(answered))


def lines(found: Expectation, language: Language) -> Iterator[str]:
    """Say it to people."""
    yield _WORDS["errors"][language]
    for one in found.forecasts:
        numbers = {"deviation": f"{one.deviation:,.6g}", "within": f"{one.within_95:,.6g}"}
        ranks = {"rows": f"{one.deviation:,.0f}", "step": f"{one.step:,.6g}"}
        yield _WORDS[one.kind][language].format(figure=one.figure, **numbers, **ranks)
    if found.unknown:
        yield _WORDS["unknown"][language].format(reason=found.unknown)
        return
    yield _WORDS["charges"][language]
    for line in found.charged:
        yield _WORDS["charge"][language].format(
            asset=line.asset,
            period=line.period,
            cost=f"{line.micro_rho:,}",
            left=f"{line.left:,}",
            after=f"{line.left - line.micro_rho:,}",
            fit="" if line.fits else _WORDS["unfit"][language],
        )
    yield from (_WORDS["answered"][language].format(number=number) for number in found.answered)


def _charged(jobs: Sequence[tuple[Estimate, ...]]) -> tuple[Charged, ...]:
    """Add up what the jobs of a query take from each pot."""
    costs, pots = Counter[tuple[str, str]](), dict[tuple[str, str], Estimate]()
    for line in (line for job in jobs for line in job):
        costs[line.charge.asset, line.period] += line.charge.micro_rho
        pots[line.charge.asset, line.period] = line
    return tuple(
        Charged(asset, period, cost, pot.pot.left, pot.fits and cost <= pot.pot.left)
        for (asset, period), cost in sorted(costs.items())
        for pot in (pots[asset, period],)
    )
