"""Noised figures of a joint table: one job for each column, the same for every wording of a question.

Columns come in the order of their names. Rows are counted once, by the first job that needs squares or else by the
first; squares bring a count of their own. Groups are always all declared keys: naming fewer of them chooses among
noised figures. Quantiles are read off one noised histogram over the declared bounds, never found by counting.
"""

from __future__ import annotations

from dataclasses import replace

from mpc.kinds.registry import kind_of
from mpc.privacy import quantiles
from mpc.privacy.declaration import Privacy, Protection
from mpc.spec.job import SumsSpec
from mpc.spec.parts import Amount
from mpc.spec.sums import OUTPUTS
from mpc.sql.noise import keyed
from mpc.sql.noise.declared import Choices, declaration, require_costs
from mpc.sql.noise.keyed import Noisy
from mpc.sql.planning import plan as planning
from mpc.sql.planning.asking import Asking, source
from mpc.sql.planning.groups import filters, group_values, grouped
from mpc.sql.query import PAIRS, RANKS, SQUARES, Classes, GroupColumn, Measure, Query, aggregates
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import JointTable
from mpc.tables.schema import Integer


def jobs(query: Query, table: JointTable, asking: Asking, choices: Choices) -> tuple[Noisy, ...]:
    """Lay a query out as its jobs; raises Unanswerable, InvalidRecord as ``mpc.sql.noise.private``."""
    if len(table.parts) < max(3, asking.contributors):
        raise Unanswerable(Reason.OWNERS, table.name)
    group, classes = grouped(query, GroupColumn), grouped(query, Classes)
    for found in aggregates(query):
        if found.measure is Measure.DISTINCT:
            raise Unanswerable(Reason.DISTINCT, f"count(DISTINCT {found.column})")
        if found.measure in PAIRS:
            raise Unanswerable(Reason.NOISED_PAIR, f"{found.measure}({found.column}, {found.other})")
        if found.measure in RANKS and query.groups:
            raise Unanswerable(Reason.RANK_ALONE, f"{found.measure.upper()}({found.column})")
        if classes is not None and (group is not None or found.measure is not Measure.COUNT):
            raise Unanswerable(Reason.NOISED_CLASSES, classes.column)
    exact = [_exact(query, table, asking, choices, column) for column in columns(query, table)]
    require_costs(choices, {family.value for spec in exact for family in spec.families})
    masked = [_private(spec, table, query, choices) for spec in exact]
    noised = tuple(spec if choices.keyed is None else keyed.job(spec, choices.keyed) for spec in masked)
    for job in noised:
        kind_of(job).estimate()
    return noised


def columns(query: Query, table: JointTable) -> tuple[str, ...]:
    """Name the columns whose figures a query over a joint table needs, in the order of their jobs."""
    if (classes := grouped(query, Classes)) is not None:
        return (classes.column,)
    found = {asked.column for asked in aggregates(query) if asked.column is not None}
    return tuple(sorted(found)) or (_any_bounded(table),)


def counting(query: Query, table: JointTable) -> str:
    """Name the column whose job counts the rows of a query over a joint table."""
    names = columns(query, table)
    return next((column for column in names if _measures(query, column) & SQUARES), names[0])


def _exact(query: Query, table: JointTable, asking: Asking, choices: Choices, column: str) -> SumsSpec:
    """Say what a job asks, before its noise."""
    clip = _clip(table, column)
    outputs = _outputs(query, table, column)
    return SumsSpec(
        purpose=asking.purpose,
        recipient=asking.recipient,
        sources=tuple(source(part, asking) for part in sorted(table.parts, key=lambda part: part.party)),
        filters=filters(query, table.columns),
        value=Amount(column, max(abs(clip.low), abs(clip.high))),
        rows=table.rows,
        edges=_edges(query, clip, choices) if "histogram" in outputs else (),
        outputs=tuple(name for name in OUTPUTS if name in outputs),
        minimum=asking.minimum,
        contributors=asking.contributors,
    )


def _outputs(query: Query, table: JointTable, column: str) -> set[str]:
    if grouped(query, Classes) is not None:
        return {"histogram"}
    measures, asked = _measures(query, column), {found.measure for found in aggregates(query)}
    found = {"variance"} if measures & SQUARES else set()
    found |= {"histogram"} if measures & RANKS else set()
    counts = column == counting(query, table) and bool(asked & {Measure.COUNT, Measure.MEAN})
    if Measure.MEAN in measures:
        found.add("mean" if counts else "sum")
    if Measure.SUM in measures:
        found.add("sum")
    if counts and (Measure.COUNT in asked or not found & {"mean", "variance"}):
        found.add("count")
    return found


def _private(spec: SumsSpec, table: JointTable, query: Query, choices: Choices) -> SumsSpec:
    group = grouped(query, GroupColumn)
    asked = _protection(table, spec.value.column, None if group is None else group.column)
    if asked.groups is not None and (strange := set(group_values(query)) - set(asked.groups.values)):
        raise Unanswerable(Reason.NOISED_KEYS, min(strange))
    costs = {family: choices.costs[family.value] for family in spec.families}
    return replace(spec, privacy=Privacy(asked, costs, choices.recipient_class))


def _protection(table: JointTable, column: str, group: str | None) -> Protection:
    """Return what all owners declare of a question; they must declare the same."""
    scale = _clip(table, column).scale
    wanted = [declaration(part).protection(column, scale, group) for part in table.parts]
    for part, other in zip(table.parts, wanted, strict=True):
        if differences := wanted[0].differences(other):
            raise Unanswerable(Reason.DECLARATIONS, f"{table.parts[0].name}, {part.name}: {', '.join(differences)}")
    return wanted[0]


def _clip(table: JointTable, column: str) -> Integer:
    declared = table.columns.get(column)
    if not isinstance(declared, Integer):
        raise Unanswerable(Reason.TYPE, column)
    if not all(column in declaration(part).bounds for part in table.parts):
        raise Unanswerable(Reason.BOUNDS, column)
    return declared


def _edges(query: Query, clip: Integer, choices: Choices) -> tuple[int, ...]:
    classes = grouped(query, Classes)
    if classes is None:
        assert choices.steps is not None
        return quantiles.grid(clip.low, clip.high, choices.steps).edges
    edges = (clip.low, *planning.class_ends(classes, clip))
    if list(edges) != sorted(set(edges)) or edges[-1] > clip.high:
        raise Unanswerable(Reason.NOISED_CLASSES, f"{classes.column} < {classes.ends[0]}")
    return edges


def _any_bounded(table: JointTable) -> str:
    """Choose the column of a job that only counts: the same for every wording of a question."""
    shared = set.intersection(*(set(declaration(part).bounds) for part in table.parts)) & set(table.columns)
    if not shared:
        raise Unanswerable(Reason.BOUNDS, table.name)
    return min(shared)


def _measures(query: Query, column: str) -> set[Measure]:
    return {found.measure for found in aggregates(query) if found.column == column}
