"""The two questions that programs ask hundreds of times a second, handed to their routes without the framework between.

``GET /v1/nodes/{name}`` and ``POST /v1/rights`` in their plain form, from a caller who is known already and may ask,
go straight to the functions that answer them. Whatever is not plain (another parameter, a key, a body that is not of
the form, a caller who must be looked up or may not) goes the framework's way, which says what is wrong with it: the
description of the API stays the one of those routes, and this never decides that something is refused.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

from pydantic import ValidationError
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway.accounts import caller
from gateway.accounts.caller import Caller
from gateway.api.asking import MAX_BLOCK
from gateway.api.guards import identity
from gateway.api.guards.problems import answered
from gateway.api.routes import provenance, rights
from gateway.api.services import Services
from gateway.api.turns import Turns
from ledger.errors import TrustError

_NODE: Final = re.compile("/v1/nodes/([^/]{1,200})")
_QUERY: Final = re.compile(b"(?:block=([0-9]{1,16}))?")


@dataclass(frozen=True, slots=True)
class Named:
    """The route as the figures name it, and the framework too."""

    path: str


NODE: Final = Named("/nodes/{name}")
RIGHTS: Final = Named("/rights")


class Quick:
    """ASGI middleware, right before the framework."""

    def __init__(self, app: ASGIApp, services: Services) -> None:
        self._app, self._given, self._turns = app, services, Turns()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            if scope["method"] == "GET" and (named := _NODE.fullmatch(scope["path"])):
                answer = await self._node(Request(scope), named[1])
            elif scope["method"] == "POST" and scope["path"] == "/v1/rights":
                told = await receive()
                answer, receive = await self._rights(Request(scope), told), _from(told, receive)
            else:
                answer = None
            if answer is not None:
                await answer(scope, receive, send)
                return
        await self._app(scope, receive, send)

    async def _node(self, request: Request, name: str) -> Response | None:
        asked = _QUERY.fullmatch(request.scope["query_string"])
        if asked is None or self._known(request, caller.Scope.PROVENANCE) is None:
            return None
        block = None if asked[1] is None else int(asked[1])
        if block is not None and block > MAX_BLOCK:
            return None
        request.scope["route"] = NODE
        await self._turns.take()
        try:
            return await provenance.node(request, self._given, name, block)
        except TrustError as fault:
            return answered(fault)

    async def _rights(self, request: Request, told: Message) -> Response | None:
        who, headers = self._known(request, caller.Scope.TITLES), request.headers
        is_plain = (
            told["type"] == "http.request" and not told.get("more_body") and not request.scope["query_string"]
            and headers.get("content-type") == "application/json" and "idempotency-key" not in headers
        )  # fmt: skip
        if who is None or not is_plain:
            return None
        await self._turns.take()
        try:
            query = rights.Query.model_validate_json(told.get("body", b""))
        except ValidationError:
            return None
        request.scope["route"] = RIGHTS
        try:
            return await rights.ask(request, self._given, who, query, None)
        except TrustError as fault:
            return answered(fault)

    def _known(self, request: Request, scope: caller.Scope) -> Caller | None:
        """Return who asks if that is known and it may."""
        try:
            found = identity.known(self._given.identity, request)
        except TrustError:
            return None  # the framework's way asks again and says what is wrong
        return found if found is not None and found.may(scope) else None


def _from(first: Message, receive: Receive) -> Receive:
    """Hand out a message that was taken once more, then go on with the connection."""
    messages = [first]

    async def told() -> Message:
        return messages.pop() if messages else await receive()

    return told
