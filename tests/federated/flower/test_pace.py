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
