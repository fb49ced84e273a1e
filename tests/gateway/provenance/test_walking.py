"""Walks over any graph: the same as a plain search over all edges, bounded, and never past a block."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from plaingraph import Plain

from gateway.provenance.graph import Edge, Kind, Node, Relation
from gateway.provenance.walking import MAX_DEPTH, Way, lineage, path, reasons
from ledger.chain.port import Cursor
from ledger.errors import InvalidRecord

NODES = [Node(Kind.DIGEST, bytes([n]) * 32) for n in range(1, 8)] + [Node(Kind.AUTHORIZATION, b"\x63" * 32)]


pairs = st.lists(st.tuples(st.sampled_from(NODES), st.sampled_from(NODES)), max_size=20)


def graph_of(found: list[tuple[Node, Node]]) -> Plain:
    return Plain([Edge(a, Relation.WAS_DERIVED_FROM, b, "", Cursor(n, 0, 0)) for n, (a, b) in enumerate(found)])


def reached(graph: Plain, start: Node, way: Way, depth: int, last: int) -> set[Node]:
    """The plain model: repeat until nothing is new."""
    known = {start}
    for _ in range(depth):
        for edge in [e for e in graph.edges if e.place.block_number <= last]:
            near, far = (edge.source, edge.target) if way is Way.UPSTREAM else (edge.target, edge.source)
            if near in known:
                known = known | {far} if far not in known else known
        if depth < len(NODES):
            break
    return known


@settings(max_examples=60, deadline=None)
@given(pairs, st.sampled_from(list(Way)), st.integers(0, 20))
def test_a_deep_walk_reaches_what_a_plain_search_reaches(found: list[tuple[Node, Node]], way: Way, last: int) -> None:
    graph = graph_of(found)
    walked = lineage(graph, NODES[0], way, depth=MAX_DEPTH, last=last)
    assert set(walked.nodes) == reached(graph, NODES[0], way, MAX_DEPTH, last)
    assert all(edge.place.block_number <= last for edge in walked.edges)
    assert not walked.is_cut


@settings(max_examples=60, deadline=None)
@given(pairs)
def test_a_way_is_the_shortest_and_joins_end_to_end(found: list[tuple[Node, Node]]) -> None:
    graph, goal = graph_of(found), NODES[-1]
    way, depths = path(graph, NODES[0], goal, last=99), lineage(graph, NODES[0], Way.UPSTREAM, depth=32, last=99).nodes
    assert (way is None) == (goal not in depths)
    if way is not None:
        assert len(way) == depths[goal]
        assert [edge.source for edge in way] == [NODES[0], *(edge.target for edge in way[:-1])][: len(way)]
        assert way[-1].target == goal
    assert [reason.path for reason in reasons(graph, NODES[0], last=99)] == ([way] if way is not None else [])


def test_a_walk_is_cut_at_its_limit_and_says_so() -> None:
    star = Plain([Edge(NODES[0], Relation.USED, node, "", Cursor(n, 0, 0)) for n, node in enumerate(NODES[1:])])
    cut = lineage(star, NODES[0], Way.UPSTREAM, depth=2, last=99, limit=3)
    assert (len(cut.edges), cut.is_cut) == (3, True)
    whole = lineage(star, NODES[0], Way.UPSTREAM, depth=2, last=99, limit=7)
    assert (len(whole.edges), whole.is_cut) == (7, False)


@pytest.mark.parametrize(("depth", "limit"), [(0, 10), (33, 10), (1, 0), (1, 2001)])
def test_a_depth_or_limit_that_is_not_offered_is_refused(depth: int, limit: int) -> None:
    with pytest.raises(InvalidRecord):
        lineage(Plain([]), NODES[0], Way.UPSTREAM, depth=depth, last=1, limit=limit)
