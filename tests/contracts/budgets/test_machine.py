"""Budgets under random calls by everybody, jobs running beside: contract on two machines and rules agree, and what is
promised holds: checked on events and sums, not on the state that enforces it."""

from __future__ import annotations

from collections import Counter

import pytest
from budgeting import PERIOD, Budgeting
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule
from network import AUDIT, STRANGER, contract_of, digest
from sharing import NODE, OFFICE, OFFICER, REGISTRARS, agent, asset_of, deputy
from sharingworld import TwinEvm

from contracts.addresses import BUDGETS, GENESIS_ADDRESSES, GOVERNANCE
from contracts.budgets import client
from contracts.budgets.attempts import fate
from contracts.budgets.calls import Assign, Call, Confirm, Consume, Lower, Propose, Refund, Reserve, Settle
from contracts.budgets.history import Ended, account
from contracts.budgets.record import Fate, Mode, ReservationState
from contracts.jobs.calls import Abort, Accept, Commit, Open, Refuse, Release, Retry
from contracts.jobs.record import JobState, Step
from contracts.proven import history_fact, verify_events
from ledger.proofs.proof import Log

OWNERS = REGISTRARS[:2]
NODES = {party: agent(party, NODE) for party in (*OWNERS, AUDIT)}
VOTE = GENESIS_ADDRESSES[GOVERNANCE]
PERIODS = (PERIOD, digest("2020"))
CLASSES = (bytes(32), digest("offices"))
WORD = digest("word")
LENGTH = 600
MODES = st.sampled_from([Mode.EXACT, Mode.EXACT, Mode.PRIVATE])
ENDS = ((), (Consume,), (Refund,), (Settle, Refund), (Consume, Settle, Refund))


