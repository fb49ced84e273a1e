"""No service ends without cause, consultation and filing; who disagrees climbs a ladder of which no rung is skipped."""

from __future__ import annotations

import pytest
from flow import Flow, officer_of
from network import ADA, AUTHORITY, STRANGER, digest
from requesting import FIRST, ID, ONE, SECOND, TWO
from sharing import AUDIT, INSTITUTE, JOBS_ACCOUNT, OFFICE, PURPOSE

from contracts.addresses import DISPUTES, TERMINATIONS
from contracts.authorizations.record import NOTHING
from contracts.authorizations.rules import Revoke, Suspend, Use
from contracts.disputes import client as disputes_client
from contracts.disputes.rules import (
    APPEAL,
    SILENCE,
    Decide,
    DisputeState,
    Escalate,
    Open,
    Rung,
    SetSuperior,
    Settle,
    apply,
)
from contracts.proven import history_fact, verify_events
from contracts.terminations import client as terminations_client
from contracts.terminations.rules import Announce, Answer, File, TerminationState
from ledger.errors import InvalidRecord

WORD, DISPUTE, GOVERNMENT = digest("word"), digest("dispute"), digest("government")
THIRD = officer_of(INSTITUTE)
REVOKE = Revoke(ID, WORD)
UNFILED = "authorization: end not consulted on and filed (R20)"
OPEN = Open(DISPUTE, ID, 0, WORD)


@pytest.fixture
def flow() -> Flow:
    found = Flow()
    found.granted()
    return found


def seat(flow: Flow, *pairs: tuple[bytes, bytes]) -> None:
    """Have the members say who stands above whom."""
    for party, superior in pairs:
        assert flow.network.govern(DISPUTES, "set_superior", party, superior).accepted
        state, _ = apply(
            flow.sharing.disputes.state, SetSuperior(party, superior), b"", flow.network.now, Governed(flow)
        )  # type: ignore[arg-type]
        flow.sharing.disputes.state = state


class Governed:
    """A world in which the caller is Governance."""

    def __init__(self, flow: Flow) -> None:
        self._world = flow.everything

    def is_governance(self, caller: bytes) -> bool:
        return True

    def require_open(self, name: str) -> None:
        self._world.require_open(name)


def test_an_owner_ends_a_service_after_consultation_and_filing_only(flow: Flow) -> None:
    assert flow.sharing.do(FIRST, REVOKE, alone=True).reason == UNFILED
    flow.take(FIRST, Announce(ID, WORD))
    assert flow.sharing.do(FIRST, REVOKE, alone=True).reason == UNFILED
    assert flow.step(ADA, File(ID)).reason == "termination: not agreed on or decided (R20)"
    flow.take(OFFICE, Answer(ID, True, WORD))
    assert flow.sharing.do(FIRST, REVOKE, alone=True).reason == UNFILED
    flow.take(ADA, File(ID))
    flow.sharing.must(FIRST, REVOKE)
    use = flow.sharing.do(JOBS_ACCOUNT, Use(ID, WORD, PURPOSE, 1))
    assert use.reason == "authorization: revoked"


def test_a_requester_who_disagrees_keeps_the_service_until_a_dispute_is_decided_for_the_owner(flow: Flow) -> None:
    seat(flow, (ONE, AUTHORITY), (AUDIT, AUTHORITY))
    flow.take(FIRST, Announce(ID, WORD))
    flow.take(OFFICE, Answer(ID, False, WORD))
    assert flow.step(ADA, File(ID)).reason == "termination: not agreed on or decided (R20)"
    flow.take(FIRST, Open(digest("first"), ID, 1, WORD))
    assert flow.step(FIRST, Open(digest("second"), ID, 1, WORD)).reason == "dispute: end disputed already (R20)"
    decided(flow, digest("first"), AUDIT)
    assert flow.step(ADA, File(ID)).reason == "termination: not agreed on or decided (R20)"
    flow.take(FIRST, Announce(ID, digest("a better cause")))
    flow.take(FIRST, Open(digest("second"), ID, 3, WORD))
    decided(flow, digest("second"), ONE)
    flow.take(ADA, File(ID))
    flow.sharing.must(FIRST, REVOKE)


