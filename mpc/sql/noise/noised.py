"""From noised figures to the rows of an answer, each figure with what is stated of its error.

The error of a released figure is known; that of a figure computed from several is carried on numerically: every
released figure it rests on is moved to either end of its own 95 %, and the squares of half the changes add up (JCGM
100:2008, 5.1.3, note 2). That is exact for sums and differences, and to first order for means and variances; where an
end leaves nothing to compute (no rows to divide by, a negative variance) no bound is stated. HAVING, ORDER BY and LIMIT
see the noised figures and nothing else. A released figure may be negative; it is shown as it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from math import hypot
from typing import TypeAlias

from ledger.errors import InvalidRecord
from mpc.disclosure.region import WHOLE
from mpc.kinds.registry import kind_of
from mpc.privacy import join_release, mechanism, quantiles
from mpc.privacy.accounting import INTERVAL_95
from mpc.privacy.declaration import Family, Privacy
from mpc.privacy.quantiles import Quantile
from mpc.spec.job import JobSpec, JoinSpec, SumsSpec
from mpc.sql.answering import moments
from mpc.sql.answering.moments import Totals
from mpc.sql.answering.rows import Answer, Cell, Document, Uncertainty, Value, arranged, evaluate
from mpc.sql.noise import keyed, private_sums
from mpc.sql.noise.keyed import Noisy
from mpc.sql.planning.groups import group_values, grouped
from mpc.sql.planning.plan import Plan
from mpc.sql.query import (
    RANKS,
    SQUARES,
    Aggregate,
    Binary,
    Classes,
    Expression,
    Joined,
    Label,
    Measure,
    Number,
    Query,
    Words,
    aggregates,
)
from mpc.sql.tables import JointTable
from mpc.tables.schema import Integer

Key: TypeAlias = tuple[str, str]
"""A released figure of a row: its column (of rows and keys in a join none) and its family."""
COMPARED = frozenset({"=", "<>", "<", "<=", ">", ">=", "and", "or"})


@dataclass(frozen=True, slots=True)
class Drawn:
    """A released figure in the units of its column, and the standard deviation of its noise."""

    value: Fraction
    deviation: float


@dataclass(frozen=True, slots=True)
class Noised:
    """What one job released. deviations: of its figures, by the names that ``mpc.privacy.release`` gives them."""

    release: Document
    deviations: Mapping[str, float]


def expected(spec: JobSpec) -> dict[str, float]:
    """Give the deviations of a job's figures if all its owners take part."""
    return {error.name: error.deviation for error in kind_of(spec).estimate().expected}


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the answer. ranks: quantiles, which are figures that nothing else is computed from."""

    labels: tuple[str, ...]
    drawn: Mapping[Key, Drawn]
    ranks: Mapping[Aggregate, tuple[Quantile, int] | None]


def answer(plan: Plan, released: Sequence[Noised]) -> Answer:
    """Lay out the answer of a query.

    Args:
        released: of each job of the plan, in its order.

    Raises:
        InvalidRecord: a document is not of the job's form.
    """
    query = plan.query
    rows = list(_joined(plan, released[0]) if isinstance(query.relation, Joined) else _summed(plan, released))
    by_labels = {row.labels: row for row in rows}
    chosen = arranged(query, [_cell(query, row, {}) for row in rows])
    outputs = [output.expression for output in query.outputs]
    return Answer(
        tuple(output.name for output in query.outputs),
        tuple(tuple(evaluate(expression, cell) for expression in outputs) for cell in chosen),
        (),
        tuple(tuple(_stated(query, one, by_labels[cell.labels]) for one in outputs) for cell in chosen),
    )


def _summed(plan: Plan, released: Sequence[Noised]) -> Iterator[_Row]:
    jobs = [(job, found) for job, found in zip(plan.jobs, released, strict=True) if isinstance(job, Noisy)]
    for labels, group, bin in _places(plan):
        drawn: dict[Key, Drawn] = {}
        ranks: dict[Aggregate, tuple[Quantile, int] | None] = {}
        for job, found in jobs:
            scale = scale_of(plan.query, job.value.column)
            for cell in keyed.cells(job):
                if cell.group == group and cell.bin in (bin, None):
                    power = {Family.SUM: 1, Family.SQUARES: 2}.get(cell.family, 0)
                    drawn[job.value.column, cell.family] = _drawn(cell, found, 10 ** (scale * power))
            ranks |= _ranks(plan.query, job, found, scale) if isinstance(job, SumsSpec) else {}
        yield _Row(labels, drawn, ranks)


def _places(plan: Plan) -> Iterator[tuple[tuple[str, ...], int | None, int | None]]:
    """Say of which group and bin each row is, both by their places."""
    query, spec = plan.query, plan.jobs[0]
    assert isinstance(spec, Noisy)
    keys = _privacy(spec).protection.groups
    if classes := grouped(query, Classes):
        yield from (((label,), None, place) for place, label in enumerate(classes.labels))
    elif keys is not None:
        yield from (((value,), keys.values.index(value), None) for value in group_values(query))
    else:
        yield (), None, None


def _drawn(cell: mechanism.NoisedCell, found: Noised, unit: int) -> Drawn:
    return Drawn(Fraction(_cells(found)[cell.name], cell.grain * unit), found.deviations[cell.name] / unit)


def _ranks(
    query: Query, job: SumsSpec, found: Noised, scale: int
) -> Iterator[tuple[Aggregate, tuple[Quantile, int] | None]]:
    """Read the quantiles of a job's column off its histogram."""
    for asked in aggregates(query):
        if asked.measure in RANKS and asked.column == job.value.column:
            cells = [cell for cell in mechanism.cells(job, _privacy(job)) if cell.family is Family.HISTOGRAM]
            assert asked.share is not None
            read = quantiles.quantile(
                quantiles.Grid(job.edges, _privacy(job).protection.high),
                [_drawn(cell, found, 1).value for cell in cells],
                found.deviations[cells[0].name],
                asked.share,
                is_continuous=asked.measure is Measure.CONTINUOUS,
            )
            yield asked, None if read is None else (read, 10**scale)


