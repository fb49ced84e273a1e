"""Quorums: contract and rules agree; an action is in force by enough named parties in time, and never else."""

from __future__ import annotations

from dataclasses import replace
from typing import get_args

import pytest
from evm import Outcome
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from network import AGENTS, AUDIT, FINANCE, NOW, OPERATOR, STRANGER, TAX, Network, digest
from single import Single

from contracts.addresses import QUORUMS
from contracts.history import NOTHING
from contracts.proven import history_fact, verify_events
from contracts.quorums import client
from contracts.quorums.rules import (
    MAX_PARTIES,
    MAX_TERM,
    Action,
    ActionState,
    Agree,
    Call,
    Oppose,
    Propose,
    State,
    Voice,
    apply,
)
from contracts.world import AgentRole
from ledger.errors import InvalidRecord

ID, ACTION, OTHER, WORD = map(digest, ("matter", "open the vault", "burn the vault", "word"))
NAMED = tuple(sorted((FINANCE, TAX, AUDIT)))
CLERK = {party: AGENTS[party, AgentRole.OFFICER] for party in (FINANCE, TAX, AUDIT, OPERATOR)}
TERM = NOW + 3600
PROPOSE = Propose(ID, ACTION, NAMED, 2, TERM)


class Council(Single[State, Call]):
    """A founded network and the contract on both sides."""

    def __init__(self) -> None:
        super().__init__(Network(), QUORUMS, State(), apply, dict.fromkeys(get_args(Call), client.operation))

    def must(self, party: bytes, call: Call) -> Outcome:
        return self.take(CLERK[party], call)

    def refused(self, party: bytes, call: Call, caller: bytes = b"") -> str:
        outcome = self.do(caller or CLERK[party], call)
        assert not outcome.accepted
        return outcome.reason

    def is_in_force(self, action: bytes = ACTION) -> bool:
        (found,) = self.network.read(QUORUMS, "in_force", ID, action)
        assert found is self.state.in_force(ID, action)
        return bool(found)


@pytest.fixture
def council() -> Council:
    found = Council()
    found.must(OPERATOR, PROPOSE)
    return found


def test_an_action_is_in_force_from_the_last_yes_needed_and_no_sooner(council: Council) -> None:
    assert not council.is_in_force()
    council.must(FINANCE, Agree(ID, ACTION))
    assert not council.is_in_force()
    council.must(TAX, Agree(ID, ACTION))
    assert council.is_in_force()
    assert not council.is_in_force(OTHER)
    assert council.refused(AUDIT, Agree(ID, ACTION)) == "quorum: state"
    assert council.refused(AUDIT, Oppose(ID, WORD)) == "quorum: state"


def test_each_named_party_speaks_once_for_itself_and_for_this_digest(council: Council) -> None:
    assert council.refused(OPERATOR, Agree(ID, ACTION)) == "quorum: not a named party"
    assert council.refused(FINANCE, Agree(ID, OTHER)) == "quorum: another action"
    council.must(FINANCE, Agree(ID, ACTION))
    assert council.refused(FINANCE, Agree(ID, ACTION)) == "quorum: said already"
    assert council.refused(FINANCE, Oppose(ID, WORD)) == "quorum: said already"
    assert council.refused(TAX, Agree(ID, ACTION), STRANGER) == "parties: unknown agent"
    approver = AGENTS[TAX, AgentRole.APPROVER]
    assert council.refused(TAX, Agree(ID, ACTION), approver) == "parties: agent lacks the role"
    assert not council.is_in_force()


def test_a_yes_after_the_term_puts_nothing_in_force(council: Council) -> None:
    council.must(FINANCE, Agree(ID, ACTION))
    council.network.now = TERM
    assert council.refused(TAX, Agree(ID, ACTION)) == "quorum: term over"
    assert council.refused(TAX, Oppose(ID, WORD)) == "quorum: term over"
    assert not council.is_in_force()
    action = council.state.action(ID)
    assert (action.standing(TERM - 1), action.standing(TERM)) == (ActionState.OPEN, ActionState.OVER)


def test_the_last_second_of_the_term_counts_and_what_is_in_force_stays_so(council: Council) -> None:
    council.must(FINANCE, Agree(ID, ACTION))
    council.network.now = TERM - 1
    council.must(TAX, Agree(ID, ACTION))
    council.network.now = TERM + 10**6
    assert council.is_in_force()
    assert council.state.action(ID).standing(council.network.now) is ActionState.IN_FORCE


