"""Routes of exports: lineage, jobs, the catalogue and agreements in the forms others read, reports, samples.

Lists are CSV where they are lists (``gateway.api.listing``).
"""

from __future__ import annotations

from typing import Annotated, Final, Literal

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.accounts.caller import Caller, Scope
from gateway.api.asking import MAX_BLOCK, Block, Given, caller, replied, reply, streamed
from gateway.api.listing import Form, Listed
from gateway.api.routes.catalogue import require_newest
from gateway.exports import odrl, openlineage, prov_json, sampling
from gateway.exports.audit import gathering, html, pdf
from gateway.provenance.explorer import word_of
from gateway.provenance.graph import Kind
from gateway.provenance.walking import MAX_DEPTH, MAX_EDGES, Way
from ledger.errors import InvalidRecord

router = APIRouter(tags=["exports"], prefix="/exports")
READ = [Depends(caller(Scope.PROVENANCE))]
Name = Annotated[str, Path(max_length=200)]
Depth = Annotated[int, Query(ge=1, le=MAX_DEPTH)]
Language = Annotated[Literal["en", "zh"], Query()]
LD = "application/ld+json"
SAMPLE: Final = Listed("sample", ("rank", "name", "block", "block_hash", "population", "size"))
_DOWNLOAD = {"Content-Disposition": 'attachment; filename="report.pdf"'}


@router.get("/prov/{name}", dependencies=READ)
def prov(request: Request, given: Given, name: Name, depth: Depth = 6, block: Block = None) -> Response:
    """Return what a node rests on as PROV-JSON."""
    start = given.explorer.node(name)
    found = given.explorer.lineage(start, Way.UPSTREAM, depth=depth, block=block, limit=MAX_EDGES)
    told = prov_json.document(given.trust.genesis_hash, found.last, found.nodes, found.edges)
    return reply(request, told)


@router.get("/openlineage/{job}", dependencies=READ)
def lineage_events(request: Request, given: Given, job: Name, block: Block = None) -> Response:
    """Return a job as OpenLineage run events with our facets."""
    last = given.explorer.last(block)
    return reply(request, openlineage.events(given.explorer.finder, given.trust.genesis_hash, word_of(job), last))


@router.get("/dcat")
def catalogue(
    request: Request, given: Given, asked_by: Annotated[Caller, Depends(caller(Scope.OPEN_DATA))], block: Block = None
) -> Response:
    """Return the catalogue as DCAT 3 in JSON-LD: to departments all of it, to others what is open to everybody."""
    require_newest("dcat", asked_by, block)
    last, is_whole = given.explorer.last(block), asked_by.may(Scope.CATALOGUE)
    found = given.published.newest(last, is_whole=is_whole) if block is None else given.published.at(last)
    return streamed(request, found.tag, found.sent(), media=LD)


@router.get("/odrl/{authorization}", dependencies=READ)
def agreement(request: Request, given: Given, authorization: Name, block: Block = None) -> Response:
    """Return an authorization as an ODRL agreement."""
    last, id = given.explorer.last(block), word_of(authorization)
    told = odrl.agreement(given.explorer.finder, given.trust.genesis_hash, id, last, given.names)
    return reply(request, told, media=LD)


@router.get("/report/{name}", dependencies=READ)
def audit(
    request: Request, given: Given, name: Name, depth: Depth = 4, block: Block = None, language: Language = "en",
    form: Annotated[Literal["html", "pdf"], Query()] = "html",
) -> Response:  # fmt: skip
    """Return the printable audit report of a node: a page, or a PDF with the proofs of its lines attached."""
    found = gathering.gather(given.explorer, name, depth=depth, block=block)
    if form == "pdf":
        proofs = gathering.proofs(given.explorer, found)
        told = pdf.document(found, given.trust, given.names, language, proofs)
        return replied(request, told, media=pdf.MEDIA, headers=_DOWNLOAD)
    headers = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"}
    body = html.page(found, given.trust, given.names, language)
    return replied(request, body, media="text/html; charset=utf-8", headers=headers)


@router.get("/sample", dependencies=READ, responses=SAMPLE.described_whole)
def sample(
    request: Request, given: Given, kind: Annotated[str, Query(max_length=20)],
    count: Annotated[int, Query(ge=1, le=sampling.MOST)], seed: Annotated[int, Query(ge=1, le=MAX_BLOCK)],
    form: Form = "json",
) -> Response:  # fmt: skip
    """Draw an auditor's sample of all nodes of a kind named up to the block before the one whose hash is the seed."""
    wanted = next((one for one in Kind if one.code == kind), None)
    if wanted is None or wanted is Kind.BLOCK:
        raise InvalidRecord(f"kind: expected one of {', '.join(one.code for one in Kind if one is not Kind.BLOCK)}")
    sealed = given.explorer.header(seed)
    candidates = sampling.candidates(given.explorer.finder, wanted, seed - 1)
    plan = sampling.plan(candidates, count, sealed.number, sealed.block_hash)
    if form == "csv":
        return SAMPLE.whole(request, plan.rows())
    return reply(request, plan.json())
