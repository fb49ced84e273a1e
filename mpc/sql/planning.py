"""From a query to jobs: which specifications, asked in which order, give the figures that it needs.

A joint table becomes masked sums, one job for each column that is added up; a join becomes a private join. What
cannot be had that way is refused here, before anybody is asked. HAVING, ORDER BY, LIMIT and arithmetic are no part of a
job: the recipient does them with opened figures (``mpc.sql.answering``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import ceil, floor, prod
from typing import TypeVar

from mpc.additive import schemes
from mpc.forms import Form
from mpc.schema import Column, Integer, Text
from mpc.spec import JobSpec, JoinSpec, SumsSpec
from mpc.spec_parts import Amount, Grouping, Interval, OneOf, Predicate, Source
from mpc.sql.query import (
    PAIRS,
    SQUARES,
    Aggregate,
    Classes,
    Condition,
    GroupColumn,
    Joined,
    Listed,
    Measure,
    Query,
    Range,
    aggregates,
)
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import JointTable, OwnedTable

_OUTPUT = {Measure.COUNT: "count", Measure.SUM: "sum", Measure.MEAN: "mean"} | dict.fromkeys(SQUARES, "variance")
_ORDER = ("count", "sum", "mean", "variance", "histogram")
G = TypeVar("G")


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks, for which purpose, under which release rules.

    authorization: the id of the authorization to use an asset. minimum, contributors: those of the owners' nodes.
    epsilon_milli, delta_log2: the noise on what the lister of a join sees. additive: the encryption of a join.
    """

    purpose: str
    recipient: str
    authorization: Callable[[str], bytes]
    minimum: int
    contributors: int
    epsilon_milli: int
    delta_log2: int
    additive: str = schemes.DEFAULT


@dataclass(frozen=True, slots=True)
class Plan:
    """A query and its jobs. values: of masked sums, the column, or the two whose product, each job adds up."""

    query: Query
    jobs: tuple[JobSpec, ...]
    values: tuple[tuple[str, ...], ...]

    @property
    def is_noised(self) -> bool:
        """Whether its figures are noised, all of them."""
        return all(job.privacy is not None for job in self.jobs)


def plan(query: Query, asking: Asking) -> Plan:
    """Lay a query without percentiles out as jobs for exact figures, as ``mpc.sql.exact`` wants it.

    Raises:
        Unanswerable: no protocol gives what is asked, or it would give more.
        InvalidRecord: bounds of a specification (``mpc.spec``).
    """
    if isinstance(query.relation, Joined):
        return Plan(query, (join(query, query.relation, asking),), ())
    return _sums(query, query.relation, asking)


def group_values(query: Query) -> tuple[str, ...]:
    """Return the values of the GROUP BY column, sorted; empty where there is none."""
    group = grouped(query, GroupColumn)
    if group is None:
        return ()
    listed = next((found for found in _on(query, group.column) if isinstance(found, Listed)), None)
    if listed is not None:
        return tuple(sorted(listed.values))
    table = query.relation.holder if isinstance(query.relation, Joined) else query.relation
    public = table.groups.get(group.column)
    if public is None:
        raise Unanswerable(Reason.GROUP, group.column)
    if not public:
        raise Unanswerable(Reason.GROUP_VALUES, group.column)
    return public


def _sums(query: Query, table: JointTable, asking: Asking) -> Plan:
    if len(table.parts) < max(3, asking.contributors):
        raise Unanswerable(Reason.OWNERS, table.name)
    asked, classes = aggregates(query), grouped(query, Classes)
    if distinct := next((found for found in asked if found.measure is Measure.DISTINCT), None):
        raise Unanswerable(Reason.DISTINCT, f"count(DISTINCT {distinct.column})")
    values = tuple(dict.fromkeys(value for found in asked for value in values_of(found)))
    if classes is not None and any(found.measure in PAIRS for found in asked):
        raise Unanswerable(Reason.PRODUCT, classes.column)
    if classes is not None and (set(values) - {(classes.column,)} or (values and grouped(query, GroupColumn) is None)):
        raise Unanswerable(Reason.CLASSES_OF_OTHER, classes.column)
    values = values or ((classes.column if classes else _any_number(query, table),),)
    jobs = tuple(_sums_job(query, table, asking, value, asked, classes) for value in values)
    return Plan(query, jobs, values)


