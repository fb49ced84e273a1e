"""Every list that the API describes: pages that join to the whole, and the same rows as CSV for the same callers."""

from __future__ import annotations

import csv
import io
import json
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import anyio
import httpx
import pytest
from fastapi.testclient import TestClient
from gatewaytown import CONTENT, GatewayTown
from starlette.requests import Request
from starlette.responses import StreamingResponse

from contracts.catalogue.rules import Category
from gateway.accounts.caller import VISITOR, Role, caller_of
from gateway.api import listing
from gateway.api.app import create_app
from gateway.api.asking import MAX_PAGE, encode_page
from gateway.api.routes import evidence
from gateway.api.routes.catalogue import catalogue
from gateway.exports.table import member
from gateway.provenance import explorer

EVIDENCE = Path(__file__).parents[2] / "vectors" / "evidence" / "v1"
OFFICER = caller_of("officer", "tax", [Role.DEPARTMENT, Role.AUDITOR])
NO_LISTS = {
    "/v1/chain": "where chain and index stand",
    "/v1/nodes/{name}": "a node and its neighbours",
    "/v1/catalogue/{asset}": "one asset",
    "/v1/openapi.json": "the description itself",
}
"""Answers with lists inside that are read as one; what is asked for in others' forms stands under /v1/exports."""


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[GatewayTown]:
    """A town in which several things wait and are amiss."""
    made = GatewayTown(tmp_path_factory.mktemp("lists"))
    for number in range(3):
        made.town.ask("audit", "tax", "sales", f"asked {number}")
        assert not made.town.propose("audit", "tax", made.held, f"beyond {number}", purpose="curiosity").accepted
    made.follow()
    yield made
    made.close()


