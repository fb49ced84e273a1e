"""Counts hold across processes that have the same files: requests, seats, and sign-ins that fail."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from people import CHEAP, NOW, PASSWORD, People

from gateway.accounts.book import AccountBook
from gateway.accounts.counts import SWEPT, Counts
from gateway.accounts.edge.limits import HELD_S, STEPS, TRIES, Rate, TooMany
from gateway.accounts.signin.gate import Gate
from gateway.api.guards.seats import Seats
from ledger.errors import BackendError, NotAuthorized


def passed(rate: Rate, source: str, times: int, now: float) -> int:
    """Return how many of so many requests are let through."""
    done = 0
    for _ in range(times):
        try:
            rate.take(source, now)
        except TooMany:
            continue
        done += 1
    return done


def test_two_processes_let_through_together_what_one_would(tmp_path: Path) -> None:
    one, two = (Rate(10, 160, Counts(tmp_path / "counts.sqlite")) for _ in range(2))
    assert passed(one, "a", 100, 0.0) + passed(two, "a", 100, 0.0) <= 160
    assert passed(one, "a", 100, 0.5) + passed(two, "a", 100, 0.5) <= 5 + 160 // STEPS  # refilled, and drawn before
    assert passed(one, "b", 100, 0.5) == 100
    alone = Rate(10, 160)
    assert passed(alone, "a", 200, 0.0) == 160


def test_what_one_process_drew_and_did_not_use_goes_back(tmp_path: Path) -> None:
    one, two = (Rate(0.001, 160, Counts(tmp_path / "counts.sqlite")) for _ in range(2))
    assert passed(one, "a", 1, 0.0) == 1  # draws ten
    assert passed(two, "a", 200, 0.0) == 150
    later = 2 * HELD_S
    assert passed(one, "a", 20, later) == 9
    with pytest.raises(TooMany):
        one.take("a", later)


def test_a_refusal_costs_the_file_nothing_until_a_request_is_there_again(tmp_path: Path) -> None:
    counts = Counts(tmp_path / "counts.sqlite")
    rate = Rate(1, 1, counts)
    rate.take("a", 0.0)
    assert passed(rate, "a", 50, 0.5) == 0
    counts.close()
    with pytest.raises(TooMany):
        rate.take("a", 0.9)
    with pytest.raises(BackendError):
        rate.take("a", 1.5)  # what cannot be counted is not let through


def test_buckets_that_are_full_again_are_forgotten(tmp_path: Path) -> None:
    counts = Counts(tmp_path / "counts.sqlite")
    for n in range(SWEPT):
        counts.draw("requests", f"source {n}", 1, 0, float(n), 1.0, 10)
    assert counts.draw("requests", "source 0", 1, 0, float(SWEPT), 1.0, 10) == (1, 0.0)
    with counts._transaction() as db:
        assert db.execute("SELECT count(*) FROM buckets").fetchone()[0] <= 13
    assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_seats_of_two_processes_are_the_same_seats_and_end_with_their_time(tmp_path: Path) -> None:
    class Hand:
        now = 0.0

        def __call__(self) -> float:
            return self.now

    clock = Hand()
    one, two = (Seats(3, 2, clock, Counts(tmp_path / "counts.sqlite")) for _ in range(2))
    first, _ = one.take("ann", 60), two.take("ann", 60)
    with pytest.raises(TooMany, match="again in 60 s"):
        two.take("ann", 60)
    one.take("bob", 30)
    with pytest.raises(TooMany, match="again in 30 s"):
        two.take("carl", 60)
    two.give_back(first)
    assert two.take("carl", 60)
    clock.now = 61.0  # as after a process that was killed
    for n in range(3):
        assert two.take(f"somebody {n}", 60)


def test_a_clock_that_is_set_back_locks_nobody_out(tmp_path: Path) -> None:
    rate = Rate(50.0, 16)
    assert passed(rate, "a", 40, 10_000.0) == 16
    assert passed(rate, "a", 10, 6_400.0) == 0
    assert passed(rate, "a", 10, 6_401.0) == 10
    clock = [1e9]
    seats = Seats(most=1, most_of_one=1, clock=lambda: clock[0])
    seats.take("ann", 60)
    for past in (1e9 - 601, 1e6):  # an hour back or a year: no seat outlasts an answer that stays open longest
        clock[0] = past
        assert seats.take("ann", 60)
    book = AccountBook(tmp_path / "set-back.sqlite")
    for _ in range(TRIES):
        book.count_try({"source a": TRIES}, 10**9)
    back = 10**9 - 31_536_000
    waits = [book.count_try({"source a": TRIES}, now)[0] for now in (back, back + 59, back + 60)]
    assert waits == [60, 1, 0], "the wait begins anew once, and ends"
    book.close()


def test_tries_at_once_in_two_processes_count_one_by_one(tmp_path: Path) -> None:
    people = People(tmp_path)
    people.gate.add_local("ann", "Ann", PASSWORD)
    books = [AccountBook(tmp_path / "accounts.sqlite") for _ in range(2)]
    gates = [Gate(book, None, people.clock, CHEAP) for book in books]

    def guess(n: int) -> type[Exception]:
        with pytest.raises(NotAuthorized) as refused:
            gates[n % 2].sign_in("ann", f"wrong password {n}", "10.0.0.1")
        return refused.type

    with ThreadPoolExecutor(10) as pool:
        told = list(pool.map(guess, range(10)))
    assert told.count(TooMany) == 10 - TRIES
    for book in books:
        book.close()
    people.close()


def test_a_sign_in_that_succeeds_leaves_the_failures_of_its_source_as_they_were(tmp_path: Path) -> None:
    people = People(tmp_path)
    people.gate.add_local("ann", "Ann", PASSWORD)
    for _ in range(TRIES - 1):
        with pytest.raises(NotAuthorized):
            people.gate.sign_in("ann", "wrong password", "10.0.0.1")
    before = people.book.failures("source 10.0.0.1")
    people.clock.now += 50
    assert people.gate.sign_in("ann", PASSWORD, "10.0.0.1")
    assert people.book.failures("source 10.0.0.1") == before
    assert people.book.failures("account ann").count == 0
    assert before.last == NOW
    people.close()
