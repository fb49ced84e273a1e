"""Parties: contract and rules agree; nobody both operates and approves; keys of every epoch stay readable."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from evm import Outcome
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from lockstep import Lockstep
from network import (
    ADA,
    AGENTS,
    AUDIT,
    FINANCE,
    NOW,
    OPERATOR,
    PARTY_ROLES,
    STRANGER,
    TAX,
    UNTIL,
    YEAR,
    Network,
    address,
    digest,
    register,
)

from contracts.addresses import GENESIS_ADDRESSES, GOVERNANCE, PARTIES, name_id
from contracts.parties import client
from contracts.parties.calls import Call, Compromised, Dismiss, Enroll, Register, Renew, Rotate
from contracts.parties.record import Agent, Keys, Party
from contracts.parties.rules import Result, State, acting, apply
from contracts.world import AgentRole, PartyRole
from ledger.abi import AbiValue
from ledger.errors import NotAuthorized

GOVERNOR = GENESIS_ADDRESSES[GOVERNANCE]
APPROVER = AGENTS[FINANCE, AgentRole.APPROVER]
TAX_APPROVER = AGENTS[TAX, AgentRole.APPROVER]
OFFICER = AGENTS[FINANCE, AgentRole.OFFICER]
NEW = address("new")
COURT = digest("court")

METHODS = {Register: "register", Renew: "renew", Rotate: "rotate", Compromised: "compromised", Enroll: "enroll",
           Dismiss: "dismiss"}  # fmt: skip


def arguments(call: Call) -> tuple[AbiValue, ...]:
    return tuple(getattr(call, name) for name in call.__dataclass_fields__)


def send(network: Network, caller: bytes, call: Call) -> Outcome:
    return network.send(caller, PARTIES, METHODS[type(call)], *arguments(call))


def enroll(agent: bytes = NEW, party: bytes = FINANCE, roles: int = 1, start: int = NOW, until: int = UNTIL) -> Enroll:
    return Enroll(agent, party, int(roles), start, until)


def test_a_quorum_registers_a_party_once(network: Network) -> None:
    call = register(COURT, PartyRole.COURT)
    assert network.govern(PARTIES, "register", *arguments(call)).accepted
    assert network.read(PARTIES, "serving", COURT, int(PartyRole.COURT)) == (True,)
    assert network.read(PARTIES, "serving", COURT, int(PartyRole.OWNER)) == (False,)
    assert network.govern(PARTIES, "register", *arguments(call)).reason == "parties: already registered"


@pytest.mark.parametrize("caller", [ADA, APPROVER, STRANGER])
def test_nobody_but_governance_registers_or_renews(network: Network, caller: bytes) -> None:
    assert send(network, caller, register(COURT, 32)).reason == "parties: governance only"
    assert send(network, caller, Renew(FINANCE, 3, NOW, UNTIL)).reason == "parties: governance only"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        (register(bytes(32), 1), "parties: party missing"),
        (register(COURT, 0), "parties: unknown role"),
        (register(COURT, 128), "parties: unknown role"),
        (register(COURT, 32, valid_from=UNTIL), "parties: empty validity"),
        (register(COURT, 32, valid_until=1 << 41), "parties: empty validity"),
        (replace(register(COURT, 32), seal=bytes(32)), "parties: key missing"),
        (Renew(COURT, 32, NOW, UNTIL), "parties: unknown party"),
        (Renew(FINANCE, 3 | PartyRole.OPERATOR, NOW, UNTIL), "parties: operator may not approve or audit"),
    ],
)
def test_a_malformed_party_is_refused(network: Network, call: Call, reason: str) -> None:
    assert send(network, GOVERNOR, call).reason == reason


@pytest.mark.parametrize("role", [PartyRole.OWNER, PartyRole.REQUESTER, PartyRole.REGISTRAR])
def test_an_operator_neither_owns_nor_requests_data(network: Network, role: PartyRole) -> None:
    refused = send(network, GOVERNOR, register(COURT, int(PartyRole.OPERATOR | role))).reason
    assert refused == ("" if role is PartyRole.REGISTRAR else "parties: operator has no data (R25)")


@pytest.mark.parametrize("one", [PartyRole.AUTHORITY, PartyRole.OPERATOR, PartyRole.AUDITOR])
@pytest.mark.parametrize("other", [PartyRole.AUTHORITY, PartyRole.OPERATOR, PartyRole.AUDITOR])
def test_who_manages_who_operates_and_who_audits_are_three_parties(
    network: Network, one: PartyRole, other: PartyRole
) -> None:
    refused = send(network, GOVERNOR, register(COURT, int(one | other | PartyRole.COURT))).reason
    assert refused == ("" if one is other else "parties: manager and operator and auditor are three")


@pytest.mark.parametrize(
    ("caller", "call", "reason"),
    [
        (APPROVER, enroll(), ""),
        (GOVERNOR, enroll(), ""),
        (TAX_APPROVER, enroll(), "parties: approver of another party"),
        (OFFICER, enroll(), "parties: agent lacks the role"),
        (STRANGER, enroll(), "parties: unknown agent"),
        (APPROVER, enroll(agent=bytes(20)), "parties: agent missing"),
        (APPROVER, enroll(agent=TAX_APPROVER), "parties: agent of another party"),
        (APPROVER, enroll(roles=0), "parties: unknown role"),
        (APPROVER, enroll(roles=32), "parties: unknown role"),
        (APPROVER, enroll(roles=12), "parties: approver and auditor in one agent"),
        (APPROVER, enroll(roles=AgentRole.HEAD | AgentRole.AUDITOR), "parties: approver and auditor in one agent"),
        (APPROVER, enroll(until=NOW), "parties: empty validity"),
        (APPROVER, enroll(until=UNTIL + 1), "parties: agent outlives its party"),
        (GOVERNOR, enroll(party=COURT), "parties: unknown party"),
        (GOVERNOR, enroll(party=OPERATOR, roles=AgentRole.OFFICER), ""),
        (GOVERNOR, enroll(party=OPERATOR, roles=AgentRole.APPROVER), "parties: operator may not approve or audit"),
        (GOVERNOR, enroll(party=OPERATOR, roles=AgentRole.AUDITOR), "parties: operator may not approve or audit"),
        (GOVERNOR, enroll(party=OPERATOR, roles=AgentRole.HEAD), "parties: operator may not approve or audit"),
    ],
)
def test_agents_are_appointed_by_an_approver_of_their_party(
    network: Network, caller: bytes, call: Enroll, reason: str
) -> None:
    assert send(network, caller, call).reason == reason


def test_an_agent_once_approver_never_becomes_auditor(network: Network) -> None:
    assert send(network, APPROVER, enroll(roles=AgentRole.APPROVER)).accepted
    assert send(network, APPROVER, enroll(roles=AgentRole.OFFICER)).accepted
    refused = send(network, APPROVER, enroll(roles=AgentRole.AUDITOR))
    assert refused.reason == "parties: approver and auditor in one agent"


def test_a_party_that_approves_never_becomes_operator_even_after_the_approver_left(network: Network) -> None:
    send(network, GOVERNOR, Dismiss(APPROVER))
    refused = send(network, GOVERNOR, Renew(FINANCE, int(PartyRole.OPERATOR), NOW, UNTIL))
    assert refused.reason == "parties: operator may not approve or audit"
    assert send(network, GOVERNOR, Renew(FINANCE, int(PartyRole.OWNER), NOW, UNTIL)).accepted


def test_a_dismissed_agent_is_neither_admitted_nor_acting(network: Network) -> None:
    assert network.read(PARTIES, "admitted_until", OFFICER) == (UNTIL,)
    assert send(network, APPROVER, Dismiss(OFFICER)).accepted
    assert network.read(PARTIES, "admitted_until", OFFICER) == (0,)
    assert network.send(STRANGER, PARTIES, "acting", OFFICER, 1).reason == "parties: agent expired"
    assert send(network, APPROVER, Dismiss(OFFICER)).reason == "parties: agent expired"
    assert send(network, APPROVER, Dismiss(STRANGER)).reason == "parties: unknown agent"


@pytest.mark.parametrize(
    ("time", "reason"),
    [(NOW + 9, "parties: agent not yet valid"), (NOW + 10, ""), (NOW + 19, ""), (NOW + 20, "parties: agent expired")],
)
def test_an_agent_acts_from_its_first_second_to_its_last(network: Network, time: int, reason: str) -> None:
    send(network, APPROVER, enroll(start=NOW + 10, until=NOW + 20))
    network.now = time
    assert network.send(STRANGER, PARTIES, "acting", NEW, 1).reason == reason


def test_agents_of_an_expelled_party_cannot_act(network: Network) -> None:
    send(network, GOVERNOR, Renew(FINANCE, 3, NOW - YEAR, NOW))
    assert network.send(STRANGER, PARTIES, "acting", OFFICER, 1).reason == "parties: party not valid"
    assert network.read(PARTIES, "serving", FINANCE, 127) == (False,)


def test_keys_of_every_epoch_stay_readable(network: Network) -> None:
    first = client.decode_keys(FINANCE, 1, network.values(PARTIES, client.keys_fact(FINANCE, 1).slots))
    assert first == Keys(*arguments(register(FINANCE, 3))[4:], since=NOW)
    network.now += 100
    rotated = Rotate(FINANCE, digest("s"), digest("x"), digest("t"))
    assert send(network, APPROVER, rotated).accepted
    assert client.decode_epoch(FINANCE, network.values(PARTIES, client.epoch_fact(FINANCE).slots)) == 2
    values = network.values(PARTIES, (*client.keys_fact(FINANCE, 1).slots, *client.keys_fact(FINANCE, 2).slots))
    assert client.decode_keys(FINANCE, 1, values) == replace(first, until=NOW + 100)
    second = client.decode_keys(FINANCE, 2, values)
    assert second == Keys(digest("s"), digest("x"), digest("t"), since=NOW + 100)
    assert network.read(PARTIES, "keys", FINANCE, 0) == network.read(PARTIES, "keys", FINANCE, 2)
    assert client.decode_keys(FINANCE, 1, values).is_good_at(NOW + 99)
    assert not client.decode_keys(FINANCE, 1, values).is_good_at(NOW + 100)


def test_a_compromise_only_moves_back(network: Network) -> None:
    network.now += 100
    assert send(network, APPROVER, Compromised(FINANCE, 1, NOW + 50)).accepted
    assert send(network, APPROVER, Compromised(FINANCE, 1, NOW + 60)).reason == "parties: already compromised"
    assert send(network, APPROVER, Compromised(FINANCE, 1, NOW + 40)).accepted
    assert send(network, APPROVER, Compromised(FINANCE, 1, NOW + 101)).reason == "parties: not in the past"
    assert send(network, APPROVER, Compromised(FINANCE, 2, NOW + 1)).reason == "parties: unknown epoch"
    keys = client.decode_keys(FINANCE, 1, network.values(PARTIES, client.keys_fact(FINANCE, 1).slots))
    assert keys.is_good_at(NOW + 39)
    assert not keys.is_good_at(NOW + 40)


def paused(network: Network) -> Lockstep[State]:
    assert network.send(ADA, GOVERNANCE, "pause", name_id(PARTIES)).accepted
    return Lockstep(network, PARTIES, network.states.parties)


def do(parties: Lockstep[State], caller: bytes, call: Call) -> Outcome:
    """Make one call on contract and rules of a paused network."""
    states = parties.network.states
    world = replace(states, governance=replace(states.governance, paused=frozenset({name_id(PARTIES)})))
    now, method = parties.network.now, METHODS[type(call)]
    return parties.call(lambda state: apply(state, call, caller, now, world), caller, method, *arguments(call))


ROTATE = Rotate(FINANCE, digest("s"), digest("x"), digest("t"))


@pytest.mark.parametrize("call", [enroll(), ROTATE])
def test_a_pause_stops_what_approvers_give_but_not_governance(network: Network, call: Call) -> None:
    parties = paused(network)
    assert do(parties, APPROVER, call).reason == "governance: paused"
    assert do(parties, GOVERNOR, call).accepted


@pytest.mark.parametrize("call", [Dismiss(OFFICER), Compromised(FINANCE, 1, NOW)])
def test_a_pause_lets_approvers_of_the_party_take_away(network: Network, call: Call) -> None:
    parties = paused(network)
    assert do(parties, TAX_APPROVER, call).reason == "parties: approver of another party"
    assert do(parties, OFFICER, call).reason == "parties: agent lacks the role"
    assert do(parties, APPROVER, call).accepted


def test_proven_words_read_back_as_the_rules_records(network: Network) -> None:
    state = network.states.parties
    agent = network.values(PARTIES, client.agent_fact(OFFICER).slots)
    assert client.decode_agent(OFFICER, agent) == state.agents[OFFICER] == Agent(FINANCE, 1, 1, NOW - YEAR, UNTIL)
    party = network.values(PARTIES, client.party_fact(AUDIT).slots)
    assert client.decode_party(AUDIT, party) == state.parties[AUDIT]
    nobody = network.values(PARTIES, client.party_fact(COURT).slots)
    assert client.decode_party(COURT, nobody) == Party()
    admitted = client.admitted_slot(OFFICER)
    assert network.values(PARTIES, [admitted])[admitted] == UNTIL.to_bytes(32, "big")


def test_operations_name_the_methods_the_contract_has(network: Network) -> None:
    op_id = digest("op")
    for operation in (
        client.enroll(NEW, FINANCE, AgentRole.NODE, NOW, UNTIL, op_id=op_id),
        client.dismiss(NEW, op_id=op_id),
        client.rotate(FINANCE, digest("s"), digest("x"), digest("t"), op_id=op_id),
        client.compromised(FINANCE, 1, NOW, op_id=op_id),
    ):
        assert network.send(APPROVER, operation.contract, operation.method, *operation.args).accepted


PARTY = st.sampled_from([FINANCE, FINANCE, FINANCE, OPERATOR, COURT])
AGENT = st.sampled_from([NEW, NEW, OFFICER, APPROVER, TAX_APPROVER])
CALLER = st.sampled_from([GOVERNOR, GOVERNOR, GOVERNOR, APPROVER, APPROVER, TAX_APPROVER, NEW, STRANGER])
START = st.sampled_from([NOW - YEAR, NOW, NOW + 5, UNTIL])
END = st.sampled_from([UNTIL, UNTIL - 1, NOW + 60, NOW + 5, UNTIL + 1])
KEY = st.sampled_from([digest("k1"), digest("k2"), digest("k3"), digest("k4"), bytes(32)])
CALLS: st.SearchStrategy[Call] = st.one_of(
    st.builds(Register, PARTY, st.sampled_from([1, 8, 32, 0]), START, END, KEY, KEY, KEY),
    st.builds(Renew, PARTY, st.sampled_from([1, 3, 8, 128]), START, END),
    st.builds(Rotate, PARTY, KEY, KEY, KEY),
    st.builds(Compromised, PARTY, st.sampled_from([1, 1, 2, 0]), START),
    st.builds(Enroll, AGENT, PARTY, st.sampled_from([1, 2, 3, 4, 8, 12, 0, 16]), START, END),
    st.builds(Dismiss, AGENT),
)


class PartiesMachine(RuleBasedStateMachine):
    """Random calls by everybody; time passes."""

    @initialize()
    def found(self) -> None:
        self.network = Network()
        self.world = self.network.states
        self.parties = Lockstep(self.network, PARTIES, self.world.parties)

    @rule(calls=st.lists(st.tuples(CALLS, CALLER), min_size=3, max_size=8))
    def call(self, calls: list[tuple[Call, bytes]]) -> None:
        for call, caller in calls:
            self.parties.call(self.applied(call, caller), caller, METHODS[type(call)], *arguments(call))

    def applied(self, call: Call, caller: bytes) -> Callable[[State], Result]:
        return lambda state: apply(state, call, caller, self.network.now, self.world)

    @rule(step=st.sampled_from([1, 30, 30, 60]))
    def wait(self, step: int) -> None:
        self.network.now += step

    @rule(agent=AGENT, role=st.integers(1, 15))
    def ask(self, agent: bytes, role: int) -> None:
        outcome = self.network.send(STRANGER, PARTIES, "acting", agent, role)
        try:
            expected, reason = acting(self.parties.state, agent, role, self.network.now), ""
        except NotAuthorized as error:
            expected, reason = b"", str(error)
        assert (outcome.reason, outcome.returned if outcome.accepted else b"") == (reason, expected)

    @rule(party=PARTY, epoch=st.integers(1, 3))
    def prove(self, party: bytes, epoch: int) -> None:
        values = self.network.values(PARTIES, client.keys_fact(party, epoch).slots)
        expected = self.parties.state.keys.get((party, epoch), Keys())
        assert client.decode_keys(party, epoch, values) == expected


TestPartiesMachine = PartiesMachine.TestCase
TestPartiesMachine.settings = settings(
    max_examples=25,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)


def test_the_founding_parties_hold_their_roles(network: Network) -> None:
    for party, roles in PARTY_ROLES.items():
        assert network.read(PARTIES, "party", party)[0][0] == int(roles)  # type: ignore[index]
