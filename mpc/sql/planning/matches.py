"""Figures over matched rows as their one job: the columns and conditions of every owner, and who computes."""

from __future__ import annotations

from dataclasses import replace

from ledger.errors import InvalidRecord
from mpc.protocols.join.layout import Column
from mpc.protocols.matched.terms import ENGINES
from mpc.spec.matched import MatchedSide, MatchedSpec
from mpc.sql.planning.alignments import added
from mpc.sql.planning.asking import Asking, source
from mpc.sql.planning.jobs import Jobs
from mpc.sql.planning.predicates import number, predicates
from mpc.sql.query import Aligned, Query, named
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import OwnedTable
from mpc.tables.forms import Form
from mpc.tables.schema import Text


def job(query: Query, relation: Aligned, asking: Asking) -> MatchedSpec:
    """Lay matched rows out as their one job.

    Raises:
        Unanswerable: what the job does not give. InvalidRecord: more columns, rows or wider ones than it can hold.
    """
    if asking.jobs is Jobs.EACH:
        raise InvalidRecord("--jobs each: figures over matched rows are one job")
    computing = [table.party for table in relation.parts if table.engine]
    if len(computing) < ENGINES:
        raise Unanswerable(Reason.MATCHED_ENGINES, ", ".join(table.name for table in relation.parts))
    if chosen := next((found.column for found in query.conditions if found.column in relation.keys), None):
        raise Unanswerable(Reason.JOIN_KEY, chosen)
    columns = added(query, relation)
    sides = tuple(_side(table, query, columns, asking) for table in relation.parts)
    key = relation.parts[0].columns[sides[0].key]
    return MatchedSpec(
        purpose=asking.purpose,
        recipient=asking.recipient,
        sides=sides,
        engines=tuple(computing[:ENGINES]),
        rows=max(table.schema.rows for table in relation.parts),
        minimum=asking.minimum,
        form=key.form if isinstance(key, Text) else Form.EXACT,
    )


def _side(table: OwnedTable, query: Query, columns: frozenset[str], asking: Asking) -> MatchedSide:
    own = {named(table, name): name for name in table.columns}
    declared = [(name, number(name, table.columns)) for name in own.values() if named(table, name) in columns]
    chosen = [replace(found, column=own[found.column]) for found in query.conditions if found.column in own]
    assert table.schema.key is not None
    return MatchedSide(
        source(table, asking),
        table.schema.key,
        tuple(Column(name, column.low, column.high) for name, column in declared),
        predicates(chosen, table.columns),
    )
