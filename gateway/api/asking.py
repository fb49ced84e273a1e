"""What routes have in common: who asks, the services, the block an answer is as of, pages, and replies with an ETag."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Awaitable, Callable, Iterator
from hashlib import sha256
from typing import Annotated, Any, TypeAlias, cast

from fastapi import Depends, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from gateway.accounts.caller import Caller, Scope
from gateway.api.guards.identity import admitted
from gateway.api.services import Services
from ledger.errors import InvalidRecord

MAX_PAGE = 200
MAX_BLOCK = (1 << 53) - 1

Block: TypeAlias = Annotated[
    int | None, Query(ge=0, le=MAX_BLOCK, description="As of this block; the newest indexed one if left out.")
]
Limit: TypeAlias = Annotated[int, Query(ge=1, le=MAX_PAGE, description="Entries in one page.")]
Page: TypeAlias = Annotated[
    str | None, Query(max_length=300, alias="cursor", description="`next` of the page before, as it was given.")
]


def services(request: Request) -> Services:
    return cast(Services, request.app.state.services)


async def _given(request: Request) -> Services:
    """Hand over the services without a thread for it, as a plain function would get."""
    return services(request)


Given: TypeAlias = Annotated[Services, Depends(_given)]


def caller(scope: Scope) -> Callable[[Request], Awaitable[Caller]]:
    """Return the dependency by which a route names what its caller must be allowed."""

    async def ask(request: Request) -> Caller:
        return await admitted(services(request).identity, request, scope)

    return ask


def reply(request: Request, value: object, *, status: int = 200, media: str = "application/json") -> Response:
    """Write a value, or say that the caller has it already."""
    body = json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    return replied(request, body, status=status, media=media)


def replied(
    request: Request, body: bytes, *, status: int = 200, media: str, headers: dict[str, str] | None = None
) -> Response:
    """Write bytes under a strong ETag (RFC 9110, section 8.8.3)."""
    told = {"ETag": f'"{sha256(body).hexdigest()[:32]}"', **(headers or {})}
    if status == 200 and _has(request, told["ETag"]):
        return Response(status_code=304, headers=told)
    return Response(body, status, told, media)


def streamed(request: Request, tag: str, body: Iterator[bytes], *, media: str) -> Response:
    """Send what comes in pieces under a tag that its state gives, or say that the caller has it already."""
    told = {"ETag": f'"{tag}"'}
    if _has(request, told["ETag"]):
        return Response(status_code=304, headers=told)
    return StreamingResponse(body, 200, told, media)


def _has(request: Request, tag: str) -> bool:
    known = {part.strip().removeprefix("W/") for part in request.headers.get("if-none-match", "").split(",")}
    return request.method == "GET" and (tag in known or "*" in known)


def encode_page(*values: int | str) -> str:
    """Write a place in a list as text that means nothing to others."""
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


def decode_page(text: str | None, *kinds: type) -> tuple[Any, ...] | None:
    """Read a place back, None for the first page. Raises: InvalidRecord."""
    if text is None:
        return None
    try:
        values = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True))
        json.dumps(values, ensure_ascii=False).encode()  # half of a surrogate pair is no text
    except (binascii.Error, ValueError, RecursionError) as fault:
        raise InvalidRecord("cursor: not one that was given out") from fault
    if not isinstance(values, list) or [type(value) for value in values] != list(kinds):
        raise InvalidRecord("cursor: not one that was given out")
    if any(isinstance(value, int) and not 0 <= value <= MAX_BLOCK for value in values):
        raise InvalidRecord("cursor: not one that was given out")
    return tuple(values)
