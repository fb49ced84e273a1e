"""What a killed SuperLink leaves behind: runs that it takes for running although their ServerApps ended with it."""

from __future__ import annotations

from federated.flower.control import Control


def settle(control: Control) -> list[int]:
    """Stop the runs of before a SuperLink's start, so that their state is clear, and return their numbers.

    Call it before any run is started. The jobs are not over: a run of the same job goes on from the wave that waits.
    """
    ongoing = [run.run for run in control.runs() if not run.is_finished]
    return [number for number in ongoing if control.stop(number)]  # others told of their own end meanwhile
