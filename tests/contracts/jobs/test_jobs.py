"""Jobs: contract and rules agree; no step without a usable authorization, no release without every party, and never two
contributor sets after the first opening."""

from __future__ import annotations

from dataclasses import replace

import pytest
from network import AUDIT, STRANGER, digest
from proposedjob import FIVE, FOUR, JOB, NODES, ONE, REASON, RELEASE, THREE, TWO, uses
from sharing import (
    APPROVER,
    INSTITUTE,
    OFFICE,
    OFFICE_NODE,
    OFFICER,
    PURPOSE,
    REGISTRARS,
    REQUESTS_ACCOUNT,
    Sharing,
    agent,
    authorization_of,
)

from contracts.addresses import JOBS
from contracts.authorizations.record import NOTHING, Operations
from contracts.jobs.calls import Abort, Accept, Commit, Open, Refuse, Retry
from contracts.jobs.record import MAX_PARTIES, JobState, roster_of
from contracts.jobs.rules import MAX_DURATION, MIN_DURATION
from contracts.world import AgentRole


def test_a_job_runs_from_proposal_to_release(proposed: Sharing) -> None:
    states = [proposed.job(JOB).state]
    proposed.to_accepted(JOB)
    states.append(proposed.job(JOB).state)
    for party in proposed.members(JOB):
        proposed.must(NODES[party], Commit(JOB, 1, digest("input"), digest("seed")))
    states.append(proposed.job(JOB).state)
    for party in REGISTRARS:
        proposed.must(NODES[party], Open(JOB, 1))
    states.append(proposed.job(JOB).state)
    for party in proposed.members(JOB):
        assert proposed.job(JOB).state is JobState.OPENING
        proposed.must(NODES[party], RELEASE)
    states.append(proposed.job(JOB).state)
    assert states == [
        JobState.PROPOSED, JobState.ACCEPTED, JobState.COMMITTED, JobState.OPENING, JobState.RELEASED,
    ]  # fmt: skip
    assert uses(proposed) == [1] * 5


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"job": NOTHING}, "job: id missing"),
        ({"spec": NOTHING}, "job: specification missing"),
        ({"minimum": 0}, "job: minimum missing (R16)"),
        ({"duration": MIN_DURATION - 1}, "job: duration"),
        ({"duration": MAX_DURATION + 1}, "job: duration"),
        ({"duration": MIN_DURATION}, ""),
        ({"duration": MAX_DURATION}, ""),
        ({"contributors": 0}, "job: contributors"),
        ({"contributors": 6}, "job: contributors"),
        ({"contributors": 5}, ""),
        ({"purpose": digest("another")}, "job: authorization purpose"),
        ({"operations": 0}, "job: authorization operation"),
        ({"operations": int(Operations.JOIN)}, "job: authorization operation"),
        ({"recipient": ONE}, "job: only the recipient proposes"),
    ],
)
def test_only_a_complete_proposal_is_accepted(sharing: Sharing, changes: dict, reason: str) -> None:
    assert sharing.do(OFFICE, replace(sharing.propose(JOB), **changes)).reason == reason


@pytest.mark.parametrize(
    ("caller", "reason"),
    [
        (STRANGER, "parties: unknown agent"),
        (OFFICE_NODE, "parties: agent lacks the role"),
        (agent(ONE, OFFICER), "job: party requests no data"),
    ],
)
def test_only_officers_of_requesters_propose(sharing: Sharing, caller: bytes, reason: str) -> None:
    assert sharing.do(caller, sharing.propose(JOB)).reason == reason


def test_only_the_recipient_proposes(sharing: Sharing) -> None:
    """Otherwise any requester could open jobs on authorizations that were granted to somebody else."""
    supplies = [(party, authorization_of(party)) for party in REGISTRARS]
    call = replace(sharing.propose(JOB), roster=roster_of([*supplies, (AUDIT, NOTHING), (INSTITUTE, NOTHING)]))
    assert sharing.do(agent(INSTITUTE, OFFICER), call).reason == "job: only the recipient proposes"
    assert sharing.do(OFFICE, call).reason == ""


def test_the_recipient_proposes_on_its_own_authorizations_only(sharing: Sharing) -> None:
    other = replace(sharing.grant(ONE, id=digest("for the institute")), grantee=INSTITUTE)
    sharing.must(REQUESTS_ACCOUNT, other)
    call = replace(sharing.propose(JOB), contributors=1)
    for authorization, reason in ((other.id, "job: authorization of another grantee"), (authorization_of(ONE), "")):
        roster = roster_of([(ONE, authorization), (AUDIT, NOTHING)])
        assert sharing.do(OFFICE, replace(call, roster=roster)).reason == reason


