"""Routes of the catalogue: what departments offer, as the chain has it; to others what is open to everybody."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from contracts.catalogue.rules import Category
from gateway.accounts.caller import Caller, Scope
from gateway.api.asking import Block, Given, Limit, Page, caller, decode_page, reply
from gateway.api.listing import Form, Listed, Place, Row
from gateway.api.showing import place, placed
from gateway.index.catalogue import Listing, absent, listing, listings
from gateway.network.naming import Names
from gateway.provenance.explorer import word_of
from ledger.canonical import JsonValue
from ledger.errors import NotAuthorized

router = APIRouter(tags=["catalogue"])
Asked = Annotated[Caller, Depends(caller(Scope.OPEN_DATA))]


ASSETS: Final = Listed(
    "catalogue",
    ("id", "name", "owner", "owner_name", "item", "category", "grade", "document", "state", "mounted",
     *placed("shown_by"), "versions"),
)  # fmt: skip


@router.get("/catalogue", responses=ASSETS.described)
def catalogue(
    request: Request, given: Given, asked_by: Asked, block: Block = None, limit: Limit = 50, cursor: Page = None,
    form: Form = "json",
) -> Response:  # fmt: skip
    """List the assets in the catalogue with owner, sharing category, grade, state and versions, as of a block.

    Departments see all; others what is shared without conditions, so that a page may have fewer entries than asked for.
    """
    require_newest("catalogue", asked_by, block)
    last = given.explorer.last(block)

    def more(after: Place | None, count: int) -> Iterable[tuple[Place, Row | None]]:
        start = int(after[0]) if after else 0
        for number, one in listings(given.explorer.finder, last, after=start, limit=count):
            yield (number,), shown(one, given.names) if _is_open(one, asked_by) else None

    return ASSETS.page(request, more, form=form, limit=limit, cursor=decode_page(cursor, int), as_of=last)


@router.get("/catalogue/{asset}")
def asset(
    request: Request, given: Given, asked_by: Asked, asset: Annotated[str, Path(max_length=200)], block: Block = None
) -> Response:
    """Show one asset, by its code or its id on chain."""
    require_newest("catalogue", asked_by, block)
    last, id = given.explorer.last(block), word_of(asset)
    found = listing(given.explorer.finder, id, last)
    if not _is_open(found, asked_by):
        raise absent(id, last)
    return reply(request, {"as_of": last, "asset": shown(found, given.names)})


def require_newest(what: str, asked_by: Caller, block: int | None) -> None:
    """Refuse an earlier block to whom only what is open is shown: it may have been closed since.

    Raises:
        NotAuthorized: an earlier block, and no department asks.
    """
    if block is not None and not asked_by.may(Scope.CATALOGUE):
        raise NotAuthorized(f"{what}: as of an earlier block for departments; the newest is open to everybody")


def _is_open(found: Listing, asked_by: Caller) -> bool:
    return found.category is Category.UNCONDITIONAL or asked_by.may(Scope.CATALOGUE)


def shown(found: Listing, names: Names) -> dict[str, JsonValue]:
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
