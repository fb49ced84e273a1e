"""Authorizations: contract and rules agree on every answer, and on every reason why a use is not permitted."""

from __future__ import annotations

from dataclasses import replace

import pytest
from evm import Outcome
from hypothesis import given, settings
from hypothesis import strategies as st
from network import ADA, BEN, STRANGER, digest
from sharing import (
    APPROVER,
    JOBS_ACCOUNT,
    NODE,
    OFFICE,
    OFFICER,
    PURPOSE,
    REGISTRARS,
    REQUESTS_ACCOUNT,
    SUMS,
    Sharing,
    agent,
    asset_of,
    authorization_of,
)

from contracts.addresses import AUTHORIZATIONS, GENESIS_ADDRESSES
from contracts.authorizations import client
from contracts.authorizations.reasons import Ground, UnusableAuthorization, ground_of
from contracts.authorizations.record import NOTHING, Authorization, AuthorizationState, Operations
from contracts.authorizations.rules import Dispose, Resume, Revoke, Suspend, Use, check_use, obstacle
from contracts.catalogue.rules import Category, Destroy, Unmount
from contracts.proven import history_fact, verify_events
from ledger.errors import InvalidRecord, NotAuthorized, VerificationError

ONE, TWO = REGISTRARS[:2]
ID, REASON = authorization_of(ONE), digest("reason")
HEAD, TAIL = agent(ONE, OFFICER), agent(TWO, OFFICER)


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
        ([], ""),
        ([Suspend(ID, REASON)], "authorization: suspended"),
        ([Suspend(ID, REASON), Resume(ID)], ""),
        ([Revoke(ID, REASON)], "authorization: revoked"),
        ([Suspend(ID, REASON), Revoke(ID, REASON)], "authorization: revoked"),
        ([Unmount(asset_of(ONE))], "authorization: asset withdrawn"),
        ([Destroy(asset_of(ONE), digest("c"))], "authorization: asset withdrawn"),
    ],
)
def test_a_use_needs_a_grant_in_force_of_an_offered_asset(sharing: Sharing, calls: list, reason: str) -> None:
    assert use(sharing).reason == "authorization: unknown"
    sharing.authorize(ONE)
    for call in calls:
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


@pytest.mark.parametrize("caller", [OFFICE, HEAD, ADA, JOBS_ACCOUNT, STRANGER])
def test_nothing_is_granted_beside_a_request(sharing: Sharing, caller: bytes) -> None:
    assert sharing.do(caller, sharing.grant(ONE)).reason == "authorization: only a request is granted (R08)"
    sharing.must(REQUESTS_ACCOUNT, sharing.grant(ONE))


def test_what_is_not_offered_or_granted_already_is_not_granted(sharing: Sharing) -> None:
    sharing.mount(TWO, Category.NOT_SHARED)
    assert sharing.do(REQUESTS_ACCOUNT, sharing.grant(TWO)).reason == "authorization: asset withdrawn"
    another = replace(sharing.grant(ONE), owner=TWO)
    assert sharing.do(REQUESTS_ACCOUNT, another).reason == "authorization: asset withdrawn"
    sharing.must(REQUESTS_ACCOUNT, sharing.grant(ONE))
    assert sharing.do(REQUESTS_ACCOUNT, sharing.grant(ONE)).reason == "authorization: exists"


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
@pytest.mark.parametrize("call", [Suspend(ID, REASON), Revoke(ID, REASON)])
def test_only_officers_of_the_owner_stop(sharing: Sharing, call: Suspend, caller: bytes, reason: str) -> None:
    sharing.authorize(ONE)
    assert sharing.do(caller, call).reason == reason


@pytest.mark.parametrize("call", [Suspend(ID, NOTHING), Revoke(ID, NOTHING)])
def test_a_stop_has_a_stated_cause(sharing: Sharing, call: Suspend) -> None:
    sharing.authorize(ONE)
    assert sharing.do(HEAD, call).reason == "authorization: reason missing (R20)"
    sharing.must(HEAD, replace(call, reason=REASON))


@pytest.mark.parametrize(("breach", "reason"), [
    (0, ""), (4002, ""), (4003, ""), (4007, ""), (4000, "R27"), (4008, "R27"), (3904, "R27"), (1, "R27"),
])  # fmt: skip
def test_a_suspension_carries_the_item_of_article_40_that_was_found(sharing: Sharing, breach: int, reason: str) -> None:
    sharing.authorize(ONE)
    outcome = sharing.do(HEAD, Suspend(ID, REASON, breach))
    assert outcome.reason == (reason and "authorization: unknown breach (R27)")
    if outcome.accepted:
        assert int.from_bytes(outcome.logs[0].data[-32:], "big") == breach


def test_the_authority_suspends_and_nobody_else_lifts_it(sharing: Sharing) -> None:
    sharing.authorize(ONE)
    sharing.must(ADA, Suspend(ID, REASON, 4002))
    assert use(sharing).reason == "authorization: suspended"
    for caller in (HEAD, OFFICE):
        assert sharing.do(caller, Resume(ID)).reason == "authorization: suspended by another party (R19)"
    sharing.must(BEN, Resume(ID))  # another officer of the same authority
    assert use(sharing).accepted
    sharing.must(HEAD, Suspend(ID, REASON))
    assert sharing.do(ADA, Resume(ID)).reason == "authorization: suspended by another party (R19)"
    sharing.must(HEAD, Resume(ID))


