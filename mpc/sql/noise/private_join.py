"""A join of two owners' tables with noise: the job of the exact join under what both owners declare.

Groups are always all declared keys: naming fewer of them chooses among noised figures.
"""

from __future__ import annotations

from dataclasses import replace

from mpc.kinds.registry import kind_of
from mpc.privacy.declaration import Declaration, PublicKeys
from mpc.privacy.joined import JoinCosts, JoinPrivacy, side_of
from mpc.spec.job import JoinSpec
from mpc.spec.parts import Grouping
from mpc.sql.noise.declared import Choices, declaration, require_costs
from mpc.sql.planning import joins as join_planning
from mpc.sql.planning.asking import Asking
from mpc.sql.query import RANKS, Joined, Query, aggregates
from mpc.sql.refusal import Reason, Unanswerable
from mpc.sql.tables import OwnedTable
from mpc.tables.schema import Integer


def job(query: Query, relation: Joined, asking: Asking, choices: Choices) -> JoinSpec:
    """Lay a join out as its one job; raises Unanswerable, InvalidRecord as ``mpc.sql.noise.private``."""
    if rank := next((found for found in aggregates(query) if found.measure in RANKS), None):
        raise Unanswerable(Reason.RANK_ALONE, f"{rank.measure.upper()}({rank.column})")
    exact = join_planning.join(query, relation, asking)
    held, listed = declaration(relation.holder), declaration(relation.lister)
    scales = {amount.column: _scale(relation.holder, amount.column) for amount in exact.sums}
    grouping = None if exact.grouping is None else _all_keys(exact.grouping, held)
    require_costs(choices, {"keys", "rows"} | ({"sum"} if exact.sums else set()))
    costs = JoinCosts(choices.costs["keys"], choices.costs["rows"], dict.fromkeys(scales, choices.costs.get("sum", 0)))
    privacy = JoinPrivacy(
        side_of(held, scales, None if grouping is None else grouping.column),
        side_of(listed, {}, None),
        costs,
        choices.recipient_class,
    )
    spec = replace(exact, grouping=grouping, privacy=privacy)
    kind_of(spec).estimate()
    return spec


def _all_keys(asked: Grouping, held: Declaration) -> Grouping:
    keys = PublicKeys(asked.column, held.groups[asked.column])
    if strange := set(asked.values) - set(keys.values):
        raise Unanswerable(Reason.NOISED_KEYS, min(strange))
    return Grouping(keys.column, keys.values)


def _scale(table: OwnedTable, column: str) -> int:
    declared = table.columns[column]
    if column not in declaration(table).bounds or not isinstance(declared, Integer):
        raise Unanswerable(Reason.BOUNDS, column)
    return declared.scale
