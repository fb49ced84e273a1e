"""Routes of evidence: checking any proof file against this network, and handing out the copies without figures.

A check on an operator's server is a convenience: whoever must not trust the operator runs ``shuxin verify`` or
``shuxin-verify.pyz`` with a trust file obtained out of band, and every answer here says so.
"""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from contracts.evidence import bundle
from contracts.evidence.program import judge
from contracts.evidence.report import Verdict
from gateway.accounts.caller import Scope
from gateway.api.asking import Given, Limit, Page, caller, decode_page, replied, reply
from gateway.api.listing import Form, Listed, behind, require_whole
from gateway.api.shelf import Shelf
from ledger.canonical import JsonValue
from ledger.errors import InvalidRecord

router = APIRouter(tags=["evidence"])
Language = Annotated[Literal["en", "zh"], Query(description="Of the steps' words.")]
FILES: Final = Listed("evidence", ("statement", "job", "result", "sha256", "bytes"))
CONVENIENCE = (
    "checked by the operator's server, which is a convenience; shuxin-verify.pyz checks it without trusting it"
)


class Files(BaseModel):
    """A proof and what it needs beside it, each in base64."""

    model_config = ConfigDict(extra="forbid")
    evidence: str = Field(max_length=bundle.LIMIT * 4 // 3 + 4)
    record: str | None = Field(None, max_length=16 << 20)
    status: str | None = Field(None, max_length=16 << 20)


@router.post(
    "/verify",
    dependencies=[Depends(caller(Scope.VERIFY))],
    openapi_extra={"requestBody": {"required": True, "content": {"application/octet-stream": {
        "schema": {"type": "string", "format": "binary"}}}}},
)  # fmt: skip
async def verify(request: Request, given: Given, language: Language = "en") -> Response:
    """Check an evidence file, title proof, receipt or event proof, sent as it is; one entry a step."""
    body = await request.body()
    if not body:
        raise InvalidRecord("verify: expected a file as the body")
    verdict = await run_in_threadpool(judge, body, given.trust)  # others are answered meanwhile
    return reply(request, _told(verdict, language))


@router.post("/verify/files", dependencies=[Depends(caller(Scope.VERIFY))])
def verify_files(request: Request, given: Given, files: Files, language: Language = "en") -> Response:
    """Check a proof that needs a second file: a stream's record, or how a certificate stands."""
    evidence, record, status = (_decoded(part) for part in (files.evidence, files.record, files.status))
    return reply(request, _told(judge(evidence or b"", given.trust, record, status), language))


@router.get("/evidence", dependencies=[Depends(caller(Scope.EVIDENCE))], responses=FILES.described)
def listed(request: Request, given: Given, limit: Limit = 50, cursor: Page = None, form: Form = "json") -> Response:
    """List the evidence files kept here, each by its statement's digest on chain; `cut`: more are laid out."""
    shelf = Shelf(given.evidence)
    require_whole(form, "the list of evidence", is_cut=(is_cut := shelf.is_cut))
    rows = behind(((one.statement.hex(), one.file.hex()), one.json()) for one in shelf.listed())
    return FILES.page(request, rows, form=form, limit=limit, cursor=decode_page(cursor, str, str), cut=is_cut)


@router.get("/evidence/{digest}", dependencies=[Depends(caller(Scope.EVIDENCE))])
def download(request: Request, given: Given, digest: Annotated[str, Path(pattern="^[0-9a-f]{64}$")]) -> Response:
    """Return one file by its statement's digest or its own SHA-256. Figures stay with who may hand them on."""
    found = Shelf(given.evidence).read(bytes.fromhex(digest))
    headers = {"Content-Disposition": f'attachment; filename="evidence-{digest[:16]}.json"'}
    return replied(request, found, media="application/json", headers=headers)


def _told(verdict: Verdict, language: Literal["en", "zh"]) -> JsonValue:
    told = verdict.json(language)
    assert isinstance(told, dict)
    return {**told, "note": CONVENIENCE}


def _decoded(text: str | None) -> bytes | None:
    if text is None:
        return None
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as fault:
        raise InvalidRecord("verify: expected files in base64") from fault
