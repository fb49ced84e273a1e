"""What the API answers from, put together by who starts it (``gateway.api.serving``)."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from gateway.api.guards.idempotency import Keys
from gateway.api.guards.identity import Identity, PublicOnly
from gateway.api.guards.seats import Seats
from gateway.api.rights.desk import Desk
from gateway.exports.published import Published
from gateway.imports.book import Book
from gateway.network.naming import Names
from gateway.provenance.explorer import Explorer
from gateway.statute.observation.observing import Observer
from ledger.proofs.headers import Header
from ledger.proofs.trust import Trust

MAX_BODY = 16 << 20


@dataclass(frozen=True, slots=True)
class Services:
    """One network as one gateway sees it; what is None is not kept here, and its routes say so.

    Attributes:
        observer: chain, view and chronicle of acts, from which inbox and alerts follow.
        names: codes that this department knows behind digests.
        desk: of a registrar.
        streams: directories of streams on this disk, by their ids on chain.
        evidence: directory of evidence files that may be handed out.
        exchange, imports: books of an external platform's events, and of its documents.
        reading: held while the chronicle is brought up to date.
        published: the catalogue as a document.
        seats: of those who follow events as they come.
    """

    explorer: Explorer
    observer: Observer
    trust: Trust
    identity: Identity = field(default_factory=PublicOnly)
    names: Names = field(default_factory=lambda: Names({}))
    keys: Keys | None = None
    desk: Desk | None = None
    streams: Mapping[bytes, Path] = field(default_factory=dict)
    evidence: Path | None = None
    exchange: Book | None = None
    imports: Book | None = None
    max_body: int = MAX_BODY
    reading: threading.Lock = field(default_factory=threading.Lock)
    seats: Seats = field(default_factory=Seats)
    published: Published = field(init=False)

    def __post_init__(self) -> None:
        finder, genesis = self.explorer.finder, self.trust.genesis_hash
        object.__setattr__(self, "published", Published(finder, genesis, self.names))

    def followed(self) -> Header:
        """Bring the chronicle up to the proven head and return it."""
        with self.reading:
            return self.observer.follow()
