"""Incidents: contract and rules agree; first reports have hours, summaries days; what is late is marked."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import get_args

import pytest
from evm import Outcome
from network import AGENTS, AUTHORITY, FINANCE, NOW, STRANGER, TAX, Network, digest
from single import Single

from contracts.addresses import GENESIS_ADDRESSES, GOVERNANCE, INCIDENTS
from contracts.calendar import client as calendar_client
from contracts.calendar import rules as calendar
from contracts.calendar.dates import DAY, end_of, number_of
from contracts.history import NOTHING
from contracts.incidents import client
from contracts.incidents.rules import (
    HOUR,
    Call,
    Close,
    End,
    FollowUp,
    Incident,
    IncidentState,
    Operator,
    Record,
    Regrade,
    Report,
    SetHours,
    Severity,
    State,
    apply,
)
from contracts.proven import history_fact, verify_events
from contracts.states import States
from contracts.world import AgentRole
from ledger.errors import InvalidRecord

ID, KNOWN, MORE, WORD = map(digest, ("incident", "what is known", "more", "word"))
CLERK = {party: AGENTS[party, AgentRole.OFFICER] for party in (FINANCE, TAX)}
# A plain year, not a notice. The network begins on Thursday 2026-05-28 at 20:26Z: Friday 29 May at UTC+8.
YEAR = calendar.SetSpan(number_of(date(2026, 1, 1)), number_of(date(2026, 12, 31)), (), (), digest("plain"))
RECORD = Record(ID, Operator.OTHER, Severity.LARGER, NOW, AUTHORITY, KNOWN)


@dataclass(frozen=True, slots=True)
class World:
    """Directory, Governance and Parties, with the Calendar."""

    base: States
    days: calendar.State

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


class Watch(Single[State, Call]):
    """A founded network with a calendar."""

    def __init__(self) -> None:
        super().__init__(Network(), INCIDENTS, State(), apply, dict.fromkeys(get_args(Call), client.operation))
        assert self.network.decide([calendar_client.set_call(YEAR)]).accepted
        base = self.network.states
        days, _ = calendar.apply(calendar.State(), YEAR, GENESIS_ADDRESSES[GOVERNANCE], NOW, base)
        self.world: World = World(base, days)

    def must(self, party: bytes, call: Call) -> Outcome:
        return self.take(CLERK[party], call)

    def refused(self, party: bytes, call: Call, caller: bytes = b"") -> str:
        outcome = self.do(caller or CLERK[party], call)
        assert not outcome.accepted
        return outcome.reason

    def govern(self, call: SetHours) -> str:
        """Have the quorum set hours, on both sides."""
        ((target, data),) = (client.hours_call(call),)
        governance = GENESIS_ADDRESSES[GOVERNANCE]
        return self.lockstep.step(
            lambda state: apply(state, call, governance, self.network.now, self.world),
            lambda: self.network.decide([(target, data)]),
        ).reason

    @property
    def incident(self) -> Incident:
        return self.state.incident(ID)

    def late(self, outcome: Outcome) -> int:
        return int.from_bytes(outcome.logs[0].data[-32:], "big")


@pytest.fixture
def watch() -> Watch:
    return Watch()


def test_an_incident_is_recorded_reported_followed_up_ended_and_summed_up(watch: Watch) -> None:
    watch.must(FINANCE, RECORD)
    assert watch.incident == Incident(
        FINANCE,
        AUTHORITY,
        Operator.OTHER,
        Severity.LARGER,
        Severity.LARGER,
        NOW,
        NOW + 4 * HOUR,
        IncidentState.RECORDED,
    )
    watch.must(FINANCE, Report(ID, KNOWN))
    watch.must(FINANCE, FollowUp(ID, Severity.SERIOUS, MORE))
    watch.must(FINANCE, FollowUp(ID, Severity.SERIOUS, WORD))
    watch.must(FINANCE, End(ID, WORD))
    assert watch.incident.due == end_of(number_of(date(2026, 6, 29)))  # the 28th is a Sunday
    watch.must(FINANCE, Close(ID, WORD))
    assert watch.incident.state is IncidentState.CLOSED
    for call in (Report(ID, KNOWN), FollowUp(ID, 1, MORE), End(ID, WORD), Close(ID, WORD), Regrade(ID, 1, WORD)):
        assert watch.refused(FINANCE, call) == "incident: state"


@pytest.mark.parametrize(("operator", "hours"), [(Operator.CRITICAL, 1), (Operator.ORGAN, 2), (Operator.OTHER, 4)])
def test_the_first_report_has_its_hours_from_discovery_and_not_a_second_more(
    watch: Watch, operator: Operator, hours: int
) -> None:
    for seconds, late in ((hours * HOUR - 1, 0), (hours * HOUR, 1)):
        id = digest(f"incident {seconds}")
        watch.network.now = NOW + 600
        watch.must(FINANCE, replace(RECORD, id=id, operator=operator))
        assert watch.state.incident(id).due == NOW + hours * HOUR
        watch.network.now = NOW + seconds
        assert watch.late(watch.must(FINANCE, Report(id, KNOWN))) == late


def test_a_late_summary_is_taken_and_marked(watch: Watch) -> None:
    for late, id in enumerate((ID, digest("second"))):
        watch.network.now = NOW
        watch.must(FINANCE, replace(RECORD, id=id))
        watch.must(FINANCE, Report(id, KNOWN))
        watch.must(FINANCE, End(id, WORD))
        watch.network.now = watch.state.incident(id).due - 1 + late
        assert watch.late(watch.must(FINANCE, Close(id, WORD))) == late


def test_an_ordinary_incident_has_no_limit_until_it_is_found_to_be_more(watch: Watch) -> None:
    watch.must(FINANCE, replace(RECORD, severity=Severity.ORDINARY))
    assert watch.incident.due == 0
    watch.network.now += 5 * HOUR
    assert watch.refused(FINANCE, Regrade(ID, Severity.ORDINARY, MORE)) == "incident: no change"
    watch.must(FINANCE, Regrade(ID, Severity.LARGER, MORE))
    due = NOW + 9 * HOUR
    assert watch.incident.due == due
    watch.network.now += HOUR
    watch.must(FINANCE, Regrade(ID, Severity.ORDINARY, MORE))  # what had a limit keeps it
    assert watch.incident.due == due
    watch.network.now = due
    assert watch.late(watch.must(FINANCE, Report(ID, KNOWN))) == 1


def test_what_was_ordinary_from_first_to_last_owes_no_summary(watch: Watch) -> None:
    watch.must(FINANCE, replace(RECORD, severity=Severity.ORDINARY))
    watch.must(FINANCE, Report(ID, KNOWN))
    watch.must(FINANCE, FollowUp(ID, Severity.ORDINARY, MORE))
    watch.must(FINANCE, End(ID, WORD))
    assert watch.incident.due == 0


@pytest.mark.parametrize(
    ("first", "later"),
    [
        (Severity.LARGER, (Severity.ORDINARY,)),
        (Severity.ORDINARY, (Severity.SERIOUS, Severity.ORDINARY)),
        (Severity.ESPECIALLY_SERIOUS, (Severity.LARGER, Severity.ORDINARY)),
    ],
)
@pytest.mark.parametrize("has_reported", [False, True], ids=["before the first report", "in follow-ups"])
def test_grading_down_before_the_end_escapes_no_summary(
    watch: Watch, first: Severity, later: tuple[Severity, ...], has_reported: bool
) -> None:
    """Attack: right before the end the incident is called ordinary, which would owe no summary."""
    watch.must(FINANCE, replace(RECORD, severity=first))
    if has_reported:
        watch.must(FINANCE, Report(ID, KNOWN))
    for severity in later:
        watch.must(FINANCE, FollowUp(ID, severity, MORE) if has_reported else Regrade(ID, severity, MORE))
    if not has_reported:
        watch.must(FINANCE, Report(ID, KNOWN))
    watch.must(FINANCE, End(ID, WORD))
    assert (watch.incident.severity, watch.incident.gravest) == (Severity.ORDINARY, min(first, *later))
    due = end_of(number_of(date(2026, 6, 29)))
    assert watch.incident.due == due
    watch.network.now = due
    assert watch.late(watch.must(FINANCE, Close(ID, WORD))) == 1


def test_governance_shortens_the_hours_and_nobody_lengthens_them(watch: Watch) -> None:
    assert watch.govern(SetHours(Operator.OTHER, 5)) == "incident: looser than national"
    assert watch.govern(SetHours(Operator.OTHER, 4)) == "incident: no change"
    assert watch.govern(SetHours(4, 1)) == "incident: operator"
    assert watch.govern(SetHours(Operator.OTHER, 0)) == "incident: looser than national"
    assert watch.refused(FINANCE, SetHours(Operator.OTHER, 3)) == "incident: governance only"
    assert watch.govern(SetHours(Operator.OTHER, 3)) == ""
    watch.must(FINANCE, RECORD)
    assert watch.incident.due == NOW + 3 * HOUR
    assert watch.network.read(INCIDENTS, "shorter", int(Operator.OTHER)) == (3,)
    assert watch.govern(SetHours(Operator.OTHER, 4)) == ""


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": NOTHING}, "incident: content missing"),
        ({"id": (3).to_bytes(32, "big")}, "incident: content missing"),
        ({"content": NOTHING}, "incident: content missing"),
        ({"operator": 0}, "incident: operator"),
        ({"operator": 4}, "incident: operator"),
        ({"severity": 0}, "incident: severity"),
        ({"severity": 5}, "incident: severity"),
        ({"found": 0}, "incident: discovered in the future"),
        ({"found": NOW + 1}, "incident: discovered in the future"),
        ({"authority": TAX}, "incident: no authority"),
        ({"authority": NOTHING}, "incident: no authority"),
    ],
)
def test_only_a_complete_record_is_accepted(watch: Watch, changes: dict[str, object], reason: str) -> None:
    assert watch.refused(FINANCE, replace(RECORD, **changes)) == reason  # type: ignore[arg-type]
    watch.must(FINANCE, RECORD)
    assert watch.refused(FINANCE, RECORD) == "incident: exists"


def test_only_the_party_whose_incident_it_is_goes_on_with_it_step_by_step(watch: Watch) -> None:
    assert watch.refused(FINANCE, Report(ID, KNOWN)) == "incident: unknown"
    assert watch.refused(FINANCE, RECORD, STRANGER) == "parties: unknown agent"
    watch.must(FINANCE, RECORD)
    assert watch.refused(TAX, Report(ID, KNOWN)) == "incident: of another party"
    assert watch.refused(FINANCE, Report(ID, NOTHING)) == "incident: content missing"
    for call in (FollowUp(ID, 3, MORE), End(ID, WORD), Close(ID, WORD)):
        assert watch.refused(FINANCE, call) == "incident: state"
    assert watch.refused(FINANCE, Regrade(ID, 5, MORE)) == "incident: severity"
    watch.must(FINANCE, Report(ID, KNOWN))
    assert watch.refused(FINANCE, FollowUp(ID, 0, MORE)) == "incident: severity"
    assert watch.refused(FINANCE, Report(ID, KNOWN)) == "incident: state"
    watch.network.now += 400 * DAY
    assert watch.refused(FINANCE, End(ID, WORD)) == "parties: agent expired"


def test_no_summary_is_promised_for_a_day_without_a_calendar(watch: Watch) -> None:
    watch.must(FINANCE, RECORD)
    watch.must(FINANCE, Report(ID, KNOWN))
    watch.network.now = end_of(number_of(date(2026, 12, 20)))
    assert watch.refused(FINANCE, End(ID, WORD)) == "calendar: day without a calendar"


def test_the_events_are_the_whole_history_and_words_read_back(watch: Watch) -> None:
    calls = (
        RECORD, Regrade(ID, 2, MORE), Report(ID, KNOWN), FollowUp(ID, 1, MORE), End(ID, WORD), Close(ID, WORD)
    )  # fmt: skip
    logs = [log for call in calls for log in watch.must(FINANCE, call).logs]
    verify_events(INCIDENTS, ID, logs, watch.network.values(INCIDENTS, history_fact(INCIDENTS, ID).slots))
    values = watch.network.values(INCIDENTS, client.incident_fact(ID).slots)
    assert client.decode_incident(ID, values) == watch.incident
    with pytest.raises(InvalidRecord, match="incident state"):
        client.decode_incident(ID, dict.fromkeys(values, b"\xff" * 32))
