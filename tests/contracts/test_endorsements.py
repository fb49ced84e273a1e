"""Endorsements: a head in office agrees to one act, once, and never to what she carries out herself."""

from __future__ import annotations

from dataclasses import replace

import pytest
from network import STRANGER, UNTIL, digest
from requesting import ASK, FIRST, FIVE, ID, ONE, Counter
from sharing import APPROVER, HEAD, NODE, OFFICE, OFFICER, REGISTRARS, Sharing, address, agent

from contracts.addresses import ENDORSEMENTS, PARTIES, REQUESTS
from contracts.endorsements import client
from contracts.endorsements.rules import NOTHING, Endorse, Withdraw, act
from contracts.parties import rules as parties
from contracts.parties.calls import Dismiss, Enroll
from contracts.parties.record import NOBODY
from contracts.proven import history_fact, verify_events
from contracts.regulation.reader import national
from contracts.regulation.reading import refusal
from contracts.requests.calls import AskSupplement, Refuse, Submit
from contracts.requests.rules import act_of
from contracts.world import AgentRole

TWO = REGISTRARS[1]
LEADER, OTHER_LEADER = agent(ONE, HEAD), agent(TWO, HEAD)
ACT = digest("act")
LACKS = "endorsements: the head has not agreed (R02)"
NO = Refuse(ID, 16, digest("why"))


@pytest.fixture
def counter() -> Counter:
    return Counter()


def enroll(counter: Counter, agent_: bytes, roles: int, start: int, until: int, party: bytes = ONE) -> None:
    """Have an approver of a party, the first registrar if none is named, appoint an agent."""
    call = Enroll(agent_, party, int(roles), start, until)
    sharing, caller = counter.sharing, agent(party, APPROVER)
    sent = counter.network.send(caller, PARTIES, "enroll", agent_, party, int(roles), start, until)
    assert sent.accepted, sent.reason
    state, _ = parties.apply(sharing.base.parties, call, caller, counter.network.now, sharing.base)
    sharing.base = replace(sharing.base, parties=state)


def dismiss(counter: Counter, agent_: bytes) -> None:
    caller, sharing = agent(ONE, APPROVER), counter.sharing
    assert counter.network.send(caller, PARTIES, "dismiss", agent_).accepted
    state, _ = parties.apply(sharing.base.parties, Dismiss(agent_), caller, counter.network.now, sharing.base)
    sharing.base = replace(sharing.base, parties=state)


def act_in(counter: Counter, call: Submit | Refuse) -> bytes:
    """Return what a head agrees to for the next change."""
    return act_of(call, counter.lockstep.state.journal.count(call.id) + 1)


def endorse(counter: Counter, caller: bytes, call: Submit | Refuse) -> None:
    outcome = counter.sharing.endorse(caller, Endorse(act_in(counter, call)))
    assert outcome.accepted, outcome.reason


def test_a_request_and_its_answer_each_need_the_head_beside_the_handler(counter: Counter) -> None:
    assert counter.do(OFFICE, ASK, alone=True).reason == LACKS
    counter.must(OFFICE, ASK)
    assert counter.do(FIRST, NO, alone=True).reason == LACKS
    endorse(counter, LEADER, NO)
    counter.must(FIRST, NO)
    assert "article 11, article 20, R02" in refusal(national(), "R02").text("en")


