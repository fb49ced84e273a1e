"""Routes of the catalogue: what departments offer, as the chain has it; open to everybody."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from gateway.accounts.caller import Scope
from gateway.api.asking import Block, Given, Limit, Page, caller, decode_page, encode_page, page, reply
from gateway.api.showing import place
from gateway.index.catalogue import Listing, listing, listings
from gateway.network.naming import Names
from gateway.provenance.explorer import word_of
from ledger.canonical import JsonValue

router = APIRouter(tags=["catalogue"], dependencies=[Depends(caller(Scope.OPEN_DATA))])


@router.get("/catalogue")
def catalogue(request: Request, given: Given, block: Block = None, limit: Limit = 50, cursor: Page = None) -> Response:
    """List the assets in the catalogue with owner, sharing category, grade, state and versions, as of a block."""
    last, after = given.explorer.last(block), decode_page(cursor, int)
    start = after[0] if after else 0
    found = listings(given.explorer.finder, last, after=start, limit=limit)
    following = encode_page(found[-1][0]) if len(found) == limit else None
    return reply(request, page(last, [shown(one, given.names) for _, one in found], following))


@router.get("/catalogue/{asset}")
def asset(request: Request, given: Given, asset: Annotated[str, Path(max_length=200)], block: Block = None) -> Response:
    """Show one asset, by its code or its id on chain."""
    last = given.explorer.last(block)
    found = listing(given.explorer.finder, word_of(asset), last)
    return reply(request, {"as_of": last, "asset": shown(found, given.names)})


def shown(found: Listing, names: Names) -> JsonValue:
    """Return an asset as JSON; codes where this department knows them."""
    return {
        "id": found.asset.hex(), "name": names.say(found.asset), "owner": found.owner.hex(),
        "owner_name": names.say(found.owner), "item": found.item.hex(), "category": found.category.name.lower(),
        "grade": found.grade.name.lower(), "document": found.document.hex(), "state": found.state.name.lower(),
        "mounted": found.mounted, "shown_by": place(found.place),
        "versions": [
            {"number": one.number, "rows": one.rows, "commitment": one.commitment.hex(), "time": one.time,
             "shown_by": place(one.place)}
            for one in found.editions
        ],
    }  # fmt: skip
