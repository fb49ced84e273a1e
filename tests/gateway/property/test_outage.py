"""Entries signed while the chain is out of reach: entered later in the order of signing, or shown as conflicts."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from foundedchain import private_key
from newhome import REGISTRAR
from registrarscounter import BOB, CAT, COURT, HERE, LOAN, Counter
from statutetown import key_of
from townofficer import TownOfficer, at

from contracts.parties.client import party_id
from contracts.world import AgentRole
from gateway.property.entering.seizing import Authority
from gateway.property.outages.outage import SignedEntry, verify
from gateway.property.outages.queue import Queue, Queued, QueueState
from gateway.property.outages.reentry import Reentry
from gateway.statute.papers import Papers
from ledger.errors import BackendError, Conflict, NotFound, VerificationError


class Office(Counter):
    """A registrar's desk with a register of one unit, Ann's, and a queue."""

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.queue = Queue(self.book, self.town.node.genesis_hash)
        self.key, self.clock = key_of(REGISTRAR), 0

    def sign(self, code: str, kind: str, unit: str, *more: str) -> Queued:
        """Sign during an outage, a minute after the one before."""
        self.clock = max(self.clock + 60, self.town.now)
        return self.queue.sign(self.asked(code, kind, unit, *more), self.key, self.town.node.head_number(), self.clock)

    def back(self) -> list[Queued]:
        """Let the chain come back two hours after the last signature, and enter what waits."""
        at(self.town, max(self.town.now, self.clock) + 7200)
        self.town.block()
        return self.enter()

    def enter(self) -> list[Queued]:
        return Reentry(self.book, self.clerk, self.queue).run()

    def rewrite(self, statement: str, *values: object) -> None:
        """Change the queue behind its back."""
        with self.book.database.transaction() as db:
            db.execute(statement, values)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    made = Office(tmp_path)
    yield made
    made.close()


def states(queue: list[Queued]) -> list[QueueState]:
    return [known.state for known in queue]


W, C, E, D = QueueState.WAITING, QueueState.CONFLICT, QueueState.ENTERED, QueueState.DROPPED


def test_what_was_signed_is_entered_in_the_order_of_signing_and_counts_from_its_entry(office: Office) -> None:
    assert office.sign("a", "transfer", "unit-1", BOB).state is W
    office.sign("b", "first", "unit-2", CAT, HERE)
    office.sign("c", "mortgage", "unit-1", LOAN)
    office.sign("d", "transfer", "unit-1", CAT)
    before = office.town.now
    queue = office.back()
    assert states(queue) == [E, E, E, E]
    blocks = [known.block for known in queue if known.block is not None]
    assert blocks == sorted(set(blocks))
    application = office.desk.application("a")
    assert queue[0].entry.time < before + 7200 <= application.accepted
    held = office.queue.living.registered("unit-1")
    assert held.holders[0].name == "Cat"
    assert office.desk.unit(held.id).holdings == held.holdings.digest()
    assert office.count("unit-1") == 3
    assert office.enter() == queue


def test_a_connection_that_breaks_after_any_call_leaves_nothing_undone_and_nothing_twice(office: Office) -> None:
    office.sign("a", "transfer", "unit-1", BOB)
    office.sign("b", "first", "unit-2", CAT, HERE)
    office.sign("c", "transfer", "unit-1", CAT)
    at(office.town, office.clock + 60)
    for _ in range(6):
        office.clerk.calls_left = 0
        with pytest.raises(BackendError):
            office.enter()
    office.clerk.calls_left = 0
    assert states(office.enter()) == [E, E, E]
    assert (office.count("unit-1"), office.count("unit-2")) == (3, 1)


def test_a_seizure_meanwhile_is_shown_as_a_conflict_and_later_entries_of_the_unit_wait(office: Office) -> None:
    office.sign("a", "transfer", "unit-1", BOB)
    office.sign("b", "mortgage", "unit-1", LOAN)
    office.sign("c", "first", "unit-2", CAT, HERE)
    order = office.scratch / "order.pdf"
    order.write_bytes(b"seize")
    court = Authority(TownOfficer(office.town, COURT), Papers(office.scratch))
    court.seize("case-7", office.book.id_of("unit-1"), order, 30)
    queue = office.back()
    assert states(queue) == [C, W, E]
    assert queue[0].reason == "the unit has changed since this desk last saw the chain"
    assert [line.split(" in block")[0] for line in queue[0].against] == ["seizure"]
    assert states(office.enter()) == [C, W, E]
    assert office.count("unit-1") == 1

    assert office.queue.drop("a", "the unit is seized").state is D
    assert states(office.enter()) == [D, C, E]
    with pytest.raises(Conflict, match="dropped already"):
        office.queue.drop("a", "another reason")
    with pytest.raises(Conflict, match="entered already"):
        office.queue.drop("c", "too late")
    with pytest.raises(NotFound):
        office.queue.drop("z", "none")


def test_a_sale_by_another_desk_meanwhile_is_no_base_for_the_one_that_was_signed(office: Office) -> None:
    office.sign("a", "transfer", "unit-1", BOB)
    office.register("other", "transfer", "unit-1", CAT)
    [known] = office.back()
    assert known.state is C
    assert [line.split(" in block")[0] for line in known.against] == ["transfer"]
    assert office.queue.living.registered("unit-1").holders[0].name == "Cat"


def test_a_sale_signed_in_an_outage_leaves_what_was_accepted_of_the_seller_before_it_unentered(office: Office) -> None:
    office.accept("second", "transfer", "unit-1", CAT)
    office.sign("a", "transfer", "unit-1", BOB)
    with pytest.raises(Conflict, match="not held by those it was accepted from"):
        office.sign("second", "transfer", "unit-1", CAT)
    office.sign("b", "mortgage", "unit-1", LOAN)
    assert states(office.back()) == [E, E]
    with pytest.raises(Conflict, match="not held by those it was accepted from"):
        office.desk.enter("second")
    assert office.queue.living.registered("unit-1").holders[0].name == "Bob"


def test_what_the_chain_refuses_stays_with_the_chain_s_reason(office: Office) -> None:
    office.register("loan", "mortgage", "unit-1", LOAN)
    office.sign("a", "mortgage", "unit-1", LOAN)
    [known] = office.back()
    assert (known.state, known.reason) == (C, "the chain refuses to enter: restriction: rank")
    assert [line.split(" in block")[0] for line in known.against] == ["mortgage"]


def test_an_entry_behind_a_dropped_one_is_not_entered_on_another_state(office: Office) -> None:
    office.sign("a", "transfer", "unit-1", BOB)
    office.sign("b", "transfer", "unit-1", CAT)
    office.queue.drop("a", "the buyer withdrew")
    queue = office.back()
    assert states(queue) == [D, C]
    assert queue[1].reason == "the unit is held or described otherwise than where this was signed"


def test_a_signature_of_the_future_waits_until_the_chain_reaches_it(office: Office) -> None:
    office.clock = office.town.now + 31
    office.sign("a", "transfer", "unit-1", BOB)
    assert office.queue.all()[0].entry.time == office.town.now + 91
    [known] = office.enter()
    assert (known.state, known.reason) == (C, "signed at a time that the chain has not reached")
    assert states(office.back()) == [E]


def test_the_desk_s_clock_does_not_go_back(office: Office) -> None:
    office.sign("a", "transfer", "unit-1", BOB)
    with pytest.raises(Conflict, match="earlier than when entry 1 was signed"):
        office.queue.sign(office.asked("b", "transfer", "unit-1", CAT), office.key, 0, office.clock - 1)


def test_signing_again_signs_once_and_a_number_is_taken_once(office: Office) -> None:
    first = office.sign("a", "transfer", "unit-1", BOB)
    assert office.sign("a", "transfer", "unit-1", BOB) == first
    with pytest.raises(Conflict, match="the number is taken in the outage queue"):
        office.sign("a", "transfer", "unit-1", CAT)
    with pytest.raises(Conflict, match="the number is taken by another application"):
        office.sign("own", "transfer", "unit-1", CAT)
    with pytest.raises(Conflict, match="not in the living register"):
        office.sign("b", "transfer", "unit-9", CAT)
    with pytest.raises(Conflict, match="is in the register or has a past"):
        office.sign("b", "first", "unit-1", CAT, HERE)


def swap(office: Office) -> None:
    office.rewrite("UPDATE outage SET n = 9 WHERE n = 1")
    office.rewrite("UPDATE outage SET n = 1 WHERE n = 2")
    office.rewrite("UPDATE outage SET n = 2 WHERE n = 9")


def repeat(office: Office) -> None:
    columns = "unit, plan, before, seen, time, previous, signature, state, reason, against, block"
    office.rewrite(f"INSERT INTO outage SELECT 3, 'again', {columns} FROM outage WHERE n = 2")


@pytest.mark.parametrize(
    ("meddle", "reason"),
    [
        (swap, "entry 1 was signed behind another one"),
        (repeat, "entry 3 was signed behind another one"),
        (lambda office: office.rewrite("DELETE FROM outage WHERE n = 1"), "expected entry 1, got 2"),
        (lambda office: office.rewrite("UPDATE outage SET time = 5 WHERE n = 2"), "entry 2 was signed before"),
        (lambda office: office.rewrite("UPDATE outage SET seen = 999 WHERE n = 2"), "entry 2 is not signed by"),
        (lambda office: office.rewrite("UPDATE outage SET signature = x'00' WHERE n = 2"), "entry 2 has no signature"),
    ],
)
def test_a_queue_that_was_meddled_with_enters_nothing(
    office: Office, meddle: Callable[[Office], None], reason: str
) -> None:
    office.sign("a", "transfer", "unit-1", BOB)
    office.sign("b", "first", "unit-2", CAT, HERE)
    meddle(office)
    with pytest.raises(VerificationError, match=reason):
        office.back()
    assert (office.count("unit-1"), office.count("unit-2")) == (1, 0)


def test_a_stranger_s_or_another_party_s_signature_enters_nothing(office: Office) -> None:
    for key in (private_key("stranger"), key_of(COURT)):
        office.rewrite("DELETE FROM outage")
        office.key = key
        office.sign("a", "transfer", "unit-1", BOB)
        with pytest.raises(VerificationError, match="is not signed by an officer of registrar"):
            office.back()


def test_only_an_officer_s_signature_of_its_days_enters(office: Office) -> None:
    """Attack: a department's node, or an officer that was dismissed, signs what its officers never saw."""
    office.key = key_of(REGISTRAR, AgentRole.NODE)
    office.sign("a", "transfer", "unit-1", BOB)
    with pytest.raises(VerificationError, match="entry 1 is not signed by an officer of registrar"):
        office.back()
    office.rewrite("DELETE FROM outage")
    gone = private_key("an officer that left")
    approver = key_of(REGISTRAR, AgentRole.APPROVER)
    registrar, now = party_id(REGISTRAR), office.town.now
    terms = (gone.address, registrar, AgentRole.OFFICER, now, now + 86_400)
    assert office.town.do(approver, "Parties", "enroll", *terms).accepted
    office.key = gone
    office.sign("b", "transfer", "unit-1", BOB)
    later = office.town.now + 60
    assert office.town.do(approver, "Parties", "dismiss", gone.address).accepted
    office.clock = later + 3600
    office.sign("c", "first", "unit-2", CAT, HERE)
    with pytest.raises(VerificationError, match="is not signed by an officer of registrar"):
        office.back()
    assert office.count("unit-1") == 1


def test_a_signature_serves_in_one_place_of_one_queue_only() -> None:
    key, start = key_of(REGISTRAR), bytes([7]) * 32
    one = SignedEntry(1, "a", "u", "{}", bytes(32), 5, 100, start).signed(key)
    two = SignedEntry(2, "b", "u", "{}", bytes(32), 5, 100, one.digest).signed(key)
    verify([one, two], start)
    for wrong in ([two], [one, one], [one, replace(two, n=3)], [two, one], [one, two, replace(one, n=3)]):
        with pytest.raises(VerificationError):
            verify(wrong, start)
    with pytest.raises(VerificationError, match="behind another one"):
        verify([one, two], bytes([8]) * 32)
    assert replace(one, n=2).signer != key.address != replace(one, plan="{ }").signer
