"""Jobs under random calls by everybody: the contract on two machines and the rules agree, and the promises hold.

The promises are checked on what was recorded, not on the state that enforces them: one contributor set after the first
opening, one use of each authorization a job, no release without every member's signature under the same two digests.
"""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from network import AUDIT, STRANGER, contract_of, digest
from sharing import NODE, OFFICE, OFFICER, REGISTRARS, Sharing, agent, authorization_of
from sharingworld import TwinEvm

from contracts.addresses import JOBS
from contracts.authorizations.record import NOTHING
from contracts.authorizations.rules import Resume, Revoke, Suspend
from contracts.jobs import client
from contracts.jobs.calls import Abort, Accept, Call, Commit, Open, Refuse, Release, Retry
from contracts.jobs.history import JobHistory, Proposed, job_history
from contracts.jobs.record import Job, JobState, Step
from contracts.proven import history_fact, verify_events
from ledger.proofs.proof import Log

REASON, WORD = digest("reason"), digest("word")
OWNERS = REGISTRARS[:3]
EVERYBODY = (*OWNERS, AUDIT)
NODES = {party: agent(party, NODE) for party in EVERYBODY}
ENDED = (JobState.RELEASED, JobState.REFUSED)


class JobMachine(RuleBasedStateMachine):
    """One job after the other. Half of the steps are the next right one of everybody, the others anything at all."""

    callers = st.sampled_from([*NODES.values(), OFFICE, agent(OWNERS[0], OFFICER), STRANGER])
    words = st.sampled_from([WORD, WORD, WORD, digest("another"), NOTHING])
    skews = st.sampled_from([0, 0, 0, 0, 0, -1, 1])

    @initialize(least=st.integers(1, 3))
    def found(self, least: int) -> None:
        self.sharing = Sharing(machine=TwinEvm)
        self.logs: dict[bytes, list[Log]] = {}
        self.used: Counter[tuple[bytes, bytes]] = Counter()
        for party in OWNERS:
            self.sharing.authorize(party, max_uses=4)
        self._propose(least)

    @precondition(lambda self: self._entry.state in ENDED or self._entry.is_over(self.sharing.now))
    @rule(least=st.integers(1, 3))
    def propose_another(self, least: int) -> None:
        self._propose(least)

    @rule(party=st.sampled_from([None, *EVERYBODY]))
    def take_the_next_step(self, party: bytes | None) -> None:
        """Have everybody, or one party, do what the state asks for."""
        for member in EVERYBODY if party is None else (party,):
            self._do(NODES[member], self._next())

    @rule()
    def take_all_steps(self) -> None:
        while (before := self._entry.state) not in (*ENDED, JobState.ABORTED):
            self.take_the_next_step(None)
            if self._entry.state is before:
                break

    @rule(caller=callers, skew=skews, reason=words)
    def abort(self, caller: bytes, skew: int, reason: bytes) -> None:
        self._do(caller, Abort(self.job, self._attempt(skew), reason))

    @precondition(lambda self: self._entry.state not in ENDED)
    @rule(steps=st.integers(0, 3), first=st.booleans(), dropped=st.sampled_from([None, *EVERYBODY]))
    def stumble(self, steps: int, first: bool, dropped: bytes | None) -> None:
        """Get some way, abort, and try to go on without somebody; then with all."""
        for _ in range(steps):
            self.take_the_next_step(None)
        if first:
            self.take_the_next_step(OWNERS[0])
        self._do(NODES[OWNERS[1]], Abort(self.job, self._attempt(), REASON))
        self.retry_without(dropped)
        self.retry_without(None)

    @precondition(lambda self: self._entry.state is JobState.ABORTED)
    @rule(dropped=st.sampled_from([None, None, *EVERYBODY]))
    def retry_without(self, dropped: bytes | None) -> None:
        members = (1 << len(EVERYBODY)) - 1
        bit = self.sharing.roster(self.job).bit(dropped or NOTHING)
        self._do(OFFICE, Retry(self.job, self._attempt(), members & ~bit))

    @rule(caller=st.sampled_from([OFFICE, OFFICE, NODES[AUDIT], NODES[OWNERS[0]]]), members=st.integers(0, 16))
    def retry(self, caller: bytes, members: int) -> None:
        self._do(caller, Retry(self.job, self._attempt(), members))

    @rule(caller=callers, skew=skews, first=words, second=words, kind=st.sampled_from([Accept, Commit, Open, Release]))
    def take_any_step(self, caller: bytes, skew: int, first: bytes, second: bytes, kind: type) -> None:
        more = (first, second) if kind in (Commit, Release) else ()
        self._do(caller, kind(self.job, self._attempt(skew), *more))

    @rule(caller=callers, reason=words, luck=st.integers(0, 4))
    def refuse(self, caller: bytes, reason: bytes, luck: int) -> None:
        if luck == 0:
            self._do(caller, Refuse(self.job, reason, digest("detail")))

    @rule(party=st.sampled_from(OWNERS), kind=st.sampled_from([Suspend, Resume, Resume]))
    def answer(self, party: bytes, kind: type[Suspend | Resume]) -> None:
        more = () if kind is Resume else (REASON,)
        self.sharing.do(agent(party, OFFICER), kind(authorization_of(party), *more))

    @rule(party=st.sampled_from(OWNERS), luck=st.integers(0, 9))
    def revoke(self, party: bytes, luck: int) -> None:
        if luck == 0:
            self.sharing.do(agent(party, OFFICER), Revoke(authorization_of(party), REASON))

    @rule(step=st.sampled_from([1, 60, 1800, 3600]), luck=st.integers(0, 2))
    def wait(self, step: int, luck: int) -> None:
        self.sharing.now += step if luck == 0 else 1

    def teardown(self) -> None:
        for job, logs in getattr(self, "logs", {}).items():
            if logs:
                self._check(job, logs)

    @property
    def _entry(self) -> Job:
        return self.sharing.job(self.job)

    def _attempt(self, skew: int = 0) -> int:
        return max(self._entry.attempt + skew, 0)

    def _propose(self, least: int) -> None:
        self.job = digest(f"job {len(self.logs)}")
        self.logs[self.job] = []
        self._do(OFFICE, self.sharing.propose(self.job, OWNERS, contributors=least))

    def _next(self) -> Call:
        entry, attempt = self._entry, self._attempt()
        match entry.state:
            case JobState.PROPOSED:
                return Accept(self.job, attempt)
            case JobState.ACCEPTED:
                return Commit(self.job, attempt, digest("input"), digest("seed"))
            case JobState.OPENING if entry.done(Step.OPEN) == entry.openers:
                return Release(self.job, attempt, WORD, WORD)
            case _:
                return Open(self.job, attempt)

    def _do(self, caller: bytes, call: Call) -> None:
        for log in self.sharing.do(caller, call).logs:
            if contract_of(log) == JOBS:
                self.logs[call.job].append(log)
            else:
                self.used[call.job, log.topics[1]] += 1

    def _check(self, job: bytes, logs: list[Log]) -> None:
        found = job_history(logs)
        values = self.sharing.network.values(JOBS, history_fact(JOBS, job).slots)
        verify_events(JOBS, job, logs, values)
        self._words_are_what_the_events_say(job, found)
        self._each_authorization_is_used_once_at_most(job, found)
        one_contributor_set_after_the_first_opening(found)
        every_member_signed_what_was_released(found)

    def _words_are_what_the_events_say(self, job: bytes, found: JobHistory) -> None:
        record = client.decode_job(job, self.sharing.network.values(JOBS, client.job_fact(job).slots))
        assert found.entry == record == self.sharing.job(job)
        assert client.decode_roster(record, self.sharing.network.read(JOBS, "roster", job)) == found.roster
        for (attempt, party), inputs in found.commitments.items():
            slots = client.inputs_fact(job, attempt, party).slots
            assert client.decode_inputs(job, attempt, party, self.sharing.network.values(JOBS, slots)) == inputs

    def _each_authorization_is_used_once_at_most(self, job: bytes, found: JobHistory) -> None:
        held = found.roster.authorized(found.entry.frozen & found.entry.suppliers)
        assert {key: n for key, n in self.used.items() if key[0] == job} == {(job, id): 1 for id in held}


def one_contributor_set_after_the_first_opening(found: JobHistory) -> None:
    members, opened = 0, set()
    for change in found.changes:
        match change.done:
            case Proposed(entry=entry):
                members = entry.members
            case Retry(members=chosen):
                members = chosen
            case Open():
                opened.add(members)
    assert len(opened) <= 1


def every_member_signed_what_was_released(found: JobHistory) -> None:
    if found.entry.state is not JobState.RELEASED:
        return
    signed = Counter(
        (change.party, change.done.result, change.done.statement)
        for change in found.changes
        if isinstance(change.done, Release) and change.attempt == found.entry.attempt
    )
    members = found.roster.members(found.entry.members)
    assert signed == Counter((party, found.entry.result, found.entry.statement) for party in members)


TestJobMachine = pytest.mark.slow(JobMachine.TestCase)
TestJobMachine.settings = settings(
    max_examples=15, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
