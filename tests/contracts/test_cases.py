"""Cases: contract and rules agree; everybody signs once, in any order, against one clock; where the time went."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import replace

import pytest
from evm import Outcome
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from land import PLAIN
from lockstep import Lockstep
from network import (
    AGENTS,
    AUDIT,
    AUTHORITY,
    FINANCE,
    FOUNDING,
    MEMBERS,
    STRANGER,
    TAX,
    Network,
    digest,
)

from contracts.addresses import CASES
from contracts.artefacts import interfaces
from contracts.calendar import rules as calendar
from contracts.cases import client
from contracts.cases.replay import Act, act_of, replay
from contracts.cases.rules import (
    Call,
    Case,
    CaseState,
    ClockUnit,
    Close,
    Define,
    Open,
    Refuse,
    Sign,
    State,
    Withdraw,
    apply,
)
from contracts.genesis import founding_calendar
from contracts.states import States
from contracts.world import AgentRole
from ledger.errors import VerificationError

HOUR = 3600
ONE_HOUR, THIRTY_DAYS = digest("one window"), digest("licence")
DEPARTMENTS = tuple(sorted((FINANCE, TAX, AUDIT)))
CLERKS = {party: AGENTS[party, AgentRole.OFFICER] for party in DEPARTMENTS}
WINDOW = DEPARTMENTS[0]
ID, NOTHING = digest("case"), bytes(32)
PAPERS, DONE = digest("papers"), digest("document")
CHIEF = MEMBERS[0]


class Counter:
    """Three departments behind one window; every call on both sides."""

    def __init__(self) -> None:
        self.config = replace(FOUNDING, spans=tuple(PLAIN))
        self.network = Network(self.config)
        self.lockstep = Lockstep(self.network, CASES, State())
        self.days = founding_calendar(self.config, self.network.states)
        self.acts: list[Act] = []

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        return calendar.due(self.days, start, days, unit, now)

    def do(self, caller: bytes, call: Call) -> Outcome:
        operation = client.operation(call, op_id=digest("op"))
        world = World(self.network.states, self.days)
        outcome = self.lockstep.step(
            lambda state: apply(state, call, caller, self.network.now, world),
            lambda: self.network.send(caller, CASES, operation.method, *operation.args),
        )
        for log in outcome.logs:
            name, values = interfaces()[CASES].decode_event(log)
            if not isinstance(call, Define):
                self.acts.append(act_of(name, tuple(values.values())[1:], self.network.now))
        found = client.decode_case(ID, self.network.values(CASES, client.case_fact(ID).slots))
        assert found == self.case()
        assert self.network.read(CASES, "overdue", ID) == (found.is_overdue(self.network.now),)
        return outcome

    def must(self, caller: bytes, call: Call) -> Outcome:
        outcome = self.do(caller, call)
        assert outcome.accepted, outcome.reason
        return outcome

    def case(self) -> Case:
        return self.lockstep.state.case(ID)

    def late(self, outcome: Outcome) -> bool:
        return bool(outcome.logs[0].data[-1])

    def wait(self, seconds: int) -> None:
        self.network.now += seconds


class World:
    """The World with calendar."""

    def __init__(self, base: States, days: calendar.State) -> None:
        self._base, self._days = base, days
        self.require_open, self.is_governance = base.require_open, base.is_governance
        self.acting, self.serving = base.acting, base.serving

    def due(self, start: int, days: int, unit: int, now: int) -> int:
        return calendar.due(self._days, start, days, unit, now)


def counter(*, opened: bool = True) -> Counter:
    made = Counter()
    made.must(CHIEF, Define(ONE_HOUR, DEPARTMENTS, HOUR, int(ClockUnit.SECONDS)))
    made.must(CHIEF, Define(THIRTY_DAYS, DEPARTMENTS, 30, int(ClockUnit.WORKING_DAYS)))
    if opened:
        made.must(CLERKS[WINDOW], Open(ID, ONE_HOUR, PAPERS))
    return made


def signed(made: Counter, parties: Sequence[bytes] = DEPARTMENTS) -> Counter:
    for party in parties:
        made.must(CLERKS[party], Sign(ID, digest(f"document {party.hex()}")))
    return made


def test_a_case_is_closed_when_everybody_has_signed_in_whatever_order() -> None:
    for order in itertools.permutations(DEPARTMENTS):
        made = signed(counter(), order)
        made.must(CLERKS[WINDOW], Close(ID, digest("certificate")))
        assert made.case().state is CaseState.CLOSED


@pytest.mark.parametrize("absent", DEPARTMENTS)
def test_no_certificate_before_every_signature(absent: bytes) -> None:
    made = signed(counter(), [party for party in DEPARTMENTS if party != absent])
    assert made.do(CLERKS[WINDOW], Close(ID, digest("certificate"))).reason == "case: signatures missing"
    assert made.do(CLERKS[WINDOW], Close(ID, NOTHING)).reason == "case: signatures missing"


def test_the_alarm_rings_at_one_second_past_the_hour_and_not_on_it() -> None:
    for seconds, rings in ((HOUR, False), (HOUR + 1, True)):
        made = signed(counter())
        made.wait(seconds)
        assert made.case().is_overdue(made.network.now) == rings
        assert made.late(made.must(CLERKS[WINDOW], Close(ID, digest("certificate")))) == rings


def test_a_licence_of_thirty_working_days_is_counted_by_the_calendar() -> None:
    made = counter(opened=False)
    made.must(CLERKS[WINDOW], Open(ID, THIRTY_DAYS, PAPERS))
    assert made.case().due == made.due(made.network.now, 30, 1, made.network.now)
    made.network.now = made.case().due - 1
    assert not made.late(made.must(CLERKS[TAX], Sign(ID, DONE)))
    made.wait(1)
    assert made.late(made.must(CLERKS[FINANCE], Sign(ID, DONE)))


def test_a_department_signs_once_and_with_a_document() -> None:
    made = counter()
    assert made.do(CLERKS[TAX], Sign(ID, NOTHING)).reason == "case: document missing"
    made.must(CLERKS[TAX], Sign(ID, DONE))
    assert made.do(CLERKS[TAX], Sign(ID, DONE)).reason == "case: signed already"


def test_nobody_else_opens_signs_or_refuses() -> None:
    made = counter()
    for caller in (CHIEF, STRANGER):
        assert not made.do(caller, Sign(ID, DONE)).accepted
        assert not made.do(caller, Refuse(ID, DONE)).accepted
        assert not made.do(caller, Open(digest("other"), ONE_HOUR, PAPERS)).accepted


def test_only_the_window_that_opened_it_closes_or_withdraws() -> None:
    made = signed(counter())
    other = CLERKS[DEPARTMENTS[1]]
    assert made.do(other, Close(ID, DONE)).reason == "case: of another window"
    assert made.do(other, Withdraw(ID, DONE)).reason == "case: of another window"
    made.must(CLERKS[WINDOW], Withdraw(ID, DONE))


@pytest.mark.parametrize("end", [Refuse(ID, DONE), Withdraw(ID, DONE)])
def test_an_end_is_final_and_has_a_reason(end: Refuse | Withdraw) -> None:
    made = counter()
    assert made.do(CLERKS[WINDOW], replace(end, reason=NOTHING)).reason == "case: reason missing"
    assert made.do(CLERKS[WINDOW], replace(end, id=digest("other"))).reason == "case: unknown"
    made.must(CLERKS[WINDOW], end)
    assert made.do(CLERKS[TAX], Sign(ID, DONE)).reason == "case: state"
    assert made.do(CLERKS[WINDOW], Open(ID, ONE_HOUR, PAPERS)).reason == "case: id used"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": NOTHING}, "case: id missing"),
        ({"id": ONE_HOUR}, "case: template exists"),
        ({"departments": ()}, "case: no department"),
        ({"departments": DEPARTMENTS[::-1]}, "case: departments in ascending order"),
        ({"departments": (TAX, TAX)}, "case: departments in ascending order"),
        ({"unit": 0}, "case: unit"),
        ({"unit": 4}, "case: unit"),
        ({"amount": 0}, "case: time"),
        ({"amount": 251}, "case: time"),
        ({"amount": 366 * 86400 + 1, "unit": int(ClockUnit.SECONDS)}, "case: time"),
    ],
)
def test_a_template_is_complete_and_never_changes(changes: dict[str, object], reason: str) -> None:
    made = counter(opened=False)
    call = Define(digest("new"), DEPARTMENTS, 30, int(ClockUnit.WORKING_DAYS))
    assert made.do(CHIEF, replace(call, **changes)).reason == reason  # type: ignore[arg-type]
    assert made.do(CLERKS[TAX], call).reason == "case: authority only"
    made.must(CHIEF, call)


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (Open(NOTHING, ONE_HOUR, PAPERS), "case: id missing"),
        (Open(digest("new"), digest("none"), PAPERS), "case: no such template"),
        (Open(digest("new"), ONE_HOUR, NOTHING), "case: papers missing"),
    ],
)
def test_an_incomplete_opening_is_refused(call: Open, reason: str) -> None:
    assert counter().do(CLERKS[WINDOW], call).reason == reason


def test_a_replay_says_where_each_minute_went() -> None:
    made = counter()
    first, second, third = DEPARTMENTS
    for party, seconds in ((second, 600), (first, 300), (third, 1500)):
        made.wait(seconds)
        made.must(CLERKS[party], Sign(ID, DONE))
    made.wait(120)
    made.must(CLERKS[WINDOW], Close(ID, DONE))
    told = replay(made.acts, DEPARTMENTS, made.case().due, made.network.now)
    assert [(one.party, one.seconds) for one in told.spent] == [(third, 2400), (first, 900), (second, 600)]
    assert (told.waiting, told.total, told.is_late, told.state) == (120, 2520, False, CaseState.CLOSED)


def test_a_replay_of_an_open_case_names_who_has_not_acted_first() -> None:
    made = counter()
    made.wait(60)
    made.must(CLERKS[TAX], Sign(ID, DONE))
    made.wait(HOUR)
    told = replay(made.acts, DEPARTMENTS, made.case().due, made.network.now)
    assert [one.seconds for one in told.spent] == [None, None, 60]
    assert (told.state, told.is_late, told.waiting) == (CaseState.OPEN, True, 0)


def test_a_replay_without_the_opening_is_refused() -> None:
    made = counter()
    made.must(CLERKS[TAX], Sign(ID, DONE))
    with pytest.raises(VerificationError, match="no opening"):
        replay(made.acts[1:], DEPARTMENTS, 0, 0)
    with pytest.raises(VerificationError, match="no event of a case"):
        act_of("TitleEntered", (1, 1, AUTHORITY), 0)


class Machine(RuleBasedStateMachine):
    """Random calls of everybody; contract and rules agree, and no certificate goes out without every signature."""

    @initialize()
    def begin(self) -> None:
        self.counter = counter(opened=False)

    @rule(
        caller=st.sampled_from([*CLERKS.values(), CHIEF]),
        call=st.sampled_from([
            Open(ID, ONE_HOUR, PAPERS), Sign(ID, DONE), Sign(ID, DONE), Sign(ID, DONE), Close(ID, DONE),
            Refuse(ID, DONE), Withdraw(ID, DONE),
        ]),
    )  # fmt: skip
    def call(self, caller: bytes, call: Call) -> None:
        self.counter.do(caller, call)

    @rule(seconds=st.sampled_from([1, HOUR]))
    def wait(self, seconds: int) -> None:
        self.counter.wait(seconds)

    @invariant()
    def a_closed_case_has_every_signature(self) -> None:
        if hasattr(self, "counter") and self.counter.case().state is CaseState.CLOSED:
            assert {act.party for act in self.counter.acts if act.name == "CaseSigned"} == set(DEPARTMENTS)


Machine.TestCase.settings = settings(
    max_examples=10, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
)
TestMachine = Machine.TestCase