def test_a_job_id_is_used_once(proposed: Sharing) -> None:
    assert proposed.do(OFFICE, proposed.propose(JOB)).reason == "job: exists"


@pytest.mark.parametrize(
    ("supplies", "reason"),
    [
        ([(ONE, authorization_of(ONE))], "job: requester takes no part"),
        ([(AUDIT, NOTHING)], "job: contributors"),
        ([(ONE, authorization_of(TWO)), (AUDIT, NOTHING)], "job: authorization of another owner"),
        ([(ONE, digest("no such")), (AUDIT, NOTHING)], "job: authorization unknown"),
        ([(ONE, authorization_of(ONE)), (ONE, authorization_of(ONE)), (AUDIT, NOTHING)], "job: parties not in order"),
        ([(NOTHING, NOTHING), (AUDIT, NOTHING)], "job: parties not in order"),
        ([(ONE, authorization_of(ONE)), (TWO, NOTHING), (AUDIT, NOTHING)], ""),
    ],
)
def test_a_roster_names_each_party_once_with_its_own_authorization(
    sharing: Sharing, supplies: list, reason: str
) -> None:
    call = replace(sharing.propose(JOB), contributors=1, roster=roster_of(supplies))
    assert sharing.do(OFFICE, call).reason == reason


def test_parties_out_of_order_and_lists_of_two_lengths_are_refused(sharing: Sharing) -> None:
    call = sharing.propose(JOB)
    head = (JOB, call.spec, PURPOSE, call.operations, AUDIT, 10, 3, 3600)
    parties, held = call.roster.parties, call.roster.authorizations
    for lists, reason in (
        ((parties[::-1], held[::-1]), "job: parties not in order"),
        ((parties, held[:-1]), "job: parties and authorizations differ in number"),
        (((), ()), "job: requester takes no part"),
    ):
        assert sharing.network.send(OFFICE, JOBS, "propose", *head, *lists).reason == reason
    too_many = tuple(digest(str(n)) for n in range(MAX_PARTIES + 1))
    assert not sharing.network.send(OFFICE, JOBS, "propose", *head, too_many, too_many).accepted


@pytest.mark.parametrize(
    ("caller", "call", "reason"),
    [
        (STRANGER, Accept(JOB, 1), "parties: unknown agent"),
        (OFFICE, Accept(JOB, 1), "parties: agent lacks the role"),
        (agent(ONE, APPROVER), Accept(JOB, 1), "parties: agent lacks the role"),
        (NODES[FOUR], Accept(JOB, 1), "job: not a member"),
        (NODES[ONE], Accept(JOB, 2), "job: attempt"),
        (NODES[ONE], Accept(JOB, 0), "job: attempt"),
        (NODES[ONE], Accept(digest("other"), 1), "job: unknown"),
        (NODES[ONE], Commit(JOB, 1, REASON, REASON), "job: state"),
        (NODES[ONE], Open(JOB, 1), "job: state"),
        (NODES[ONE], RELEASE, "job: state"),
        (NODES[FOUR], Abort(JOB, 1, REASON), "job: not a member"),
        (NODES[ONE], Abort(JOB, 2, REASON), "job: attempt"),
        (NODES[ONE], Abort(JOB, 1, NOTHING), "job: reason missing"),
        (NODES[ONE], Abort(digest("other"), 1, REASON), "job: unknown"),
        (agent(ONE, APPROVER), Abort(JOB, 1, REASON), "parties: agent lacks the role"),
        (NODES[FOUR], Refuse(JOB, REASON, NOTHING), "job: not a member"),
        (NODES[ONE], Refuse(JOB, NOTHING, NOTHING), "job: reason missing"),
        (agent(ONE, OFFICER), Refuse(JOB, REASON, NOTHING), "parties: agent lacks the role"),
        (OFFICE, Retry(JOB, 1, 15), "job: state"),
        (OFFICE, Retry(JOB, 2, 15), "job: attempt"),
        (NODES[ONE], Retry(JOB, 1, 15), "job: not the requester"),
        (OFFICE, Retry(digest("other"), 1, 15), "job: unknown"),
    ],
)
def test_a_step_needs_a_member_its_attempt_and_its_state(
    sharing: Sharing, caller: bytes, call: Accept, reason: str
) -> None:
    sharing.must(OFFICE, sharing.propose(JOB, (ONE, TWO, THREE)))
    assert sharing.do(caller, call).reason == reason