def test_an_action_that_can_no_longer_be_carried_is_refused(council: Council) -> None:
    assert council.refused(FINANCE, Oppose(ID, NOTHING)) == "quorum: reason missing"
    council.must(FINANCE, Oppose(ID, WORD))
    council.must(TAX, Oppose(ID, WORD))
    assert council.state.action(ID).state is ActionState.REFUSED
    assert council.refused(AUDIT, Agree(ID, ACTION)) == "quorum: state"
    assert not council.is_in_force()


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": NOTHING}, "quorum: action missing"),
        ({"action": NOTHING}, "quorum: action missing"),
        ({"needed": 0}, "quorum: more needed than named"),
        ({"needed": 4}, "quorum: more needed than named"),
        ({"parties": ()}, "quorum: more needed than named"),
        ({"expires": NOW}, "quorum: term of a year at most"),
        ({"expires": NOW + MAX_TERM + 1}, "quorum: term of a year at most"),
        ({"parties": NAMED[::-1]}, "quorum: parties not in order"),
        ({"parties": (FINANCE, FINANCE)}, "quorum: parties not in order"),
        ({"parties": (NOTHING, *NAMED)}, "quorum: parties not in order"),
        ({"parties": tuple(sorted((*NAMED, digest("nobody"))))}, "quorum: party not serving"),
    ],
)
def test_only_a_complete_proposal_is_accepted(council: Council, changes: dict[str, object], reason: str) -> None:
    call = replace(PROPOSE, **{"id": digest("next"), **changes})  # type: ignore[arg-type]
    assert council.refused(OPERATOR, call) == reason
    council.must(OPERATOR, replace(PROPOSE, id=digest("next"), expires=NOW + MAX_TERM))
    assert council.refused(OPERATOR, PROPOSE) == "quorum: exists"
    assert council.refused(FINANCE, Agree(digest("unknown"), ACTION)) == "quorum: unknown"


def test_a_seventeenth_party_does_not_fit() -> None:
    council = Council()
    parties = tuple(sorted(digest(f"party {n}") for n in range(MAX_PARTIES + 1)))
    outcome = council.network.send(CLERK[FINANCE], QUORUMS, "propose", ID, ACTION, parties, 1, TERM)
    assert not outcome.accepted


def test_the_events_are_the_whole_history_and_words_read_back(council: Council) -> None:
    id = digest("next")
    steps = (
        (AUDIT, replace(PROPOSE, id=id)), (AUDIT, Oppose(id, WORD)),
        (FINANCE, Agree(id, ACTION)), (TAX, Agree(id, ACTION)),
    )  # fmt: skip
    logs = [log for party, call in steps for log in council.must(party, call).logs]
    assert len(logs) == 5
    verify_events(QUORUMS, id, logs, council.network.values(QUORUMS, history_fact(QUORUMS, id).slots))
    values = council.network.values(QUORUMS, client.action_fact(id).slots)
    assert client.decode_action(id, values) == council.state.action(id)
    assert client.decode_action(id, values) == Action(ACTION, 2, 3, 2, 1, TERM, ActionState.IN_FORCE)
    with pytest.raises(InvalidRecord, match="action state"):
        client.decode_action(id, dict.fromkeys(values, b"\xff" * 32))
    for party, voice in ((AUDIT, Voice.OPPOSED), (TAX, Voice.AGREED), (OPERATOR, Voice.NOT_NAMED)):
        words = council.network.values(QUORUMS, client.voice_fact(id, party).slots)
        assert client.decode_voice(id, party, words) is voice is council.state.voice(id, party)
    with pytest.raises(InvalidRecord, match="voice"):
        client.decode_voice(id, TAX, dict.fromkeys(client.voice_fact(id, TAX).slots, b"\xff" * 32))


class QuorumMachine(RuleBasedStateMachine):
    """Everybody proposes, agrees and opposes in any order while time passes."""

    @initialize()
    def found(self) -> None:
        self.council = Council()

    @rule(
        caller=st.sampled_from(tuple(CLERK)),
        id=st.sampled_from((ID, OTHER)),
        parties=st.sets(st.sampled_from((*NAMED, OPERATOR)), max_size=4),
        needed=st.integers(0, 4),
        term=st.sampled_from((600, 3600)),
    )
    def propose(self, caller: bytes, id: bytes, parties: set[bytes], needed: int, term: int) -> None:
        expires = self.council.network.now + term
        self.council.do(CLERK[caller], Propose(id, ACTION, tuple(sorted(parties)), needed, expires))

    @rule(caller=st.sampled_from(tuple(CLERK)), id=st.sampled_from((ID, OTHER)))
    def agree(self, caller: bytes, id: bytes) -> None:
        self.council.do(CLERK[caller], Agree(id, ACTION))

    @rule(caller=st.sampled_from(tuple(CLERK)), id=st.sampled_from((ID, OTHER)))
    def oppose(self, caller: bytes, id: bytes) -> None:
        self.council.do(CLERK[caller], Oppose(id, WORD))

    @rule(step=st.sampled_from((1, 300)))
    def wait(self, step: int) -> None:
        self.council.network.now += step


TestQuorumMachine = QuorumMachine.TestCase
TestQuorumMachine.settings = settings(
    max_examples=8,
    stateful_step_count=16,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
