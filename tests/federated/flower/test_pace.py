"""Loops look often while work is due and seldom otherwise."""

import pytest

from federated.flower.pace import AWAKE_S, BUSY_S, EARLY, IDLE_S, LATE, Pace


def paced() -> tuple[Pace, list[float], list[float]]:
    """Return a pace, the time it goes by in a list of one, and the list of how long it slept."""
    at, slept = [0.0], list[float]()
    return Pace(lambda: at[0], slept.append), at, slept


def waved(between_s: float) -> tuple[Pace, list[float], list[float]]:
    """Return a pace that has just done work, so long after the work before."""
    pace, at, slept = paced()
    pace.worked()
    at[0] = between_s
    pace.worked()
    return pace, at, slept


def test_a_loop_looks_often_for_a_while_after_work_and_then_seldom():
    pace, at, slept = paced()
    pace.sleep(3)
    pace.worked()
    at[0] = AWAKE_S - 1
    pace.sleep(3)
    at[0] = AWAKE_S + 1
    pace.sleep(3)
    assert slept == [IDLE_S, BUSY_S, IDLE_S]


def test_it_never_sleeps_longer_than_asked():
    pace, _, slept = paced()
    pace.sleep(IDLE_S / 2)
    assert slept == [IDLE_S / 2]


def test_where_looks_take_long_because_many_look_each_waits_the_longer():
    pace, _, slept = paced()
    pace.worked()
    for looked_s in (0.01, 0.2, 2.0):
        pace.sleep(3, looked_s)
    assert slept == [BUSY_S, 0.8, 3]


@pytest.mark.parametrize(
    ("passed_s", "least_s"),
    [
        (0.0, IDLE_S),
        (10 * EARLY - 0.75, 0.75),
        (10 * EARLY, 10 * LATE),
        (20.0, 10 * LATE),
        (AWAKE_S, IDLE_S),
    ],
)
def test_most_of_the_time_that_a_wave_took_before_is_slept_through(passed_s, least_s):
    pace, at, slept = waved(10.0)
    at[0] += passed_s
    pace.sleep(3)
    assert slept == [pytest.approx(least_s)]


def test_after_a_quick_wave_a_loop_looks_as_often_as_it_may():
    pace, _, slept = waved(BUSY_S)
    pace.sleep(3)
    assert slept == [BUSY_S]


def test_a_quick_wave_after_a_slow_one_lies_for_no_longer_than_a_look_that_is_seldom():
    pace, _, slept = waved(AWAKE_S - 1)
    pace.sleep(3)
    assert slept == [IDLE_S]
