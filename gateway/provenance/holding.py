"""Who held a digest, under which authorization, and from when to when, as the graph shows it.

A holder is whom an event names as such: the owner of a version behind its commitment, the party that a supply or a use
names, the recipient of a released result, the party whose input a commitment is. What it does NOT say: who else came to
the bytes; no chain can show that. Each look at the graph is bounded, and the answer says where one met its bound.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from gateway.provenance.graph import Edge, Graph, Kind, Node, Relation
from ledger.chain.port import Cursor

LIMIT: Final = 1000
"""Edges that one look at the graph reads."""


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


@dataclass(frozen=True, slots=True)
class Held:
    """Who held something. is_cut: there is more than was read, so more may have held it, and ends may be missing."""

    holdings: tuple[Holding, ...]
    is_cut: bool


@dataclass(slots=True)
class _Looking:
    """Looks at a graph as of a block, each bounded. is_cut: one of them met its bound."""

    graph: Graph
    last: int
    limit: int
    is_cut: bool = False

    def leaving(self, nodes: Sequence[Node]) -> list[Edge]:
        found = self.graph.leaving(nodes, self.last, self.limit + 1)
        self.is_cut = self.is_cut or len(found) > self.limit
        return found[: self.limit]


def holdings(graph: Graph, nodes: Sequence[Node], *, last: int, limit: int = LIMIT) -> Held:
    """Return who held what these nodes name, in the order of the events; nodes: all that bear the digest."""
    looking = _Looking(graph, last, limit)
    found = {holding for node in nodes for holding in _of(looking, node)}
    ordered = sorted(found, key=lambda holding: (holding.since, holding.party, holding.role))
    return Held(tuple(ordered), looking.is_cut)


def _of(looking: _Looking, node: Node) -> Iterator[Holding]:
    edges = looking.leaving([node])
    made = [edge for edge in edges if edge.relation is Relation.WAS_GENERATED_BY and edge.target.kind is Kind.JOB]
    jobs = list(dict.fromkeys(edge.target for edge in made))
    used = _used(looking, jobs)
    for edge in edges:
        if edge.relation is Relation.WAS_ATTRIBUTED_TO and edge.target.kind is Kind.PARTY:
            yield _holding(looking, node, edge, _shown_with(edges, edge) or used)
        if edge.relation is Relation.WAS_DERIVED_FROM and edge.target.kind in (Kind.VERSION, Kind.ASSET):
            for owned in looking.leaving([edge.target]):
                if owned.relation is Relation.WAS_ATTRIBUTED_TO:
                    yield Holding(node, owned.target, owned.role, (), edge.place, None)
    for edge in looking.leaving(jobs) if jobs else ():
        if edge.relation is Relation.WAS_ASSOCIATED_WITH and edge.role == "recipient":
            yield Holding(node, edge.target, edge.role, used, made[0].place, _ended(looking, used))


def _holding(looking: _Looking, node: Node, edge: Edge, under: tuple[Node, ...]) -> Holding:
    return Holding(node, edge.target, edge.role, under, edge.place, _ended(looking, under))


def _shown_with(edges: Sequence[Edge], holder: Edge) -> tuple[Node, ...]:
    """Return the authorizations that the same event names."""
    return tuple(
        edge.target
        for edge in edges
        if edge.place == holder.place
        and edge.relation is Relation.WAS_DERIVED_FROM
        and edge.target.kind is Kind.AUTHORIZATION
    )


def _used(looking: _Looking, jobs: Sequence[Node]) -> tuple[Node, ...]:
    if not jobs:
        return ()
    edges = looking.leaving(jobs)
    used = [e.target for e in edges if e.relation is Relation.USED and e.target.kind is Kind.AUTHORIZATION]
    return tuple(dict.fromkeys(used))


def _ended(looking: _Looking, under: Sequence[Node]) -> Cursor | None:
    """Return when the last of these authorizations ended; None if one stands or there is none."""
    if not under:
        return None
    edges = looking.leaving(under)
    first: dict[Node, Cursor] = {}
    for edge in edges:
        if edge.relation is Relation.WAS_INVALIDATED_BY:
            first.setdefault(edge.source, edge.place)
    return max(first.values()) if set(first) == set(under) else None
