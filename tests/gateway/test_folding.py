"""What follows from all acts is brought on by new ones alone, and is at every block what one pass over all gives."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from foundedchain import private_key
from statutetown import AUTHORITY, YEAR, Town

from contracts.addresses import JOBS, PARTIES
from contracts.oversight.acts import Act
from contracts.oversight.counting.tally import Period
from contracts.oversight.watching import alerts as folded
from contracts.oversight.watching.alert import Alert
from contracts.parties.client import party_id
from contracts.world import AgentRole
from gateway.pages.reading import Lists
from gateway.statute.folding import Folding, Outdated, Senders, Watching
from gateway.statute.observation.observing import Observer, moment_of
from gateway.statute.observation.reporting import counted, roles_of
from gateway.statute.observation.standing import parties_of
from ledger.abi import AbiValue
from ledger.errors import BackendError
from ledger.hashing import keccak256
from ledger.proofs.headers import Header
from mpc.node.guarding.guard import code

DAY = 86_400


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    opened = Town(tmp_path, ("tax", "audit"))
    opened.mount("tax", "sales")
    yield opened
    opened.close()


def at_once(observer: Observer, at: Header) -> list[Alert]:
    """Return the alerts by one pass over all acts."""
    acts = observer.acts(at)
    parties = parties_of(observer.view, at, {act.sender for act in acts if not act.accepted})
    return folded.alerts(acts, moment_of(at), parties, observer.statute(at))


def test_alerts_and_figures_brought_on_are_those_of_one_pass(town: Town) -> None:
    observer, seen = town.observer("watcher"), list[tuple[Header, list[Alert]]]()

    def look() -> None:
        at = observer.follow()
        found = observer.alerts(at)
        assert found == at_once(observer, at)
        acts, known = observer.acts(at), [party_id(AUTHORITY)]
        figures = counted(observer, at, acts, Period(0, at.timestamp + 1)).figures
        assert observer.figures(at, known) == (figures, roles_of(observer, at, acts, known))
        seen.append((at, found))

    look()
    held = town.authorize("tax", "audit", "sales", "held")
    look()
    for n in range(3):
        assert not town.propose("audit", "tax", held, f"beyond {n}", purpose="curiosity").accepted
    look()
    town.ask("audit", "tax", "sales", "asked")
    town.later(60 * DAY)
    town.block()
    look()  # by time alone: nobody answered
    town.refuse("tax", "asked")
    look()
    assert len({len(found) for _, found in seen}) > 2
    earlier, then = seen[2]
    second = town.observer("second")
    second.follow()
    assert second.alerts(seen[-1][0]) == seen[-1][1]
    assert second.alerts(earlier) == then  # as of a block behind which the fold has gone already
    assert second.alerts(seen[-1][0]) == seen[-1][1]


def test_a_look_takes_no_act_twice_and_an_interrupted_one_begins_anew(town: Town) -> None:
    observer = town.observer("watcher")

    class Counted:
        def __init__(self) -> None:
            self.blocks = list[int]()

        def take(self, act: Act, _at: Header) -> None:
            self.blocks.append(act.block)
            if is_broken:
                raise BackendError("in the middle")

    def told(taker: Counted) -> list[int]:
        return list(taker.blocks)

    folding, is_broken = Folding[Counted, int](lambda _: Counted()), False
    before = folding.read(observer.chronicle, observer.follow(), 0, told)
    town.mount("tax", "permits")
    after = folding.read(observer.chronicle, observer.follow(), 0, told)
    assert after[: len(before)] == before
    assert after == [act.block for act in observer.acts(observer.follow())]
    town.mount("tax", "streets")
    is_broken = True
    with pytest.raises(BackendError):
        folding.read(observer.chronicle, observer.follow(), 0, told)
    is_broken = False
    whole = [act.block for act in observer.acts(observer.follow())]
    assert folding.read(observer.chronicle, observer.follow(), 0, told) == whole
    assert folding.read(observer.chronicle, observer.follow(), 1, told) == whole  # another key: anew, and the same


def test_an_agent_enrolled_after_its_refused_call_has_the_fold_begin_anew(town: Town) -> None:
    observer, newcomer = town.observer("watcher"), private_key("newcomer")
    before = observer.follow()
    stranger = replace(next(iter(observer.acts(before))), sender=bytes(newcomer.address), accepted=False, events=())
    late, early = Senders(observer.view), Senders(observer.view)
    assert late.met(stranger, before) == {}  # nobody's agent then
    until = town.now + YEAR
    terms = (newcomer.address, party_id("tax"), int(AgentRole.OFFICER), town.now, until)
    assert town.do("tax", PARTIES, "enroll", *terms, role=AgentRole.APPROVER).accepted
    at = observer.follow()
    enrolled = observer.acts(at)[-1]
    with pytest.raises(Outdated):
        late.met(enrolled, at)
    assert early.met(enrolled, at) == {}
    assert early.met(stranger, at) == {bytes(newcomer.address): party_id("tax")}


def test_lists_of_pages_are_the_same_in_one_pass_and_in_many(town: Town) -> None:
    observer = town.observer("watcher")
    folding = Folding[Lists, None](lambda _: Lists())

    def shown(lists: Lists) -> object:
        return lists.assets(), lists.jobs(10), lists.cases(town.now, 10), lists.count("Requests")

    held = town.authorize("tax", "audit", "sales", "held")
    folding.read(observer.chronicle, observer.follow(), None, shown)
    town.propose("audit", "tax", held, "job")
    in_many = folding.read(observer.chronicle, observer.follow(), None, shown)
    assert in_many == Folding[Lists, None](lambda _: Lists()).read(observer.chronicle, observer.follow(), None, shown)
    assert len(in_many[1]) == 1  # type: ignore[index]


def test_a_run_that_was_refused_or_given_up_says_on_which_ground_and_one_tried_again_does_not(town: Town) -> None:
    observer, folding = town.observer("watcher"), Folding[Lists, None](lambda _: Lists())

    def node(party: str, method: str, *args: AbiValue) -> None:
        assert town.do(party, JOBS, method, *args, role=AgentRole.NODE).accepted

    def grounds() -> dict[bytes, tuple[str, str]]:
        found = folding.read(observer.chronicle, observer.follow(), None, lambda lists: lists.jobs(10))
        return {one.job: (one.state.name, one.ground) for one in found}

    held = town.authorize("tax", "audit", "sales", "held")
    for name in ("refused", "aborted"):
        assert town.propose("audit", "tax", held, name).accepted
    refused, aborted = keccak256(b"refused"), keccak256(b"aborted")
    assert set(grounds().values()) == {("PROPOSED", "")}
    node("tax", "refuse", refused, code("authorization: asset withdrawn"), bytes(32))
    node("tax", "abort", aborted, 1, code("gate: too few"))
    ended = {refused: ("REFUSED", "authorization: asset withdrawn"), aborted: ("ABORTED", "gate: too few")}
    assert grounds() == ended
    node("audit", "retry", aborted, 1, 3)
    assert grounds() == {**ended, aborted: ("PROPOSED", "")}


def test_a_look_at_the_newest_does_not_wait_for_one_at_an_earlier_block(town: Town) -> None:
    observer = town.observer("patient")
    newest, begun = observer.follow(), list[str]()
    earlier = observer.at(newest, newest.number - 1)
    fold: Folding[Watching, None] = Folding(lambda _: Watching(observer.view))
    fold.read(observer.chronicle, newest, None, lambda _: begun.append("first"))

    def look_at_the_newest(_: Watching) -> None:
        begun.append("earlier")
        thread = threading.Thread(
            target=fold.read, args=(observer.chronicle, newest, None, lambda _: begun.append("newest"))
        )
        thread.start()
        thread.join(20)
        begun.append("end")

    fold.read(observer.chronicle, earlier, None, look_at_the_newest)
    assert begun == ["first", "earlier", "newest", "end"]
