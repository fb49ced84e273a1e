"""Ethereum's JSON-RPC over an embedded node: requests and batches in, answers and errors out.

The methods are a plain table (``methods``). Every batch and wait is bounded, and every failure is an answer. It does
NOT open sockets or sign anything.

Source: JSON-RPC 2.0; EIP-1474 (errors).
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from ledger.chain.wire import (
    INTERNAL,
    INVALID_REQUEST,
    UNKNOWN_METHOD,
    code_of,
    data,
)
from ledger.embedded.records import Reverted
from ledger.embedded.serving import params as read
from ledger.embedded.serving.methods import METHODS, SEALING, WAITING, LimitExceeded
from ledger.errors import TrustError

if TYPE_CHECKING:  # the tests' fakes need no EVM
    from ledger.embedded.node import EmbeddedNode


MAX_BATCH = 100
LIMIT_EXCEEDED = -32005
_log = logging.getLogger(__name__)


def dispatch(node: EmbeddedNode, request: object) -> object:
    """Answer one request or a batch; every failure becomes a JSON-RPC error."""
    if not isinstance(request, list):
        return _answer(node, request)
    if not 1 <= len(request) <= MAX_BATCH:
        return failure(None, INVALID_REQUEST, f"a batch has 1 to {MAX_BATCH} requests")
    if any(is_waiting(entry) for entry in request):
        return failure(None, INVALID_REQUEST, "a method that waits is not allowed in a batch")
    return [_answer(node, entry) for entry in request]


def is_waiting(request: object) -> bool:
    """Tell whether a request may hold its thread for up to read.MAX_WAIT_S."""
    return _method(request) in WAITING


def is_sealing(request: object) -> bool:
    """Tell whether a request is a co-signer's: without them no block becomes final."""
    return _method(request) in SEALING


def identifier_of(request: object) -> object:
    """Give what a request wants to find in its answer."""
    return request.get("id") if isinstance(request, dict) else None


def _method(request: object) -> str:
    method = request.get("method") if isinstance(request, dict) else None
    return method if isinstance(method, str) else ""


def wait_of(request: object) -> float:
    """Give the wait a request asks for, bounded; one out of form is refused when it is answered."""
    match request:
        case {"params": [_, int() | float() as wait]}:
            return min(read.MAX_WAIT_S, max(0.0, wait))
    return 0.0


def shorten_wait(request: object, wait_s: float) -> object:
    """Give the same waiting request with at most this wait, so that a server can stop between two of them."""
    match request:
        case {"id": identifier, "method": method, "params": [first, int() | float() as wait]}:
            shorter = min(wait, wait_s) if 0 <= wait <= read.MAX_WAIT_S else wait
            return {"id": identifier, "method": method, "params": [first, shorter]}
    return request


def is_settled(request: object, answer: object) -> bool:
    """Tell whether a waiting request has got what it waits for, or an error."""
    match request, answer:
        case _, {"error": _}:
            return True
        case {"params": [int() as above, _]}, {"result": int() as head}:
            return head > above
        case _, {"result": result}:
            return result is not None
    return True


def failure(identifier: object, code: int, message: str, returned: bytes | None = None) -> dict[str, object]:
    error: dict[str, object] = {"code": code, "message": message}
    if returned is not None:
        error["data"] = data(returned)
    return {"jsonrpc": "2.0", "id": identifier, "error": error}


def _answer(node: EmbeddedNode, request: object) -> dict[str, object]:
    if not isinstance(request, dict):
        return failure(None, INVALID_REQUEST, "a request is an object")
    identifier, name, params = request.get("id"), request.get("method"), request.get("params", [])
    if not isinstance(identifier, int | str | None) or len(str(identifier)) > 64:
        return failure(None, INVALID_REQUEST, "an id is a number or a text of at most 64 characters")
    if not isinstance(name, str) or not isinstance(params, list):
        return failure(identifier, INVALID_REQUEST, "a request has a method and a list of params")
    method = METHODS.get(name)
    if method is None:
        return failure(identifier, UNKNOWN_METHOD, f"no method {name[:64]}")
    try:
        return {"jsonrpc": "2.0", "id": identifier, "result": method(node, params)}
    except Reverted as exc:
        return failure(identifier, code_of(exc), f"execution reverted: {exc.reason}", exc.data)
    except LimitExceeded as exc:
        return failure(identifier, LIMIT_EXCEEDED, str(exc))
    except TrustError as exc:
        return failure(identifier, code_of(exc), str(exc))
    except Exception:
        _log.exception("method %s failed", name)  # a process edge: the peer learns nothing of the inside
        return failure(identifier, INTERNAL, "internal error")