def test_the_head_of_another_department_does_not_count(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    endorse(counter, OTHER_LEADER, NO)
    assert counter.do(FIRST, NO, alone=True).reason == LACKS


def test_an_endorsement_is_of_these_words_and_no_others(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    endorse(counter, LEADER, NO)
    for other in (replace(NO, rule=15), replace(NO, reason=digest("another"))):
        assert counter.do(FIRST, other, alone=True).reason == LACKS
    assert counter.do(FIRST, NO, alone=True).accepted


def test_an_endorsement_serves_once(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    counter.must(FIRST, AskSupplement(ID, digest("papers")))
    # The same papers again are another act, for which the head has to agree again.
    assert counter.do(OFFICE, ASK, alone=True).reason == LACKS
    counter.must(OFFICE, replace(ASK, grounds=(digest("better"), *FIVE[1:])))


def test_one_agent_with_both_duties_does_not_sign_twice(counter: Counter) -> None:
    both = address("both")
    enroll(counter, both, AgentRole.OFFICER | AgentRole.HEAD, counter.network.now, UNTIL)
    counter.must(OFFICE, ASK)
    endorse(counter, both, NO)
    assert counter.do(both, NO, alone=True).reason == LACKS
    assert counter.do(FIRST, NO, alone=True).accepted


def test_a_head_who_left_office_agrees_to_nothing_any_more(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    endorse(counter, LEADER, NO)
    dismiss(counter, LEADER)
    assert counter.do(FIRST, NO, alone=True).reason == LACKS
    act_ = act_in(counter, NO)
    assert counter.sharing.endorse(LEADER, Endorse(act_)).reason == "parties: agent expired"
    successor = address("successor")
    enroll(counter, successor, AgentRole.HEAD, counter.network.now, UNTIL)
    endorse(counter, successor, NO)
    assert counter.do(FIRST, NO, alone=True).accepted


def test_a_delegation_begins_and_ends_at_a_block(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    deputy, begin = address("deputy head"), counter.network.now + 100
    enroll(counter, deputy, AgentRole.HEAD, begin, begin + 100)
    act_ = act_in(counter, NO)
    counter.network.now = begin - 1
    assert counter.sharing.endorse(deputy, Endorse(act_)).reason == "parties: agent not yet valid"
    counter.network.now = begin
    assert counter.sharing.endorse(deputy, Endorse(act_)).accepted
    counter.network.now = begin + 100
    assert counter.do(FIRST, NO, alone=True).reason == LACKS
    counter.network.now = begin + 99
    assert counter.do(FIRST, NO, alone=True).accepted


def test_an_endorsement_is_withdrawn_by_any_head_of_the_party_until_it_serves(counter: Counter) -> None:
    counter.must(OFFICE, ASK)
    act_ = act_in(counter, NO)
    assert counter.sharing.endorse(LEADER, Withdraw(act_)).reason == "endorsements: not endorsed"
    endorse(counter, LEADER, NO)
    assert counter.sharing.endorse(OTHER_LEADER, Withdraw(act_)).reason == "endorsements: not endorsed"
    assert counter.sharing.endorse(LEADER, Withdraw(act_)).accepted
    assert counter.do(FIRST, NO, alone=True).reason == LACKS


@pytest.mark.parametrize(
    ("caller", "call", "reason"),
    [
        (LEADER, Endorse(NOTHING), "endorsements: act missing"),
        (agent(ONE, OFFICER), Endorse(ACT), "parties: agent lacks the role"),
        (agent(ONE, NODE), Endorse(ACT), "parties: agent lacks the role"),
        (agent(ONE, APPROVER), Withdraw(ACT), "parties: agent lacks the role"),
        (STRANGER, Endorse(ACT), "parties: unknown agent"),
    ],
)
def test_only_a_head_endorses_and_something(caller: bytes, call: Endorse | Withdraw, reason: str) -> None:
    sharing = Sharing(owners=1)
    assert sharing.endorse(caller, call).reason == reason
    assert sharing.endorse(LEADER, Endorse(ACT)).accepted
    assert sharing.endorse(LEADER, Endorse(ACT)).reason == "endorsements: endorsed already"


def test_the_events_are_the_whole_history_and_words_read_back() -> None:
    sharing = Sharing(owners=1)
    logs = [log for call in (Endorse(ACT), Withdraw(ACT), Endorse(ACT)) for log in sharing.endorse(LEADER, call).logs]
    verify_events(ENDORSEMENTS, ACT, logs, sharing.network.values(ENDORSEMENTS, history_fact(ENDORSEMENTS, ACT).slots))
    for party, expected in ((ONE, LEADER), (TWO, NOBODY)):
        values = sharing.network.values(ENDORSEMENTS, client.head_fact(party, ACT).slots)
        assert client.decode_head(party, ACT, values) == expected


def test_acts_of_other_entities_numbers_contracts_and_contents_differ() -> None:
    base = act(REQUESTS, ID, 1, 5)
    assert len({base, act(REQUESTS, digest("o"), 1, 5), act(REQUESTS, ID, 2, 5), act(PARTIES, ID, 1, 5),
                act(REQUESTS, ID, 1, 6), act(REQUESTS, ID, 1, 5, 0)}) == 6  # fmt: skip
