"""Applications, Titles and Restrictions together on one network: every call on contracts and rules side by side."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date

from evm import Outcome
from lockstep import Lockstep
from network import AUTHORITY, MEMBERS, NOW, UNTIL, VALIDATORS, YEAR, Network, address, contract_of, digest, register

from contracts.addresses import APPLICATIONS, GENESIS_ADDRESSES, NOTARY, RESTRICTIONS, TITLES
from contracts.applications import client as applications_client
from contracts.applications import rules as applications
from contracts.calendar import rules as calendar
from contracts.calendar.dates import number_of
from contracts.calendar.rules import SetSpan
from contracts.genesis import Founding, founding_calendar
from contracts.history import Change
from contracts.notary import client as notary_client
from contracts.notary import rules as notary
from contracts.parties.calls import Enroll
from contracts.restrictions import calls as burdens
from contracts.restrictions import client as restrictions_client
from contracts.restrictions import rules as restrictions
from contracts.restrictions.entries import State as RestrictionsState
from contracts.states import States
from contracts.titles import calls as titles_calls
from contracts.titles import client as titles_client
from contracts.titles import record as titles_record
from contracts.titles import register as titles_register
from contracts.titles import rules as titles
from contracts.titles.holding import Holdings
from contracts.world import AgentRole, PartyRole
from ledger.chain.port import Operation
from ledger.errors import TrustError

COUNTY, CITY = digest("county-registrar"), digest("city-registrar")
COURT, POLICE = digest("court"), digest("police")
PARTIES = {
    COUNTY: PartyRole.REGISTRAR, CITY: PartyRole.REGISTRAR, COURT: PartyRole.COURT, POLICE: PartyRole.COURT,
    AUTHORITY: PartyRole.AUTHORITY,
}  # fmt: skip
CLERK, OTHER_CLERK, JUDGE, OFFICER = (address(f"officer {party.hex()}") for party in (COUNTY, CITY, COURT, POLICE))
REGISTER = (GENESIS_ADDRESSES[TITLES], GENESIS_ADDRESSES[RESTRICTIONS])
# A plain calendar without holidays: weekends off. Not a notice.
PLAIN = [
    SetSpan(number_of(date(year, 1, 1)), number_of(date(year, 12, 31)), (), (), digest(f"plain {year}"))
    for year in (2026, 2027)
]


def founding_of() -> Founding:
    officers = zip((COUNTY, CITY, COURT, POLICE), (CLERK, OTHER_CLERK, JUDGE, OFFICER), strict=True)
    return Founding(
        time=NOW,
        members=MEMBERS,
        quorum=2,
        validators=VALIDATORS,
        spans=tuple(PLAIN),
        parties=tuple(register(party, roles, valid_until=UNTIL + 9 * YEAR) for party, roles in PARTIES.items()),
        agents=(
            *(Enroll(member, AUTHORITY, int(AgentRole.OFFICER), NOW - YEAR, UNTIL + 9 * YEAR) for member in MEMBERS),
            *(Enroll(agent, party, int(AgentRole.OFFICER), NOW - YEAR, UNTIL + 9 * YEAR) for party, agent in officers),
        ),
    )


@dataclass(frozen=True, slots=True)
class Ground:
    """The World of the three areas, with calendar and notary."""

    base: States
    days: calendar.State
    streams: notary.State
    asked: applications.State
    register: titles_record.State
    burdens: RestrictionsState

    def require_open(self, name: str) -> None:
        self.base.require_open(name)

    def is_governance(self, caller: bytes) -> bool:
        return self.base.is_governance(caller)

    def acting(self, agent: bytes, role: int, now: int) -> bytes:
        return self.base.acting(agent, role, now)

    def serving(self, party: bytes, role: int, now: int) -> bool:
        return self.base.serving(party, role, now)

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        return calendar.due(self.days, start, days, unit, now)

    def is_register(self, caller: bytes) -> bool:
        return caller in REGISTER

    def check_entry(self, call: applications.Enter) -> None:
        applications.check_entry(self.asked.application(call.id), call)

    def unit(self, unit: bytes) -> titles_record.Unit:
        return self.register.unit(unit)

    def entries(self, unit: bytes) -> int:
        return self.register.journal.count(unit)

    def obstacle(self, unit: bytes, registrar: bytes, beneficiary: bytes, acknowledged: bool, now: int) -> str:
        asked = (unit, registrar, beneficiary, acknowledged)
        return restrictions.obstacle(self.burdens, *asked, now, self, transfers=True)

    def seized(self, unit: bytes, now: int) -> bool:
        return restrictions.seized(self.burdens, unit, now)

    def relied(self, unit: bytes, registrar: bytes, now: int) -> bool:
        return restrictions.relied(self.burdens, unit, registrar, now, self)

    def burdened(self, unit: bytes, registrar: bytes, now: int) -> bool:
        return restrictions.burdened(self.burdens, unit, registrar, now, self)

    def stream_owner(self, stream: bytes) -> bytes:
        return self.streams.stream(stream).owner

    def stream_root(self, stream: bytes, size: int) -> bytes:
        return self.streams.roots.get((stream, size), bytes(32))


@dataclass
class Land:
    """Two registrars, two seizing authorities, and a register that begins empty."""

    network: Network = field(default_factory=lambda: Network(founding_of()))

    def __post_init__(self) -> None:
        self.base = self.network.states
        self.days = founding_calendar(founding_of(), self.base)
        self.streams = Lockstep(self.network, NOTARY, notary.State())
        self.asked = Lockstep(self.network, APPLICATIONS, applications.State())
        self.register = Lockstep(self.network, TITLES, titles_record.State())
        self.burdens = Lockstep(self.network, RESTRICTIONS, RestrictionsState())
        self._numbers = 0

    @property
    def now(self) -> int:
        return self.network.now

    @now.setter
    def now(self, time: int) -> None:
        self.network.now = time

    @property
    def world(self) -> Ground:
        return Ground(
            self.base, self.days, self.streams.state, self.asked.state, self.register.state, self.burdens.state
        )

    def apply_for(
        self, unit: bytes, kind: applications.RegistrationType, caller: bytes = CLERK, label: str = ""
    ) -> bytes:
        """Have a registrar accept an application; return its id."""
        self._numbers += 1
        id = digest(label or f"application {self._numbers}")
        self.must(caller, applications.Accept(id, unit, int(kind), digest("papers")))
        return id

    def must(self, caller: bytes, call: object) -> Outcome:
        outcome = self.do(caller, call)
        assert outcome.accepted, outcome.reason
        return outcome

    def do(self, caller: bytes, call: object) -> Outcome:
        """Make one call on both sides; they must agree, also about the application that it consumes."""
        if isinstance(call, applications.Call):
            return self.asked.step(
                lambda state: applications.apply(state, call, caller, self.now, self.world),
                lambda: self._send(caller, application_operation(call)),
            )
        if isinstance(call, notary.Anchor):
            operation = notary_client.anchor(call.stream, call.old_size, call.new_size, call.root, op_id=digest("op"))
            return self.streams.step(
                lambda state: notary.apply(state, call, caller, self.now, self.world),
                lambda: self._send(caller, operation),
            )
        if isinstance(call, titles_calls.Call):
            outcome = self.register.step(
                lambda state: titles.apply(state, call, caller, self.now, self.world),
                lambda: self._send(caller, titles_client.operation(call, op_id=digest("op"))),
            )
            return self._consume(outcome, titles.consumed(call, self._party(caller)), REGISTER[0])
        assert isinstance(call, burdens.Call)
        before = self.burdens.state
        outcome = self.burdens.step(
            lambda state: restrictions.apply(state, call, caller, self.now, self.world),
            lambda: self._send(caller, restrictions_client.operation(call, op_id=digest("op"))),
        )
        if not outcome.accepted:
            return outcome
        return self._consume(outcome, restrictions.consumed(before, call, self._party(caller)), REGISTER[1])

    def _consume(self, outcome: Outcome, entry: applications.Enter | None, caller: bytes) -> Outcome:
        changes: tuple[Change, ...] = ()
        if outcome.accepted and entry is not None:
            self.asked.state, changes = applications.apply(self.asked.state, entry, caller, self.now, self.world)
        logs = [log for log in outcome.logs if contract_of(log) == APPLICATIONS]
        assert [(log.topics, log.data) for log in logs] == [(change.topics, change.data) for change in changes]
        return outcome

    def _party(self, caller: bytes) -> bytes:
        try:
            return self.base.acting(caller, int(titles_register.ROLES), self.now)
        except TrustError:
            return bytes(32)

    def _send(self, caller: bytes, operation: Operation) -> Outcome:
        return self.network.send(caller, operation.contract, operation.method, *operation.args)


def application_operation(call: applications.Call) -> Operation:
    match call:
        case applications.Accept():
            return applications_client.accept(call, op_id=digest("op"))
        case applications.Withdraw():
            return applications_client.withdraw(call, op_id=digest("op"))
        case applications.Refuse():
            return applications_client.refuse(call, op_id=digest("op"))
        case applications.Enter():
            return Operation(APPLICATIONS, "enter", (call.id, call.registrar, call.unit, call.kind), digest("op"))


def held_by(*names: str, numerators: tuple[int, ...] | None = None) -> Holdings:
    """Return the holdings of people by the names of a test, in equal shares unless others are given."""
    numbers = numerators or (1,) * len(names)
    pairs = sorted((digest(f"holder {name}"), number) for name, number in zip(names, numbers, strict=True))
    return Holdings(tuple(holder for holder, _ in pairs), tuple(number for _, number in pairs), sum(numbers))


def reordered(held: Holdings) -> Holdings:
    return replace(held, holders=held.holders[::-1], numerators=held.numerators[::-1])
