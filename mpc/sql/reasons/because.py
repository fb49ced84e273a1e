"""One reason for a refusal, and the safe way to ask."""

from __future__ import annotations

from dataclasses import dataclass

from mpc.protocols.words import Text


@dataclass(frozen=True, slots=True)
class Because:
    """Why something is refused, and the safe way to ask where there is one."""

    why: Text
    instead: Text | None = None
