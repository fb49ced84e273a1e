"""JOIN and IN (SELECT ..): which table's rows are counted, and on which other owners' lists their keys must be.

Figures are of one table's columns; every other table is a list of keys, on whose own rows conditions may stand. In a
JOIN a list has each key once, so that pairs of rows are counted as SQL counts them; with IN every row counts once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from sqlglot import exp

from mpc.spec.join import MAX_LISTS
from mpc.sql.query import Condition, Joined, Membership
from mpc.sql.reading import conditions
from mpc.sql.reading.columns import Table, condition, like, locate, side
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import OwnedTable
from mpc.tables.schema import Text

Find = Callable[[exp.Expression], tuple[Table, str]]
"""From a table as it is written to its description and its name in the query; raises Unanswerable."""


def is_membership(part: exp.Expression) -> bool:
    """Tell whether a condition is ``column IN (SELECT ..)``."""
    return isinstance(part, exp.In) and part.args.get("query") is not None


def memberships(select: exp.Select) -> list[exp.In]:
    """List the conditions that are memberships."""
    where = select.args.get("where")
    parts = conditions.conjuncts(where.this if where else None)
    return [part for part in parts if isinstance(part, exp.In) and is_membership(part)]


def read(select: exp.Select, main: Table, name: str, find: Find) -> tuple[Joined, Mapping[str, Table]]:
    """Read all joins and memberships of a query; answers the tables by their names in it, too.

    Raises:
        Unanswerable: what is joined is not two to five owners' tables by their declared keys.
    """
    joined, names = keyed(select, main, name, find)
    asked = memberships(select)
    listed = [_membership(member, names, joined, find) for member in asked]
    tables = [owned(table, asked[0] if asked else select) for table in names.values()]
    for table in tables:
        joined.require_declared(table)
    holder = _holder(select, tables, names, joined)
    listed += [
        Membership(table, joined.of(table), _conditions(select, names, table))
        for table in tables
        if table is not holder
    ]
    lister, *further = _lists(holder, listed)
    found = Joined(
        holder, joined.of(holder), lister.table, lister.key, lister.conditions, len(tables) == 1, tuple(further)
    )
    require_one_form([(found.holder, found.holder_key), *((one.table, one.key) for one in found.lists)])
    return found, names


def keyed(select: exp.Select, main: Table, name: str, find: Find) -> tuple[Keys, dict[str, Table]]:
    """Read every JOIN: by which column each table is joined, and the tables by their names in the query."""
    joined, names = Keys(), {name.lower(): main}
    for join in select.args.get("joins") or []:
        other, called = find(join.this)
        _require_inner(join)
        if called.lower() in names or any(other is table for table in names.values()):
            raise Unanswerable(Reason.JOIN, join.sql())
        joined.add(join, names, other, names | {called.lower(): other})
        names[called.lower()] = other
    return joined, names


class Keys:
    """By which column each table is joined."""

    def __init__(self) -> None:
        self._columns: dict[str, str] = {}

    def of(self, table: Table) -> str:
        return self._columns[table.name]

    def locate(self, node: exp.Column, names: Mapping[str, Table]) -> tuple[Table, str]:
        """Find whose column is meant; one that all tables which have it are joined by is the first one's."""
        having = [(table, like(node.name, table.columns)) for table in names.values()]
        having = [(table, found) for table, found in having if found]
        if not node.table and len(having) > 1 and all(self._columns.get(t.name) in found for t, found in having):
            return having[0][0], self.of(having[0][0])
        return locate(node, names)

    def note(self, table: Table, column: str, words: exp.Expression) -> None:
        """Take note of a join by a column, which must be the same one in every join of the table."""
        if self._columns.setdefault(table.name, column) != column:
            raise Unanswerable(Reason.JOIN, words.sql())

    def add(self, join: exp.Join, before: Mapping[str, Table], other: Table, names: Mapping[str, Table]) -> None:
        """Read USING or ON of one more table."""
        using, on = join.args.get("using") or [], join.args.get("on")
        if len(using) == 1 and on is None:
            for table in (*before.values(), other):
                if len(found := like(using[0].name, table.columns)) != 1:
                    raise Unanswerable(Reason.JOIN, join.sql())
                self.note(table, found[0], join)
            return
        if isinstance(on, exp.EQ) and isinstance(on.this, exp.Column) and isinstance(on.expression, exp.Column):
            sides = [locate(found, names) for found in (on.this, on.expression)]
            if [table is other for table, _ in sides].count(True) == 1:
                for table, column in sides:
                    self.note(table, column, join)
                return
        raise Unanswerable(Reason.JOIN, join.sql())

    def require_declared(self, table: OwnedTable) -> None:
        """Refuse another column than the owner's declared key."""
        column = self._columns.get(table.name)
        if column is None or table.schema.key != column:
            raise Unanswerable(Reason.JOIN, f"{table.name}.{column}" if column else table.name)


