"""Ends of attempts: only one that provably opened nothing gives anything back, whoever races, crashes or pauses."""

from __future__ import annotations

from dataclasses import replace

import pytest
from budgetedjob import (
    ASSET,
    FIRST,
    JOB,
    NODES,
    ONE,
    OTHER,
    OWNERS,
    REASON,
    RHO,
    SECOND,
    THREE,
    TWO,
    again,
    begin,
    commit,
)
from budgeting import PERIOD, Budgeting
from network import STRANGER, digest
from sharing import INSTITUTE, NODE, OFFICE, agent, asset_of

from contracts.addresses import BUDGETS
from contracts.budgets.calls import Confirm, Consume, Lower, Propose, Refund, Reserve, Settle
from contracts.budgets.record import NOTHING, Mode, Pot
from contracts.jobs.calls import Abort, Open, Refuse, Release
from contracts.jobs.record import JobState


@pytest.mark.parametrize("kind", [Consume, Settle, Refund])
def test_only_parties_of_the_job_end_a_reservation(accepted: Budgeting, kind: type) -> None:
    accepted.reserve(ONE, JOB, RHO)
    call = kind(JOB, 1, ASSET)
    assert accepted.budget(STRANGER, call).reason == "parties: unknown agent"
    assert accepted.budget(agent(INSTITUTE, NODE), call).reason == "budgets: no party of the job"
    assert accepted.budget(OFFICE, replace(call, asset=asset_of(TWO))).reason == "budgets: nothing reserved"


def test_a_running_attempt_is_neither_consumed_nor_settled_nor_refunded(accepted: Budgeting) -> None:
    accepted.reserve(ONE, JOB, RHO)
    commit(accepted, JOB)
    assert accepted.end(Consume, ONE, JOB).reason == "budgets: not opened"
    assert accepted.end(Settle, ONE, JOB).reason == "budgets: not released"
    assert accepted.end(Refund, ONE, JOB).reason == "budgets: not ended unopened"


@pytest.mark.parametrize("stop", [Abort(JOB, 1, REASON), Refuse(JOB, REASON, NOTHING)])
def test_an_attempt_that_ended_unopened_gives_everything_back_before_it_began(accepted: Budgeting, stop: Abort) -> None:
    accepted.reserve(ONE, JOB, RHO, side=RHO)
    accepted.must(NODES[TWO], stop)
    assert accepted.end(Refund, ONE, JOB).accepted
    assert accepted.pot(ONE) == Pot(2 * RHO)
    for kind, reason in ((Refund, "budgets: state"), (Consume, "budgets: state"), (Settle, "budgets: state")):
        assert accepted.end(kind, ONE, JOB).reason == reason


def test_what_the_protocol_had_shown_before_it_ended_stays_spent(accepted: Budgeting) -> None:
    """Otherwise aborted attempts would show a fresh noised count each, for nothing."""
    accepted.reserve(ONE, JOB, RHO, side=300)
    commit(accepted, JOB)
    accepted.must(NODES[TWO], Abort(JOB, 1, REASON))
    assert accepted.end(Refund, ONE, JOB).accepted
    assert accepted.pot(ONE) == Pot(2 * RHO, 300, 0, Mode.EXACT, 1)


def test_an_opened_attempt_gives_nothing_back_however_it_ended(accepted: Budgeting) -> None:
    accepted.reserve(ONE, JOB, RHO)
    commit(accepted, JOB)
    accepted.must(NODES[TWO], Open(JOB, 1))
    accepted.must(NODES[THREE], Abort(JOB, 1, REASON))
    assert accepted.end(Refund, ONE, JOB).reason == "budgets: not ended unopened"
    again(accepted, JOB)
    assert accepted.end(Refund, ONE, JOB).reason == "budgets: not ended unopened"
    assert accepted.end(Consume, ONE, JOB).accepted
    assert accepted.pot(ONE).spent == RHO


def test_an_unopened_attempt_is_refunded_during_the_next_one_less_its_side_leakage(accepted: Budgeting) -> None:
    accepted.reserve(ONE, JOB, RHO, side=300)
    accepted.must(NODES[TWO], Abort(JOB, 1, REASON))
    again(accepted, JOB)
    assert accepted.end(Refund, ONE, JOB).accepted
    assert accepted.pot(ONE) == Pot(2 * RHO, 300, 0, Mode.EXACT, 1)
    assert accepted.reserve(ONE, JOB, RHO, side=300).accepted