def decided(flow: Flow, dispute: bytes, winner: bytes) -> None:
    """Take a dispute of the first registrar's one step up and have it decided there for good."""
    flow.take(FIRST, Escalate(dispute, WORD))
    flow.take(ADA, Decide(dispute, winner, WORD))
    flow.network.now += APPEAL


def test_a_dispute_about_something_else_or_an_earlier_end_ends_no_service(flow: Flow) -> None:
    seat(flow, (ONE, AUTHORITY), (AUDIT, AUTHORITY))
    fees, early, old, new = (digest(name) for name in ("fees", "early", "old", "new"))
    flow.take(FIRST, Open(fees, ID, 0, WORD))
    decided(flow, fees, ONE)
    assert flow.step(FIRST, Open(early, ID, 1, WORD)).reason == "dispute: no such end announced (R20)"
    flow.take(FIRST, Announce(ID, WORD))
    assert flow.step(ADA, File(ID)).reason == "termination: not agreed on or decided (R20)"
    flow.take(FIRST, Open(old, ID, 1, WORD))
    decided(flow, old, ONE)
    flow.take(OFFICE, Answer(ID, False, WORD))
    flow.take(FIRST, Announce(ID, WORD))  # anew: what was decided was about the one before
    assert flow.step(ADA, File(ID)).reason == "termination: not agreed on or decided (R20)"
    assert flow.step(FIRST, Open(new, ID, 1, WORD)).reason == "dispute: no such end announced (R20)"
    flow.take(FIRST, Open(new, ID, 3, WORD))
    decided(flow, new, ONE)
    flow.take(ADA, File(ID))


def test_a_decision_that_may_be_taken_further_ends_no_service_yet(flow: Flow) -> None:
    seat(flow, (ONE, AUTHORITY), (AUDIT, AUTHORITY), (AUTHORITY, TWO))
    flow.take(FIRST, Announce(ID, WORD))
    flow.take(FIRST, Open(DISPUTE, ID, 1, WORD))
    flow.take(FIRST, Escalate(DISPUTE, WORD))
    flow.take(ADA, Decide(DISPUTE, ONE, WORD))
    flow.network.now += APPEAL - 1
    assert flow.step(ADA, File(ID)).reason == "termination: not agreed on or decided (R20)"
    flow.take(OFFICE, Escalate(DISPUTE, WORD))
    flow.network.now += APPEAL
    assert flow.step(ADA, File(ID)).reason == "termination: not agreed on or decided (R20)"
    flow.take(SECOND, Decide(DISPUTE, ONE, WORD))
    flow.take(ADA, File(ID))  # the government's is final at once


def test_an_end_agreed_on_or_filed_is_disputed_no_more(flow: Flow) -> None:
    flow.take(FIRST, Announce(ID, WORD))
    flow.take(OFFICE, Answer(ID, True, WORD))
    for _ in range(2):
        assert flow.step(OFFICE, Open(DISPUTE, ID, 1, WORD)).reason == "dispute: no such end announced (R20)"
        flow.step(ADA, File(ID))


def test_no_rung_is_left_before_it_has_decided_or_been_silent(flow: Flow) -> None:
    seat(flow, (ONE, AUTHORITY), (AUDIT, INSTITUTE), (AUTHORITY, TWO), (INSTITUTE, TWO), (TWO, GOVERNMENT))
    flow.take(OFFICE, OPEN)
    flow.take(OFFICE, Escalate(DISPUTE, WORD))
    flow.network.now += SILENCE - 1
    assert flow.step(OFFICE, Escalate(DISPUTE, WORD)).reason == "dispute: not decided here yet (R21)"
    flow.network.now += 1
    flow.take(OFFICE, Escalate(DISPUTE, WORD))
    assert flow.step(OFFICE, Escalate(DISPUTE, WORD)).reason == "dispute: not decided here yet (R21)"
    flow.take(SECOND, Decide(DISPUTE, ONE, WORD))
    flow.network.now += APPEAL
    assert flow.step(OFFICE, Escalate(DISPUTE, WORD)).reason == "dispute: decision final (R21)"


