"""Who asks, and what for: the port that the API asks before every route, and the accounts' scopes at each.

What it does NOT do: know passwords, tokens or sessions (``gateway.accounts.signin.gate`` does and is one of these).
Without accounts everybody is a visitor.
"""

from __future__ import annotations

from typing import Protocol

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from gateway.accounts.caller import VISITOR, Caller, Scope
from gateway.errors import Unauthenticated
from ledger.errors import NotAuthorized


class Identity(Protocol):
    """Says who a request comes from; ``gateway.accounts.signin.gate.Gate`` is one."""

    def authorize(self, request: Request) -> Caller:
        """Return who asks; raises NotAuthorized for a token that is none."""
        ...

    def known(self, request: Request) -> Caller | None:
        """Return who asks if that is known without waiting for a disk or the chain, else None."""
        ...


class PublicOnly:
    """Everybody is a visitor; what the API uses where no accounts are kept."""

    def authorize(self, request: Request) -> Caller:  # noqa: ARG002 - as the port has it
        return VISITOR

    def known(self, request: Request) -> Caller | None:
        return self.authorize(request)


async def admitted(identity: Identity, request: Request, scope: Scope) -> Caller:
    """Return who asks if it may, without a thread where that is known; raises as ``admitted_anew``."""
    found = known(identity, request)
    return (
        _require(found, scope)
        if found is not None
        else await run_in_threadpool(admitted_anew, identity, request, scope)
    )


def known(identity: Identity, request: Request) -> Caller | None:
    """Return who asks if that is known without waiting; whoever records the request need not find it out again."""
    found = identity.known(request)
    if found is not None:
        request.state.caller = found
    return found


def admitted_anew(identity: Identity, request: Request, scope: Scope) -> Caller:
    """Return who asks if it may.

    Raises:
        Unauthenticated: a visitor asks for what is not open to all, or a token is none.
        NotAuthorized: the caller's roles do not allow it.
    """
    try:
        caller = identity.authorize(request)
    except NotAuthorized as fault:
        raise Unauthenticated(str(fault)) from fault
    request.state.caller = caller
    return _require(caller, scope)


def _require(caller: Caller, scope: Scope) -> Caller:
    if not caller.is_known and not caller.may(scope):
        raise Unauthenticated(f"{scope.value}: sign in, or show a token")
    caller.require(scope)
    return caller
