"""Members of Governance put notices and rules in force: by quorum, once, each with the own key, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from foundedchain import MEMBERS, OTHER_OFFICER
from governedtown import Town

from contracts.calendar.notice import shipped
from contracts.regulation.reader import national
from gateway.network.governing import Progress
from ledger.errors import NotAuthorized, NotFound

ADA, BEN = MEMBERS
NOTICE = shipped()[-1]


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    opened = Town(tmp_path)
    yield opened
    opened.close()


def test_the_second_member_completes_the_quorum_and_the_notice_is_in_force(town: Town) -> None:
    ada, ben = town.member(ADA), town.member(BEN)
    first = ada.adopt_notice(NOTICE)
    assert (first.progress, first.approvals, first.quorum) == (Progress.OPEN, 1, 2)
    assert ada.adopt_notice(NOTICE) == first  # repeated: the vote counts once
    assert not town.covers(NOTICE)
    second = ben.adopt_notice(NOTICE)
    assert (second.progress, second.approvals) == (Progress.IN_FORCE, 2)
    assert town.covers(NOTICE)
    assert ada.adopt_notice(NOTICE).approvals == 0  # nothing to do any more


def test_members_with_different_files_do_not_make_a_quorum(town: Town) -> None:
    town.member(ADA).adopt_notice(NOTICE)
    other = town.member(BEN).adopt_notice(replace(NOTICE, source="hearsay"))
    assert (other.progress, other.approvals) == (Progress.OPEN, 1)
    assert not town.covers(NOTICE)


def test_rules_are_adopted_likewise(town: Town) -> None:
    ada, ben = town.member(ADA), town.member(BEN)
    assert ada.adopt_rules(national()).progress is Progress.OPEN
    assert ben.adopt_rules(national()).progress is Progress.IN_FORCE
    assert ada.adopt_rules(national()).approvals == 0


def test_who_is_no_member_decides_nothing(town: Town) -> None:
    with pytest.raises(NotAuthorized, match="governance: members only"):
        town.member(OTHER_OFFICER).adopt_notice(NOTICE)


def test_what_lapsed_is_proposed_anew(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.network.governing.OPEN_S", 30)
    town.member(ADA).adopt_notice(NOTICE)
    town.clock.now += 30  # below the age at which a head is stale: the clock goes on at every look
    again = town.member(BEN).adopt_notice(NOTICE)
    assert (again.progress, again.approvals) == (Progress.OPEN, 1)
    assert town.member(ADA).adopt_notice(NOTICE).progress is Progress.IN_FORCE


def test_a_recipient_s_level_is_in_force_when_two_members_have_said_the_same(town: Town) -> None:
    ada, ben = town.member(ADA), town.member(BEN)
    assert ada.set_level("finance", 3).progress is Progress.OPEN
    assert ben.set_level("finance", 2).progress is Progress.OPEN  # another level is another decision
    assert ben.set_level("finance", 3).progress is Progress.IN_FORCE
    assert ada.set_level("finance", 3).approvals == 0  # there is nothing left to decide
    with pytest.raises(NotFound, match="party nobody: none of this code is registered"):
        ada.set_level("nobody", 2)
    with pytest.raises(NotAuthorized, match="members only"):
        town.member(OTHER_OFFICER).set_level("tax", 2)
