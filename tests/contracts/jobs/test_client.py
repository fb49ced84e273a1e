"""Clients of Jobs: one op_id per step of a party, facts that read back, histories that say who did what."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from network import AUDIT, contract_of, digest
from sharing import NODE, OFFICE, PURPOSE, REGISTRARS, SUMS, Sharing, agent, authorization_of

from contracts.addresses import JOBS
from contracts.authorizations.record import NOTHING
from contracts.history import Change
from contracts.jobs import client
from contracts.jobs.calls import JOB_ABORTED, JOB_ACCEPTED, Abort, Accept, Commit, Open, Refuse, Release, Retry
from contracts.jobs.history import Proposed, job_history, read_change
from contracts.jobs.record import MAX_PARTIES, Inputs, Job, JobState, Roster, Step, roster_of
from ledger.errors import InvalidRecord, NotAuthorized, VerificationError
from ledger.proofs.proof import Log

JOB, REASON = digest("job"), digest("reason")
ONE, TWO, THREE = REGISTRARS[:3]


@pytest.fixture(scope="module")
def story() -> tuple[Sharing, list[Log]]:
    """One job: aborted after an opening, retried with the same set, released."""
    sharing, logs = Sharing(owners=5), []

    def do(caller: bytes, call: Accept) -> None:
        logs.extend(log for log in sharing.must(caller, call).logs if contract_of(log) == JOBS)

    def everybody(calls: list, attempt: int) -> None:
        for kind, more in calls:
            for party in sharing.suppliers(JOB) if kind is Open else sharing.members(JOB):
                do(agent(party, NODE), kind(JOB, attempt, *more))

    for party in (ONE, TWO, THREE):
        sharing.authorize(party)
    do(OFFICE, sharing.propose(JOB, (ONE, TWO, THREE)))
    inputs = (digest("input"), digest("seed"))
    everybody([(Accept, ()), (Commit, inputs)], 1)
    do(agent(TWO, NODE), Open(JOB, 1))
    do(agent(ONE, NODE), Abort(JOB, 1, REASON))
    do(OFFICE, Retry(JOB, 1, sharing.job(JOB).frozen))
    everybody([(Accept, ()), (Commit, inputs), (Open, ()), (Release, (digest("result"), digest("statement")))], 2)
    return sharing, logs


def test_a_history_says_who_did_what_and_ends_in_the_record(story: tuple[Sharing, list[Log]]) -> None:
    sharing, logs = story
    found = job_history(logs)
    assert found.entry == sharing.job(JOB)
    assert found.entry.state is JobState.RELEASED
    assert found.roster == sharing.roster(JOB)
    assert isinstance(found.changes[0].done, Proposed)
    assert (found.changes[9].party, found.changes[9].done) == (TWO, Open(JOB, 1))
    assert (found.changes[10].party, found.changes[10].done) == (ONE, Abort(JOB, 1, REASON))
    assert (found.changes[11].attempt, found.changes[11].done) == (2, Retry(JOB, 1, found.entry.frozen))
    assert {(attempt, party) for attempt, party in found.commitments} == {
        (attempt, party) for attempt in (1, 2) for party in (ONE, TWO, THREE, AUDIT)
    }


@pytest.mark.parametrize("cut", [slice(1, None), slice(0, 0)])
def test_a_history_begins_with_the_proposal(story: tuple[Sharing, list[Log]], cut: slice) -> None:
    with pytest.raises(InvalidRecord, match="proposal first"):
        job_history(story[1][cut])


def test_a_history_with_a_gap_is_refused(story: tuple[Sharing, list[Log]]) -> None:
    _, logs = story
    with pytest.raises(InvalidRecord, match="expected change 3, got 4"):
        job_history([*logs[:2], *logs[3:]])
    with pytest.raises(InvalidRecord, match="expected change 2"):
        job_history([logs[0], *logs])


@given(data=st.binary(max_size=400), kind=st.integers(0, 28))
@settings(deadline=None, max_examples=150)
def test_foreign_bytes_are_not_an_event(story: tuple[Sharing, list[Log]], data: bytes, kind: int) -> None:
    log = story[1][kind % len(story[1])]
    with pytest.raises(InvalidRecord):
        read_change(replace(log, data=data))


def test_foreign_events_are_not_read(story: tuple[Sharing, list[Log]]) -> None:
    log = story[1][1]
    for topics in ((digest("Transfer"), JOB), log.topics[:1], (*log.topics, JOB), ()):
        with pytest.raises(InvalidRecord, match="an event of Jobs"):
            read_change(replace(log, topics=topics))
    wrong = Change(JOB_ACCEPTED, JOB, (2, 8, ONE, 1))
    with pytest.raises(InvalidRecord, match="job state"):
        read_change(wrong)


def test_proven_words_read_back_as_the_rules_records(story: tuple[Sharing, list[Log]]) -> None:
    sharing, _ = story
    values = sharing.network.values(JOBS, client.job_fact(JOB).slots)
    assert client.decode_job(JOB, values) == sharing.job(JOB)
    inputs = sharing.network.values(JOBS, client.inputs_fact(JOB, 2, ONE).slots)
    assert client.decode_inputs(JOB, 2, ONE, inputs) == Inputs(digest("input"), digest("seed"))
    never = digest("never")
    assert client.decode_job(never, sharing.network.values(JOBS, client.job_fact(never).slots)) == Job()
    absent = sharing.network.values(JOBS, client.inputs_fact(JOB, 3, ONE).slots)
    assert client.decode_inputs(JOB, 3, ONE, absent) == Inputs()
    with pytest.raises(InvalidRecord, match="job state"):
        client.decode_job(JOB, dict.fromkeys(values, b"\xff" * 32))


def test_an_unproven_roster_is_taken_only_if_it_fits_the_record(story: tuple[Sharing, list[Log]]) -> None:
    sharing, _ = story
    entry, roster = sharing.job(JOB), sharing.roster(JOB)
    parties, held = roster.parties, roster.authorizations
    assert client.decode_roster(entry, (parties, held)) == roster
    for lie in ((parties, held[::-1]), (parties[:-1], held[:-1]), ((), ())):
        with pytest.raises(VerificationError, match="roster"):
            client.decode_roster(entry, lie)
    for junk in ((), (parties,), (parties, 7), (parties, held[:-1]), ((b"short",) * 4, held), ((1, 2, 3, 4), held)):
        with pytest.raises(InvalidRecord):
            client.decode_roster(entry, junk)


def test_the_same_step_has_the_same_op_id_and_another_step_another() -> None:
    accept = client.accept(Accept(JOB, 1), party=ONE)
    assert accept == client.accept(Accept(JOB, 1), party=ONE)
    others = [
        client.accept(Accept(JOB, 2), party=ONE),
        client.accept(Accept(JOB, 1), party=TWO),
        client.accept(Accept(digest("other"), 1), party=ONE),
        client.open_(Open(JOB, 1), party=ONE),
        client.commit(Commit(JOB, 1, REASON, REASON), party=ONE),
        client.release(Release(JOB, 1, REASON, REASON), party=ONE),
        client.abort(Abort(JOB, 1, REASON), party=ONE),
        client.retry(Retry(JOB, 1, 1), party=ONE),
        client.refuse(Refuse(JOB, REASON, NOTHING), attempt=1, party=ONE),
        client.accept(Accept(JOB, 1), party=ONE, again=1),
    ]
    assert len({operation.op_id for operation in (accept, *others)}) == 11


def test_a_second_commitment_cannot_hide_behind_the_same_op_id() -> None:
    """An engine refuses another call under a known op_id, so a node cannot commit to two inputs in one attempt."""
    first = client.commit(Commit(JOB, 1, digest("input"), REASON), party=ONE)
    second = client.commit(Commit(JOB, 1, digest("another"), REASON), party=ONE)
    assert first.op_id == second.op_id
    assert first.args != second.args


def test_a_roster_is_ordered_and_bounded() -> None:
    supplies = [(party, authorization_of(party)) for party in reversed(REGISTRARS)]
    roster = roster_of([*supplies, (AUDIT, NOTHING)])
    assert list(roster.parties) == sorted(roster.parties)
    assert roster.members(roster.suppliers) == REGISTRARS
    assert roster.authorized(roster.bit(ONE)) == (authorization_of(ONE),)
    assert roster.authorization(AUDIT) == NOTHING
    assert roster.bit(digest("nobody")) == 0
    with pytest.raises(NotAuthorized, match="not a member"):
        roster.authorization(digest("nobody"))
    assert len(roster_of([(digest(str(n)), NOTHING) for n in range(MAX_PARTIES)]).parties) == 25
    with pytest.raises(InvalidRecord, match="at most 25"):
        roster_of([(digest(str(n)), NOTHING) for n in range(MAX_PARTIES + 1)])
    with pytest.raises(InvalidRecord, match="an authorization for each"):
        Roster((ONE,), ())


def test_flags_of_all_parties_are_in_one_word() -> None:
    entry = Job(flags=0b101 | 0b11 << Step.COMMIT | 1 << Step.OPEN, suppliers=0b110, members=0b011)
    assert [entry.done(step) for step in Step] == [0b101, 0b11, 1, 0]
    assert entry.openers == 0b010


def test_the_last_seat_has_a_bit_of_its_own_in_every_step() -> None:
    last = 1 << MAX_PARTIES - 1
    for step in Step:
        entry = Job(flags=last << step)
        assert {other: entry.done(other) for other in Step} == {other: last if other is step else 0 for other in Step}


def test_the_proposal_carries_what_the_contract_takes() -> None:
    sharing = Sharing()
    sharing.authorize(ONE)
    operation = client.propose(sharing.propose(JOB, (ONE,)), party=AUDIT)
    assert operation.args[2:5] == (PURPOSE, int(SUMS), AUDIT)
    assert sharing.network.send(OFFICE, operation.contract, operation.method, *operation.args).accepted


def test_an_abort_event_of_the_rules_reads_like_one_of_the_contract() -> None:
    change = read_change(Change(JOB_ABORTED, JOB, (5, int(JobState.ABORTED), ONE, 2, REASON)))
    assert (change.n, change.state, change.attempt, change.done) == (5, JobState.ABORTED, 2, Abort(JOB, 2, REASON))
