"""Two registrars on a chain within the process: entries, certificates and their proofs without waiting for blocks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from citygenesis import genesis_of, key
from foundedchain import Ticking, embedded, open_node, trust_of

from contracts.artefacts import interfaces
from contracts.certificates import credential, sdjwt
from contracts.evidence.register.status import Status
from contracts.parties import client as parties
from contracts.parties.client import party_id
from contracts.proven import history_fact
from contracts.world import PartyRole
from gateway.property.book import Book
from gateway.property.certificates.issuing import Registrar, Seal
from gateway.property.certificates.proving import status_of
from gateway.property.entering import entry
from gateway.property.entering.desk import Desk
from ledger.chain.port import Operation, Receipt, StateFact
from ledger.crypto.keys import PrivateKey
from ledger.hashing import keccak256, sha256
from ledger.proofs.view import ProvenView

REGISTRAR, COUNTY = "registrar", "county"
UNIT = "中山路-1"
DESCRIPTION = '[description]\naddress = "中山路 1 号 502 室"\narea = "88.5"\nuse = "住宅"'


def holder(name: str, share: str = "1") -> str:
    return f'[[holder]]\nname = "{name}"\nshare = "{share}"'


class TownClerk:
    """An officer of one registrar, straight at the chain in the process."""

    def __init__(self, town: LandTown, party: str) -> None:
        self.party = party
        officer: PrivateKey = key(party, "officer")
        self._view = town.view
        self._port = embedded(town.node, officer, town.directory / f"{party}-outbox.sqlite")

    def proven(self, fact: StateFact) -> Mapping[bytes, bytes]:
        return self._view.value(fact.contract, fact.slots)

    def change(self, contract: str, id: bytes, change: str, call: Callable[[bytes], Operation]) -> Receipt:
        count = history_fact(contract, id)
        op_id = keccak256(id + contract.encode() + change.encode() + self.proven(count)[count.slots[1]])
        receipt = self._port.submit(call(op_id))
        assert receipt.accepted, receipt.reason
        return receipt


class LandTown:
    """A chain, one view of it, and a registrar with a book and a unit."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        directory.mkdir(parents=True, exist_ok=True)
        clock = Ticking()
        self.node = open_node(directory / "node", clock, genesis=genesis_of((REGISTRAR, COUNTY), PartyRole.REGISTRAR))
        self.node.start()
        self.node.wait_head(above=0, timeout_s=30.0)
        self.chain = embedded(self.node, None, None)
        self.trust = trust_of(self.chain.header(0).block_hash)
        now = lambda: float(self.chain.head().timestamp)  # noqa: E731
        self.view = ProvenView(self.chain, self.trust, directory / "view.sqlite", interfaces(), clock=now)
        self._books: dict[str, Book] = {}
        self.registrar, self.desk = self.office(REGISTRAR)

    def close(self) -> None:
        for book in self._books.values():
            book.close()
        self.view.close()
        self.node.close()

    def office(self, party: str) -> tuple[Registrar, Desk]:
        """Return one registrar at work."""
        clerk, book = TownClerk(self, party), Book(self.directory / party, party)
        self._books[party] = book
        seal = Seal(key(party, "statement").signer(), self.trust.genesis_hash)
        return Registrar(book, clerk, seal, self.chain, self.view), Desk(book, clerk)

    def book(self, party: str) -> Book:
        return self._books[party]

    def file(self, code: str, kind: str, *more: str) -> Path:
        """Write an application's file."""
        (self.directory / "papers.pdf").write_bytes(b"signed by everybody")
        file = self.directory / f"{code}.toml"
        head = f'code = "{code}"\ntype = "{kind}"\nunit = "{UNIT}"\npapers = ["papers.pdf"]\n'
        file.write_text(head + "\n".join(more) + "\n", encoding="utf-8")
        return file

    def enter(self, code: str, kind: str, *more: str) -> None:
        """Accept and enter an application."""
        self.desk.accept(entry.load(self.file(code, kind, *more)))
        self.desk.enter(code)

    def status(self, text: str, list: str | None = None) -> Status:
        """Prove how a certificate stands now."""
        return status_of(credential.read(sdjwt.parse(text)).certified, self.view, list)

    def rotate(self, party: str) -> None:
        """Have a party begin its second epoch of keys."""
        words = (keccak256(f"{party} {use}".encode()) for use in ("statement", "seal", "tls"))
        self._approve(party, parties.rotate(party_id(party), *words, op_id=sha256(b"rotate")))

    def declare_compromised(self, party: str, since: int) -> None:
        """Have a party declare its first keys compromised."""
        self._approve(party, parties.compromised(party_id(party), 1, since, op_id=sha256(b"compromised")))

    def _approve(self, party: str, call: Operation) -> None:
        port = embedded(self.node, key(party, "approver"), self.directory / f"{party}-approver.sqlite")
        receipt = port.submit(call)
        assert receipt.accepted, receipt.reason
