"""Routes of events: the chain's own, in pages or as they come (server-sent events)."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Header, Query
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from contracts.addresses import NAMES
from gateway.accounts.caller import Caller, Scope
from gateway.api import showing
from gateway.api.asking import Block, Given, Limit, Page, caller, decode_page, encode_page
from gateway.api.guards.identity import admitted_anew
from gateway.api.guards.seats import LATE_S, LONGEST_S
from gateway.api.listing import Form, Listed, Place, Row
from gateway.api.services import Services
from ledger.chain.port import Cursor, Event
from ledger.errors import InvalidRecord, NotAuthorized

router = APIRouter(tags=["events"], dependencies=[Depends(caller(Scope.PROVENANCE))])
PAUSE_S = 1.0
Contract = Annotated[str | None, Query(max_length=40, description="Of this contract only.")]


EVENTS: Final = Listed("events", showing.EVENT)


@router.get("/events", responses=EVENTS.described)
def events(
    request: Request, given: Given, contract: Contract = None, block: Block = None, limit: Limit = 50,
    cursor: Page = None, form: Form = "json",
) -> Response:  # fmt: skip
    """List the chain's events in their order."""
    last, wanted, after = given.explorer.last(block), _known(contract), decode_page(cursor, int, int, int)

    def more(after: Place | None, count: int) -> Iterable[tuple[Place, Row]]:
        for one in given.explorer.finder.events(Cursor(*map(int, after)) if after else None, count, wanted):
            if one.block_number <= last:
                yield _place(one), showing.event(one)

    return EVENTS.page(request, more, form=form, limit=limit, cursor=after, as_of=last)


@router.get(
    "/events/stream",
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
    response_class=StreamingResponse,
)
def stream(
    request: Request, given: Given, asked_by: Annotated[Caller, Depends(caller(Scope.PROVENANCE))],
    contract: Contract = None, wait: Annotated[int, Query(ge=0, le=LONGEST_S)] = 60,
    last_event_id: Annotated[str | None, Header(max_length=300)] = None, cursor: Page = None,
) -> Response:  # fmt: skip
    """Send events as blocks are indexed, for at most `wait` seconds; Last-Event-ID goes on where a reader stopped.

    Without a place to go on from, only what comes from now on is sent.
    """
    after = decode_page(last_event_id or cursor, int, int, int)
    start = Cursor(*after) if after else Cursor(given.explorer.last(None) + 1, 0, 0)
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    wanted = _known(contract)
    seat = given.seats.take(asked_by.name, wait + LATE_S)
    sent = _sent(request, given, seat, start, wanted, wait)
    return StreamingResponse(sent, media_type="text/event-stream", headers=headers)


async def _sent(
    request: Request, given: Services, seat: int, after: Cursor, contract: str | None, wait: int
) -> AsyncIterator[str]:
    """Write events behind a place; the seat is given back at the end."""
    try:
        async for text in _written(request, given, after, contract, wait):
            yield text
    finally:
        given.seats.give_back(seat)


async def _written(
    request: Request, given: Services, after: Cursor, contract: str | None, wait: int
) -> AsyncIterator[str]:
    """Write events behind a place; a comment now and then shows that somebody is there."""
    loop = asyncio.get_running_loop()
    end = loop.time() + wait
    while True:
        if not await asyncio.to_thread(_may_go_on, request, given):
            return
        found = await asyncio.to_thread(given.explorer.finder.events, after, 100, contract)
        for event in found:
            after = event.cursor
            id, data = encode_page(*_place(event)), json.dumps(showing.event(event))
            yield f"id: {id}\nevent: {event.name}\ndata: {data}\n\n"
        if found:
            continue
        if loop.time() >= end or await request.is_disconnected():
            return
        yield ": waiting\n\n"
        await asyncio.sleep(min(PAUSE_S, max(0.0, end - loop.time())))


def _may_go_on(request: Request, given: Services) -> bool:
    """Say whether who asked may still read: a session ends, a token is revoked, a department is dismissed."""
    try:
        admitted_anew(given.identity, request, Scope.PROVENANCE)
    except NotAuthorized:
        return False
    return True


def _place(event: Event) -> tuple[int, int, int]:
    return event.cursor.block_number, event.cursor.index, event.cursor.log_index


def _known(contract: str | None) -> str | None:
    if contract is not None and contract not in NAMES:
        raise InvalidRecord(f"contract: expected one of {', '.join(NAMES)}")
    return contract
