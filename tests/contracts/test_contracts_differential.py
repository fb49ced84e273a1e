"""Two implementations of the machine, one truth: recorded calls give the same on py-evm (Prague) and revm (London)."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from evm import GAS, Evm, Outcome
from network import ADA, AGENTS, AUDIT, BEN, CEM, FINANCE, FOUNDING, NOW, STRANGER, UNTIL, Network, address, digest
from revm import Revm

from contracts.addresses import CALENDAR, GENESIS_ADDRESSES, GOVERNANCE, NOTARY, PARTIES, REGULATION, name_id
from contracts.artefacts import code_hash, initcode
from contracts.calendar import client as calendar
from contracts.calendar.dates import DAY, is_weekend
from contracts.calendar.rules import SetSpan
from contracts.genesis import founding
from contracts.governance import client as governance
from contracts.layout import layout_of
from contracts.regulation import client as regulation
from contracts.regulation.reader import national
from contracts.world import AgentRole

NODE = AGENTS[FINANCE, AgentRole.NODE]
APPROVER = AGENTS[FINANCE, AgentRole.APPROVER]
STREAM = digest("stream")
Step = tuple[int, bytes, bytes, bytes, Outcome]


class RecordingEvm(Evm):
    """Keeps every call with its time and outcome."""

    def __init__(self, predeploys: Mapping[bytes, tuple[bytes, Mapping[bytes, bytes]]], now: int) -> None:
        super().__init__(predeploys, now)
        self.steps: list[Step] = []

    def send(self, caller: bytes, to: bytes, data: bytes, *, gas: int = GAS) -> Outcome:
        outcome = super().send(caller, to, data, gas=gas)
        self.steps.append((self.now, caller, to, data, outcome))
        return outcome


def play(network: Network) -> None:
    """Do what a young network does, refusals included."""
    network.send(NODE, NOTARY, "anchor", STREAM, 0, 5, digest("five"))
    network.send(NODE, NOTARY, "anchor", STREAM, 0, 6, digest("fork"))
    network.send(STRANGER, NOTARY, "anchor", STREAM, 5, 6, digest("six"))
    network.send(ADA, GOVERNANCE, "pause", name_id(NOTARY))
    network.send(NODE, NOTARY, "anchor", STREAM, 5, 6, digest("six"))
    network.govern(GOVERNANCE, "unpause", name_id(NOTARY))
    network.now += 10
    network.send(NODE, NOTARY, "anchor", STREAM, 5, 6, digest("six"))
    network.send(APPROVER, PARTIES, "enroll", address("new"), FINANCE, 3, NOW, UNTIL)
    network.send(APPROVER, PARTIES, "enroll", address("newer"), AUDIT, 3, NOW, UNTIL)
    network.send(APPROVER, PARTIES, "rotate", FINANCE, digest("s"), digest("x"), digest("t"))
    network.send(APPROVER, PARTIES, "compromised", FINANCE, 1, NOW + 5)
    network.send(APPROVER, PARTIES, "dismiss", NODE)
    network.send(NODE, NOTARY, "anchor", STREAM, 6, 7, digest("seven"))
    network.govern(GOVERNANCE, "set_member", STRANGER, True)
    network.govern(GOVERNANCE, "set_validators", FOUNDING.validators[1:])
    network.govern(GOVERNANCE, "set_digest", name_id("calendar"), digest("2026"))
    network.govern(GOVERNANCE, "set_quorum", 9)
    count_days(network)
    upgrade(network)
    network.send(address("new"), NOTARY, "anchor", STREAM, 6, 7, digest("seven"))
    for read in (("anchored", STREAM), ("root_at", STREAM, 5), ("history", STREAM), ("count", STREAM)):
        network.send(STRANGER, NOTARY, *read)


def count_days(network: Network) -> None:
    """Set a span of three words with exceptions, and the national limits; ask inside, outside and too late."""
    first = NOW // DAY // 256 * 256 - 1
    weekend = next(day for day in range(first + 20, first + 27) if is_weekend(day))
    span = SetSpan(first, first + 300, tuple(range(first, first + 9)), (weekend,), digest("notice"))
    network.decide([calendar.set_call(span), regulation.set_call(national().call)])
    network.decide([calendar.set_call(span)])
    code = regulation.limit_id("answer-conditional")
    for start in (NOW, NOW - 40 * DAY, NOW - 400 * DAY, NOW + DAY):
        network.send(STRANGER, CALENDAR, "due", start, 30, 1)
        network.send(STRANGER, CALENDAR, "due", start, 30, 2)
        network.send(STRANGER, REGULATION, "due", regulation.jurisdiction_id("anywhere"), code, start)


def upgrade(network: Network) -> None:
    vote, op_id, expires = digest("upgrade"), digest("op"), network.now + 60
    code, creation = code_hash(NOTARY), initcode(NOTARY)
    proposed = governance.propose_deployment(vote, NOTARY, code, creation, expires, op_id=op_id)
    deployed = governance.deploy(vote, NOTARY, code, creation, op_id=op_id)
    for caller, operation in ((ADA, proposed), (BEN, governance.approve(vote, op_id=op_id)), (CEM, deployed)):
        network.send(caller, GOVERNANCE, operation.method, *operation.args)


@pytest.fixture(scope="module")
def recorded() -> RecordingEvm:
    network = Network()
    network.evm = evm = RecordingEvm(founding(FOUNDING), NOW)
    play(network)
    return evm


def test_the_recorded_calls_include_successes_and_refusals(recorded: RecordingEvm) -> None:
    reasons = [outcome.reason for *_, outcome in recorded.steps]
    assert reasons.count("") > 20
    assert {
        "notary: stale size", "parties: unknown agent", "governance: paused", "parties: approver of another party",
        "parties: agent expired", "governance: quorum out of reach", "directory: superseded", "calendar: no change",
        "calendar: day without a calendar", "calendar: start in the future",
    } <= set(reasons)  # fmt: skip


@pytest.mark.parametrize("spec", ["LONDON", "PRAGUE"])
def test_both_machines_agree_on_verdict_reason_logs_and_result(recorded: RecordingEvm, spec: str) -> None:
    revm = Revm(founding(FOUNDING), NOW, spec)
    for now, caller, to, data, outcome in recorded.steps:
        revm.now = now
        expected = (outcome.accepted, outcome.reason, outcome.logs, outcome.returned if outcome.accepted else b"")
        assert revm.send(caller, to, data) == expected
    slots = layout_of(NOTARY)
    for slot in (slots.slot("history", STREAM), slots.slot("count", STREAM), *slots.record("streams", STREAM).values()):
        account = GENESIS_ADDRESSES[NOTARY]
        assert revm.word(account, slot) == recorded.word(account, slot)
