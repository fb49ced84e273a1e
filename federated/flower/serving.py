"""A SuperLink as the project runs it: Flower's own command, with what it lacks.

The SuperLink's one port serves couriers and whoever may start and stop runs; without an account plugin Flower lets
everybody do the latter. Here it takes a token, which lies in a file that only the office's account can read.

It does NOT hide what is carried from whoever runs it, and TLS ends here. Trust: the machine's account.
"""

from __future__ import annotations

import hmac
import logging
import sys
from collections.abc import Callable, Sequence
from typing import Any

from federated.flower.library import ACCESS_TOKEN_KEY, AccountInfo, NoOpControlAuthnPlugin, link_program


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


def serve_link(arguments: Sequence[str], token: str) -> None:
    """Run a SuperLink with Flower's own arguments until a signal ends it."""
    module, command = link_program()
    module.load_control_authn_plugin = lambda: TokenAccounts(token)  # type: ignore[attr-defined]
    module.get_uvicorn_log_config = _without_requests(module.get_uvicorn_log_config)  # type: ignore[attr-defined]
    sys.argv = ["flower-superlink", *arguments]
    command()


def _without_requests(made: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """Leave single requests out of the log: nodes look for work all the time, and the log would grow without end."""

    def configured(level: int) -> dict[str, Any]:
        found = made(level)
        found["loggers"]["uvicorn.access"]["level"] = logging.WARNING
        return found

    return configured
