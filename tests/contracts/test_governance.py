"""Governance: contract and rules agree; nothing happens without a quorum, twice, or after its time."""

from __future__ import annotations

import pytest
from evm import Outcome
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from lockstep import Lockstep
from network import (
    ADA,
    AGENTS,
    BEN,
    CEM,
    FINANCE,
    NOW,
    STRANGER,
    VALIDATORS,
    Network,
    address,
    digest,
)

from contracts.addresses import GENESIS_ADDRESSES, GOVERNANCE, NOTARY, PARTIES, name_id
from contracts.governance import client, rules
from contracts.governance.calls import (
    Approve,
    Call,
    Execute,
    Pause,
    Propose,
    SetMember,
    SetQuorum,
    SetValidators,
    calls_action,
)
from contracts.governance.client import Invocation, invocation
from contracts.governance.rules import apply
from contracts.world import AgentRole
from ledger.errors import InvalidRecord, VerificationError

OWN = GENESIS_ADDRESSES[GOVERNANCE]
VOTE = digest("vote")
CALENDAR = name_id("calendar")
DIGEST_CALL = invocation(GOVERNANCE, "set_digest", CALENDAR, digest("2026"))
DAY = 86400


def propose(network: Network, calls: list[Invocation], caller: bytes = ADA, lasts: int = DAY) -> Outcome:
    return network.send(caller, GOVERNANCE, "propose", VOTE, calls_action(calls), network.now + lasts)


def approve(network: Network, caller: bytes = BEN) -> Outcome:
    return network.send(caller, GOVERNANCE, "approve", VOTE)


def execute(network: Network, calls: list[Invocation], caller: bytes = CEM) -> Outcome:
    return network.send(caller, GOVERNANCE, "execute", VOTE, tuple(calls))


def test_two_of_three_put_a_calendar_in_force(network: Network) -> None:
    assert propose(network, [DIGEST_CALL]).accepted
    assert execute(network, [DIGEST_CALL]).reason == "governance: quorum missing"
    assert approve(network).accepted
    assert execute(network, [DIGEST_CALL]).accepted
    values = network.values(GOVERNANCE, client.digest_fact("calendar").slots)
    assert client.decode_digest("calendar", values) == digest("2026")


def test_a_proposal_is_carried_out_once(network: Network) -> None:
    propose(network, [DIGEST_CALL])
    approve(network)
    assert execute(network, [DIGEST_CALL]).accepted
    assert execute(network, [DIGEST_CALL]).reason == "governance: already executed"
    assert approve(network, CEM).reason == "governance: already executed"
    assert propose(network, [DIGEST_CALL]).reason == "governance: already proposed"


def test_a_vote_expires(network: Network) -> None:
    propose(network, [DIGEST_CALL], lasts=60)
    network.now += 59
    assert approve(network).accepted
    network.now += 1
    assert execute(network, [DIGEST_CALL]).reason == "governance: proposal expired"


@pytest.mark.parametrize("lasts", [0, rules.MAX_OPEN + 1])
def test_a_vote_is_open_for_a_bounded_time(network: Network, lasts: int) -> None:
    assert propose(network, [DIGEST_CALL], lasts=lasts).reason == "governance: bad expiry"
    assert propose(network, [DIGEST_CALL], lasts=rules.MAX_OPEN).accepted


def test_only_what_was_voted_on_is_done(network: Network) -> None:
    propose(network, [DIGEST_CALL])
    approve(network)
    other = invocation(GOVERNANCE, "set_digest", CALENDAR, digest("2027"))
    for calls in ([other], [DIGEST_CALL, DIGEST_CALL], []):
        assert execute(network, calls).reason == "governance: another action"


def test_nobody_but_members_takes_part(network: Network) -> None:
    officer = AGENTS[FINANCE, AgentRole.OFFICER]
    assert propose(network, [DIGEST_CALL], officer).reason == "governance: members only"
    propose(network, [DIGEST_CALL])
    assert approve(network, STRANGER).reason == "governance: members only"
    assert approve(network, ADA).reason == "governance: already approved"
    approve(network)
    assert execute(network, [DIGEST_CALL], officer).reason == "governance: members only"


@pytest.mark.parametrize(
    ("method", "args"),
    [
        ("unpause", (name_id(NOTARY),)),
        ("set_member", (STRANGER, True)),
        ("set_quorum", (1,)),
        ("set_validators", (VALIDATORS[:1],)),
        ("set_digest", (CALENDAR, digest("2026"))),
    ],
)
def test_no_single_member_changes_governance(network: Network, method: str, args: tuple[bytes, ...]) -> None:
    assert network.send(ADA, GOVERNANCE, method, *args).reason == "governance: by quorum only"


