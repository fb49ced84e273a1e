"""Figures over aligned rows as their one job: the columns of every owner, and who is told the common keys."""

from __future__ import annotations

from ledger.errors import InvalidRecord
from mpc.kinds.sums_bounds import FEW_VALUES
from mpc.protocols.join.layout import Column
from mpc.spec.aligned import AlignedSpec, Side
from mpc.sql.planning.asking import Asking, source
from mpc.sql.planning.jobs import Jobs
from mpc.sql.planning.predicates import number
from mpc.sql.query import Aligned, Measure, Query, aggregates, named
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import OwnedTable
from mpc.tables.forms import Form
from mpc.tables.schema import Text


def job(query: Query, relation: Aligned, asking: Asking) -> AlignedSpec:
    """Lay aligned rows out as their one job.

    Raises:
        Unanswerable: what the job does not give. InvalidRecord: more columns, or wider ones, than it can hold.
    """
    if asking.jobs is Jobs.EACH:
        raise InvalidRecord("--jobs each: figures over aligned rows are one job")
    columns = added(query, relation)
    sides = tuple(_side(table, columns, asking) for table in relation.parts)
    if columns and (empty := [side.source.asset for side in sides if not side.columns]):
        raise Unanswerable(Reason.ALIGNED_SIDES, ", ".join(empty))
    owners = [table.party for table in relation.parts]
    told = set(() if asking.telling is None else asking.telling.told)
    if strangers := sorted(told - set(owners)):
        raise InvalidRecord(f"query: {strangers[0]} owns no table of this join, and is not told its keys")
    key = relation.parts[0].columns[sides[0].key]
    return AlignedSpec(
        purpose=asking.purpose,
        recipient=asking.recipient,
        sides=sides,
        told=tuple(sorted(told or owners)),
        minimum=asking.minimum,
        form=key.form if isinstance(key, Text) else Form.EXACT,
    )


def added(query: Query, relation: Aligned) -> frozenset[str]:
    """Name the columns that are added up, as rows side by side have them; different keys are as many as rows.

    Raises:
        Unanswerable: a column whose products would count single classes, or something else is counted distinct.
    """
    found = set[str]()
    for asked in aggregates(query):
        if asked.measure is not Measure.DISTINCT:
            found |= {name for name in (asked.column, asked.other) if name is not None}
        elif asked.column not in relation.keys:
            raise Unanswerable(Reason.DISTINCT, f"count(DISTINCT {asked.column})")
    for name in sorted(found):
        declared = number(name, relation.columns)
        if declared.high - declared.low + 1 < FEW_VALUES:
            raise Unanswerable(Reason.ALIGNED_COLUMN, name)
    return frozenset(found)


def _side(table: OwnedTable, columns: frozenset[str], asking: Asking) -> Side:
    own = [name for name in table.columns if named(table, name) in columns]
    declared = [(name, number(name, table.columns)) for name in own]
    assert table.schema.key is not None
    bounded = tuple(Column(name, column.low, column.high) for name, column in declared)
    return Side(source(table, asking), table.schema.key, table.schema.rows, bounded)
