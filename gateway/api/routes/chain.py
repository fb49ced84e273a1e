"""Routes about the network itself: where chain and index stand, and whether what the chain shows holds now."""

from __future__ import annotations

from fastapi import APIRouter, Depends
from starlette.requests import Request
from starlette.responses import Response

from gateway.accounts.caller import Scope
from gateway.api.asking import Given, caller, reply
from gateway.health import health_of

router = APIRouter(tags=["chain"], dependencies=[Depends(caller(Scope.HEALTH))])


@router.get("/chain")
def chain(request: Request, given: Given) -> Response:
    """Say where the chain and the index stand, how far the index is behind, and who seals."""
    return reply(request, health_of(given.observer, given.explorer, given.trust).json())
