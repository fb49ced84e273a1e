"""Reservations: only a sound one of a running attempt is taken; exact and private releases of a period never mix."""

from __future__ import annotations

from dataclasses import replace

import pytest
from budgetedjob import ASSET, FIRST, JOB, NODES, ONE, OTHER, OWNERS, REASON, RHO, TWO, begin, commit
from budgeting import PERIOD, Budgeting
from network import STRANGER, digest
from sharing import INSTITUTE, NODE, OFFICE, OFFICE_NODE, agent, asset_of

from contracts.budgets.calls import Consume, Refund, Reserve, Settle
from contracts.budgets.record import MAX_AMOUNT, NOTHING, Mode, Pot, ReservationState
from contracts.jobs.calls import Abort, Open, Refuse, Release, Retry


def test_a_reservation_is_consumed_by_the_opening_and_settled_by_the_release(accepted: Budgeting) -> None:
    accepted.reserve(ONE, JOB, RHO)
    assert accepted.pot(ONE) == Pot(2 * RHO, 0, RHO, Mode.EXACT, 1)
    commit(accepted, JOB)
    for party in OWNERS:
        accepted.must(NODES[party], Open(JOB, 1))
    accepted.pay(OFFICE_NODE, Consume(JOB, 1, ASSET))
    assert accepted.pot(ONE) == Pot(2 * RHO, RHO, 0, Mode.EXACT, 1)
    for party in accepted.members(JOB):
        accepted.must(NODES[party], Release(JOB, 1, digest("result"), digest("statement")))
    accepted.pay(NODES[TWO], Settle(JOB, 1, ASSET))
    assert accepted.pot(ONE) == Pot(2 * RHO, RHO, 0, Mode.EXACT, 1)
    assert accepted.reservation(ONE, JOB).state is ReservationState.SETTLED


def test_nothing_is_taken_out_of_an_empty_pot_and_zero_out_of_any(accepted: Budgeting) -> None:
    assert accepted.reserve(ONE, JOB, 2 * RHO + 1).reason == "budgets: lifetime pot"
    assert accepted.reserve(TWO, JOB, 1).reason == "budgets: lifetime pot"
    assert accepted.reserve(TWO, JOB, 0).accepted
    assert accepted.pot(TWO) == Pot(mode=Mode.EXACT, holders=1)


def test_the_same_reservation_again_does_nothing_and_another_is_refused(accepted: Budgeting) -> None:
    assert len(accepted.reserve(ONE, JOB, RHO).logs) == 1
    assert accepted.reserve(ONE, JOB, RHO).logs == ()
    assert accepted.pot(ONE).reserved == RHO
    for changes in (
        {"amount": RHO + 1}, {"amount": RHO - 1}, {"side": 1}, {"mode": int(Mode.PRIVATE)}, {"period": digest("2020")},
    ):  # fmt: skip
        assert accepted.reserve(ONE, JOB, **{"amount": RHO, **changes}).reason == "budgets: reserved otherwise"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"period": NOTHING}, "budgets: period missing"),
        ({"mode": 0}, "budgets: mode"),
        ({"mode": 3}, "budgets: mode"),
        ({"mode": int(Mode.PRIVATE)}, ""),
        ({"amount": MAX_AMOUNT + 1}, "budgets: amount"),
        ({"amount": 2**256 - 1, "side": 0}, "budgets: amount"),
        ({"amount": MAX_AMOUNT}, "budgets: lifetime pot"),
        ({"side": RHO + 1}, "budgets: amount"),
        ({"side": RHO}, ""),
        ({"job": digest("never")}, "budgets: unknown job"),
        ({"attempt": 2}, "budgets: attempt"),
        ({"attempt": 0}, "budgets: attempt"),
        ({"asset": asset_of(TWO)}, "budgets: asset not supplied"),
        ({"asset": digest("another")}, "budgets: asset not supplied"),
    ],
)
def test_only_a_sound_reservation_is_taken(accepted: Budgeting, changes: dict, reason: str) -> None:
    call = Reserve(JOB, 1, ASSET, PERIOD, int(Mode.EXACT), RHO, 0)
    assert accepted.budget(NODES[ONE], replace(call, **changes)).reason == reason


@pytest.mark.parametrize(
    ("caller", "reason"),
    [
        (STRANGER, "parties: unknown agent"),
        (FIRST, "parties: agent lacks the role"),
        (agent(TWO, NODE), "budgets: asset not supplied"),
        (OFFICE_NODE, "budgets: asset not supplied"),
        (agent(INSTITUTE, NODE), "budgets: asset not supplied"),
    ],
)
def test_only_the_owners_node_reserves(accepted: Budgeting, caller: bytes, reason: str) -> None:
    assert accepted.budget(caller, Reserve(JOB, 1, ASSET, PERIOD, int(Mode.EXACT), RHO, 0)).reason == reason


def test_nothing_is_reserved_before_all_have_accepted_nor_once_one_has_opened(town: Budgeting) -> None:
    town.allow(ONE, RHO)
    town.must(OFFICE, town.propose(JOB, OWNERS))
    assert town.reserve(ONE, JOB, RHO).reason == "budgets: not accepted by all"
    town.to_accepted(JOB)
    commit(town, JOB)
    town.must(NODES[TWO], Open(JOB, 1))
    assert town.reserve(ONE, JOB, RHO).reason == "budgets: opened or over"


def test_nothing_is_reserved_for_a_job_past_its_deadline_or_ended(accepted: Budgeting) -> None:
    begin(accepted, OTHER)
    accepted.now = accepted.job(JOB).deadline
    assert accepted.reserve(ONE, JOB, RHO).reason == "budgets: deadline"
    accepted.now -= 1
    assert accepted.reserve(ONE, JOB, RHO).accepted
    accepted.must(NODES[TWO], Refuse(OTHER, REASON, NOTHING))
    assert accepted.reserve(ONE, OTHER, RHO).reason == "budgets: opened or over"


