"""Routes of rights queries: who holds a unit, and what stands against it. Purpose and asker are recorded first."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import date
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Header
from pydantic import BaseModel, ConfigDict, Field
from starlette.requests import Request
from starlette.responses import Response

from gateway.accounts import titles
from gateway.accounts.caller import Caller, Scope
from gateway.api.asking import MAX_BLOCK, Given, Limit, Page, caller, decode_page, replied, reply
from gateway.api.listing import Form, Listed, behind
from gateway.api.rights.desk import WAIT_S, Desk
from gateway.api.services import Services
from gateway.api.showing import place
from gateway.index.titles import Rights
from gateway.property.titles.asking import Question, purposes, stated
from ledger.canonical import JsonValue
from ledger.errors import BackendError, InvalidRecord, NotAuthorized, NotFound

router = APIRouter(tags=["rights"])
Asked = Annotated[Caller, Depends(caller(Scope.TITLES))]
PURPOSES: Final = Listed("purposes", ("code", "zh", "en", "ground.zh", "ground.en", "asker", "opens_names"))
Key = Annotated[str | None, Header(alias="Idempotency-Key", max_length=200, description="Repeats are answered alike.")]


class Query(BaseModel):
    """A query: about which unit, for what, by whom, and as of when."""

    model_config = ConfigDict(extra="forbid")
    unit: str = Field(min_length=1, max_length=200, description="Old code, or name on chain in 64 digits.")
    purpose: str = Field(min_length=1, max_length=40, description="One of /v1/rights/purposes.")
    asker: str | None = Field(None, max_length=200, description="Whom a clerk states; others leave it out.")
    paper: str | None = Field(None, pattern="^[0-9a-f]{64}$", description="SHA-256 of what shows the interest.")
    block: int | None = Field(None, ge=0, le=MAX_BLOCK)
    day: date | None = None
    proof: Literal["link", "inline"] = "link"


@router.get("/rights/purposes", dependencies=[Depends(caller(Scope.OPEN_DATA))], responses=PURPOSES.described)
def listed(request: Request, limit: Limit = 50, cursor: Page = None, form: Form = "json") -> Response:
    """List for what a title may be asked, by whom, and on what ground."""
    rows = behind(
        ((n,), {"code": one.code, "zh": one.zh, "en": one.en, "ground": {"zh": one.ground_zh, "en": one.ground_en},
                "asker": one.asker.value, "opens_names": one.opens_names})
        for n, one in enumerate(purposes().values())
    )  # fmt: skip
    return PURPOSES.page(request, rows, form=form, limit=limit, cursor=decode_page(cursor, int))


@router.post("/rights")
async def ask(request: Request, given: Given, asked_by: Asked, query: Query, key: Key = None) -> Response:
    """Ask for a title. With proof=link entries link to their proofs; with proof=inline the proof comes along."""
    desk = desk_of(given)
    question = question_of(query, asked_by, desk.keeper)
    if query.proof == "inline" or query.day is not None or key is not None or not desk.is_quick(question):
        body = await desk.aside(_once, given, desk, asked_by, query, question, key)
        return replied(request, body, media="application/json")
    if desk.is_near(query.block):
        begun = desk.begin(query.unit, question, query.block)
    else:  # the chain may be asked, and nobody else waits for it
        begun = await asyncio.to_thread(desk.begin, query.unit, question, query.block)
    try:
        place_in_stream = await asyncio.wait_for(asyncio.wrap_future(begun.recorded), WAIT_S)
    except TimeoutError as fault:
        raise BackendError("rights: the query could not be recorded in time, so it is not answered") from fault
    return reply(request, {"unit": begun.code, "query": place_in_stream, **_rights(begun.rights())})


def desk_of(given: Services) -> Desk:
    """Return the registrar's desk; raises NotFound where no register is kept."""
    if given.desk is None:
        raise NotFound("rights: no register is kept at this gateway")
    return given.desk


def question_of(query: Query, asked_by: Caller, registrar: str) -> Question:
    """Say who asks for what, as far as the caller may at this registrar's register (``gateway.accounts.titles``).

    Raises:
        NotAuthorized: in another's name, or for a purpose that is not open to the caller.
    """
    name = titles.asker_of(asked_by, registrar, query.asker or "")
    if query.asker not in (None, name):
        raise NotAuthorized("rights: an account asks in its own name 只能以本人名义查询 (Civil Code 218)")
    found = stated(query.purpose, name, bytes.fromhex(query.paper or ""), asked_by.name)
    titles.require_purpose(asked_by, registrar, query.purpose)
    return found


def _once(given: Services, desk: Desk, asked_by: Caller, query: Query, question: Question, key: str | None) -> bytes:
    def answer() -> bytes:
        if query.proof == "link" and query.day is None and desk.is_quick(question):
            told = desk.ask(query.unit, question, query.block)
            return json.dumps({"unit": told.code, "query": told.query, **_rights(told.rights)}).encode()
        if query.block is not None and query.day is not None:
            raise InvalidRecord("rights: as of a block or of a day, not both")
        found = desk.prove(query.unit, question, query.day if query.day is not None else query.block)
        proof = base64.b64encode(found.proof).decode() if query.proof == "inline" and found.proof else None
        return json.dumps({**found.json(), "proof": proof}, ensure_ascii=False).encode()

    if key is None:
        return answer()
    if given.keys is None:
        raise NotFound("Idempotency-Key: no keys are kept at this gateway")
    return given.keys.once(asked_by.name, "/v1/rights", key, query.model_dump_json().encode(), answer)


def _rights(told: Rights) -> dict[str, JsonValue]:
    return {
        "id": told.unit.hex(), "as_of": told.last, "registrar": told.registrar.hex(), "state": told.state.name.lower(),
        "right": told.right,
        "holders": [{"commitment": who.hex(), "share": str(share)} for who, share in told.shares],
        "restrictions": [
            {"id": one.id.hex(), "kind": one.kind.name.lower(), "rank": one.rank, "queued": one.is_queued,
             "since": one.since, "until": one.until if one.until < 1 << 53 else None}
            for one in told.burdens
        ],
        "entries": [
            {
                "contract": event.contract, "n": int.from_bytes(event.data[:32], "big"), "time": event.timestamp,
                "shown_by": place(event.cursor),
            }
            for event in told.events
        ],
    }  # fmt: skip
