"""A registrar's counter on a chain moved by hand: applications as files, accepted and entered at one desk."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from newhome import REGISTRAR
from statutetown import Town
from townofficer import TownOfficer

from contracts.addresses import TITLES
from contracts.proven import history_fact
from contracts.world import PartyRole
from gateway.property.book import Book
from gateway.property.entering import entry as entries
from gateway.property.entering.desk import Desk
from ledger.chain.port import Operation, Receipt
from ledger.errors import BackendError

COURT = "court"
ROLES = PartyRole.OWNER | PartyRole.REGISTRAR | PartyRole.COURT
ANN, BOB, CAT = (f'[[holder]]\nname = "{name}"\nshare = "1"' for name in ("Ann", "Bob", "Cat"))
LOAN = '[restriction]\nholder = "Bank"\nclaim = "a loan"\nrank = 1'
HERE = '[description]\naddress = "here"'


class Failing(TownOfficer):
    """An officer whose connection breaks right after one call was sent."""

    calls_left = 1 << 30

    def change(self, contract: str, id: bytes, change: str, call: Callable[[bytes], Operation]) -> Receipt:
        receipt = super().change(contract, id, change, call)
        self.calls_left -= 1
        if self.calls_left < 0:
            raise BackendError("the connection broke")
        return receipt


class Counter:
    """A registrar's desk with a register of one unit, Ann's."""

    def __init__(self, directory: Path) -> None:
        self.scratch = directory
        self.town = Town(directory, (REGISTRAR, COURT), ROLES)
        self.book = Book(directory / "register", REGISTRAR)
        self.clerk = Failing(self.town, REGISTRAR)
        self.desk = Desk(self.book, self.clerk)
        self.register("own", "first", "unit-1", ANN, HERE)

    def close(self) -> None:
        self.book.close()
        self.town.close()

    def asked(self, code: str, kind: str, unit: str, *more: str) -> entries.Entry:
        (self.scratch / "papers.pdf").write_bytes(b"signed by everybody")
        file = self.scratch / f"{code}.toml"
        head = f'code = "{code}"\ntype = "{kind}"\nunit = "{unit}"\npapers = ["papers.pdf"]\n'
        file.write_text(head + "\n".join(more) + "\n", encoding="utf-8")
        return entries.load(file)

    def accept(self, code: str, kind: str, unit: str, *more: str) -> None:
        self.desk.accept(self.asked(code, kind, unit, *more))

    def register(self, code: str, kind: str, unit: str, *more: str) -> None:
        """Enter something while the chain is there."""
        self.accept(code, kind, unit, *more)
        self.desk.enter(code)

    def count(self, unit: str) -> int:
        """Count a unit's entries in Titles."""
        fact = history_fact(TITLES, self.book.id_of(unit))
        return int.from_bytes(self.clerk.proven(fact)[fact.slots[1]], "big")
