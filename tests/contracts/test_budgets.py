"""Budgets: contract and rules agree; nothing is spent that two officers did not allow, nothing promised is forgotten,
and only an attempt that provably opened nothing gives anything back."""

from __future__ import annotations

from dataclasses import replace

import pytest
from budgeting import PERIOD, Budgeting
from network import AUDIT, STRANGER, digest
from sharing import DAY, INSTITUTE, NODE, OFFICE, OFFICE_NODE, OFFICER, REGISTRARS, agent, asset_of, deputy

from contracts.addresses import BUDGETS, GENESIS_ADDRESSES, GOVERNANCE
from contracts.budgets.calls import Assign, Confirm, Consume, Lower, Propose, Refund, Reserve, Settle
from contracts.budgets.limits import MAX_LENGTH
from contracts.budgets.record import MAX_AMOUNT, NOTHING, Mode, Pot, ReservationState, window_id
from contracts.catalogue.rules import Unmount
from contracts.jobs.calls import Abort, Commit, Open, Refuse, Release, Retry
from contracts.jobs.record import JobState

JOB, OTHER, REASON = digest("job"), digest("other job"), digest("reason")
ONE, TWO, THREE = REGISTRARS[:3]
OWNERS = (ONE, TWO, THREE)
RHO = 5_000
NODES = {party: agent(party, NODE) for party in (*OWNERS, AUDIT)}
FIRST, SECOND = agent(ONE, OFFICER), deputy(ONE)
VOTE = GENESIS_ADDRESSES[GOVERNANCE]
ASSET = asset_of(ONE)


@pytest.fixture
def town() -> Budgeting:
    town = Budgeting()
    for party in OWNERS:
        town.authorize(party)
    return town


@pytest.fixture
def accepted(town: Budgeting) -> Budgeting:
    """A job that all have accepted, and room for two of its reservations."""
    town.allow(ONE, 2 * RHO)
    town.must(OFFICE, town.propose(JOB, OWNERS))
    town.to_accepted(JOB)
    return town


def commit(town: Budgeting, job: bytes) -> None:
    for party in town.members(job):
        town.must(NODES[party], Commit(job, town.job(job).attempt, digest("input"), digest("seed")))


def begin(town: Budgeting, job: bytes) -> None:
    town.must(OFFICE, town.propose(job, OWNERS))
    town.to_accepted(job)


def again(town: Budgeting, job: bytes, attempt: int = 1) -> None:
    town.must(OFFICE, Retry(job, attempt, (1 << len(town.roster(job).parties)) - 1))
    town.to_accepted(job)


# Limits


def test_two_officers_raise_a_limit_and_one_lowers_it(town: Budgeting) -> None:
    town.allow(ONE, 100)
    town.allow(ONE, 300)
    assert town.pot(ONE) == Pot(limit=300)
    town.pay(FIRST, Lower(ASSET, PERIOD, 0, 120))
    assert town.pot(ONE) == Pot(limit=120)


def test_one_officer_alone_raises_nothing(town: Budgeting) -> None:
    call = (ASSET, PERIOD, 0, 100)
    town.pay(FIRST, Propose(*call))
    assert town.budget(FIRST, Confirm(*call)).reason == "budgets: two officers needed"
    assert town.pot(ONE) == Pot()
    town.pay(SECOND, Confirm(*call))
    assert town.pot(ONE) == Pot(limit=100)


def test_a_proposer_who_left_office_counts_no_more(town: Budgeting) -> None:
    town.pay(FIRST, Propose(ASSET, PERIOD, 0, 100))
    town.dismiss(FIRST, ONE)
    assert town.budget(SECOND, Confirm(ASSET, PERIOD, 0, 100)).reason == "parties: agent expired"


@pytest.mark.parametrize(
    ("caller", "reason"),
    [
        (STRANGER, "parties: unknown agent"),
        (agent(ONE, NODE), "parties: agent lacks the role"),
        (agent(TWO, OFFICER), "budgets: asset of another party"),
        (OFFICE, "budgets: asset of another party"),
    ],
)
def test_only_officers_of_the_owner_touch_a_limit(town: Budgeting, caller: bytes, reason: str) -> None:
    town.pay(FIRST, Propose(ASSET, PERIOD, 0, 100))
    for call in (Propose, Confirm, Lower):
        assert town.budget(caller, call(ASSET, PERIOD, 0, 100)).reason == reason


def test_a_withdrawn_asset_has_no_owner_to_raise_its_limits(town: Budgeting) -> None:
    town.must(FIRST, Unmount(ASSET))
    assert town.budget(FIRST, Propose(ASSET, PERIOD, 0, 100)).reason == "budgets: asset of another party"


@pytest.mark.parametrize("changes", [{"limit": 101}, {"limit": 99}])
def test_the_second_officer_confirms_what_the_first_proposed(town: Budgeting, changes: dict) -> None:
    town.pay(FIRST, Propose(ASSET, PERIOD, 0, 100))
    call = replace(Confirm(ASSET, PERIOD, 0, 100), **changes)
    assert town.budget(SECOND, call).reason == "budgets: not what was proposed"


