"""Attack 33: two recipients put together what each of them was answered; classes that Governance declared apart."""

from __future__ import annotations

import pytest
from specs import cells as cells_of
from specs import join

from ledger.errors import NotAuthorized
from mpc.disclosure.before.audit import require_answerable
from mpc.disclosure.before.history import Outcome
from mpc.node.memory.journal import NodeJournal
from mpc.node.memory.recipients import knows, label
from mpc.privacy.declaration import EVERYBODY
from mpc.sessions.session import Seat, Session

OFFICE, PRESS, SCHOOL = "audit-office", "press-office", "school"
GROUPS, WHOLE = (cells_of(join(grouped=is_grouped), ["sales-2019", "rent-stabilised"]) for is_grouped in (True, False))
ROWS = {"1": 14, "2": 11, "3": 30, "4": 12, "5": 4}
NEW = b"\x09" * 32


class Signer:
    """A statement key that never signs."""

    suite = "ed25519"
    public = b"\1" * 32

    def sign(self, message: bytes) -> bytes:
        raise AssertionError(f"nothing is signed here: {message!r}")


def session(recipient, job):
    seats = tuple(Seat(party, Signer.public, party.encode().ljust(32, b"\0")) for party in ("a", "b"))
    return Session("p", bytes(32), job, 1, seats, recipient, b"\2" * 32, {}, "a", Signer(), bytes(32))


@pytest.fixture
def journal(tmp_path):
    opened = NodeJournal(tmp_path / "node.sqlite")
    yield opened
    opened.close()


def answer(journal, recipient, cells=GROUPS, job=b"\1" * 32):
    passed = [cell.name for cell in cells if ROWS.get(cell.name, sum(ROWS.values())) >= 10]
    journal.answers.record(session(recipient, job), cells, passed, passed)


def ask(journal, recipient, cells=WHOLE):
    with journal.answers.past(recipient, NEW, 1) as history:
        require_answerable(history, cells)


def test_two_recipients_count_as_one_unless_governance_declared_them_apart(journal):
    answer(journal, OFFICE)
    with pytest.raises(NotAuthorized, match="isolate rows"):
        ask(journal, PRESS)
    journal.answers.admit(PRESS, "aa")
    with pytest.raises(NotAuthorized, match="isolate rows"):
        ask(journal, PRESS)  # it was in everybody's class when the office asked there


def test_classes_declared_before_anything_was_asked_have_histories_of_their_own(journal):
    journal.answers.admit(OFFICE, "aa")
    journal.answers.admit(PRESS, "bb")
    answer(journal, OFFICE)
    ask(journal, PRESS)
    for recipient in (OFFICE, "colleague"):
        journal.answers.admit("colleague", "aa")
        with pytest.raises(NotAuthorized, match="isolate rows"):
            ask(journal, recipient)


def test_with_histories_by_recipient_the_two_have_the_fifth_group(journal):
    """Defence off: each recipient is a class of its own although nobody declared it."""
    journal.answers.admit(OFFICE, OFFICE)
    journal.answers.admit(PRESS, PRESS)
    answer(journal, OFFICE)
    ask(journal, PRESS)
    assert sum(ROWS.values()) - sum(rows for rows in ROWS.values() if rows >= 10) == ROWS["5"]


def test_who_changes_its_class_takes_along_what_the_first_one_knew(journal):
    journal.answers.admit(OFFICE, "aa")
    journal.answers.admit(SCHOOL, "aa")
    journal.answers.admit(PRESS, "bb")
    answer(journal, OFFICE)
    ask(journal, PRESS)
    journal.answers.admit(SCHOOL, "bb")
    with pytest.raises(NotAuthorized, match="isolate rows"):
        ask(journal, PRESS)
    answer(journal, PRESS, WHOLE, b"\2" * 32)
    ask(journal, OFFICE, GROUPS)  # but the first class learns nothing of the second


def test_what_a_class_knows_follows_every_change_in_its_order():
    assert knows("x", []) == {"x", EVERYBODY}
    moved = [("p", "x"), ("q", "y"), ("p", "y"), ("q", "z")]
    assert knows("z", moved) == {"z", "y", "x", EVERYBODY}
    assert knows("y", moved) == {"y", "x", EVERYBODY}
    assert knows("x", moved) == {"x", EVERYBODY}


def test_everybodys_class_is_the_zero_word_on_chain():
    assert label(bytes(32)) == EVERYBODY
    assert label(b"\xab" * 32) == "ab" * 32


def test_the_memory_holds_what_the_journal_holds(journal):
    for number in range(3):
        answer(journal, OFFICE, job=bytes([number]) * 32)
        with journal.answers.past(OFFICE, bytes([number]) * 32, 1) as history:
            kept = {found for cell in GROUPS for found in history.answers(cell.region)}
            assert kept == set(journal.answers.history(OFFICE, bytes([number]) * 32, 1))
    journal.answers.withdraw(session(OFFICE, b"\0" * 32))
    with journal.answers.past(OFFICE, NEW, 1) as history:
        outcomes = {found.outcome for cell in GROUPS for found in history.answers(cell.region)}
    assert outcomes == {Outcome.OPENED, Outcome.BELOW, Outcome.TESTED}
