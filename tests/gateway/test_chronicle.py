"""The chronicle: what is in it was sealed and is all there, and its due list grows with what is due alone."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from meddling import Meddled
from statutetown import Town

from contracts.addresses import JOBS, REQUESTS
from contracts.oversight.pending.agenda import Agenda
from contracts.oversight.watching.alert import Kind
from contracts.parties.client import party_id
from contracts.world import AgentRole
from gateway.statute.observation import chronicle
from gateway.statute.observation.chronicle import Chronicle
from ledger.chain.port import Body
from ledger.errors import BackendError, Conflict, VerificationError
from ledger.hashing import keccak256
from ledger.proofs import runs
from ledger.proofs.blocks import Sent, read_transaction
from ledger.proofs.headers import Header, parse_header
from ledger.proofs.proof import read_receipt

TAX, AUDIT = party_id("tax"), party_id("audit")


@pytest.fixture
def town(tmp_path: Path) -> Iterator[Town]:
    opened = Town(tmp_path, ("tax", "audit"))
    opened.mount("tax", "sales")
    yield opened
    opened.close()


class Lying(Meddled):
    """A chain that shows other bodies, or another header, of some blocks."""

    bodies: dict[int, Body]
    headers: dict[int, Header]

    def body(self, number: int) -> Body:
        return self.bodies.get(number) or self.chain.body(number)

    def header(self, number: int) -> Header:
        return self.headers.get(number) or self.chain.header(number)


def read_calls(body: Body) -> tuple[Sent, ...]:
    """Read calls as they are shown, held against nothing."""
    pairs = zip(body.transactions, body.receipts, strict=True)
    return tuple(Sent(*read_transaction(transaction), *read_receipt(receipt)) for transaction, receipt in pairs)


def lying(town: Town, **lies: dict[int, object]) -> Lying:
    liar = Lying(town.observer("honest").chain)
    liar.bodies, liar.headers = lies.get("bodies", {}), lies.get("headers", {})  # type: ignore[assignment]
    return liar


def test_it_holds_every_act_refused_ones_included_and_the_agenda_of_the_events(town: Town) -> None:
    town.ask("audit", "tax", "sales", "one")
    refused = town.ask("audit", "tax", "sales", "one")
    observer = town.observer("tax")
    head = observer.follow()
    acts = observer.acts(head)
    submitted = [act for act in acts if act.contract == REQUESTS]
    assert [act.call()[0] for act in submitted] == ["submit", "submit"]
    assert [act.accepted for act in submitted] == [True, False]
    assert acts[-1].block == refused.block_number
    agenda = Agenda()
    agenda.take(event for act in acts for event in act.events)
    items = [item for item in agenda.items(head.timestamp) if item.party == TAX]
    assert items == observer.inbox(TAX, head)
    assert [item.step for item in items] == ["answer"]


def test_it_goes_on_where_it_stopped_and_comes_to_the_same(town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chronicle, "RUN", 2)
    steps, halves = [], town.observer("halves")
    for n in range(3):
        town.ask("audit", "tax", "sales", f"request {n}")
        halves.follow(lambda done, total: steps.append((done, total)))
    town.refuse("tax", "request 1")
    head, whole = halves.follow(), town.observer("whole")
    assert whole.follow().block_hash == head.block_hash
    assert halves.acts(head) == whole.acts(head)
    assert halves.inbox(TAX, head) == whole.inbox(TAX, head)
    assert len(whole.inbox(TAX, head)) == 2
    assert steps[-1][0] == steps[-1][1]


def test_a_call_left_out_or_added_is_noticed_and_nothing_of_its_run_is_kept(town: Town) -> None:
    kept = town.ask("audit", "tax", "sales", "one").block_number
    for body in (Body((), ()), town.observer("honest").chain.body(1)):
        observer = town.observer("cheated")
        cheated = replace(observer, chain=lying(town, bodies={kept: body}))
        with pytest.raises(VerificationError, match="these are not all its"):
            cheated.follow()
        assert observer.chronicle.mark.number == 0
    observer.follow()
    assert len(observer.inbox(TAX, observer.view.head())) == 1


def test_without_the_check_of_the_body_an_rpc_hides_what_was_attempted(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    held = town.authorize("tax", "audit", "sales", "held")
    hidden = town.propose("audit", "tax", held, "job", purpose="curiosity")
    assert not hidden.accepted
    observer = town.observer("watcher")
    cheated = replace(observer, chain=lying(town, bodies={hidden.block_number: Body((), ())}))
    with pytest.raises(VerificationError, match="these are not all its"):
        cheated.follow()
    monkeypatch.setattr(runs, "read_body", lambda header, body: read_calls(body))
    assert cheated.alerts(cheated.follow()) == []
    honest = town.observer("honest watcher")
    assert [alert.kind for alert in honest.alerts(honest.follow())] == [Kind.BEYOND_SCOPE]


def test_a_header_that_is_not_the_sealed_one_s_ancestor_is_noticed(town: Town) -> None:
    town.ask("audit", "tax", "sales", "one")
    honest = town.observer("honest").chain
    other = parse_header(honest.header(2).raw)
    for number, false in ((1, replace(honest.header(1), block_hash=bytes(32))), (1, other)):
        observer = town.observer("cheated")
        with pytest.raises(VerificationError, match="does not follow the one before"):
            replace(observer, chain=lying(town, headers={number: false})).follow()


class Interrupted(Meddled):
    """A chain that lets somebody else go first, once, when it is asked for a block."""

    other: Callable[[], object]

    def header(self, number: int) -> Header:
        if number:
            other, self.other = self.other, lambda: None
            other()
        return self.chain.header(number)


def test_of_two_that_follow_at_once_one_keeps_each_block_and_both_come_to_the_same(town: Town) -> None:
    town.ask("audit", "tax", "sales", "one")
    observer, alone = town.observer("tax"), town.observer("alone")
    beside = Chronicle(town.directory / "tax" / "chronicle.sqlite", observer.view.header(0))
    slow = Interrupted(observer.chain)
    slow.other = lambda: beside.follow(observer.chain, observer.view)
    head = replace(observer, chain=slow).follow()
    assert observer.acts(head) == alone.acts(alone.follow())
    slow.other = lambda: None
    town.ask("audit", "tax", "sales", "two")
    assert len(observer.inbox(TAX, replace(observer, chain=slow).follow())) == 2
    beside.close()


def test_a_run_that_began_before_another_s_sets_nothing_back(town: Town) -> None:
    observer = town.observer("tax")
    before, first = observer.chronicle.mark, observer.view.header(1)
    town.ask("audit", "tax", "sales", "one")
    observer.follow()
    mark = observer.chronicle.mark
    observer.chronicle._keep(before, [(first, ())])
    assert observer.chronicle.mark == mark


def test_a_transaction_that_is_no_call_stops_nobody_and_moves_no_act(
    town: Town, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The creation of a contract, as a foreign engine may admit it, in the middle of a block."""
    town.send_request("audit", "tax", "sales", "one")
    town.block()
    whole = town.observer("whole")
    acts = whole.acts(whole.follow())
    taken = next(act for act in acts if act.contract == REQUESTS)
    read = runs.read_body

    def beside(header: Header, body: Body) -> tuple[Sent | None, ...]:
        calls = read(header, body)
        return (None, *calls) if header.number == taken.block else calls

    monkeypatch.setattr(runs, "read_body", beside)
    observer = town.observer("tax")
    head = observer.follow()
    found = next(act for act in observer.acts(head) if act.contract == REQUESTS)
    assert (found.index, found.call()) == (taken.index + 1, taken.call())
    assert len(observer.inbox(TAX, head)) == 1


