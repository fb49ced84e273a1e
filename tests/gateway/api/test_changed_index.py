"""An operator changes the index's database: what is proven is refused from then on, and what was not touched holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from gatewaytown import GatewayTown
from sqlalchemy import text

from contracts.evidence.program import judge
from gateway.api.app import create_app
from gateway.index.index import Index
from gateway.index.store import Store
from gateway.provenance.explorer import Explorer


@pytest.fixture
def copied(town: GatewayTown, tmp_path: Path) -> Iterator[tuple[TestClient, Store]]:
    """A gateway over a copy of the index, which a test may spoil."""
    copy = tmp_path / "index.sqlite"
    with town.store.reading() as db:
        db.execute(text("VACUUM INTO :place"), {"place": str(copy)})
    store, view = Store(f"sqlite:///{copy}"), town.observer.view
    services = replace(town.services(), explorer=Explorer(Index(store, view.header(0)), view))
    yield TestClient(create_app(services), raise_server_exceptions=False), store
    store.close()


OWN = "contract = 'Authorizations' AND entity = :one"


@pytest.mark.parametrize(
    ("change", "status"),
    [
        (f"DELETE FROM events WHERE {OWN} AND n = 2", 502),  # the end of the authorization
        (f"DELETE FROM events WHERE {OWN}", 502),
        (f"UPDATE events SET entity = :other WHERE {OWN}", 502),
        (f"UPDATE events SET data = (SELECT data FROM events WHERE {OWN} AND n = 2) WHERE {OWN} AND n = 1", 503),
    ],
)
def test_a_history_that_was_changed_is_not_proven_and_another_is(
    town: GatewayTown, copied: tuple[TestClient, Store], change: str, status: int
) -> None:
    client, store = copied
    held, ended = (f"/v1/nodes/authorization:{one.hex()}/history" for one in (town.held, town.ended))
    assert [client.get(one).status_code for one in (held, ended)] == [200, 200]
    given = {"one": town.ended} | ({"other": bytes(31) + b"x"} if ":other" in change else {})
    with store.transaction() as db:
        db.execute(text(change), given)
    assert [client.get(one).status_code for one in (held, ended)] == [200, status]


def test_an_event_that_was_moved_has_no_proof_there(town: GatewayTown, copied: tuple[TestClient, Store]) -> None:
    client, store = copied
    place = client.get(f"/v1/nodes/authorization:{town.ended.hex()}/history").json()["histories"][0]["events"][0]
    proof = place["shown_by"]["proof"]
    assert judge(client.get(proof).content, town.trust).failed is None
    with store.transaction() as db:
        db.execute(text(f"UPDATE events SET place = place + 7 WHERE {OWN} AND n = 1"), {"one": town.ended})
    moved = f"/v1/proofs/{place['shown_by']['block']}/{place['shown_by']['index'] + 7}/{place['shown_by']['log']}"
    assert client.get(proof).status_code == 404
    assert client.get(moved).status_code in (404, 502, 503)