def _require_inner(join: exp.Join) -> None:
    if join.side or join.kind == "OUTER":
        raise Unanswerable(Reason.OUTER_JOIN, join.sql())
    known = {"this", "using", "on"} | ({"kind"} if join.kind == "INNER" else set())
    if any(value for part, value in join.args.items() if part not in known):
        raise Unanswerable(Reason.JOIN, join.sql())


def _membership(member: exp.In, names: Mapping[str, Table], joined: Keys, find: Find) -> Membership:
    """Read ``key IN (SELECT key FROM list WHERE ..)``."""
    inner = member.args["query"].this
    if not isinstance(inner, exp.Select) or not isinstance(member.this, exp.Column):
        raise Unanswerable(Reason.JOIN, member.sql())
    known = {"expressions", "from_", "where", "distinct"}
    source = inner.args.get("from_")
    if any(value for part, value in inner.args.items() if part not in known) or source is None:
        raise Unanswerable(Reason.JOIN, member.sql())
    other, called = find(source.this)
    items, inside = inner.expressions, {called.lower(): other}
    if len(items) != 1 or not isinstance(items[0], exp.Column):
        raise Unanswerable(Reason.JOIN, member.sql())
    joined.note(*joined.locate(member.this, names), member)
    listed, (_, column) = owned(other, member), locate(items[0], inside)
    joined.note(listed, column, member)
    joined.require_declared(listed)
    where = inner.args.get("where")
    parts = [condition(part, inside) for part in conditions.conjuncts(where.this if where else None)]
    return Membership(listed, column, conditions.merged(parts, listed.groups))


def _holder(select: exp.Select, tables: Sequence[OwnedTable], names: Mapping[str, Table], joined: Keys) -> OwnedTable:
    """Choose whose rows are counted: of the table that is added up, else of one that groups, else of the first."""
    summed = _named(_aggregated(select), select, names, joined)
    group = select.args.get("group")
    if len(summed) > 1 and group is None and select.args.get("where") is None:
        raise Unanswerable(Reason.ALIGN, ", ".join(table.name for table in summed))
    grouped = _named([*select.expressions, *(group.expressions if group else [])], select, names, joined)
    candidates = summed[:1] or [*grouped, *tables]
    for holder in candidates:
        if all(table.schema.unique == joined.of(table) for table in tables if table is not holder):
            return holder
    raise Unanswerable(Reason.JOIN_TWICE, ", ".join(table.name for table in tables))


def _aggregated(select: exp.Select) -> Iterator[exp.Expression]:
    for part in (*select.expressions, select.args.get("having"), select.args.get("order")):
        if part is not None:
            yield from part.find_all(exp.AggFunc)


def _named(
    parts: Iterable[exp.Expression], select: exp.Select, names: Mapping[str, Table], joined: Keys
) -> list[OwnedTable]:
    """List the tables whose columns are named, the keys apart, in the order of their naming."""
    found: dict[str, OwnedTable] = {}
    outputs = {item.alias.lower() for item in select.expressions if isinstance(item, exp.Alias)}
    for node in (column for part in parts for column in part.find_all(exp.Column)):
        if isinstance(node.this, exp.Star) or (not node.table and node.name.lower() in outputs):
            continue
        if not node.table and any(joined.of(table).lower() == node.name.lower() for table in names.values()):
            continue
        table, column = locate(node, names)
        if isinstance(table, OwnedTable) and column != joined.of(table):
            found[table.name] = table
    return list(found.values())


def _conditions(select: exp.Select, names: Mapping[str, Table], table: OwnedTable) -> tuple[Condition, ...]:
    where = select.args.get("where")
    parts = [part for part in conditions.conjuncts(where.this if where else None) if not is_membership(part)]
    own = [condition(part, names) for part in parts if side(part, names) is table]
    return conditions.merged(own, table.groups)


def _lists(holder: OwnedTable, listed: Sequence[Membership]) -> list[Membership]:
    """Put lists in the order of their owners, all of whom are different."""
    parties = sorted([holder.party, *(found.table.party for found in listed)])
    if len(set(parties)) != len(parties) or not 0 < len(listed) <= MAX_LISTS:
        raise Unanswerable(Reason.JOIN, ", ".join([holder.name, *(found.table.name for found in listed)]))
    return sorted(listed, key=lambda found: found.table.party)


def owned(table: Table, words: exp.Expression) -> OwnedTable:
    """Refuse to join a joint table."""
    if not isinstance(table, OwnedTable):
        raise Unanswerable(Reason.JOIN, words.sql())
    return table


def require_one_form(keyed: Iterable[tuple[OwnedTable, str]]) -> None:
    """Refuse owners that compare their keys by different rules."""
    keys = [table.columns[key] for table, key in keyed]
    forms = {key.form for key in keys if isinstance(key, Text)}
    if len(forms) > 1:
        raise Unanswerable(Reason.KEY_FORMS, " and ".join(sorted(forms)))
