"""From a query to jobs whose figures are noised; nothing here reads a row, and no more is asked than is declared.

What is declared is ``mpc.sql.noise.declared``; the jobs are laid out by ``private_sums`` and ``private_join``. Measures
by rank stand by themselves: their error is no deviation that arithmetic could carry on.
"""

from __future__ import annotations

from dataclasses import replace

from mpc.sql.noise import private_join, private_sums
from mpc.sql.noise.declared import Choices
from mpc.sql.planning.asking import Asking
from mpc.sql.planning.groups import listers_group
from mpc.sql.planning.plan import Plan
from mpc.sql.query import RANKS, Aggregate, Aligned, Binary, Expression, Joined, Measure, Query, aggregates
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import JointTable


def plan(query: Query, asking: Asking, choices: Choices) -> Plan:
    """Lay a query over such a view out as jobs.

    Raises:
        Unanswerable: an owner declares nothing for it, or noise cannot be added to what is asked.
        InvalidRecord: declarations that no such job can have, or noise that cannot be drawn.
    """
    if isinstance(query.relation, Aligned):
        reason = Reason.MATCHED_NOISE if query.relation.is_matched else Reason.ALIGNED_NOISE
        raise Unanswerable(reason, ", ".join(part.name for part in query.relation.parts))
    if isinstance(query.relation, Joined) and (query.relation.further or listers_group(query) is not None):
        raise Unanswerable(Reason.NOISED_LISTS, ", ".join(listed.table.name for listed in query.relation.lists))
    for part in query.relation.parts:
        if part.privacy is None:
            raise Unanswerable(Reason.UNDECLARED, part.name)
    if not aggregates(query):
        raise Unanswerable(Reason.NOISED_KEYS, query.outputs[0].name)
    query = _with_shares(query, choices)
    if isinstance(query.relation, Joined):
        if choices.keyed is not None:
            raise Unanswerable(Reason.KEYED, "JOIN")
        return Plan(query, (private_join.job(query, query.relation, asking, choices),), ())
    assert isinstance(query.relation, JointTable)
    jobs = private_sums.jobs(query, query.relation, asking, choices)
    return Plan(query, jobs, tuple((job.value.column,) for job in jobs))


def _with_shares(query: Query, choices: Choices) -> Query:
    """Say of least and largest as which quantile they are reported; a measure by rank stands by itself."""
    outputs = tuple(replace(output, expression=_shared(output.expression, choices)) for output in query.outputs)
    having = None if query.having is None else _shared(query.having, choices)
    order = tuple(replace(term, expression=_shared(term.expression, choices)) for term in query.order)
    return replace(query, outputs=outputs, having=having, order=order)


def _shared(expression: Expression, choices: Choices) -> Expression:
    match expression:
        case Binary(operator, left, right):
            if any(isinstance(side, Aggregate) and side.measure in RANKS for side in (left, right)):
                raise Unanswerable(Reason.RANK_ALONE, operator)
            return Binary(operator, _shared(left, choices), _shared(right, choices))
        case Aggregate(measure, column) if measure in RANKS:
            if expression.share is None and choices.extremes is None:
                raise Unanswerable(Reason.EXTREME, f"{measure.upper()}({column})")
            if choices.steps is None:
                raise Unanswerable(Reason.STEPS, f"{measure.upper()}({column})")
            if expression.share is not None or choices.extremes is None:
                return expression
            share = choices.extremes if measure is Measure.LEAST else 1 - choices.extremes
            return Aggregate(Measure.DISCRETE, column, share=share)
    return expression
