"""A node's payments over a real chain: nothing leaves before every asset has reserved, and whatever happens the pots
have lost what was shown, once."""

from __future__ import annotations

import threading
from dataclasses import replace
from types import SimpleNamespace

import pytest
from city import City
from meddling import Acting, die
from privatespecs import DECLARED, private
from townspecs import REGISTRARS, join, owners, registrars, sold, sums

from contracts.authorizations.terms import identifier
from contracts.budgets.record import Mode, Pot, Reservation, ReservationState
from contracts.jobs.record import Job, JobState, Step
from ledger.errors import BackendError
from mpc.node.attempts.account import CLASS, MISSING, Account, due, is_closed, settle_left_over
from mpc.node.memory.journal import NodeJournal
from mpc.node.registry import ProvenRegistry
from mpc.node.statistics_service import StatisticsService
from mpc.privacy.join_mechanism import count_micro_rho
from mpc.spec.job import JoinSpec

COST = count_micro_rho(join())
KEPT = {"finance": "sales", "tax": "stabilised"}
PROTOCOL = {"keys", "list", "rows", "masked"}


def facts(city: City):
    return ProvenRegistry(next(iter(city.departments.values())).view).now()


def pot(city: City, asset: str) -> Pot:
    return facts(city).pot(identifier(asset), identifier("all"))


def held(city: City, job: bytes, asset: str, attempt: int = 1) -> Reservation:
    return facts(city).reservations(job, attempt, [identifier(asset)])[identifier(asset)]


def town(directory, *, micro_rho: int, matching: int = 12) -> tuple[City, JoinSpec]:
    city = owners(directory, *sold({"1": matching}), micro_rho=micro_rho)
    return city, city.authorized(join(groups=("1",)))


def test_exact_sums_reserve_nothing_and_settle_it(tmp_path):
    """No limit was ever set: zero fits into an empty pot, and fixes that it is released exactly."""
    with registrars(tmp_path, micro_rho=0) as city:
        job, finished = city.ask(city.authorized(sums(edges=())))
        assert finished is not None
        for n, code in enumerate(REGISTRARS, start=1):
            assert held(city, job, f"sales-{n}").state is ReservationState.SETTLED
            assert pot(city, f"sales-{n}") == Pot(mode=Mode.EXACT, holders=1)
            assert city[code].journal.reservations() == []


@pytest.mark.slow
def test_a_join_is_refused_by_the_owner_whose_pot_is_empty_before_a_row_is_read(tmp_path):
    city, spec = town(tmp_path, micro_rho=COST)
    with city:
        assert city.ask(spec)[1] is not None
        assert {asset: pot(city, asset) for asset in KEPT.values()} == dict.fromkeys(
            KEPT.values(), Pot(COST, COST, 0, Mode.EXACT, 1)
        )
        city.allow("tax", 3 * COST)
        job, finished = city.ask(spec)
        assert finished is None
        assert (city.job(job).state, city.reason(job)) == (JobState.REFUSED, "budgets: lifetime pot")
        assert "own rows read" not in city["finance"].said(job)
        said = city["finance"].journal.refusals()[-1].reason
        assert said == f"budgets: lifetime pot of sales, data period all: {COST} micro-rho asked, 0 of {COST} left"
        city.allow("finance", 2 * COST)
        assert city.ask(spec)[1] is not None


@pytest.mark.slow
def test_a_class_of_recipients_waits_for_the_next_window_of_its_rate(tmp_path):
    """Here a rate of nothing: the join is refused, and what costs nothing is not."""
    city, spec = town(tmp_path, micro_rho=COST)
    with city:
        city.allow("tax", 0, window_s=86_400)
        job, finished = city.ask(spec)
        assert finished is None
        assert (city.reason(job), pot(city, "stabilised").left) == ("budgets: rate pot", COST)