def _joined(plan: Plan, found: Noised) -> Iterator[_Row]:
    spec = plan.jobs[0]
    assert isinstance(spec, JoinSpec)
    cells = {cell.group: cell for cell in join_release.read(spec, dict(found.release))}
    for group in group_values(plan.query) or (WHOLE,):
        if group not in cells:
            raise InvalidRecord(f"release: no figures of group {group!r}")
        cell = cells[group]
        drawn = {("", name): Drawn(Fraction(value), found.deviations[f"{name}, {group}"])
                 for name, value in (("keys", cell.keys), ("rows", cell.rows))}  # fmt: skip
        for amount, total in zip(spec.sums, cell.sums, strict=True):
            unit = 10 ** scale_of(plan.query, amount.column)
            deviation = found.deviations[f"sum of {amount.column}, {group}"]
            drawn[amount.column, Family.SUM] = Drawn(Fraction(total, unit), deviation / unit)
        yield _Row((group,) if plan.query.groups else (), drawn, {})


def _cell(query: Query, row: _Row, moved: Mapping[Key, Fraction]) -> Cell:
    """Compute a row's measures, with some of its released figures moved."""
    values = {key: moved.get(key, drawn.value) for key, drawn in row.drawn.items()}
    figures: dict[Aggregate, Value] = {}
    for asked in aggregates(query):
        if asked.measure in RANKS:
            found = row.ranks[asked]
            figures[asked] = None if found is None else found[0].value / found[1]
        else:
            figures[asked] = _measure(query, asked, values)
    return Cell(row.labels, figures, is_withheld=False)


def _measure(query: Query, asked: Aggregate, values: Mapping[Key, Fraction]) -> Value:
    if asked.measure is Measure.DISTINCT:
        return values["", "keys"]
    count = _count(query, asked, values)
    if asked.column is None:
        return count
    own = Totals(values[asked.column, Family.SUM], values.get((asked.column, Family.SQUARES)))
    if asked.measure is Measure.SUM:
        return own.total
    if count <= 0:
        return None
    if asked.measure in SQUARES:
        variance = moments.of_one(Measure.SAMPLE_VARIANCE, count, own) if count > 1 else None
        if variance is None or variance < 0:
            return None
    return moments.of_one(asked.measure, count, own)


def _count(query: Query, asked: Aggregate, values: Mapping[Key, Fraction]) -> Fraction:
    """Return the rows: those of the measure's own job if it counted, of a class its bin, else the query's one count."""
    if isinstance(query.relation, Joined):
        return values["", "rows"]
    if classes := grouped(query, Classes):
        return values[classes.column, Family.HISTOGRAM]
    assert isinstance(query.relation, JointTable)
    shared = private_sums.counting(query, query.relation), Family.COUNT
    own = (asked.column or "", Family.COUNT)
    return values[own] if own in values else values[shared] if shared in values else Fraction(0)


def _stated(query: Query, expression: Expression, row: _Row) -> Uncertainty | None:
    """Say what is known of the error of an output; None for one that is no figure."""
    if isinstance(expression, Aggregate) and expression.measure in RANKS:
        return _of_rank(expression, row.ranks[expression])
    if not _is_figure(expression):
        return None
    value = evaluate(expression, _cell(query, row, {}))
    changes = []
    for key, drawn in row.drawn.items():
        reach = INTERVAL_95 * Fraction(drawn.deviation)
        ends = [
            evaluate(expression, _cell(query, row, {key: end})) for end in (drawn.value - reach, drawn.value + reach)
        ]
        if any(end is None for end in ends):
            return Uncertainty(None, None)
        low, high = (float(end) for end in ends)  # type: ignore[arg-type]
        changes.append(abs(high - low) / 2)
    if not isinstance(value, Fraction | float):
        return Uncertainty(None, None)
    within = hypot(*changes)
    return Uncertainty(float(value) - within, float(value) + within, within / float(INTERVAL_95))


def _of_rank(asked: Aggregate, found: tuple[Quantile, int] | None) -> Uncertainty:
    assert asked.share is not None
    if found is None:
        return Uncertainty(None, None, share=float(asked.share))
    read, unit = found
    return Uncertainty(
        read.low / unit,
        read.high / unit,
        share=float(asked.share),
        rank_error=read.rank_error,
        step=read.step / unit,
    )


def _is_figure(expression: Expression) -> bool:
    match expression:
        case Aggregate():
            return True
        case Label() | Number() | Words():
            return False
        case Binary(operator, left, right):
            return operator not in COMPARED and (_is_figure(left) or _is_figure(right))


def _cells(found: Noised) -> Mapping[str, int]:
    cells = found.release.get("cells")
    if not isinstance(cells, dict):
        raise InvalidRecord("release: expected cells")
    return {str(name): int(value) for name, value in cells.items()}


def scale_of(query: Query, column: str) -> int:
    """Return the decimals of a column, by which its released integers are divided."""
    table = query.relation.holder if isinstance(query.relation, Joined) else query.relation
    declared = table.columns[column]
    return declared.scale if isinstance(declared, Integer) else 0


def _privacy(spec: Noisy) -> Privacy:
    assert spec.privacy is not None
    return spec.privacy
