"""Clients of Budgets: one op_id per step of a reservation, facts that read back, histories that say what was spent."""

from __future__ import annotations

from dataclasses import replace

import pytest
from budgeting import PERIOD, Budgeting
from hypothesis import given, settings
from hypothesis import strategies as st
from network import AUDIT, contract_of, digest
from sharing import DAY, NODE, OFFICE, OFFICER, REGISTRARS, agent, asset_of, deputy
from sharingworld import TwinEvm

from contracts.addresses import BUDGETS, GENESIS_ADDRESSES, GOVERNANCE
from contracts.budgets import client
from contracts.budgets.calls import BUDGET_CONSUMED, Assign, Call, Confirm, Consume, Lower, Propose, Refund, Reserve
from contracts.budgets.history import Charge, Ended, LimitChange, account, classes, read_change
from contracts.budgets.record import (
    CLASSES,
    NOTHING,
    Mode,
    Pot,
    Proposal,
    Rate,
    Reservation,
    ReservationState,
    Window,
    window_id,
)
from contracts.history import Change
from contracts.jobs.calls import Abort, Commit, Open
from contracts.proven import history_fact, verify_events
from ledger.chain.port import StateFact
from ledger.errors import InvalidRecord, VerificationError
from ledger.proofs.proof import Log

JOB, OTHER = digest("job"), digest("other")
ONE, TWO, THREE = REGISTRARS[:3]
OWNERS = (ONE, TWO, THREE)
ASSET = asset_of(ONE)
OFFICES = digest("offices")
VOTE = GENESIS_ADDRESSES[GOVERNANCE]


@pytest.fixture(scope="module")
def story() -> tuple[Budgeting, dict[bytes, list[Log]]]:
    """Limits set and lowered, one job paid, one refunded less its side leakage; on two machines."""
    town = Budgeting(machine=TwinEvm)
    logs: dict[bytes, list[Log]] = {ASSET: [], CLASSES: []}

    def do(caller: bytes, call: Call) -> None:
        for log in town.pay(caller, call).logs:
            if contract_of(log) == BUDGETS:
                logs[log.topics[1]].append(log)

    for party in OWNERS:
        town.authorize(party)
    do(VOTE, Assign(AUDIT, OFFICES))
    for pot, length, limit in ((PERIOD, 0, 50), (OFFICES, DAY, 40)):
        do(agent(ONE, OFFICER), Propose(ASSET, pot, length, limit))
        do(deputy(ONE), Confirm(ASSET, pot, length, limit))
    do(agent(ONE, OFFICER), Lower(ASSET, PERIOD, 0, 30))
    for job in (JOB, OTHER):
        town.must(OFFICE, town.propose(job, OWNERS))
        town.to_accepted(job)
        do(agent(ONE, NODE), Reserve(job, 1, ASSET, PERIOD, int(Mode.PRIVATE), 12, 2))
        for party in town.members(job):
            town.must(agent(party, NODE), Commit(job, 1, digest("input"), digest("seed")))
    town.must(agent(TWO, NODE), Open(JOB, 1))
    do(OFFICE, Consume(JOB, 1, ASSET))
    town.must(agent(TWO, NODE), Abort(OTHER, 1, digest("reason")))
    do(agent(ONE, NODE), Refund(OTHER, 1, ASSET))
    do(deputy(ONE), Propose(ASSET, PERIOD, 0, 90))
    return town, logs


def proven(town: Budgeting, fact: StateFact) -> dict[bytes, bytes]:
    return town.network.values(BUDGETS, fact.slots)


def test_proven_words_read_back_as_the_rules_records(story: tuple[Budgeting, dict[bytes, list[Log]]]) -> None:
    town, _ = story
    window = window_id(ASSET, OFFICES, DAY, town.now)
    pot = client.decode_pot(ASSET, PERIOD, proven(town, client.pot_fact(ASSET, PERIOD)))
    assert pot == Pot(30, 14, 0, Mode.PRIVATE, 2)
    assert client.decode_rate(ASSET, OFFICES, proven(town, client.rate_fact(ASSET, OFFICES))) == Rate(40, DAY)
    assert client.decode_window(window, proven(town, client.window_fact(window))) == Window(14, 0)
    found = client.decode_proposal(ASSET, PERIOD, False, proven(town, client.proposal_fact(ASSET, PERIOD, False)))
    assert found == Proposal(0, 90, deputy(ONE))
    none = client.decode_proposal(ASSET, OFFICES, True, proven(town, client.proposal_fact(ASSET, OFFICES, True)))
    assert none == Proposal()
    held = client.decode_reservation(JOB, 1, ASSET, proven(town, client.reservation_fact(JOB, 1, ASSET)))
    assert held == Reservation(PERIOD, Mode.PRIVATE, 12, 2, window, ReservationState.CONSUMED)
    never = client.decode_reservation(JOB, 2, ASSET, proven(town, client.reservation_fact(JOB, 2, ASSET)))
    assert never == Reservation()
    assert client.decode_class(AUDIT, proven(town, client.class_fact(AUDIT))) == OFFICES
    assert client.decode_class(ONE, proven(town, client.class_fact(ONE))) == NOTHING


