"""Attack 26, at the requester: whatever the words and however often, one question is one job."""

import pytest
from specs import sums

from gateway.earlier import Questions
from ledger.errors import InvalidRecord
from mpc.disclosure import question

SPEC = sums(edges=())
ASKED = question.identify(SPEC, {source.asset: 0 for source in SPEC.sources}, "everybody")
JOB, LATER = b"\1" * 32, b"\2" * 32


def test_a_thousand_repetitions_find_the_one_job(tmp_path):
    jobs = set()
    for number in range(1000):
        questions = Questions(tmp_path)  # each time another command
        found = questions.find(ASKED, lambda job: True)
        if found is None:
            questions.remember(ASKED, number.to_bytes(32, "big"))
        else:
            jobs.add(found)
    assert jobs == {bytes(32)}


def test_the_newest_job_that_has_an_answer_counts(tmp_path):
    questions = Questions(tmp_path)
    for job in (JOB, LATER, LATER):
        questions.remember(ASKED, job)
    assert questions.jobs(ASKED) == [JOB, LATER]
    assert questions.find(ASKED, lambda job: True) == LATER
    assert questions.find(ASKED, lambda job: job != LATER) == JOB  # the later one was refused
    assert questions.find(ASKED, lambda job: False) is None
    assert questions.find(bytes(32), lambda job: True) is None


def test_a_damaged_file_is_named(tmp_path):
    questions = Questions(tmp_path)
    questions.remember(ASKED, JOB)
    path = tmp_path / "questions" / f"{ASKED.hex()}.json"
    for content in (b"{", b'{"jobs":["x"]}', b'{"jobs":[1]}'):
        path.write_bytes(content)
        with pytest.raises(InvalidRecord):
            questions.jobs(ASKED)
