"""Routes of oversight: what waits for the caller's department, what is amiss, what releases cost in privacy."""

from __future__ import annotations

from hashlib import sha256
from typing import Annotated, Final

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from contracts.addresses import BUDGETS
from contracts.budgets.history import account
from contracts.parties.client import party_id
from contracts.proven import history_fact, verify_events
from gateway.accounts.caller import Caller, Scope
from gateway.api.asking import MAX_BLOCK, Block, Given, Limit, Page, caller, decode_page
from gateway.api.listing import Form, Listed, Place, Row, behind, block_of
from gateway.provenance.explorer import word_of
from gateway.statute.observation.inbox import Letter, letters
from ledger.errors import NotAuthorized, NotFound

router = APIRouter(tags=["oversight"])
LETTERS: Final = Listed(
    "inbox",
    ("step", "kind", "case", "duties", "since", "due", "overdue", "rules", "breach", "articles", "subject", "what.zh",
     "what.en", "late.zh", "late.en"),
)  # fmt: skip
ALERTS: Final = Listed("alerts", ("kind", "since", "block", "index", "party", "subject", "rules", "breaches", "detail"))
POTS: Final = Listed("budget", ("period", "mode", "limit", "used", "left"), "pots")


@router.get("/inbox", responses=LETTERS.described)
def inbox(
    request: Request, given: Given, asked_by: Annotated[Caller, Depends(caller(Scope.INBOX))], limit: Limit = 50,
    cursor: Page = None, form: Form = "json",
) -> Response:  # fmt: skip
    """Say what waits for the caller's department: until when, by which article, and what follows if it is late."""
    if not asked_by.party:
        raise NotAuthorized("inbox: this account acts for no department")
    head = given.followed()
    items = given.observer.inbox(party_id(asked_by.party), head)
    rows = behind(_letter(letter, head.timestamp) for letter in letters(items, given.names, "en"))
    after = decode_page(cursor, int, int, str)
    return LETTERS.page(
        request, rows, form=form, limit=limit, cursor=after, as_of=head.number, party=asked_by.party
    )  # fmt: skip


@router.get("/alerts", dependencies=[Depends(caller(Scope.ALERTS))], responses=ALERTS.described)
def alerts(
    request: Request, given: Given, block: Block = None, limit: Limit = 50, cursor: Page = None, form: Form = "json"
) -> Response:
    """List what somebody should look at, as of a block; the same list for every observer of the chain."""
    at = given.observer.at(given.followed(), block_of(cursor, block))
    rows = [alert.json() for alert in given.observer.alerts(at)]
    return ALERTS.at(request, rows, form=form, limit=limit, cursor=cursor, as_of=at.number)


@router.get("/budgets/{asset}", dependencies=[Depends(caller(Scope.BUDGETS))], responses=POTS.described)
def budget(
    request: Request, given: Given, asset: Annotated[str, Path(max_length=200)], block: Block = None,
    limit: Limit = 50, cursor: Page = None, form: Form = "json",
) -> Response:  # fmt: skip
    """Show the privacy account of an asset from its whole history, which the contract's accumulator proves."""
    id, header = word_of(asset), given.explorer.header(block_of(cursor, block))
    events = given.explorer.finder.history(BUDGETS, id, header.number)
    if not events:
        raise NotFound(f"asset {asset[:80]}: the chain has no budget for it, as of block {header.number}")
    verify_events(
        BUDGETS, id, events, given.explorer.view.state(BUDGETS, history_fact(BUDGETS, id).slots, header).values
    )
    found = account(events)
    pots: list[Row] = [
        {"period": period.hex(), "mode": pot.mode.name.lower(), "limit": pot.limit, "used": pot.used, "left": pot.left}
        for period, pot in sorted(found.pots.items())
    ]
    return POTS.at(
        request, pots, form=form, limit=limit, cursor=cursor, as_of=header.number, asset=id.hex(),
        changes=len(found.changes),
    )  # fmt: skip


def _letter(letter: Letter, now: int) -> tuple[Place, Row]:
    """Return a line of the inbox and its place: the soonest first, what has no end last, each by what it is about."""
    item = letter.item
    about = "\n".join((item.kind, item.case.hex(), item.step, item.party.hex()))
    return (item.due or MAX_BLOCK, item.since, sha256(about.encode()).hexdigest()), letter.json(now)
