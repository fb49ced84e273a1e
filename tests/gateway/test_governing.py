"""Members of Governance put notices and rules in force: by quorum, once, each with the own key, in any order."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from foundedchain import MEMBERS, OTHER_OFFICER, START, Standing, embedded, open_node, trust_of

from contracts.addresses import CALENDAR
from contracts.artefacts import interfaces
from contracts.calendar import client
from contracts.calendar.dates import number_of
from contracts.calendar.notice import Notice, shipped
from contracts.regulation.reader import national
from gateway.network.governing import Member, Progress
from ledger.errors import NotAuthorized, NotFound
from ledger.keys import PrivateKey
from ledger.view import ProvenView

ADA, BEN = MEMBERS
NOTICE = shipped()[-1]


class Town:
    """A chain in process, a clock, and members who come one after another."""

    def __init__(self, directory: Path) -> None:
        self.clock, self.directory = Standing(), directory
        self.clock.now = START + 1.0  # the founding block itself is fresh: a member may come before the next one
        self.node = open_node(directory / "chain", self._tick)
        self.node.start()
        self.trust = trust_of(self.node.genesis_hash)
        self.members: list[Member] = []

    def _tick(self) -> float:
        self.clock.now += 0.5
        return self.clock.now

    def member(self, key: PrivateKey) -> Member:
        name = key.address.hex()
        chain = embedded(self.node, key, self.directory / f"{name}.sqlite")
        belief = self.directory / f"{name}-{len(self.members)}.sqlite"
        view = ProvenView(chain, self.trust, belief, interfaces(), clock=self._tick)
        self.members.append(Member(chain, view, key.address, clock=self._tick))
        return self.members[-1]

    def covers(self, notice: Notice) -> bool:
        chain = embedded(self.node, None, None)
        fact = client.span_fact(number_of(notice.first))
        view = ProvenView(chain, self.trust, self.directory / "reader.sqlite", interfaces(), clock=self._tick)
        held = client.decode_span(number_of(notice.first), view.value(CALENDAR, fact.slots))
        view.close()
        return held.notice == notice.digest

    def close(self) -> None:
        for member in self.members:
            member.close()
        self.node.close()


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
