"""The service finds its jobs by itself, runs each attempt once, and is not led astray by what an RPC claims."""

import threading
from dataclasses import replace

import pytest
from meddling import Meddled, dying
from townspecs import OFFICE, REGISTRARS, registrars, sums

from contracts.addresses import JOBS
from contracts.jobs import client as jobs
from contracts.jobs.calls import Refuse
from contracts.jobs.record import JobState
from contracts.parties.client import party_id
from ledger.chain.port import Cursor, Event
from ledger.errors import Conflict
from mpc.node import statistics_service as module
from mpc.node.statistics_service import StatisticsService

pytestmark = pytest.mark.slow
QUESTION = sums(edges=())
WAIT_S = 60.0
PRESS = "press-office"


class Inventing(Meddled):
    """Tells of jobs that nobody proposed, by showing real events under other ids."""

    def events(self, after, *, limit=1000):
        found = self.chain.events(after, limit=limit)
        return [event if event.name != "JobProposed" else _renamed(event) for event in found]


def _renamed(event):
    return replace(event, topics=(event.topics[0], bytes(reversed(event.topics[1]))))


class Claiming(Meddled):
    """Tells of one more event, made up, until it is honest again."""

    claim: Event | None = None

    def events(self, after, *, limit=1000):
        lies = [self.claim] if self.claim and (after is None or self.claim.cursor > after) else []
        return self.chain.events(after, limit=limit) + lies


def proposal(job, parties, block_number):
    place = (block_number, 0, 1 << 20, 0)
    return Event(JOBS, "JobProposed", bytes(20), (bytes(32), job), b"", {"parties": parties}, *place)


class Services:
    """A service at each node of a city, moved on by hand."""

    def __init__(self, city):
        self.city = city
        self.finished = threading.Event()
        self.results = []
        self.stopping = {code: threading.Event() for code in city.departments}
        self.made = {code: self.open(code) for code in city.departments}

    def open(self, code, **changes):
        return StatisticsService(self.city[code].workplace(**changes), self.stopping[code], self._finish)

    def step(self, *codes):
        for code in codes or self.made:
            self.made[code].step()

    def wait(self):
        assert self.finished.wait(WAIT_S)
        self.finished.clear()
        return self.results.pop()

    def close(self):
        for service in self.made.values():
            service._pool.shutdown(wait=True)

    def _finish(self, finished):
        self.results.append(finished)
        self.finished.set()


@pytest.fixture
def city(tmp_path):
    with registrars(tmp_path, patience_s=WAIT_S) as founded:
        yield founded


@pytest.fixture
def services(city):
    made = Services(city)
    yield made
    made.close()


def test_a_proposed_job_is_found_run_once_and_handed_over(city, services):
    spec = city.authorized(QUESTION)
    job = city.propose(spec)
    services.step()
    services.step()  # looking again starts nothing twice
    assert services.wait().mandate.id == job
    services.close()
    assert city.job(job).state is JobState.RELEASED
    assert all(city[code].said(job).count('"step": "specification"') == 1 for code in spec.parties)


def test_two_jobs_at_once_do_not_take_each_others_mail(city, services):
    spec = city.authorized(QUESTION)
    both = {city.propose(spec), city.propose(spec)}
    services.step()
    services.close()
    assert {finished.mandate.id for finished in services.results} == both


def test_an_attempt_after_an_abort_is_run_by_itself(city, services):
    spec = city.authorized(QUESTION)
    job = city.propose(spec)
    city.carrier.carry = lambda mailbox, envelope: []
    impatient = {code: services.open(code, message_timeout_s=1.0, step_timeout_s=1.0) for code in services.made}
    for service in impatient.values():
        service.step()
        service._pool.shutdown(wait=True)
    assert city.job(job).state is JobState.ABORTED
    city.carrier.carry = lambda mailbox, envelope: [(mailbox, envelope)]
    city.retry(spec, job)
    services.step()
    assert services.wait().mandate.job.attempt == 2


def test_a_restarted_node_takes_up_what_was_open(city, services):
    spec = city.authorized(QUESTION)
    job = city.propose(spec)
    first = services.open(REGISTRARS[0])
    first._take_up()  # it was told, and died before it did anything
    services.made[REGISTRARS[0]] = services.open(REGISTRARS[0])
    services.step()
    assert services.wait().mandate.id == job


def test_invented_jobs_cost_nothing_and_real_ones_are_only_missed(city, services, tmp_path):
    spec = city.authorized(QUESTION)
    job = city.propose(spec)
    lied_to = services.open(REGISTRARS[0], chain=Inventing(city[REGISTRARS[0]].chain))
    lied_to.step()
    lied_to._pool.shutdown(wait=True)
    assert city[REGISTRARS[0]].sent() == set()
    assert not (city[REGISTRARS[0]].home / "state" / "jobs").exists()
    assert city.job(job).state is JobState.PROPOSED


