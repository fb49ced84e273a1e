"""Returns in a random walk: statements, agreements and claims by anybody in any order, contract against rules."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from network import ADA, digest
from requesting import FIRST, SECOND
from sharing import AUDIT, HEAD, OFFICE, agent, asset_of
from test_regions import CITY, ELSEWHERE, PROVINCE
from test_returns import BACK, ONE, THIRD, TWO, Realm, computed

from contracts.authorizations.record import AuthorizationState
from contracts.calendar.dates import DAY
from contracts.endorsements.rules import Endorse, Withdraw
from contracts.regions.rules import Place
from contracts.returns.rules import Claim, Gather, act_of

LEADER = agent(AUDIT, HEAD)
REGIONS = st.sampled_from([CITY, CITY, PROVINCE, ELSEWHERE])


class ReturnsMachine(RuleBasedStateMachine):
    """A province's owner, an office in its city, an institute elsewhere, and an authority."""

    claims = st.builds(
        lambda id, owner, region, uses: replace(
            computed(BACK), id=digest(id), asset=asset_of(owner), region=region,
            scope=replace(computed(BACK).scope, max_uses=uses),
        ),
        st.sampled_from(["first", "second"]), st.sampled_from([ONE, ONE, TWO]), REGIONS, st.integers(4, 5),
    )  # fmt: skip

    @initialize()
    def found(self) -> None:
        self.realm = Realm()
        self.agreed = set[bytes]()

    @rule(
        caller=st.sampled_from([FIRST, FIRST, SECOND, ADA, OFFICE]), owner=st.sampled_from([ONE, TWO]), region=REGIONS
    )
    def gather(self, caller: bytes, owner: bytes, region: bytes) -> None:
        self.realm.step(caller, Gather(asset_of(owner), region))

    @rule(call=claims, takes_back=st.booleans())
    def agree(self, call: Claim, takes_back: bool) -> None:
        act = self._act(call)
        outcome = self.realm.sharing.endorse(LEADER, Withdraw(act) if takes_back else Endorse(act))
        if outcome.accepted:
            (self.agreed.discard if takes_back else self.agreed.add)(act)

    @rule(call=claims, caller=st.sampled_from([OFFICE, OFFICE, THIRD, FIRST]))
    def claim(self, call: Claim, caller: bytes) -> None:
        if self._authorization(call.id) is not AuthorizationState.UNKNOWN:
            return
        act, gathered = self._act(call), self.realm.returns.state.gathered
        if self.realm.claim(caller, call, alone=True).accepted:
            assert act in self.agreed
            assert (call.asset, call.region) in gathered

    @rule(call=claims)
    def claim_together(self, call: Claim) -> None:
        if self._authorization(call.id) is AuthorizationState.UNKNOWN:
            self.agreed.add(self._act(call))
            self.realm.claim(OFFICE, call)

    @rule(party=st.sampled_from([AUDIT, ONE]), region=REGIONS)
    def move(self, party: bytes, region: bytes) -> None:
        self.realm.settle(Place(party, region))

    @rule(days=st.sampled_from([1, 30]))
    def wait(self, days: int) -> None:
        self.realm.network.now += days * DAY

    @invariant()
    def an_authorization_stands_only_behind_a_claim_with_a_limit(self) -> None:
        if hasattr(self, "realm"):
            for id in map(digest, ("first", "second")):
                is_known = self._authorization(id) is not AuthorizationState.UNKNOWN
                assert is_known == (id in self.realm.returns.state.due)

    def _act(self, call: Claim) -> bytes:
        return act_of(call, self.realm.returns.state.journal.count(call.id) + 1)

    def _authorization(self, id: bytes) -> AuthorizationState:
        return self.realm.sharing.authorizations.state.authorization(id).state


TestReturnsMachine = ReturnsMachine.TestCase
TestReturnsMachine.settings = settings(
    max_examples=2, stateful_step_count=20, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