def test_approvals_of_former_members_do_not_count(network: Network) -> None:
    propose(network, [DIGEST_CALL])
    approve(network)
    assert network.govern(GOVERNANCE, "set_member", STRANGER, True).accepted
    assert network.govern(GOVERNANCE, "set_member", BEN, False).accepted
    assert execute(network, [DIGEST_CALL]).reason == "governance: quorum missing"
    assert approve(network, STRANGER).accepted
    assert execute(network, [DIGEST_CALL]).accepted
    assert network.read(GOVERNANCE, "approvals", VOTE) == ((ADA, BEN, STRANGER),)


def test_the_quorum_stays_within_reach(network: Network) -> None:
    assert network.govern(GOVERNANCE, "set_quorum", 4).reason == "governance: quorum out of reach"
    assert network.govern(GOVERNANCE, "set_quorum", 0).reason == "governance: quorum out of reach"
    assert network.govern(GOVERNANCE, "set_member", CEM, False).accepted
    assert network.read(GOVERNANCE, "member_count") == (2,)
    calls = [invocation(GOVERNANCE, "set_member", BEN, False)]
    propose(network, calls)
    approve(network)
    assert execute(network, calls, ADA).reason == "governance: quorum out of reach"


def test_one_member_pauses_and_a_quorum_unpauses(network: Network) -> None:
    assert network.send(ADA, GOVERNANCE, "pause", name_id(NOTARY)).accepted
    assert network.send(BEN, GOVERNANCE, "pause", name_id(NOTARY)).reason == "governance: no change"
    node = AGENTS[FINANCE, AgentRole.NODE]
    anchor = (digest("stream"), 0, 1, digest("root"))
    assert network.send(node, NOTARY, "anchor", *anchor).reason == "governance: paused"
    values = network.values(GOVERNANCE, client.paused_fact(NOTARY).slots)
    assert client.decode_paused(NOTARY, values)
    assert network.govern(GOVERNANCE, "unpause", name_id(NOTARY)).accepted
    assert network.send(node, NOTARY, "anchor", *anchor).accepted


@pytest.mark.parametrize("name", ["Governance", "Directory"])
def test_what_is_needed_to_unpause_cannot_be_paused(network: Network, name: str) -> None:
    assert network.send(ADA, GOVERNANCE, "pause", name_id(name)).reason == "governance: cannot be paused"


def test_a_failing_call_undoes_the_whole_decision(network: Network) -> None:
    failing = invocation(GOVERNANCE, "set_quorum", 9)
    assert network.decide([DIGEST_CALL, failing]).reason == "governance: quorum out of reach"
    assert network.read(GOVERNANCE, "digests", CALENDAR) == (bytes(32),)
    unknown = (name_id("Nowhere"), b"")
    assert network.decide([unknown]).reason == "directory: no such contract"


def test_a_decision_reaches_other_contracts(network: Network) -> None:
    until = NOW + DAY
    assert network.govern(PARTIES, "renew", FINANCE, 3, NOW, until).accepted
    assert network.read(PARTIES, "party", FINANCE)[0][3] == until  # type: ignore[index]


def test_a_quorum_replaces_the_validators(network: Network) -> None:
    values = network.values(GOVERNANCE, client.validators_fact().slots)
    client.verify_validators(VALIDATORS, values)
    assert network.read(GOVERNANCE, "getValidators") == (VALIDATORS,)
    fewer = VALIDATORS[1:]
    assert network.govern(GOVERNANCE, "set_validators", fewer).accepted
    values = network.values(GOVERNANCE, client.validators_fact().slots)
    client.verify_validators(fewer, values)
    with pytest.raises(VerificationError):
        client.verify_validators(VALIDATORS, values)
    for malformed in ((), fewer[::-1], (fewer[0], fewer[0]), (b"short",)):
        with pytest.raises(InvalidRecord):
            client.verify_validators(malformed, values)


@pytest.mark.parametrize(
    ("validators", "reason"),
    [
        ((), "governance: no validators"),
        (VALIDATORS[::-1], "governance: validators not ascending"),
        ((VALIDATORS[0], VALIDATORS[0]), "governance: validators not ascending"),
        ((bytes(20), VALIDATORS[0]), "governance: validators not ascending"),
    ],
)
def test_a_malformed_validator_set_is_refused(network: Network, validators: tuple[bytes, ...], reason: str) -> None:
    assert network.govern(GOVERNANCE, "set_validators", validators).reason == reason


def test_a_full_set_of_validators_fits_into_the_gas_cap(network: Network) -> None:
    full = tuple(sorted(address(f"v{n}") for n in range(client.MAX_VALIDATORS)))
    outcome = network.govern(GOVERNANCE, "set_validators", full)
    assert outcome.accepted
    assert outcome.gas < 4_000_000
    client.verify_validators(full, network.values(GOVERNANCE, client.validators_fact().slots))