def test_a_newer_proposal_replaces_the_older_and_lowering_withdraws_it(town: Budgeting) -> None:
    town.pay(FIRST, Propose(ASSET, PERIOD, 0, 100))
    town.pay(SECOND, Propose(ASSET, PERIOD, 0, 200))
    assert town.budget(FIRST, Confirm(ASSET, PERIOD, 0, 100)).reason == "budgets: not what was proposed"
    town.pay(FIRST, Lower(ASSET, PERIOD, 0, 0))
    assert town.budget(FIRST, Confirm(ASSET, PERIOD, 0, 200)).reason == "budgets: nothing proposed"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ((PERIOD, 0, 500), "budgets: not a raise"),
        ((PERIOD, 0, 499), "budgets: not a raise"),
        ((PERIOD, 0, 501), ""),
        ((PERIOD, 0, MAX_AMOUNT), ""),
        ((PERIOD, 0, MAX_AMOUNT + 1), "budgets: amount"),
        ((PERIOD, 0, 2**256 - 1), "budgets: amount"),
        ((NOTHING, 0, 501), "budgets: period missing"),
        ((NOTHING, DAY, 80), "budgets: not a raise"),
        ((NOTHING, DAY, 81), ""),
        ((NOTHING, 2 * DAY, 1), ""),
        ((NOTHING, MAX_LENGTH, 1), ""),
        ((NOTHING, MAX_LENGTH + 1, 1), "budgets: length"),
        ((digest("institutes"), DAY, 0), ""),
    ],
)
def test_only_a_sound_raise_is_proposed(town: Budgeting, call: tuple[bytes, int, int], reason: str) -> None:
    town.allow(ONE, 500)
    town.allow(ONE, 80, NOTHING, DAY)
    assert town.budget(FIRST, Propose(ASSET, *call)).reason == reason


def test_a_raise_that_was_overtaken_is_none_any_more(town: Budgeting) -> None:
    """What is proposed stays comparable: a rate of another length is judged by what holds when it is confirmed."""
    town.pay(FIRST, Propose(ASSET, NOTHING, DAY, 10))
    town.pay(SECOND, Confirm(ASSET, NOTHING, DAY, 10))
    assert town.budget(SECOND, Confirm(ASSET, NOTHING, DAY, 10)).reason == "budgets: nothing proposed"


@pytest.mark.parametrize(
    ("call", "reason"),
    [
        ((PERIOD, 0, 2 * RHO + 1), "budgets: not lower"),
        ((PERIOD, 0, RHO - 1), "budgets: spent or reserved"),
        ((PERIOD, 0, RHO), ""),
        ((NOTHING, DAY, 3 * RHO + 1), "budgets: not lower"),
        ((NOTHING, DAY, RHO - 1), "budgets: spent or reserved"),
        ((NOTHING, DAY, RHO), ""),
        ((NOTHING, 2 * DAY, RHO), "budgets: length"),
    ],
)
def test_a_limit_is_not_lowered_below_what_is_used(
    accepted: Budgeting, call: tuple[bytes, int, int], reason: str
) -> None:
    accepted.allow(ONE, 3 * RHO, NOTHING, DAY)
    assert accepted.reserve(ONE, JOB, RHO).accepted
    assert accepted.budget(FIRST, Lower(ASSET, *call)).reason == reason


# Reservations


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


# Rates


def test_a_rate_is_refilled_with_each_window_and_the_lifetime_pot_never(accepted: Budgeting) -> None:
    accepted.allow(ONE, RHO, NOTHING, 900)
    begin(accepted, OTHER)
    third = digest("third job")
    begin(accepted, third)
    assert accepted.reserve(ONE, JOB, RHO).accepted
    assert accepted.reserve(ONE, OTHER, 1).reason == "budgets: rate pot"
    accepted.now += 900 - accepted.now % 900
    assert accepted.reserve(ONE, OTHER, RHO).accepted
    accepted.now += 900
    assert accepted.reserve(ONE, third, RHO).reason == "budgets: lifetime pot"


def test_classes_of_recipients_have_rates_of_their_own(accepted: Budgeting) -> None:
    offices = digest("offices")
    accepted.pay(VOTE, Assign(AUDIT, offices))
    accepted.allow(ONE, 0, offices, DAY)
    assert accepted.reserve(ONE, JOB, 1).reason == "budgets: rate pot"
    accepted.pay(VOTE, Assign(AUDIT, NOTHING))
    assert accepted.reserve(ONE, JOB, 1).accepted


def test_an_amount_goes_back_to_the_window_it_came_from(accepted: Budgeting) -> None:
    accepted.allow(ONE, RHO, NOTHING, 900)
    assert accepted.reserve(ONE, JOB, RHO).accepted
    window = window_id(ASSET, NOTHING, 900, accepted.now)
    accepted.now += 900
    accepted.must(NODES[ONE], Abort(JOB, 1, REASON))
    assert accepted.end(Refund, ONE, JOB).accepted
    assert accepted.budgets.state.window(window).used == 0
    assert accepted.budgets.state.window(window_id(ASSET, NOTHING, 900, accepted.now)).used == 0


def test_only_governance_says_who_belongs_to_which_class(town: Budgeting) -> None:
    for caller in (STRANGER, OFFICE, FIRST):
        assert town.budget(caller, Assign(AUDIT, digest("offices"))).reason == "budgets: governance only"
    assert town.budget(VOTE, Assign(NOTHING, digest("offices"))).reason == "budgets: party missing"
    assert town.budget(VOTE, Assign(AUDIT, digest("offices"))).accepted


# Ends


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
