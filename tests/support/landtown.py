"""A town with a registrar and two seizing authorities on a chain moved by hand, and the registrar's imported past."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from foundedchain import CHAIN_ID, DIRECTORY, VALIDATORS
from statutetown import Stepped, Town

from contracts.addresses import APPLICATIONS, TITLES
from contracts.applications import client as applications
from contracts.applications.rules import Accept, RegistrationType
from contracts.artefacts import interfaces
from contracts.evidence.collect import find_events
from contracts.parties.client import party_id
from contracts.titles import client as titles
from contracts.titles.calls import Divide, Joined, Merge, Part
from contracts.world import PartyRole
from gateway.property.book import Book
from gateway.property.entering import entry
from gateway.property.entering.desk import Desk
from gateway.property.entering.living import Living
from gateway.property.entering.seizing import Authority
from gateway.property.imports import importing
from gateway.property.imports.profile import load
from gateway.property.titles.answer import Network, Registrar
from gateway.statute.papers import Papers
from ledger.chain.port import EventFact, Operation, Receipt, StateFact
from ledger.embedded.engine import EmbeddedChain
from ledger.errors import NotAuthorized
from ledger.hashing import keccak256
from ledger.log.anchor import anchor
from ledger.log.stream import Stream
from ledger.proofs.trust import Assurance, Trust
from ledger.proofs.view import ProvenEvent, ProvenView

REGISTRAR, COURT, POLICE = "registrar", "court", "police"
HOUSE, FLAT, SHOP = "1/1000010001", "1/1000010002", "1/1000010003"
ROLES = PartyRole.OWNER | PartyRole.REGISTRAR | PartyRole.COURT
HEADER = "bbl,borough,building_class_category,address,apartment_number,land_square_feet,sale_price,sale_date"
ROWS = (
    "1000010001,1,01 ONE FAMILY,1 MAIN,,900,500000,2017-01-31",
    "1000010001,1,01 ONE FAMILY,1 MAIN,,900,600000,2018-02-28",
    "1000010001,1,01 ONE FAMILY,1 MAIN,,900,700000,2019-03-31",
    "1000010002,1,01 ONE FAMILY,2 MAIN,,800,450000,2018-05-05",
    "1000010003,1,22 STORE BUILDINGS,3 MAIN,,700,900000,2018-06-06",
)


class Clerk:
    """An officer of a party; every call gets its block at once, and a refused one raises."""

    def __init__(self, land: LandTown, party: str) -> None:
        self.party, self._land = party, land
        self._chain, self._calls = Stepped(land.town, party), 0

    def proven(self, fact: StateFact) -> Mapping[bytes, bytes]:
        return self._land.view.value(fact.contract, fact.slots)

    def history(self, contract: str, id: bytes) -> list[ProvenEvent]:
        chain, view = self._land.chain(), self._land.view
        events = find_events(chain, {(contract, id)}, view.head())[contract, id]
        return [view.event(EventFact(event.block_number, event.index, event.log_index)) for event in events]

    def change(self, contract: str, id: bytes, change: str, call: Callable[[bytes], Operation]) -> Receipt:
        self._calls += 1
        receipt = self._chain.submit(call(keccak256(f"{self.party} {self._calls}".encode())))
        if not receipt.accepted:
            raise NotAuthorized(f"the chain refuses to {change}: {receipt.reason}")
        return receipt


class LandTown:
    """The town; ``enter`` takes an application from its papers to its entry and returns the entry's block."""

    def __init__(self, directory: Path, others: tuple[str, ...] = (), roles: PartyRole = ROLES) -> None:
        self.town = Town(directory / "town", (REGISTRAR, COURT, POLICE, *others), roles=roles)
        self.town.block()
        self.directory, self.register = directory, directory / "register"
        members = tuple(key.address for key in VALIDATORS)
        self.trust = Trust(CHAIN_ID, self.town.node.genesis_hash, members, DIRECTORY, Assurance.SINGLE_OPERATOR)
        self.view = self._view("clerk")
        sales = directory / "sales.csv"
        sales.write_text("\n".join((HEADER, *ROWS)) + "\n", encoding="utf-8")
        importing.run(sales, load("nyc"), self.register, "city", date(2026, 1, 1))
        self.book = Book(self.register)
        self.clerk = Clerk(self, REGISTRAR)
        self.desk = Desk(self.book, self.clerk)
        self._orders = 0

    @property
    def head(self) -> int:
        return self.view.head().number

    def chain(self) -> EmbeddedChain:
        return EmbeddedChain(self.town.node, interfaces(), directory=DIRECTORY, owns_node=False)

    def anchor(self, stream: str = importing.EXTRACTS) -> None:
        anchor(Stream(self.register / stream), Stepped(self.town, REGISTRAR))

    def registrar(self) -> Registrar:
        """Open the registrar's answers."""
        chain = self.chain()
        codes = {party_id(code): code for code in (REGISTRAR, COURT, POLICE)}
        return Registrar(self.register, Network(chain, self._view("query"), self.trust, codes), clock=self.town.clock)

    def accept(self, code: str, kind: str, *more: str, unit: str = HOUSE) -> None:
        (self.directory / "papers.pdf").write_bytes(b"signed by everybody")
        file = self.directory / f"{code}.toml"
        head = f'code = "{code}"\ntype = "{kind}"\nunit = "{unit}"\npapers = ["papers.pdf"]\n'
        file.write_text(head + "\n".join(more) + "\n", encoding="utf-8")
        self.desk.accept(entry.load(file))

    def enter(self, code: str, kind: str, *more: str, unit: str = HOUSE) -> int:
        self.accept(code, kind, *more, unit=unit)
        receipt = self.desk.enter(code)
        assert receipt is not None
        return receipt.block_number

    def divide(self, code: str, unit: str, *parts: str) -> int:
        """Divide a unit into parts with the same holders; return the block."""
        clerk, before = self.clerk, self.desk.living.registered(unit)
        made = [
            Living(part, self.book.id_of(part), before.right, before.holders, '{"plan":"of a part"}', bytes([n]) * 16)
            for n, part in enumerate(parts, start=1)
        ]
        accepted = Accept(keccak256(code.encode()), before.id, int(RegistrationType.ALTERATION), keccak256(b"papers"))
        clerk.change(APPLICATIONS, accepted.id, "accept", lambda op: applications.accept(accepted, op_id=op))
        places = tuple(Part(living.id, living.spatial) for living in made)
        call = Divide(accepted.id, before.id, places, before.holdings)
        receipt = clerk.change(TITLES, before.id, "divide", lambda op: titles.operation(call, op_id=op))
        for living in made:
            self.desk.living.keep(living)
        return receipt.block_number

    def merge(self, code: str, whole: str, *parts: str) -> int:
        """Merge units of the same holders again; return the block."""
        before = [self.desk.living.registered(part) for part in parts]
        made = replace(before[0], code=whole, id=self.book.id_of(whole))
        kind, papers = int(RegistrationType.ALTERATION), keccak256(b"papers")
        accepted = Accept(keccak256(code.encode()), before[0].id, kind, papers)
        self.clerk.change(APPLICATIONS, accepted.id, "accept", lambda op: applications.accept(accepted, op_id=op))
        joined = tuple(Joined(part.id, part.holdings) for part in before)
        call = Merge(accepted.id, joined, Part(made.id, made.spatial), made.holdings)
        receipt = self.clerk.change(TITLES, made.id, "merge", lambda op: titles.operation(call, op_id=op))
        self.desk.living.keep(made)
        return receipt.block_number

    def authority(self, party: str) -> Authority:
        return Authority(Clerk(self, party), Papers(self.directory / f"papers of {party}"))

    def order(self) -> Path:
        """Write another order."""
        self._orders += 1
        path = self.directory / f"order-{self._orders}.pdf"
        path.write_bytes(f"order {self._orders}".encode())
        return path

    def _view(self, name: str) -> ProvenView:
        chain = self.chain()
        store = self.directory / f"{name}-belief.sqlite"
        view = ProvenView(chain, self.trust, store, interfaces(), clock=self.town.clock)
        view.head()
        return view

    def close(self) -> None:
        self.view.close()
        self.book.close()
        self.town.close()


@dataclass(frozen=True)
class Told:
    """The town after its story, and the block of each of its acts."""

    land: LandTown
    blocks: dict[str, int]

    def block(self, act: str) -> int:
        return self.blocks[act]


def holder(name: str, share: str = "1") -> str:
    return f'[[holder]]\nname = "{name}"\nshare = "{share}"'
