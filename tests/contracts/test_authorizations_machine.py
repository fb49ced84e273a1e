"""Random grants, stops and uses on contract and rules: nothing is used more often than allowed."""

from __future__ import annotations

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from network import ADA, AUDIT, STRANGER, digest
from sharing import (
    DAY,
    JOBS_ACCOUNT,
    NODE,
    OFFICE,
    OFFICER,
    PURPOSE,
    REGISTRARS,
    REQUESTS_ACCOUNT,
    Sharing,
    agent,
    asset_of,
    authorization_of,
    filing,
)

from contracts.addresses import AUTHORIZATIONS, name_id
from contracts.authorizations.record import NOTHING, Scope
from contracts.authorizations.rules import Dispose, Grant, Resume, Revoke, Suspend, Use
from contracts.catalogue.rules import Mount, Unmount
from contracts.entries.rules import document_of

ONE, TWO = REGISTRARS[:2]
ID, REASON = authorization_of(ONE), digest("reason")
HEAD, TAIL = agent(ONE, OFFICER), agent(TWO, OFFICER)


class AuthorizationMachine(RuleBasedStateMachine):
    """Random grants, stops and uses of two authorizations over one asset that comes and goes."""

    ids = st.sampled_from([ID, digest("second")])
    owners = st.sampled_from([HEAD, HEAD, HEAD, ADA, TAIL, OFFICE, STRANGER, agent(ONE, NODE)])
    reasons = st.sampled_from([REASON, REASON, REASON, NOTHING])

    @initialize()
    def found(self) -> None:
        self.sharing = Sharing()
        self.sharing.mount(ONE)

    @rule(
        id=ids, caller=st.sampled_from([REQUESTS_ACCOUNT] * 4 + [HEAD]), operations=st.sampled_from([1, 3, 127]),
        start=st.integers(-1, 2), length=st.integers(1, 4), max_uses=st.integers(1, 2),
    )  # fmt: skip
    def grant(self, id: bytes, caller: bytes, operations: int, start: int, length: int, max_uses: int) -> None:
        begin = self.sharing.now + start * DAY
        scope = Scope(PURPOSE, operations, digest("t"), begin, begin + length * DAY, max_uses)
        self.sharing.do(caller, Grant(id, asset_of(ONE), ONE, AUDIT, scope))

    @rule(id=ids, caller=owners, reason=reasons, kind=st.sampled_from([Suspend, Suspend, Revoke]))
    def stop(self, id: bytes, caller: bytes, reason: bytes, kind: type[Suspend | Revoke]) -> None:
        self.sharing.do(caller, kind(id, reason))

    @rule(id=ids, caller=st.sampled_from([OFFICE, HEAD]), certificate=reasons)
    def dispose(self, id: bytes, caller: bytes, certificate: bytes) -> None:
        self.sharing.do(caller, Dispose(id, certificate))

    @rule(id=ids, caller=owners)
    def resume(self, id: bytes, caller: bytes) -> None:
        self.sharing.do(caller, Resume(id))

    @rule(
        id=ids, caller=st.sampled_from([JOBS_ACCOUNT, JOBS_ACCOUNT, OFFICE]), operations=st.integers(0, 4),
        purpose=st.sampled_from([PURPOSE, PURPOSE, digest("another")]),
    )  # fmt: skip
    def use(self, id: bytes, caller: bytes, operations: int, purpose: bytes) -> None:
        self.sharing.do(caller, Use(id, digest("job"), purpose, operations))

    @rule(back=st.booleans())
    def mount_or_not(self, back: bool) -> None:
        entry = Mount(asset_of(ONE), digest("item"), document_of(filing(asset_of(ONE)), ONE))
        self.sharing.do(HEAD, entry if back else Unmount(asset_of(ONE)))

    @rule()
    def pause_or_not(self) -> None:
        is_paused = name_id(AUTHORIZATIONS) in self.sharing.base.governance.paused
        (self.sharing.unpause if is_paused else self.sharing.pause)(AUTHORIZATIONS)

    @rule(step=st.sampled_from([1, DAY - 1, DAY, DAY + 1]))
    def wait(self, step: int) -> None:
        self.sharing.now += step

    @invariant()
    def nothing_is_used_more_often_than_allowed(self) -> None:
        if hasattr(self, "sharing"):
            for record in self.sharing.authorizations.state.authorizations.values():
                assert record.uses <= record.max_uses


TestAuthorizationMachine = AuthorizationMachine.TestCase
TestAuthorizationMachine.settings = settings(
    max_examples=12, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
