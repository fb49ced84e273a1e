"""Errors as problem details (RFC 9457): one form for everything that is refused, with a stable code.

What it does NOT say: anything of the inside. A bug is logged with its number and answered as such, without its words.
"""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from gateway.accounts.edge.limits import TooMany
from gateway.errors import meaning_of
from ledger.errors import TrustError

MEDIA: Final = "application/problem+json"
TYPE: Final = "https://shuxin.invalid/problems/"
"""A name, not a place: programs compare it, nobody opens it (RFC 9457, section 3.1.1)."""
SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"}, "title": {"type": "string"}, "status": {"type": "integer"},
        "code": {"type": "string"}, "detail": {"type": "string"},
    },
}  # fmt: skip
_log = logging.getLogger(__name__)


def problem(status: int, code: str, title: str, detail: str, headers: dict[str, str] | None = None) -> Response:
    """Write one problem."""
    body = {"type": TYPE + code, "title": title, "status": status, "code": code, "detail": detail[:500]}
    return JSONResponse(body, status, headers, MEDIA)


def of_fault(fault: TrustError) -> Response:
    """Write one of our errors."""
    found = meaning_of(fault)
    headers: dict[str, str] = {"Retry-After": str(fault.wait_s)} if isinstance(fault, TooMany) else {}
    if found.status == HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    return problem(found.status, found.code, found.title, str(fault), headers)


def install(app: FastAPI) -> None:
    """Answer every error of an application as a problem."""
    app.add_exception_handler(TrustError, _trust)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _bug)


def answered(fault: TrustError) -> Response:
    """Write one of our errors that ended a request; what is not the caller's doing is logged."""
    if meaning_of(fault).status >= HTTPStatus.INTERNAL_SERVER_ERROR:
        _log.warning("answered %s: %s", type(fault).__name__, fault)
    return of_fault(fault)


async def _trust(_request: Request, fault: Exception) -> Response:
    assert isinstance(fault, TrustError)
    return answered(fault)


async def _malformed(_request: Request, fault: Exception) -> Response:
    assert isinstance(fault, RequestValidationError)
    first: dict[str, Any] = dict(fault.errors()[0]) if fault.errors() else {}
    where = ".".join(str(part) for part in first.get("loc", ()))
    detail = f"{where}: {first.get('msg', 'malformed')}"
    return problem(422, "malformed", "A parameter or member does not have the required form", detail)


async def _http(_request: Request, fault: Exception) -> Response:
    assert isinstance(fault, HTTPException)
    title = HTTPStatus(fault.status_code).phrase
    code = title.lower().replace(" ", "-")
    return problem(fault.status_code, code, title, title, dict(fault.headers or {}))


async def _bug(_request: Request, fault: Exception) -> Response:
    number = secrets.token_hex(8)
    _log.error("bug %s", number, exc_info=fault)
    return problem(500, "bug", "An error of this program", f"logged as {number}")
