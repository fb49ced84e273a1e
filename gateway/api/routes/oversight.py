"""Routes of oversight: what waits for the caller's department, what is amiss, what releases cost in privacy."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Path
from starlette.requests import Request
from starlette.responses import Response

from contracts.addresses import BUDGETS
from contracts.budgets.history import account
from contracts.parties.client import party_id
from contracts.proven import history_fact, verify_events
from gateway.accounts.caller import Caller, Scope
from gateway.api.asking import Block, Given, caller, reply
from gateway.provenance.explorer import word_of
from gateway.statute.observation.inbox import letters
from ledger.errors import NotAuthorized, NotFound

router = APIRouter(tags=["oversight"])


@router.get("/inbox")
def inbox(request: Request, given: Given, asked_by: Annotated[Caller, Depends(caller(Scope.INBOX))]) -> Response:
    """Say what waits for the caller's department: until when, by which article, and what follows if it is late."""
    if not asked_by.party:
        raise NotAuthorized("inbox: this account acts for no department")
    head = given.followed()
    items = given.observer.inbox(party_id(asked_by.party), head)
    told = [letter.json(head.timestamp) for letter in letters(items, given.names, "en")]
    return reply(request, {"as_of": head.number, "party": asked_by.party, "items": told})


@router.get("/alerts", dependencies=[Depends(caller(Scope.ALERTS))])
def alerts(request: Request, given: Given, block: Block = None) -> Response:
    """List what somebody should look at, as of a block; the same list for every observer of the chain."""
    at = given.observer.at(given.followed(), block)
    return reply(request, {"as_of": at.number, "items": [alert.json() for alert in given.observer.alerts(at)]})


@router.get("/budgets/{asset}", dependencies=[Depends(caller(Scope.BUDGETS))])
def budget(
    request: Request, given: Given, asset: Annotated[str, Path(max_length=200)], block: Block = None
) -> Response:
    """Show the privacy account of an asset from its whole history, which the contract's accumulator proves."""
    id, header = word_of(asset), given.explorer.header(block)
    events = given.explorer.finder.history(BUDGETS, id, header.number)
    if not events:
        raise NotFound(f"asset {asset[:80]}: the chain has no budget for it, as of block {header.number}")
    verify_events(
        BUDGETS, id, events, given.explorer.view.state(BUDGETS, history_fact(BUDGETS, id).slots, header).values
    )
    found = account(events)
    pots = [
        {"period": period.hex(), "mode": pot.mode.name.lower(), "limit": pot.limit, "used": pot.used, "left": pot.left}
        for period, pot in sorted(found.pots.items())
    ]
    return reply(request, {"as_of": header.number, "asset": id.hex(), "pots": pots, "changes": len(found.changes)})
