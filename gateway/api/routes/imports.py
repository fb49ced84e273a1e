"""Routes of imports: documents of an existing platform, and its exchange events under the authorizations they cite."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from itertools import islice
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Header, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.accounts.caller import Caller, Scope
from gateway.api.asking import Given, Limit, Page, caller, decode_page, replied
from gateway.api.listing import Form, Listed, Place, Row
from gateway.api.services import Services
from gateway.imports import documents, exchange
from gateway.imports.book import Book
from ledger.errors import NotFound

router = APIRouter(tags=["imports"])
Asked = Annotated[Caller, Depends(caller(Scope.IMPORTS))]
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200)]
STATED: Final = Listed("imports", ("stated", "place", "proven"))
BODY = {"requestBody": {"required": True, "content": {"application/json": {"schema": {}}}}}


@router.post("/imports/exchange", openapi_extra=BODY)
async def hand_over(request: Request, given: Given, asked_by: Asked, key: Key = None) -> Response:
    """Notarise exchange events (one object, a list, or one a line), each under the authorization it cites.

    An event whose authorization is not in force, or is of another asset or party, is refused with its reason, and so is
    one that neither its owner nor its grantee hands in.
    """
    body = await request.body()

    def take() -> bytes:
        desk = exchange.Desk(_book(given.exchange, "exchange"), given.explorer.view)
        outcomes = desk.take(exchange.read(body), by=asked_by.party)
        return json.dumps({"items": [outcome.json() for outcome in outcomes]}).encode()

    told = await run_in_threadpool(_once, given, asked_by, "exchange", key, body, take)
    return replied(request, told, media="application/json")


@router.post("/imports/{kind}", openapi_extra=BODY)
async def take(
    request: Request, given: Given, asked_by: Asked,
    kind: Annotated[Literal["openlineage", "dcat", "prov", "prov-valid"], Path()], key: Key = None,
) -> Response:  # fmt: skip
    """Take in a document: every statement is kept by its digest in a stream; the chain proves none of them."""
    body = await request.body()

    def take_in() -> bytes:
        return json.dumps(documents.take(_book(given.imports, "imports"), kind, body).json()).encode()

    told = await run_in_threadpool(_once, given, asked_by, kind, key, body, take_in)
    return replied(request, told, media="application/json")


@router.get("/imports", dependencies=[Depends(caller(Scope.PROVENANCE))], responses=STATED.described)
def found(
    request: Request, given: Given, name: Annotated[str, Query(min_length=1, max_length=500)], limit: Limit = 50,
    cursor: Page = None, form: Form = "json",
) -> Response:  # fmt: skip
    """Find what was taken in by a name or digest; it is what a platform stated, and marked as such."""

    def more(after: Place | None, count: int) -> Iterable[tuple[Place, Row]]:
        for at, book in enumerate((given.imports, given.exchange)):
            if book is None or (after is not None and at < int(after[0])):
                continue
            start = int(after[1]) if after is not None and at == after[0] else -1
            for record, place in book.named(name, after=start, limit=count):
                yield (at, place), {"stated": json.loads(record), "place": place, "proven": False}

    return STATED.page(
        request,
        lambda after, count: islice(more(after, count), count),
        form=form,
        limit=limit,
        cursor=decode_page(cursor, int, int),
    )


def _book(book: Book | None, what: str) -> Book:
    if book is None:
        raise NotFound(f"{what}: nothing is taken in at this gateway")
    return book


def _once(given: Services, asked_by: Caller, what: str, key: str | None, body: bytes, do: Callable[[], bytes]) -> bytes:
    if key is None or given.keys is None:
        return do()
    return given.keys.once(asked_by.name, f"/v1/imports/{what}", key, body, do)