def test_in_doubt_an_earlier_attempt_counts_as_opened(accepted: Budgeting) -> None:
    """Jobs keeps the flags of the newest attempt alone: which one was opened cannot be told, so both are paid."""
    accepted.reserve(ONE, JOB, RHO)
    accepted.must(NODES[TWO], Abort(JOB, 1, REASON))
    again(accepted, JOB)
    accepted.reserve(ONE, JOB, RHO)
    commit(accepted, JOB)
    accepted.must(NODES[TWO], Open(JOB, 2))
    assert accepted.end(Refund, ONE, JOB, 1).reason == "budgets: not ended unopened"
    assert accepted.end(Consume, ONE, JOB, 1).accepted
    assert accepted.end(Consume, ONE, JOB, 2).accepted
    assert accepted.pot(ONE).spent == 2 * RHO


def test_each_attempt_after_an_opening_is_paid_anew(accepted: Budgeting) -> None:
    accepted.reserve(ONE, JOB, RHO)
    commit(accepted, JOB)
    accepted.must(NODES[TWO], Open(JOB, 1))
    accepted.must(NODES[ONE], Abort(JOB, 1, REASON))
    accepted.end(Consume, ONE, JOB)
    again(accepted, JOB)
    assert accepted.reserve(ONE, JOB, RHO).accepted
    assert accepted.pot(ONE) == Pot(2 * RHO, RHO, RHO, Mode.EXACT, 2)


def test_a_release_settles_what_nobody_consumed(accepted: Budgeting) -> None:
    accepted.reserve(ONE, JOB, RHO)
    commit(accepted, JOB)
    for party in OWNERS:
        accepted.must(NODES[party], Open(JOB, 1))
    assert accepted.end(Settle, ONE, JOB).reason == "budgets: not released"
    for party in accepted.members(JOB):
        accepted.must(NODES[party], Release(JOB, 1, digest("result"), digest("statement")))
    assert accepted.job(JOB).state is JobState.RELEASED
    assert accepted.end(Settle, ONE, JOB).accepted
    assert accepted.pot(ONE) == Pot(2 * RHO, RHO, 0, Mode.EXACT, 1)
    assert accepted.end(Settle, ONE, JOB).reason == "budgets: state"


# Races and crashes: attack 34


def test_of_two_jobs_that_want_the_last_rho_one_wins(accepted: Budgeting) -> None:
    begin(accepted, OTHER)
    assert accepted.reserve(ONE, JOB, RHO + 1).accepted
    assert accepted.reserve(ONE, OTHER, RHO).reason == "budgets: lifetime pot"
    assert accepted.reserve(ONE, OTHER, RHO - 1).accepted
    assert accepted.pot(ONE).left == 0


def test_a_crash_at_any_point_after_the_reservation_leaves_the_amount_charged_once(accepted: Budgeting) -> None:
    """Nobody calls anything any more after each step in turn: the pot has lost the amount, once, at all of them."""
    accepted.reserve(ONE, JOB, RHO)
    left = [accepted.pot(ONE).left]
    commit(accepted, JOB)
    left.append(accepted.pot(ONE).left)
    for party in OWNERS:
        accepted.must(NODES[party], Open(JOB, 1))
        left.append(accepted.pot(ONE).left)
    accepted.end(Consume, ONE, JOB)
    left.append(accepted.pot(ONE).left)
    accepted.now = accepted.job(JOB).deadline + 1
    accepted.must(NODES[TWO], Abort(JOB, 1, REASON))
    left.append(accepted.pot(ONE).left)
    assert accepted.end(Refund, ONE, JOB).reason == "budgets: state"
    assert left == [RHO] * len(left)


# Pauses


def test_a_pause_stops_promises_and_refunds_but_neither_payment_nor_a_lower_limit(accepted: Budgeting) -> None:
    accepted.reserve(ONE, JOB, RHO)
    begin(accepted, OTHER)
    commit(accepted, JOB)
    accepted.must(NODES[TWO], Open(JOB, 1))
    accepted.pause(BUDGETS)
    for caller, call in (
        (FIRST, Propose(ASSET, PERIOD, 0, 3 * RHO)),
        (SECOND, Confirm(ASSET, PERIOD, 0, 3 * RHO)),
        (NODES[ONE], Reserve(OTHER, 1, ASSET, PERIOD, int(Mode.EXACT), RHO, 0)),
        (NODES[ONE], Refund(JOB, 1, ASSET)),
    ):
        assert accepted.budget(caller, call).reason == "governance: paused"
    assert accepted.end(Consume, ONE, JOB).accepted
    assert accepted.budget(FIRST, Lower(ASSET, PERIOD, 0, RHO)).accepted
    accepted.unpause(BUDGETS)
    assert accepted.reserve(ONE, OTHER, 0).accepted