def test_operations_name_the_methods_the_contract_has(network: Network) -> None:
    op_id = digest("op")
    for caller, operation in (
        (ADA, client.propose_calls(VOTE, [DIGEST_CALL], NOW + DAY, op_id=op_id)),
        (BEN, client.approve(VOTE, op_id=op_id)),
        (CEM, client.execute(VOTE, [DIGEST_CALL], op_id=op_id)),
        (CEM, client.pause(NOTARY, op_id=op_id)),
    ):
        outcome = network.send(caller, operation.contract, operation.method, *operation.args)
        assert outcome.accepted, outcome.reason


ACCOUNTS = (ADA, BEN, CEM, ADA, BEN, CEM, ADA, BEN, CEM, STRANGER)
VOTES = (*(digest(f"vote {n}") for n in range(3)), rules.VALIDATORS)
OWN_CALLS = (
    (SetMember(STRANGER, True), ("set_member", STRANGER, True)),
    (SetMember(BEN, False), ("set_member", BEN, False)),
    (SetQuorum(1), ("set_quorum", 1)),
    (SetQuorum(3), ("set_quorum", 3)),
    (SetValidators(VALIDATORS[:3]), ("set_validators", VALIDATORS[:3])),
    (rules.Unpause(name_id(NOTARY)), ("unpause", name_id(NOTARY))),
    (rules.SetDigest(CALENDAR, digest("2026")), ("set_digest", CALENDAR, digest("2026"))),
)


class GovernanceMachine(RuleBasedStateMachine):
    """Random proposals, votes, executions and pauses by members, former members and strangers."""

    @initialize()
    def found(self) -> None:
        self.network = Network()
        self.governance = Lockstep(self.network, GOVERNANCE, self.network.states.governance)
        self.lists: dict[bytes, list[Invocation]] = {}

    def step(self, call: Call, caller: bytes, method: str, *args: object) -> None:
        self.governance.call(
            lambda state: apply(state, call, caller, self.network.now, OWN), caller, method, *args,  # type: ignore[arg-type]
        )  # fmt: skip

    @rule(vote=st.sampled_from(VOTES), caller=st.sampled_from(ACCOUNTS), lasts=st.sampled_from([DAY, 40, DAY, 0]),
          calls=st.lists(st.sampled_from(OWN_CALLS), min_size=1, max_size=3))  # fmt: skip
    def propose(self, vote: bytes, caller: bytes, lasts: int, calls: list) -> None:  # type: ignore[type-arg]
        chosen = [invocation(GOVERNANCE, method, *args) for _, (method, *args) in calls]
        self.lists.setdefault(vote, chosen)
        action, expires = calls_action(chosen), self.network.now + lasts
        self.step(Propose(vote, action, expires), caller, "propose", vote, action, expires)

    @rule(data=st.data(), caller=st.sampled_from(ACCOUNTS))
    def approve(self, data: st.DataObject, caller: bytes) -> None:
        vote = data.draw(self.known_votes())
        self.step(Approve(vote), caller, "approve", vote)

    @rule(data=st.data(), caller=st.sampled_from(ACCOUNTS))
    def execute(self, data: st.DataObject, caller: bytes) -> None:
        vote = data.draw(self.known_votes())
        calls = tuple(self.lists.get(vote, [DIGEST_CALL]))
        self.step(Execute(vote, calls), caller, "execute", vote, calls)

    @rule(data=st.data(), voters=st.sets(st.sampled_from(ACCOUNTS), min_size=2))
    def decide(self, data: st.DataObject, voters: set[bytes]) -> None:
        vote = data.draw(self.known_votes())
        for voter in sorted(voters):
            self.step(Approve(vote), voter, "approve", vote)
        calls = tuple(self.lists.get(vote, [DIGEST_CALL]))
        self.step(Execute(vote, calls), ADA, "execute", vote, calls)

    def known_votes(self) -> st.SearchStrategy[bytes]:
        return st.sampled_from(list(self.lists) or list(VOTES))

    @rule(name=st.sampled_from([NOTARY, GOVERNANCE]), caller=st.sampled_from(ACCOUNTS))
    def pause(self, name: str, caller: bytes) -> None:
        self.step(Pause(name_id(name)), caller, "pause", name_id(name))

    @rule(own=st.sampled_from(OWN_CALLS), caller=st.sampled_from([ADA, OWN]))
    def call_directly(self, own: tuple, caller: bytes) -> None:  # type: ignore[type-arg]
        call, (method, *args) = own
        self.step(call, caller, method, *args)

    @rule(step=st.sampled_from([1, 30]))
    def wait(self, step: int) -> None:
        self.network.now += step


TestGovernanceMachine = GovernanceMachine.TestCase
TestGovernanceMachine.settings = settings(
    max_examples=25,
    stateful_step_count=15,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
