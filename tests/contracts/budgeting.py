"""Budgets on the network of ``sharing``: every call is made on contract and rules side by side."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import astuple, dataclass, replace

from evm import Evm, Outcome
from lockstep import Lockstep
from network import digest
from sharing import APPROVER, NODE, OFFICER, REGISTRARS, Sharing, agent, asset_of, deputy
from sharingworld import Worlds

from contracts.addresses import BUDGETS, GENESIS_ADDRESSES, GOVERNANCE, PARTIES
from contracts.budgets import client, rules
from contracts.budgets.calls import Assign, Call, Confirm, Consume, Propose, Refund, Reserve, Settle
from contracts.budgets.record import Mode, Pot, Reservation
from contracts.jobs import rules as jobs
from contracts.jobs.record import Job, Roster
from contracts.parties import rules as parties
from contracts.parties.calls import Dismiss
from ledger.chain.port import Operation

PERIOD = digest("all")


@dataclass(frozen=True, slots=True)
class BudgetWorlds:
    """The World of Budgets: that of the other areas, and Jobs."""

    others: Worlds
    jobs: jobs.State

    def require_open(self, name: str) -> None:
        self.others.require_open(name)

    def is_governance(self, caller: bytes) -> bool:
        return self.others.is_governance(caller)

    def acting(self, agent: bytes, role: int, now: int) -> bytes:
        return self.others.acting(agent, role, now)

    def serving(self, party: bytes, role: int, now: int) -> bool:
        return self.others.serving(party, role, now)

    def offered(self, asset: bytes) -> bytes:
        return self.others.offered(asset)

    def authorization(self, id: bytes) -> rules.Authorization:
        return self.others.authorization(id)

    def job(self, job: bytes) -> Job:
        return self.jobs.job(job)

    def roster(self, job: bytes) -> Roster:
        return self.jobs.roster(job)


class Budgeting(Sharing):
    """A network whose owners have two officers each, and the contract that keeps their accounts."""

    def __init__(self, owners: int = len(REGISTRARS), machine: type[Evm] = Evm) -> None:
        super().__init__(owners, machine)
        self.budgets = Lockstep(self.network, BUDGETS, rules.State())

    def budget(self, caller: bytes, call: Call) -> Outcome:
        """Make one call on both sides; they must agree."""
        world = BudgetWorlds(self.world, self.jobs.state)
        return self.budgets.step(
            lambda state: rules.apply(state, call, caller, self.now, world),
            self._send(caller, call),
        )

    def pay(self, caller: bytes, call: Call) -> Outcome:
        """Make a call that must be accepted."""
        outcome = self.budget(caller, call)
        assert outcome.accepted, outcome.reason
        return outcome

    def allow(self, party: bytes, limit: int, pot: bytes = PERIOD, length: int = 0) -> None:
        """Have two officers of an owner raise a limit of its asset."""
        call = (asset_of(party), pot, length, limit)
        self.pay(agent(party, OFFICER), Propose(*call))
        self.pay(deputy(party), Confirm(*call))

    def reserve(self, party: bytes, job: bytes, amount: int, **changes: int | bytes) -> Outcome:
        """Have an owner's node reserve an exact amount, all of it for the opening, in the newest attempt."""
        call = Reserve(job, self.job(job).attempt, asset_of(party), PERIOD, int(Mode.EXACT), amount, 0)
        return self.budget(agent(party, NODE), replace(call, **changes))  # type: ignore[arg-type]

    def end(self, kind: type[Consume | Settle | Refund], party: bytes, job: bytes, attempt: int = 1) -> Outcome:
        """Have an owner's node end its own reservation."""
        return self.budget(agent(party, NODE), kind(job, attempt, asset_of(party)))

    def pot(self, party: bytes) -> Pot:
        return self.budgets.state.pot(asset_of(party), PERIOD)

    def reservation(self, party: bytes, job: bytes, attempt: int = 1) -> Reservation:
        return self.budgets.state.reservation(job, attempt, asset_of(party))

    def dismiss(self, officer: bytes, party: bytes) -> None:
        """Have the party's approver end an officer's powers."""
        by = agent(party, APPROVER)
        assert self.network.send(by, PARTIES, "dismiss", officer).accepted
        state, _ = parties.apply(self.base.parties, Dismiss(officer), by, self.now, self.base)
        self.base = replace(self.base, parties=state)

    def _send(self, caller: bytes, call: Call) -> Callable[[], Outcome]:
        operation = operation_of(call)
        if isinstance(call, Assign) and caller == GENESIS_ADDRESSES[GOVERNANCE]:
            return lambda: self._voted(operation)
        return lambda: self.network.send(caller, BUDGETS, operation.method, *operation.args)

    def _voted(self, operation: Operation) -> Outcome:
        """Have a quorum carry a call out, and keep of its logs those that the contract itself made."""
        return self.network.govern(BUDGETS, operation.method, *operation.args)


def operation_of(call: Call) -> Operation:
    match call:
        case Reserve():
            return client.reserve(call, party=digest("by"))
        case Consume() | Settle() | Refund():
            return client.end(call, party=digest("by"))
        case Assign():
            return Operation(BUDGETS, "assign", astuple(call), digest("op"))
        case _:
            return client.limit(call, op_id=digest("op"))
