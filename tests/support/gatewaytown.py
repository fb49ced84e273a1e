"""A town with assets, authorizations, supplies, a refused call and streams, and a gateway's index over it."""

from __future__ import annotations

from pathlib import Path

from foundedchain import CHAIN_ID, DIRECTORY, VALIDATORS
from statutetown import Town

from contracts.authorizations.terms import identifier
from gateway.accounts.caller import Caller, Role, caller_of
from gateway.api.guards.idempotency import Keys
from gateway.api.services import Services
from gateway.imports.book import Book
from gateway.index.index import Index
from gateway.index.store import Store
from gateway.provenance.explorer import Explorer
from gateway.statute.observation.observing import Observer
from ledger.hashing import keccak256
from ledger.log.stream import StreamWriter
from ledger.proofs.trust import Assurance, Trust

CONTENT = keccak256(b"content")
ROWS = keccak256(b"rows of sales")


class Somebody:
    """Says that every request comes from one caller; tests change who."""

    def __init__(self) -> None:
        self.caller = caller_of("tester", "audit", [Role.AUTHORITY, Role.AUDITOR])

    def authorize(self, request: object) -> Caller:
        return self.caller

    def known(self, request: object) -> Caller:
        return self.authorize(request)


class GatewayTown:
    """The town, what happened in it, and one gateway; the index is up to date when it is made."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.town = Town(directory, ("tax", "audit", "bank"))
        for asset in ("sales", "houses"):
            self.town.mount("tax", asset)
        self.held = self.town.authorize("tax", "audit", "sales", "one", days=300)
        self.ended = self.town.authorize("tax", "bank", "houses", "two", days=300)
        self.town.do("tax", "Catalogue", "publish", identifier("sales"), 3, ROWS)
        self.town.send_supply("audit", "tax", "one")
        self.town.block()
        self.records = directory / "records"
        with StreamWriter(self.records, "tax/records") as writer:
            mark = writer.append([b"one", b"two", b"three"])
        self.stream, self.root = mark.id, mark.root
        self.town.do("tax", "Notary", "anchor", mark.id, 0, 3, mark.root)
        self.town.ask("audit", "tax", "sales", "open")
        self.town.ask("audit", "tax", "sales", "open")
        self.granted = self.town.node.head_number()
        self.town.revoke("tax", "bank", self.ended)
        self.observer = self.town.observer("gateway")
        self.store = Store(f"sqlite:///{directory}/index.sqlite")
        self.index = Index(self.store, self.observer.view.header(0))
        self.explorer = Explorer(self.index, self.observer.view)
        self.identity = Somebody()
        self.follow()

    def follow(self) -> None:
        self.index.follow(self.observer.chain, self.observer.view)
        self.observer.follow()

    @property
    def trust(self) -> Trust:
        members = tuple(key.address for key in VALIDATORS)
        return Trust(CHAIN_ID, self.town.node.genesis_hash, members, DIRECTORY, Assurance.SINGLE_OPERATOR)

    def services(self, observer: Observer | None = None) -> Services:
        return Services(
            self.explorer, observer or self.observer, self.trust, self.identity, streams={self.stream: self.records},
            keys=Keys(self.directory / "keys.sqlite", self.town.clock),
            exchange=Book(self.directory / "exchange", "tax/exchange"),
            imports=Book(self.directory / "imports", "tax/imports"),
        )  # fmt: skip

    def close(self) -> None:
        self.store.close()
        self.town.close()