def test_the_authority_that_suspended_a_service_may_end_it_and_another_may_not(flow: Flow) -> None:
    assert flow.sharing.do(ADA, REVOKE, alone=True).reason == "authorization: not the owner"
    flow.suspend()
    assert flow.sharing.do(ADA, REVOKE, alone=True).reason == "authorization: not the owner"
    other = Flow()
    other.granted()
    other.sharing.must(ADA, Suspend(ID, WORD, 4002))
    assert other.sharing.do(FIRST, REVOKE, alone=True).reason == UNFILED
    assert other.sharing.do(ADA, REVOKE, alone=True).accepted


@pytest.mark.parametrize(
    ("caller", "call", "reason"),
    [
        (SECOND, Announce(ID, WORD), "termination: not the owner"),
        (OFFICE, Announce(ID, WORD), "termination: not the owner"),
        (FIRST, Announce(ID, NOTHING), "termination: cause missing (R20)"),
        (FIRST, Announce(WORD, WORD), "authorization: unknown"),
        (OFFICE, Answer(ID, True, WORD), "termination: state"),
        (FIRST, File(ID), "termination: authority only (R20)"),
        (ADA, File(ID), "termination: state"),
    ],
)
def test_each_step_of_an_end_has_its_own_party(flow: Flow, caller: bytes, call: Announce, reason: str) -> None:
    assert flow.step(caller, call).reason == reason
    flow.take(FIRST, Announce(ID, WORD))
    assert flow.step(FIRST, Announce(ID, WORD)).reason == "termination: state"
    assert flow.step(FIRST, Answer(ID, True, WORD)).reason == "termination: not the grantee (R20)"
    assert flow.step(OFFICE, Answer(ID, True, NOTHING)).reason == "termination: word missing (R20)"
    flow.take(OFFICE, Answer(ID, False, WORD))
    flow.take(FIRST, Announce(ID, digest("a better cause")))


def test_a_dispute_climbs_rung_by_rung_to_the_government(flow: Flow) -> None:
    seat(flow, (ONE, AUTHORITY), (AUDIT, INSTITUTE), (AUTHORITY, TWO), (INSTITUTE, TWO), (TWO, GOVERNMENT))
    flow.take(OFFICE, OPEN)
    assert flow.step(ADA, Decide(DISPUTE, ONE, WORD)).reason == "dispute: not negotiated to the end (R21)"
    for rung, forum in ((Rung.AUTHORITY, AUTHORITY), (Rung.COMMON, TWO), (Rung.GOVERNMENT, GOVERNMENT)):
        flow.take(OFFICE, Escalate(DISPUTE, WORD))
        found = flow.sharing.disputes.state.dispute(DISPUTE)
        assert (found.step, found.forum) == (rung, forum)
        wrong = THIRD if forum != INSTITUTE else ADA
        assert flow.step(wrong, Decide(DISPUTE, ONE, WORD)).reason == "dispute: not before this authority (R21)"
        flow.network.now += SILENCE
    assert flow.step(OFFICE, Escalate(DISPUTE, WORD)).reason == "dispute: no step above (R21)"


def test_where_both_have_one_authority_the_government_is_next(flow: Flow) -> None:
    seat(flow, (ONE, AUTHORITY), (AUDIT, AUTHORITY), (AUTHORITY, TWO))
    flow.take(FIRST, OPEN)
    flow.take(FIRST, Escalate(DISPUTE, WORD))
    flow.take(ADA, Decide(DISPUTE, ONE, WORD))
    assert flow.step(SECOND, Escalate(DISPUTE, WORD)).reason == "dispute: of other parties (R21)"
    flow.take(OFFICE, Escalate(DISPUTE, WORD))
    assert flow.sharing.disputes.state.dispute(DISPUTE).step == Rung.GOVERNMENT
    assert flow.step(ADA, Decide(DISPUTE, ONE, WORD)).reason == "dispute: not before this authority (R21)"
    assert flow.step(SECOND, Decide(DISPUTE, TWO, WORD)).reason == "dispute: winner"
    flow.take(SECOND, Decide(DISPUTE, ONE, WORD))
    assert flow.step(SECOND, Decide(DISPUTE, ONE, WORD)).reason == "dispute: state"