@pytest.fixture(scope="module")
def lists(town: GatewayTown, tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """The API with evidence laid out, imports under a name that a formula begins with, and an officer who asks."""
    before, town.identity.caller = town.identity.caller, OFFICER
    laid = tmp_path_factory.mktemp("laid")
    for path in sorted(EVIDENCE.glob("s*.json")):
        shutil.copy(path, laid)
        shutil.copy(path, laid / f"again-{path.name}")
    services = replace(town.services(), evidence=laid)
    client = TestClient(create_app(services), raise_server_exceptions=False)
    for number in range(3):
        event = {
            "eventTime": f"2026-01-0{number + 1}T00:00:00Z", "producer": "https://x.example",
            "schemaURL": "https://x.example/s", "job": {"namespace": "=1+1", "name": "listed"},
        }  # fmt: skip
        assert client.post("/v1/imports/openlineage", json=event).status_code == 200
    yield client
    town.identity.caller = before


def described(client: TestClient) -> Mapping[str, Any]:
    """Return the described GET operations by their paths."""
    paths: dict[str, Any] = client.get("/v1/openapi.json").json()["paths"]
    return {path: one["get"] for path, one in paths.items() if "get" in one and path.startswith("/v1")}


def is_list(operation: Mapping[str, Any]) -> bool:
    schema = operation["responses"]["200"]["content"].get("application/json", {}).get("schema", {})
    return "next" in schema.get("properties", {})


def asked(path: str, town: GatewayTown) -> tuple[str, dict[str, str]]:
    """Return a request of a path that has an answer here."""
    names = {
        "{name}": f"digest:{CONTENT.hex()}", "{digest}": CONTENT.hex(), "{stream}": town.stream.hex(),
        "{asset}": "sales",
    }  # fmt: skip
    if "history" in path:
        names["{name}"] = f"authorization:{town.held.hex()}"
    for part, value in names.items():
        path = path.replace(part, value)
    given = {
        "/v1/nodes": {"kind": "authorization"}, "/v1/search": {"q": "tax"}, "/v1/imports": {"name": "=1+1/listed"},
        "/v1/path": {"from": f"digest:{CONTENT.hex()}", "to": "sales"},
        "/v1/exports/sample": {"kind": "authorization", "count": "2", "seed": str(town.granted)},
    }  # fmt: skip
    return path, given.get(path, {})


def rows_of(answer: httpx.Response) -> tuple[list[str], list[dict[str, str]]]:
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/csv; charset=utf-8; header=present")
    read = csv.reader(io.StringIO(answer.content.decode("utf-8-sig"), newline=""))
    head = next(read)
    return head, [dict(zip(head, line, strict=True)) for line in read]


def cell(value: Any) -> str:
    """Write a value of JSON as its cell, in other words than the program."""
    if isinstance(value, str):
        return "'" + value if value[:1] in tuple("=+-@\t\r\n") else value
    return "" if value is None else json.dumps(value, ensure_ascii=False)


def test_every_answer_with_a_list_is_described_as_one(lists: TestClient, town: GatewayTown) -> None:
    count = 0
    for path, operation in described(lists).items():
        if path.startswith("/v1/exports") or path.endswith(("/stream", "/proof")) or "proofs" in path:
            continue
        where, params = asked(path, town)
        answer = lists.get(where, params=params)
        if path == "/v1/budgets/{asset}" or path == "/v1/evidence/{digest}":
            assert answer.status_code == 404, path
            continue
        assert answer.status_code == 200, (path, answer.text)
        held = [name for name, value in answer.json().items() if isinstance(value, list)]
        shown = {"text/csv"} <= operation["responses"]["200"]["content"].keys()
        assert not held or shown or path in NO_LISTS, (path, held)
        count += is_list(operation)
    assert count >= 12


def test_every_list_has_the_same_limits_cursor_and_form(lists: TestClient) -> None:
    found = {path: one for path, one in described(lists).items() if is_list(one)}
    assert {"/v1/alerts", "/v1/inbox", "/v1/evidence", "/v1/budgets/{asset}", "/v1/imports"} <= found.keys()
    for path, operation in found.items():
        schemas = {one["name"]: one["schema"] for one in operation["parameters"]}
        assert (schemas["limit"]["minimum"], schemas["limit"]["maximum"]) == (1, MAX_PAGE), path
        assert schemas["limit"]["default"] == 50, path
        assert {"cursor", "form"} <= schemas.keys(), path


def paged(client: TestClient, town: GatewayTown) -> Iterator[tuple[str, str, str, dict[str, str]]]:
    for path, operation in described(client).items():
        if is_list(operation) and path != "/v1/budgets/{asset}":  # nobody here has one; see test_budgets.py
            schema = operation["responses"]["200"]["content"]["application/json"]["schema"]
            name = next(iter(schema["properties"]))
            yield path, name, *asked(path, town)


def test_the_pages_of_every_list_join_to_the_whole_of_it(lists: TestClient, town: GatewayTown) -> None:
    longer = set[str]()
    for path, name, where, params in paged(lists, town):
        whole = lists.get(where, params={**params, "limit": MAX_PAGE}).json()
        assert (whole["next"], len(whole[name]) <= MAX_PAGE) == (None, True), path
        joined, cursor = list[Any](), {}
        while True:
            told = lists.get(where, params={**params, **cursor, "limit": "1"}).json()
            assert len(told[name]) <= 1, path
            joined += told[name]
            if told["next"] is None:
                break
            cursor = {"cursor": told["next"]}
        assert joined == whole[name], path
        longer |= {path} if len(joined) > 1 else set()
    assert {"/v1/alerts", "/v1/inbox", "/v1/events", "/v1/imports", "/v1/search", "/v1/evidence"} <= longer


def test_a_cursor_of_no_list_and_a_limit_that_is_not_offered_are_refused_by_every_list(
    lists: TestClient, town: GatewayTown
) -> None:
    strange = encode_page("x", "y", "z", "w", "v")
    for path, _, where, params in paged(lists, town):
        for bad in ({"cursor": "e30"}, {"cursor": strange}, {"limit": "0"}, {"limit": "201"}):
            assert lists.get(where, params={**params, **bad}).status_code in (400, 422), (path, bad)


def test_every_list_as_csv_has_the_rows_and_all_the_members_of_its_json(lists: TestClient, town: GatewayTown) -> None:
    count = 0
    for path, name, where, params in paged(lists, town):
        items = lists.get(where, params={**params, "limit": MAX_PAGE}).json()[name]
        head, lines = rows_of(lists.get(where, params={**params, "form": "csv"}))
        assert len(lines) == len(items), path
        for item, line in zip(items, lines, strict=True):
            assert {column.partition(".")[0] for column in head} == item.keys(), path
            assert line == {column: cell(member(item, column)) for column in head}, path
            count += 1
    assert count > 50


def test_what_is_read_as_one_has_its_rows_as_csv_too(lists: TestClient, town: GatewayTown) -> None:
    for path, operation in described(lists).items():
        if "text/csv" in operation["responses"]["200"]["content"] and not is_list(operation):
            where, params = asked(path, town)
            told = lists.get(where, params=params).json()
            rows = told.get("edges") or told.get("path") or told.get("sample")
            rows = rows or [event for one in told["histories"] for event in one["events"]]
            assert len(rows_of(lists.get(where, params={**params, "form": "csv"}))[1]) == len(rows) > 0, path


def test_a_list_as_csv_is_open_to_those_whom_it_is_open_to(lists: TestClient, town: GatewayTown) -> None:
    court = caller_of("court", "court", [Role.COURT])
    for asker in (VISITOR, court, caller_of("keeper", "", [Role.OPERATOR])):
        town.identity.caller = asker
        try:
            for path, name, where, params in paged(lists, town):
                plain, table = lists.get(where, params=params), lists.get(where, params={**params, "form": "csv"})
                assert table.status_code == plain.status_code, path
                if plain.status_code == 200:
                    assert len(rows_of(table)[1]) == len(plain.json()[name]), path
        finally:
            town.identity.caller = OFFICER


def test_a_long_table_is_sent_in_pieces_and_a_short_one_under_a_tag(
    lists: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = lists.get("/v1/events", params={"form": "csv"})
    known = {"If-None-Match": short.headers["etag"]}
    assert lists.get("/v1/events", params={"form": "csv"}, headers=known).status_code == 304
    monkeypatch.setattr(listing, "CHUNK", 3)
    long = lists.get("/v1/events", params={"form": "csv"})
    assert (long.content, "etag" in long.headers) == (short.content, False)


def reads(town: GatewayTown, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Note how many assets each look into the index returns."""
    found, nodes = list[int](), town.explorer.finder.nodes

    def noted(*wanted: Any, **bounds: Any) -> Any:
        page = nodes(*wanted, **bounds)
        found.append(len(page))
        return page

    monkeypatch.setattr(town.explorer.finder, "nodes", noted)
    return found


def pieces_of(answer: StreamingResponse, read: list[int]) -> list[tuple[bytes, int]]:
    """Read an answer piece by piece, and what had been read of the index behind each."""

    async def all_of() -> list[tuple[bytes, int]]:
        return [(bytes(piece), sum(read)) async for piece in answer.body_iterator]  # type: ignore[arg-type]

    return anyio.run(all_of)


@pytest.mark.parametrize("is_visitor", [True, False])
def test_the_catalogue_as_csv_is_read_a_page_at_a_time_also_by_whom_most_of_it_is_closed_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, is_visitor: bool
) -> None:
    town, page, count = GatewayTown(tmp_path), 3, 11
    try:
        for number in range(count - 3):
            town.town.mount("tax", f"closed {number}")
        town.town.mount("tax", "open", Category.UNCONDITIONAL)
        town.follow()
        monkeypatch.setattr(listing, "CHUNK", page)
        read = reads(town, monkeypatch)
        services = town.services()
        request = Request({"type": "http", "method": "GET", "path": "/v1/catalogue", "headers": []})
        asker = VISITOR if is_visitor else OFFICER
        answer = catalogue(request, services, asker, form="csv")
        assert isinstance(answer, StreamingResponse)
        assert max(read) <= page
        assert sum(read) <= 2 * page  # before anything is sent
        pieces = pieces_of(answer, read)
        assert [seen for _, seen in pieces] == [6, 6, 9, 11]  # of eleven, each step holds a thread for one page
        rows = list(csv.DictReader(io.StringIO(b"".join(piece for piece, _ in pieces).decode("utf-8-sig"))))
        assert len(rows) == (1 if is_visitor else count)
        assert rows[-1]["category"] == "unconditional"
    finally:
        town.close()


@pytest.mark.parametrize(
    ("where", "member_of", "module", "name", "bound"),
    [
        (f"/v1/holders/{CONTENT.hex()}", "held", explorer, "holdings", {"limit": 1}),
        ("/v1/evidence", "items", evidence, "Shelf", {"most": 1}),
    ],
)
def test_a_list_that_ends_before_its_end_says_so_and_is_no_table(
    lists: TestClient, monkeypatch: pytest.MonkeyPatch, where: str, member_of: str, module: ModuleType, name: str,
    bound: dict[str, int],
) -> None:  # fmt: skip
    whole = lists.get(where).json()
    assert (whole["cut"], len(whole[member_of]) > 1) == (False, True)
    assert len(rows_of(lists.get(where, params={"form": "csv"}))[1]) == len(whole[member_of])
    monkeypatch.setattr(module, name, partial(getattr(module, name), **bound))
    told = lists.get(where).json()
    assert told["cut"] is True
    assert len(told[member_of]) < len(whole[member_of])
    refused = lists.get(where, params={"form": "csv"})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid-record")
    assert "`cut`" in refused.json()["detail"]


def test_a_list_read_in_pages_stays_as_of_its_block(lists: TestClient, town: GatewayTown) -> None:
    at = town.observer.view.head().number - 1
    first = lists.get("/v1/alerts", params={"block": at, "limit": 1}).json()
    following = lists.get("/v1/alerts", params={"cursor": first["next"], "limit": 1}).json()
    assert (first["as_of"], following["as_of"]) == (at, at)
    other = lists.get("/v1/alerts", params={"cursor": first["next"], "block": at - 1})
    assert (other.status_code, other.json()["code"]) == (400, "invalid-record")
    at = town.granted
    events = lists.get("/v1/events", params={"block": at, "limit": MAX_PAGE}).json()["items"]
    assert max(one["shown_by"]["block"] for one in events) <= at
    assert len(events) < len(lists.get("/v1/events", params={"limit": MAX_PAGE}).json()["items"])


def test_of_an_event_that_names_a_word_twice_a_page_in_between_leaves_none_out(town: GatewayTown) -> None:
    finder, last = town.explorer.finder, town.index.mark.number
    words = {word for event in finder.events(None, 1000) for word in event.args.values() if isinstance(word, bytes)}
    wholes = {word: finder.mentions(word, last) for word in words if len(word) == 32}
    twice = {word: all_ for word, all_ in wholes.items() if len({one.event.cursor for one in all_}) < len(all_)}
    assert twice
    for word, whole in twice.items():
        joined, at, argument = [], None, ""
        while page := finder.mentions(word, last, after=at, argument=argument, limit=1):
            joined += page
            at, argument = page[0].event.cursor, page[0].name
        assert joined == whole
