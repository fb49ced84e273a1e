"""Authorizations: contract and rules agree on every answer, and on every reason why a use is not permitted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from evm import Outcome
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule
from network import STRANGER, digest
from sharing import (
    APPROVER,
    DAY,
    NODE,
    OFFICE,
    OFFICE_NODE,
    OFFICER,
    PURPOSE,
    REGISTRARS,
    SUMS,
    Sharing,
    agent,
    asset_of,
    authorization_of,
)

from contracts.addresses import AUTHORIZATIONS, GENESIS_ADDRESSES, JOBS, name_id
from contracts.authorizations import client
from contracts.authorizations.reasons import Ground, UnusableAuthorization, ground_of
from contracts.authorizations.record import ALL_OPERATIONS, NOTHING, Authorization, AuthorizationState, Operations
from contracts.authorizations.rules import Grant, Refuse, Request, Resume, Revoke, Suspend, Use, check_use, obstacle
from contracts.catalogue.rules import Category, Destroy, Mount, Unmount
from contracts.proven import history_fact, verify_events
from ledger.errors import InvalidRecord, NotAuthorized, VerificationError

ONE, TWO = REGISTRARS[:2]
ID, REASON = authorization_of(ONE), digest("reason")
HEAD, TAIL = agent(ONE, OFFICER), agent(TWO, OFFICER)
JOBS_ACCOUNT = GENESIS_ADDRESSES[JOBS]


@pytest.fixture
def sharing() -> Sharing:
    sharing = Sharing()
    sharing.mount(ONE)
    return sharing


def use(sharing: Sharing, purpose: bytes = PURPOSE, operations: int = int(SUMS)) -> Outcome:
    """Make the call that the Jobs contract makes."""
    return sharing.do(JOBS_ACCOUNT, Use(ID, digest("job"), purpose, operations))


def test_a_granted_authorization_is_used_as_often_as_it_allows(sharing: Sharing) -> None:
    sharing.authorize(ONE, max_uses=2)
    assert use(sharing).accepted
    assert use(sharing).accepted
    assert use(sharing).reason == "authorization: exhausted"
    assert sharing.network.read(AUTHORIZATIONS, "obstacle", ID, PURPOSE, int(SUMS), True) == ("exhausted",)
    assert sharing.network.read(AUTHORIZATIONS, "obstacle", ID, PURPOSE, int(SUMS), False) == ("",)


@pytest.mark.parametrize("caller", [OFFICE, HEAD, agent(ONE, NODE), STRANGER, GENESIS_ADDRESSES[AUTHORIZATIONS]])
def test_nobody_but_the_jobs_contract_uses(sharing: Sharing, caller: bytes) -> None:
    sharing.authorize(ONE)
    call = Use(ID, digest("job"), PURPOSE, int(SUMS))
    assert sharing.do(caller, call).reason == "authorization: only a job uses"


@pytest.mark.parametrize(
    ("calls", "reason"),
    [
        ([], "authorization: unknown"),
        (["request"], "authorization: not granted"),
        (["request", Refuse(ID, REASON)], "authorization: refused"),
        (["request", Grant(ID), Suspend(ID, REASON)], "authorization: suspended"),
        (["request", Grant(ID), Suspend(ID, REASON), Resume(ID)], ""),
        (["request", Grant(ID), Revoke(ID, REASON)], "authorization: revoked"),
        (["request", Grant(ID), Suspend(ID, REASON), Revoke(ID, REASON)], "authorization: revoked"),
        (["request", Grant(ID), Unmount(asset_of(ONE))], "authorization: asset withdrawn"),
        (["request", Grant(ID), Destroy(asset_of(ONE), digest("c"))], "authorization: asset withdrawn"),
    ],
)
def test_a_use_needs_a_grant_in_force_of_an_offered_asset(sharing: Sharing, calls: list, reason: str) -> None:
    for call in calls:
        if call == "request":
            sharing.must(OFFICE, sharing.request(ONE))
        else:
            sharing.must(HEAD, call)
    assert use(sharing).reason == reason


@pytest.mark.parametrize(
    ("wait", "reason"),
    [(0, "not yet valid"), (99, "not yet valid"), (100, ""), (199, ""), (200, "expired"), (201, "expired")],
)
def test_an_authorization_holds_from_its_first_second_to_before_its_last(
    sharing: Sharing, wait: int, reason: str
) -> None:
    sharing.authorize(ONE, valid_from=sharing.now + 100, valid_until=sharing.now + 200)
    sharing.now += wait
    assert use(sharing).reason == (reason and f"authorization: {reason}")


@pytest.mark.parametrize(
    ("purpose", "operations", "reason"),
    [
        (PURPOSE, Operations.SUM, ""),
        (PURPOSE, SUMS, ""),
        (digest("another"), SUMS, "authorization: purpose"),
        (PURPOSE, Operations.MEAN, "authorization: operation"),
        (PURPOSE, SUMS | Operations.JOIN, "authorization: operation"),
        (PURPOSE, 0, "authorization: operation"),
        (PURPOSE, 256, "authorization: operation"),
    ],
)
def test_a_use_stays_inside_purpose_and_operations(
    sharing: Sharing, purpose: bytes, operations: int, reason: str
) -> None:
    sharing.authorize(ONE)
    assert use(sharing, purpose, int(operations)).reason == reason


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"id": NOTHING}, "authorization: id missing"),
        ({"purpose": NOTHING}, "authorization: purpose missing"),
        ({"operations": 0}, "authorization: operations"),
        ({"operations": ALL_OPERATIONS + 1}, "authorization: operations"),
        ({"terms": NOTHING}, "authorization: terms missing"),
        ({"valid_from": 10**10, "valid_until": 10**10}, "authorization: period"),
        ({"valid_from": 1, "valid_until": 2}, "authorization: expired"),
        ({"max_uses": 0}, "authorization: uses missing"),
        ({"asset": digest("no asset")}, "authorization: asset withdrawn"),
        ({"owner": TWO}, "authorization: not the owner"),
    ],
)
def test_an_incomplete_request_is_refused(sharing: Sharing, changes: dict, reason: str) -> None:
    assert sharing.do(OFFICE, replace(sharing.request(ONE), **changes)).reason == reason


@pytest.mark.parametrize(
    ("caller", "reason"),
    [
        (STRANGER, "parties: unknown agent"),
        (OFFICE_NODE, "parties: agent lacks the role"),
        (TAIL, "authorization: party requests no data"),
    ],
)
def test_only_officers_of_requesters_request(sharing: Sharing, caller: bytes, reason: str) -> None:
    assert sharing.do(caller, sharing.request(ONE)).reason == reason


def test_what_is_not_shared_cannot_be_requested_or_granted(sharing: Sharing) -> None:
    sharing.mount(TWO, Category.NOT_SHARED)
    assert sharing.do(OFFICE, sharing.request(TWO)).reason == "authorization: asset withdrawn"
    sharing.must(OFFICE, sharing.request(ONE))
    sharing.must(HEAD, Unmount(asset_of(ONE)))
    assert sharing.do(HEAD, Grant(ID)).reason == "authorization: asset withdrawn"
    entry = Mount(asset_of(ONE), digest("item"), int(Category.NOT_SHARED), 1, digest("law"))
    sharing.must(HEAD, entry)
    assert sharing.do(HEAD, Grant(ID)).reason == "authorization: asset withdrawn"


def test_a_request_stands_once_and_is_granted_before_it_expires(sharing: Sharing) -> None:
    sharing.must(OFFICE, sharing.request(ONE, valid_until=sharing.now + 100))
    assert sharing.do(OFFICE, sharing.request(ONE)).reason == "authorization: exists"
    sharing.now += 100
    assert sharing.do(HEAD, Grant(ID)).reason == "authorization: expired"
    sharing.now -= 1
    sharing.must(HEAD, Grant(ID))


@pytest.mark.parametrize(
    ("caller", "reason"),
    [
        (STRANGER, "parties: unknown agent"),
        (agent(ONE, NODE), "parties: agent lacks the role"),
        (agent(ONE, APPROVER), "parties: agent lacks the role"),
        (OFFICE, "authorization: not the owner"),
        (TAIL, "authorization: not the owner"),
    ],
)
@pytest.mark.parametrize("call", [Grant(ID), Refuse(ID, REASON), Suspend(ID, REASON), Resume(ID), Revoke(ID, REASON)])
def test_only_officers_of_the_owner_answer(sharing: Sharing, call: Grant, caller: bytes, reason: str) -> None:
    sharing.must(OFFICE, sharing.request(ONE))
    assert sharing.do(caller, call).reason == reason


@pytest.mark.parametrize("call", [Refuse(ID, NOTHING), Suspend(ID, NOTHING), Revoke(ID, NOTHING)])
def test_a_no_has_a_reason(sharing: Sharing, call: Refuse) -> None:
    sharing.must(OFFICE, sharing.request(ONE))
    if not isinstance(call, Refuse):
        sharing.must(HEAD, Grant(ID))
    assert sharing.do(HEAD, call).reason == "authorization: reason missing"
    sharing.must(HEAD, replace(call, reason=REASON))


ANSWERS = (Grant(ID), Refuse(ID, REASON), Suspend(ID, REASON), Resume(ID), Revoke(ID, REASON))
GIVEN = {
    AuthorizationState.REQUESTED: [],
    AuthorizationState.GRANTED: [Grant(ID)],
    AuthorizationState.REFUSED: [Refuse(ID, REASON)],
    AuthorizationState.SUSPENDED: [Grant(ID), Suspend(ID, REASON)],
    AuthorizationState.REVOKED: [Grant(ID), Revoke(ID, REASON)],
}
MOVES = {
    (AuthorizationState.REQUESTED, Grant): AuthorizationState.GRANTED,
    (AuthorizationState.REQUESTED, Refuse): AuthorizationState.REFUSED,
    (AuthorizationState.GRANTED, Suspend): AuthorizationState.SUSPENDED,
    (AuthorizationState.GRANTED, Revoke): AuthorizationState.REVOKED,
    (AuthorizationState.SUSPENDED, Resume): AuthorizationState.GRANTED,
    (AuthorizationState.SUSPENDED, Revoke): AuthorizationState.REVOKED,
}


@pytest.mark.parametrize("state", GIVEN)
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda call: type(call).__name__)
def test_an_answer_leads_where_the_table_says_or_nowhere(
    sharing: Sharing, state: AuthorizationState, answer: Grant
) -> None:
    sharing.must(OFFICE, sharing.request(ONE))
    for call in GIVEN[state]:
        sharing.must(HEAD, call)
    reached = MOVES.get((state, type(answer)))
    assert sharing.do(HEAD, answer).reason == ("" if reached else "authorization: state")
    assert sharing.authorizations.state.authorization(ID).state is (reached or state)


def test_an_unknown_authorization_has_no_answer(sharing: Sharing) -> None:
    assert {sharing.do(HEAD, call).reason for call in ANSWERS} == {"authorization: unknown"}


STOPS = {
    (AuthorizationState.REQUESTED, Refuse(ID, REASON)),
    (AuthorizationState.GRANTED, Suspend(ID, REASON)),
    (AuthorizationState.GRANTED, Revoke(ID, REASON)),
    (AuthorizationState.SUSPENDED, Revoke(ID, REASON)),
}


@pytest.mark.parametrize("state", GIVEN)
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda call: type(call).__name__)
def test_a_pause_lets_the_owner_say_no_and_nothing_else(
    sharing: Sharing, state: AuthorizationState, answer: Grant
) -> None:
    sharing.must(OFFICE, sharing.request(ONE))
    for call in GIVEN[state]:
        sharing.must(HEAD, call)
    sharing.pause(AUTHORIZATIONS)
    outcome = sharing.do(HEAD, answer)
    assert outcome.accepted is ((state, answer) in STOPS)
    if isinstance(answer, Grant | Resume):
        assert outcome.reason == "governance: paused"


def test_a_paused_contract_takes_no_requests_and_gives_no_uses(sharing: Sharing) -> None:
    sharing.authorize(ONE)
    sharing.pause(AUTHORIZATIONS)
    assert sharing.do(OFFICE, sharing.request(ONE, id=digest("second"))).reason == "governance: paused"
    assert use(sharing).reason == "governance: paused"
    sharing.unpause(AUTHORIZATIONS)
    assert use(sharing).accepted


def test_a_pause_gives_nobody_else_a_say(sharing: Sharing) -> None:
    sharing.authorize(ONE)
    sharing.pause(AUTHORIZATIONS)
    assert sharing.do(TAIL, Revoke(ID, REASON)).reason == "authorization: not the owner"
    assert sharing.do(agent(ONE, NODE), Revoke(ID, REASON)).reason == "parties: agent lacks the role"
    assert sharing.do(HEAD, Revoke(ID, NOTHING)).reason == "authorization: reason missing"
    sharing.must(HEAD, Revoke(ID, REASON))


def test_proven_words_read_back_as_the_rules_record(sharing: Sharing) -> None:
    sharing.authorize(ONE)
    use(sharing)
    values = sharing.network.values(AUTHORIZATIONS, client.authorization_fact(ID).slots)
    assert client.decode_authorization(ID, values) == sharing.authorizations.state.authorization(ID)
    other = digest("never")
    absent = sharing.network.values(AUTHORIZATIONS, client.authorization_fact(other).slots)
    assert client.decode_authorization(other, absent) == Authorization()
    with pytest.raises(InvalidRecord, match="authorization state"):
        client.decode_authorization(ID, dict.fromkeys(values, b"\xff" * 32))


def test_the_events_are_the_whole_history(sharing: Sharing) -> None:
    steps = (
        (OFFICE, sharing.request(ONE)), (HEAD, Grant(ID)), (HEAD, Suspend(ID, REASON)), (HEAD, Resume(ID)),
        (JOBS_ACCOUNT, Use(ID, digest("job"), PURPOSE, 1)), (HEAD, Revoke(ID, REASON)),
    )  # fmt: skip
    logs = [log for caller, call in steps for log in sharing.must(caller, call).logs]
    values = sharing.network.values(AUTHORIZATIONS, history_fact(AUTHORIZATIONS, ID).slots)
    verify_events(AUTHORIZATIONS, ID, logs, values)
    with pytest.raises(VerificationError):
        verify_events(AUTHORIZATIONS, ID, logs[:-1], values)


def test_every_ground_has_a_code_and_words_in_two_languages() -> None:
    for ground in Ground:
        assert ground_of(ground.code) is ground
        assert len(ground.code) == 32
        assert ground.zh.endswith("。")
        assert ground.en.endswith(".")
    with pytest.raises(InvalidRecord):
        ground_of(b"authorization: bribe".ljust(32, b"\0"))


def test_the_guard_names_the_ground() -> None:
    record = Authorization(
        purpose=PURPOSE, operations=3, valid_until=10, max_uses=1, state=AuthorizationState.GRANTED
    )
    check_use(record, 9, PURPOSE, 3)
    with pytest.raises(NotAuthorized, match=r"^authorization: expired$") as caught:
        check_use(record, 10, PURPOSE, 3)
    assert isinstance(caught.value, UnusableAuthorization)
    assert caught.value.ground is Ground.EXPIRED
    check_use(replace(record, uses=1), 9, PURPOSE, 3, counted=False)
    with pytest.raises(UnusableAuthorization, match="exhausted"):
        check_use(replace(record, uses=1), 9, PURPOSE, 3)


@given(
    record=st.builds(
        Authorization,
        operations=st.integers(0, 7), valid_from=st.integers(0, 3), valid_until=st.integers(0, 5),
        max_uses=st.integers(0, 2), uses=st.integers(0, 2), state=st.sampled_from(AuthorizationState),
        purpose=st.sampled_from([PURPOSE, NOTHING]),
    ),
    now=st.integers(0, 6), operations=st.integers(0, 7), counted=st.booleans(),
)  # fmt: skip
@settings(deadline=None, max_examples=200)
def test_whatever_narrows_an_authorization_never_permits_more(
    record: Authorization, now: int, operations: int, counted: bool
) -> None:
    ground = obstacle(record, record.owner, now, PURPOSE, operations, counted=counted)
    if ground is None:
        assert record.state is AuthorizationState.GRANTED
        assert record.valid_from <= now < record.valid_until
        assert operations
        assert operations & ~record.operations == 0
        assert record.uses < record.max_uses or not counted
        return
    for narrower in (
        replace(record, operations=record.operations & ~1),
        replace(record, valid_until=record.valid_until - 1),
        replace(record, uses=record.uses + 1),
    ):
        assert obstacle(narrower, record.owner, now, PURPOSE, operations, counted=counted) is not None


class AuthorizationMachine(RuleBasedStateMachine):
    """Random requests, answers and uses of two authorizations over one asset that comes and goes."""

    ids = st.sampled_from([ID, digest("second")])
    owners = st.sampled_from([HEAD, HEAD, HEAD, HEAD, TAIL, OFFICE, STRANGER, agent(ONE, NODE)])
    reasons = st.sampled_from([REASON, REASON, REASON, NOTHING])

    @initialize()
    def found(self) -> None:
        self.sharing = Sharing()
        self.sharing.mount(ONE)

    @rule(
        id=ids, caller=st.sampled_from([OFFICE, OFFICE, OFFICE, HEAD]), operations=st.sampled_from([0, 1, 3, 127, 128]),
        start=st.integers(-1, 2), length=st.integers(0, 4), max_uses=st.integers(0, 2),
    )  # fmt: skip
    def request(self, id: bytes, caller: bytes, operations: int, start: int, length: int, max_uses: int) -> None:
        begin = self.sharing.now + start * DAY
        call = Request(id, asset_of(ONE), ONE, PURPOSE, operations, digest("t"), begin, begin + length * DAY, max_uses)
        self.sharing.do(caller, call)

    @rule(id=ids, caller=owners)
    def grant(self, id: bytes, caller: bytes) -> None:
        self.sharing.do(caller, Grant(id))

    @rule(id=ids, caller=owners, reason=reasons, kind=st.sampled_from([Refuse, Suspend, Suspend, Revoke]))
    def say_no(self, id: bytes, caller: bytes, reason: bytes, kind: type[Refuse | Suspend | Revoke]) -> None:
        self.sharing.do(caller, kind(id, reason))

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
        entry = Mount(asset_of(ONE), digest("item"), int(Category.CONDITIONAL), 1, digest("document"))
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
