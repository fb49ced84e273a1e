"""The other routes: catalogue, streams, evidence, inbox, alerts, events as they come, exports, imports."""

from __future__ import annotations

import asyncio
import base64
import json

import pytest
from fastapi.testclient import TestClient
from gatewaytown import CONTENT, ROWS, GatewayTown

from contracts.authorizations.terms import identifier
from contracts.evidence.records.anchored import verify_record
from contracts.oversight.watching.alert import Kind as AlertKind
from gateway.accounts.caller import VISITOR, Role, caller_of
from gateway.api.asking import encode_page
from gateway.api.routes import evidence
from ledger.errors import InvalidRecord


def test_the_catalogue_names_owner_grade_state_and_versions(client: TestClient) -> None:
    items = client.get("/v1/catalogue").json()["items"]
    assert len(items) == 2
    sales = client.get("/v1/catalogue/sales").json()["asset"]
    assert (sales["state"], sales["versions"][0]["rows"]) == ("mounted", 3)
    assert sales["versions"][0]["commitment"] == ROWS.hex()
    before = client.get("/v1/catalogue/sales", params={"block": 3}).json()["asset"]
    assert before["versions"] == []
    assert client.get("/v1/catalogue/nothing").status_code == 404


def test_pages_of_the_catalogue_join_to_the_whole_of_it(client: TestClient) -> None:
    whole = client.get("/v1/catalogue").json()["items"]
    one = client.get("/v1/catalogue", params={"limit": 1}).json()
    two = client.get("/v1/catalogue", params={"limit": 1, "cursor": one["next"]}).json()
    assert one["items"] + two["items"] == whole


def test_a_record_of_a_stream_kept_here_is_proven_under_the_anchored_root(
    client: TestClient, town: GatewayTown
) -> None:
    name = town.stream.hex()
    (listed,) = client.get("/v1/streams").json()["items"]
    assert (listed["id"], listed["kept_here"], listed["newest"]["size"]) == (name, True, 3)
    proof = client.get(f"/v1/streams/{name}/records/1/proof")
    assert verify_record(proof.content, b"two", town.trust).failed is None
    assert verify_record(proof.content, b"three", town.trust).failed == "inclusion"
    assert client.get(f"/v1/streams/{name}").json()["anchors"][0]["root"] == town.root.hex()
    assert client.get(f"/v1/streams/{name}/records/3/proof").status_code == 404
    assert client.get(f"/v1/streams/{'ab' * 32}/records/0/proof").status_code == 404


def test_a_proof_is_checked_here_with_the_note_that_this_is_a_convenience(
    client: TestClient, town: GatewayTown
) -> None:
    place = town.explorer.finder.history("Authorizations", town.held, 999)[0].cursor
    proof = town.explorer.prove(place)
    good = client.post("/v1/verify", content=proof).json()
    assert (good["verdict"], good["failed"]) == ("holds", None)
    assert "convenience" in good["note"]
    bad = client.post("/v1/verify", content=proof.replace(b'"n":1', b'"n":2')).json()
    assert bad["verdict"] == "unreadable"
    assert client.post("/v1/verify", content=b"garbage", params={"language": "zh"}).json()["verdict"] == "unreadable"
    assert client.post("/v1/verify").status_code == 400


def test_a_stream_s_proof_is_checked_with_its_record_beside_it(client: TestClient, town: GatewayTown) -> None:
    proof = client.get(f"/v1/streams/{town.stream.hex()}/records/1/proof").content
    files = {"evidence": base64.b64encode(proof).decode(), "record": base64.b64encode(b"two").decode()}
    assert client.post("/v1/verify/files", json=files).json()["verdict"] == "holds"
    files["record"] = base64.b64encode(b"other").decode()
    assert client.post("/v1/verify/files", json=files).json()["failed"] == "inclusion"
    assert client.post("/v1/verify/files", json={"evidence": "%%%"}).status_code == 400


