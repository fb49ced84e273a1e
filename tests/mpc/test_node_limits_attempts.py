"""Bounds over whole attempts on a chain: aborted jobs tell no price, one requester takes two places, waits end."""

import threading
from dataclasses import replace

import pytest
from townspecs import OFFICE, REGISTRARS, registrars, sales_csv, sums

from contracts.jobs.record import JobState
from mpc.kinds.bounds import BOUNDS
from mpc.node import statistics_service as service_module
from mpc.node.attempts import specification as specification_module
from mpc.node.attempts.preparing import OWN_TABLE
from mpc.node.statistics_service import MAX_RUNS_EACH, StatisticsService
from mpc.spec.parts import Amount, Interval

FIRST = REGISTRARS[0]


@pytest.mark.slow
def test_a_price_cannot_be_asked_for_by_aborting_jobs(tmp_path):
    """The whole attack over the chain: both guesses end alike, before a row is read, and one fault has one ground."""
    with registrars(tmp_path) as city:
        base = city.authorized(sums(edges=()))
        ends = set()
        for low in (400_000, 400_500):
            spec = replace(base, filters=(Interval("price", low, low + 1),), value=Amount("price", 1))
            job, finished = city.ask(spec)
            assert finished is None
            assert not any("own rows read" in city[code_].said(job) for code_ in REGISTRARS)
            ends.add((city.job(job).state, city.reason(job)))
        assert ends == {(JobState.REFUSED, BOUNDS)}
        for minimum in (9, 11):
            job, _ = city.ask(replace(base, minimum=minimum))
            assert city.reason(job) == "job: minimum"
        assert city.ask(base)[1] is not None
        for content in (b"", b"bbl,borough\n", sales_csv([("1000000001", "7", 5)]).encode()):
            city[FIRST].assets["sales-1"].file.write_bytes(content)
            job, _ = city.ask(base)
            assert (city.job(job).state, city.reason(job)) == (JobState.REFUSED, OWN_TABLE)


@pytest.mark.slow
def test_one_requester_takes_two_places_of_a_node_at_most(tmp_path, monkeypatch):
    started, release = [], threading.Event()

    class Waiting:
        def __init__(self, place, job, attempt):
            started.append(job)

        def run(self):
            release.wait(30)

    monkeypatch.setattr(service_module, "AttemptRun", Waiting)
    with registrars(tmp_path) as city:
        spec = city.authorized(sums(edges=()))
        jobs = [city.propose(spec) for _ in range(MAX_RUNS_EACH + 2)]
        service = StatisticsService(city[FIRST].workplace(), threading.Event(), lambda finished: None)
        service.step()
        service.step()
        service._pool.submit(lambda: None).result(10)  # a place is left for others
        assert started == jobs[:MAX_RUNS_EACH]
        release.set()
        while service._busy.total():
            threading.Event().wait(0.01)
        service.step()
        service._pool.shutdown(wait=True)
        assert started == jobs


@pytest.mark.slow
def test_a_specification_that_does_not_come_is_not_waited_for_as_long_as_a_message(tmp_path, monkeypatch):
    monkeypatch.setattr(specification_module, "WAIT_S", 0.5)
    with registrars(tmp_path, patience_s=120.0) as city:
        job = city.propose(city.authorized(sums(edges=())))
        thread = threading.Thread(target=city[FIRST].run, args=(job,))
        thread.start()
        thread.join(60)
        assert not thread.is_alive()
        assert city.reason(job) == "timeout: specification"
        assert city.job(job).recipient == city[OFFICE].id
