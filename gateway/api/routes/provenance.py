"""Routes of provenance: nodes, lineage, reasons, holders of a digest, search, and the proofs behind them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.accounts.caller import Scope
from gateway.api import showing
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
from gateway.provenance.graph import Kind
from gateway.provenance.walking import MAX_DEPTH, MAX_EDGES, Way
from ledger.chain.port import Cursor
from ledger.errors import InvalidRecord

router = APIRouter(tags=["provenance"], dependencies=[Depends(caller(Scope.PROVENANCE))])

Name = Annotated[str, Path(max_length=200, description="`kind:digits`, a digest, or a code of a party or asset.")]
Place = Annotated[int, Path(ge=0, le=MAX_BLOCK)]
KINDS = Query(description="party, agent, asset, version, authorization, job, release, evidence, digest, stream, unit, "
              "case, block or model.", max_length=20)  # fmt: skip


@router.get("/nodes")
def nodes(
    request: Request,
    given: Given,
    kind: Annotated[str, KINDS],
    block: Block = None,
    limit: Limit = 50,
    cursor: Page = None,
) -> Response:
    """List the nodes of one kind in the order in which the chain first named them."""
    wanted = next((one for one in Kind if one.code == kind), None)
    if wanted is None or wanted is Kind.BLOCK:
        raise InvalidRecord(f"kind: expected one of {', '.join(one.code for one in Kind if one is not Kind.BLOCK)}")
    last, after = given.explorer.last(block), decode_page(cursor, int)
    found = given.explorer.finder.nodes(wanted, last, after=after[0] if after else 0, limit=limit)
    following = encode_page(found[-1][0]) if len(found) == limit else None
    return reply(request, page(last, [showing.node(one) for _, one in found], following))


@router.get("/nodes/{name}")
async def node(request: Request, given: Given, name: Name, block: Block = None) -> Response:
    """Show a node: what it rests on and what rests on it, one step each way, as of a block."""
    explorer = given.explorer
    found = explorer.node(name)
    if explorer.founding.is_near(found):  # three look-ups by key: a thread for them would cost more than they do
        card = explorer.card(found, block)
    else:  # the chain is asked, and nobody else waits for it
        card = await run_in_threadpool(explorer.card, found, block)
    return reply(request, showing.card(card))


@router.get("/nodes/{name}/lineage")
def lineage(
    request: Request, given: Given, name: Name, way: Way = Way.UPSTREAM,
    depth: Annotated[int, Query(ge=1, le=MAX_DEPTH)] = 3, block: Block = None,
    limit: Annotated[int, Query(ge=1, le=MAX_EDGES)] = 200,
) -> Response:  # fmt: skip
    """Walk upstream or downstream up to a depth; `cut` says that there is more than the limit."""
    start = given.explorer.node(name)
    found = given.explorer.lineage(start, way, depth=depth, block=block, limit=limit)
    return reply(request, showing.lineage(found))


@router.get("/nodes/{name}/why")
def why(request: Request, given: Given, name: Name, block: Block = None) -> Response:
    """Say why something may exist: every authorization it rests on, each by the shortest way."""
    start, last = given.explorer.node(name), given.explorer.last(block)
    found = given.explorer.reasons(start, last)
    told = [showing.reason(one) for one in found]
    return reply(request, {"as_of": last, "node": start.name, "reasons": told})


@router.get("/nodes/{name}/history")
def history(request: Request, given: Given, name: Name, block: Block = None) -> Response:
    """Show a node's own events, proven to be all up to a block by the contracts' accumulators."""
    found = given.explorer.complete(given.explorer.node(name), block)
    return reply(request, {"histories": [showing.complete(one) for one in found]})


@router.get("/path")
def path(
    request: Request, given: Given, start: Annotated[str, Query(alias="from", max_length=200)],
    goal: Annotated[str, Query(alias="to", max_length=200)], block: Block = None,
) -> Response:  # fmt: skip
    """Find the shortest way upstream from one node to another; `path` is null where there is none."""
    first, last = given.explorer.node(start), given.explorer.node(goal)
    found = given.explorer.path(first, last, block)
    told = None if found is None else [showing.edge(one) for one in found]
    return reply(request, {"as_of": given.explorer.last(block), "from": first.name, "to": last.name, "path": told})


@router.get("/holders/{digest}")
def holders(request: Request, given: Given, digest: Name, block: Block = None) -> Response:
    """Say who held a digest, under which authorization, and from when to when."""
    last = given.explorer.last(block)
    found = given.explorer.holdings(digest, last)
    return reply(request, {"as_of": last, "held": [showing.holding(one) for one in found]})


@router.get("/search")
def search(
    request: Request, given: Given, q: Annotated[str, Query(min_length=1, max_length=200)], block: Block = None,
    limit: Limit = 50, cursor: Page = None,
) -> Response:  # fmt: skip
    """Find any identifier or digest. Not found is an answer: no block up to `as_of` names it."""
    after = decode_page(cursor, int, int, int)
    found = given.explorer.search(q, block, after=Cursor(*after) if after else None, limit=limit)
    at = found.mentions[-1].event.cursor if len(found.mentions) == limit else None
    told = showing.found(found)
    assert isinstance(told, dict)
    following = encode_page(at.block_number, at.index, at.log_index) if at else None
    return reply(request, {**told, "next": following})


@router.get("/proofs/{block}/{index}/{log}")
def proof(
    request: Request, given: Given, block: Place, index: Place, log: Place,
    as_of: Annotated[int | None, Query(ge=0, le=MAX_BLOCK)] = None,
) -> Response:  # fmt: skip
    """Return the proof of the event behind an edge, with the whole history of its entity, for `shuxin verify`."""
    made = given.explorer.prove(Cursor(block, index, log), as_of)
    headers = {"Content-Disposition": f'attachment; filename="event-{block}-{index}-{log}.json"'}
    return replied(request, made, media="application/json", headers=headers)
