"""A run's stream is on chain when the run ends, or the run fails by an error of ours, in time."""

import threading

import pytest
from trainingtown import Notary

from federated.runs.anchoring import RunStream
from ledger.errors import BackendError, Conflict

JOB, SESSION = bytes(32), b"s" * 32


class Late(Notary):
    """A chain that takes an anchor when it is let."""

    def __init__(self, fault=None):
        self.let, self.fault = threading.Event(), fault

    def submit(self, call, *, timeout_s):
        self.let.wait(60)
        if self.fault:
            raise self.fault
        return super().submit(call, timeout_s=timeout_s)


def test_a_stream_whose_waves_are_on_chain_in_time_is_anchored(tmp_path):
    with RunStream(tmp_path, JOB, 1, SESSION, Notary()) as stream:
        stream.append(b"wave 1")
        stream.require_anchored(10)


def test_one_that_the_chain_does_not_take_in_time_ends_the_run_by_an_error_that_ends_attempts(tmp_path):
    chain = Late()
    with RunStream(tmp_path, JOB, 1, SESSION, chain) as stream:
        stream.append(b"wave 1")
        with pytest.raises(BackendError, match="0 of 1 waves are on chain after 0 s"):
            stream.require_anchored(0.05)
        chain.let.set()
        stream.require_anchored(10)


def test_one_that_the_chain_refuses_ends_the_run_by_that_refusal(tmp_path):
    chain = Late(Conflict("notary: stream of another party"))
    chain.let.set()
    with RunStream(tmp_path, JOB, 1, SESSION, chain) as stream:
        stream.append(b"wave 1")
        with pytest.raises(Conflict, match="another party"):
            stream.require_anchored(10)
