"""From SQL text to a ``Query``: parsed by sqlglot, then read strictly, so that nothing in the text is passed over.

A part of SQL that is not answered is refused by its words. Names are found without regard to case, as in SQL, unless
two differ by case only.
"""

from __future__ import annotations

from fractions import Fraction

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from mpc.sql.query import (
    Classes,
    Condition,
    Grouping,
    Order,
    Output,
    Query,
    Range,
)
from mpc.sql.reading import conditions, dates, expressions, joins, nullable, relations
from mpc.sql.reading.relations import Scope
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import Tables
from mpc.tables.schema import Column, Integer

MAX_CHARACTERS = 20_000
_KNOWN = {"expressions", "from_", "joins", "where", "group", "having", "order", "limit", "offset", "distinct", "kind"}


def read(sql: str, tables: Tables, *, is_aligned: bool = False, is_matched: bool = False) -> Query:
    """Read one SELECT.

    Args:
        is_aligned: as one over aligned rows, which tells owners their common keys (``mpc.sql.reading.alignments``).
        is_matched: as one over rows that owners' engines match, which tells nobody.

    Raises:
        Unanswerable: with the reason, the words it is about, and what to ask instead.
    """
    select = _parsed(sql)
    scope = relations.read(select, tables, is_aligned=is_aligned, is_matched=is_matched)
    chosen = _conditions(select, scope)
    groups = _groups(select, scope, chosen)
    keyed = [(expressions.text_of(node, scope.label), group) for node, group in groups]
    outputs = tuple(_output(node, scope, keyed) for node in select.expressions)
    if not outputs:
        raise Unanswerable(Reason.SYNTAX, sql)
    having = select.args.get("having")
    query = Query(
        relation=scope.relation,
        outputs=outputs,
        conditions=chosen,
        groups=tuple(group for _, group in groups),
        having=expressions.read(_unnamed(having.this, select), scope, keyed) if having else None,
        order=_order(select, scope, keyed),
        limit=_whole(select.args.get("limit")),
        offset=_whole(select.args.get("offset")) or 0,
    )
    dates.require_counted(query)
    return nullable.narrowed(query)


def _parsed(sql: str) -> exp.Select:
    if len(sql) > MAX_CHARACTERS:
        raise Unanswerable(Reason.SYNTAX, f"{len(sql)} characters, at most {MAX_CHARACTERS}")
    try:
        statements = sqlglot.parse(sql)
    except (SqlglotError, RecursionError) as fault:
        raise Unanswerable(Reason.SYNTAX, str(fault).splitlines()[0] if str(fault) else sql) from fault
    if len(statements) != 1 or statements[0] is None:
        raise Unanswerable(Reason.SYNTAX, sql)
    if not isinstance(statements[0], exp.Select):
        raise Unanswerable(Reason.UNSUPPORTED, sql)
    select = statements[0]
    unknown = sorted(name for name, value in select.args.items() if value and name not in _KNOWN)
    if unknown:
        raise Unanswerable(Reason.UNSUPPORTED, unknown[0].strip("_").upper())
    return select


def _groups(select: exp.Select, scope: Scope, chosen: tuple[Condition, ...]) -> list[tuple[exp.Expression, Grouping]]:
    group = select.args.get("group")
    terms = list(group.expressions) if group else []
    if group and any(value for name, value in group.args.items() if name != "expressions"):
        raise Unanswerable(Reason.UNSUPPORTED, group.sql())
    if select.args.get("distinct"):
        if terms or any(isinstance(part, exp.AggFunc) for item in select.expressions for part in item.walk()):
            raise Unanswerable(Reason.UNSUPPORTED, "DISTINCT")
        terms = list(select.expressions)
    nodes = [_unnamed(_placed(term, select), select) for term in terms]
    found = [(node, _grouping(node, scope, chosen)) for node in nodes]
    kinds = [(type(grouping), getattr(grouping, "is_listers", False)) for _, grouping in found]
    if len(kinds) != len(set(kinds)):
        raise Unanswerable(Reason.GROUP, " and ".join(node.sql() for node, _ in found))
    return found


