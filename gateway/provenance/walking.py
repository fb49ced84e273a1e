"""Walking the graph: what something rests on, what rests on it, and the shortest way between two nodes.

Pure over the ``Graph`` port; bounded in depth and in edges, and an answer that was cut says so. As of a block: edges
that later blocks show are not there, so an authorization that was revoked since stands as it did then.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.provenance.graph import Edge, Graph, Kind, Node, Relation
from ledger.errors import InvalidRecord

MAX_DEPTH: Final = 32
MAX_EDGES: Final = 2000


class Way(StrEnum):
    """Towards what something rests on, or towards what rests on it."""

    UPSTREAM = "upstream"
    DOWNSTREAM = "downstream"


@dataclass(frozen=True, slots=True)
class Lineage:
    """What a walk found. nodes: with the number of steps from the start. is_cut: there is more than the limit."""

    start: Node
    way: Way
    last: int
    nodes: Mapping[Node, int]
    edges: tuple[Edge, ...]
    is_cut: bool


@dataclass(frozen=True, slots=True)
class Reason:
    """One authorization that something rests on: the way there, who granted it to whom, and whether it ended."""

    authorization: Node
    path: tuple[Edge, ...]
    grants: tuple[Edge, ...]
    ended: tuple[Edge, ...]


def lineage(graph: Graph, start: Node, way: Way, *, depth: int, last: int, limit: int = MAX_EDGES) -> Lineage:
    """Return nodes and edges within a depth.

    Raises:
        InvalidRecord: a depth or limit that is not offered.
    """
    _require(depth, limit)
    nodes, edges, frontier, is_cut = {start: 0}, dict[Edge, None](), [start], False
    for step in range(1, depth + 1):
        if not frontier or is_cut:
            break
        found = _next(graph, frontier, way, last, limit + 1 - len(edges))
        edges |= dict.fromkeys(found)
        is_cut = len(edges) > limit
        reached = [_end(edge, way) for edge in list(edges)[:limit]]
        frontier = [node for node in dict.fromkeys(reached) if node not in nodes]
        nodes |= dict.fromkeys(frontier, step)
    return Lineage(start, way, last, nodes, tuple(edges)[:limit], is_cut)


def path(graph: Graph, start: Node, goal: Node, *, last: int, limit: int = MAX_EDGES) -> tuple[Edge, ...] | None:
    """Return the shortest way upstream from one node to another, None if the goal is not reached within the limits."""
    return _paths(graph, start, lambda node: node == goal, last, limit).get(goal)


def reasons(graph: Graph, start: Node, *, last: int, limit: int = MAX_EDGES) -> tuple[Reason, ...]:
    """Say why something may exist: every authorization it rests on, each by the shortest way."""
    found = _paths(graph, start, lambda node: node.kind is Kind.AUTHORIZATION, last, limit)
    return tuple(_reason(graph, node, way, last, limit) for node, way in found.items())


def _reason(graph: Graph, node: Node, way: tuple[Edge, ...], last: int, limit: int) -> Reason:
    edges = graph.leaving([node], last, limit)
    grants = tuple(edge for edge in edges if edge.relation is Relation.WAS_ATTRIBUTED_TO)
    ended = tuple(edge for edge in edges if edge.relation is Relation.WAS_INVALIDATED_BY)
    return Reason(node, way, grants, ended)


def _paths(
    graph: Graph, start: Node, is_goal: Callable[[Node], bool], last: int, limit: int
) -> dict[Node, tuple[Edge, ...]]:
    """Return the shortest way to every goal; a goal is not walked through."""
    ways: dict[Node, tuple[Edge, ...]] = {start: ()}
    goals: dict[Node, tuple[Edge, ...]] = {start: ()} if is_goal(start) else {}
    frontier, seen = [] if goals else [start], 0
    for _ in range(MAX_DEPTH):
        if not frontier or seen >= limit:
            break
        edges = _next(graph, frontier, Way.UPSTREAM, last, limit - seen)
        seen += len(edges)
        frontier = []
        for edge in edges:
            if edge.target in ways:
                continue
            ways[edge.target] = (*ways[edge.source], edge)
            if is_goal(edge.target):
                goals[edge.target] = ways[edge.target]
            else:
                frontier.append(edge.target)
    return goals


def _next(graph: Graph, frontier: Collection[Node], way: Way, last: int, limit: int) -> list[Edge]:
    ask = graph.leaving if way is Way.UPSTREAM else graph.arriving
    return ask(frontier, last, limit)


def _end(edge: Edge, way: Way) -> Node:
    return edge.target if way is Way.UPSTREAM else edge.source


def _require(depth: int, limit: int) -> None:
    if not 1 <= depth <= MAX_DEPTH:
        raise InvalidRecord(f"lineage: expected a depth of 1 to {MAX_DEPTH}, got {depth}")
    if not 1 <= limit <= MAX_EDGES:
        raise InvalidRecord(f"lineage: expected a limit of 1 to {MAX_EDGES} edges, got {limit}")
