"""Who held a digest, where there is more to read than one look reads: the answer says so and keeps to its bound."""

from __future__ import annotations

import pytest
from plaingraph import Plain

from gateway.provenance.graph import Edge, Kind, Node, Relation, block
from gateway.provenance.holding import holdings
from ledger.chain.port import Cursor

CONTENT = Node(Kind.DIGEST, b"\1" * 32)
PARTIES = [Node(Kind.PARTY, bytes([n]) * 32) for n in range(10, 13)]
GRANTS = [Node(Kind.AUTHORIZATION, bytes([n]) * 32) for n in range(20, 22)]
LAST = 99


def held_by_all() -> list[Edge]:
    return [Edge(CONTENT, Relation.WAS_ATTRIBUTED_TO, one, "holder", Cursor(n, 0, 0)) for n, one in enumerate(PARTIES)]


@pytest.mark.parametrize("limit", [3, 4, 1000])
def test_as_many_relations_as_are_read_are_all_told_and_not_cut(limit: int) -> None:
    found = holdings(Plain(held_by_all()), [CONTENT], last=LAST, limit=limit)
    assert ([one.party for one in found.holdings], found.is_cut) == (PARTIES, False)


@pytest.mark.parametrize("limit", [1, 2])
def test_one_relation_more_than_is_read_cuts_the_answer_and_it_says_so(limit: int) -> None:
    found = holdings(Plain(held_by_all()), [CONTENT], last=LAST, limit=limit)
    assert ([one.party for one in found.holdings], found.is_cut) == (PARTIES[:limit], True)
    earlier = holdings(Plain(held_by_all()), [CONTENT], last=limit - 1, limit=limit)
    assert not earlier.is_cut


def test_an_end_beyond_what_is_read_is_not_told_as_none_without_saying_that_it_may_be_missing() -> None:
    at = Cursor(1, 0, 0)
    edges = [Edge(CONTENT, Relation.WAS_ATTRIBUTED_TO, PARTIES[0], "holder", at)]
    edges += [Edge(CONTENT, Relation.WAS_DERIVED_FROM, grant, "supply", at) for grant in GRANTS]
    for n, grant in enumerate(GRANTS):
        edges.append(Edge(grant, Relation.WAS_ATTRIBUTED_TO, PARTIES[1], "owner", Cursor(0, n, 0)))
        ended = Cursor(5 + n, 0, 0)
        edges.append(Edge(grant, Relation.WAS_INVALIDATED_BY, block(5 + n), "AuthorizationRevoked", ended))
    whole = holdings(Plain(edges), [CONTENT], last=LAST, limit=4)
    assert [one.until for one in whole.holdings] == [Cursor(6, 0, 0)]
    assert not whole.is_cut
    short = holdings(Plain(edges), [CONTENT], last=LAST, limit=3)
    assert [one.until for one in short.holdings] == [None]
    assert short.is_cut
