"""What was tested and opened stays on record, by attempt and recipient."""

import pytest
from specs import cells, join

from mpc.disclosure.before.history import Outcome
from mpc.node.memory.journal import NodeJournal
from mpc.sessions.session import Seat, Session

JOB = b"\7" * 32
ALL = ["1", "2", "3", "4"]
LISTED = cells(join(), ["sales-2019", "rent-stabilised"])


@pytest.fixture
def journal(tmp_path):
    opened = NodeJournal(tmp_path / "node.sqlite")
    yield opened
    opened.close()


class Signer:
    """A statement key that never signs: these tests only need a session's shape."""

    suite = "ed25519"
    public = b"\1" * 32

    def sign(self, message: bytes) -> bytes:
        raise AssertionError("nothing is signed here")


def session(parties=("a", "b", "c"), attempt=1):
    seats = tuple(Seat(party, Signer.public, party.encode().ljust(32, b"\0")) for party in parties)
    return Session("p", bytes(32), JOB, attempt, seats, "office", b"\2" * 32, {}, "a", Signer(), bytes(32))


def test_answers_come_back_without_the_asking_job(journal):
    journal.answers.record(session(), LISTED, ALL, ["1", "2", "3"])
    journal.answers.record(session(), LISTED, ALL, ["1", "2"])  # the owners agreed on fewer
    found = journal.answers.history("everybody", b"\0" * 32, 1)
    assert [answer.outcome for answer in found] == [*[Outcome.OPENED] * 2, *[Outcome.PASSED] * 2, Outcome.BELOW]
    assert [(answer.region, answer.base) for answer in found] == [(cell.region, cell.base) for cell in LISTED]
    assert journal.answers.history("everybody", JOB, 1) == []


def test_what_one_attempt_opened_is_not_forgotten_by_the_next(journal):
    journal.answers.record(session(attempt=1), LISTED[:2], ALL, ["1", "2"])
    journal.answers.record(session(attempt=2), LISTED[:2], ALL, [])
    opened = {answer.region for answer in journal.answers.history("everybody", b"\0" * 32, 1) if answer.opened}
    assert opened == {cell.region for cell in LISTED[:2]}
    # the same job's second attempt decides beside what its first one opened
    opened = {answer.region for answer in journal.answers.history("everybody", JOB, 2) if answer.opened}
    assert opened == {cell.region for cell in LISTED[:2]}


def test_answers_of_an_attempt_that_ended_in_time_stay_as_tested(journal):
    journal.answers.record(session(attempt=1), LISTED[:2], ALL, ["1"])
    journal.answers.record(session(attempt=2), LISTED[:2], ALL, ["2"])
    journal.answers.withdraw(session(attempt=2))
    found = [answer.outcome for answer in journal.answers.history("everybody", b"\0" * 32, 1)]
    assert found == [Outcome.OPENED, Outcome.PASSED, Outcome.TESTED, Outcome.TESTED]


def test_a_cell_is_on_record_from_the_moment_its_test_begins(journal):
    journal.answers.record_tested(session(), LISTED[:2])
    assert {answer.outcome for answer in journal.answers.history("everybody", b"\0" * 32, 1)} == {Outcome.TESTED}
    journal.answers.record(session(), LISTED[:2], ["1"], ["1"])
    journal.answers.record_tested(session(), LISTED[:2])  # a later beginning takes nothing back
    found = [answer.outcome for answer in journal.answers.history("everybody", b"\0" * 32, 1)]
    assert found == [Outcome.OPENED, Outcome.BELOW]
