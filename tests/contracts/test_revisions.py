"""Revisions: contract and rules agree; entries updated, reviewed and published in time, or late under their items."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from evm import Outcome
from flow import Flow
from lockstep import Lockstep
from network import ADA, AUTHORITY, STRANGER, digest
from requesting import FIRST, ONE, SECOND
from sharing import AUDIT, OFFICE, asset_of, filing

from contracts.addresses import REVISIONS
from contracts.calendar.dates import DAY, date_of, day_of
from contracts.catalogue.rules import Amend
from contracts.proven import history_fact, verify_events
from contracts.regulation.citing import cited
from contracts.regulation.rule_set import breach_number
from contracts.revisions import client
from contracts.revisions.rules import (
    NOTHING,
    Call,
    Extend,
    GiveBack,
    HandOver,
    Notice,
    Publish,
    Revision,
    RevisionState,
    State,
    apply,
)

WORD, ASSET = digest("word"), asset_of(ONE)
UPDATE, HAND_OVER, PUBLISH = Extend(ASSET, WORD), HandOver(ASSET, AUTHORITY), Publish(ASSET)


class Office(Flow):
    """Two owners and an authority that keeps the catalogue."""

    def __init__(self) -> None:
        super().__init__()
        self.revisions = Lockstep(self.network, REVISIONS, State())

    def revise(self, caller: bytes, call: Call) -> Outcome:
        operation = client.operation(call, op_id=WORD)
        return self.revisions.step(
            lambda state: apply(state, call, caller, self.network.now, self.everything),
            lambda: self.network.send(caller, REVISIONS, operation.method, *operation.args),
        )

    def revised(self, caller: bytes, call: Call) -> int:
        """Have a call taken; return the breach its event carries before the last word."""
        outcome = self.revise(caller, call)
        assert outcome.accepted, outcome.reason
        at = -32 if isinstance(call, Publish) else -64
        return int.from_bytes(outcome.logs[0].data[at:][:32], "big")

    def notice(self) -> Notice:
        return Notice(ASSET, WORD, self.network.now)

    def amend(self, name: str) -> None:
        """Put another entry in force."""
        self.sharing.must(FIRST, Amend(ASSET, self.sharing.enter(ONE, filing(ASSET, name=digest(name)))))

    def due(self) -> int:
        return self.revisions.state.revision(ASSET).due

    def last_day(self) -> date:
        return date_of(day_of(self.due() - 1))


@pytest.fixture
def office() -> Office:
    return Office()


def test_an_entry_is_updated_in_ten_working_days_and_published_in_two(office: Office) -> None:
    office.revised(FIRST, office.notice())
    assert office.last_day() == date(2026, 6, 18)
    office.amend("after the new law")
    office.network.now = office.due() - 1
    assert office.revised(FIRST, HAND_OVER) == 0
    assert office.last_day() == date(2026, 6, 22)  # Friday 19 and Monday 22
    office.network.now = office.due() - 1
    assert office.revised(ADA, PUBLISH) == 0
    values = office.network.values(REVISIONS, client.published_fact(ASSET).slots)
    assert client.decode_published(ASSET, values) == office.sharing.catalogue.state.asset(ASSET).document


def test_a_late_update_and_a_late_review_carry_their_items(office: Office) -> None:
    office.revised(FIRST, office.notice())
    office.amend("late")
    office.network.now = office.due()
    assert office.revised(FIRST, HAND_OVER) == breach_number("39(1)")
    office.network.now = office.due()
    assert office.revised(ADA, PUBLISH) == breach_number("41(3)")


def test_the_authority_extends_an_update_once_by_five_working_days_and_before_its_end(office: Office) -> None:
    office.revised(FIRST, office.notice())
    assert office.revise(FIRST, UPDATE).reason == "revision: authority only (R06)"
    assert office.revise(ADA, replace(UPDATE, reason=NOTHING)).reason == "revision: reason missing (R06)"
    office.revised(ADA, UPDATE)
    assert office.last_day() == date(2026, 6, 25)
    assert office.revise(ADA, UPDATE).reason == "revision: extended once (R06)"
    other = Office()
    other.revised(FIRST, other.notice())
    other.network.now = other.due()
    assert other.revise(ADA, UPDATE).reason == "revision: overdue (R06)"


def test_what_was_not_updated_is_not_handed_over_and_the_refusal_names_article_17(office: Office) -> None:
    office.revised(FIRST, office.notice())
    refused = office.revise(FIRST, HAND_OVER)
    assert refused.reason == "revision: entry not updated (R06)"
    found = cited(refused.reason)
    assert found is not None
    assert "article 17" in found.text("en")
    assert "第17条" in found.text("zh")
    office.amend("updated")
    office.revised(FIRST, HAND_OVER)


def test_an_entry_without_a_notice_is_published_once(office: Office) -> None:
    assert office.revised(FIRST, HAND_OVER) == 0
    office.revised(ADA, PUBLISH)
    assert office.revise(FIRST, HAND_OVER).reason == "revision: entry not updated (R06)"
    office.amend("better words")
    office.revised(FIRST, HAND_OVER)


def test_what_review_gives_back_runs_anew(office: Office) -> None:
    office.revised(FIRST, HAND_OVER)
    assert office.revised(ADA, GiveBack(ASSET, WORD)) == 0
    assert office.last_day() == date(2026, 6, 18)
    assert office.revise(FIRST, HAND_OVER).reason == "revision: entry not updated (R06)"
    office.amend("as review asked")
    office.revised(FIRST, HAND_OVER)
    office.network.now += 30 * DAY
    assert office.revised(ADA, GiveBack(ASSET, WORD)) == breach_number("41(3)")


def test_a_change_of_weeks_ago_is_overdue_at_once_and_one_to_come_is_none(office: Office) -> None:
    early = replace(office.notice(), changed=office.network.now - 30 * DAY)
    assert office.revise(ADA, replace(early, changed=office.network.now + 1)).reason == "calendar: start in the future"
    office.revised(ADA, early)
    assert office.due() <= office.network.now
    office.amend("too late")
    assert office.revised(FIRST, HAND_OVER) == breach_number("39(1)")


REFUSED = (
    (STRANGER, Notice(ASSET, WORD, 1), "parties: unknown agent"),
    (SECOND, Notice(ASSET, WORD, 1), "revision: not the owner (R06)"),
    (OFFICE, Notice(ASSET, WORD, 1), "revision: not the owner (R06)"),
    (FIRST, Notice(ASSET, NOTHING, 1), "revision: cause missing (R06)"),
    (FIRST, Notice(WORD, WORD, 1), "catalogue: unknown asset"),
    (SECOND, HAND_OVER, "revision: not the owner (R06)"),
    (FIRST, HandOver(ASSET, AUDIT), "revision: no such authority (R06)"),
    (ADA, PUBLISH, "revision: state"),
    (ADA, GiveBack(ASSET, WORD), "revision: state"),
    (ADA, UPDATE, "revision: state"),
)


def test_each_step_has_its_own_party_and_state(office: Office) -> None:
    for caller, call, reason in REFUSED:
        assert office.revise(caller, call).reason == reason
    office.revised(FIRST, office.notice())
    assert office.revise(FIRST, office.notice()).reason == "revision: state"
    office.amend("new")
    office.revised(FIRST, HAND_OVER)
    assert office.revise(FIRST, HAND_OVER).reason == "revision: state"
    assert office.revise(FIRST, PUBLISH).reason == "revision: before another authority (R06)"
    assert office.revise(ADA, GiveBack(ASSET, NOTHING)).reason == "revision: reason missing (R06)"


def test_the_events_are_the_whole_history_and_the_words_what_they_say(office: Office) -> None:
    logs = list(office.revise(FIRST, office.notice()).logs)
    office.amend("new")
    for caller, call in ((FIRST, HAND_OVER), (ADA, PUBLISH)):
        logs += office.revise(caller, call).logs
    verify_events(REVISIONS, ASSET, logs, office.network.values(REVISIONS, history_fact(REVISIONS, ASSET).slots))
    values = office.network.values(REVISIONS, client.revision_fact(ASSET).slots)
    found = client.decode_revision(ASSET, values)
    assert found == office.revisions.state.revision(ASSET)
    assert found.state is RevisionState.PUBLISHED
    assert client.decode_revision(ASSET, dict.fromkeys(values, bytes(32))) == Revision()