def test_words_that_no_contract_stores_are_refused(story: tuple[Budgeting, dict[bytes, list[Log]]]) -> None:
    town, _ = story
    junk = dict.fromkeys(proven(town, client.pot_fact(ASSET, PERIOD)), b"\xff" * 32)
    with pytest.raises(InvalidRecord, match="mode: expected 0 to 2"):
        client.decode_pot(ASSET, PERIOD, junk)
    slots = client.reservation_fact(JOB, 1, ASSET).slots
    words = {slot: bytes(31) + bytes([9 if slot == slots[-1] else 0]) for slot in slots}
    with pytest.raises(InvalidRecord, match="reservation state"):
        client.decode_reservation(JOB, 1, ASSET, words)
    with pytest.raises(InvalidRecord, match="not covered"):
        client.decode_pot(ASSET, digest("2020"), junk)


def test_an_assets_history_says_who_allowed_what_and_what_was_spent(
    story: tuple[Budgeting, dict[bytes, list[Log]]],
) -> None:
    town, logs = story
    found = account(logs[ASSET])
    assert found.pots == {PERIOD: town.pot(ONE)}
    raised = found.changes[1]
    assert raised == LimitChange(2, ONE, PERIOD, 0, 50, (agent(ONE, OFFICER), deputy(ONE)), True)
    charges = [change for change in found.changes if isinstance(change, Charge)]
    assert [(change.job, change.recipient_class, change.reservation.amount) for change in charges] == [
        (JOB, OFFICES, 12), (OTHER, OFFICES, 12),
    ]  # fmt: skip
    ended = [(change.party, change.state, change.spent) for change in found.changes if isinstance(change, Ended)]
    assert ended == [(AUDIT, ReservationState.CONSUMED, 12), (ONE, ReservationState.REFUNDED, 2)]
    assert classes(logs[CLASSES]) == {AUDIT: OFFICES}


def test_a_complete_history_is_proven_by_two_words_and_a_shortened_one_is_not(
    story: tuple[Budgeting, dict[bytes, list[Log]]],
) -> None:
    town, logs = story
    for entity in (ASSET, CLASSES):
        values = proven(town, history_fact(BUDGETS, entity))
        verify_events(BUDGETS, entity, logs[entity], values)
        for shortened in (logs[entity][:-1], logs[entity][1:]):
            with pytest.raises(VerificationError):
                verify_events(BUDGETS, entity, shortened, values)


def test_a_history_with_a_gap_or_a_foreign_event_is_not_read(story: tuple[Budgeting, dict[bytes, list[Log]]]) -> None:
    _, logs = story
    with pytest.raises(InvalidRecord, match="expected change 2, got 3"):
        account([logs[ASSET][0], *logs[ASSET][2:]])
    with pytest.raises(InvalidRecord, match="an event of an asset's budget"):
        account(logs[CLASSES])
    with pytest.raises(InvalidRecord, match="an event of the partition"):
        classes(logs[ASSET])
    with pytest.raises(InvalidRecord, match="end without a reservation"):
        account([Change(BUDGET_CONSUMED, ASSET, (1, ONE, JOB, 1, 5))])


@given(data=st.binary(max_size=400), kind=st.integers(0, 28))
@settings(deadline=None, max_examples=100)
def test_foreign_bytes_are_not_an_event(
    story: tuple[Budgeting, dict[bytes, list[Log]]], data: bytes, kind: int
) -> None:
    log = story[1][ASSET][kind % len(story[1][ASSET])]
    with pytest.raises(InvalidRecord):
        read_change(replace(log, data=data))


def test_the_same_step_has_the_same_op_id_and_another_step_another() -> None:
    reserve = client.reserve(Reserve(JOB, 1, ASSET, PERIOD, Mode.EXACT, 5, 5), party=ONE)
    assert reserve == client.reserve(Reserve(JOB, 1, ASSET, PERIOD, 1, 5, 5), party=ONE)
    others = [
        client.reserve(Reserve(JOB, 2, ASSET, PERIOD, 1, 5, 5), party=ONE),
        client.reserve(Reserve(OTHER, 1, ASSET, PERIOD, 1, 5, 5), party=ONE),
        client.reserve(Reserve(JOB, 1, digest("asset"), PERIOD, 1, 5, 5), party=ONE),
        client.reserve(Reserve(JOB, 1, ASSET, PERIOD, 1, 5, 5), party=ONE, again=1),
        client.end(Consume(JOB, 1, ASSET), party=ONE),
        client.end(Consume(JOB, 1, ASSET), party=TWO),
        client.end(Refund(JOB, 1, ASSET), party=ONE),
    ]
    assert len({operation.op_id for operation in (reserve, *others)}) == 8
