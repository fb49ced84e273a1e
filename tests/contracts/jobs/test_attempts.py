"""How attempts of a job end and begin again: refusal, abort, retry with survivors, deadline."""

from __future__ import annotations

import pytest
from network import AUDIT, digest
from proposedjob import FIVE, FOUR, JOB, NODES, ONE, REASON, RELEASE, THREE, TWO, uses
from sharing import OFFICE, OFFICE_NODE, REGISTRARS, Sharing

from contracts.authorizations.record import NOTHING
from contracts.jobs.calls import Abort, Accept, Commit, Open, Refuse, Retry
from contracts.jobs.record import JobState, Step


def bits(sharing: Sharing, *parties: bytes) -> int:
    return sum(sharing.roster(JOB).bit(party) for party in parties)


@pytest.mark.parametrize("reached", [JobState.PROPOSED, JobState.ACCEPTED, JobState.COMMITTED])
def test_a_refusal_before_an_opening_is_recorded_and_final(proposed: Sharing, reached: JobState) -> None:
    if reached is JobState.ACCEPTED:
        proposed.to_accepted(JOB)
    if reached is JobState.COMMITTED:
        proposed.to_committed(JOB)
    proposed.must(NODES[TWO], Refuse(JOB, REASON, digest("detail")))
    entry = proposed.job(JOB)
    assert (entry.state, entry.by, entry.reason) == (JobState.REFUSED, TWO, REASON)
    assert proposed.do(OFFICE, Retry(JOB, 1, 63)).reason == "job: state"
    assert proposed.do(NODES[ONE], Abort(JOB, 1, REASON)).reason == "job: state"
    assert proposed.do(NODES[ONE], Refuse(JOB, REASON, NOTHING)).reason == "job: state"


def test_after_an_opening_a_party_aborts_but_does_not_refuse(proposed: Sharing) -> None:
    proposed.to_committed(JOB)
    proposed.must(NODES[ONE], Open(JOB, 1))
    assert proposed.do(NODES[TWO], Refuse(JOB, REASON, NOTHING)).reason == "job: state"
    proposed.must(NODES[TWO], Abort(JOB, 1, REASON))
    assert proposed.do(NODES[THREE], Open(JOB, 1)).reason == "job: state"


def test_before_an_opening_the_survivors_go_on(proposed: Sharing) -> None:
    proposed.to_committed(JOB)
    proposed.must(NODES[ONE], Abort(JOB, 1, REASON))
    survivors = bits(proposed, ONE, TWO, THREE, AUDIT)
    proposed.must(OFFICE, Retry(JOB, 1, survivors))
    entry = proposed.job(JOB)
    assert (entry.attempt, entry.state, entry.flags, entry.members) == (2, JobState.PROPOSED, 0, survivors)
    assert proposed.do(NODES[FIVE], Accept(JOB, 2)).reason == "job: not a member"
    assert proposed.do(NODES[FIVE], Abort(JOB, 2, REASON)).reason == "job: not a member"
    assert proposed.do(NODES[ONE], Accept(JOB, 1)).reason == "job: attempt"
    proposed.to_opened(JOB)
    assert uses(proposed) == [int(party in (ONE, TWO, THREE)) for party in REGISTRARS]


@pytest.mark.parametrize(
    ("parties", "extra", "reason"),
    [
        ((ONE, TWO, AUDIT), 0, "job: contributors"),
        ((ONE, TWO, THREE), 0, "job: requester takes no part"),
        ((ONE, TWO, THREE, AUDIT), 1 << 6, "job: parties not on the roster"),
        ((ONE, TWO, THREE, AUDIT), 1 << 255, "job: parties not on the roster"),
        ((), 0, "job: requester takes no part"),
        ((ONE, TWO, THREE, AUDIT), 0, ""),
        ((*REGISTRARS, AUDIT), 0, ""),
    ],
)
def test_too_few_or_the_wrong_survivors_do_not_go_on(
    proposed: Sharing, parties: tuple[bytes, ...], extra: int, reason: str
) -> None:
    proposed.must(OFFICE, Abort(JOB, 1, REASON))
    assert proposed.do(OFFICE_NODE, Retry(JOB, 1, bits(proposed, *parties) | extra)).reason == reason


def test_after_an_opening_only_the_same_contributor_set_goes_on(proposed: Sharing) -> None:
    proposed.must(OFFICE, Abort(JOB, 1, REASON))
    first = bits(proposed, ONE, TWO, THREE, FOUR, AUDIT)
    proposed.must(OFFICE, Retry(JOB, 1, first))
    proposed.to_committed(JOB)
    proposed.must(NODES[ONE], Open(JOB, 2))
    proposed.must(NODES[TWO], Abort(JOB, 2, REASON))
    for other in (bits(proposed, ONE, TWO, THREE, AUDIT), bits(proposed, *REGISTRARS, AUDIT), 0):
        assert proposed.do(OFFICE, Retry(JOB, 2, other)).reason == "job: contributor set is final"
    proposed.must(OFFICE, Retry(JOB, 2, first))
    # Nor after a later attempt that was aborted before its own first opening.
    proposed.must(OFFICE, Abort(JOB, 3, REASON))
    smaller = Retry(JOB, 3, bits(proposed, ONE, TWO, THREE, AUDIT))
    assert proposed.do(OFFICE, smaller).reason == "job: contributor set is final"
    proposed.must(OFFICE, Retry(JOB, 3, first))
    proposed.to_opened(JOB)
    assert uses(proposed) == [1, 1, 1, 1, 0]


def test_past_the_deadline_a_job_only_ends(proposed: Sharing) -> None:
    deadline = proposed.job(JOB).deadline
    proposed.now = deadline - 1
    proposed.must(NODES[ONE], Accept(JOB, 1))
    proposed.now = deadline
    assert proposed.do(NODES[TWO], Accept(JOB, 1)).reason == "job: deadline"
    proposed.must(NODES[TWO], Abort(JOB, 1, REASON))
    assert proposed.do(OFFICE, Retry(JOB, 1, 63)).reason == "job: deadline"
    assert proposed.job(JOB).is_over(deadline)
    assert not proposed.job(JOB).is_over(deadline - 1)


@pytest.mark.parametrize("step", [Step.COMMIT, Step.OPEN, Step.SIGN])
def test_no_step_forward_is_taken_at_the_deadline(proposed: Sharing, step: Step) -> None:
    reach = {Step.COMMIT: proposed.to_accepted, Step.OPEN: proposed.to_committed, Step.SIGN: proposed.to_opened}
    call = {Step.COMMIT: Commit(JOB, 1, REASON, REASON), Step.OPEN: Open(JOB, 1), Step.SIGN: RELEASE}[step]
    reach[step](JOB)
    proposed.now = proposed.job(JOB).deadline
    assert proposed.do(NODES[ONE], call).reason == "job: deadline"
    proposed.now -= 1
    proposed.must(NODES[ONE], call)
