"""Routes of streams: what was anchored, and the proof of a record where its stream lies on this disk."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from gateway.accounts.caller import Scope
from gateway.api.asking import MAX_BLOCK, Block, Given, Limit, Page, caller, decode_page, replied
from gateway.api.listing import Form, Listed, Place, Row, block_of
from gateway.api.showing import place, placed
from gateway.index.streams import Anchor, anchors, streams
from gateway.provenance.explorer import word_of
from gateway.streams.anchoring import prove_anchored
from gateway.streams.notarizing import opened
from ledger.canonical import JsonValue
from ledger.errors import NotFound

router = APIRouter(tags=["streams"], dependencies=[Depends(caller(Scope.STREAMS))])
Name = Annotated[str, Path(max_length=200, description="The stream's id in 64 digits, or its name's code.")]


_ANCHOR: Final = ("owner", "old_size", "size", "root", "time", *placed("shown_by"))
STREAMS: Final = Listed("streams", ("id", "kept_here", *(f"newest.{column}" for column in _ANCHOR)))
ANCHORS: Final = Listed("anchors", _ANCHOR, "anchors")


@router.get("/streams", responses=STREAMS.described)
def listed(
    request: Request, given: Given, block: Block = None, limit: Limit = 50, cursor: Page = None, form: Form = "json"
) -> Response:
    """List streams with their newest anchors."""
    last = given.explorer.last(block)

    def more(after: Place | None, count: int) -> Iterable[tuple[Place, Row]]:
        found = streams(given.explorer.finder, last, after=int(after[0]) if after else 0, limit=count)
        for number, id, one in found:
            yield (number,), {"id": id.hex(), "kept_here": id in given.streams, "newest": _shown(one)}

    return STREAMS.page(request, more, form=form, limit=limit, cursor=decode_page(cursor, int), as_of=last)


@router.get("/streams/{stream}", responses=ANCHORS.described)
def one(
    request: Request, given: Given, stream: Name, block: Block = None, limit: Limit = 50, cursor: Page = None,
    form: Form = "json",
) -> Response:  # fmt: skip
    """Show every anchor of a stream, oldest first."""
    last, id = given.explorer.last(block_of(cursor, block)), word_of(stream)
    rows = [_shown(anchor) for anchor in anchors(given.explorer.finder, id, last)]
    return ANCHORS.at(request, rows, form=form, limit=limit, cursor=cursor, as_of=last, id=id.hex())


@router.get("/streams/{stream}/records/{index}/proof")
def proof(request: Request, given: Given, stream: Name, index: Annotated[int, Path(ge=0, le=MAX_BLOCK)]) -> Response:
    """Prove that a record is in a stream under the root on chain; `shuxin verify --record` checks it."""
    directory = given.streams.get(word_of(stream))
    if directory is None:
        raise NotFound("stream: not kept on this gateway's disk; its keeper proves its records")
    found = prove_anchored(opened(directory), index, given.explorer.view)
    return replied(request, found.encode(), media="application/json")


def _shown(anchor: Anchor) -> dict[str, JsonValue]:
    return {
        "owner": anchor.owner.hex(), "old_size": anchor.old_size, "size": anchor.size, "root": anchor.root.hex(),
        "time": anchor.time, "shown_by": place(anchor.place),
    }  # fmt: skip