def test_an_event_past_the_proven_head_does_not_hide_the_jobs_to_come(city, services):
    claiming = Claiming(city[OFFICE].chain)
    service = services.open(OFFICE, chain=claiming)
    claiming.claim = proposal(b"x" * 32, (), 1 << 60)
    service._take_up()
    journal, lie = city[OFFICE].journal, claiming.claim.cursor
    kept = module._cursor(journal.cursor("stats"))
    assert kept <= Cursor(city.node.head_number(), 1 << 20, 0)  # an honest event before the lie still counts
    claiming.claim = None
    spec = city.authorized(QUESTION)
    job = city.propose(spec)
    assert city[OFFICE].chain.events(lie) == []  # what a cursor taken from the lie would see of it: nothing
    service._take_up()
    assert journal.watched() == [job]


def test_only_jobs_with_a_proven_seat_are_watched(tmp_path):
    with registrars(tmp_path, recipients=(OFFICE, PRESS)) as city:
        job = city.propose(city.authorized(QUESTION))
        services = Services(city)
        claiming = Claiming(city[PRESS].chain)
        left_out = services.open(PRESS, chain=claiming)
        for claimed in (job, b"x" * 32):  # a real job in which this party has no seat, and one that nobody proposed
            claiming.claim = proposal(claimed, (party_id(PRESS),), city.node.head_number())
            left_out._take_up()
        assert city[PRESS].journal.watched() == []
        services.made[OFFICE]._take_up()
        assert city[OFFICE].journal.watched() == [job]
        services.close()


@pytest.mark.parametrize(("bound", "others"), [("MAX_OPEN", False), ("MAX_OPEN_EACH", True)])
def test_no_more_jobs_are_watched_than_the_bounds(tmp_path, monkeypatch, caplog, bound, others):
    """One requester's share being full, another's jobs are watched still."""
    monkeypatch.setattr(module, bound, 1)
    with registrars(tmp_path, recipients=(OFFICE, PRESS)) as city:
        spec = city.authorized(QUESTION)
        first, _ = city.propose(spec), city.propose(spec)
        press = city.propose(city.authorized(sums(PRESS, edges=())))
        services = Services(city)
        services.made[REGISTRARS[0]]._take_up()
        assert city[REGISTRARS[0]].journal.watched() == ([first, press] if others else [first])
        assert "is not looked at" in caplog.text
        services.close()


def test_a_job_that_is_over_is_forgotten(city, services):
    spec = city.authorized(QUESTION)
    job = city.propose(spec)
    services.made[OFFICE]._take_up()
    assert city[OFFICE].journal.watched() == [job]
    refusal = Refuse(job, b"no".ljust(32, b"\0"), bytes(32))
    refused = jobs.refuse(refusal, attempt=1, party=party_id(REGISTRARS[0]))
    assert city[REGISTRARS[0]].chain.submit(refused).accepted
    services.step(OFFICE)
    assert city[OFFICE].journal.watched() == []


def test_a_refusal_by_an_rpc_does_not_end_the_thread(city, services, monkeypatch):
    class Refusing(Meddled):
        asked = threading.Semaphore(0)

        def events(self, after, *, limit=1000):
            self.asked.release()
            raise Conflict("reverted, says the node")

    monkeypatch.setattr(module, "POLL_S", 0.01)
    chain = Refusing(city[OFFICE].chain)
    service = services.open(OFFICE, chain=chain)
    service.start()
    assert all(chain.asked.acquire(timeout=WAIT_S) for _ in range(3))
    service.stop()


def test_a_bug_in_one_job_is_logged_and_the_service_goes_on(city, services, caplog, monkeypatch):
    class Broken:
        def __init__(self, *arguments):
            pass

        def run(self):
            raise ZeroDivisionError("a bug")

    spec = city.authorized(QUESTION)
    city.propose(spec)
    monkeypatch.setattr(module, "AttemptRun", Broken)
    services.step(OFFICE)
    services.made[OFFICE]._pool.shutdown(wait=True)
    assert "unexpected fault" in caplog.text
    services.made[OFFICE].step()


def test_the_thread_follows_the_chain_and_stops_in_seconds(city, services, monkeypatch):
    monkeypatch.setattr(module, "POLL_S", 0.05)
    spec = city.authorized(QUESTION)
    city[REGISTRARS[0]].on_message = dying("nothing")
    for service in services.made.values():
        service.start()
    job = city.propose(spec)
    assert services.wait().mandate.id == job
    for service in services.made.values():
        service.stop()
        assert not service._thread.is_alive()
