"""The plain HTTP routes beside the pages: signing in and out, downloads, and whether the process lives and is ready.

A sign-in answers with a fresh session's cookie: HttpOnly, SameSite=Lax; over https Secure, under a ``__Host-`` name.
"""

from __future__ import annotations

import asyncio
from typing import Final
from urllib.parse import quote

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, PlainTextResponse, RedirectResponse, Response

from gateway.accounts.caller import Scope
from gateway.accounts.edge.limits import TooMany
from gateway.accounts.edge.shield import source_of
from gateway.accounts.signin.oidc import PENDING_S, safe_return
from gateway.accounts.signin.sessions import LONGEST_S, require_form_word
from gateway.api.asking import streamed
from gateway.exports.published import Document, Published
from gateway.pages.house import House
from gateway.pages.views.sharing.catalogue import DOCUMENT
from gateway.pages.wording import LANGUAGES
from ledger.errors import NotAuthorized, TrustError

STATE: Final = "shuxin_state"
SECURE_STATE: Final = "__Host-shuxin_state"


def install(app: FastAPI, house: House) -> None:
    """Add the routes."""
    doors = _Doors(house)
    for path, route, methods in (
        ("/", _Doors.start, ["GET"]),
        ("/auth/sign-in", _Doors.sign_in, ["POST"]),
        ("/auth/sign-out", _Doors.sign_out, ["POST"]),
        ("/auth/oidc", _Doors.to_provider, ["GET"]),
        ("/auth/callback", _Doors.from_provider, ["GET"]),
        ("/download/shuxin-verify.pyz", _Doors.verifier, ["GET"]),
        ("/download/trust.json", _Doors.trust, ["GET"]),
        (DOCUMENT, _Doors.catalogue, ["GET"]),
        ("/healthz", _Doors.alive, ["GET"]),
        ("/readyz", _Doors.ready, ["GET"]),
    ):
        app.add_route(path, route.__get__(doors), methods=methods, include_in_schema=False)


class _Doors:
    """The routes over one house."""

    def __init__(self, house: House) -> None:
        explorer = house.explorer
        self._house = house
        self._published = Published(explorer.finder, house.trust.genesis_hash, house.names) if explorer else None

    async def start(self, request: Request) -> Response:
        """Lead to the start page in the browser's language."""
        return RedirectResponse(f"/{_spoken(request)}/verify", status_code=303)

    async def sign_in(self, request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=8)
        name, password = str(form.get("name", ""))[:200], str(form.get("password", ""))
        language, back = _language(str(form.get("language", ""))), safe_return(str(form.get("back", "")))
        place = f"/{language}/sign-in?back={quote(back)}"
        try:
            secret = await asyncio.to_thread(self._house.gate.sign_in, name, password, source_of(request))
        except TooMany as fault:
            return RedirectResponse(f"{place}&fault=wait&wait={fault.wait_s}", status_code=303)
        except NotAuthorized:
            return RedirectResponse(f"{place}&fault=refused", status_code=303)
        return self._begun(secret, back if back != "/" else f"/{language}/verify")

    async def sign_out(self, request: Request) -> Response:
        form = await request.form(max_files=0, max_fields=8)
        language, secret = _language(str(form.get("language", ""))), self._house.gate.session_secret(request)
        try:
            require_form_word(secret, str(form.get("form", "")))
        except NotAuthorized:
            return RedirectResponse(f"/{language}/sign-in?fault=form", status_code=303)
        self._house.gate.sessions.end(secret)
        answer = RedirectResponse(f"/{language}/verify", status_code=303)
        answer.delete_cookie(self._house.gate.cookie, secure=self._house.is_secure, httponly=True, samesite="lax")
        return answer

    async def to_provider(self, request: Request) -> Response:
        if self._house.oidc is None:
            return PlainTextResponse("no provider", 404)
        back = safe_return(request.query_params.get("back", ""))
        try:
            begun = await self._house.oidc.begin(back)
        except TrustError:
            return RedirectResponse(f"/{_language(back[1:3])}/sign-in?fault=provider", status_code=303)
        answer = RedirectResponse(begun.url, status_code=303)
        answer.set_cookie(
            self._state, begun.state, PENDING_S, secure=self._house.is_secure, httponly=True, samesite="lax"
        )
        return answer

    async def from_provider(self, request: Request) -> Response:
        if self._house.oidc is None:
            return PlainTextResponse("no provider", 404)
        query = request.query_params
        state, code = query.get("state", "")[:200], query.get("code", "")[:2000]
        try:
            secret, back = await self._house.oidc.finish(state, request.cookies.get(self._state, ""), code)
        except TrustError:
            return RedirectResponse(f"/{_spoken(request)}/sign-in?fault=provider", status_code=303)
        answer = self._begun(secret, back if back != "/" else f"/{_spoken(request)}/verify")
        answer.delete_cookie(self._state, secure=self._house.is_secure, httponly=True, samesite="lax")
        return answer

    async def verifier(self, _request: Request) -> Response:
        found = self._house.verifier
        if found is None:
            return PlainTextResponse("not built here", 404)
        return FileResponse(found, media_type="application/octet-stream", filename="shuxin-verify.pyz")

    async def trust(self, _request: Request) -> Response:
        return Response(
            self._house.trust.encode(),
            media_type="application/json",
            headers={"content-disposition": 'attachment; filename="trust.json"'},
        )

    async def catalogue(self, request: Request) -> Response:
        """Hand out the catalogue as DCAT 3: to departments all of it, to others what is open to everybody."""
        if self._published is None:
            return PlainTextResponse("no chain is followed here", 404)
        try:
            found = await asyncio.to_thread(self._document, self._published, request)
        except TrustError as fault:
            return PlainTextResponse(str(fault), 503)
        answer = streamed(request, found.tag, found.sent(), media="application/ld+json")
        answer.headers["content-disposition"] = 'attachment; filename="catalogue.jsonld"'
        return answer

    def _document(self, published: Published, request: Request) -> Document:
        try:
            is_whole = self._house.gate.authorize(request).may(Scope.CATALOGUE)
        except NotAuthorized:
            is_whole = False
        return published.newest(self._house.explored().last(None), is_whole=is_whole)

    async def alive(self, _request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def ready(self, _request: Request) -> Response:
        """Say whether a fresh head can be proven; 503 if not."""
        observer = self._house.observer
        if observer is None:
            return JSONResponse({"ready": True, "block": None})
        try:
            head = await asyncio.to_thread(observer.view.head)
        except TrustError:
            return JSONResponse({"ready": False}, 503)
        return JSONResponse({"ready": True, "block": head.number})

    @property
    def _state(self) -> str:
        return SECURE_STATE if self._house.is_secure else STATE

    def _begun(self, secret: str, back: str) -> RedirectResponse:
        answer = RedirectResponse(back, status_code=303)
        answer.set_cookie(
            self._house.gate.cookie, secret, LONGEST_S, secure=self._house.is_secure, httponly=True, samesite="lax"
        )
        return answer


def _spoken(request: Request) -> str:
    """Return the language that the browser asks for."""
    wanted = request.headers.get("accept-language", "").lower()
    return "en" if wanted.startswith("en") else "zh"


def _language(text: str) -> str:
    return text if text in LANGUAGES else "zh"