@pytest.mark.slow
def test_a_private_question_for_another_class_than_the_recipients_is_refused(tmp_path):
    declared = replace(DECLARED, bounds={"price": (0, 500_000)})
    with registrars(tmp_path, privacy=declared) as city:
        asked = private(("count",), high=500_000)
        assert asked.privacy is not None
        spec = replace(asked, privacy=replace(asked.privacy, recipient_class="institutes"))
        job, finished = city.ask(city.authorized(spec))
        assert finished is None
        assert city.reason(job) == CLASS


@pytest.mark.slow
def test_a_payment_that_cannot_be_made_now_is_reported_and_made_later(tmp_path):
    def unreachable() -> None:
        raise BackendError("the chain is away")

    with registrars(tmp_path) as city:
        spec, code = city.authorized(sums(edges=())), REGISTRARS[0]
        job = city.propose(spec)
        away = {code: {"chain": Acting(city[code].chain, before={"settle": unreachable, "consume": unreachable})}}
        assert city.run(spec, job, 1, away) is not None
        assert "budget not settled yet" in city[code].said(job)
        assert held(city, job, "sales-1").state is ReservationState.RESERVED
        settle_left_over(city[code].workplace(), ())
        assert held(city, job, "sales-1").state is ReservationState.SETTLED
        assert city[code].journal.reservations() == []


@pytest.mark.slow
def test_who_loses_the_race_for_the_last_amount_is_refused_by_the_contract_and_the_others_are_refunded(
    tmp_path, monkeypatch
):
    """Both jobs saw room: the tax department's is gone when its node asks for it."""
    city, spec = town(tmp_path, micro_rho=COST)
    with city:
        assert city.ask(spec)[1] is not None
        city.allow("finance", 2 * COST)
        monkeypatch.setattr(Account, "require_room", lambda self, facts, mandate: None)
        job, finished = city.ask(spec)
        assert finished is None
        assert (city.job(job).state, city.reason(job)) == (JobState.REFUSED, "budgets: lifetime pot")
        assert not PROTOCOL & {message.step for message in city["finance"].messages[-4:]}
        assert held(city, job, "sales").state in (ReservationState.REFUNDED, ReservationState.UNKNOWN)
        assert pot(city, "sales").left == COST


def dying_at(city: City, code: str, method: str) -> dict[str, object]:
    """A node that dies as it is about to make a call."""
    return {"chain": Acting(city[code].chain, before={method: die})}


def forgetting(monkeypatch, *codes: str) -> None:
    """Have the nodes of these parties reserve nothing."""
    reserve = Account.reserve
    monkeypatch.setattr(
        Account, "reserve", lambda self, mandate: None if self.desk.place.party in codes else reserve(self, mandate)
    )


def test_an_asset_that_reserved_nothing_gets_no_message_from_anybody(tmp_path, monkeypatch):
    forgetting(monkeypatch, REGISTRARS[1])
    with registrars(tmp_path) as city:
        spec = city.authorized(sums(edges=()))
        job, finished = city.ask(spec)
        assert finished is None
        assert (city.job(job).state, city.reason(job)) == (JobState.REFUSED, MISSING)
        assert not PROTOCOL & set().union(*(city[code].sent() for code in spec.parties))
        assert pot(city, "sales-1").reserved == 0


def test_without_that_look_at_the_chain_the_figures_would_be_free(tmp_path, monkeypatch):
    forgetting(monkeypatch, *REGISTRARS)
    monkeypatch.setattr(Account, "require_reserved", lambda self, facts, mandate: None)
    with registrars(tmp_path) as city:
        job, finished = city.ask(city.authorized(sums(edges=())))
        assert finished is not None
        assert held(city, job, "sales-1") == Reservation()


@pytest.mark.slow
def test_the_reservations_are_proven_again_before_the_opening(tmp_path, monkeypatch):
    """Between first message and opening a chain under another Budgets could have lost them; then nobody opens."""
    looks: list[str] = []
    require = Account.require_reserved

    def once(self, facts, mandate):
        looks.append(self.desk.place.party)
        if looks.count(self.desk.place.party) > 1:
            facts = Emptied(facts)
        require(self, facts, mandate)

    monkeypatch.setattr(Account, "require_reserved", once)
    with registrars(tmp_path) as city:
        job, finished = city.ask(city.authorized(sums(edges=())))
        assert finished is None
        assert city.reason(job) == MISSING
        assert city.job(job).frozen == 0