def values_of(asked: Aggregate) -> tuple[tuple[str, ...], ...]:
    """Name what must be added up for a measure: its column, or both columns and their product."""
    if asked.column is None:
        return ()
    if asked.other is None:
        return ((asked.column,),)
    return ((asked.column,), (asked.other,), product(asked))


def product(asked: Aggregate) -> tuple[str, ...]:
    """Name the product of a measure's two columns, as a specification does."""
    return tuple(sorted(column for column in (asked.column, asked.other) if column is not None))


def _sums_job(
    query: Query,
    table: JointTable,
    asking: Asking,
    value: tuple[str, ...],
    asked: Sequence[Aggregate],
    classes: Classes | None,
) -> SumsSpec:
    factors = [_number(column, table.columns) for column in value]
    bound = prod(max(abs(factor.low), abs(factor.high), 1) for factor in factors)
    outputs = _outputs(value, asked) | ({"histogram"} if classes else set())
    group = grouped(query, GroupColumn)
    return SumsSpec(
        purpose=asking.purpose,
        recipient=asking.recipient,
        sources=tuple(source(part, asking) for part in sorted(table.parts, key=lambda part: part.party)),
        filters=filters(query, table.columns),
        value=Amount(value[0], bound, value[1] if len(value) > 1 else None),
        rows=table.rows,
        edges=_edges(query, classes, factors[0]) if classes else (),
        outputs=tuple(name for name in _ORDER if name in outputs),
        minimum=asking.minimum,
        contributors=asking.contributors,
        table=Grouping(group.column, group_values(query)) if group else None,
    )


def _outputs(value: tuple[str, ...], asked: Sequence[Aggregate]) -> set[str]:
    """Say what a job must release of its value; of a product only the sum."""
    if len(value) > 1:
        return {"sum"}
    found = {_OUTPUT[one.measure] for one in asked if one.measure not in PAIRS and one.column in (None, value[0])}
    paired = any(one.measure in PAIRS and value[0] in (one.column, one.other) for one in asked)
    return found | ({"variance"} if paired else set()) or {"count"}


def join(query: Query, relation: Joined, asking: Asking) -> JoinSpec:
    """Lay a join out as its one job; raises Unanswerable for what a join does not give."""
    holder, lister, asked = relation.holder, relation.lister, aggregates(query)
    if classes := grouped(query, Classes):
        raise Unanswerable(Reason.CLASSES_OF_OTHER, classes.column)
    for found in asked:
        if found.measure in SQUARES | PAIRS:
            raise Unanswerable(Reason.JOIN_SQUARES, f"{found.measure}({found.column})")
        if found.measure is Measure.DISTINCT and found.column != relation.holder_key:
            raise Unanswerable(Reason.DISTINCT, f"count(DISTINCT {found.column})")
    added = dict.fromkeys(found.column for found in asked if found.measure in (Measure.SUM, Measure.MEAN))
    for key, conditions in ((relation.holder_key, query.conditions), (relation.lister_key, relation.lister_conditions)):
        if any(found.column == key for found in conditions):
            raise Unanswerable(Reason.JOIN_KEY, key)
    group = grouped(query, GroupColumn)
    return JoinSpec(
        purpose=asking.purpose,
        recipient=asking.recipient,
        holder=source(holder, asking),
        holder_key=relation.holder_key,
        holder_most=holder.schema.rows,
        filters=filters(query, holder.columns),
        grouping=Grouping(group.column, group_values(query)) if group else None,
        sums=tuple(_amount(column, holder.columns) for column in added if column is not None),
        lister=source(lister, asking),
        lister_key=relation.lister_key,
        lister_most=lister.schema.rows,
        lister_filters=_predicates(relation.lister_conditions, lister.columns),
        rows=holder.schema.rows,
        minimum=asking.minimum,
        epsilon_milli=asking.epsilon_milli,
        delta_log2=asking.delta_log2,
        form=_form(holder, relation.holder_key),
        additive=asking.additive,
    )


