"""A town with assets, authorizations, supplies, a refused call and streams, and a gateway's index over it."""

from __future__ import annotations

from pathlib import Path

from foundedchain import CHAIN_ID, DIRECTORY, VALIDATORS
from statutetown import Town

from contracts.authorizations.terms import identifier
from gateway.api.identity import Caller, Scope
from gateway.api.services import Services
from gateway.index.index import Index
from gateway.index.store import Store
from gateway.provenance.explorer import Explorer
from gateway.statute.observing import Observer
from ledger.errors import NotAuthorized
from ledger.hashing import keccak256
from ledger.trust import Assurance, Trust

CONTENT = keccak256(b"content")
ROOT = keccak256(b"root")
ROWS = keccak256(b"rows of sales")


class Everybody:
    """Lets every caller do what its scopes say; tests change them."""

    def __init__(self) -> None:
        self.caller = Caller("tester", identifier("audit"), frozenset(Scope))

    def authorize(self, request: object, scope: Scope) -> Caller:
        if scope not in self.caller.scopes:
            raise NotAuthorized(f"{scope.value}: not yours")
        return self.caller


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
        self.town.do("tax", "Notary", "anchor", keccak256(b"tax/records"), 0, 3, ROOT)
        self.town.ask("audit", "tax", "sales", "open")
        self.town.ask("audit", "tax", "sales", "open")
        self.granted = self.town.node.head_number()
        self.town.revoke("tax", "bank", self.ended)
        self.observer = self.town.observer("gateway")
        self.store = Store(f"sqlite:///{directory}/index.sqlite")
        self.index = Index(self.store, self.observer.view.header(0))
        self.explorer = Explorer(self.index, self.observer.view)
        self.identity = Everybody()
        self.follow()

    def follow(self) -> None:
        self.index.follow(self.observer.chain, self.observer.view)
        self.observer.follow()

    @property
    def trust(self) -> Trust:
        members = tuple(key.address for key in VALIDATORS)
        return Trust(CHAIN_ID, self.town.node.genesis_hash, members, DIRECTORY, Assurance.SINGLE_OPERATOR)

    def services(self, observer: Observer | None = None) -> Services:
        return Services(self.explorer, observer or self.observer, self.trust, self.identity)

    def close(self) -> None:
        self.store.close()
        self.town.close()
