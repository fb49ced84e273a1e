"""Codes: how parties, assets, purposes and data periods are named wherever they are written down."""

from __future__ import annotations

import re


def is_code(text: str) -> bool:
    """Tell whether a text is a code: a-z, 0-9 and '-', at most 63 characters, not beginning with '-'."""
    return re.fullmatch(r"[a-z0-9][a-z0-9-]{0,62}", text) is not None
