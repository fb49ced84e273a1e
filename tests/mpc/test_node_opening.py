"""An owner's last word: recorded before it is announced, announced before it is given, taken back if it was in vain."""

import pytest
from specs import cells as cells_of
from specs import join, sums

from ledger.errors import Conflict, NotAuthorized
from mpc.disclosure.before.history import Outcome
from mpc.node.guarding.opening import Opening
from mpc.node.memory.journal import NodeJournal
from mpc.privacy.declaration import EVERYBODY
from mpc.sessions.session import Seat, Session

GROUPS = join()
WHOLE = join(grouped=False)
NOBODY = bytes(32)


def cells(spec):
    return cells_of(spec, [source.asset for source in spec.sources])


class Signer:
    """A statement key that never signs."""

    suite = "ed25519"
    public = b"\1" * 32

    def sign(self, message: bytes) -> bytes:
        raise AssertionError("nothing is signed here")


def session(job=b"\7" * 32, attempt=1, parties=("a", "b")):
    seats = tuple(Seat(party, Signer.public, party.encode().ljust(32, b"\0")) for party in parties)
    return Session("p", bytes(32), job, attempt, seats, "office", b"\2" * 32, {}, "a", Signer(), bytes(32))


@pytest.fixture
def journal(tmp_path):
    opened = NodeJournal(tmp_path / "node.sqlite")
    yield opened
    opened.close()


def opening(journal, spec=GROUPS, about=None, announce=lambda: None, follows=None):
    return Opening(about or session(), cells(spec), follows or {}, journal, announce)


def answers(journal):
    """Which of the cells that passed are opened."""
    proven = (Outcome.OPENED, Outcome.PASSED)
    return [answer.opened for answer in journal.answers.history(EVERYBODY, NOBODY, 0) if answer.outcome in proven]


def passing(*names, spec=GROUPS):
    return {cell.name: cell.name in names for cell in cells(spec)}


def test_cells_that_passed_are_opened_and_remembered(journal):
    assert opening(journal)(passing("1", "2", "4")) == {"1", "2", "4"}
    found = [answer.outcome for answer in journal.answers.history(EVERYBODY, NOBODY, 0)]
    below, opened = Outcome.BELOW, Outcome.OPENED
    assert found == [opened, opened, below, opened, below]  # what failed the gate must not be cut later


def test_the_answer_is_on_record_before_anybody_hears_of_it(journal):
    seen = []
    opening(journal, announce=lambda: seen.append(answers(journal)))(passing("1", "2"))
    assert seen == [[True, True]]


def test_an_attempt_counts_as_tested_before_its_gate_and_the_second_of_two_stops_there(journal):
    first, second = opening(journal), opening(journal, WHOLE, session(job=b"\x08" * 32))
    first.begin()
    with pytest.raises(NotAuthorized, match="isolate rows"):
        second.begin()
    again = opening(journal, about=session(job=b"\x09" * 32))
    again.begin()  # the same question may run beside
    assert first(passing("1", "2")) == {"1", "2"}
    assert again(passing("1", "2")) == {"1", "2"}


def test_an_announcement_that_fails_leaves_no_answer(journal):
    def refuse():
        raise NotAuthorized("authorization: revoked")

    with pytest.raises(NotAuthorized, match="revoked"):
        opening(journal, announce=refuse)(passing("1", "2"))
    assert answers(journal) == []
    assert {answer.outcome for answer in journal.answers.history(EVERYBODY, NOBODY, 0)} == {Outcome.TESTED}
    others = session(parties=("a", "b", "c"))  # nor is the contributor set fixed
    assert opening(journal, about=others)(passing("1")) == {"1"}


def test_after_an_opening_the_contributor_set_is_fixed(journal):
    opening(journal)(passing("1"))
    assert opening(journal, about=session(attempt=2))(passing("1")) == {"1"}
    with pytest.raises(Conflict, match="another contributor set"):
        opening(journal, about=session(attempt=3, parties=("a", "b", "c")))(passing("1"))


def test_it_is_announced_once_and_then_only_shrinks(journal):
    announced = []
    decide = opening(journal, announce=lambda: announced.append(1))
    assert decide(passing("1", "2", "3")) == {"1", "2", "3"}
    assert decide(passing("1", "3")) == {"1", "3"}
    assert announced == [1]
    assert answers(journal) == [True, False, True]


def test_jobs_side_by_side_see_each_other(journal):
    """The second one decides while the first waits for its announcement to be sealed."""
    refusals = []

    def meanwhile():
        with pytest.raises(NotAuthorized) as refused:
            opening(journal, WHOLE, session(job=b"\x08" * 32))({"*": True})
        refusals.append(str(refused.value))

    first = opening(journal, announce=meanwhile)
    assert first(passing("1", "2")) == {"1", "2"}
    assert first(passing("1")) == {"1"}  # the one that came second left no trace
    assert "isolate rows" in refusals[0]
    assert len(journal.answers.history(EVERYBODY, NOBODY, 0)) == 5


def test_an_earlier_attempt_of_the_same_job_counts(journal):
    """Two attempts with other choices must not add up to what neither could open."""
    opening(journal)(passing("1", "2", "3", "4", "5"))
    whole = Opening(session(attempt=2), cells(WHOLE), {}, journal, lambda: None)
    assert whole({"*": True}) == set()


def test_sums_follow_the_count_that_was_tested(journal):
    spec = sums(edges=())
    decide = opening(journal, spec, follows={"sum": "count"})
    assert decide({"count": True, "sum": True}) == {"count", "sum"}
    assert opening(journal, spec, session(attempt=2), follows={"sum": "count"})({"count": False, "sum": False}) == set()