class BudgetMachine(RuleBasedStateMachine):
    """Three jobs at a time over two owners' assets, whose pots are small enough to run dry.

    Half of the steps carry a job some way with right reservations, the others are anything at all by anybody.
    """

    owners = st.sampled_from(OWNERS)
    places = st.integers(0, 2)
    officers = st.sampled_from([OFFICER, OFFICER, None])
    amounts = st.sampled_from([0, 1, 5, 5, 5, 9, 40, 2**63, 2**256 - 1])
    skews = st.sampled_from([0, 0, 0, 0, -1, 1])

    @initialize()
    def found(self) -> None:
        self.town = Budgeting(machine=TwinEvm)
        self.logs: dict[bytes, list[Log]] = {asset_of(party): [] for party in OWNERS}
        self._asked = 0
        self.begun: set[tuple[bytes, int]] = set()  # attempts that all have committed to, and those that one opened
        self.opened: set[tuple[bytes, int]] = set()
        for party in OWNERS:
            self.town.authorize(party, max_uses=99)
            self._do(agent(party, OFFICER), Propose(asset_of(party), PERIOD, 0, 24))
            self._do(deputy(party), Confirm(asset_of(party), PERIOD, 0, 24))
        self.jobs: list[bytes] = []
        for _ in range(3):
            self._propose()

    @rule(place=places, steps=st.integers(0, 7), amount=st.sampled_from([0, 1, 2, 4]), side=st.booleans(),
          stop=st.sampled_from([None, Abort, Refuse]), ends=st.sampled_from(ENDS), mode=MODES)  # fmt: skip
    def carry(
        self, place: int, steps: int, amount: int, side: bool, stop: type | None, ends: tuple, mode: Mode
    ) -> None:
        """Reserve rightly, go some way, maybe stop, and try some ends of the reservations."""
        job = self._job(place)
        if self.town.job(job).state in (JobState.PROPOSED, JobState.ABORTED):
            self._step(job)
        self._reserve(job, mode, amount, amount if side else 0)
        for _ in range(steps):
            self._step(job)
        attempt = self.town.job(job).attempt
        if stop is not None:
            self.town.do(NODES[OWNERS[0]], stop(job, *((WORD, WORD) if stop is Refuse else (attempt, WORD))))
        for kind in ends:
            for party in OWNERS:
                self._do(NODES[AUDIT], kind(job, attempt, asset_of(party)))

    @rule(choice=st.integers(0, 50), kind=st.sampled_from([Consume, Settle, Refund]))
    def end_some(self, choice: int, kind: type) -> None:
        """Try to end a reservation of any attempt."""
        if known := sorted(self.town.budgets.state.reservations):
            self._do(OFFICE, kind(*known[choice % len(known)]))

    @rule(place=places)
    def take_the_next_step(self, place: int) -> None:
        self._step(self._job(place))

    def _job(self, place: int) -> bytes:
        """Return the job of a place; one that is over makes room for another."""
        if self.town.job(self.jobs[place]).is_over(self.town.now):
            self._propose(place)
        return self.jobs[place]

    def _propose(self, place: int | None = None) -> None:
        self._asked += 1
        job = digest(f"job {self._asked}")
        if place is None:
            self.jobs.append(job)
        else:
            self.jobs[place] = job
        self.town.must(OFFICE, self.town.propose(job, OWNERS, contributors=1, duration=100_000))

    def _reserve(self, job: bytes, mode: Mode, amount: int, side: int) -> None:
        for party in OWNERS:
            call = Reserve(job, self.town.job(job).attempt, asset_of(party), PERIOD, int(mode), amount, side)
            self._do(NODES[party], call)

    def _step(self, job: bytes) -> None:
        """Have everybody do what the job's state asks for."""
        entry = self.town.job(job)
        attempt = entry.attempt
        match entry.state:
            case JobState.PROPOSED:
                self._all(job, Accept(job, attempt))
            case JobState.ACCEPTED:
                self._all(job, Commit(job, attempt, WORD, WORD))
            case JobState.COMMITTED:
                self.town.do(NODES[OWNERS[0]], Open(job, attempt))
            case JobState.OPENING if entry.done(Step.OPEN) != entry.openers:
                self.town.do(NODES[OWNERS[1]], Open(job, attempt))
            case JobState.OPENING:
                self._all(job, Release(job, attempt, WORD, WORD))
            case JobState.ABORTED:
                self.town.do(OFFICE, Retry(job, attempt, entry.members))
            case _:
                pass
        after = self.town.job(job)
        if after.state is JobState.COMMITTED:
            self.begun.add((job, after.attempt))
        if after.done(Step.OPEN):
            self.opened.add((job, after.attempt))

    @rule(party=owners, place=places, amount=amounts, skew=skews, mode=st.sampled_from([1, 1, 1, 2, 0]),
          period=st.sampled_from([PERIOD, *PERIODS]), side=st.sampled_from([0, 0, 2, 6]),
          by=st.sampled_from([None, None, None, *OWNERS, AUDIT]))  # fmt: skip
    def reserve(
        self, party: bytes, place: int, amount: int, skew: int, mode: int, period: bytes, side: int, by: bytes | None
    ) -> None:
        job = self._job(place)
        attempt = max(self.town.job(job).attempt + skew, 0)
        call = Reserve(job, attempt, asset_of(party), period, mode, amount, side)
        self._do(NODES[by or party], call)

    @rule(party=owners, place=places, attempt=st.integers(1, 3), kind=st.sampled_from([Consume, Settle, Refund]),
          by=st.sampled_from([*NODES.values(), OFFICE, STRANGER]))  # fmt: skip
    def end(self, party: bytes, place: int, attempt: int, kind: type, by: bytes) -> None:
        self._do(by, kind(self._job(place), attempt, asset_of(party)))

    @rule(party=owners, kind=st.sampled_from([Propose, Confirm, Confirm, Lower]), amount=amounts,
          officer=officers, period=st.sampled_from(PERIODS))  # fmt: skip
    def limit(self, party: bytes, kind: type, amount: int, officer: object, period: bytes) -> None:
        by = deputy(party) if officer is None else agent(party, OFFICER)
        found = self.town.budgets.state.proposals.get((asset_of(party), period, False))
        limit = found.limit if kind is Confirm and found else amount
        self._do(by, kind(asset_of(party), period, 0, limit))

    @rule(party=owners, kind=st.sampled_from([Propose, Confirm, Confirm, Lower]), amount=amounts, officer=officers,
          recipient_class=st.sampled_from(CLASSES), length=st.sampled_from([LENGTH, LENGTH, 2 * LENGTH]))  # fmt: skip
    def rate(self, party: bytes, kind: type, amount: int, officer: object, recipient_class: bytes, length: int) -> None:
        by = deputy(party) if officer is None else agent(party, OFFICER)
        self._do(by, kind(asset_of(party), recipient_class, length, amount))

    @rule(recipient_class=st.sampled_from(CLASSES), by=st.sampled_from([VOTE, VOTE, OFFICE]))
    def assign(self, recipient_class: bytes, by: bytes) -> None:
        self.town.budget(by, Assign(AUDIT, recipient_class))

    @rule(step=st.sampled_from([1, 60, LENGTH]))
    def wait(self, step: int) -> None:
        self.town.now += step

    def teardown(self) -> None:
        for asset, logs in getattr(self, "logs", {}).items():
            values = self.town.network.values(BUDGETS, history_fact(BUDGETS, asset).slots)
            verify_events(BUDGETS, asset, logs, values)
            self._words_are_what_the_events_say(asset, logs)
            self._every_attempt_that_opened_is_paid_once(asset, logs)
            self._exact_and_noised_figures_of_a_period_never_met(asset, logs)

    def _all(self, job: bytes, call: Accept | Commit | Release) -> None:
        for party in self.town.members(job):
            self.town.do(NODES[party], call)

    def _do(self, caller: bytes, call: Call) -> None:
        for log in self.town.budget(caller, call).logs:
            if contract_of(log) == BUDGETS:
                self.logs[log.topics[1]].append(log)

    def _words_are_what_the_events_say(self, asset: bytes, logs: list[Log]) -> None:
        found = account(logs)
        for period, pot in found.pots.items():
            values = self.town.network.values(BUDGETS, client.pot_fact(asset, period).slots)
            assert client.decode_pot(asset, period, values) == pot == self.town.budgets.state.pot(asset, period)
            assert pot.reserved >= 0
            assert pot.used <= pot.limit
        for (job, attempt), held in found.reservations.items():
            values = self.town.network.values(BUDGETS, client.reservation_fact(job, attempt, asset).slots)
            assert client.decode_reservation(job, attempt, asset, values) == held

    def _exact_and_noised_figures_of_a_period_never_met(self, asset: bytes, logs: list[Log]) -> None:
        """Of all attempts that reserved, those that showed something: by an opening, or an exact one by its bits."""
        found, modes = account(logs), set[tuple[bytes, Mode]]()
        for (job, attempt), held in found.reservations.items():
            assert held.mode is not Mode.UNSET
            is_exact_and_began = held.mode is Mode.EXACT and (job, attempt) in self.begun
            if (job, attempt) in self.opened or is_exact_and_began:
                modes.add((held.period, held.mode))
        assert len(modes) == len({period for period, _ in modes})
        for change in found.changes:
            if isinstance(change, Ended) and (change.job, change.attempt) in self.begun:
                assert change.begun

    def _every_attempt_that_opened_is_paid_once(self, asset: bytes, logs: list[Log]) -> None:
        found = account(logs)
        paid: Counter[tuple[bytes, int]] = Counter()
        for change in found.changes:
            if isinstance(change, Ended):
                paid[change.job, change.attempt] += change.spent
        for (job, attempt), held in found.reservations.items():
            amount = held.amount if held.state is ReservationState.RESERVED else paid[job, attempt]
            if fate(self.town.job(job), attempt) is Fate.OPENED and held.state is not ReservationState.REFUNDED:
                assert amount == held.amount
            assert amount in (held.amount, held.side, 0)
            if amount < held.amount:
                assert held.state is ReservationState.REFUNDED


TestBudgetMachine = pytest.mark.slow(BudgetMachine.TestCase)
TestBudgetMachine.settings = settings(
    max_examples=15, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