def test_a_party_left_out_of_an_attempt_reserves_nothing_for_it(town: Budgeting) -> None:
    town.allow(ONE, RHO)
    town.must(OFFICE, town.propose(JOB, OWNERS, contributors=2))
    town.must(NODES[ONE], Abort(JOB, 1, REASON))
    rest = (1 << 4) - 1 & ~town.roster(JOB).bit(ONE)
    town.must(OFFICE, Retry(JOB, 1, rest))
    town.to_accepted(JOB)
    assert town.reserve(ONE, JOB, RHO).reason == "budgets: asset not supplied"
    assert town.reserve(TWO, JOB, 0).accepted


@pytest.mark.parametrize(("first", "second"), [(Mode.EXACT, Mode.PRIVATE), (Mode.PRIVATE, Mode.EXACT)])
def test_exact_and_private_releases_of_a_data_period_never_mix(accepted: Budgeting, first: Mode, second: Mode) -> None:
    begin(accepted, OTHER)
    assert accepted.reserve(ONE, JOB, RHO, mode=int(first)).accepted
    assert accepted.reserve(ONE, OTHER, RHO, mode=int(second)).reason == "budgets: pot of the other mode"
    commit(accepted, JOB)
    accepted.must(NODES[TWO], Open(JOB, 1))
    accepted.must(NODES[ONE], Abort(JOB, 1, REASON))
    assert accepted.end(Refund, ONE, JOB).reason == "budgets: not ended unopened"
    assert accepted.reserve(ONE, OTHER, 0, mode=int(second)).reason == "budgets: pot of the other mode"
    assert accepted.end(Consume, ONE, JOB).accepted
    assert accepted.reserve(ONE, OTHER, 0, mode=int(second)).reason == "budgets: pot of the other mode"
    assert accepted.reserve(ONE, OTHER, RHO, mode=int(first)).accepted


@pytest.mark.parametrize(("first", "second"), [(Mode.EXACT, Mode.PRIVATE), (Mode.PRIVATE, Mode.EXACT)])
def test_an_attempt_that_ended_before_it_began_leaves_the_mode_open(
    accepted: Budgeting, first: Mode, second: Mode
) -> None:
    assert accepted.reserve(ONE, JOB, RHO, mode=int(first), side=RHO).accepted
    accepted.must(NODES[ONE], Abort(JOB, 1, REASON))
    assert accepted.end(Refund, ONE, JOB).accepted
    assert accepted.pot(ONE) == Pot(2 * RHO)
    begin(accepted, OTHER)
    assert accepted.reserve(ONE, OTHER, RHO, mode=int(second)).accepted
    assert accepted.pot(ONE) == Pot(2 * RHO, 0, RHO, second, 1)


@pytest.mark.parametrize(
    ("mode", "side", "after"), [(Mode.EXACT, 0, 1), (Mode.EXACT, 300, 1), (Mode.PRIVATE, 0, 0), (Mode.PRIVATE, 300, 1)]
)
def test_an_unopened_attempt_that_may_have_shown_something_keeps_the_mode(
    accepted: Budgeting, mode: Mode, side: int, after: int
) -> None:
    """An exact one has shown its owners the threshold's bits; a private one shows nothing but what its side says."""
    assert accepted.reserve(ONE, JOB, RHO, mode=int(mode), side=side).accepted
    commit(accepted, JOB)
    accepted.must(NODES[TWO], Abort(JOB, 1, REASON))
    assert accepted.end(Refund, ONE, JOB).accepted
    assert accepted.pot(ONE) == Pot(2 * RHO, side, 0, mode if after else Mode.UNSET, after)


def test_the_mode_stays_while_another_attempt_holds_it(accepted: Budgeting) -> None:
    begin(accepted, OTHER)
    assert accepted.reserve(ONE, JOB, RHO).accepted
    assert accepted.reserve(ONE, OTHER, RHO).accepted
    for job, left in ((JOB, Pot(2 * RHO, 0, RHO, Mode.EXACT, 1)), (OTHER, Pot(2 * RHO))):
        accepted.must(NODES[ONE], Abort(job, 1, REASON))
        assert accepted.end(Refund, ONE, job).accepted
        assert accepted.pot(ONE) == left


def test_an_exact_total_that_cost_nothing_keeps_the_mode_for_ever(accepted: Budgeting) -> None:
    """Amounts cannot tell: an exact sum costs no rho, and yet it was released."""
    assert accepted.reserve(ONE, JOB, 0).accepted
    commit(accepted, JOB)
    accepted.must(NODES[TWO], Open(JOB, 1))
    assert accepted.end(Consume, ONE, JOB).accepted
    begin(accepted, OTHER)
    assert accepted.reserve(ONE, OTHER, 0).accepted
    accepted.must(NODES[ONE], Abort(OTHER, 1, REASON))
    assert accepted.end(Refund, ONE, OTHER).accepted
    assert accepted.pot(ONE) == Pot(2 * RHO, 0, 0, Mode.EXACT, 1)


def test_data_periods_have_pots_and_modes_of_their_own(accepted: Budgeting) -> None:
    accepted.allow(ONE, RHO, digest("2020"))
    begin(accepted, OTHER)
    assert accepted.reserve(ONE, JOB, 2 * RHO).accepted
    assert accepted.reserve(ONE, OTHER, RHO, period=digest("2020"), mode=int(Mode.PRIVATE)).accepted
