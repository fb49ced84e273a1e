"""A pause takes no step forward and keeps nobody from stopping."""

from __future__ import annotations

from network import digest
from proposedjob import JOB, NODES, ONE, REASON, RELEASE
from sharing import INSTITUTE, NODE, OFFICE, Sharing, agent

from contracts.addresses import AUTHORIZATIONS, JOBS
from contracts.authorizations.record import NOTHING
from contracts.jobs.calls import Abort, Accept, Commit, Open, Refuse, Retry
from contracts.jobs.record import JobState


def test_paused_authorizations_are_not_consumed(proposed: Sharing) -> None:
    proposed.to_committed(JOB)
    proposed.pause(AUTHORIZATIONS)
    assert proposed.do(NODES[ONE], Open(JOB, 1)).reason == "governance: paused"
    proposed.unpause(AUTHORIZATIONS)
    proposed.must(NODES[ONE], Open(JOB, 1))


def test_a_paused_job_takes_no_step_forward(proposed: Sharing) -> None:
    """Each step is the right one at its time, and works as soon as the pause is over."""
    proposed.must(OFFICE, proposed.propose(digest("aborted")))
    proposed.must(OFFICE, Abort(digest("aborted"), 1, REASON))
    steps = (
        (OFFICE, proposed.propose(digest("next")), lambda: None),
        (OFFICE, Retry(digest("aborted"), 1, 63), lambda: None),
        (NODES[ONE], Accept(JOB, 1), lambda: None),
        (NODES[ONE], Commit(JOB, 1, digest("input"), digest("seed")), lambda: finish(proposed, Accept(JOB, 1))),
        (NODES[ONE], Open(JOB, 1), lambda: finish(proposed, Commit(JOB, 1, digest("input"), digest("seed")))),
        (NODES[ONE], RELEASE, lambda: finish(proposed, Open(JOB, 1))),
    )
    for caller, call, prepare in steps:
        prepare()
        proposed.pause(JOBS)
        assert proposed.do(caller, call).reason == "governance: paused"
        proposed.unpause(JOBS)
        proposed.must(caller, call)


def finish(sharing: Sharing, call: Accept | Commit | Open) -> None:
    """Have everybody but the first, who did already, take a step."""
    parties = sharing.suppliers(JOB) if isinstance(call, Open) else sharing.members(JOB)
    for party in parties:
        if party != ONE:
            sharing.must(NODES[party], call)


def test_a_pause_keeps_nobody_from_refusing(proposed: Sharing) -> None:
    proposed.to_committed(JOB)
    proposed.pause(JOBS)
    assert proposed.do(agent(INSTITUTE, NODE), Refuse(JOB, REASON, NOTHING)).reason == "job: not a member"
    proposed.must(NODES[ONE], Refuse(JOB, REASON, NOTHING))
    assert proposed.job(JOB).state is JobState.REFUSED


def test_a_pause_keeps_nobody_from_aborting(proposed: Sharing) -> None:
    proposed.to_opened(JOB)
    proposed.pause(JOBS)
    assert proposed.do(NODES[ONE], Refuse(JOB, REASON, NOTHING)).reason == "job: state"
    assert proposed.do(agent(INSTITUTE, NODE), Abort(JOB, 1, REASON)).reason == "job: not a member"
    proposed.must(NODES[ONE], Abort(JOB, 1, REASON))
    assert proposed.do(OFFICE, Retry(JOB, 1, 63)).reason == "governance: paused"
