"""The quick way to the two busiest routes: the same answers as the framework's, and nobody let in by it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
from fastapi.testclient import TestClient
from gatewaytown import CONTENT, GatewayTown
from starlette.requests import Request

from gateway.accounts.caller import VISITOR, Caller, Role, Scope, caller_of
from gateway.api import quick
from gateway.api.app import create_app
from gateway.api.guards.identity import admitted_anew
from ledger.errors import BackendError, NotAuthorized

PATHS = (
    "/v1/nodes/sales", f"/v1/nodes/digest:{CONTENT.hex()}", "/v1/nodes/sales?block=3", "/v1/nodes/block:3",
    "/v1/nodes/nothing-of-the-kind", "/v1/nodes/sales?block=999999", "/v1/nodes/sales?block=99999999999999999",
    "/v1/nodes/sales?block=-1", "/v1/nodes/sales?block=", "/v1/nodes/sales?block=1&block=2", "/v1/nodes/sales?x=1",
    "/v1/nodes/%00", "/v1/nodes/..%2f", "/v1/nodes/" + "a" * 201, "/v1/nodes/digest:xyz", "/v1/nodes/",
)  # fmt: skip
BODIES = (
    b'{"unit":"1/1","purpose":"intention","asker":"Eve"}', b'{"unit":"1/1","purpose":"","asker":"Eve"}', b"{", b"",
    b'{"unit":1,"purpose":"own"}', b'{"unit":"1/1","purpose":"own","more":1}', b'{"unit":"1","unit":"2"}', b"[]",
)  # fmt: skip


class Counted(quick.Quick):
    """Tells how many requests went the quick way."""

    taken = 0

    async def _node(self, request, name):  # type: ignore[no-untyped-def]
        found = await super()._node(request, name)
        Counted.taken += found is not None
        return found


@pytest.fixture(scope="module")
def both(town: GatewayTown) -> Iterator[tuple[TestClient, TestClient]]:
    """The API as it is, and with the framework's way alone."""
    patch = pytest.MonkeyPatch()
    patch.setattr("gateway.api.app.Quick", Counted)
    quickly = TestClient(create_app(town.services()), raise_server_exceptions=False)
    quickly.get("/healthz")  # middleware is put together with the first request
    patch.setattr("gateway.api.app.Quick", lambda app, services: app)
    slowly = TestClient(create_app(town.services()), raise_server_exceptions=False)
    slowly.get("/healthz")
    yield quickly, slowly
    patch.undo()


@pytest.mark.parametrize("path", PATHS)
def test_what_it_answers_is_what_the_framework_answers(both: tuple[TestClient, TestClient], path: str) -> None:
    one, two = (client.get(path) for client in both)
    assert (one.status_code, one.content, one.headers) == (two.status_code, two.content, two.headers)
    if one.status_code == 200:
        again = [client.get(path, headers={"If-None-Match": one.headers["etag"]}) for client in both]
        assert [answer.status_code for answer in again] == [304, 304]


@pytest.mark.parametrize("body", BODIES)
def test_a_rights_query_is_refused_with_the_same_words(both: tuple[TestClient, TestClient], body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    one, two = (client.post("/v1/rights", content=body, headers=headers) for client in both)
    assert (one.status_code, one.content) == (two.status_code, two.content)


def test_plain_questions_of_known_callers_go_its_way_and_others_do_not(
    both: tuple[TestClient, TestClient], town: GatewayTown
) -> None:
    client, before = both[0], town.identity.caller
    Counted.taken = 0
    client.get("/v1/nodes/sales")
    client.get("/v1/nodes/nothing-of-the-kind")
    assert Counted.taken == 2
    client.get("/v1/nodes/sales?x=1")
    for caller, status in ((VISITOR, 401), (caller_of("ann", "", [Role.CITIZEN]), 403)):
        town.identity.caller = caller
        assert client.get("/v1/nodes/sales").status_code == status
    town.identity.caller = before
    assert Counted.taken == 2


def test_who_is_not_known_yet_is_looked_up_and_may_no_more_than_that(town: GatewayTown) -> None:
    class Later:
        """Knows nobody at once."""

        caller = town.identity.caller

        def known(self, request: object) -> None:
            return None

        def authorize(self, request: object) -> Caller:
            return self.caller

    later = Later()
    client = TestClient(create_app(replace(town.services(), identity=later)), raise_server_exceptions=False)
    assert client.get("/v1/nodes/sales").status_code == 200
    later.caller = caller_of("ann", "", [Role.AUDITOR], [Scope.ALERTS])
    assert client.get("/v1/nodes/sales").status_code == 403


def test_whoever_is_looked_up_is_noted_for_the_access_log_refused_or_not() -> None:
    who = caller_of("ann", "", [Role.CITIZEN])

    class Later:
        """Finds somebody who may not; asked again it would not find her."""

        found = iter([who])

        def known(self, request: object) -> None:
            return None

        def authorize(self, request: object) -> Caller:
            return next(self.found)

    request = Request({"type": "http", "method": "GET", "path": "/", "headers": [], "state": {}})
    with pytest.raises(NotAuthorized):
        admitted_anew(Later(), request, Scope.PROVENANCE)
    assert request.state.caller == who


def test_accounts_that_cannot_be_read_are_a_problem_of_its_own_and_no_bug(town: GatewayTown) -> None:
    class Broken:
        """The file of accounts is held by another."""

        def known(self, request: object) -> None:
            raise BackendError("accounts: database is locked")

        authorize = known

    client = TestClient(create_app(replace(town.services(), identity=Broken())), raise_server_exceptions=False)
    for answer in (client.get("/v1/nodes/sales"), client.get("/v1/nodes/sales?x=1")):
        assert (answer.status_code, answer.json()["code"]) == (503, client.get("/v1/nodes").json()["code"])


def test_the_figures_name_the_route_whichever_way_it_went(both: tuple[TestClient, TestClient]) -> None:
    for client in both:
        client.get("/v1/nodes/sales")
        assert 'route="/nodes/{name}",status="200"' in client.get("/metrics").text.replace(", ", ",")
