"""Two departments that offer data, an office that asks and an authority: every call of Requests on both sides."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date

from evm import Outcome
from lockstep import Lockstep
from network import NOW, contract_of, digest
from sharing import AUDIT, HEAD, INSTITUTE, OFFICER, PURPOSE, REGISTRARS, Sharing, agent, asset_of, filing
from sharingworld import Worlds

from contracts.addresses import AUTHORIZATIONS, GENESIS_ADDRESSES, GOVERNANCE, REQUESTS
from contracts.authorizations import rules as authorizations
from contracts.authorizations.record import Operations, Scope
from contracts.calendar import client as calendar_client
from contracts.calendar import rules as calendar
from contracts.calendar.dates import DAY, date_of, day_of, number_of
from contracts.catalogue.rules import Category
from contracts.endorsements.rules import Endorse
from contracts.entries.rules import document_of
from contracts.history import Change
from contracts.regions import rules as regions
from contracts.regulation import client as regulation_client
from contracts.regulation import rules as regulation
from contracts.regulation.reader import national
from contracts.requests import client
from contracts.requests.calls import AskSupplement, Call, Consent, Refuse, Submit
from contracts.requests.record import Request
from contracts.requests.rules import State, act_of, apply, granted
from ledger.chain.port import Operation

ONE, TWO = REGISTRARS[:2]
FIRST, SECOND = agent(ONE, OFFICER), agent(TWO, OFFICER)
ID = digest("request")
FIVE = (digest("basis"), digest("scenario"), digest("scope"), digest("method"), digest("term of use"))
# A plain year with one week off, not a notice. The network begins on Thursday 2026-05-28 at 20:26Z: Friday here.
YEAR = calendar.SetSpan(
    number_of(date(2026, 1, 1)), number_of(date(2026, 12, 31)),
    tuple(number_of(date(2026, 6, day)) for day in range(8, 13)), (number_of(date(2026, 6, 6)),), digest("plain"),
)  # fmt: skip
SCOPE = Scope(PURPOSE, 3 | Operations.EXPORT, digest("terms"), NOW, NOW + 300 * DAY, 2)
ASK = Submit(ID, asset_of(ONE), ONE, FIVE, SCOPE)
ENTRY = document_of(filing(asset_of(ONE)), ONE)
YES = Consent(ID, ENTRY)


@dataclass(frozen=True, slots=True)
class Statute(Worlds):
    """The World with calendar, rules and regions."""

    days: calendar.State
    rules: regulation.State
    seats: regions.State

    def entry(self, asset: bytes) -> tuple[int, bytes]:
        found = self.assets.asset(asset)
        return found.category, found.document

    def limit_of(self, party: bytes, code: bytes) -> regulation.Limit:
        return regions.limit(self.seats, self.rules, party, code)

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        return calendar.due(self.days, start, days, unit, now)


class Counter:
    """Two departments that offer data, an office that asks, an authority; every call on both sides."""

    def __init__(self, category: int = Category.CONDITIONAL) -> None:
        self.sharing = Sharing(owners=2)
        self.network = self.sharing.network
        calls = [calendar_client.set_call(YEAR), regulation_client.set_call(national().call)]
        assert self.network.decide(calls).accepted
        governance, base = GENESIS_ADDRESSES[GOVERNANCE], self.sharing.base
        now = self.network.now
        self.days, _ = calendar.apply(calendar.State(), YEAR, governance, now, base)
        self.rules, _ = regulation.apply(regulation.State(), national().call, governance, now, base)
        self.seats = regions.State()
        self.lockstep = Lockstep(self.network, REQUESTS, State())
        for party in (ONE, TWO):
            self.sharing.mount(party, category)
            self.sharing.cover(party, SCOPE.terms)

    @property
    def world(self) -> Statute:
        known = self.sharing.world
        return Statute(*(getattr(known, part.name) for part in fields(known)), self.days, self.rules, self.seats)

    def do(self, caller: bytes, call: Call, *, alone: bool = False) -> Outcome:
        """Make a call; unless alone, the head of the caller's party agrees to it first where that is needed."""
        if isinstance(call, Submit | Consent | Refuse) and not alone:
            self.agree(caller, act_of(call, self.lockstep.state.journal.count(call.id) + 1))
        operation, made = operation_of(call), list[authorizations.Result]()

        def judge(state: State) -> tuple[State, tuple[Change, ...]]:
            after, changes = apply(state, call, caller, self.network.now, self.world)
            if isinstance(call, Consent):
                made.append(self._grant(after, call.id))
            return after, changes

        outcome = self.lockstep.step(
            judge, lambda: self.network.send(caller, REQUESTS, operation.method, *operation.args)
        )
        if outcome.accepted and made:
            self.sharing.authorizations.state, changes = made[0]
            logs = [log for log in outcome.logs if contract_of(log) == AUTHORIZATIONS]
            assert [(log.topics, log.data) for log in logs] == [(change.topics, change.data) for change in changes]
        scope = self.network.values(REQUESTS, client.scope_fact(call.id).slots)
        assert client.decode_scope(call.id, scope) == self.lockstep.state.scopes.get(call.id, Scope())
        values = self.network.values(REQUESTS, client.request_fact(call.id).slots)
        assert client.decode_request(call.id, values) == self.request(call.id)
        overdue = self.request(call.id).is_overdue(self.network.now)
        assert self.network.read(REQUESTS, "overdue", call.id) == (overdue,)
        return outcome

    def agree(self, caller: bytes, act: bytes) -> None:
        """Have the head of the caller's party agree to an act, if the party has one."""
        party = self.sharing.base.parties.agent(caller).party
        if party in (ONE, TWO, AUDIT, INSTITUTE):
            self.sharing.endorse(agent(party, HEAD), Endorse(act))

    def must(self, caller: bytes, call: Call) -> Outcome:
        outcome = self.do(caller, call)
        assert outcome.accepted, outcome.reason
        return outcome

    def _grant(self, after: State, id: bytes) -> authorizations.Result:
        """Do what the contract does with a yes."""
        state, caller = self.sharing.authorizations.state, GENESIS_ADDRESSES[REQUESTS]
        return authorizations.apply(state, granted(after, id), caller, self.network.now, self.world)

    def request(self, id: bytes = ID) -> Request:
        return self.lockstep.state.request(id)

    def last_day(self) -> date:
        return date_of(day_of(self.request().due - 1))


def breach_of(outcome: Outcome) -> int:
    """Read the breach that an answer carries."""
    return int.from_bytes(outcome.logs[0].data[96:128], "big")


def operation_of(call: Call) -> Operation:
    names = {AskSupplement: "ask_supplement"}
    build: Callable[..., Operation] = getattr(client, names.get(type(call), type(call).__name__.lower()))
    return build(call, op_id=digest("op"))
