"""Breaches: contract and rules agree; every item of articles 39 to 41 can be found, corrected and closed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from evm import Outcome
from lockstep import Lockstep
from network import ADA, AGENTS, AUDIT, AUTHORITY, FINANCE, STRANGER, TAX, Network, digest

from contracts.addresses import BREACHES
from contracts.breaches import client
from contracts.breaches.rules import ITEMS, NOTHING, Breach, BreachState, Call, Close, Correct, Find, State, apply
from contracts.proven import history_fact, verify_events
from contracts.regulation.citing import cited
from contracts.regulation.reader import national
from contracts.regulation.rule_set import breach_number
from contracts.world import AgentRole

WORD, ID, DAY = digest("word"), digest("breach"), 86400
CLERK, AUDITED = AGENTS[FINANCE, AgentRole.OFFICER], AGENTS[AUDIT, AgentRole.OFFICER]


class Bench:
    """An authority and those it watches."""

    def __init__(self) -> None:
        self.network = Network()
        self.breaches = Lockstep(self.network, BREACHES, State())

    def step(self, caller: bytes, call: Call) -> Outcome:
        operation = client.operation(call, op_id=WORD)
        return self.breaches.call(
            lambda state: apply(state, call, caller, self.network.now, self.network.states),
            caller, operation.method, *operation.args,
        )  # fmt: skip

    def find(self, **changes: int | bytes) -> Find:
        call = Find(ID, FINANCE, 3904, 10, digest("request"), WORD, self.network.now + 30 * DAY)
        return replace(call, **changes)  # type: ignore[arg-type]


@pytest.fixture
def bench() -> Bench:
    return Bench()


def test_every_item_that_a_rule_names_can_be_found_and_no_other(bench: Bench) -> None:
    named = {(breach_number(item), int(rule.id[1:])) for rule in national().rules for item in rule.breaches}
    assert {item for item, _ in named} <= ITEMS
    assert len(ITEMS) == 9 + 7 + 3
    for item, rule in sorted(named | {(item, 27) for item in ITEMS}):
        outcome = bench.step(ADA, bench.find(id=digest(f"{item} {rule}"), item=item, rule=rule))
        assert outcome.accepted, outcome.reason
    for item in (0, 1, 3900, 3910, 4000, 4008, 4100, 4104, 2**255):
        refused = bench.step(ADA, bench.find(item=item))
        assert refused.reason == "breach: unknown item (R27)"
    found = cited("breach: unknown item (R27)")
    assert found is not None
    assert "article 39, article 40, article 41" in found.text("en")


def test_a_second_exchange_platform_is_found_by_an_authority_alone(bench: Bench) -> None:
    """By which platform rows travel no transaction shows; who sees another one built states it, item 39(8)."""
    rule = national().rule("R23")
    assert rule.breaches == ("39(8)",)
    built = bench.find(item=breach_number("39(8)"), rule=23)
    assert bench.step(CLERK, built).reason == "breach: authority only (R27)"
    assert bench.step(ADA, replace(built, item=breach_number("39(8)") + 2)).reason == "breach: unknown item (R27)"
    assert bench.step(ADA, built).accepted


def test_a_breach_is_corrected_by_the_accused_and_closed_by_the_authority(bench: Bench) -> None:
    assert bench.step(ADA, bench.find()).accepted
    assert bench.step(AUDITED, Correct(ID, WORD)).reason == "breach: of another party"
    assert bench.step(CLERK, Correct(ID, NOTHING)).reason == "breach: report missing (R27)"
    corrected = bench.step(CLERK, Correct(ID, WORD))
    assert corrected.logs[0].data[-1] == 0
    assert bench.step(CLERK, Correct(ID, WORD)).reason == "breach: state"
    assert bench.step(CLERK, Close(ID, False, WORD)).reason == "breach: before another authority (R27)"
    assert bench.step(ADA, Close(ID, False, NOTHING)).reason == "breach: outcome missing (R27)"
    assert bench.step(ADA, Close(ID, False, WORD)).accepted
    assert bench.step(ADA, Close(ID, False, WORD)).reason == "breach: state"
    values = bench.network.values(BREACHES, client.breach_fact(ID).slots)
    assert client.decode_breach(ID, values) == bench.breaches.state.breach(ID)
    assert client.decode_breach(ID, dict.fromkeys(values, bytes(32))) == Breach()


def test_a_late_correction_says_so(bench: Bench) -> None:
    bench.step(ADA, bench.find())
    bench.network.now += 30 * DAY
    assert bench.step(CLERK, Correct(ID, WORD)).logs[0].data[-1] == 1


def test_an_unfounded_breach_is_lifted(bench: Bench) -> None:
    bench.step(ADA, bench.find())
    assert bench.step(ADA, Close(ID, True, WORD)).accepted
    assert bench.breaches.state.breach(ID).state is BreachState.LIFTED
    assert bench.step(CLERK, Correct(ID, WORD)).reason == "breach: state"


REFUSED: tuple[tuple[bytes, dict[str, int | bytes], str], ...] = (
    (STRANGER, {}, "parties: unknown agent"),
    (CLERK, {}, "breach: authority only (R27)"),
    (ADA, {"id": NOTHING}, "breach: finding missing (R27)"),
    (ADA, {"evidence": NOTHING}, "breach: finding missing (R27)"),
    (ADA, {"accused": NOTHING}, "breach: accused"),
    (ADA, {"accused": AUTHORITY}, "breach: accused"),
    (ADA, {"rule": 0}, "breach: rule missing (R27)"),
    (ADA, {"rule": 28}, "breach: rule missing (R27)"),
    (ADA, {"due": 1}, "breach: due in the past (R27)"),
)


def test_only_an_authority_finds_and_names_item_rule_and_moment(bench: Bench) -> None:
    for caller, changes, reason in REFUSED:
        assert bench.step(caller, bench.find(**changes)).reason == reason
    assert bench.step(ADA, bench.find()).accepted
    assert bench.step(ADA, bench.find(accused=TAX)).reason == "breach: exists"
    assert bench.step(CLERK, Correct(WORD, WORD)).reason == "breach: unknown"


def test_the_events_are_the_whole_history(bench: Bench) -> None:
    steps = ((ADA, bench.find()), (CLERK, Correct(ID, WORD)), (ADA, Close(ID, False, WORD)))
    logs = [log for caller, call in steps for log in bench.step(caller, call).logs]
    verify_events(BREACHES, ID, logs, bench.network.values(BREACHES, history_fact(BREACHES, ID).slots))
