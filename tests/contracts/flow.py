"""A whole case on both sides: request, answer, supply, objection, use ledger; every call on contract and rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields

from evm import Outcome
from lockstep import Lockstep
from network import contract_of, digest
from requesting import ASK, FIRST, ID, YES, Counter, Statute
from sharing import OFFICE, OFFICER, agent

from contracts.addresses import AUTHORIZATIONS, GENESIS_ADDRESSES, OBJECTIONS, RETURNS, SUPPLIES, USES
from contracts.authorizations import rules as authorizations
from contracts.catalogue.rules import Category
from contracts.disputes import client as disputes_client
from contracts.disputes import rules as disputes
from contracts.history import Change
from contracts.objections import client as objections_client
from contracts.objections import rules as objections
from contracts.requests import rules as requests
from contracts.requests.record import Request
from contracts.returns import client as returns_client
from contracts.returns import rules as returns
from contracts.supplies import client as supplies_client
from contracts.supplies import rules as supplies
from contracts.terminations import client as terminations_client
from contracts.terminations import rules as terminations
from contracts.uses import client as uses_client
from contracts.uses import rules as uses
from ledger.chain.port import Operation

Call = supplies.Call | returns.Call | objections.Call | uses.Call | terminations.Call | disputes.Call
BUILDERS: dict[type, Callable[..., Operation]] = {
    supplies.Deliver: supplies_client.deliver,
    supplies.Sign: supplies_client.sign,
    objections.Object: objections_client.object_,
    objections.Answer: objections_client.answer,
    objections.Withdraw: objections_client.withdraw,
    returns.Gather: returns_client.gather,
    returns.Claim: returns_client.claim,
    uses.Record: uses_client.record,
    uses.Inspect: uses_client.inspect,
    uses.Give: uses_client.give,
    terminations.Announce: terminations_client.announce,
    terminations.Answer: terminations_client.answer,
    terminations.File: terminations_client.file,
    disputes.Open: disputes_client.open_,
    disputes.Escalate: disputes_client.escalate,
    disputes.Settle: disputes_client.settle,
    disputes.Decide: disputes_client.decide,
}


@dataclass(frozen=True, slots=True)
class World(Statute):
    """The World with the requests."""

    asked: requests.State
    claimed: returns.State

    def deadline(self, party: bytes, code: bytes, now: int) -> int:
        limit = self.limit_of(party, code)
        return self.due(now, limit.amount, limit.unit, now)

    def request(self, id: bytes) -> Request:
        return self.asked.request(id)

    def supply_due(self, id: bytes) -> int:
        return self.asked.request(id).supply

    def return_due(self, id: bytes) -> int:
        return self.claimed.due.get(id, 0)


class Flow(Counter):
    """Everything after an answer, in lockstep."""

    def __init__(self, category: int = Category.CONDITIONAL) -> None:
        super().__init__(category)
        self.supplies = Lockstep(self.network, SUPPLIES, supplies.State())
        self.objections = Lockstep(self.network, OBJECTIONS, objections.State())
        self.uses = Lockstep(self.network, USES, uses.State())
        self.returns = Lockstep(self.network, RETURNS, returns.State())

    @property
    def everything(self) -> World:
        known = self.world
        return World(*(getattr(known, part.name) for part in fields(known)), self.lockstep.state, self.returns.state)

    def granted(self) -> bytes:
        """Have the office ask the first registrar and be answered with yes; return the case's id."""
        self.must(OFFICE, ASK)
        self.must(FIRST, YES)
        return ID

    def step(self, caller: bytes, call: Call) -> Outcome:
        """Make one call on both sides."""
        operation = BUILDERS[type(call)](call, op_id=digest("op"))
        lockstep, apply = self._side(call)

        def judge(state: object) -> tuple[object, tuple[Change, ...]]:
            return apply(state, call, caller, self.network.now, self.everything)

        return lockstep.step(
            judge, lambda: self.network.send(caller, operation.contract, operation.method, *operation.args)
        )

    def claim(self, caller: bytes, call: returns.Claim, *, alone: bool = False) -> Outcome:
        """Claim a return on both sides, with the authorization that it makes; unless alone, the head agrees before."""
        if not alone:
            self.agree(caller, returns.act_of(call, self.returns.state.journal.count(call.id) + 1))
        made = list[authorizations.Result]()

        def judge(state: returns.State) -> returns.Result:
            after, changes = returns.apply(state, call, caller, self.network.now, self.everything)
            party = self.sharing.base.acting(caller, OFFICER, self.network.now)
            owner = self.sharing.catalogue.state.asset(call.asset).owner
            grant, by = returns.granted(call, owner, party), GENESIS_ADDRESSES[RETURNS]
            held = self.sharing.authorizations.state
            made.append(authorizations.apply(held, grant, by, self.network.now, self.world))
            return after, changes

        operation = returns_client.claim(call, op_id=digest("op"))
        outcome = self.returns.step(judge, lambda: self.network.send(caller, RETURNS, "claim", *operation.args))
        if outcome.accepted:
            self.sharing.authorizations.state, changes = made[0]
            logs = [log for log in outcome.logs if contract_of(log) == AUTHORIZATIONS]
            assert [(log.topics, log.data) for log in logs] == [(change.topics, change.data) for change in changes]
        return outcome

    def take(self, caller: bytes, call: Call) -> Outcome:
        outcome = self.step(caller, call)
        assert outcome.accepted, outcome.reason
        return outcome

    def _side(self, call: Call) -> tuple[Lockstep, Callable]:
        if isinstance(call, supplies.Call):
            return self.supplies, supplies.apply
        if isinstance(call, objections.Call):
            return self.objections, objections.apply
        if isinstance(call, returns.Call):
            return self.returns, returns.apply
        if isinstance(call, uses.Call):
            return self.uses, uses.apply
        if isinstance(call, disputes.Call):
            return self.sharing.disputes, disputes.apply
        return self.sharing.terminations, terminations.apply

    def suspend(self, id: bytes = ID, caller: bytes = FIRST) -> None:
        self.sharing.must(caller, authorizations.Suspend(id, digest("doubt")))


def officer_of(party: bytes) -> bytes:
    return agent(party, OFFICER)
