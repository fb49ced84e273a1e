"""The whole life of a request in one random walk: every contract of the lifecycle against its rules, at every step.

Request, supplement, answer, authorization, supply, receipt, use by a job, use ledger, objection, dispute, suspension,
end and disposal, by anybody in any order while days go by. Contract and rules must give the same verdict, reason,
events and history; what must hold of every life whatever happened stands in the invariants.
"""

from __future__ import annotations

from flow import Flow
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from network import ADA, digest
from requesting import ASK, ENTRY, FIRST, ID, ONE, SECOND
from sharing import JOBS_ACCOUNT, OFFICE, PURPOSE, asset_of

from contracts.authorizations.record import AuthorizationState
from contracts.authorizations.rules import Dispose, Resume, Revoke, Suspend, Use
from contracts.calendar.dates import DAY
from contracts.disputes.rules import Decide, Escalate, Open, Settle
from contracts.objections.rules import Answer as Verified
from contracts.objections.rules import Object
from contracts.requests.calls import AskSupplement, Consent, Extend, Refuse, Withdraw
from contracts.requests.record import RequestState
from contracts.supplies.rules import Deliver, Sign
from contracts.terminations.rules import Announce, Answer, File, TerminationState
from contracts.uses.rules import YEAR, Give, Inspect, Kind, Record

WORD = digest("word")
ENDED = (AuthorizationState.REVOKED, AuthorizationState.DISPOSED)


class LifecycleMachine(RuleBasedStateMachine):
    """One case between an owner and an office, with an authority and a stranger looking on."""

    callers = st.sampled_from([OFFICE, OFFICE, FIRST, FIRST, ADA, SECOND])

    @initialize(answered=st.booleans())
    def found(self, answered: bool) -> None:
        self.flow = Flow()
        self.disposed = False
        if answered:
            self.flow.granted()

    @rule(caller=callers, kind=st.integers(0, 6))
    def ask_and_answer(self, caller: bytes, kind: int) -> None:
        calls = (
            ASK, Consent(ID, ENTRY), Consent(ID, WORD), AskSupplement(ID, WORD), Extend(ID, WORD), Refuse(ID, 12, WORD),
            Withdraw(ID),
        )  # fmt: skip
        self.flow.do(caller, calls[kind])

    @rule(caller=callers, kind=st.integers(0, 2), method=st.sampled_from([1, 2, 5]))
    def supply(self, caller: bytes, kind: int, method: int) -> None:
        calls = (Deliver(ID, method, WORD), Deliver(ID, method, WORD, ID), Sign(ID, 1))
        self.flow.step(caller, calls[kind])

    @rule(caller=st.sampled_from([JOBS_ACCOUNT, JOBS_ACCOUNT, OFFICE]), operations=st.sampled_from([1, 3, 64]))
    def use(self, caller: bytes, operations: int) -> None:
        record = self.flow.world.authorization(ID)
        outcome = self.flow.sharing.do(caller, Use(ID, digest("job"), PURPOSE, operations))
        assert not outcome.accepted or (record.state is AuthorizationState.GRANTED and not self.disposed)

    @rule(caller=callers, kind=st.integers(0, 2))
    def keep_the_ledger(self, caller: bytes, kind: int) -> None:
        until = self.flow.network.now + 3 * YEAR
        self.flow.step(caller, (Record(ID, Kind.EFFECT, WORD, WORD, until), Inspect(ID, 1), Give(ID, 1, ONE))[kind])

    @rule(caller=callers, raises=st.booleans(), right=st.booleans())
    def object(self, caller: bytes, raises: bool, right: bool) -> None:
        fault = digest("fault")
        self.flow.step(caller, Object(fault, ID, WORD) if raises else Verified(fault, right, WORD))

    @rule(caller=callers, kind=st.integers(0, 2), breach=st.sampled_from([0, 4002, 3904]))
    def suspend(self, caller: bytes, kind: int, breach: int) -> None:
        self.flow.sharing.do(caller, (Suspend(ID, WORD, breach), Resume(ID), Resume(ID))[kind])

    @rule(caller=callers, kind=st.integers(0, 3), about_end=st.booleans())
    def dispute(self, caller: bytes, kind: int, about_end: bool) -> None:
        id = digest("dispute")
        calls = (Open(id, ID, int(about_end), WORD), Escalate(id, WORD), Settle(id, WORD), Decide(id, ONE, WORD))
        self.flow.step(caller, calls[kind])

    @rule(caller=callers, kind=st.integers(0, 4), agrees=st.booleans())
    def end(self, caller: bytes, kind: int, agrees: bool) -> None:
        if kind < 3:
            self.flow.step(caller, (Announce(ID, WORD), Answer(ID, agrees, WORD), File(ID))[kind])
        elif kind == 3:
            by_owner = self.flow.world.authorization(ID).owner == self.flow.sharing.base.parties.agent(caller).party
            outcome = self.flow.sharing.do(caller, Revoke(ID, WORD), alone=True)
            filed = self.flow.sharing.terminations.state.of(ID) is TerminationState.FILED
            assert not (outcome.accepted and by_owner) or filed
        else:
            self.disposed |= self.flow.sharing.do(caller, Dispose(ID, WORD)).accepted

    @rule(days=st.sampled_from([0, 1, 9, 16, 61, 200]))
    def wait(self, days: int) -> None:
        self.flow.network.now += days * DAY

    @invariant()
    def an_authorization_stands_only_behind_a_yes_and_never_comes_back(self) -> None:
        if not hasattr(self, "flow"):
            return
        state = self.flow.world.authorization(ID).state
        asked = self.flow.request(ID).state
        assert (state is not AuthorizationState.UNKNOWN) == (asked is RequestState.CONSENTED)
        assert not self.disposed or state is AuthorizationState.DISPOSED
        assert getattr(self, "ended", state) == state or state is AuthorizationState.DISPOSED
        if state in ENDED:
            self.ended = state

    @invariant()
    def what_is_pending_is_what_is_open(self) -> None:
        if hasattr(self, "flow"):
            found = self.flow.objections.state
            open_ = sum(entry.state == 1 for entry in found.objections.values())
            assert found.pending.get(asset_of(ONE), 0) == open_


TestLifecycleMachine = LifecycleMachine.TestCase
TestLifecycleMachine.settings = settings(
    max_examples=4, stateful_step_count=30, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
