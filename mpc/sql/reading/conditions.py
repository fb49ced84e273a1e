"""WHERE: what each column is held to, as one range of numbers or one list of texts.

That is all a job's filters can say, and all that the disclosure audit can compare. What is equal to it in other words
is accepted: OR over one column's values, NOT over a list, several bounds on one column.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import pairwise

from sqlglot import exp

from mpc.sql.query import Condition, Listed, Range
from mpc.sql.reading import dates
from mpc.sql.reading.expressions import number
from mpc.sql.refusal import Reason, Unanswerable
from mpc.tables.schema import Column, Integer, Text

TypeOf = Callable[[exp.Column], tuple[str, Column]]
"""From a column as it is written to its declared name and type; raises Unanswerable."""

_SIDES: Mapping[type[exp.Expression], type[exp.Expression]] = {
    exp.LT: exp.GT, exp.LTE: exp.GTE, exp.GT: exp.LT, exp.GTE: exp.LTE, exp.EQ: exp.EQ, exp.NEQ: exp.NEQ,
}  # fmt: skip
_NEGATED: Mapping[type[exp.Expression], type[exp.Expression]] = {
    exp.LT: exp.GTE, exp.LTE: exp.GT, exp.GT: exp.LTE, exp.GTE: exp.LT, exp.EQ: exp.NEQ, exp.NEQ: exp.EQ,
}  # fmt: skip


def conjuncts(node: exp.Expression | None) -> Iterator[exp.Expression]:
    """Take a condition apart at its ANDs."""
    if node is None:
        return
    if isinstance(node, exp.Paren):
        yield from conjuncts(node.this)
    elif isinstance(node, exp.And):
        yield from conjuncts(node.this)
        yield from conjuncts(node.expression)
    else:
        yield node


def read(node: exp.Expression, type_of: TypeOf) -> Condition:
    """Read one conjunct.

    Raises:
        Unanswerable: it is no range and no list, or does not fit the column's type.
    """
    match node:
        case exp.Paren():
            return read(node.this, type_of)
        case exp.Not():
            return _negated(node.this, type_of)
        case exp.Between():
            low = _compared(exp.GTE(this=node.this, expression=node.args["low"]), type_of)
            return _both(low, _compared(exp.LTE(this=node.this, expression=node.args["high"]), type_of))
        case exp.In() if node.args.get("query") is None:
            return _listed(node.this, node.expressions, type_of, node)
        case exp.Is() if isinstance(node.expression, exp.Null):
            raise Unanswerable(Reason.NULL_ROWS, node.sql())
        case exp.Or():
            return _alternatives(node, type_of)
        case exp.LT() | exp.LTE() | exp.GT() | exp.GTE() | exp.EQ() | exp.NEQ():
            return _compared(node, type_of)
    raise Unanswerable(Reason.CONDITION, node.sql())


def merged(conditions: Sequence[Condition], values_of: Mapping[str, tuple[str, ...]]) -> tuple[Condition, ...]:
    """Bring all conditions on one column together; a list of what is not wanted becomes one of what is.

    Args:
        values_of: public values of columns, by which an exclusion can be turned round.

    Raises:
        Unanswerable: they exclude each other, or an exclusion is on a column whose values are not public.
    """
    found: dict[str, Condition] = {}
    for condition in conditions:
        now = _included(condition, values_of) if isinstance(condition, Listed) else condition
        before = found.get(now.column)
        found[now.column] = now if before is None else _both(before, now)
    return tuple(found.values())


def _included(condition: Listed, values_of: Mapping[str, tuple[str, ...]]) -> Listed:
    if not condition.is_excluded:
        return condition
    public = values_of.get(condition.column)
    if not public:
        raise Unanswerable(Reason.GROUP_VALUES, condition.column)
    return Listed(condition.column, frozenset(public) - condition.values)


def _both(one: Condition, other: Condition) -> Condition:
    if isinstance(one, Listed) and isinstance(other, Listed):
        return Listed(one.column, one.values & other.values)
    assert isinstance(one, Range)  # a column has one type
    assert isinstance(other, Range)
    lows = [(end.low, end.is_low_open) for end in (one, other) if end.low is not None]
    highs = [(end.high, not end.is_high_open) for end in (one, other) if end.high is not None]
    low, is_low_open = max(lows, default=(None, False))
    high, is_high_closed = min(highs, default=(None, True))
    return Range(one.column, low, high, is_low_open, not is_high_closed)


def _negated(node: exp.Expression, type_of: TypeOf) -> Condition:
    if isinstance(node, exp.Paren):
        return _negated(node.this, type_of)
    if isinstance(node, exp.Not):
        return read(node.this, type_of)
    if isinstance(node, exp.Is) and isinstance(node.expression, exp.Null):
        return _known(node, type_of)
    if (kind := _NEGATED.get(type(node))) is not None:
        return read(kind(this=node.this, expression=node.expression), type_of)
    if isinstance(node, exp.In | exp.Or):
        found = read(node, type_of)
        if isinstance(found, Listed):
            return Listed(found.column, found.values, not found.is_excluded)
    raise Unanswerable(Reason.CONDITION, f"NOT {node.sql()}")


def _known(node: exp.Is, type_of: TypeOf) -> Condition:
    """Read IS NOT NULL; of a column that always has a value it asks nothing (``mpc.sql.reading.nullable``)."""
    name, declared = _column(node.this, type_of)
    if not isinstance(declared, Integer):
        raise Unanswerable(Reason.NULL_TEXT, node.sql())
    return Range(name)


def _alternatives(node: exp.Or, type_of: TypeOf) -> Condition:
    """Read values of one column with OR between them as a list."""
    sides = [read(side, type_of) for side in (node.this, node.expression)]
    listed = [side for side in sides if isinstance(side, Listed) and not side.is_excluded]
    if len(listed) == len(sides) and len({side.column for side in listed}) == 1:
        return Listed(listed[0].column, listed[0].values | listed[1].values)
    raise Unanswerable(Reason.CONDITION, node.sql())


def _compared(node: exp.Expression, type_of: TypeOf) -> Condition:
    kind, left, right = type(node), node.this, node.expression
    if isinstance(left, exp.Null) or isinstance(right, exp.Null):
        raise Unanswerable(Reason.NULL_VALUE, node.sql())
    if not isinstance(left, exp.Column) and dates.part(left) is None:
        kind, left, right = _SIDES[kind], right, left
    if (found := dates.part(left)) is not None:
        name, declared = type_of(found.column)
        _require_date(declared, node)
        return dates.compared(kind, found, name, right)
    if isinstance(right, exp.Column):
        raise Unanswerable(Reason.CONDITION, node.sql())
    name, declared = _column(left, type_of)
    if not isinstance(declared, Integer):
        if kind not in (exp.EQ, exp.NEQ):
            raise Unanswerable(Reason.TYPE, node.sql())
        return Listed(name, frozenset({_word(right, node, declared)}), is_excluded=kind is exp.NEQ)
    bound = _bound(right, declared)
    if kind is exp.EQ:
        return Range(name, bound, bound)
    if kind is exp.NEQ:
        raise Unanswerable(Reason.CONDITION, node.sql())
    if kind in (exp.LT, exp.LTE):
        return Range(name, None, bound, is_high_open=kind is exp.LT)
    return Range(name, bound, None, is_low_open=kind is exp.GT)


def _listed(
    column: exp.Expression, values: Sequence[exp.Expression], type_of: TypeOf, whole: exp.Expression
) -> Condition:
    if any(isinstance(value, exp.Null) for value in values):
        raise Unanswerable(Reason.NULL_VALUE, whole.sql())
    if (found := dates.part(column)) is not None:
        return _periods(found, values, type_of, whole)
    name, declared = _column(column, type_of)
    if not isinstance(declared, Integer):
        return Listed(name, frozenset(_word(value, whole, declared) for value in values))
    numbers = sorted(_bound(value, declared) for value in values)
    step = Fraction(1, 10**declared.scale)
    if any(later - earlier > step for earlier, later in pairwise(numbers)):
        raise Unanswerable(Reason.CONDITION, whole.sql())  # a list of numbers with gaps is several ranges
    return Range(name, numbers[0], numbers[-1])


def _column(node: exp.Expression, type_of: TypeOf) -> tuple[str, Column]:
    if not isinstance(node, exp.Column):
        raise Unanswerable(Reason.CONDITION, node.sql())
    return type_of(node)


def _periods(found: dates.Part, values: Sequence[exp.Expression], type_of: TypeOf, whole: exp.Expression) -> Condition:
    """Read a list of years or of first days as one range, if they follow on each other."""
    name, declared = type_of(found.column)
    _require_date(declared, whole)
    spans = sorted({dates.compared(exp.EQ, found, name, value) for value in values}, key=lambda span: span.low or 0)
    if any(one.high != other.low for one, other in pairwise(spans)):
        raise Unanswerable(Reason.CONDITION, whole.sql())
    return Range(name, spans[0].low, spans[-1].high, is_high_open=True)


def _bound(node: exp.Expression, declared: Integer) -> Fraction:
    return number(node) if declared.calendar is None else dates.bound(node)


def _require_date(declared: Column, node: exp.Expression) -> None:
    if not isinstance(declared, Integer) or declared.calendar is None:
        raise Unanswerable(Reason.TYPE, node.sql())


def _word(node: exp.Expression, whole: exp.Expression, declared: Text) -> str:
    if not isinstance(node, exp.Literal) or not node.is_string:
        raise Unanswerable(Reason.TYPE, whole.sql())
    return declared.form.of(node.this)
