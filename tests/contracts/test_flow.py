"""After the answer: supply in time, receipts, handing on, objections, the use ledger; contract against rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from flow import Flow, officer_of
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from network import ADA, STRANGER, digest
from requesting import ASK, ENTRY, FIRST, ID, ONE, SECOND, TWO
from sharing import INSTITUTE, NODE, OFFICE, SUMS, agent, asset_of, filing

from contracts.addresses import OBJECTIONS, SUPPLIES, USES
from contracts.artefacts import interfaces
from contracts.authorizations.record import NOTHING
from contracts.calendar.dates import DAY, date_of, day_of
from contracts.entries.rules import document_of
from contracts.objections import client as objections_client
from contracts.objections.rules import Answer, Mark, Object, ObjectionState, Withdraw, mark
from contracts.proven import history_fact, verify_events
from contracts.regulation.citing import cited
from contracts.regulation.rule_set import breach_number
from contracts.requests.calls import Consent
from contracts.supplies import client as supplies_client
from contracts.supplies.rules import Deliver, Method, Sign
from contracts.uses import client as uses_client
from contracts.uses.rules import YEAR, Give, Inspect, Kind, Record
from ledger.errors import InvalidRecord

WORD, FAULT = digest("word"), digest("fault")
THIRD = officer_of(INSTITUTE)
DELIVER, SIGN = Deliver(ID, Method.API, WORD), Sign(ID, 1)
OBJECT = Object(FAULT, ID, WORD)


@pytest.fixture
def flow() -> Flow:
    found = Flow()
    found.granted()
    return found


def breach(logs: tuple) -> int:
    """Read the last word of an event, which is its breach."""
    return int.from_bytes(logs[0].data[-32:], "big")


def test_the_first_delivery_is_in_time_until_the_twentieth_working_day_is_over(flow: Flow) -> None:
    due = flow.request().supply
    assert date_of(day_of(due - 1)) == date(2026, 7, 2)
    flow.network.now = due - 1
    assert breach(flow.take(FIRST, DELIVER).logs) == 0
    flow.network.now = due
    assert breach(flow.take(FIRST, DELIVER).logs) == 0  # only the first has a limit


def test_a_supply_is_four_words_and_carries_no_rows(flow: Flow) -> None:
    """Nothing of any length goes into it: the network states supplies, and exchanges no data."""
    functions = interfaces()[SUPPLIES].functions
    assert functions["deliver"].inputs == ("bytes32", "uint256", "bytes32", "bytes32")
    assert {kind for function in functions.values() for kind in function.inputs} == {"bytes32", "uint256"}
    flow.take(FIRST, DELIVER)


def test_a_late_first_delivery_is_taken_and_marked(flow: Flow) -> None:
    flow.network.now = flow.request().supply
    assert breach(flow.take(FIRST, DELIVER).logs) == breach_number("39(4)")


@pytest.mark.parametrize(
    ("caller", "call", "reason"),
    [
        (STRANGER, DELIVER, "parties: unknown agent"),
        (agent(ONE, NODE), DELIVER, "parties: agent lacks the role"),
        (SECOND, DELIVER, "supply: not the owner (R15)"),
        (OFFICE, DELIVER, "supply: not the owner (R15)"),
        (FIRST, replace(DELIVER, method=0), "supply: unknown method (R13)"),
        (FIRST, replace(DELIVER, method=5), "supply: unknown method (R13)"),
        (FIRST, replace(DELIVER, content=NOTHING), "supply: content missing (R13)"),
        (FIRST, replace(DELIVER, authorization=WORD), "authorization: unknown"),
    ],
)
def test_only_the_owner_supplies_what_it_granted(flow: Flow, caller: bytes, call: Deliver, reason: str) -> None:
    assert flow.step(caller, call).reason == reason
    flow.take(FIRST, DELIVER)


def test_nothing_is_supplied_under_what_is_suspended_or_over(flow: Flow) -> None:
    flow.suspend()
    assert flow.step(FIRST, DELIVER).reason == "supply: not in force (R19)"
    other = Flow()
    other.granted()
    other.network.now += 300 * DAY
    assert other.step(FIRST, DELIVER).reason == "supply: expired (R18)"


def test_rows_are_handed_over_only_under_a_grant_to_export(flow: Flow) -> None:
    computed = replace(ASK, id=digest("computed"), scope=replace(ASK.scope, operations=int(SUMS)))
    flow.must(OFFICE, computed)
    flow.must(FIRST, Consent(computed.id, ENTRY))
    for method in (Method.API, Method.BATCH, Method.FILE):
        refused = flow.step(FIRST, Deliver(computed.id, method, WORD))
        assert refused.reason == "supply: computing only, no rows (R15)"
        flow.take(FIRST, Deliver(ID, method, WORD))
    flow.take(FIRST, Deliver(computed.id, Method.COMPUTE, WORD))
    found = cited("the chain refuses to deliver: supply: computing only, no rows (R15)")
    assert found is not None
    assert "article 25" in found.text("en")


def test_who_may_only_compute_hands_no_rows_on(flow: Flow) -> None:
    computed = replace(ASK, id=digest("computed"), scope=replace(ASK.scope, operations=int(SUMS)))
    onward = replace(ASK, id=digest("onward"))
    for caller, call in ((OFFICE, computed), (THIRD, onward)):
        flow.must(caller, call)
        flow.must(FIRST, Consent(call.id, ENTRY))
    flow.take(FIRST, Deliver(computed.id, Method.COMPUTE, WORD))
    flow.take(OFFICE, Sign(computed.id, 1))
    refused = flow.step(OFFICE, Deliver(onward.id, Method.FILE, WORD, computed.id))
    assert refused.reason == "supply: computing only, no rows (R15)"
    flow.take(OFFICE, Deliver(onward.id, Method.COMPUTE, WORD, computed.id))


def test_the_grantee_signs_once_for_what_was_delivered(flow: Flow) -> None:
    assert flow.step(OFFICE, SIGN).reason == "supply: unknown delivery"
    flow.take(FIRST, DELIVER)
    for caller in (FIRST, THIRD):
        assert flow.step(caller, SIGN).reason == "supply: not the grantee (R24)"
    flow.take(OFFICE, SIGN)
    assert flow.step(OFFICE, SIGN).reason == "supply: signed already"
    values = flow.network.values(SUPPLIES, supplies_client.delivery_fact(ID, 1).slots)
    assert supplies_client.decode_delivery(ID, 1, values) == flow.supplies.state.deliveries[ID, 1]
    count = flow.network.values(SUPPLIES, supplies_client.numbers_fact(ID).slots)
    assert supplies_client.decode_numbers(ID, count) == 1


def test_data_are_handed_on_only_to_whom_the_provider_granted_them(flow: Flow) -> None:
    onward = replace(ASK, id=digest("onward"))
    flow.must(THIRD, onward)
    hand_on = Deliver(onward.id, Method.FILE, WORD, ID)
    assert flow.step(OFFICE, hand_on).reason == "authorization: unknown"  # not answered yet
    flow.must(FIRST, Consent(onward.id, ENTRY))
    assert flow.step(OFFICE, hand_on).reason == "supply: nothing received (R24)"
    flow.take(FIRST, DELIVER)
    assert flow.step(OFFICE, hand_on).reason == "supply: nothing received (R24)"  # delivered, not signed for
    flow.take(OFFICE, SIGN)
    assert flow.step(THIRD, replace(hand_on, source=onward.id)).reason == "supply: nothing received (R24)"
    flow.take(OFFICE, hand_on)
    flow.take(THIRD, Sign(onward.id, 1))


def test_an_expired_grant_permits_no_handing_on(flow: Flow) -> None:
    flow.take(FIRST, DELIVER)
    flow.take(OFFICE, SIGN)
    ends = ASK.scope.valid_until
    onward = replace(ASK, id=digest("onward"), scope=replace(ASK.scope, valid_until=ends + 30 * DAY))
    flow.must(THIRD, onward)
    flow.must(FIRST, Consent(onward.id, ENTRY))
    hand_on = Deliver(onward.id, Method.FILE, WORD, ID)
    flow.network.now = ends
    assert flow.step(OFFICE, hand_on).reason == "supply: expired (R18)"
    flow.network.now = ends - 1
    flow.take(OFFICE, hand_on)


def test_what_another_hands_on_is_not_the_owners_first_delivery(flow: Flow) -> None:
    flow.take(FIRST, DELIVER)
    flow.take(OFFICE, SIGN)
    onward = replace(ASK, id=digest("onward"))
    flow.must(THIRD, onward)
    flow.must(FIRST, Consent(onward.id, ENTRY))
    hand_on, late = Deliver(onward.id, Method.FILE, WORD, ID), breach_number("39(4)")
    flow.take(OFFICE, hand_on)
    flow.network.now = flow.lockstep.state.request(onward.id).supply
    assert breach(flow.take(OFFICE, hand_on).logs[:1]) == 0
    assert breach(flow.take(FIRST, replace(DELIVER, authorization=onward.id)).logs) == late
    assert breach(flow.take(FIRST, replace(DELIVER, authorization=onward.id)).logs) == 0


def test_another_providers_grant_permits_no_handing_on(flow: Flow) -> None:
    flow.take(FIRST, DELIVER)
    flow.take(OFFICE, SIGN)
    other = replace(ASK, id=digest("of another"), asset=asset_of(TWO), owner=TWO)
    flow.must(THIRD, other)
    flow.must(SECOND, Consent(other.id, document_of(filing(asset_of(TWO)), TWO)))
    hand_on = Deliver(other.id, Method.FILE, WORD, ID)
    assert flow.step(OFFICE, hand_on).reason == "supply: no grant of the provider (R15)"
    found = cited("the chain refuses to deliver: supply: no grant of the provider (R15)")
    assert found is not None
    assert "article 25" in found.text("en")
    own = replace(ASK, id=digest("onward"))
    flow.must(THIRD, own)
    flow.must(FIRST, Consent(own.id, ENTRY))
    flow.suspend()
    assert flow.step(OFFICE, Deliver(own.id, Method.FILE, WORD, ID)).reason == "supply: not in force (R19)"


def test_an_objection_marks_all_that_was_derived_until_it_is_answered(flow: Flow) -> None:
    def marked(derived: int) -> Mark:
        values = flow.network.values(OBJECTIONS, objections_client.asset_fact(asset_of(ONE)).slots)
        return mark(*objections_client.decode_asset(asset_of(ONE), values), derived)

    derived = flow.network.now
    assert marked(derived) is Mark.CLEAR
    flow.take(OFFICE, OBJECT)
    assert marked(derived) is Mark.OBJECTED
    flow.take(OFFICE, replace(OBJECT, id=digest("second")))
    flow.network.now += DAY
    flow.take(FIRST, Answer(FAULT, True, WORD))
    assert marked(derived) is Mark.OBJECTED  # the other one is open
    flow.take(FIRST, Answer(digest("second"), False, WORD))
    assert marked(derived) is Mark.CORRECTED
    assert marked(flow.network.now) is Mark.CLEAR


def test_an_objection_is_answered_in_ten_working_days_or_late(flow: Flow) -> None:
    flow.take(OFFICE, OBJECT)
    flow.take(OFFICE, replace(OBJECT, id=digest("second")))
    due = flow.objections.state.objection(FAULT).due
    assert date_of(day_of(due - 1)) == date(2026, 6, 18)
    flow.network.now = due - 1
    assert breach(flow.take(FIRST, Answer(FAULT, False, WORD)).logs) == 0
    flow.network.now = due
    assert breach(flow.take(FIRST, Answer(digest("second"), False, WORD)).logs) == breach_number("39(6)")


@pytest.mark.parametrize(
    ("caller", "call", "reason"),
    [
        (FIRST, replace(OBJECT, id=WORD), "objection: not the grantee (R17)"),
        (THIRD, replace(OBJECT, id=WORD), "objection: not the grantee (R17)"),
        (OFFICE, replace(OBJECT, id=WORD, fault=NOTHING), "objection: fault missing (R17)"),
        (OFFICE, OBJECT, "objection: exists"),
        (OFFICE, replace(OBJECT, authorization=WORD), "authorization: unknown"),
        (SECOND, Answer(FAULT, True, WORD), "objection: not the owner (R17)"),
        (OFFICE, Answer(FAULT, True, WORD), "objection: not the owner (R17)"),
        (FIRST, Answer(FAULT, True, NOTHING), "objection: answer missing (R17)"),
        (FIRST, Answer(WORD, True, WORD), "objection: unknown"),
        (FIRST, Withdraw(FAULT), "objection: of another party"),
    ],
)
def test_only_the_grantee_objects_and_only_the_owner_answers(
    flow: Flow, caller: bytes, call: Object, reason: str
) -> None:
    flow.take(OFFICE, OBJECT)
    assert flow.step(caller, call).reason == reason
    flow.take(OFFICE, Withdraw(FAULT))
    assert flow.step(FIRST, Answer(FAULT, True, WORD)).reason == "objection: state"


def test_every_kind_of_use_is_recorded_in_a_named_store_for_three_years(flow: Flow) -> None:
    until = flow.network.now + 3 * YEAR
    record = Record(ID, Kind.EFFECT, WORD, digest("archive"), until)
    for caller in (FIRST, ADA):
        assert flow.step(caller, record).reason == "uses: not the grantee (R22)"
    wrong = [
        ({"kind": 0}, "unknown kind"), ({"kind": 6}, "unknown kind"), ({"content": NOTHING}, "content missing"),
        ({"store": NOTHING}, "store missing"), ({"kept_until": until - 1}, "kept too short"),
    ]  # fmt: skip
    for changes, reason in wrong:
        assert flow.step(OFFICE, replace(record, **changes)).reason == f"uses: {reason} (R22)"
    for kind in Kind:
        flow.take(OFFICE, replace(record, kind=kind))
    values = flow.network.values(USES, uses_client.record_fact(ID, 5).slots)
    assert uses_client.decode_record(ID, 5, values) == flow.uses.state.records[ID, 5]


def test_provider_and_authority_inspect_records_and_nobody_else(flow: Flow) -> None:
    until = flow.network.now + 3 * YEAR
    flow.take(OFFICE, Record(ID, Kind.PROCESS, WORD, digest("archive"), until))
    for caller in (SECOND, OFFICE, THIRD):
        assert flow.step(caller, Inspect(ID, 1)).reason == "uses: no right to inspect (R22)"
    assert flow.step(FIRST, Inspect(ID, 2)).reason == "uses: unknown record"
    assert flow.step(OFFICE, Give(ID, 1, ONE)).reason == "uses: not asked"
    flow.take(FIRST, Inspect(ID, 1))
    flow.take(ADA, Inspect(ID, 1))
    assert flow.step(FIRST, Inspect(ID, 1)).reason == "uses: asked already"
    assert flow.step(FIRST, Give(ID, 1, ONE)).reason == "uses: not the grantee (R22)"
    flow.take(OFFICE, Give(ID, 1, ONE))
    flow.take(FIRST, Inspect(ID, 1))


def test_a_pause_keeps_nobody_from_signing_answering_and_inspecting(flow: Flow) -> None:
    flow.take(FIRST, DELIVER)
    flow.take(OFFICE, OBJECT)
    record = Record(ID, Kind.PROCESS, WORD, WORD, flow.network.now + 3 * YEAR)
    flow.take(OFFICE, record)
    for name, caller, call in (
        (SUPPLIES, FIRST, DELIVER), (OBJECTIONS, OFFICE, replace(OBJECT, id=WORD)), (USES, OFFICE, record)
    ):  # fmt: skip
        flow.sharing.pause(name)
        assert flow.step(caller, call).reason == "governance: paused"
    flow.take(OFFICE, SIGN)
    flow.take(FIRST, Answer(FAULT, False, WORD))
    flow.take(FIRST, Inspect(ID, 1))


def test_the_events_are_the_whole_history(flow: Flow) -> None:
    record = Record(ID, Kind.PROCESS, WORD, WORD, flow.network.now + 3 * YEAR)
    stories = {
        (SUPPLIES, ID): ((FIRST, DELIVER), (OFFICE, SIGN)),
        (OBJECTIONS, FAULT): ((OFFICE, OBJECT), (FIRST, Answer(FAULT, True, WORD))),
        (USES, ID): ((OFFICE, record), (FIRST, Inspect(ID, 1)), (OFFICE, Give(ID, 1, ONE))),
    }
    for (contract, entity), steps in stories.items():
        logs = [log for caller, call in steps for log in flow.take(caller, call).logs]
        verify_events(contract, entity, logs, flow.network.values(contract, history_fact(contract, entity).slots))
    values = flow.network.values(OBJECTIONS, objections_client.objection_fact(FAULT).slots)
    assert objections_client.decode_objection(FAULT, values) == flow.objections.state.objection(FAULT)
    with pytest.raises(InvalidRecord, match="objection state"):
        objections_client.decode_objection(FAULT, dict.fromkeys(values, b"\xff" * 32))


class FlowMachine(RuleBasedStateMachine):
    """A case from its request on: everybody does everything in any order while days go by; both sides agree."""

    callers = st.sampled_from([OFFICE, OFFICE, FIRST, FIRST, ADA, SECOND, THIRD])
    ids = st.sampled_from([ID, ID, digest("onward")])

    @initialize()
    def found(self) -> None:
        self.flow = Flow()

    @rule(caller=st.sampled_from([OFFICE, THIRD]), id=ids)
    def ask(self, caller: bytes, id: bytes) -> None:
        self.flow.do(caller, replace(ASK, id=id))

    @rule(id=ids, entry=st.sampled_from([ENTRY, ENTRY, ENTRY, WORD]))
    def answer(self, id: bytes, entry: bytes) -> None:
        self.flow.do(FIRST, Consent(id, entry))

    @rule(caller=callers, id=ids, source=st.sampled_from([NOTHING, NOTHING, ID]), method=st.integers(0, 4))
    def deliver(self, caller: bytes, id: bytes, source: bytes, method: int) -> None:
        self.flow.step(caller, Deliver(id, method, WORD, source))

    @rule(caller=callers, id=ids, number=st.integers(1, 2))
    def sign(self, caller: bytes, id: bytes, number: int) -> None:
        self.flow.step(caller, Sign(id, number))

    @rule(caller=callers, id=ids, number=st.integers(0, 2), kind=st.integers(0, 2), right=st.booleans())
    def object(self, caller: bytes, id: bytes, number: int, kind: int, right: bool) -> None:
        named = digest(f"objection {number}")
        self.flow.step(caller, (Object(named, id, WORD), Answer(named, right, WORD), Withdraw(named))[kind])

    @rule(caller=callers, id=ids, kind=st.integers(0, 2), years=st.sampled_from([3, 3, 2]))
    def use(self, caller: bytes, id: bytes, kind: int, years: int) -> None:
        until = self.flow.network.now + years * YEAR
        calls = (Record(id, Kind.EFFECT, WORD, WORD, until), Inspect(id, 1), Give(id, 1, ONE))
        self.flow.step(caller, calls[kind])

    @rule(days=st.integers(0, 25))
    def wait(self, days: int) -> None:
        self.flow.network.now += days * DAY

    @invariant()
    def what_is_marked_is_what_is_open(self) -> None:
        if hasattr(self, "flow"):
            state = self.flow.objections.state
            found = sum(entry.state is ObjectionState.OPEN for entry in state.objections.values())
            assert state.pending.get(asset_of(ONE), 0) == found


TestFlowMachine = FlowMachine.TestCase
TestFlowMachine.settings = settings(
    max_examples=8, stateful_step_count=16, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
