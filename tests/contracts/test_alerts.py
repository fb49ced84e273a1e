"""Alerts are a pure function of the acts: each kind has the act that raises it and the neighbour that does not."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from statutetown import Town

from contracts.addresses import (
    APPLICATIONS,
    AUTHORIZATIONS,
    BREACHES,
    BUDGETS,
    CASES,
    CATALOGUE,
    JOBS,
    LISTINGS,
    RETURNS,
    REVISIONS,
    SUPPLIES,
)
from contracts.artefacts import interfaces
from contracts.authorizations.reasons import Ground
from contracts.oversight.acts import Act
from contracts.oversight.watching.alert import Alert, Kind, Moment, encode
from contracts.oversight.watching.alerts import (
    BUDGET_PERCENT,
    DAY,
    REFUSALS,
    REFUSALS_WINDOW,
    ROWS_FACTOR,
    ROWS_WINDOW,
    alerts,
)
from contracts.parties.client import party_id
from gateway.statute.observation.observing import moment_of
from ledger.abi import AbiValue
from ledger.chain.port import Event
from ledger.crypto.signing import Address
from ledger.errors import Conflict

OWNER, USER, ASSET, GRANT, JOB, PERIOD = (bytes([n]) * 32 for n in range(1, 7))
AGENT = bytes([9]) * 20
AUDIT, TAX = party_id("audit"), party_id("tax")


class Limits:
    """No limit is needed that an event has not fixed."""

    def until(self, code: str, start: int) -> int:
        return start + 10 * DAY


class Story:
    """Acts as a chain would tell them, one a block."""

    def __init__(self) -> None:
        self.acts: list[Act] = []

    def tell(self, time: int, contract: str, name: str, entity: bytes, **args: AbiValue) -> None:
        kind = next(known for known in interfaces()[contract].events.values() if known.name == name)
        assert {kind.fields[0].name, *args} <= {field.name for field in kind.fields}
        block = len(self.acts) + 1
        topics = (kind.topic, entity)
        told = {kind.fields[0].name: entity, **args}
        event = Event(contract, name, Address(bytes(20)), topics, b"", told, block, time, 0, 0)
        self.acts.append(Act(block, time, 0, AGENT, contract, b"", True, (event,)))

    def refused(self, time: int, payload: bytes = b"", contract: str = CATALOGUE, agent: bytes = AGENT) -> None:
        self.acts.append(Act(len(self.acts) + 1, time, 0, agent, contract, payload, False))

    def found(self, now: int = 1 << 40) -> list[Alert]:
        moment = Moment(len(self.acts), now, bytes(32))
        return alerts(self.acts, moment, {AGENT: USER}, Limits())

    def kinds(self) -> list[Kind]:
        return [alert.kind for alert in self.found()]

    def grant(self, **args: AbiValue) -> None:
        told = {
            "state": 1, "asset": ASSET, "purpose": PERIOD, "operations": 1, "terms": JOB, "valid_from": 0,
            "valid_until": 1 << 40, "max_uses": 100,
        }  # fmt: skip
        self.tell(0, AUTHORIZATIONS, "AuthorizationGranted", GRANT, party=OWNER, grantee=USER, **told | args)

    def use(self, time: int, uses: int) -> None:
        self.tell(time, AUTHORIZATIONS, "AuthorizationUsed", GRANT, state=1, party=USER, job=JOB, uses=uses)

    def publish(self, time: int, rows: int) -> None:
        self.tell(time, CATALOGUE, "AssetPublished", ASSET, party=OWNER, version=1, rows=rows)


def test_rows_above_three_times_the_maximum_of_28_days_are_told_and_exactly_three_times_are_not() -> None:
    for rows, expected in ((ROWS_FACTOR * 100, []), (ROWS_FACTOR * 100 + 1, [Kind.ROWS])):
        story = Story()
        story.grant()
        story.publish(1, 100)
        story.use(2, 1)
        story.publish(3, rows)
        story.use(4, 2)
        assert story.kinds() == expected


def test_rows_are_held_against_28_days_only_and_not_without_a_published_count() -> None:
    for gap, expected in ((ROWS_WINDOW - 1, [Kind.ROWS]), (ROWS_WINDOW, [])):
        story = Story()
        story.grant()
        story.publish(1, 10)
        story.use(2, 1)
        story.publish(3, 1000)
        story.use(2 + gap, 2)
        assert story.kinds() == expected
    silent = Story()
    silent.grant()
    silent.use(2, 1)
    silent.publish(3, 1000)
    silent.use(4, 2)
    assert silent.kinds() == []


def test_a_case_of_one_window_is_overdue_at_its_end_for_each_who_has_not_signed_and_late_for_who_then_does() -> None:
    story, due = Story(), 100 + 3601
    story.tell(1, CASES, "TemplateDefined", GRANT, party=OWNER, departments=(OWNER, USER))
    story.tell(100, CASES, "CaseOpened", JOB, party=OWNER, template=GRANT, due=due)
    story.tell(200, CASES, "CaseSigned", JOB, party=OWNER, late=False)
    assert [alert.kind for alert in story.found(due - 1)] == []
    overdue = [(alert.party, alert.detail["step"], alert.kind) for alert in story.found(due)]
    assert sorted(overdue) == [(OWNER, "close-case", Kind.OVERDUE), (USER, "sign-case", Kind.OVERDUE)]
    story.tell(due, CASES, "CaseSigned", JOB, party=USER, late=True)
    story.tell(due + 1, CASES, "CaseClosed", JOB, party=OWNER, late=True)
    late = [(alert.party, alert.detail["step"], alert.kind) for alert in story.found()]
    assert late == [(USER, "sign-case", Kind.LATE), (OWNER, "close-case", Kind.LATE)]


def test_a_plea_against_a_credit_listing_is_overdue_when_due_and_late_when_answered_then() -> None:
    story, due = Story(), 500
    story.tell(100, LISTINGS, "ListingPleaded", JOB, keeper=OWNER, party=USER, plea=1, due=due)
    assert story.found(due - 1) == []
    assert [(alert.party, alert.kind) for alert in story.found(due)] == [(OWNER, Kind.OVERDUE)]
    story.tell(due, LISTINGS, "ListingAnswered", JOB, state=1, party=OWNER, plea=1, is_granted=False, is_late=True)
    assert [(alert.party, alert.detail["step"]) for alert in story.found()] == [(OWNER, "answer-plea")]
    timely = Story()
    timely.tell(100, LISTINGS, "ListingPleaded", JOB, keeper=OWNER, party=USER, plea=1, due=due)
    timely.tell(due - 1, LISTINGS, "ListingAnswered", JOB, state=3, party=OWNER, plea=1, is_granted=True, is_late=False)
    assert timely.found() == []


def reserved(story: Story, time: int, job: bytes, amount: int) -> None:
    story.tell(
        time, BUDGETS, "BudgetReserved", ASSET, party=OWNER, job=job, attempt=1, period=PERIOD, mode=1, amount=amount,
        side=0,
    )  # fmt: skip


def test_a_budget_is_told_when_nine_tenths_are_used_once_and_again_only_after_it_had_room() -> None:
    story = Story()
    limit = {"party": OWNER, "pot": PERIOD, "length": 0}
    story.tell(1, BUDGETS, "LimitRaised", ASSET, **limit, limit=100)
    reserved(story, 2, JOB, BUDGET_PERCENT - 1)
    assert story.kinds() == []
    reserved(story, 3, GRANT, 1)
    story.tell(4, BUDGETS, "BudgetSettled", ASSET, party=OWNER, job=JOB, attempt=1, spent=BUDGET_PERCENT - 1)
    assert story.kinds() == [Kind.BUDGET]  # spending what was reserved changes nothing
    story.tell(5, BUDGETS, "BudgetRefunded", ASSET, party=OWNER, job=GRANT, attempt=1, spent=0)
    reserved(story, 6, USER, 1)
    (first, second) = story.found()
    assert (first.since, second.since) == (3, 6)
    assert (first.detail["used"], first.detail["limit"]) == (90, 100)
    story.tell(7, BUDGETS, "LimitRaised", ASSET, **limit, limit=1000)
    story.tell(8, BUDGETS, "LimitLowered", ASSET, **limit, limit=95)
    assert [alert.since for alert in story.found()] == [3, 6, 8]


def test_a_rate_s_limit_is_no_pot_of_a_period() -> None:
    story = Story()
    story.tell(1, BUDGETS, "LimitRaised", ASSET, party=OWNER, pot=PERIOD, length=86_400, limit=1)
    story.tell(2, BUDGETS, "LimitRaised", ASSET, party=OWNER, pot=PERIOD, length=0, limit=100)
    reserved(story, 3, JOB, 50)
    assert story.kinds() == []


def test_refusals_are_told_at_the_third_within_a_week_and_not_when_they_are_rare() -> None:
    often, rare, others = Story(), Story(), Story()
    for n in range(REFUSALS):
        often.refused(n * DAY)
        rare.refused(n * REFUSALS_WINDOW // 2)
        others.refused(n, agent=bytes([n]) * 20)
    assert often.kinds() == [Kind.REFUSALS]
    assert often.found()[0].party == USER
    assert rare.kinds() == []
    assert others.kinds() == []
    often.refused(REFUSALS * DAY)
    assert often.kinds() == [Kind.REFUSALS]  # counted anew


@pytest.mark.parametrize(
    ("ground", "kind"),
    [
        (Ground.REVOKED, Kind.AFTER_END),
        (Ground.EXPIRED, Kind.AFTER_END),
        (Ground.COLUMN, Kind.BEYOND_SCOPE),
        (Ground.PURPOSE, Kind.BEYOND_SCOPE),
        (None, None),
    ],
)
def test_a_node_s_refusal_says_its_ground_itself(ground: Ground | None, kind: Kind | None) -> None:
    story = Story()
    proposal = {"recipient": USER, "purpose": PERIOD, "operations": 1, "authorizations": (GRANT, bytes(32))}
    story.tell(1, JOBS, "JobProposed", JOB, party=USER, deadline=700, parties=(OWNER, USER), **proposal)
    reason = ground.code if ground else b"job: rate".ljust(32, b"\0")
    story.tell(2, JOBS, "JobRefused", JOB, state=7, party=OWNER, attempt=1, reason=reason, detail=bytes(32))
    assert story.kinds() == ([kind] if kind else [])
    if kind:
        assert story.found()[0].party == USER


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    opened = Town(tmp_path, ("tax", "audit", "finance"))
    opened.mount("tax", "sales")
    yield opened
    opened.close()


def told(town: Town, name: str = "watcher") -> list[tuple[Kind, bytes, str]]:
    observer = town.observer(name)
    found = observer.alerts(observer.follow())
    return [(alert.kind, alert.party, str(alert.detail.get("ground", alert.detail.get("step")))) for alert in found]


def test_a_use_attempted_after_revocation_or_expiry_is_told_though_it_left_no_event(town: Town) -> None:
    revoked = town.authorize("tax", "audit", "sales", "revoked")
    expiring = town.authorize("tax", "audit", "sales", "expiring", days=1)
    assert town.propose("audit", "tax", revoked, "in time").accepted
    town.revoke("tax", "audit", revoked)
    assert not town.propose("audit", "tax", revoked, "after").accepted
    assert told(town) == [(Kind.AFTER_END, AUDIT, "revoked")]
    town.later(2 * DAY)
    assert not town.propose("audit", "tax", expiring, "too late").accepted
    assert told(town, "later") == [(Kind.AFTER_END, AUDIT, "revoked"), (Kind.AFTER_END, AUDIT, "expired")]


def test_a_use_beyond_purpose_operations_or_grantee_is_told(town: Town) -> None:
    held = town.authorize("tax", "audit", "sales", "held")
    assert not town.propose("audit", "tax", held, "other purpose", purpose="curiosity").accepted
    assert not town.propose("audit", "tax", held, "more", operations=2).accepted
    town.later(REFUSALS_WINDOW)
    assert not town.propose("finance", "tax", held, "somebody else").accepted
    assert told(town) == [
        (Kind.BEYOND_SCOPE, AUDIT, "purpose"),
        (Kind.BEYOND_SCOPE, AUDIT, "operation"),
        (Kind.BEYOND_SCOPE, party_id("finance"), "other grantee"),
    ]


def test_a_step_is_overdue_from_its_midnight_on_and_late_once_it_is_taken(town: Town) -> None:
    town.ask("audit", "tax", "sales", "request")  # on Monday 2 March: due on Monday 16 March, 24:00
    town.at("2026-03-16T23:59:50+08:00")
    town.block(0)
    assert told(town) == []
    town.at("2026-03-17T00:00:00+08:00")
    town.block(0)
    assert told(town) == [(Kind.OVERDUE, TAX, "answer")]
    town.refuse("tax", "request")
    assert told(town) == [(Kind.LATE, TAX, "answer")]


def test_a_registrar_s_late_entry_is_told_and_one_in_time_is_not() -> None:
    for late, expected in ((False, []), (True, [Kind.LATE])):
        story = Story()
        story.tell(1, APPLICATIONS, "ApplicationAccepted", JOB, party=OWNER, unit=ASSET, due=1 << 50)
        story.tell(2, APPLICATIONS, "ApplicationEntered", JOB, state=2, party=OWNER, late=late)
        assert story.kinds() == expected


def test_a_found_breach_is_told_with_its_item_and_a_doubt_is_not() -> None:
    story = Story()
    story.grant()
    story.tell(1, AUTHORIZATIONS, "AuthorizationSuspended", GRANT, state=2, party=OWNER, reason=JOB, breach=0)
    assert story.kinds() == []
    story.tell(2, AUTHORIZATIONS, "AuthorizationSuspended", GRANT, state=2, party=OWNER, reason=JOB, breach=4002)
    finding = {"item": 3909, "rule": 12, "subject": ASSET, "evidence": JOB, "due": 1 << 50}
    story.tell(3, BREACHES, "BreachFound", JOB, state=1, party=USER, accused=OWNER, **finding)
    assert [(alert.kind, alert.party, alert.rules, alert.breaches) for alert in story.found()] == [
        (Kind.BREACH, USER, ("R19",), ("40(2)",)), (Kind.BREACH, OWNER, ("R12",), ("39(9)",)),
    ]  # fmt: skip


def test_each_late_step_carries_its_own_item() -> None:
    told = {"party": USER, "owner": OWNER, "asset": ASSET}
    supplied = {"grantee": USER, "number": 1, "source": bytes(32)}
    for number, step, item in ((3904, "supply", "39(4)"), (3905, "return-data", "39(5)")):
        story = Story()
        story.tell(1, SUPPLIES, "Supplied", GRANT, party=OWNER, breach=number, **supplied)
        assert [(alert.detail["step"], alert.breaches) for alert in story.found()] == [(step, (item,))]
    story = Story()
    story.tell(1, RETURNS, "ReturnClaimed", GRANT, due=50, region=JOB, **told)
    story.tell(2, REVISIONS, "ChangeNoticed", ASSET, state=1, party=USER, owner=OWNER, cause=JOB, changed=1, due=60)
    late = {(alert.since, alert.kind, alert.breaches) for alert in story.found()}
    assert late == {(50, Kind.OVERDUE, ("39(5)",)), (60, Kind.OVERDUE, ("39(1)",))}
    handed = {"party": OWNER, "authority": USER, "document": JOB, "breach": 3901, "due": 70}
    story.tell(65, REVISIONS, "UpdateHandedOver", ASSET, state=2, **handed)
    story.tell(75, REVISIONS, "EntryPublished", ASSET, state=3, party=USER, document=JOB, breach=4103)
    found = [(alert.party, alert.breaches) for alert in story.found() if alert.kind is Kind.LATE]
    assert found == [(OWNER, ("39(1)",)), (USER, ("41(3)",))]


def test_ending_a_service_does_not_hide_that_its_supply_was_overdue(town: Town) -> None:
    held = town.authorize("tax", "audit", "sales", "held")
    late = town.authorize("tax", "audit", "sales", "late", days=300)
    town.revoke("tax", "audit", held)
    assert told(town) == []  # ended in time: nothing is owed
    town.later(40 * DAY)
    town.revoke("tax", "audit", late)
    assert told(town, "later") == [(Kind.LATE, TAX, "supply")]


def test_two_observers_get_identical_bytes_as_of_the_same_block_whenever_they_look(town: Town) -> None:
    held = town.authorize("tax", "audit", "sales", "held")
    one = town.observer("early")
    town.ask("audit", "tax", "sales", "request")
    town.propose("audit", "tax", held, "other purpose", purpose="curiosity")
    then = one.follow()
    early = encode(one.chain_id, moment_of(then), one.alerts(then))
    town.later(40 * DAY)
    town.revoke("tax", "audit", held)
    town.propose("audit", "tax", held, "after")
    two = town.observer("late")
    head = two.follow()
    at = two.at(head, then.number)
    assert encode(two.chain_id, moment_of(at), two.alerts(at)) == early
    assert encode(one.chain_id, moment_of(head), one.alerts(one.follow())) == encode(
        two.chain_id, moment_of(head), two.alerts(head)
    )
    assert len(two.alerts(head)) == len(one.alerts(then)) + 3  # an answer and a supply overdue, one attempt


def test_acts_that_run_backwards_are_refused() -> None:
    story = Story()
    story.refused(10)
    story.refused(20)
    story.acts.reverse()
    with pytest.raises(Conflict, match="clock went backwards"):
        story.found()
    story.acts.reverse()
    with pytest.raises(Conflict, match="clock went backwards"):
        alerts(story.acts, Moment(2, 19, bytes(32)), {}, Limits())
    with pytest.raises(Conflict, match="clock went backwards"):
        alerts(story.acts, Moment(1, 30, bytes(32)), {}, Limits())