def test_a_settlement_is_signed_by_both_in_the_same_words_at_any_rung(flow: Flow) -> None:
    flow.take(FIRST, OPEN)
    assert flow.step(FIRST, Settle(DISPUTE, NOTHING)).reason == "dispute: terms missing (R21)"
    flow.take(FIRST, Settle(DISPUTE, WORD))
    assert flow.step(FIRST, Settle(DISPUTE, WORD)).reason == "dispute: signed already"
    flow.take(OFFICE, Settle(DISPUTE, digest("other words")))
    flow.take(FIRST, Settle(DISPUTE, digest("other words")))
    assert flow.sharing.disputes.state.dispute(DISPUTE).state is DisputeState.SETTLED
    assert flow.step(FIRST, Escalate(DISPUTE, WORD)).reason == "dispute: state"


@pytest.mark.parametrize(
    ("caller", "call", "reason"),
    [
        (SECOND, OPEN, "dispute: of other parties (R21)"),
        (ADA, OPEN, "dispute: of other parties (R21)"),
        (FIRST, Open(DISPUTE, WORD, 0, WORD), "dispute: of other parties (R21)"),
        (FIRST, Open(DISPUTE, ID, 0, NOTHING), "dispute: claim missing (R21)"),
        (STRANGER, OPEN, "parties: unknown agent"),
        (FIRST, Escalate(DISPUTE, WORD), "dispute: unknown"),
    ],
)
def test_only_the_two_parties_of_a_case_dispute_about_it(flow: Flow, caller: bytes, call: Open, reason: str) -> None:
    assert flow.step(caller, call).reason == reason
    flow.take(FIRST, OPEN)
    assert flow.step(FIRST, OPEN).reason == "dispute: exists"
    assert flow.step(SECOND, Escalate(DISPUTE, WORD)).reason == "dispute: of other parties (R21)"
    assert flow.step(FIRST, Escalate(DISPUTE, NOTHING)).reason == "dispute: reason missing (R21)"
    assert flow.step(FIRST, Escalate(DISPUTE, WORD)).reason == "dispute: no authority above (R21)"


def test_only_the_quorum_says_who_stands_above_whom(flow: Flow) -> None:
    for caller in (ADA, FIRST):
        outcome = flow.network.send(caller, DISPUTES, "set_superior", ONE, AUTHORITY)
        assert outcome.reason == "dispute: governance only"
    assert not flow.network.govern(DISPUTES, "set_superior", ONE, ONE).accepted
    assert flow.network.govern(DISPUTES, "set_superior", ONE, AUTHORITY).accepted


def test_the_events_are_the_whole_history_and_words_read_back(flow: Flow) -> None:
    seat(flow, (AUDIT, AUTHORITY))
    ladder = ((FIRST, OPEN), (FIRST, Settle(DISPUTE, WORD)), (OFFICE, Escalate(DISPUTE, WORD)))
    ending = ((FIRST, Announce(ID, WORD)), (OFFICE, Answer(ID, True, WORD)), (ADA, File(ID)))
    for contract, entity, steps in ((DISPUTES, DISPUTE, ladder), (TERMINATIONS, ID, ending)):
        logs = [log for caller, call in steps for log in flow.take(caller, call).logs]
        verify_events(contract, entity, logs, flow.network.values(contract, history_fact(contract, entity).slots))
    values = flow.network.values(DISPUTES, disputes_client.dispute_fact(DISPUTE).slots)
    assert disputes_client.decode_dispute(DISPUTE, values) == flow.sharing.disputes.state.dispute(DISPUTE)
    with pytest.raises(InvalidRecord, match="dispute state"):
        disputes_client.decode_dispute(DISPUTE, dict.fromkeys(values, b"\xff" * 32))
    words = flow.network.values(TERMINATIONS, terminations_client.termination_fact(ID).slots)
    assert terminations_client.decode_termination(ID, words) is TerminationState.FILED
    with pytest.raises(InvalidRecord, match="termination state"):
        terminations_client.decode_termination(ID, dict.fromkeys(words, b"\xff" * 32))
