"""Answers about a town: as of any block, with proofs that verify offline, and nothing unproven from a lying chain."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from gatewaytown import CONTENT, ROWS, GatewayTown
from meddling import OldState
from sqlalchemy import delete, update

from contracts.evidence.program import judge
from contracts.parties.client import party_id
from gateway.index.tables import EVENTS
from gateway.provenance.explorer import Explorer, word_of
from gateway.provenance.graph import Kind, Node, Relation, block
from gateway.provenance.holding import Held
from gateway.provenance.walking import Way
from ledger.chain.port import Cursor
from ledger.errors import BackendError, InvalidRecord, NotFound, VerificationError

NOBODY = Held((), False)
AUDIT, TAX = Node(Kind.PARTY, party_id("audit")), Node(Kind.PARTY, party_id("tax"))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayTown]:
    made = GatewayTown(tmp_path_factory.mktemp("explorer"))
    yield made
    made.close()


def test_who_held_a_delivery_under_which_authorization_and_since_when(town: GatewayTown) -> None:
    held = town.explorer.holdings(CONTENT.hex()).holdings
    authorization = Node(Kind.AUTHORIZATION, town.held)
    assert {(one.party, one.role, one.under) for one in held} == {
        (AUDIT, "holder", (authorization,)), (TAX, "supplier", (authorization,)),
    }  # fmt: skip
    assert {one.until for one in held} == {None}
    assert town.explorer.holdings(CONTENT.hex(), held[0].since.block_number - 1) == NOBODY


def test_the_rows_of_a_version_are_held_by_its_owner(town: GatewayTown) -> None:
    (held,) = town.explorer.holdings(ROWS.hex()).holdings
    assert (held.party, held.role, held.under) == (TAX, "owner", ())


def test_a_digest_nobody_named_is_held_by_nobody_and_not_found_says_what_that_means(town: GatewayTown) -> None:
    assert town.explorer.holdings("ab" * 32) == NOBODY
    found = town.explorer.search("ab" * 32)
    assert not found.is_known
    assert found.last == town.index.mark.number
    assert town.explorer.search("tax").is_known


def test_a_delivery_may_exist_because_of_the_authorization_it_was_made_under(town: GatewayTown) -> None:
    (reason,) = town.explorer.reasons(Node(Kind.DIGEST, CONTENT))
    assert reason.authorization == Node(Kind.AUTHORIZATION, town.held)
    assert [edge.relation for edge in reason.path] == [Relation.WAS_DERIVED_FROM]
    assert {(edge.role, edge.target) for edge in reason.grants} >= {("owner", TAX), ("grantee", AUDIT)}
    assert reason.ended == ()


def test_an_end_is_seen_from_its_block_on_and_not_before(town: GatewayTown) -> None:
    authorization = Node(Kind.AUTHORIZATION, town.ended)
    (now,) = town.explorer.reasons(authorization)
    (then,) = town.explorer.reasons(authorization, town.granted)
    assert [edge.role for edge in now.ended] == ["AuthorizationRevoked"]
    assert then.ended == ()


def test_the_way_from_a_delivery_leads_to_its_asset(town: GatewayTown) -> None:
    way = town.explorer.path(Node(Kind.DIGEST, CONTENT), town.explorer.node("sales"))
    assert way is not None
    assert [edge.target.kind for edge in way] == [Kind.AUTHORIZATION, Kind.ASSET]
    assert town.explorer.path(Node(Kind.DIGEST, town.root), town.explorer.node("sales")) is None
    below = town.explorer.lineage(town.explorer.node("sales"), Way.DOWNSTREAM, depth=2)
    assert Node(Kind.DIGEST, CONTENT) in below.nodes


def test_every_edge_s_proof_verifies_offline_and_shows_that_event(town: GatewayTown) -> None:
    card = town.explorer.card(Node(Kind.AUTHORIZATION, town.held))
    for place in {edge.place for edge in (*card.leaving, *card.arriving)}:
        verdict = judge(town.explorer.prove(place), town.trust)
        assert verdict.failed is None
        event = town.explorer.finder.event(place)
        assert (verdict.figures["event"], verdict.figures["block"]) == (event.name, place.block_number)  # type: ignore[index, call-overload]


def test_a_proof_with_any_part_changed_does_not_verify(town: GatewayTown) -> None:
    place = town.explorer.finder.history("Authorizations", town.ended, 999)[0].cursor
    proof = town.explorer.prove(place)
    for old, new in ((b'"n":1', b'"n":2'), (town.ended.hex().encode(), b"ab" * 32), (b"Authorizations", b"Notary")):
        assert old in proof
        assert judge(proof.replace(old, new), town.trust).failed is not None
    other = replace(town.trust, genesis_hash=bytes(32))
    assert judge(proof, other).failed == "network"


def test_a_proof_as_of_an_earlier_block_shows_the_history_as_it_was(town: GatewayTown) -> None:
    place = town.explorer.finder.history("Authorizations", town.ended, 999)[0].cursor
    then = judge(town.explorer.prove(place, town.granted), town.trust)
    now = judge(town.explorer.prove(place), town.trust)
    assert (then.figures["of"], now.figures["of"]) == (1, 2)  # type: ignore[index, call-overload]
    with pytest.raises(NotFound, match="came after block"):
        town.explorer.prove(place, 1)


def test_an_index_that_left_an_event_out_cannot_be_proven(town: GatewayTown) -> None:
    node, places = Node(Kind.AUTHORIZATION, town.ended), (EVENTS.c.entity == town.ended) & (EVENTS.c.n == 2)
    assert {found.contract for found in town.explorer.complete(node)} >= {"Authorizations", "Requests"}
    with town.store.transaction() as db:
        rows = [dict(row._mapping) for row in db.execute(EVENTS.select().where(places))]
        db.execute(delete(EVENTS).where(places))
    with pytest.raises(VerificationError, match="history: expected"):
        town.explorer.complete(node)
    first = town.explorer.finder.history("Authorizations", town.ended, 999)[0].cursor
    with pytest.raises(VerificationError, match="history: expected"):
        town.explorer.prove(first)
    with town.store.transaction() as db:
        db.execute(EVENTS.insert(), rows)
        changed = (EVENTS.c.entity == town.held) & (EVENTS.c.contract == "Authorizations")
        kept = [row.time for row in db.execute(EVENTS.select().where(changed))]
        db.execute(update(EVENTS).where(changed).values(block=1, place=77))
    with pytest.raises((VerificationError, NotFound, BackendError)):
        town.explorer.prove(Cursor(1, 77, 0))
    assert kept
    town.index.forget()
    town.follow()


def test_a_chain_that_proves_an_older_state_shows_nothing(town: GatewayTown) -> None:
    observer = town.town.observer("old state")
    old = OldState(observer.chain)
    town.town.ask("bank", "tax", "sales", "another")
    town.follow()
    observer.view.head()
    observer.view._chain = old
    cheated = Explorer(town.index, observer.view)
    with pytest.raises(VerificationError):
        cheated.complete(Node(Kind.AUTHORIZATION, town.held))


def test_a_block_shows_what_happened_in_it(town: GatewayTown) -> None:
    place = town.explorer.finder.history("Authorizations", town.held, 999)[0].cursor
    card = town.explorer.card(block(place.block_number))
    assert {edge.place.block_number for edge in card.arriving} == {place.block_number}
    with pytest.raises(NotFound, match="nothing on chain names it"):
        town.explorer.card(block(1 << 40))


def test_a_node_with_more_neighbours_than_are_shown_says_so(town: GatewayTown) -> None:
    whole = town.explorer.card(AUDIT)
    most = max(len(whole.leaving), len(whole.arriving))
    assert (most > 1, whole.is_cut) == (True, False)
    assert town.explorer.card(AUDIT, limit=most) == whole
    cut = town.explorer.card(AUDIT, limit=most - 1)
    assert (cut.is_cut, max(len(cut.leaving), len(cut.arriving))) == (True, most - 1)


@pytest.mark.parametrize("text", ["", "Üml", "a b", "UPPER", "' OR 1=1 --", "../../etc/passwd", "asset:zz"])
def test_a_text_that_can_name_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidRecord):
        word_of(text)


def test_a_block_that_is_not_indexed_yet_is_not_found(town: GatewayTown) -> None:
    with pytest.raises(NotFound, match="the index has blocks up to"):
        town.explorer.search("tax", 10_000)
    with pytest.raises(NotFound, match="nothing on chain is called"):
        town.explorer.node("nobody")