@pytest.mark.parametrize("calls", [b"\x80", b"\xc1\x80", b"\xc2\x01", b""])
def test_a_damaged_file_is_a_fault_of_the_file(town: Town, calls: bytes) -> None:
    town.ask("audit", "tax", "sales", "one")
    observer = town.observer("tax")
    head = observer.follow()
    with sqlite3.connect(town.directory / "tax" / "chronicle.sqlite") as db:
        db.execute("UPDATE blocks SET calls = ?", (calls,))
    with pytest.raises(BackendError, match="chronicle: a damaged block"):
        observer.acts(head)


def test_a_clock_that_runs_backwards_is_refused(town: Town) -> None:
    town.ask("audit", "tax", "sales", "one")
    honest = town.observer("honest").chain
    observer = town.observer("cheated")
    false = {2: replace(honest.header(2), timestamp=honest.header(1).timestamp - 1)}
    with pytest.raises(VerificationError, match="the clock went backwards at block 2"):
        replace(observer, chain=lying(town, headers=false)).follow()


def test_a_file_of_another_network_is_refused(town: Town, tmp_path: Path) -> None:
    genesis = town.observer("one").chain.header(0)
    Chronicle(tmp_path / "c.sqlite", genesis).close()
    with pytest.raises(Conflict, match="another network"):
        Chronicle(tmp_path / "c.sqlite", replace(genesis, block_hash=keccak256(b"other")))


def test_what_is_over_leaves_no_trace_in_the_due_list(town: Town) -> None:
    for n in range(12):
        town.send_request("audit", "tax", "sales", f"over {n}")
    town.block()
    for n in range(12):
        town.send_refusal("tax", f"over {n}")
    town.block()
    town.ask("audit", "tax", "sales", "open")
    observer = town.observer("tax")
    head = observer.follow()
    assert len(observer.acts(head)) >= 25
    assert observer.chronicle.count() == (1, 1)
    assert len(observer.inbox(TAX, head)) == 1
    assert observer.inbox(AUDIT, head) == []


def test_a_proposal_that_lapsed_waits_for_nobody_and_is_forgotten(town: Town) -> None:
    from statutetown import MEMBERS

    town.do(MEMBERS[0], "Governance", "propose", keccak256(b"p"), keccak256(b"action"), town.now + 600)
    observer = town.observer("tax")
    head = observer.follow()
    assert [item.step for item in observer.inbox(TAX, head)] == ["vote"]
    town.later(700)
    town.block()
    head = observer.follow()
    assert observer.inbox(TAX, head) == []
    assert observer.chronicle.count() == (0, 0)


def test_a_job_that_was_aborted_or_accepted_by_all_and_never_opened_is_forgotten_at_its_deadline(town: Town) -> None:
    held = town.authorize("tax", "audit", "sales", "held")
    observer = town.observer("tax")
    observer.follow()
    before, _ = observer.chronicle.count()
    for job in ("aborted", "accepted"):
        assert town.propose("audit", "tax", held, job).accepted
    aborted, accepted = keccak256(b"aborted"), keccak256(b"accepted")
    for party in ("tax", "audit"):
        assert town.do(party, JOBS, "accept", accepted, 1, role=AgentRole.NODE).accepted
    assert town.do("audit", JOBS, "abort", aborted, 1, keccak256(b"why")).accepted
    head = observer.follow()
    assert "take-part" not in [item.step for item in observer.inbox(TAX, head)]
    assert observer.chronicle.count()[0] == before + 2  # may still be retried
    town.later(700)
    town.block()
    observer.follow()
    assert observer.chronicle.count()[0] == before
    assert town.do("audit", JOBS, "abort", accepted, 1, keccak256(b"late")).accepted
    observer.follow()
    assert observer.chronicle.count()[0] == before
