"""Routes of streams: what was anchored, and the proof of a record where its stream lies on this disk."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from gateway.accounts.caller import Scope
from gateway.api.asking import (
    MAX_BLOCK,
    Block,
    Given,
    Limit,
    Page,
    caller,
    decode_page,
    encode_page,
    page,
    replied,
    reply,
)
from gateway.api.showing import place
from gateway.index.streams import Anchor, anchors, streams
from gateway.provenance.explorer import word_of
from gateway.streams.anchoring import prove_anchored
from gateway.streams.notarizing import opened
from ledger.canonical import JsonValue
from ledger.errors import NotFound

router = APIRouter(tags=["streams"], dependencies=[Depends(caller(Scope.STREAMS))])
Name = Annotated[str, Path(max_length=200, description="The stream's id in 64 digits, or its name's code.")]


@router.get("/streams")
def listed(request: Request, given: Given, block: Block = None, limit: Limit = 50, cursor: Page = None) -> Response:
    """List streams with their newest anchors."""
    last, after = given.explorer.last(block), decode_page(cursor, int)
    found = streams(given.explorer.finder, last, after=after[0] if after else 0, limit=limit)
    following = encode_page(found[-1][0]) if len(found) == limit else None
    items = [{"id": id.hex(), "kept_here": id in given.streams, "newest": _shown(one)} for _, id, one in found]
    return reply(request, page(last, items, following))


@router.get("/streams/{stream}")
def one(request: Request, given: Given, stream: Name, block: Block = None) -> Response:
    """Show every anchor of a stream, oldest first."""
    last, id = given.explorer.last(block), word_of(stream)
    found = anchors(given.explorer.finder, id, last)
    return reply(request, {"as_of": last, "id": id.hex(), "anchors": [_shown(anchor) for anchor in found]})


@router.get("/streams/{stream}/records/{index}/proof")
def proof(request: Request, given: Given, stream: Name, index: Annotated[int, Path(ge=0, le=MAX_BLOCK)]) -> Response:
    """Prove that a record is in a stream under the root on chain; `shuxin verify --record` checks it."""
    directory = given.streams.get(word_of(stream))
    if directory is None:
        raise NotFound("stream: not kept on this gateway's disk; its keeper proves its records")
    found = prove_anchored(opened(directory), index, given.explorer.view)
    return replied(request, found.encode(), media="application/json")


def _shown(anchor: Anchor) -> JsonValue:
    return {
        "owner": anchor.owner.hex(), "old_size": anchor.old_size, "size": anchor.size, "root": anchor.root.hex(),
        "time": anchor.time, "shown_by": place(anchor.place),
    }  # fmt: skip
