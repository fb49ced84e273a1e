"""A SuperLink as the project runs it: Flower's own command, with what it lacks.

The SuperLink's one port serves couriers and whoever may start and stop runs; without an account plugin Flower lets
everybody do the latter. Here it takes a token, which lies in a file that only the office's account can read; and from
other machines the couriers' part of the interface alone is there.

It does NOT hide what is carried from whoever runs it, and TLS ends here. Trust: the machine's account.
"""

from __future__ import annotations

import hmac
import logging
import sys
from collections.abc import Awaitable, Callable, MutableMapping, Sequence
from typing import Any

from federated.flower.library import (
    ACCESS_TOKEN_KEY,
    AccountInfo,
    NoOpControlAuthnPlugin,
    app_maker,
    clean_seldom,
    link_program,
)
from ledger.crypto.tls import is_loopback


class TokenAccounts(NoOpControlAuthnPlugin):
    """Lets those control a SuperLink who know its token, and nobody else."""

    def __init__(self, token: str) -> None:
        self._token = token

    def validate_tokens_in_metadata(
        self, metadata: Sequence[tuple[str, str | bytes]]
    ) -> tuple[bool, AccountInfo | None]:
        """Say whether a request carries the token."""
        given = next((value for name, value in metadata if name == ACCESS_TOKEN_KEY), "")
        text = given.encode() if isinstance(given, str) else given
        if not hmac.compare_digest(text, self._token.encode()):
            return False, None
        return super().validate_tokens_in_metadata(metadata)


FLEET = "/v1/fleet/"
"""Where SuperNodes speak; the rest is for the office's own machine."""
Scope = MutableMapping[str, Any]
Application = Callable[[Scope, Any, Any], Awaitable[None]]


def fenced(application: Application) -> Application:
    """Make an ASGI application that has no more than the couriers' part for other machines."""

    async def serve(scope: Scope, receive: Any, send: Any) -> None:
        if scope["type"] == "lifespan" or _is_near(scope) or str(scope.get("path", "")).startswith(FLEET):
            await application(scope, receive, send)
            return
        await send({"type": "http.response.start", "status": 404, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})

    return serve


def _is_near(scope: Scope) -> bool:
    client = scope.get("client")
    return client is not None and is_loopback(client[0])


def serve_link(arguments: Sequence[str], token: str) -> None:
    """Run a SuperLink with Flower's own arguments until a signal ends it."""
    clean_seldom()
    module, command = link_program()
    made = app_maker()
    made.create_app = _fencing(made.create_app)  # type: ignore[attr-defined]
    module.load_control_authn_plugin = lambda: TokenAccounts(token)  # type: ignore[attr-defined]
    module.get_uvicorn_log_config = _without_requests(module.get_uvicorn_log_config)  # type: ignore[attr-defined]
    sys.argv = ["flower-superlink", *arguments]
    command()


def _fencing(made: Callable[..., Application]) -> Callable[..., Application]:
    return lambda *arguments: fenced(made(*arguments))


def _without_requests(made: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Leave single requests out of the log: nodes look for work all the time, and the log would grow without end."""

    def configured(level: int) -> dict[str, Any]:
        found = made(level)
        found["loggers"]["uvicorn.access"]["level"] = logging.WARNING
        return found

    return configured