def _placed(term: exp.Expression, select: exp.Select) -> exp.Expression:
    """Resolve GROUP BY 1 and ORDER BY 1: the output at that place."""
    if isinstance(term, exp.Literal) and not term.is_string:
        if not term.this.isdigit() or not 0 < int(term.this[:6]) <= len(select.expressions):
            raise Unanswerable(Reason.COLUMN, term.sql())
        placed: exp.Expression = select.expressions[int(term.this) - 1]
        return placed
    return term


def _unnamed(node: exp.Expression, select: exp.Select) -> exp.Expression:
    """Replace names of outputs by what they stand for."""
    named = {item.alias.lower(): item.this for item in select.expressions if isinstance(item, exp.Alias)}

    def meant(part: exp.Expression) -> exp.Expression:
        is_bare = isinstance(part, exp.Column) and not part.table
        return named[part.name.lower()].copy() if is_bare and part.name.lower() in named else part

    inner = node.this if isinstance(node, exp.Alias) else node
    return inner.copy().transform(meant)


def _grouping(node: exp.Expression, scope: Scope, chosen: tuple[Condition, ...]) -> Grouping:
    if (part := dates.part(node)) is not None:
        name = scope.resolve(part.column)
        span = next((found for found in chosen if isinstance(found, Range) and found.column == name), None)
        return dates.classes(part, name, scope.type_of(name), span)
    if isinstance(node, exp.Column):
        return scope.group(node)
    if isinstance(node, exp.Case) and node.this is None:
        return _classes(node, scope)
    raise Unanswerable(Reason.GROUP, node.sql())


def _classes(node: exp.Case, scope: Scope) -> Classes:
    """Read CASE WHEN c < a THEN 'x' WHEN c < b THEN 'y' ELSE 'z' END."""
    column, ends, labels = "", list[Fraction](), list[str]()
    for branch in node.args["ifs"]:
        test = branch.this
        if not isinstance(test, exp.LT) or not isinstance(test.this, exp.Column):
            raise Unanswerable(Reason.CLASSES, test.sql())
        name = scope.resolve(test.this)
        if name != (column or name):
            raise Unanswerable(Reason.CLASSES, test.sql())
        column = name
        ends.append(expressions.number(test.expression))
        labels.append(_label(branch.args["true"]))
    labels.append(_label(node.args.get("default")))
    if ends != sorted(set(ends)) or len(set(labels)) != len(labels):
        raise Unanswerable(Reason.CLASSES, node.sql())
    if not isinstance(scope.type_of(column), Integer):
        raise Unanswerable(Reason.TYPE, column)
    return Classes(column, tuple(ends), tuple(labels))


def _label(node: exp.Expression | None) -> str:
    if not isinstance(node, exp.Literal):
        raise Unanswerable(Reason.CLASSES, "ELSE" if node is None else node.sql())
    label: str = node.this
    return label


def _output(node: exp.Expression, scope: Scope, keyed: list[tuple[str, Grouping]]) -> Output:
    inner = node.this if isinstance(node, exp.Alias) else node
    name = node.alias if isinstance(node, exp.Alias) else inner.name if isinstance(inner, exp.Column) else inner.sql()
    return Output(name.lower() if isinstance(inner, exp.AggFunc) else name, expressions.read(inner, scope, keyed))


def _conditions(select: exp.Select, scope: Scope) -> tuple[Condition, ...]:
    where = select.args.get("where")

    def type_of(node: exp.Column) -> tuple[str, Column]:
        name = scope.resolve(node)
        return name, scope.type_of(name)

    parts = [part for part in conditions.conjuncts(where.this if where else None) if not joins.is_membership(part)]
    found = [conditions.read(part, type_of) for part in parts if not scope.is_other(part)]
    return conditions.merged(found, scope.public)


def _order(select: exp.Select, scope: Scope, keyed: list[tuple[str, Grouping]]) -> tuple[Order, ...]:
    order = select.args.get("order")
    found = []
    for term in order.expressions if order else []:
        node = _unnamed(_placed(term.this, select), select)
        found.append(Order(expressions.read(node, scope, keyed), bool(term.args.get("desc"))))
    return tuple(found)


def _whole(node: exp.Expression | None) -> int | None:
    if node is None:
        return None
    found = expressions.number(node.expression)
    if found.denominator != 1 or not 0 <= found < 1 << 31:
        raise Unanswerable(Reason.SYNTAX, node.sql())
    return int(found)