def test_nobody_takes_a_step_twice(proposed: Sharing) -> None:
    proposed.must(NODES[ONE], Accept(JOB, 1))
    assert proposed.do(NODES[ONE], Accept(JOB, 1)).reason == "job: done already"
    for party in (TWO, THREE, FOUR, FIVE, AUDIT):
        proposed.must(NODES[party], Accept(JOB, 1))
    commit = Commit(JOB, 1, digest("input"), digest("seed"))
    proposed.must(NODES[ONE], commit)
    assert proposed.do(NODES[ONE], replace(commit, input=digest("other"))).reason == "job: done already"


def test_a_supplier_commits_to_input_and_seed_and_a_recipient_need_not(proposed: Sharing) -> None:
    proposed.to_accepted(JOB)
    for input, seed in ((NOTHING, REASON), (REASON, NOTHING)):
        assert proposed.do(NODES[ONE], Commit(JOB, 1, input, seed)).reason == "job: commitment missing"
    proposed.must(NODES[ONE], Commit(JOB, 1, REASON, REASON))
    proposed.must(NODES[AUDIT], Commit(JOB, 1, NOTHING, NOTHING))


def test_only_suppliers_open_once_and_after_all_have_committed(proposed: Sharing) -> None:
    proposed.to_accepted(JOB)
    proposed.must(NODES[ONE], Commit(JOB, 1, REASON, REASON))
    assert proposed.do(NODES[ONE], Open(JOB, 1)).reason == "job: state"
    for party in (TWO, THREE, FOUR, FIVE, AUDIT):
        proposed.must(NODES[party], Commit(JOB, 1, REASON, REASON))
    assert proposed.do(NODES[AUDIT], Open(JOB, 1)).reason == "job: no asset to open"
    proposed.must(NODES[ONE], Open(JOB, 1))
    assert proposed.do(NODES[ONE], Open(JOB, 1)).reason == "job: done already"
    assert uses(proposed) == [1] * 5
    proposed.must(NODES[TWO], Open(JOB, 1))
    assert uses(proposed) == [1] * 5


def test_every_party_signs_the_same_values_once(proposed: Sharing) -> None:
    proposed.to_opened(JOB)
    assert proposed.do(NODES[ONE], replace(RELEASE, result=NOTHING)).reason == "job: result missing"
    assert proposed.do(NODES[ONE], replace(RELEASE, statement=NOTHING)).reason == "job: result missing"
    proposed.must(NODES[AUDIT], RELEASE)
    assert proposed.do(NODES[AUDIT], RELEASE).reason == "job: done already"
    assert proposed.do(NODES[ONE], replace(RELEASE, result=REASON)).reason == "job: result differs"
    assert proposed.do(NODES[ONE], replace(RELEASE, statement=REASON)).reason == "job: statement differs"
    assert proposed.do(STRANGER, RELEASE).reason == "parties: unknown agent"
    assert proposed.do(OFFICE, RELEASE).reason == "parties: agent lacks the role"
    for party in REGISTRARS:
        assert proposed.job(JOB).state is JobState.OPENING
        proposed.must(NODES[party], RELEASE)
    assert proposed.job(JOB).state is JobState.RELEASED
    for call in (RELEASE, Abort(JOB, 1, REASON), Refuse(JOB, REASON, NOTHING), Open(JOB, 1)):
        assert not proposed.do(NODES[ONE], call).accepted
    assert proposed.do(OFFICE, Retry(JOB, 1, 63)).reason == "job: state"


def test_no_result_is_signed_before_all_have_opened(proposed: Sharing) -> None:
    proposed.to_committed(JOB)
    for party in (ONE, TWO, THREE, FOUR):
        proposed.must(NODES[party], Open(JOB, 1))
    assert proposed.do(NODES[AUDIT], RELEASE).reason == "job: not opened by all"
    proposed.must(NODES[FIVE], Open(JOB, 1))
    proposed.must(NODES[AUDIT], RELEASE)


def test_every_call_with_a_full_roster_stays_under_the_gas_cap() -> None:
    sharing = Sharing(owners=MAX_PARTIES - 1)
    parties = sharing.owners
    for party in parties:
        sharing.authorize(party)
    spent = [sharing.must(OFFICE, sharing.propose(JOB, parties)).gas]
    for call in (Accept(JOB, 1), Commit(JOB, 1, REASON, REASON), Open(JOB, 1), RELEASE):
        for party in sharing.suppliers(JOB) if isinstance(call, Open) else sharing.members(JOB):
            spent.append(sharing.must(agent(party, AgentRole.NODE), call).gas)
    assert sharing.job(JOB).state is JobState.RELEASED
    assert max(spent) < 3_000_000
