"""Who asks, and what for: the port that the API asks before every route that is not public.

What it does NOT do: know passwords, tokens or sessions (``gateway.accounts`` does). Without accounts nobody is let in.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from starlette.requests import Request

from gateway.errors import Unauthenticated


class Scope(StrEnum):
    """What a caller may do; a route names one."""

    PUBLIC = "public"
    PROVENANCE = "provenance:read"
    STREAMS = "streams:read"
    EVIDENCE = "evidence:read"
    RIGHTS = "rights:ask"
    INBOX = "inbox:read"
    ALERTS = "alerts:read"
    BUDGETS = "budgets:read"
    EXPORTS = "exports:read"
    IMPORTS = "imports:write"
    METRICS = "metrics:read"


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks. party: the 32-byte id of the department it acts for, empty for one without; scopes: what it may do."""

    name: str
    party: bytes = b""
    scopes: frozenset[Scope] = frozenset({Scope.PUBLIC})


ANYBODY = Caller("anybody")


class Identity(Protocol):
    """Answers for one request; called for every route, public ones too, so that limits apply to all."""

    def authorize(self, request: Request, scope: Scope) -> Caller:
        """Return who asks.

        Raises:
            Unauthenticated: nobody is signed in, and the scope is not public.
            NotAuthorized: the caller may not do this. TooMany: not so often.
        """
        ...


class PublicOnly:
    """Lets everybody do what is public and nobody anything else; what the API uses until accounts are given."""

    def authorize(self, request: Request, scope: Scope) -> Caller:  # noqa: ARG002 - as the port has it
        """Refuse every route that is not public."""
        if scope is not Scope.PUBLIC:
            raise Unauthenticated("this route needs an account; none are configured here")
        return ANYBODY
