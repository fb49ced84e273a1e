"""FROM: which owners' tables a query is about, as a joint table or as a join, and whose a column is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from mpc.sql.query import Aligned, GroupColumn, Joined, Relation
from mpc.sql.reading import alignments, joins
from mpc.sql.reading.columns import Table, like, locate, side
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import JointTable, OwnedTable, Tables
from mpc.tables.schema import Column


@dataclass(frozen=True, slots=True)
class Scope:
    """The relation of a query and how its columns are named.

    names: the tables by the names that the query gives them, lower case; the first is the one that figures are of.
    """

    relation: Relation
    names: Mapping[str, Table]

    @property
    def _main(self) -> Table | Aligned:
        return self.relation.holder if isinstance(self.relation, Joined) else self.relation

    @property
    def public(self) -> Mapping[str, tuple[str, ...]]:
        """The public values of the columns by which the relation can be grouped."""
        return self._main.groups

    def type_of(self, column: str) -> Column:
        """Return how a column of the main table is declared."""
        return self._main.columns[column]

    def resolve(self, node: exp.Column) -> str:
        """Find a column of the main table; raises Unanswerable for another table's, and for none."""
        if isinstance(self.relation, Aligned):
            return alignments.resolve(self.relation, node, self.names)
        if isinstance(self.relation, Joined) and not node.table and self._is_key(node.name):
            return self.relation.holder_key
        table, name = locate(node, self.names)
        if table is self._main:
            return name
        if isinstance(self.relation, Joined) and name == self._key_of(table):
            return self.relation.holder_key  # equal in every row of the join
        raise Unanswerable(Reason.JOIN_SIDE, node.sql())

    def label(self, node: exp.Column) -> str:
        """Name a column that a row of the answer may be labelled with: a list's, behind the name of its table."""
        if (other := self._others(node)) is not None:
            return f"{other[0].name}.{other[1]}"
        return self.resolve(node)

    def group(self, node: exp.Column) -> GroupColumn:
        """Find a column to group by, of the main table or of a list; raises Unanswerable."""
        if (other := self._others(node)) is None:
            return GroupColumn(self.resolve(node))
        if not isinstance(self.relation, Joined) or self.relation.further:
            raise Unanswerable(Reason.JOIN_GROUP, node.sql())
        return GroupColumn(other[1], is_listers=True)

    def is_other(self, part: exp.Expression) -> bool:
        """Tell whether a condition is on a list's columns, which belong to the join."""
        if not isinstance(self.relation, Joined):
            return False
        found = side(part, self.names)
        return any(found is listed.table for listed in self.relation.lists)

    def _others(self, node: exp.Column) -> tuple[Table, str] | None:
        """Find a list's column, its key apart; None for all others."""
        if not isinstance(self.relation, Joined) or (not node.table and self._is_key(node.name)):
            return None
        table, name = locate(node, self.names)
        return None if table is self._main or name == self._key_of(table) else (table, name)

    def _is_key(self, name: str) -> bool:
        """Tell whether every table of the query that has such a column is joined by it."""
        having = [table for table in self.names.values() if like(name, table.columns)]
        return bool(having) and all(self._key_of(table).lower() == name.lower() for table in having)

    def _key_of(self, table: Table) -> str:
        assert isinstance(self.relation, Joined)
        if table is self._main:
            return self.relation.holder_key
        return next(listed.key for listed in self.relation.lists if listed.table is table)


def read(select: exp.Select, tables: Tables, *, is_aligned: bool, is_matched: bool) -> Scope:
    """Read FROM, JOIN and memberships in WHERE; raises Unanswerable."""
    source = select.args.get("from_")
    if source is None:
        raise Unanswerable(Reason.TABLE, "FROM")
    main, name = _table(source.this, tables)
    if is_aligned or is_matched:
        return Scope(*alignments.read(select, main, name, lambda node: _table(node, tables), is_matched=is_matched))
    if select.args.get("joins") or joins.memberships(select):
        return Scope(*joins.read(select, main, name, lambda node: _table(node, tables)))
    if isinstance(main, OwnedTable):
        raise Unanswerable(Reason.OWN_TABLE, name)
    return Scope(main, {name.lower(): main})


def _table(node: exp.Expression, tables: Tables) -> tuple[Table, str]:
    if isinstance(node, exp.Subquery):
        return _union(node, tables)
    if not isinstance(node, exp.Table) or node.db:
        raise Unanswerable(Reason.UNSUPPORTED, node.sql())
    found = tables.named(node.name)
    if found is None:
        raise Unanswerable(Reason.TABLE, node.name)
    return found, node.alias or node.name


def _union(node: exp.Subquery, tables: Tables) -> tuple[JointTable, str]:
    parts: list[OwnedTable] = []
    for select in _arms(node.this):
        is_plain = {name for name, value in select.args.items() if value} <= {"expressions", "from_"}
        columns = [item for item in select.expressions if not isinstance(item, exp.Star | exp.Column)]
        if not is_plain or columns or select.args.get("from_") is None:
            raise Unanswerable(Reason.UNION, select.sql())
        table, _ = _table(select.args["from_"].this, tables)
        if not isinstance(table, OwnedTable):
            raise Unanswerable(Reason.UNION, select.sql())
        for item in select.expressions:
            if isinstance(item, exp.Column):
                locate(item, {table.name.lower(): table})
        parts.append(table)
    name = node.alias or "union"
    if len({part.party for part in parts}) != len(parts):
        raise Unanswerable(Reason.UNION, node.sql())
    return JointTable(name, tuple(parts)), name


def _arms(node: exp.Expression) -> Iterator[exp.Select]:
    match node:
        case exp.Union() if not node.args.get("distinct"):
            yield from _arms(node.this)
            yield from _arms(node.expression)
        case exp.Select():
            yield node
        case exp.Subquery():
            yield from _arms(node.this)
        case _:
            raise Unanswerable(Reason.UNION, node.sql())
