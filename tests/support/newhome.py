"""New homes in Wuhan: every call of a sale, from the filed contract to the buyer's title, in the order of the law.

The developer sells what is still being built: the sale contract is filed (housing), the buyer's pre-notice registered,
tax paid, the home registered for the first time, then transferred to the buyer as the pre-notice demands, and the
pre-notice released. Housing, tax and the registrar each sign one case; the registrar is its window.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import astuple
from pathlib import Path

from statutetown import AUTHORITY, Town

from contracts.addresses import CASES
from contracts.applications import client as applications
from contracts.applications.rules import Accept, RegistrationType
from contracts.cases import client as cases
from contracts.cases.rules import Call as CaseCall
from contracts.cases.rules import ClockUnit, Close, Define, Open, Sign
from contracts.parties.client import party_id
from contracts.restrictions import client as restrictions
from contracts.restrictions.calls import EnterRestriction, Release
from contracts.restrictions.record import RestrictionKind
from contracts.titles import client as titles
from contracts.titles.calls import First, Transfer
from contracts.titles.holding import Holdings, sole
from contracts.titles.record import RightKind
from contracts.world import PartyRole
from gateway.property.cases.window import case_id, template_id
from ledger.chain.port import Operation
from ledger.hashing import keccak256

REGISTRAR, HOUSING, TAX = "registrar", "housing", "tax"
DEPARTMENTS = (REGISTRAR, HOUSING, TAX)
TEMPLATE = "wuhan-new-home"
STEPS = 5
"""What the profile counts of one case: filing, pre-notice, tax, first registration, transfer."""
ENTRIES = 4
"""Entries that one case makes in the register: pre-notice, first registration, transfer, release."""
NOTHING = bytes(32)
Signed = tuple[str, Operation]


def digest(name: str) -> bytes:
    return keccak256(name.encode())


class Sale:
    """One home's sale; ``stages`` are lists of (department, call), each stage after the one before is final.

    ``named`` gives the id of an application: prenotice, first, transfer or release.
    """

    def __init__(self, code: str) -> None:
        self.code, self.id, self.unit = code, case_id(code), digest(f"unit {code}")
        self.developer, self.buyer = sole(digest(f"developer {code}")), sole(digest(f"buyer {code}"))
        self.prenotice = digest(f"restriction {code}")
        self.named: Callable[[str], bytes] = lambda name: self._of(f"application {name}")

    def stages(self) -> Iterator[list[Signed]]:
        """Yield the calls of a sale in order."""
        yield [self._case(REGISTRAR, Open(self.id, template_id(TEMPLATE), self._of("papers")))]
        yield [
            self._case(HOUSING, Sign(self.id, self._of("filed contract"))),
            self._accept("prenotice", RegistrationType.PRENOTICE),
        ]
        yield [self._enter_prenotice()]
        yield [self._case(TAX, Sign(self.id, self._of("paid bill"))), self._accept("first", RegistrationType.FIRST)]
        yield [self._first(self.developer), self._accept("transfer", RegistrationType.TRANSFER)]
        yield [self._transfer(), self._accept("release", RegistrationType.CANCELLATION)]
        yield [self._release(), self._case(REGISTRAR, Sign(self.id, self._of("entries")))]
        yield [self._case(REGISTRAR, Close(self.id, self._of("certificate")))]

    def registrations(self) -> Iterator[tuple[Operation, Operation]]:
        """Yield acceptance and entry of pre-notice, first registration and transfer."""
        yield self._accept("prenotice", RegistrationType.PRENOTICE)[1], self._enter_prenotice()[1]
        yield self._accept("first", RegistrationType.FIRST)[1], self._first(self.developer)[1]
        yield self._accept("transfer", RegistrationType.TRANSFER)[1], self._transfer()[1]

    def _case(self, who: str, call: CaseCall) -> Signed:
        return who, cases.operation(call, op_id=self._op(f"{who} {type(call).__name__}"))

    def _accept(self, name: str, kind: RegistrationType) -> Signed:
        call = Accept(self.named(name), self.unit, int(kind), self._of(f"application {name} papers"))
        return REGISTRAR, applications.accept(call, op_id=self._op(f"accept {name}"))

    def _enter_prenotice(self) -> Signed:
        call = EnterRestriction(
            self.named("prenotice"), self.prenotice, self.unit, int(RestrictionKind.PRENOTICE), NOTHING,
            self._of("beneficiary"), self.buyer.digest(),
        )  # fmt: skip
        return REGISTRAR, restrictions.operation(call, op_id=self._op("enter prenotice"))

    def _first(self, held: Holdings) -> Signed:
        call = First(self.named("first"), self.unit, self._of("spatial"), int(RightKind.BUILDING), held)
        return REGISTRAR, titles.operation(call, op_id=self._op("first"))

    def _transfer(self) -> Signed:
        call = Transfer(self.named("transfer"), self.unit, self.developer, self.buyer, False)
        return REGISTRAR, titles.operation(call, op_id=self._op("transfer"))

    def _release(self) -> Signed:
        call = Release(self.named("release"), self.prenotice)
        return REGISTRAR, restrictions.operation(call, op_id=self._op("release"))

    def _of(self, name: str) -> bytes:
        return digest(f"{name} {self.code}")

    def _op(self, name: str) -> bytes:
        return digest(f"operation {name} {self.code}")


def founded(directory: Path) -> Town:
    """Open a town with a registrar, housing and tax, and the authority's template of the case."""
    town = Town(directory, DEPARTMENTS, PartyRole.OWNER | PartyRole.REGISTRAR)
    parties = tuple(sorted(map(party_id, DEPARTMENTS)))
    call = Define(template_id(TEMPLATE), parties, 30, int(ClockUnit.WORKING_DAYS))
    assert town.do(AUTHORITY, CASES, "define", *astuple(call)).accepted
    return town