def test_the_inbox_is_of_the_caller_s_own_party(client: TestClient, town: GatewayTown) -> None:
    before, town.identity.caller = town.identity.caller, caller_of("officer", "tax", [Role.DEPARTMENT])
    told = client.get("/v1/inbox").json()
    assert told["party"] == "tax"
    assert "answer" in {item["step"] for item in told["items"]}
    town.identity.caller = caller_of("nobody", "", [Role.CITIZEN])
    assert client.get("/v1/inbox").status_code == 403
    town.identity.caller = before


def test_alerts_are_those_of_every_observer(client: TestClient, town: GatewayTown) -> None:
    told = client.get("/v1/alerts").json()
    assert {item["kind"] for item in told["items"]} <= {kind.value for kind in AlertKind}
    assert told["as_of"] == town.observer.view.head().number


def test_an_asset_without_a_budget_has_none(client: TestClient) -> None:
    assert client.get("/v1/budgets/sales").status_code == 404


def test_events_come_as_they_are_indexed_and_a_reader_goes_on_where_it_stopped(client: TestClient) -> None:
    paged = client.get("/v1/events", params={"limit": 200}).json()["items"]
    first = client.get("/v1/events", params={"limit": 1}).json()["next"]
    text = client.get("/v1/events/stream", params={"wait": 0}, headers={"Last-Event-ID": first}).text
    sent = [json.loads(line[6:]) for line in text.splitlines() if line.startswith("data: ")]
    assert sent == paged[1:]
    last = [line[4:] for line in text.splitlines() if line.startswith("id: ")][-1]
    again = client.get("/v1/events/stream", params={"wait": 0}, headers={"Last-Event-ID": last}).text
    assert "data:" not in again
    assert client.get("/v1/events", params={"contract": "Nothing"}).status_code == 400


def test_events_end_for_who_may_no_longer_read_them(
    client: TestClient, town: GatewayTown, monkeypatch: pytest.MonkeyPatch
) -> None:
    start = encode_page(0, 0, 0)
    whole = client.get(f"/v1/events/stream?cursor={start}&wait=0").text.count("id: ")
    asked = iter([town.identity.caller, VISITOR])
    monkeypatch.setattr(town.identity, "authorize", lambda _: next(asked, VISITOR))
    cut = client.get(f"/v1/events/stream?cursor={start}&wait=5").text.count("id: ")
    assert (whole > 0, cut) == (True, 0)


def test_exports_answer_in_their_own_media_types(client: TestClient, town: GatewayTown) -> None:
    for path, media in (
        (f"prov/digest:{CONTENT.hex()}", "application/json"),
        ("dcat", "application/ld+json"),
        (f"odrl/{town.held.hex()}", "application/ld+json"),
        (f"report/authorization:{town.held.hex()}?language=zh", "text/html"),
        (f"report/authorization:{town.held.hex()}?language=zh&form=pdf", "application/pdf"),
    ):
        answer = client.get(f"/v1/exports/{path}")
        assert (answer.status_code, answer.headers["content-type"].split(";")[0]) == (200, media), answer.text


def test_whoever_has_the_catalogue_s_document_is_told_so_and_a_visitor_gets_what_is_open(
    client: TestClient, town: GatewayTown
) -> None:
    whole = client.get("/v1/exports/dcat")
    known = {"If-None-Match": whole.headers["etag"]}
    assert client.get("/v1/exports/dcat", headers=known).status_code == 304
    assert client.get("/v1/exports/dcat?block=3").headers["etag"] != whole.headers["etag"]
    before, town.identity.caller = town.identity.caller, VISITOR
    try:
        found = client.get("/v1/exports/dcat", headers=known)
        assert (found.status_code, found.json()["dcat:dataset"]) == (200, [])
        assert client.get("/v1/exports/dcat?block=3").status_code == 403
        assert client.get("/v1/catalogue").json()["items"] == []
        assert client.get("/v1/catalogue/sales").status_code == 404
        for path in ("/v1/catalogue", "/v1/catalogue/sales"):  # what was open then may have been closed since
            assert client.get(path, params={"block": 3}).status_code == 403
        assert client.get("/v1/catalogue/sales").json()["detail"] == _absent(town)
    finally:
        town.identity.caller = before