def _form(table: OwnedTable, key: str) -> Form:
    """Return the rule by which a key is compared; that both owners have the same is seen where tables are joined."""
    declared = table.columns[key]
    return declared.form if isinstance(declared, Text) else Form.EXACT


def source(table: OwnedTable, asking: Asking) -> Source:
    """Name an owner's table as a source."""
    """Name an owner's table under the authorization to ask about it."""
    return Source(table.party, table.asset, asking.authorization(table.asset))


def _amount(column: str, columns: Mapping[str, Column]) -> Amount:
    declared = _number(column, columns)
    if declared.low < 0:
        raise Unanswerable(Reason.JOIN_AMOUNT, column)
    return Amount(column, max(declared.high, 1))


def _any_number(query: Query, table: JointTable) -> str:
    """Choose the column of a job that only counts: one the query names, before any other."""
    named = [found.column for found in query.conditions if isinstance(found, Range)]
    columns = table.columns.items()
    numbers = [name for name, own in columns if isinstance(own, Integer) and (not own.nullable or name in named)]
    if not numbers:
        raise Unanswerable(Reason.TYPE, table.name)
    return next((name for name in named if name in numbers), numbers[0])


def _number(column: str, columns: Mapping[str, Column]) -> Integer:
    declared = columns[column]
    if not isinstance(declared, Integer):
        raise Unanswerable(Reason.TYPE, column)
    return declared


def filters(query: Query, columns: Mapping[str, Column]) -> tuple[Predicate, ...]:
    """Say the conditions as filters; the values of the groups are in the grouping, and so in no filter."""
    group = grouped(query, GroupColumn)
    return _predicates([found for found in query.conditions if group is None or found.column != group.column], columns)


def _predicates(conditions: Sequence[Condition], columns: Mapping[str, Column]) -> tuple[Predicate, ...]:
    return tuple(_predicate(found, columns[found.column]) for found in sorted(conditions, key=lambda one: one.column))


def _predicate(condition: Condition, declared: Column) -> Predicate:
    if isinstance(condition, Listed):
        if not condition.values:
            raise Unanswerable(Reason.EMPTY, condition.column)
        return OneOf(condition.column, tuple(sorted(condition.values)))
    assert isinstance(declared, Integer)
    low, high = _ends(condition, declared)
    if low is not None and high is not None and low >= high:
        raise Unanswerable(Reason.EMPTY, condition.column)
    return Interval(condition.column, low, high)


def _ends(condition: Range, declared: Integer) -> tuple[int | None, int | None]:
    """Turn a range in the units of the query into the half-open range of the column's integers."""
    low, high, scale = condition.low, condition.high, 10**declared.scale
    at_least = None if low is None else floor(low * scale) + 1 if condition.is_low_open else ceil(low * scale)
    below = None if high is None else ceil(high * scale) if condition.is_high_open else floor(high * scale) + 1
    return at_least, below


def _edges(query: Query, classes: Classes, declared: Integer) -> tuple[int, ...]:
    """Begin the first class where the values begin, by a condition or by declaration."""
    bounds = [found for found in _on(query, classes.column) if isinstance(found, Range)]
    at_least = _ends(bounds[0], declared)[0] if bounds else None
    first = declared.low if at_least is None else at_least
    edges = (first, *class_ends(classes, declared))
    if list(edges) != sorted(set(edges)):
        raise Unanswerable(Reason.CLASSES, f"{classes.column} < {classes.ends[0]}")
    return edges


def class_ends(classes: Classes, declared: Integer) -> tuple[int, ...]:
    """Turn the ends of classes into the column's integers."""
    return tuple(ceil(end * 10**declared.scale) for end in classes.ends)


def _on(query: Query, column: str) -> list[Condition]:
    return [found for found in query.conditions if found.column == column]


def grouped(query: Query, kind: type[G]) -> G | None:
    """Return the query's grouping of a kind, of which it has one at most."""
    return next((group for group in query.groups if isinstance(group, kind)), None)
