"""Secrets handed out: session keys, tokens, one-time values. Only their digests are kept."""

from __future__ import annotations

import secrets
from typing import Final

from ledger.hashing import tagged

TOKEN_MARK: Final = "shuxin_"  # noqa: S105 - what every API token begins with, so that scanners find a leaked one
_BYTES: Final = 32


def drawn() -> str:
    """Draw a fresh secret of 256 bits."""
    return secrets.token_urlsafe(_BYTES)


def digest(kind: str, secret: str) -> bytes:
    """Return what is kept of a secret; kinds never meet."""
    return tagged(f"SHUXIN-GATEWAY-{kind.upper()}-V1", secret.encode())
