"""The API's routes of provenance: answers as of a block, pages, ETags, and what is refused and how."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient
from gatewaytown import CONTENT, GatewayTown

from contracts.evidence.program import judge
from gateway.accounts.caller import Role, caller_of
from gateway.api.app import create_app
from gateway.api.guards.identity import PublicOnly
from gateway.api.services import Services


def test_a_node_shows_what_it_rests_on_and_the_proof_of_each_edge(client: TestClient, town: GatewayTown) -> None:
    told = client.get(f"/v1/nodes/digest:{CONTENT.hex()}").json()
    assert told["as_of"] == town.index.mark.number
    assert {edge["role"] for edge in told["rests_on"]} == {"supply", "supplier", "holder"}
    proof = client.get(told["rests_on"][0]["shown_by"]["proof"])
    assert judge(proof.content, town.trust).failed is None


def test_a_block_shows_nothing_as_of_a_block_before_it(client: TestClient, town: GatewayTown) -> None:
    at = client.get(f"/v1/nodes/authorization:{town.held.hex()}").json()["rests_on"][0]["shown_by"]["block"]
    assert client.get(f"/v1/nodes/block:{at}?block={at}").status_code == 200
    assert client.get(f"/v1/nodes/block:{at}?block={at - 1}").status_code == 404


def test_holders_reasons_lineage_and_history_answer_for_one_digest(client: TestClient, town: GatewayTown) -> None:
    held = client.get(f"/v1/holders/{CONTENT.hex()}").json()["held"]
    assert {one["role"] for one in held} == {"holder", "supplier"}
    (reason,) = client.get(f"/v1/nodes/digest:{CONTENT.hex()}/why").json()["reasons"]
    assert reason["authorization"] == f"authorization:{town.held.hex()}"
    walked = client.get("/v1/nodes/sales/lineage", params={"way": "downstream", "depth": 3}).json()
    assert f"digest:{CONTENT.hex()}" in {node["name"] for node in walked["nodes"]}
    assert walked["cut"] is False
    histories = client.get(f"/v1/nodes/authorization:{town.held.hex()}/history").json()["histories"]
    assert {one["contract"] for one in histories} == {"Authorizations", "Requests", "Supplies"}
    way = client.get("/v1/path", params={"from": f"digest:{CONTENT.hex()}", "to": "sales"}).json()["path"]
    assert len(way) == 2


def test_a_walk_past_its_limit_says_so_and_is_no_table(client: TestClient) -> None:
    where, walk = "/v1/nodes/sales/lineage", {"way": "downstream", "depth": 3}
    whole = client.get(where, params=walk).json()["edges"]
    table = client.get(where, params={**walk, "form": "csv"})
    assert (table.status_code, len(table.text.splitlines())) == (200, 1 + len(whole))
    cut = client.get(where, params={**walk, "limit": 1}).json()
    assert (cut["cut"], len(cut["edges"])) == (True, 1)
    refused = client.get(where, params={**walk, "limit": 1, "form": "csv"})
    assert (refused.status_code, "`cut`" in refused.json()["detail"]) == (400, True)


def test_not_found_is_an_answer_of_a_search_and_an_error_of_a_name(client: TestClient) -> None:
    told = client.get("/v1/search", params={"q": "ab" * 32})
    assert (told.status_code, told.json()["found"]) == (200, False)
    assert "no event of any contract" in told.json()["meaning"]
    missing = client.get(f"/v1/nodes/asset:{'ab' * 32}")
    assert (missing.status_code, missing.json()["code"]) == (404, "not-found")
    assert missing.headers["content-type"] == "application/problem+json"


def test_pages_join_to_the_whole_list_and_a_foreign_cursor_is_refused(client: TestClient) -> None:
    whole = client.get("/v1/nodes", params={"kind": "digest", "limit": 200}).json()["items"]
    joined, cursor = [], None
    for _ in range(len(whole)):
        told = client.get("/v1/nodes", params={"kind": "digest", "limit": 2, **({"cursor": cursor} if cursor else {})})
        joined += told.json()["items"]
        cursor = told.json()["next"]
        if cursor is None:
            break
    assert joined == whole
    for false in ("zzz", "WyJhIl0", "e30", "W10", "LTE"):
        refused = client.get("/v1/nodes", params={"kind": "digest", "cursor": false})
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid-record")


def test_what_the_caller_has_already_is_not_sent_again(client: TestClient) -> None:
    first = client.get("/v1/nodes/sales")
    again = client.get("/v1/nodes/sales", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.get("/v1/nodes/sales", headers={"If-None-Match": '"other"'}).status_code == 200
    earlier = client.get("/v1/nodes/sales", params={"block": 3}, headers={"If-None-Match": first.headers["etag"]})
    assert earlier.status_code == 200


def test_every_answer_has_the_headers_that_browsers_obey(client: TestClient) -> None:
    for path in ("/v1/chain", "/v1/nodes/nobody", "/nowhere"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'")


def test_without_accounts_only_public_routes_answer(town: GatewayTown) -> None:
    services = Services(town.explorer, town.observer, town.trust, PublicOnly())
    closed = TestClient(create_app(services))
    assert closed.get("/v1/chain").status_code == 200
    refused = closed.get("/v1/nodes/sales")
    assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")
    assert refused.headers["www-authenticate"] == "Bearer"


def test_a_caller_without_the_scope_is_refused(client: TestClient, town: GatewayTown) -> None:
    before, town.identity.caller = town.identity.caller, caller_of("citizen", "", [Role.CITIZEN])
    try:
        refused = client.get("/v1/nodes/sales")
        assert (refused.status_code, refused.json()["code"]) == (403, "not-authorized")
    finally:
        town.identity.caller = before


def test_the_chain_s_state_is_told_with_the_index_s_lag(client: TestClient, town: GatewayTown) -> None:
    told = client.get("/v1/chain").json()
    assert told["index"]["lag"] == 0
    assert told["head"]["number"] == told["index"]["number"]
    assert told["assurance"] == "single operator"
    town.town.clock.now += 200
    stale = client.get("/v1/chain").json()
    town.town.clock.now -= 200
    assert stale["head"] is None
    assert "stale" in stale["fault"]


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"x" * (17 << 20), "text/plain", 413),
        (b"[" * 100 + b"]" * 100, "application/json", 400),
        (b'{"a":' * 40 + b"1" + b"}" * 40, "application/json", 400),
    ],
)
def test_bodies_too_long_or_too_deep_are_refused_before_any_route(
    client: TestClient, body: bytes, kind: str, status: int
) -> None:
    refused = client.post("/v1/nodes/sales", content=body, headers={"content-type": kind})
    assert refused.status_code == status


def test_a_target_too_long_is_refused(client: TestClient) -> None:
    assert client.get("/v1/search", params={"q": "a" * 5000}).status_code == 413
