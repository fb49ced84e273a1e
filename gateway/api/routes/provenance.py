"""Routes of provenance: nodes, lineage, reasons, holders of a digest, search, and the proofs behind them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from gateway.accounts.caller import Scope
from gateway.api import showing
from gateway.api.asking import MAX_BLOCK, Block, Given, Limit, Page, caller, decode_page, replied, reply
from gateway.api.listing import Form, Listed, Place, Row, block_of, require_whole
from gateway.provenance.graph import Kind
from gateway.provenance.walking import MAX_DEPTH, MAX_EDGES, Way
from ledger.chain.port import Cursor
from ledger.errors import InvalidRecord

router = APIRouter(tags=["provenance"], dependencies=[Depends(caller(Scope.PROVENANCE))])

Name = Annotated[str, Path(max_length=200, description="`kind:digits`, a digest, or a code of a party or asset.")]
Part = Annotated[int, Path(ge=0, le=MAX_BLOCK)]
KINDS = Query(description="party, agent, asset, version, authorization, job, release, evidence, digest, stream, unit, "
              "case, block or model.", max_length=20)  # fmt: skip


NODES: Final = Listed("nodes", showing.NODE)
EDGES: Final = Listed("edges", showing.EDGE, "edges")
REASONS: Final = Listed("reasons", showing.REASON, "reasons")
HISTORY: Final = Listed("history", showing.EVENT)
HELD: Final = Listed("holders", showing.HOLDING, "held")
MENTIONS: Final = Listed("mentions", showing.MENTION, "mentions")


@router.get("/nodes", responses=NODES.described)
def nodes(
    request: Request, given: Given, kind: Annotated[str, KINDS], block: Block = None, limit: Limit = 50,
    cursor: Page = None, form: Form = "json",
) -> Response:  # fmt: skip
    """List the nodes of one kind in the order in which the chain first named them."""
    wanted = next((one for one in Kind if one.code == kind), None)
    if wanted is None or wanted is Kind.BLOCK:
        raise InvalidRecord(f"kind: expected one of {', '.join(one.code for one in Kind if one is not Kind.BLOCK)}")
    last = given.explorer.last(block)

    def more(after: Place | None, count: int) -> Iterable[tuple[Place, Row]]:
        found = given.explorer.finder.nodes(wanted, last, after=int(after[0]) if after else 0, limit=count)
        return (((number,), showing.node(one)) for number, one in found)

    return NODES.page(request, more, form=form, limit=limit, cursor=decode_page(cursor, int), as_of=last)


@router.get("/nodes/{name}")
async def node(request: Request, given: Given, name: Name, block: Block = None) -> Response:
    """Show a node: what it rests on and what rests on it, one step each way, as of a block; `cut`: there is more."""
    explorer = given.explorer
    found = explorer.node(name)
    if explorer.founding.is_near(found):  # three look-ups by key: a thread for them would cost more than they do
        card = explorer.card(found, block)
    else:  # the chain is asked, and nobody else waits for it
        card = await run_in_threadpool(explorer.card, found, block)
    return reply(request, showing.card(card))


@router.get("/nodes/{name}/lineage", responses=EDGES.described_whole)
def lineage(
    request: Request, given: Given, name: Name, way: Way = Way.UPSTREAM,
    depth: Annotated[int, Query(ge=1, le=MAX_DEPTH)] = 3, block: Block = None,
    limit: Annotated[int, Query(ge=1, le=MAX_EDGES)] = 200, form: Form = "json",
) -> Response:  # fmt: skip
    """Walk upstream or downstream up to a depth; `cut` says that there is more than the limit."""
    start = given.explorer.node(name)
    found = given.explorer.lineage(start, way, depth=depth, block=block, limit=limit)
    require_whole(form, "the lineage", is_cut=found.is_cut)
    if form == "csv":
        return EDGES.whole(request, map(showing.edge, found.edges))
    return reply(request, showing.lineage(found))


@router.get("/nodes/{name}/why", responses=REASONS.described)
def why(
    request: Request, given: Given, name: Name, block: Block = None, limit: Limit = 50, cursor: Page = None,
    form: Form = "json",
) -> Response:  # fmt: skip
    """Say why something may exist: every authorization it rests on, each by the shortest way."""
    start, last = given.explorer.node(name), given.explorer.last(block_of(cursor, block))
    rows = [showing.reason(one) for one in given.explorer.reasons(start, last)]
    return REASONS.at(request, rows, form=form, limit=limit, cursor=cursor, as_of=last, node=start.name)


@router.get("/nodes/{name}/history", responses=HISTORY.described_whole)
def history(request: Request, given: Given, name: Name, block: Block = None, form: Form = "json") -> Response:
    """Show a node's own events, proven to be all up to a block by the contracts' accumulators; so in no pages."""
    found = given.explorer.complete(given.explorer.node(name), block)
    if form == "csv":
        return HISTORY.whole(request, (showing.event(event) for one in found for event in one.events))
    return reply(request, {"histories": [showing.complete(one) for one in found]})


@router.get("/path", responses=EDGES.described_whole)
def path(
    request: Request, given: Given, start: Annotated[str, Query(alias="from", max_length=200)],
    goal: Annotated[str, Query(alias="to", max_length=200)], block: Block = None, form: Form = "json",
) -> Response:  # fmt: skip
    """Find the shortest way upstream from one node to another; `path` is null where there is none."""
    first, last = given.explorer.node(start), given.explorer.node(goal)
    found = given.explorer.path(first, last, block)
    if form == "csv":
        return EDGES.whole(request, map(showing.edge, found or ()))
    told = None if found is None else [showing.edge(one) for one in found]
    return reply(request, {"as_of": given.explorer.last(block), "from": first.name, "to": last.name, "path": told})


@router.get("/holders/{digest}", responses=HELD.described)
def holders(
    request: Request, given: Given, digest: Name, block: Block = None, limit: Limit = 50, cursor: Page = None,
    form: Form = "json",
) -> Response:  # fmt: skip
    """Say who held a digest, under which authorization, and from when to when; `cut`: there may be more than that."""
    last = given.explorer.last(block_of(cursor, block))
    found = given.explorer.holdings(digest, last)
    require_whole(form, "the list of holders", is_cut=found.is_cut)
    rows = [showing.holding(one) for one in found.holdings]
    return HELD.at(request, rows, form=form, limit=limit, cursor=cursor, as_of=last, cut=found.is_cut)


@router.get("/search", responses=MENTIONS.described)
def search(
    request: Request, given: Given, q: Annotated[str, Query(min_length=1, max_length=200)], block: Block = None,
    limit: Limit = 50, cursor: Page = None, form: Form = "json",
) -> Response:  # fmt: skip
    """Find any identifier or digest. Not found is an answer: no block up to `as_of` names it."""
    last = given.explorer.last(block)

    def more(after: Place | None, count: int) -> Iterable[tuple[Place, Row]]:
        block, index, log, argument = after or (0, 0, 0, "")
        at = Cursor(int(block), int(index), int(log)) if after else None
        for one in given.explorer.mentions(q, last, after=at, argument=str(argument), limit=count):
            place = one.event.cursor
            yield (place.block_number, place.index, place.log_index, one.name), showing.mention(one)

    told = showing.found(given.explorer.search(q, last, limit=1))
    after = decode_page(cursor, int, int, int, str)
    return MENTIONS.page(request, more, form=form, limit=limit, cursor=after, as_of=last, **told)


@router.get("/proofs/{block}/{index}/{log}")
def proof(
    request: Request, given: Given, block: Part, index: Part, log: Part,
    as_of: Annotated[int | None, Query(ge=0, le=MAX_BLOCK)] = None,
) -> Response:  # fmt: skip
    """Return the proof of the event behind an edge, with the whole history of its entity, for `shuxin verify`."""
    made = given.explorer.prove(Cursor(block, index, log), as_of)
    headers = {"Content-Disposition": f'attachment; filename="event-{block}-{index}-{log}.json"'}
    return replied(request, made, media="application/json", headers=headers)