class Emptied:
    """Facts of a chain that shows no reservations."""

    def __init__(self, facts):
        self._facts = facts

    def __getattr__(self, name):
        return getattr(self._facts, name)

    def reservations(self, job, attempt, assets):
        return dict.fromkeys(assets, Reservation())


@pytest.mark.slow
@pytest.mark.parametrize("moment", ["open", "release", "settle"])
def test_an_owner_that_dies_around_the_opening_has_paid_once_when_it_is_back(tmp_path, moment):
    city, spec = town(tmp_path, micro_rho=2 * COST)
    with city:
        job = city.propose(spec)
        city["tax"].hand_in(spec)
        city["finance"].hand_in(spec)
        city.patience_s = 12.0
        city.run(spec, job, 1, {"finance": dying_at(city, "finance", moment)})
        assert pot(city, "sales").left == COST
        city["finance"].restart()
        assert city["finance"].journal.reservations() == [(job, 1, identifier("sales"))]
        settle_left_over(city["finance"].workplace(), ())
        assert pot(city, "sales") == Pot(2 * COST, COST, 0, Mode.EXACT, 1)
        assert held(city, job, "sales").state is not ReservationState.RESERVED
        settle_left_over(city["finance"].workplace(), ())
        assert pot(city, "sales") == Pot(2 * COST, COST, 0, Mode.EXACT, 1)
        assert city["finance"].journal.reservations() == []


@pytest.mark.slow
@pytest.mark.parametrize("by", ["its service", "the next attempt"])
def test_an_owner_that_dies_before_it_commits_gets_everything_back(tmp_path, by):
    city, spec = town(tmp_path, micro_rho=COST)
    with city:
        job = city.propose(spec)
        city["tax"].hand_in(spec)
        city.patience_s = 2.0
        assert city.run(spec, job, 1, {"finance": dying_at(city, "finance", "commit")}) is None
        assert (pot(city, "sales").left, pot(city, "stabilised").left) == (0, COST)
        city["finance"].restart()
        settle_left_over(city["finance"].workplace(), {(job, 1)})  # as long as it runs here, it is left alone
        assert pot(city, "sales").left == 0
        if by == "its service":
            StatisticsService(city["finance"].workplace(), threading.Event(), lambda finished: None).step()
            assert held(city, job, "sales").state is ReservationState.REFUNDED
            assert pot(city, "sales") == Pot(COST)  # nothing was shown: neither amount nor mode stays
            city["finance"].journal.usage.require("sales", "all", Mode.PRIVATE)
        city.patience_s = 60.0
        finished = city.run(spec, job, city.retry(spec, job))
        if by == "its service":
            assert finished is not None
        else:  # the retry had begun: whether messages of the first attempt left cannot be told, so its part is paid
            assert city.reason(job) == "budgets: lifetime pot"
            assert held(city, job, "sales").state is ReservationState.REFUNDED
            city.allow("finance", 2 * COST)
            assert city.run(spec, city.propose(spec)) is not None


@pytest.mark.slow
def test_aborted_joins_cannot_be_repeated_until_the_noise_averages_out(tmp_path):
    """Attack: the job ends after the lister has seen its noised count and before any opening, again and again."""
    city, spec = town(tmp_path, micro_rho=2 * COST)
    with city:
        job = city.propose(spec)
        city["tax"].hand_in(spec)
        city["finance"].hand_in(spec)
        attempt = 1
        for _ in range(2):
            city.patience_s = 4.0
            assert city.run(spec, job, attempt, {code: dying_at(city, code, "open") for code in KEPT}) is None
            assert city.job(job).frozen == 0
            for code in KEPT:
                city[code].restart()
            attempt = city.retry(spec, job)
        assert pot(city, "sales").left == pot(city, "stabilised").left == 0
        assert city.run(spec, job, attempt) is None
        assert city.reason(job) == "budgets: lifetime pot"
        for code, asset in KEPT.items():
            settle_left_over(city[code].workplace(), ())
            assert pot(city, asset) == Pot(2 * COST, 2 * COST, 0, Mode.EXACT, 2)


