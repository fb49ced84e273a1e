"""What the rules of all areas see of each other, and a machine that makes every call twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from evm import GAS, Evm, Outcome
from revm import Revm

from contracts.addresses import GENESIS_ADDRESSES, JOBS, REQUESTS, RETURNS
from contracts.authorizations import rules as authorizations
from contracts.authorizations.reasons import Ground
from contracts.authorizations.record import Authorization
from contracts.catalogue import rules as catalogue
from contracts.disputes import rules as disputes
from contracts.endorsements import rules as endorsements
from contracts.entries import rules as entries
from contracts.entries.record import Entry
from contracts.grades import rules as grades
from contracts.states import States
from contracts.terminations import rules as terminations
from contracts.terminations.rules import TerminationState


@dataclass(frozen=True, slots=True)
class Worlds:
    """The World of all three areas."""

    base: States
    assets: catalogue.State
    held: authorizations.State
    agreed: endorsements.State
    ends: terminations.State
    decided: disputes.State
    entries: entries.State
    graded: grades.State

    def require_open(self, name: str) -> None:
        self.base.require_open(name)

    def is_governance(self, caller: bytes) -> bool:
        return self.base.is_governance(caller)

    def acting(self, agent: bytes, role: int, now: int) -> bytes:
        return self.base.acting(agent, role, now)

    def serving(self, party: bytes, role: int, now: int) -> bool:
        return self.base.serving(party, role, now)

    def endorsed(self, party: bytes, act: bytes, handler: bytes, now: int) -> bool:
        head = self.base.parties.agent(self.agreed.head(party, act))
        return endorsements.endorsed(self.agreed, head, party, act, handler, now)

    def filed(self, document: bytes) -> Entry:
        return self.entries.entry(document)

    def asset(self, asset: bytes) -> catalogue.Asset:
        return self.assets.asset(asset)

    def grading_obstacle(self, asset: bytes, terms: bytes, recipient: bytes, operations: int) -> str:
        cover, level = self.graded.cover(asset, terms), self.graded.level(recipient)
        return grades.obstacle(cover, self.assets.asset(asset).document, level, operations)

    def whole_obstacle(self, asset: bytes, recipient: bytes, operations: int) -> str:
        highest = self.graded.highest.get(self.assets.asset(asset).document, 0)
        return grades.whole_obstacle(highest, self.graded.level(recipient), operations)

    def offered(self, asset: bytes) -> bytes:
        return self.assets.asset(asset).offered

    def is_jobs(self, caller: bytes) -> bool:
        return caller == GENESIS_ADDRESSES[JOBS]

    def may_grant(self, caller: bytes) -> bool:
        return caller in (GENESIS_ADDRESSES[REQUESTS], GENESIS_ADDRESSES[RETURNS])

    def is_end_filed(self, id: bytes) -> bool:
        return self.ends.of(id) is TerminationState.FILED

    def disputable(self, authorization: bytes) -> int:
        return self.ends.disputable(authorization)

    def winner(self, subject: bytes, ending: int, now: int) -> bytes:
        return self.decided.winner(subject, ending, now)

    def deadline(self, party: bytes, code: bytes, now: int) -> int:
        raise AssertionError("nothing that ends a service has a limit")

    def authorization(self, id: bytes) -> Authorization:
        return self.held.authorization(id)

    def obstacle(self, id: bytes, purpose: bytes, operations: int, counted: bool, now: int) -> Ground | None:
        record = self.held.authorization(id)
        return authorizations.obstacle(record, self.offered(record.asset), now, purpose, operations, counted=counted)


class TwinEvm(Evm):
    """Makes every call on revm as well and demands the same verdict, reason, logs and result."""

    def __init__(self, predeploys: Mapping[bytes, tuple[bytes, Mapping[bytes, bytes]]], now: int) -> None:
        super().__init__(predeploys, now)
        self.twin = Revm(predeploys, now, "LONDON")

    def send(self, caller: bytes, to: bytes, data: bytes, *, gas: int = GAS) -> Outcome:
        outcome = super().send(caller, to, data, gas=gas)
        self.twin.now = self.now
        expected = (outcome.accepted, outcome.reason, outcome.logs, outcome.returned if outcome.accepted else b"")
        assert self.twin.send(caller, to, data) == expected
        return outcome
