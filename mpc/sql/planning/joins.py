"""A join as its one job: whose rows are counted, by which groups, and on which lists their keys must be."""

from __future__ import annotations

from collections.abc import Mapping

from mpc.spec.job import JoinSpec
from mpc.spec.join import Listing
from mpc.spec.parts import Amount, Grouping
from mpc.sql.planning.asking import Asking, source
from mpc.sql.planning.groups import filters, group_values, grouped, listers_group, listers_values
from mpc.sql.planning.predicates import number, predicates
from mpc.sql.query import PAIRS, SQUARES, Classes, GroupColumn, Joined, Measure, Membership, Query, aggregates
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import OwnedTable
from mpc.tables.forms import Form
from mpc.tables.schema import Column, Text


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
    keyed = [(relation.holder_key, query.conditions), *((one.key, one.conditions) for one in relation.lists)]
    for key, conditions in keyed:
        if any(found.column == key for found in conditions):
            raise Unanswerable(Reason.JOIN_KEY, key)
    group, own = grouped(query, GroupColumn), listers_group(query)
    in_lister = [found for found in relation.lister_conditions if own is None or found.column != own.column]
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
        lister_filters=predicates(in_lister, lister.columns),
        rows=holder.schema.rows,
        minimum=asking.minimum,
        epsilon_milli=asking.epsilon_milli,
        delta_log2=asking.delta_log2,
        form=_form(holder, relation.holder_key),
        additive=asking.additive,
        lister_grouping=Grouping(own.column, listers_values(query)) if own else None,
        further=tuple(_listing(found, asking) for found in relation.further),
    )


def _listing(found: Membership, asking: Asking) -> Listing:
    table = found.table
    return Listing(source(table, asking), found.key, table.schema.rows, predicates(found.conditions, table.columns))


def _form(table: OwnedTable, key: str) -> Form:
    """Return the rule by which a key is compared; that both owners have the same is seen where tables are joined."""
    declared = table.columns[key]
    return declared.form if isinstance(declared, Text) else Form.EXACT


def _amount(column: str, columns: Mapping[str, Column]) -> Amount:
    declared = number(column, columns)
    if declared.low < 0:
        raise Unanswerable(Reason.JOIN_AMOUNT, column)
    return Amount(column, max(declared.high, 1))
