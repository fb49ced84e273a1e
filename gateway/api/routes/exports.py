"""Routes of exports: lineage, jobs, the catalogue and agreements in the forms others read, tables, reports, samples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any, Literal, cast

from fastapi import APIRouter, Depends, Path, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.accounts.caller import Caller, Scope
from gateway.api import showing
from gateway.api.asking import MAX_BLOCK, Block, Given, caller, replied, reply, streamed
from gateway.api.routes.catalogue import require_newest, shown
from gateway.api.services import Services
from gateway.exports import odrl, openlineage, prov_json, sampling
from gateway.exports.audit import gathering, html, pdf
from gateway.exports.table import columns_of, csv_of, flat
from gateway.provenance.explorer import word_of
from gateway.provenance.graph import Kind
from gateway.provenance.walking import MAX_DEPTH, MAX_EDGES, Way
from ledger.canonical import JsonValue
from ledger.chain.port import Event
from ledger.errors import InvalidRecord

router = APIRouter(tags=["exports"], prefix="/exports")
READ = [Depends(caller(Scope.PROVENANCE))]
Name = Annotated[str, Path(max_length=200)]
Depth = Annotated[int, Query(ge=1, le=MAX_DEPTH)]
Language = Annotated[Literal["en", "zh"], Query()]
LD = "application/ld+json"
MOST_ROWS = 100_000
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


@router.get("/csv/{what}", dependencies=READ)
def table(
    request: Request, given: Given, what: Annotated[Literal["catalogue", "events", "holders", "lineage"], Path()],
    of: Annotated[str | None, Query(max_length=200, description="Of holders and lineage: the node or digest.")] = None,
    block: Block = None,
) -> Response:  # fmt: skip
    """Return a list as CSV; texts that a spreadsheet would run are made harmless."""
    rows = [flat(cast(dict[str, JsonValue], row)) for row in _rows(given, what, of, given.explorer.last(block))]
    headers = {"Content-Disposition": f'attachment; filename="{what}.csv"'}
    return replied(request, csv_of(columns_of(rows), rows), media="text/csv; charset=utf-8", headers=headers)


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


@router.get("/sample", dependencies=READ)
def sample(
    request: Request, given: Given, kind: Annotated[str, Query(max_length=20)],
    count: Annotated[int, Query(ge=1, le=sampling.MOST)], seed: Annotated[int, Query(ge=1, le=MAX_BLOCK)],
) -> Response:  # fmt: skip
    """Draw an auditor's sample of all nodes of a kind named up to the block before the one whose hash is the seed."""
    wanted = next((one for one in Kind if one.code == kind), None)
    if wanted is None or wanted is Kind.BLOCK:
        raise InvalidRecord(f"kind: expected one of {', '.join(one.code for one in Kind if one is not Kind.BLOCK)}")
    sealed = given.explorer.header(seed)
    candidates = sampling.candidates(given.explorer.finder, wanted, seed - 1)
    return reply(request, sampling.plan(candidates, count, sealed.number, sealed.block_hash).json())


def _rows(given: Services, what: str, of: str | None, last: int) -> Sequence[Any]:
    if what == "catalogue":
        return [shown(one, given.names) for one in given.whole.at(last, MOST_ROWS)]
    if what == "events":
        return [showing.event(one) for one in _all_events(given, last)]
    if of is None:
        raise InvalidRecord(f"csv: {what} of what? give a node or digest as `of`")
    if what == "holders":
        return [showing.holding(one) for one in given.explorer.holdings(of, last)]
    start = given.explorer.node(of)
    walked = given.explorer.lineage(start, Way.UPSTREAM, depth=MAX_DEPTH, block=last, limit=MAX_EDGES)
    return [showing.edge(one) for one in walked.edges]


def _all_events(given: Services, last: int) -> list[Event]:
    """Return all events up to a block; raises InvalidRecord rather than leave some out."""
    found, after = list[Event](), None
    while page := given.explorer.finder.events(after, 1000):
        found += [event for event in page if event.block_number <= last]
        after = page[-1].cursor
        if after.block_number > last:
            break
        if len(found) > MOST_ROWS:
            raise InvalidRecord(f"csv: more than {MOST_ROWS} events up to block {last}; page through /v1/events")
    return found