def _absent(town: GatewayTown) -> str:
    return f"asset {identifier('sales').hex()[:16]}…: not in the catalogue, as of block {town.index.mark.number}"


def test_a_sample_s_plan_can_be_drawn_again_from_list_and_block(client: TestClient, town: GatewayTown) -> None:
    asked = {"kind": "authorization", "count": 1, "seed": town.index.mark.number}
    first, again = (client.get("/v1/exports/sample", params=asked).json() for _ in range(2))
    assert first == again
    assert first["block_hash"] == town.index.mark.block_hash.hex()
    assert first["population"]["size"] >= 2


def test_an_import_under_one_key_is_answered_once_and_another_body_refused(client: TestClient) -> None:
    event = {
        "eventTime": "2026-01-01T00:00:00Z", "producer": "https://x.example", "schemaURL": "https://x.example/s",
        "job": {"namespace": "n", "name": "j"},
    }  # fmt: skip
    key = {"Idempotency-Key": "one-import"}
    first = client.post("/v1/imports/openlineage", json=event, headers=key)
    assert first.json() == {"statements": 1, "new": 1, "first": 0}
    assert client.post("/v1/imports/openlineage", json=event, headers=key).json() == first.json()
    assert client.post("/v1/imports/openlineage", json=event).json()["new"] == 0
    other = client.post("/v1/imports/openlineage", json={**event, "producer": "https://y.example"}, headers=key)
    assert (other.status_code, other.json()["code"]) == (409, "conflict")
    found = client.get("/v1/imports", params={"name": "n/j"}).json()["items"]
    assert [item["proven"] for item in found] == [False]


def test_an_exchange_event_by_webhook_is_notarised_or_refused_with_its_reason(
    client: TestClient, town: GatewayTown
) -> None:
    event = {
        "event": "hook-1", "authorization": town.held.hex(), "asset": "sales", "owner": "tax", "grantee": "audit",
        "rows": 1, "content": CONTENT.hex(), "time": "2026-03-02T10:00:00+08:00",
    }  # fmt: skip
    ended = {**event, "event": "hook-2", "authorization": town.ended.hex()}
    taken, refused = client.post("/v1/imports/exchange", json=[event, ended]).json()["items"]
    assert (taken["taken"], refused["taken"], refused["reason"]) == (True, False, "authorization: revoked")
    before, town.identity.caller = town.identity.caller, caller_of("officer", "bank", [Role.DEPARTMENT])
    try:
        (strange,) = client.post("/v1/imports/exchange", json=[{**event, "event": "hook-3"}]).json()["items"]
    finally:
        town.identity.caller = before
    assert (strange["taken"], strange["reason"]) == (False, "exchange: handed in by neither its owner nor its grantee")


def test_one_key_is_of_one_kind_of_import(client: TestClient) -> None:
    key = {"Idempotency-Key": "kinds-0001"}
    body = b'{"entity": {"ex:a": {}}}'
    assert client.post("/v1/imports/prov", content=body, headers=key).status_code == 200
    assert client.post("/v1/imports/dcat", content=body, headers=key).status_code == 400


def test_others_are_answered_while_a_proof_is_checked(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    def judged(_file: bytes, _trust: object) -> object:
        with pytest.raises(RuntimeError, match="no running event loop"):
            asyncio.get_running_loop()
        raise InvalidRecord("checked beside the loop")

    monkeypatch.setattr(evidence, "judge", judged)
    assert client.post("/v1/verify", content=b"x").json()["detail"] == "checked beside the loop"


@pytest.mark.parametrize("role", [Role.CITIZEN, Role.OPERATOR, Role.COURT])
def test_who_may_not_write_cannot_import(client: TestClient, town: GatewayTown, role: Role) -> None:
    before, town.identity.caller = town.identity.caller, caller_of("x", "", [role])
    assert client.post("/v1/imports/dcat", json={}).status_code == 403
    town.identity.caller = before
