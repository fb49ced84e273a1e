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
from sharing import NODE, OFFICE, OFFICER, REGISTRARS, TwinEvm, agent, asset_of, deputy

from contracts.addresses import BUDGETS, GENESIS_ADDRESSES, GOVERNANCE
from contracts.budgets import client
from contracts.budgets.calls import Assign, Call, Confirm, Consume, Lower, Propose, Refund, Reserve, Settle
from contracts.budgets.history import Charge, Ended, account
from contracts.budgets.record import Fate, Mode, ReservationState
from contracts.budgets.rules import fate
from contracts.jobs.calls import Abort, Accept, Commit, Open, Refuse, Release, Retry
from contracts.jobs.record import JobState, Step
from contracts.proven import history_fact, verify_events
from ledger.proofs import Log

OWNERS = REGISTRARS[:2]
JOBS = tuple(digest(f"job {n}") for n in range(3))
NODES = {party: agent(party, NODE) for party in (*OWNERS, AUDIT)}
VOTE = GENESIS_ADDRESSES[GOVERNANCE]
PERIODS = (PERIOD, digest("2020"))
CLASSES = (bytes(32), digest("offices"))
WORD = digest("word")
LENGTH = 600


class BudgetMachine(RuleBasedStateMachine):
    """Three jobs over two owners' assets, whose pots are small enough to run dry."""

    owners = st.sampled_from(OWNERS)
    jobs = st.sampled_from(JOBS)
    officers = st.sampled_from([OFFICER, OFFICER, None])
    amounts = st.sampled_from([0, 1, 5, 5, 5, 9, 40, 2**63, 2**256 - 1])
    skews = st.sampled_from([0, 0, 0, 0, -1, 1])

    @initialize()
    def found(self) -> None:
        self.town = Budgeting(machine=TwinEvm)
        self.logs: dict[bytes, list[Log]] = {asset_of(party): [] for party in OWNERS}
        self.charged: Counter[tuple[bytes, int, bytes]] = Counter()
        for party in OWNERS:
            self.town.authorize(party, max_uses=9)
            self._do(agent(party, OFFICER), Propose(asset_of(party), PERIOD, 0, 12))
            self._do(deputy(party), Confirm(asset_of(party), PERIOD, 0, 12))
        for job in JOBS:
            self.town.must(OFFICE, self.town.propose(job, OWNERS, contributors=1))

    @rule(job=jobs)
    def take_the_next_step(self, job: bytes) -> None:
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

    @rule(job=jobs, luck=st.integers(0, 3), is_refusal=st.booleans())
    def stop(self, job: bytes, luck: int, is_refusal: bool) -> None:
        attempt = self.town.job(job).attempt
        if luck == 0:
            self.town.do(NODES[OWNERS[0]], Refuse(job, WORD, WORD) if is_refusal else Abort(job, attempt, WORD))

    @rule(party=owners, job=jobs, amount=amounts, skew=skews, mode=st.sampled_from([1, 1, 1, 2, 0]),
          period=st.sampled_from([PERIOD, *PERIODS]), side=st.sampled_from([0, 0, 2, 6]),
          by=st.sampled_from([None, None, None, *OWNERS, AUDIT]))  # fmt: skip
    def reserve(
        self, party: bytes, job: bytes, amount: int, skew: int, mode: int, period: bytes, side: int, by: bytes | None
    ) -> None:
        attempt = max(self.town.job(job).attempt + skew, 0)
        call = Reserve(job, attempt, asset_of(party), period, mode, amount, side)
        self._do(NODES[by or party], call)

    @rule(party=owners, job=jobs, attempt=st.integers(1, 3), kind=st.sampled_from([Consume, Settle, Refund]),
          by=st.sampled_from([*NODES.values(), OFFICE, STRANGER]))  # fmt: skip
    def end(self, party: bytes, job: bytes, attempt: int, kind: type, by: bytes) -> None:
        self._do(by, kind(job, attempt, asset_of(party)))

    @rule(party=owners, kind=st.sampled_from([Propose, Confirm, Confirm, Lower]), amount=amounts,
          officer=officers, period=st.sampled_from(PERIODS))  # fmt: skip
    def limit(self, party: bytes, kind: type, amount: int, officer: object, period: bytes) -> None:
        by = deputy(party) if officer is None else agent(party, OFFICER)
        found = self.town.budgets.state.proposals.get((asset_of(party), period, False))
        limit = found.limit if kind is Confirm and found else amount
        self._do(by, kind(asset_of(party), period, 0, limit))

    @rule(party=owners, kind=st.sampled_from([Propose, Confirm, Confirm, Lower]), amount=amounts, officer=officers,
          recipient_class=st.sampled_from(CLASSES), length=st.sampled_from([LENGTH, LENGTH, 2 * LENGTH]))  # fmt: skip
    def rate(
        self, party: bytes, kind: type, amount: int, officer: object, recipient_class: bytes, length: int
    ) -> None:
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
        charges = [change.reservation for change in found.changes if isinstance(change, Charge)]
        modes = {(charge.period, charge.mode) for charge in charges}
        assert len(modes) == len({period for period, _ in modes})
        assert Mode.UNSET not in {mode for _, mode in modes}

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
    max_examples=25, stateful_step_count=40, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
