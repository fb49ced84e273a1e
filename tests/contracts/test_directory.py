"""The Directory and upgrades: only a quorum replaces a contract, the old one is frozen, its state lives on."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from evm import Outcome
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from lockstep import Lockstep
from network import ADA, AGENTS, BEN, CEM, FINANCE, NOW, STRANGER, Network, address, digest

from contracts import build
from contracts.addresses import (
    AUTHORIZATIONS,
    DIRECTORY,
    GENESIS_ADDRESSES,
    GOVERNANCE,
    JOBS,
    NAMES,
    NOTARY,
    PARTIES,
    REQUESTS,
    name_id,
)
from contracts.artefacts import code_hash, initcode, interfaces, runtime
from contracts.directory import client
from contracts.directory.rules import Entry, Set, apply
from contracts.governance import client as governance
from contracts.history import verify_history
from contracts.world import AgentRole
from ledger.hashing import keccak256

GOVERNOR = GENESIS_ADDRESSES[GOVERNANCE]
NODE = AGENTS[FINANCE, AgentRole.NODE]
VOTE = digest("vote")
STREAM = digest("stream")


@pytest.fixture(scope="module")
def successor(tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """A second version of the Notary, built from a copy of the sources elsewhere."""
    root = tmp_path_factory.mktemp("build") / "contracts"
    shutil.copytree(build.ROOT, root, ignore=shutil.ignore_patterns("__pycache__", "artefacts"))
    (root / "successor").mkdir()
    source = root / "successor" / "successor.vy"
    source.write_text((Path(__file__).parent / "successor.vy").read_text())
    return build.build(source, root)


def deploy(network: Network, name: str, code: bytes, initcode: bytes, *, shown: bytes | None = None) -> Outcome:
    """Have a quorum vote for a deployment, and show the contract some initcode."""
    propose = governance.propose_deployment(VOTE, name, code, initcode, network.now + 60, op_id=digest("op"))
    network.send(ADA, GOVERNANCE, propose.method, *propose.args)
    network.send(BEN, GOVERNANCE, "approve", VOTE)
    carry_out = governance.deploy(VOTE, name, code, shown or initcode, op_id=digest("op"))
    return network.send(CEM, GOVERNANCE, carry_out.method, *carry_out.args)


def hex_of(artefact: dict[str, object], key: str) -> bytes:
    return bytes.fromhex(str(artefact[key]))


def test_every_founding_contract_is_registered_with_the_code_it_has(network: Network) -> None:
    for name, account in GENESIS_ADDRESSES.items():
        entry = Entry(account, 1, code_hash(name), NOW)
        assert network.read(DIRECTORY, "at", name_id(name)) == (account,)
        assert keccak256(network.evm.code(account)) == entry.code_hash
        values = network.values(DIRECTORY, client.entry_fact(name).slots)
        assert client.decode_entry(name, values) == entry
    assert client.decode_entry("None", network.values(DIRECTORY, client.entry_fact("None").slots)) == Entry()


@pytest.mark.parametrize("caller", [ADA, STRANGER, NODE])
def test_nobody_but_governance_changes_the_directory(network: Network, caller: bytes) -> None:
    outcome = network.send(caller, DIRECTORY, "set", name_id(NOTARY), address("x"), digest("x"))
    assert outcome.reason == "directory: governance only"


@pytest.mark.parametrize(
    ("name", "account", "code", "reason"),
    [
        (name_id(DIRECTORY), address("x"), code_hash(JOBS), "directory: cannot replace itself"),
        (bytes(32), address("x"), code_hash(JOBS), "directory: name missing"),
        (name_id(NOTARY), GENESIS_ADDRESSES[JOBS], code_hash(JOBS), "directory: account already used"),
        (name_id(NOTARY), address("x"), code_hash(JOBS), "directory: other code"),
        (name_id(NOTARY), address("x"), keccak256(b""), "directory: other code"),
    ],
)
def test_an_account_without_the_voted_code_is_refused(
    network: Network, name: bytes, account: bytes, code: bytes, reason: str
) -> None:
    assert network.send(GOVERNOR, DIRECTORY, "set", name, account, code).reason == reason


def test_a_quorum_deploys_the_next_version_and_the_old_one_freezes(
    network: Network, successor: dict[str, object]
) -> None:
    stream = (STREAM, 0, 5, digest("five"))
    assert network.send(NODE, NOTARY, "anchor", *stream).accepted
    code = hex_of(successor, "code_hash")
    assert deploy(network, NOTARY, code, hex_of(successor, "bytecode")).accepted
    entry = client.decode_entry(NOTARY, network.values(DIRECTORY, client.entry_fact(NOTARY).slots))
    assert (entry.version, entry.code_hash) == (2, code)
    assert keccak256(network.evm.code(entry.account)) == code
    refused = network.send(NODE, NOTARY, "anchor", STREAM, 5, 6, digest("six"))
    assert refused.reason == "directory: superseded"
    assert network.read(NOTARY, "anchored", STREAM) == (5, digest("five"), FINANCE)


@pytest.mark.parametrize(
    ("name", "method", "args"),
    [
        (REQUESTS, "refuse", (STREAM, 12, STREAM)),
        (AUTHORIZATIONS, "suspend", (STREAM, STREAM, 0)),
        (AUTHORIZATIONS, "revoke", (STREAM, STREAM)),
        (JOBS, "refuse", (STREAM, STREAM, STREAM)),
        (JOBS, "abort", (STREAM, 1, STREAM)),
        (PARTIES, "dismiss", (NODE,)),
        (PARTIES, "compromised", (FINANCE, 1, 1)),
    ],
)
def test_a_replaced_contract_takes_no_stops_either(
    network: Network, name: str, method: str, args: tuple[bytes | int, ...]
) -> None:
    approver = AGENTS[FINANCE, AgentRole.APPROVER]
    assert network.send(approver, name, method, *args).reason != "directory: superseded"
    network.evm.install(address("next"), b"next")
    assert network.send(GOVERNOR, DIRECTORY, "set", name_id(name), address("next"), keccak256(b"next")).accepted
    assert network.send(approver, name, method, *args).reason == "directory: superseded"


def test_the_successor_continues_the_state_and_the_history_of_the_frozen_version(
    network: Network, successor: dict[str, object]
) -> None:
    logs = list(network.send(NODE, NOTARY, "anchor", STREAM, 0, 5, digest("five")).logs)
    deploy(network, NOTARY, hex_of(successor, "code_hash"), hex_of(successor, "bytecode"))
    (account,) = network.read(DIRECTORY, "at", name_id(NOTARY))
    interface = interfaces()[NOTARY]

    def send(caller: bytes, method: str, *args: bytes | int) -> Outcome:
        return network.evm.send(caller, account, interface.encode_call(method, args))  # type: ignore[arg-type]

    assert send(NODE, "anchor", STREAM, 0, 6, digest("fork")).reason == "notary: stale size"
    outcome = send(NODE, "anchor", STREAM, 5, 9, digest("nine"))
    assert outcome.accepted, outcome.reason
    logs += outcome.logs
    (history,) = interface.decode_output("history", send(NODE, "history", STREAM).returned)
    (count,) = interface.decode_output("count", send(NODE, "count", STREAM).returned)
    verify_history(STREAM, logs, history, count)  # type: ignore[arg-type]
    assert count == 2


def test_the_code_that_was_voted_on_is_the_code_that_is_deployed(
    network: Network, successor: dict[str, object]
) -> None:
    initcode, code = hex_of(successor, "bytecode"), hex_of(successor, "code_hash")
    changed = initcode[:-1] + bytes([initcode[-1] ^ 1])
    assert deploy(network, NOTARY, code, initcode, shown=changed).reason == "governance: another action"


def test_a_deployment_of_other_code_than_its_hash_is_undone(network: Network, successor: dict[str, object]) -> None:
    outcome = deploy(network, NOTARY, digest("another code"), hex_of(successor, "bytecode"))
    assert outcome.reason == "directory: other code"
    assert network.read(DIRECTORY, "at", name_id(NOTARY)) == (GENESIS_ADDRESSES[NOTARY],)


def test_a_replaced_governance_decides_nothing_more(network: Network) -> None:
    assert deploy(network, GOVERNANCE, code_hash(GOVERNANCE), initcode(GOVERNANCE)).accepted
    outcome = network.send(ADA, GOVERNANCE, "propose", digest("later"), digest("action"), network.now + 60)
    assert outcome.reason == "directory: superseded"
    assert network.send(GOVERNOR, DIRECTORY, "set", name_id(JOBS), address("x"), digest("x")).reason == (
        "directory: governance only"
    )


def test_the_largest_contract_deploys_within_the_gas_cap(network: Network) -> None:
    largest = max(NAMES, key=lambda name: 0 if name in (DIRECTORY, GOVERNANCE) else len(runtime(name)))
    outcome = deploy(network, largest, code_hash(largest), initcode(largest))
    assert outcome.accepted, outcome.reason
    assert outcome.gas < 4_500_000


SETS = st.tuples(
    st.sampled_from([NOTARY, JOBS, "Titles", DIRECTORY]),
    st.sampled_from([*map(address, ("a", "b", "c", "d", "empty")), GENESIS_ADDRESSES[JOBS]]),
    st.sampled_from([True, True, False]),
    st.sampled_from([GOVERNOR, GOVERNOR, GOVERNOR, ADA]),
)


class DirectoryMachine(RuleBasedStateMachine):
    """Registrations by Governance and others, of accounts with and without the right code."""

    @initialize()
    def found(self) -> None:
        self.network = Network()
        self.directory = Lockstep(self.network, DIRECTORY, self.network.states.directory)
        self.codes = {account: code_hash(name) for name, account in GENESIS_ADDRESSES.items()}
        for label in ("a", "b", "c", "d"):
            self.network.evm.install(address(label), label.encode())
            self.codes[address(label)] = keccak256(label.encode())

    @rule(calls=st.lists(SETS, min_size=2, max_size=5))
    def set(self, calls: list[tuple[str, bytes, bool, bytes]]) -> None:
        for name, account, is_right, caller in calls:
            self.register(name, account, is_right, caller)

    def register(self, name: str, account: bytes, is_right: bool, caller: bytes) -> None:
        code = self.codes.get(account, keccak256(b"")) if is_right else digest("wrong")
        call = Set(name_id(name), account, code)
        self.directory.call(
            lambda state: apply(state, call, caller, self.network.now, self.codes),
            caller, "set", call.name, account, code,
        )  # fmt: skip
        values = self.network.values(DIRECTORY, client.entry_fact(name).slots)
        expected = self.directory.state.entries.get(name_id(name), Entry())
        assert client.decode_entry(name, values) == expected

    @rule()
    def wait(self) -> None:
        self.network.now += 1


TestDirectoryMachine = DirectoryMachine.TestCase
TestDirectoryMachine.settings = settings(
    max_examples=20,
    stateful_step_count=12,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow],
)
