"""What the API answers from, put together by who starts it (``gateway.serving``)."""

from __future__ import annotations

from dataclasses import dataclass, field

from gateway.api.identity import Identity, PublicOnly
from gateway.provenance.explorer import Explorer
from gateway.statute.observing import Observer
from ledger.trust import Trust

MAX_BODY = 16 << 20


@dataclass(frozen=True, slots=True)
class Services:
    """One network as one gateway sees it. observer: its chain, view and chronicle."""

    explorer: Explorer
    observer: Observer
    trust: Trust
    identity: Identity = field(default_factory=PublicOnly)
    max_body: int = MAX_BODY
