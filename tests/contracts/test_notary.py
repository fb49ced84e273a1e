"""The Notary: contract and rules agree, streams only grow, and proven words read back as the rules' records."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from lockstep import Lockstep
from network import ADA, AGENTS, AUDIT, FINANCE, NOW, STRANGER, UNTIL, Network, digest

from contracts.addresses import GOVERNANCE, NOTARY, PARTIES, name_id
from contracts.notary import client
from contracts.notary.rules import MAX_SIZE, Anchor, State, Stream, apply
from contracts.parties import rules as parties
from contracts.parties.calls import Dismiss
from contracts.proven import history_fact, verify_events
from contracts.world import AgentRole
from ledger.errors import VerificationError

STREAM = digest("stream")
NODE = AGENTS[FINANCE, AgentRole.NODE]
OFFICER = AGENTS[FINANCE, AgentRole.OFFICER]
OTHER = AGENTS[AUDIT, AgentRole.NODE]
APPROVER = AGENTS[FINANCE, AgentRole.APPROVER]


def anchor(network: Network, caller: bytes, old: int, new: int, root: str = "root", stream: bytes = STREAM) -> str:
    outcome = network.send(caller, NOTARY, "anchor", stream, old, new, digest(root))
    return outcome.reason


def test_a_stream_grows_and_keeps_every_root(network: Network) -> None:
    assert anchor(network, NODE, 0, 5, "five") == ""
    assert anchor(network, OFFICER, 5, 9, "nine") == ""
    assert network.read(NOTARY, "anchored", STREAM) == (9, digest("nine"), FINANCE)
    assert network.read(NOTARY, "root_at", STREAM, 5) == (digest("five"),)
    assert network.read(NOTARY, "root_at", STREAM, 6) == (bytes(32),)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        (0, 6, "notary: stale size"),
        (4, 6, "notary: stale size"),
        (5, 5, "notary: stream must grow"),
        (5, 4, "notary: stream must grow"),
        (5, MAX_SIZE + 1, "notary: stream too long"),
    ],
)
def test_a_shrinking_or_forked_stream_is_refused(network: Network, old: int, new: int, reason: str) -> None:
    anchor(network, NODE, 0, 5)
    assert anchor(network, NODE, old, new, "fork") == reason
    assert network.read(NOTARY, "anchored", STREAM) == (5, digest("root"), FINANCE)


def test_the_longest_stream_is_accepted_and_a_missing_root_is_not(network: Network) -> None:
    assert anchor(network, NODE, 0, MAX_SIZE) == ""
    empty = network.send(NODE, NOTARY, "anchor", digest("other"), 0, 1, bytes(32))
    assert empty.reason == "notary: root missing"


def test_only_the_party_that_began_a_stream_extends_it(network: Network) -> None:
    anchor(network, NODE, 0, 5)
    assert anchor(network, OTHER, 5, 6) == "notary: stream of another party"
    assert anchor(network, OTHER, 0, 6, stream=digest("its own")) == ""


@pytest.mark.parametrize(
    ("caller", "reason"),
    [(STRANGER, "parties: unknown agent"), (APPROVER, "parties: agent lacks the role")],
)
def test_only_officers_and_nodes_anchor(network: Network, caller: bytes, reason: str) -> None:
    assert anchor(network, caller, 0, 5) == reason


def test_an_agent_anchors_until_its_last_second(network: Network) -> None:
    network.now = UNTIL - 1
    assert anchor(network, NODE, 0, 5) == ""
    network.now = UNTIL
    assert anchor(network, NODE, 5, 6) == "parties: agent expired"


def test_a_proven_stream_reads_back_as_the_rules_record(network: Network) -> None:
    anchor(network, NODE, 0, 5)
    values = network.values(NOTARY, client.stream_fact(STREAM).slots)
    assert client.decode_stream(STREAM, values) == Stream(FINANCE, 5, digest("root"))
    absent = network.values(NOTARY, client.stream_fact(digest("never")).slots)
    assert client.decode_stream(digest("never"), absent) == Stream()
    roots = network.values(NOTARY, client.root_fact(STREAM, 5).slots)
    assert client.decode_root(STREAM, 5, roots) == digest("root")


def test_two_proven_words_and_the_events_are_the_whole_history(network: Network) -> None:
    logs = [
        log
        for old, new in ((0, 5), (5, 9), (9, 12))
        for log in network.send(NODE, NOTARY, "anchor", STREAM, old, new, digest("root")).logs
    ]
    values = network.values(NOTARY, history_fact(NOTARY, STREAM).slots)
    verify_events(NOTARY, STREAM, logs, values)
    for wrong in (logs[:2], logs[1:], [logs[1], logs[0], logs[2]], [*logs, logs[2]]):
        with pytest.raises(VerificationError):
            verify_events(NOTARY, STREAM, wrong, values)


def test_the_operation_names_the_method_the_contract_has(network: Network) -> None:
    operation = client.anchor(STREAM, 0, 5, digest("root"), op_id=digest("op"))
    assert network.send(NODE, operation.contract, operation.method, *operation.args).accepted


class NotaryMachine(RuleBasedStateMachine):
    """Random anchors by everybody, with dismissals and time passing in between."""

    @initialize()
    def found(self) -> None:
        self.network = Network()
        self.world = self.network.states
        self.notary = Lockstep(self.network, NOTARY, State())

    @rule(
        stream=st.sampled_from([STREAM, digest("second")]),
        caller=st.sampled_from([NODE, NODE, OFFICER, OTHER, APPROVER, STRANGER]),
        skew=st.sampled_from([0, 0, 0, 1]),
        growth=st.sampled_from([1, 2, 3, 0]),
        root=st.sampled_from([digest("a"), digest("b"), digest("c"), bytes(32)]),
    )
    def anchor(self, stream: bytes, caller: bytes, skew: int, growth: int, root: bytes) -> None:
        old = self.notary.state.stream(stream).size + skew
        call = Anchor(stream, old, old + growth, root)
        self.notary.call(
            lambda state: apply(state, call, caller, self.network.now, self.world),
            caller, "anchor", stream, old, old + growth, root,
        )  # fmt: skip

    @rule(step=st.sampled_from([1, 60, 60, 60, UNTIL - NOW]))
    def wait(self, step: int) -> None:
        self.network.now = min(self.network.now + step, UNTIL)

    @rule()
    def dismiss(self) -> None:
        if self.network.send(APPROVER, PARTIES, "dismiss", NODE).accepted:
            state, _ = parties.apply(self.world.parties, Dismiss(NODE), APPROVER, self.network.now, self.world)
            self.world = replace(self.world, parties=state)

    @rule()
    def toggle_pause(self) -> None:
        was_paused = bool(self.world.governance.paused)
        outcome = (
            self.network.govern(GOVERNANCE, "unpause", name_id(NOTARY))
            if was_paused
            else self.network.send(ADA, GOVERNANCE, "pause", name_id(NOTARY))
        )
        if outcome.accepted:
            paused = frozenset() if was_paused else frozenset({name_id(NOTARY)})
            self.world = replace(self.world, governance=replace(self.world.governance, paused=paused))


TestNotaryMachine = NotaryMachine.TestCase
TestNotaryMachine.settings = settings(
    max_examples=25,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
