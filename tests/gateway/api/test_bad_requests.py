"""A thousand bad requests: each is refused with the right status, says so as a problem, and leaks nothing."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from dataclasses import replace

import httpx
import pytest
from badrequests import Bad, bad_requests, closed_requests
from fastapi.testclient import TestClient
from gatewaytown import GatewayTown

from gateway.accounts.caller import Role, caller_of
from gateway.api.app import create_app
from ledger.errors import NotAuthorized

LEAKS = ("Traceback", "sqlalchemy", "sqlite", "/work", "/tmp", 'File "', "SELECT ", "root:x:")


async def answered(town: GatewayTown, bad: list[Bad]) -> list[httpx.Response]:
    transport = httpx.ASGITransport(create_app(town.services()), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as client:
        return [
            await client.request(one.method, one.path, params=one.params or None, content=one.body, headers=one.headers)
            for one in bad
        ]


def judge(one: Bad, answer: httpx.Response) -> str:
    """Say what is wrong with an answer, "" for nothing."""
    if answer.status_code not in one.statuses:
        return f"{one}: {answer.status_code}, expected {one.statuses}: {answer.text[:200]}"
    if answer.headers.get("content-type") != "application/problem+json":
        return f"{one}: no problem document"
    told = answer.json()
    if told["status"] != answer.status_code or not told["code"]:
        return f"{one}: a problem that contradicts its status"
    leaked = [word for word in LEAKS if word.lower() in answer.text.lower() and word.lower() not in str(one).lower()]
    return f"{one}: leaks {leaked}: {answer.text[:300]}" if leaked else ""


@pytest.mark.slow
def test_a_thousand_bad_requests_are_refused_with_the_right_status_and_nothing_leaks(town: GatewayTown) -> None:
    bad = list(bad_requests())
    answers = asyncio.run(answered(town, bad))
    wrong = [found for one, answer in zip(bad, answers, strict=True) if (found := judge(one, answer))]
    assert wrong == [], "\n".join(wrong[:20])
    assert len(bad) >= 1000, Counter(one.path.split("/")[2] if one.path.count("/") > 1 else "" for one in bad)


def test_no_role_reads_or_writes_what_is_not_its_own(town: GatewayTown) -> None:
    before = town.identity.caller
    for role in Role:
        bad = [one for its, one in closed_requests() if its is role]
        town.identity.caller = caller_of("" if role is Role.VISITOR else "somebody", "", [role])
        for one, answer in zip(bad, asyncio.run(answered(town, bad)), strict=True):
            assert judge(one, answer) == ""
    town.identity.caller = before


def test_an_expired_or_forged_token_is_nobody_s(town: GatewayTown) -> None:
    class Refusing:
        def authorize(self, request: object) -> None:
            raise NotAuthorized("token: ended")

        def known(self, request: object) -> None:
            return None

    closed = TestClient(create_app(replace(town.services(), identity=Refusing())), raise_server_exceptions=False)  # type: ignore[arg-type]
    for path in ("/v1/chain", "/v1/nodes/sales"):
        refused = closed.get(path, headers={"Authorization": "Bearer forged"})
        assert (refused.status_code, refused.json()["code"]) == (401, "unauthenticated")


def test_a_bug_is_answered_without_its_words(town: GatewayTown, monkeypatch: pytest.MonkeyPatch) -> None:
    client = TestClient(create_app(town.services()), raise_server_exceptions=False)
    monkeypatch.setattr(town.explorer, "search", lambda *a, **k: 1 / 0, raising=False)
    told = client.get("/v1/search", params={"q": "tax"})
    assert (told.status_code, told.json()["code"]) == (500, "bug")
    assert "ZeroDivision" not in told.text
    assert json.loads(told.text)["detail"].startswith("logged as ")
