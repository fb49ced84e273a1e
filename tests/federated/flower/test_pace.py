"""Loops look often while there is work and seldom otherwise."""

from federated.flower.pace import AWAKE_S, BUSY_S, IDLE_S, Pace


def test_a_loop_looks_often_for_a_while_after_work_and_then_seldom():
    at, slept = [0.0], []
    pace = Pace(lambda: at[0], slept.append)
    pace.sleep(3)
    pace.worked()
    at[0] = AWAKE_S - 1
    pace.sleep(3)
    at[0] = AWAKE_S + 1
    pace.sleep(3)
    assert slept == [IDLE_S, BUSY_S, IDLE_S]


def test_it_never_sleeps_longer_than_asked():
    slept = []
    Pace(lambda: 0.0, slept.append).sleep(IDLE_S / 2)
    assert slept == [IDLE_S / 2]


def test_where_looks_take_long_because_many_look_each_waits_the_longer():
    slept = []
    pace = Pace(lambda: 0.0, slept.append)
    pace.worked()
    for looked_s in (0.01, 0.2, 2.0):
        pace.sleep(3, looked_s)
    assert slept == [BUSY_S, 0.8, 3]