class PausedBudgets:
    """A chain that refuses while Budgets is paused, and keeps to what it once said to a number; one aborted job."""

    def __init__(self):
        self.time, self.is_paused, self.said = 1_000_000, True, {}
        self.held = Reservation(state=ReservationState.RESERVED)

    def now(self):
        return self

    def job(self, job):
        return Job(attempt=1, state=JobState.ABORTED, deadline=100)

    def reservations(self, job, attempt, assets):
        return dict.fromkeys(assets, self.held)

    def submit(self, operation, timeout_s):
        if self.said.setdefault(operation.op_id, not self.is_paused):
            self.held = Reservation(state=ReservationState.REFUNDED)
        return SimpleNamespace(accepted=self.said[operation.op_id])


@pytest.mark.parametrize("minutes", [1, 600])
def test_what_a_pause_refused_is_refunded_after_it_however_long_it_lasts(tmp_path, minutes):
    chain, journal = PausedBudgets(), NodeJournal(tmp_path / "journal.sqlite")
    place = SimpleNamespace(party="finance", registry=chain, chain=chain, journal=journal, step_timeout_s=1.0)
    journal.record_reservation(b"\1" * 32, 1, b"\2" * 32)
    for _ in range(minutes):
        for _ in range(3):  # it looks more often than it asks
            settle_left_over(place, ())
        chain.time += 60
    assert len(chain.said) == minutes
    assert journal.reservations()
    chain.is_paused = False
    settle_left_over(place, ())
    assert chain.held.state is ReservationState.REFUNDED
    assert journal.reservations() == []
    journal.close()


def test_what_is_due_follows_from_state_and_fate_alone():
    job, asset = b"\1" * 32, b"\2" * 32
    opened = 1 << Step.OPEN
    reserved = Reservation(state=ReservationState.RESERVED)
    consumed = Reservation(state=ReservationState.CONSUMED)
    running = Job(attempt=1, state=JobState.COMMITTED, deadline=100)
    cases = [
        (running, reserved, None),
        (replace(running, state=JobState.OPENING, flags=opened), reserved, "Consume"),
        (replace(running, state=JobState.OPENING, flags=opened), consumed, None),
        (replace(running, state=JobState.ABORTED), reserved, "Refund"),
        (replace(running, state=JobState.REFUSED), reserved, "Refund"),
        (replace(running, state=JobState.ABORTED, flags=opened), reserved, "Consume"),
        (replace(running, state=JobState.ABORTED, flags=opened), consumed, None),
        (replace(running, state=JobState.RELEASED, flags=opened), reserved, "Settle"),
        (replace(running, state=JobState.RELEASED, flags=opened), consumed, "Settle"),
        (replace(running, attempt=2), reserved, "Refund"),
        (replace(running, attempt=2, frozen=7), reserved, "Consume"),
        (replace(running, state=JobState.ABORTED), Reservation(), None),
        (replace(running, state=JobState.RELEASED), Reservation(state=ReservationState.SETTLED), None),
    ]
    for entry, found, expected in cases:
        call = due(job, entry, 1, asset, found)
        assert (None if call is None else type(call).__name__) == expected, (entry, found)
    assert not is_closed(running, 1, Reservation(), 99)
    assert is_closed(running, 1, Reservation(), 100)
    assert not is_closed(replace(running, state=JobState.ABORTED), 1, reserved, 200)
    assert is_closed(replace(running, state=JobState.ABORTED), 1, consumed, 50)
    assert not is_closed(replace(running, state=JobState.OPENING), 1, consumed, 50)
