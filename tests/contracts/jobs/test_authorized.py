"""No step of a job without a usable authorization: withdrawn, used up or ended, it stops the job where it stands."""

from __future__ import annotations

from dataclasses import replace

import pytest
from network import AUDIT, digest
from proposedjob import FIVE, FOUR, JOB, NODES, ONE, REASON, RELEASE, THREE, TWO, uses
from sharing import OFFICE, OFFICER, REGISTRARS, REQUESTS_ACCOUNT, SUMS, Sharing, agent, asset_of, authorization_of

from contracts.authorizations.record import NOTHING, Operations
from contracts.authorizations.rules import Resume, Revoke, Suspend
from contracts.catalogue.rules import Unmount
from contracts.jobs.calls import Abort, Accept, Commit, Open, Refuse, Retry
from contracts.jobs.record import roster_of


@pytest.mark.parametrize(
    ("spoil", "word"),
    [
        (Revoke(authorization_of(TWO), REASON), "revoked"),
        (Suspend(authorization_of(TWO), REASON), "suspended"),
        (Unmount(asset_of(TWO)), "asset withdrawn"),
    ],
)
def test_a_withdrawn_authorization_stops_the_job_at_every_step(proposed: Sharing, spoil: Revoke, word: str) -> None:
    proposed.to_committed(JOB)
    proposed.must(agent(TWO, OFFICER), spoil)
    assert proposed.do(NODES[ONE], Open(JOB, 1)).reason == f"authorization: {word}"
    assert uses(proposed) == [0] * 5
    assert proposed.do(OFFICE, proposed.propose(digest("second"))).reason == f"job: authorization {word}"
    assert proposed.do(NODES[ONE], Refuse(JOB, REASON, NOTHING)).accepted


def test_a_withdrawn_authorization_stops_its_owner_from_accepting_and_committing(proposed: Sharing) -> None:
    for party in (ONE, THREE, FOUR, FIVE, AUDIT):
        proposed.must(NODES[party], Accept(JOB, 1))
    proposed.must(agent(TWO, OFFICER), Suspend(authorization_of(TWO), REASON))
    assert proposed.do(NODES[TWO], Accept(JOB, 1)).reason == "job: authorization suspended"
    proposed.must(agent(TWO, OFFICER), Resume(authorization_of(TWO)))
    proposed.must(NODES[TWO], Accept(JOB, 1))
    proposed.must(agent(TWO, OFFICER), Revoke(authorization_of(TWO), REASON))
    assert proposed.do(NODES[TWO], Commit(JOB, 1, REASON, REASON)).reason == "job: authorization revoked"


def test_a_revocation_after_the_first_opening_still_bites(proposed: Sharing) -> None:
    proposed.to_committed(JOB)
    proposed.must(NODES[ONE], Open(JOB, 1))
    proposed.must(agent(TWO, OFFICER), Revoke(authorization_of(TWO), REASON))
    assert proposed.do(NODES[THREE], Open(JOB, 1)).reason == "job: authorization revoked"
    assert proposed.do(NODES[ONE], RELEASE).reason == "job: not opened by all"


def test_the_last_use_is_enough_for_all_openings_and_every_retry(sharing: Sharing) -> None:
    for id in map(authorization_of, REGISTRARS):
        record = sharing.authorizations.state.authorization(id)
        assert record.max_uses == 2
    for n in range(2):
        job = digest(f"job {n}")
        sharing.must(OFFICE, sharing.propose(job))
        sharing.to_opened(job)
    assert uses(sharing) == [2] * 5
    sharing.must(OFFICE, Abort(digest("job 1"), 1, REASON))
    sharing.must(OFFICE, Retry(digest("job 1"), 1, sharing.job(digest("job 1")).frozen))
    sharing.to_opened(digest("job 1"))
    assert uses(sharing) == [2] * 5
    assert sharing.do(OFFICE, sharing.propose(JOB)).reason == "job: authorization exhausted"


def test_an_authorization_used_up_by_another_job_is_refused_at_the_opening(sharing: Sharing) -> None:
    for n in range(3):
        sharing.must(OFFICE, sharing.propose(digest(f"job {n}")))
        sharing.to_committed(digest(f"job {n}"))
    for n in range(2):
        sharing.must(NODES[ONE], Open(digest(f"job {n}"), 1))
    assert sharing.do(NODES[ONE], Open(digest("job 2"), 1)).reason == "authorization: exhausted"


def test_an_authorization_that_ends_between_two_openings_stops_the_second(sharing: Sharing) -> None:
    until = sharing.now + 1800
    other = sharing.grant(TWO, id=digest("short"), valid_until=until)
    sharing.must(REQUESTS_ACCOUNT, other)
    held = [(party, authorization_of(party)) for party in REGISTRARS if party != TWO]
    roster = roster_of([*held, (TWO, other.id), (AUDIT, NOTHING)])
    sharing.must(OFFICE, replace(sharing.propose(JOB), roster=roster))
    sharing.to_committed(JOB)
    sharing.now = until - 1
    sharing.must(NODES[ONE], Open(JOB, 1))
    sharing.now = until
    assert sharing.do(NODES[THREE], Open(JOB, 1)).reason == "job: authorization expired"


def test_sums_of_the_authorized_operations_may_be_asked_for_one_by_one(sharing: Sharing) -> None:
    sharing.must(OFFICE, sharing.propose(JOB, operations=int(Operations.SUM)))
    too_much = sharing.propose(digest("second"), operations=int(SUMS | Operations.VARIANCE))
    assert sharing.do(OFFICE, too_much).reason == "job: authorization operation"
