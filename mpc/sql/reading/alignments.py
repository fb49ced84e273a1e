"""JOIN over rows side by side: whose they are, under the key that all of them hold.

It is read so only where the caller gives leave to tell the owners which keys all hold, or asks for three owners'
engines to match them; without either the same words are a private join (``mpc.sql.reading.joins``), which tells nobody
and is of one owner's columns. Aligned rows have no conditions: which keys they choose would be told with the keys.
Matched ones may have conditions on every owner's columns. Neither has groups.
"""

from __future__ import annotations

from collections.abc import Mapping

from sqlglot import exp

from mpc.protocols.align.terms import MAX_MEMBERS
from mpc.sql.query import Aligned, named
from mpc.sql.reading import joins
from mpc.sql.reading.columns import Table, like, locate
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import OwnedTable


def read(
    select: exp.Select, main: Table, name: str, find: joins.Find, *, is_matched: bool
) -> tuple[Aligned, Mapping[str, Table]]:
    """Read every JOIN of a query; answers the tables by their names in it, too.

    Raises:
        Unanswerable: what is joined is not different owners' tables by their declared, unique keys, or not all of it.
    """
    if not select.args.get("joins"):
        raise Unanswerable(Reason.MATCHED_JOIN if is_matched else Reason.ALIGNED_JOIN, name)
    _require_plain(select, is_matched=is_matched)
    joined, names = joins.keyed(select, main, name, find)
    tables = sorted((joins.owned(table, select) for table in names.values()), key=lambda table: table.party)
    for table in tables:
        joined.require_declared(table)
        if table.schema.unique != table.schema.key:
            raise Unanswerable(Reason.ALIGNED_ROWS, table.name)
    if not len({table.party for table in tables}) == len(tables) <= MAX_MEMBERS:
        raise Unanswerable(Reason.ALIGNED_JOIN, ", ".join(table.name for table in tables))
    joins.require_one_form([(table, joined.of(table)) for table in tables])
    return Aligned(tuple(tables), is_matched), names


def resolve(relation: Aligned, node: exp.Column, names: Mapping[str, Table]) -> str:
    """Find a column of the aligned rows; a key without the name of a table is the first owner's, as all are equal."""
    having = [table for table in relation.parts if like(node.name, table.columns)]
    if not node.table and having and all((table.schema.key or "").lower() == node.name.lower() for table in having):
        found, column = having[0], having[0].schema.key or ""
    else:
        table, column = locate(node, names)
        assert isinstance(table, OwnedTable)
        found = table
    if found.columns[column].nullable and column != found.schema.key and not relation.is_matched:
        raise Unanswerable(Reason.ALIGNED_COLUMN, node.sql())
    return named(found, column)


def _require_plain(select: exp.Select, *, is_matched: bool) -> None:
    """Refuse conditions on aligned rows, lists beside matched ones, and groups of both."""
    grouped = Reason.MATCHED_GROUP if is_matched else Reason.ALIGNED_GROUP
    if (words := select.args.get("group")) is not None or select.args.get("distinct"):
        raise Unanswerable(grouped, words.sql() if words else "DISTINCT")
    if (where := select.args.get("where")) is not None and not is_matched:
        raise Unanswerable(Reason.ALIGNED_FILTER, where.sql())
    if listed := joins.memberships(select):
        raise Unanswerable(Reason.MATCHED_JOIN, listed[0].sql())
