"""The chronicle: what is in it was sealed and is all there, and its due list grows with what is due alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from meddling import Meddled
from statutetown import Town

from contracts.addresses import REQUESTS
from contracts.oversight.agenda import Agenda
from contracts.oversight.alert import Kind
from contracts.parties.client import party_id
from gateway import chronicle
from gateway.chronicle import Chronicle
from ledger.blocks import Sent, read_transaction
from ledger.chain import Body
from ledger.errors import Conflict, VerificationError
from ledger.hashing import keccak256
from ledger.headers import Header, parse_header
from ledger.proofs import read_receipt

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
    monkeypatch.setattr(chronicle, "read_body", lambda header, body: read_calls(body))
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
