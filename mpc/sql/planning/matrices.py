"""The jobs of a matrix of second moments: one job for all columns together, or one for each column and each product.

Both open the same figures of the same rows: the recipient's answer is the same to the last digit. They differ in time
and in what owners withhold. One job is held to ten own rows a figure (``mpc.disclosure.drawn``), which no description
tells; so the asker may choose, and where it does not, declarations do: one job of ``LEAST_COLUMNS`` columns or more if
the query needs every pair of them and every owner's declaration admits it. One job is never taken for a query that
needs less, since it opens the products of all pairs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import TypeAlias

from ledger.errors import InvalidRecord
from mpc.disclosure.drawn import rows_needed
from mpc.kinds.matrices.bounds import moments_faults
from mpc.kinds.matrices.cells import TOTAL, schema, totals
from mpc.protocols.words import Text
from mpc.spec.job import JobSpec, SumsSpec
from mpc.spec.moments import MAX_COLUMNS, MomentsSpec
from mpc.sql.planning.jobs import Jobs
from mpc.sql.query import PAIRS, Query, aggregates
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import JointTable

LEAST_COLUMNS = 3
"""Below, separate jobs take little longer, and ask fewer rows of every owner."""
Value: TypeAlias = tuple[str, ...]
"""What a job of masked sums adds up: a column, or the product of two."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The jobs of a query, and the rule by which they are these; None where there is no choice."""

    jobs: tuple[JobSpec, ...]
    rule: Text | None = None


def choose(query: Query, separate: Sequence[JobSpec], values: Sequence[Value], wanted: Jobs | None) -> Chosen:
    """Say which jobs a query is asked in.

    Args:
        separate: a job for each of ``values``. wanted: None where declarations are to decide.

    Raises:
        Unanswerable: one job is wanted where its rules do not admit it.
    """
    jobs = tuple(separate)
    if wanted is not Jobs.ONE and not any(found.measure in PAIRS for found in aggregates(query)):
        return Chosen(jobs)
    if wanted is Jobs.EACH:
        return Chosen(jobs, _each())
    columns = columns_of(values)
    if wanted is None and len(columns) < LEAST_COLUMNS:
        return Chosen(jobs, _few())
    try:
        spec = _one(query, separate, values)
    except InvalidRecord as fault:
        if wanted is Jobs.ONE:
            raise Unanswerable(Reason.ONE_JOB, f"--jobs one: {_said(fault)}") from fault
        return Chosen(jobs, Text(f"one job is not possible: {_said(fault)}", f"不能合为一个任务:{_said(fault)}"))
    return Chosen((spec,), _together(spec, len(jobs), is_wanted=wanted is Jobs.ONE))


def columns_of(values: Sequence[Value]) -> tuple[str, ...]:
    """List the columns that are added up, ascending, as a specification of moments has them."""
    return tuple(sorted({column for value in values for column in value}))


def apart(spec: MomentsSpec, values: Sequence[Value], cells: Mapping[str, int]) -> list[dict[str, int]]:
    """Give the figures of one job the names that they have in a job for each value. cells: those that were opened."""
    places = {amount.column: place for place, amount in enumerate(spec.columns, 1)}
    found = []
    for value in values:
        one, *other = sorted(places[column] for column in value)
        own = {"sum": f"product-0-{one}", "squares": f"product-{one}-{one}"}
        named = {TOTAL: TOTAL, **({"sum": f"product-{one}-{other[0]}"} if other else own)}
        found.append({name: cells[total] for name, total in named.items() if total in cells})
    return found


def own_rows_needed(columns: int) -> int:
    """Return how many own rows an owner needs for one job over so many columns, if no moments were asked before."""
    return rows_needed((columns + 1) * (columns + 2) // 2 - 1)


def _one(query: Query, separate: Sequence[JobSpec], values: Sequence[Value]) -> MomentsSpec:
    """Lay it out as one job; raises InvalidRecord where the rules of such a job do not admit it by declaration."""
    table = query.relation
    if not isinstance(table, JointTable) or query.groups:
        raise InvalidRecord("it is over one joint table without groups")
    columns = columns_of(values)
    if len(columns) < 2:
        raise InvalidRecord("it is of two columns at least")
    if missing := next((pair for pair in combinations(columns, 2) if pair not in values), None):
        raise InvalidRecord(f"it opens the products of all pairs, and the query does not ask for {' * '.join(missing)}")
    if len(columns) > MAX_COLUMNS:
        raise InvalidRecord(f"it has {MAX_COLUMNS} columns at most")
    amounts = {job.value.column: job.value for job in separate if isinstance(job, SumsSpec) and job.value.by is None}
    sample = next(job for job in separate if isinstance(job, SumsSpec))
    spec = MomentsSpec(
        purpose=sample.purpose,
        recipient=sample.recipient,
        sources=sample.sources,
        filters=sample.filters,
        columns=tuple(amounts[column] for column in columns),
        rows=sample.rows,
        minimum=sample.minimum,
        contributors=sample.contributors,
    )
    schema(spec)  # its totals fit
    _require_admitted(spec, table)
    return spec


def _require_admitted(spec: MomentsSpec, table: JointTable) -> None:
    """Raise InvalidRecord for what an owner's declaration says against it."""
    needed = rows_needed(len(totals(spec)))
    for part in table.parts:
        if fault := next((text for _, text in moments_faults(spec, part.schema)), None):
            raise InvalidRecord(f"{part.name}: {fault}")
        if part.schema.rows < needed:
            raise InvalidRecord(f"{part.name} has {part.schema.rows} rows at most, and {needed} are needed")


def _said(fault: InvalidRecord) -> str:
    return str(fault).removeprefix("spec: ")


def _each() -> Text:
    return Text("--jobs each: a job for each column and each product", "--jobs each:每列及每个乘积各一个任务")


def _few() -> Text:
    return Text(
        f"fewer than {LEAST_COLUMNS} columns: a job for each column and each product (--jobs one: all in one job)",
        f"不足 {LEAST_COLUMNS} 列:每列及每个乘积各一个任务(--jobs one:合为一个任务)",
    )


def _together(spec: MomentsSpec, instead_of: int, *, is_wanted: bool) -> Text:
    size, needed = len(spec.columns), rows_needed(len(totals(spec)))
    en = "--jobs one" if is_wanted else f"{LEAST_COLUMNS} columns or more, every pair of them asked"
    zh = "--jobs one" if is_wanted else f"不少于 {LEAST_COLUMNS} 列,且查询其中每一对"
    return Text(
        f"{en}: 1 job of {size} columns instead of {instead_of}; an owner withholds it with fewer than {needed} own "
        f"rows (--jobs each: {instead_of} jobs without that rule)",
        f"{zh}:{size} 列合为 1 个任务,代替 {instead_of} 个;所有方自有行数少于 {needed} 时不公开"
        f"(--jobs each:{instead_of} 个任务,不受此限)",
    )
