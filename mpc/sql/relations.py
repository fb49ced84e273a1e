"""FROM: which owners' tables a query is about, as a joint table or as a join of two, and whose a column is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sqlglot import exp

from mpc.schema import Column, Text
from mpc.sql import conditions
from mpc.sql.query import Condition, Joined, Relation
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import JointTable, OwnedTable, Tables

Table = OwnedTable | JointTable


@dataclass(frozen=True, slots=True)
class Scope:
    """The relation of a query and how its columns are named.

    names: the tables by the names that the query gives them, lower case; the first is the one that figures are of.
    """

    relation: Relation
    names: Mapping[str, Table]

    @property
    def _main(self) -> Table:
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
        if isinstance(self.relation, Joined) and not node.table:
            keys = {self.relation.holder_key.lower(), self.relation.lister_key.lower()}
            if keys == {node.name.lower()}:
                return self.relation.holder_key
        table, name = locate(node, self.names)
        if table is self._main:
            return name
        if isinstance(self.relation, Joined) and name == self.relation.lister_key:
            return self.relation.holder_key  # equal in every row of the join
        raise Unanswerable(Reason.JOIN_SIDE, node.sql())

    def is_other(self, part: exp.Expression) -> bool:
        """Tell whether a condition is on the lister's columns, which belong to the join."""
        return isinstance(self.relation, Joined) and _side(part, self.names) is self.relation.lister


def read(select: exp.Select, tables: Tables) -> Scope:
    """Read FROM, JOIN and a membership in WHERE; raises Unanswerable."""
    source = select.args.get("from_")
    if source is None:
        raise Unanswerable(Reason.TABLE, "FROM")
    main, name = _table(source.this, tables)
    joins, member = select.args.get("joins") or [], _membership(select)
    if len(joins) + (member is not None) > 1:
        raise Unanswerable(Reason.JOIN, " ".join(join.sql() for join in joins) or name)
    if joins:
        return _joined(select, joins[0], main, name, tables)
    if member is not None:
        return _semijoined(member, main, name, tables)
    if isinstance(main, OwnedTable):
        raise Unanswerable(Reason.OWN_TABLE, name)
    return Scope(main, {name.lower(): main})


def is_membership(part: exp.Expression) -> bool:
    """Tell whether a condition is ``column IN (SELECT ..)``."""
    return isinstance(part, exp.In) and part.args.get("query") is not None


def locate(node: exp.Column, names: Mapping[str, Table]) -> tuple[Table, str]:
    """Find whose column is meant; raises Unanswerable for none and for several."""
    if node.table and node.table.lower() not in names:
        raise Unanswerable(Reason.TABLE, node.sql())
    tables = [names[node.table.lower()]] if node.table else list(names.values())
    found = [(table, column) for table in tables for column in _like(node.name, table.columns)]
    if len(found) == 1:
        return found[0]
    raise Unanswerable(Reason.AMBIGUOUS if found else Reason.COLUMN, node.sql())


def _like(name: str, columns: Mapping[str, Column]) -> list[str]:
    if name in columns:
        return [name]
    return [column for column in columns if column.lower() == name.lower()]


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


def _joined(select: exp.Select, join: exp.Join, main: Table, name: str, tables: Tables) -> Scope:
    other, other_name = _table(join.this, tables)
    known = {"this", "using", "on"} | ({"kind"} if join.kind == "INNER" else set())
    if any(value for part, value in join.args.items() if part not in known):
        raise Unanswerable(Reason.JOIN, join.sql())
    if not isinstance(main, OwnedTable) or not isinstance(other, OwnedTable):
        raise Unanswerable(Reason.JOIN, join.sql())
    names: dict[str, Table] = {name.lower(): main, other_name.lower(): other}
    keys = _keys(join, main, other, names)
    named = _figures_of(select, names, keys)
    is_swapped = named is other or (named is None and other.schema.unique != keys[other.name])
    holder, lister = (other, main) if is_swapped else (main, other)
    if lister.schema.unique != keys[lister.name]:
        raise Unanswerable(Reason.JOIN_TWICE, join.sql())
    return Scope(_relation(holder, lister, keys, _lister_conditions(select, names, lister), is_semi=False), names)


