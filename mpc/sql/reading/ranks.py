"""Median, percentiles, quantiles, least and largest, in the words that dialects have for them.

Only their form is read here. None of them is answered exactly: ``mpc.sql.planning.plan`` refuses them,
``mpc.sql.noise.private`` reads them off a noised histogram. ``DESC`` within a group is refused: write the other share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sqlglot import exp

from mpc.sql.query import Measure
from mpc.sql.refusal import Reason, Unanswerable

_ENDS: Mapping[type[exp.Expression], Measure] = {exp.Min: Measure.LEAST, exp.Max: Measure.LARGEST}
_PERCENTILES: Mapping[type[exp.Expression], Measure] = {
    exp.PercentileCont: Measure.CONTINUOUS,
    exp.PercentileDisc: Measure.DISCRETE,
}
_NAMED: Mapping[str, Measure] = {"quantile_cont": Measure.CONTINUOUS, "quantile_disc": Measure.DISCRETE}


@dataclass(frozen=True, slots=True)
class Rank:
    """A measure by rank as it is written. share: a fraction or the node that says it; None for least and largest."""

    measure: Measure
    column: exp.Column
    share: Fraction | exp.Expression | None


def read(node: exp.Expression) -> Rank | None:
    """Read a measure by rank; None for anything else.

    Raises:
        Unanswerable: it is one of more than a column and a share.
    """
    match node:
        case exp.Min() | exp.Max():
            return _rank(_ENDS[type(node)], [node.this, *node.expressions], None, node)
        case exp.Median():
            return _rank(Measure.CONTINUOUS, [node.this], Fraction(1, 2), node)
        case exp.Quantile():
            return _rank(Measure.DISCRETE, [node.this], node.args["quantile"], node)
        case exp.ApproxQuantile():
            return _rank(Measure.CONTINUOUS, [node.this], node.args["quantile"], node)
        case exp.WithinGroup(
            this=exp.PercentileCont() | exp.PercentileDisc() as inner, expression=exp.Order() as order
        ):
            terms = [term.this for term in order.expressions if not term.args.get("desc")]
            return _rank(_PERCENTILES[type(inner)], terms, inner.this, node)
        case exp.PercentileCont() | exp.PercentileDisc():
            return _rank(_PERCENTILES[type(node)], [node.this], node.expression, node)
        case exp.Anonymous() if node.name.lower() in _NAMED and len(node.expressions) == 2:
            return _rank(_NAMED[node.name.lower()], node.expressions[:1], node.expressions[1], node)
    return None


def _rank(
    measure: Measure,
    columns: Sequence[exp.Expression],
    share: Fraction | exp.Expression | None,
    whole: exp.Expression,
) -> Rank:
    is_end = measure in (Measure.LEAST, Measure.LARGEST)
    is_share = isinstance(share, Fraction | exp.Literal)
    if len(columns) != 1 or not isinstance(columns[0], exp.Column) or not (is_end or is_share):
        raise Unanswerable(Reason.EXTREME if is_end else Reason.RANK, whole.sql())
    return Rank(measure, columns[0], share)
