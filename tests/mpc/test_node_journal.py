import os

import pytest

from ledger.errors import Conflict
from mpc.node.memory.journal import NodeJournal, Refusal
from mpc.sessions.session import Seat, Session

JOB = b"\7" * 32


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


def test_an_attempt_keeps_its_secrets_over_a_restart(tmp_path):
    first = NodeJournal(tmp_path / "n.sqlite")
    secrets = first.attempt(JOB, 1)
    assert first.attempt(JOB, 2).seed != secrets.seed
    assert first.attempt(JOB, 2).salt == secrets.salt
    assert first.attempt(b"\x08" * 32, 1).salt != secrets.salt
    first.close()
    again = NodeJournal(tmp_path / "n.sqlite")
    assert again.attempt(JOB, 1) == secrets
    assert "seed=..." in repr(secrets)
    assert secrets.seed.hex() not in repr(secrets)
    again.close()


def test_the_journal_is_readable_by_its_owner_only(tmp_path):
    NodeJournal(tmp_path / "n.sqlite").close()
    assert os.stat(tmp_path / "n.sqlite").st_mode & 0o077 == 0


def test_a_second_different_message_of_one_attempt_is_refused(journal):
    journal.before_send(session(), "masked", b"x" * 32)
    journal.before_send(session(), "masked", b"x" * 32)
    with pytest.raises(Conflict, match="another message"):
        journal.before_send(session(), "masked", b"y" * 32)
    journal.before_send(session(attempt=2), "masked", b"y" * 32)


def test_after_an_opening_no_other_contributor_set_gets_anything(journal):
    journal.record_opening(session())
    journal.record_opening(session(attempt=2))
    with pytest.raises(Conflict, match="another contributor set"):
        journal.record_opening(session(("a", "b")))
    with pytest.raises(Conflict, match="another contributor set"):
        journal.before_send(session(("a", "b"), 2), "masked", b"z" * 32)
    journal.before_send(session(attempt=2), "masked", b"z" * 32)


def test_one_input_per_attempt(journal):
    journal.attempt(JOB, 1)
    journal.commit_input(JOB, 1, b"c" * 32)
    journal.commit_input(JOB, 1, b"c" * 32)
    with pytest.raises(Conflict, match="other contents"):
        journal.commit_input(JOB, 1, b"d" * 32)


def test_attempts_of_one_job_commit_alike_to_one_input(journal):
    first, second = journal.attempt(JOB, 1), journal.attempt(JOB, 2)
    assert first.salt == second.salt
    assert first.seed != second.seed
    assert journal.attempt(b"\1" * 32, 1).salt != first.salt


def test_a_protocol_begins_once_even_over_a_restart(tmp_path):
    first = NodeJournal(tmp_path / "n.sqlite")
    assert first.begin(JOB, 1)
    first.close()
    again = NodeJournal(tmp_path / "n.sqlite")
    assert not again.begin(JOB, 1)
    assert again.begin(JOB, 2)
    again.close()


def test_refusals_and_cursors_are_kept(journal):
    journal.refuse(5, JOB, "authorization: expired")
    assert journal.refusals() == [Refusal(5, JOB, "authorization: expired")]
    assert journal.cursor("jobs") is None
    journal.move_cursor("jobs", "12/0/0")
    journal.move_cursor("jobs", "13/0/0")
    assert journal.cursor("jobs") == "13/0/0"


def test_a_second_process_on_the_same_journal_is_told_so(tmp_path):
    first = NodeJournal(tmp_path / "n.sqlite")
    with pytest.raises(Conflict, match="another process runs this node"):
        NodeJournal(tmp_path / "n.sqlite")
    first.close()
    NodeJournal(tmp_path / "n.sqlite").close()
