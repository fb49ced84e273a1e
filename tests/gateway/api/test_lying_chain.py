"""A gateway whose chain lies shows nothing that is not proven: it stops, says why, and answers as of what held."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import cast

import pytest
from fastapi.testclient import TestClient
from gatewaytown import GatewayTown
from meddling import OtherNetwork

from contracts.authorizations.terms import identifier
from gateway.api.app import create_app
from gateway.api.following import Follower
from gateway.api.metrics import Metrics
from gateway.attacks.chain.lying_rpc import Liar, invented
from gateway.index.index import Index
from gateway.index.store import Store
from gateway.provenance.explorer import Explorer
from ledger.chain.port import Body, Chain
from ledger.errors import NotAuthorized


@pytest.fixture
def cheated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayTown]:
    made = GatewayTown(tmp_path_factory.mktemp("lying"))
    made.town.mount("tax", "secret")  # what comes after the index's last block
    yield made
    made.close()


class Forgetful(Liar):
    """Shows blocks without what happened in them."""

    def body(self, number: int) -> Body:
        return Body((), ())


def liars(chain: Chain) -> dict[str, Chain]:
    earlier = chain.header(2)
    return {
        "an invented head": Liar(chain, head=invented),
        "an older head": Liar(chain, head=lambda _: earlier),
        "another network": OtherNetwork(chain),
        "blocks without their calls": Forgetful(chain),
    }


def test_no_lie_enters_the_index_and_its_health_says_so(cheated: GatewayTown) -> None:
    real = cheated.observer.chain
    before = cheated.index.digest()
    for what, liar in liars(real).items():
        observer = cheated.town.observer(f"liar {what}")
        observer.view._chain = liar
        observer.view._vanity = None  # as after a restart: the first block is asked for again
        lied = replace(observer, chain=liar)
        explorer = Explorer(cheated.index, observer.view)
        metrics = Metrics()
        follower = Follower(cheated.index, liar, observer.view, 1.0, metrics)
        assert not follower.step(), what
        assert cheated.index.digest() == before, what
        services = replace(cheated.services(lied), explorer=explorer)
        client = TestClient(create_app(services, metrics), raise_server_exceptions=False)
        told = client.get("/v1/search", params={"q": identifier("secret").hex()}).json()
        assert (told["found"], told["as_of"]) == (False, cheated.index.mark.number), what
        health = client.get("/v1/chain").json()
        assert health["head"] is None or health["index"]["lag"] > 0, what
    follower = Follower(cheated.index, real, cheated.observer.view, 1.0, Metrics())
    assert follower.step()
    assert cheated.explorer.search(identifier("secret").hex()).is_known


def test_a_proof_from_a_lying_chain_is_refused_as_a_fault_of_the_chain_s_node(cheated: GatewayTown) -> None:
    observer = cheated.town.observer("old proofs")
    observer.view._chain = Liar(observer.chain, old=2)
    services = replace(cheated.services(), explorer=Explorer(cheated.index, observer.view))
    client = TestClient(create_app(services), raise_server_exceptions=False)
    refused = client.get(f"/v1/nodes/authorization:{cheated.held.hex()}/history")
    assert (refused.status_code, refused.json()["code"]) == (502, "proof-does-not-hold")


def test_a_gateway_that_starts_at_a_liar_begins_no_index(cheated: GatewayTown) -> None:
    observer = cheated.town.observer("first start")
    store = Store(f"sqlite:///{cheated.directory}/fresh.sqlite")
    index = Index(store, observer.view.header(0))
    assert not Follower(index, Forgetful(observer.chain), observer.view, 1.0, Metrics()).step()
    assert index.mark.number == 0
    store.close()


def test_a_chain_that_refuses_for_a_while_does_not_end_the_following(cheated: GatewayTown) -> None:
    class Refusing:
        """As a node that does not know this party's certificate yet."""

        def follow(self, *_: object, **__: object) -> None:
            raise NotAuthorized("rpc: certificate")

    chain, view = cheated.observer.chain, cheated.observer.view
    assert not Follower(cast(Index, Refusing()), chain, view, 1.0, Metrics()).step()
    assert Follower(cheated.index, chain, view, 1.0, Metrics()).step()
