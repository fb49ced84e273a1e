"""Who held a digest, under which authorization, and from when to when, as the graph shows it.

A holder is whom an event names as such: the owner of a version behind its commitment, the party that a supply or a use
names, the recipient of a released result, the party whose input a commitment is. What it does NOT say: who else came to
the bytes; no chain can show that.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from gateway.provenance.graph import Edge, Graph, Kind, Node, Relation
from ledger.chain.port import Cursor

LIMIT = 1000


@dataclass(frozen=True, slots=True)
class Holding:
    """One party that held it.

    Attributes:
        under: the authorizations; none where the party holds what is its own.
        since: the event that shows it.
        until: the event that ended the last of these authorizations, None while one stands.
    """

    digest: Node
    party: Node
    role: str
    under: tuple[Node, ...]
    since: Cursor
    until: Cursor | None


def holdings(graph: Graph, nodes: Sequence[Node], *, last: int) -> list[Holding]:
    """Return who held what these nodes name, in the order of the events; nodes: all that bear the digest."""
    found = [holding for node in nodes for holding in _of(graph, node, last)]
    return sorted(set(found), key=lambda holding: (holding.since, holding.party, holding.role))


def _of(graph: Graph, node: Node, last: int) -> Iterator[Holding]:
    edges = graph.leaving([node], last, LIMIT)
    made = [edge for edge in edges if edge.relation is Relation.WAS_GENERATED_BY and edge.target.kind is Kind.JOB]
    jobs = list(dict.fromkeys(edge.target for edge in made))
    used = _used(graph, jobs, last)
    for edge in edges:
        if edge.relation is Relation.WAS_ATTRIBUTED_TO and edge.target.kind is Kind.PARTY:
            yield _holding(graph, node, edge, _shown_with(edges, edge) or used, last)
        if edge.relation is Relation.WAS_DERIVED_FROM and edge.target.kind in (Kind.VERSION, Kind.ASSET):
            for owned in graph.leaving([edge.target], last, LIMIT):
                if owned.relation is Relation.WAS_ATTRIBUTED_TO:
                    yield Holding(node, owned.target, owned.role, (), edge.place, None)
    for edge in graph.leaving(jobs, last, LIMIT) if jobs else ():
        if edge.relation is Relation.WAS_ASSOCIATED_WITH and edge.role == "recipient":
            yield Holding(node, edge.target, edge.role, used, made[0].place, _ended(graph, used, last))


def _holding(graph: Graph, node: Node, edge: Edge, under: tuple[Node, ...], last: int) -> Holding:
    return Holding(node, edge.target, edge.role, under, edge.place, _ended(graph, under, last))


def _shown_with(edges: Sequence[Edge], holder: Edge) -> tuple[Node, ...]:
    """Return the authorizations that the same event names."""
    return tuple(
        edge.target
        for edge in edges
        if edge.place == holder.place
        and edge.relation is Relation.WAS_DERIVED_FROM
        and edge.target.kind is Kind.AUTHORIZATION
    )


def _used(graph: Graph, jobs: Sequence[Node], last: int) -> tuple[Node, ...]:
    if not jobs:
        return ()
    edges = graph.leaving(jobs, last, LIMIT)
    used = [e.target for e in edges if e.relation is Relation.USED and e.target.kind is Kind.AUTHORIZATION]
    return tuple(dict.fromkeys(used))


def _ended(graph: Graph, under: Sequence[Node], last: int) -> Cursor | None:
    """Return when the last of these authorizations ended; None if one stands or there is none."""
    if not under:
        return None
    edges = graph.leaving(under, last, LIMIT)
    first: dict[Node, Cursor] = {}
    for edge in edges:
        if edge.relation is Relation.WAS_INVALIDATED_BY:
            first.setdefault(edge.source, edge.place)
    return max(first.values()) if set(first) == set(under) else None
