"""Founders have an edge from the state of block 0, by proof; others have none, nor have any where none is proven."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from gatewaytown import GatewayTown

from contracts.authorizations.terms import identifier
from contracts.parties.client import party_id
from gateway.exports.audit import gathering
from gateway.provenance.founding import AGAIN_S, PLACE, Founding
from gateway.provenance.graph import Kind, Node, Relation, block
from gateway.provenance.walking import Way
from ledger.errors import BackendError, NotFound
from ledger.proofs.headers import Header
from ledger.proofs.view import ProvenState

BANK = Node(Kind.PARTY, party_id("bank"))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayTown]:
    made = GatewayTown(tmp_path_factory.mktemp("founding"))
    yield made
    made.close()


def test_a_founding_party_was_made_by_block_0_and_another_was_not(town: GatewayTown) -> None:
    (edge,) = town.explorer.lineage(BANK, Way.UPSTREAM, depth=1).edges
    assert (edge.relation, edge.target, edge.role, edge.place) == (
        Relation.WAS_GENERATED_BY, block(0), "founding", PLACE,
    )  # fmt: skip
    assert town.explorer.founding.edge(Node(Kind.PARTY, party_id("nobody"))) is None
    assert town.explorer.founding.edge(Node(Kind.ASSET, identifier("sales"))) is None


def test_a_founding_agent_acts_for_its_party_and_is_found_before_any_event_names_it(town: GatewayTown) -> None:
    sender = next(act.sender for act in town.observer.acts(town.observer.follow()))
    agent = town.explorer.node("0x" + sender.hex())
    assert agent == Node(Kind.AGENT, sender.rjust(32, b"\0"))
    (edge,) = town.explorer.lineage(agent, Way.UPSTREAM, depth=1).edges
    assert (edge.relation, edge.target.kind) == (Relation.ACTED_ON_BEHALF_OF, Kind.PARTY)
    assert town.explorer.search("0x" + sender.hex()).is_known
    with pytest.raises(NotFound):
        town.explorer.node("0x" + "12" * 20)


def test_there_is_no_event_to_prove_and_a_report_says_where_it_is_shown(town: GatewayTown) -> None:
    with pytest.raises(NotFound, match=r"genesis\.json"):
        town.explorer.prove(PLACE)
    found = gathering.gather(town.explorer, "bank", depth=1, block=None)
    assert PLACE not in found.places
    assert gathering.proofs(town.explorer, found).keys() == set(found.places)


class Silent:
    """A chain's node that keeps no old state."""

    def __init__(self, town: GatewayTown) -> None:
        self.view, self.asked = town.explorer.view, 0

    def header(self, number: int) -> Header:
        return self.view.header(number)

    def state(self, contract: str, slots: tuple[bytes, ...], at: Header) -> ProvenState:
        self.asked += 1
        raise BackendError("no state of block 0")


def test_a_node_without_old_state_shows_no_founding_and_is_not_asked_with_every_request(town: GatewayTown) -> None:
    now, silent = [0.0], Silent(town)
    founding = Founding(silent, lambda: now[0])
    assert [founding.edge(BANK), founding.edge(BANK)] == [None, None]
    assert silent.asked == 1
    now[0] = AGAIN_S
    assert founding.edge(BANK) is None
    assert silent.asked == 2
