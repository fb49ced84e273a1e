"""Attack 26, at the requester: whatever the words and however often, one question is one job."""

from dataclasses import replace
from statistics import fmean, pstdev

import pytest
from specs import join, sums

from gateway.statistics.asking import job_id
from gateway.statistics.earlier import Questions
from ledger import canonical
from ledger.errors import InvalidRecord
from mpc.disclosure import question
from mpc.dummies import MatchNoise
from mpc.privacy.budget import charges
from mpc.stream import Stream

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


def worded(spec, number):
    """The same question with bounds that are declared a little wider each time."""
    return replace(spec, rows=spec.rows + number, holder_most=spec.holder_most + number, filters=spec.filters * 2)


def asked_in_so_many_words(home, words):
    """What so many wordings of one join come to: jobs that run, and what their noised counts cost."""
    questions, spec, jobs, cost = Questions(home), join(), set(), 0
    for number in range(words):
        wording = worded(spec, number)
        asked = question.identify(wording, {source.asset: 0 for source in spec.sources}, "everybody")
        found = questions.find(asked, lambda job: True)
        if found is None:
            found = job_id(wording, "")
            questions.remember(asked, found)
            cost += charges(wording)[0].micro_rho
        jobs.add(found)
    return len(jobs), cost


def test_in_whatever_words_it_is_one_job_and_one_charge(tmp_path):
    assert asked_in_so_many_words(tmp_path, 50) == (1, charges(join())[0].micro_rho)


def test_without_the_normal_form_each_wording_is_another_job_another_noised_count_and_another_charge(
    tmp_path, monkeypatch
):
    """Defence off: a question is named by its words. Fifty counts under fresh noise average out, and all are paid."""
    monkeypatch.setattr(question, "identify", lambda spec, *_: canonical.digest(spec.json()))
    jobs, cost = asked_in_so_many_words(tmp_path, 50)
    assert (jobs, cost) == (50, 50 * charges(join())[0].micro_rho)
    noise = MatchNoise(join().epsilon_milli, join().delta_log2)
    draws = [noise.dummies(Stream(bytes([number]) * 32)) - noise.bound for number in range(jobs)]
    assert abs(fmean(draws)) < pstdev(draws) / 2


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
