"""The study of a response by logistic or Poisson regression: a job a step, each at the coefficients of the one before.

Not one query but a dialogue: which job is next follows from the answer to the last. All of it is exact and without
chance, so the same question asked again names the same jobs, and one that was interrupted goes on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from fractions import Fraction

from ledger.errors import InvalidRecord
from mpc.disclosure.drawn import rows_needed
from mpc.inference import generalised
from mpc.inference.generalised import MOST_STEPS, Move, Opened
from mpc.kinds.matrices.bounds import STEEP, varies
from mpc.kinds.matrices.cells import totals
from mpc.protocols.words import Text
from mpc.spec.moments import Family, MomentsSpec, Step
from mpc.spec.sums import SumsSpec
from mpc.sql.answering.rows import Answer
from mpc.sql.planning.plan import Plan
from mpc.sql.tables import JointTable
from mpc.studies.study import Cell, Finding, exact, select
from mpc.tables.schema import Integer

Ask = Callable[[MomentsSpec, int], Mapping[str, str]]
"""Have a step answered, given its number; returns the opened cells."""


@dataclass(frozen=True, slots=True)
class Generalised:
    """A fit of y on columns of a joint table, as queries name it."""

    family: Family
    table: str
    y: str
    on: tuple[str, ...]
    where: str = ""

    def __post_init__(self) -> None:
        if self.y in self.on or not self.on or len(set(self.on)) < len(self.on):
            raise InvalidRecord("study: different columns, y none of the columns that explain it")

    @property
    def base(self) -> str:
        """The query from whose plan owners, filters and bounds are taken. It is not asked."""
        return select(self.table, [f"sum({column})" for column in (*sorted(self.on), self.y)], [self.where])

    @property
    def queries(self) -> tuple[str, ...]:
        """What is asked before the first step: of counts their mean, where Newton's method begins."""
        if self.family is Family.LOGISTIC:
            return ()
        return (select(self.table, ["count(*)", f"sum({self.y})"], [self.where]),)

    def first(self, planned: Plan, answers: tuple[Answer, ...]) -> MomentsSpec:
        """Lay out the first step.

        Args:
            planned: of ``base``. answers: to ``queries``.
        """
        if _scale(planned, self.y):
            raise InvalidRecord(f"study: {self.y}, the response, must be a whole number")
        jobs = [job for job in planned.jobs if isinstance(job, SumsSpec)]
        start = "0"
        if answers:
            count, total = map(exact, answers[0].rows[0])
            if not total:
                raise InvalidRecord(f"study: {self.y} is 0 in every row")
            start = generalised.written(Fraction(math.log(total / count)))
        sample, by_name = jobs[0], {job.value.column: job.value for job in jobs}
        names = sorted(self.on)
        return MomentsSpec(
            purpose=sample.purpose,
            recipient=sample.recipient,
            sources=sample.sources,
            filters=sample.filters,
            columns=tuple(by_name[name] for name in names),
            rows=sample.rows,
            minimum=sample.minimum,
            contributors=sample.contributors,
            step=Step(self.family, by_name[self.y], (start, *["0"] * len(names))),
        )

    def fit(self, planned: Plan, first: MomentsSpec, ask: Ask) -> Finding:
        """Ask step after step until nothing is left to gain.

        Raises:
            InvalidRecord: figures that were withheld, columns that do not vary, classes that are told apart, too few
                rows for so many figures, no end after ``MOST_STEPS``; and what ``ask`` raises.
        """
        spec, names = first, [amount.column for amount in first.columns]
        for number in range(1, MOST_STEPS + 1):
            assert spec.step is not None
            _require_gentle(planned, spec)
            found = generalised.opened(spec.step.coefficients, ask(spec, number))
            if self.family is Family.LOGISTIC:
                generalised.require_unseparated(found)
            made = generalised.move(found, names)
            if made.is_last:
                return self._finding(planned, found, made, number)
            _require_rows(found.count, number + 1, len(totals(spec)))
            spec = _next(spec, made)
        raise InvalidRecord(f"study: no end after {MOST_STEPS} steps; the columns nearly tell the response")

    def _finding(self, planned: Plan, found: Opened, made: Move, steps: int) -> Finding:
        names = sorted(self.on)
        terms = generalised.terms(made, names, [_scale(planned, name) for name in names])
        rows: tuple[tuple[Cell, ...], ...] = tuple((t.name, t.value, t.error, t.z, t.p, t.low, t.high) for t in terms)
        heads = ("term", "coefficient", "standard error", "z", "p", "low", "high")
        title = Text(
            f"{self.family.value} regression of {self.y} on {', '.join(names)}, {found.count} rows",
            f"{self.y} 对 {'、'.join(names)} 的{_FAMILIES[self.family]},{found.count} 行",
        )
        left = found.count - len(terms)
        notes = (
            Text(
                f"deviance {found.deviance:.8g}, {left} residual degrees of freedom",
                f"偏差 {found.deviance:.8g},残差自由度 {left}",
            ),
            Text(f"converged in {steps} steps", f"{steps} 步收敛"),
        )
        named: dict[str, Cell] = {
            "count": found.count, "deviance": found.deviance, "residual_freedom": left, "steps": steps,
        }  # fmt: skip
        return Finding(title, heads, rows, named, notes)


_FAMILIES = {Family.LOGISTIC: "逻辑回归", Family.POISSON: "泊松回归"}


def _next(spec: MomentsSpec, made: Move) -> MomentsSpec:
    assert spec.step is not None
    return replace(spec, step=replace(spec.step, coefficients=tuple(map(generalised.written, made.coefficients))))


def _require_gentle(planned: Plan, spec: MomentsSpec) -> None:
    """Do not ask what every owner would refuse (``mpc.kinds.matrices.bounds``)."""
    relation = planned.query.relation
    assert isinstance(relation, JointTable)
    if varies(spec, relation.columns) > STEEP:
        raise InvalidRecord(
            f"study: over all values of the columns the predictor may vary by more than {STEEP}, and a step would tell "
            "few rows apart; narrow the columns with --where to the ranges that matter"
        )


def _require_rows(count: int, steps: int, figures: int) -> None:
    """Do not ask what every owner's own rule would withhold (``mpc.disclosure.drawn``)."""
    if rows_needed(steps * figures) > count:
        raise InvalidRecord(
            f"study: {steps} steps draw {steps * figures} figures from {count} rows; ten rows a figure are needed"
        )


def _scale(planned: Plan, name: str) -> int:
    relation = planned.query.relation
    if not isinstance(relation, JointTable):
        raise InvalidRecord("study: a fit by steps is over a joint table, not over a join")
    column = relation.columns[name]
    assert isinstance(column, Integer)
    return column.scale