def test_what_is_disposed_of_is_never_used_again(sharing: Sharing) -> None:
    sharing.authorize(ONE)
    certificate = digest("certificate")
    for caller in (HEAD, ADA):
        assert sharing.do(caller, Dispose(ID, certificate)).reason == "authorization: not the grantee (R18)"
    assert sharing.do(OFFICE, Dispose(ID, NOTHING)).reason == "authorization: certificate missing (R18)"
    sharing.must(OFFICE, Dispose(ID, certificate))
    assert use(sharing).reason == "authorization: disposed"
    assert sharing.do(HEAD, Resume(ID)).reason == "authorization: state"
    assert sharing.do(OFFICE, Dispose(ID, certificate)).reason == "authorization: disposed (R18)"


@pytest.mark.parametrize("end", [Revoke(ID, REASON), Suspend(ID, REASON)])
def test_data_of_an_ended_authorization_are_disposed_of_too(sharing: Sharing, end: Revoke) -> None:
    sharing.authorize(ONE)
    sharing.must(HEAD, end)
    sharing.must(OFFICE, Dispose(ID, digest("certificate")))
    assert use(sharing).reason == "authorization: disposed"


ANSWERS = (Suspend(ID, REASON), Resume(ID), Revoke(ID, REASON))
GIVEN = {
    AuthorizationState.GRANTED: [],
    AuthorizationState.SUSPENDED: [Suspend(ID, REASON)],
    AuthorizationState.REVOKED: [Revoke(ID, REASON)],
}
MOVES = {
    (AuthorizationState.GRANTED, Suspend): AuthorizationState.SUSPENDED,
    (AuthorizationState.GRANTED, Revoke): AuthorizationState.REVOKED,
    (AuthorizationState.SUSPENDED, Resume): AuthorizationState.GRANTED,
    (AuthorizationState.SUSPENDED, Revoke): AuthorizationState.REVOKED,
}


@pytest.mark.parametrize("state", GIVEN)
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda call: type(call).__name__)
def test_a_step_leads_where_the_table_says_or_nowhere(
    sharing: Sharing, state: AuthorizationState, answer: Suspend
) -> None:
    sharing.authorize(ONE)
    for call in GIVEN[state]:
        sharing.must(HEAD, call)
    reached = MOVES.get((state, type(answer)))
    assert sharing.do(HEAD, answer).reason == ("" if reached else "authorization: state")
    assert sharing.authorizations.state.authorization(ID).state is (reached or state)


def test_an_unknown_authorization_has_no_answer(sharing: Sharing) -> None:
    assert {sharing.do(HEAD, call).reason for call in ANSWERS} == {"authorization: unknown"}


@pytest.mark.parametrize("state", GIVEN)
@pytest.mark.parametrize("answer", ANSWERS, ids=lambda call: type(call).__name__)
def test_a_pause_lets_the_owner_stop_and_nothing_else(
    sharing: Sharing, state: AuthorizationState, answer: Suspend
) -> None:
    sharing.authorize(ONE)
    for call in GIVEN[state]:
        sharing.must(HEAD, call)
    sharing.pause(AUTHORIZATIONS)
    outcome = sharing.do(HEAD, answer)
    if isinstance(answer, Resume):
        assert outcome.reason == "governance: paused"
    else:
        assert outcome.accepted is ((state, type(answer)) in MOVES)
        sharing.must(OFFICE, Dispose(ID, digest("certificate")))


def test_a_paused_contract_grants_nothing_and_gives_no_uses(sharing: Sharing) -> None:
    sharing.authorize(ONE)
    sharing.pause(AUTHORIZATIONS)
    other = sharing.grant(ONE, id=digest("second"))
    assert sharing.do(REQUESTS_ACCOUNT, other).reason == "governance: paused"
    assert use(sharing).reason == "governance: paused"
    sharing.unpause(AUTHORIZATIONS)
    assert use(sharing).accepted


def test_a_pause_gives_nobody_else_a_say(sharing: Sharing) -> None:
    sharing.authorize(ONE)
    sharing.pause(AUTHORIZATIONS)
    assert sharing.do(TAIL, Revoke(ID, REASON)).reason == "authorization: not the owner"
    assert sharing.do(agent(ONE, NODE), Revoke(ID, REASON)).reason == "parties: agent lacks the role"
    assert sharing.do(HEAD, Revoke(ID, NOTHING)).reason == "authorization: reason missing (R20)"
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
        (REQUESTS_ACCOUNT, sharing.grant(ONE)), (HEAD, Suspend(ID, REASON, 4002)), (HEAD, Resume(ID)),
        (JOBS_ACCOUNT, Use(ID, digest("job"), PURPOSE, 1)), (HEAD, Revoke(ID, REASON)),
        (OFFICE, Dispose(ID, digest("certificate"))),
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
    record = Authorization(purpose=PURPOSE, operations=3, valid_until=10, max_uses=1, state=AuthorizationState.GRANTED)
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