def _semijoined(member: exp.In, main: Table, name: str, tables: Tables) -> Scope:
    inner = member.args["query"].this
    if not isinstance(main, OwnedTable) or not isinstance(inner, exp.Select) or not isinstance(member.this, exp.Column):
        raise Unanswerable(Reason.JOIN, member.sql())
    known = {"expressions", "from_", "where", "distinct"}
    source = inner.args.get("from_")
    if any(value for part, value in inner.args.items() if part not in known) or source is None:
        raise Unanswerable(Reason.JOIN, member.sql())
    other, other_name = _table(source.this, tables)
    items = inner.expressions
    if not isinstance(other, OwnedTable) or len(items) != 1 or not isinstance(items[0], exp.Column):
        raise Unanswerable(Reason.JOIN, member.sql())
    keys = {main.name: locate(member.this, {name.lower(): main})[1]}
    keys[other.name] = locate(items[0], {other_name.lower(): other})[1]
    where, inside = inner.args.get("where"), {other_name.lower(): other}
    parts = [_condition(part, inside) for part in conditions.conjuncts(where.this if where else None)]
    merged = conditions.merged(parts, other.groups)
    return Scope(_relation(main, other, keys, merged, is_semi=True), {name.lower(): main})


def _relation(
    holder: OwnedTable, lister: OwnedTable, keys: Mapping[str, str], listed: tuple[Condition, ...], *, is_semi: bool
) -> Joined:
    for table in (holder, lister):
        if table.schema.key != keys[table.name]:
            raise Unanswerable(Reason.JOIN, f"{table.name}.{keys[table.name]}")
    if holder.party == lister.party:
        raise Unanswerable(Reason.JOIN, f"{holder.name}, {lister.name}")
    forms = {own.form for table in (holder, lister) if isinstance(own := table.columns[keys[table.name]], Text)}
    if len(forms) > 1:
        raise Unanswerable(Reason.KEY_FORMS, " and ".join(sorted(forms)))
    return Joined(holder, keys[holder.name], lister, keys[lister.name], listed, is_semi)


def _keys(join: exp.Join, main: OwnedTable, other: OwnedTable, names: Mapping[str, Table]) -> dict[str, str]:
    using, on = join.args.get("using") or [], join.args.get("on")
    if len(using) == 1 and on is None:
        found = [_like(using[0].name, table.columns) for table in (main, other)]
        if all(len(columns) == 1 for columns in found):
            return {main.name: found[0][0], other.name: found[1][0]}
    elif isinstance(on, exp.EQ) and isinstance(on.this, exp.Column) and isinstance(on.expression, exp.Column):
        sides = [locate(side, names) for side in (on.this, on.expression)]
        if {id(table) for table, _ in sides} == {id(main), id(other)}:
            return {table.name: column for table, column in sides}
    raise Unanswerable(Reason.JOIN, join.sql())


def _figures_of(select: exp.Select, names: Mapping[str, Table], keys: Mapping[str, str]) -> Table | None:
    """Say whose columns are aggregated or grouped, the key apart; None if there are no such."""
    group = select.args.get("group")
    asked = [*select.expressions, *(group.expressions if group else [])]
    outputs = {item.alias.lower() for item in select.expressions if isinstance(item, exp.Alias)}
    for node in (column for item in asked for column in item.find_all(exp.Column)):
        if isinstance(node.this, exp.Star) or (not node.table and node.name.lower() in outputs):
            continue
        if not node.table and node.name.lower() in {key.lower() for key in keys.values()}:
            continue
        table, column = locate(node, names)
        if isinstance(table, OwnedTable) and column != keys[table.name]:
            return table
    return None


def _lister_conditions(select: exp.Select, names: Mapping[str, Table], lister: OwnedTable) -> tuple[Condition, ...]:
    where = select.args.get("where")
    parts = [part for part in conditions.conjuncts(where.this if where else None) if _side(part, names) is lister]
    return conditions.merged([_condition(part, names) for part in parts], lister.groups)


def _side(part: exp.Expression, names: Mapping[str, Table]) -> Table | None:
    """Say whose columns a condition is on; None if it names none or several tables'."""
    tables = {id(table): table for table, _ in (locate(node, names) for node in part.find_all(exp.Column))}
    return next(iter(tables.values())) if len(tables) == 1 else None


def _condition(part: exp.Expression, names: Mapping[str, Table]) -> Condition:
    def type_of(node: exp.Column) -> tuple[str, Column]:
        table, column = locate(node, names)
        return column, table.columns[column]

    return conditions.read(part, type_of)


def _membership(select: exp.Select) -> exp.In | None:
    where = select.args.get("where")
    parts = conditions.conjuncts(where.this if where else None)
    found = [part for part in parts if isinstance(part, exp.In) and is_membership(part)]
    if len(found) > 1:
        raise Unanswerable(Reason.JOIN, found[1].sql())
    return found[0] if found else None
