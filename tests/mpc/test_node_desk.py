"""A desk's dealings with the chain: what counts as done, what as too late, and how an end is recorded."""

import threading
from dataclasses import dataclass, field, replace

import pytest
from department import key

from contracts.authorizations.terms import identifier
from contracts.jobs import client as jobs
from contracts.jobs.calls import Accept
from contracts.jobs.record import Job, JobState
from ledger.chain.port import Operation, Receipt
from ledger.errors import BackendError, VerificationError
from mpc.node.attempts.desk import Desk
from mpc.node.guarding.guard import OVER, Guard, Refused, code
from mpc.node.memory.journal import NodeJournal
from mpc.node.messages.post import Post
from mpc.node.workplace import Superseded, Workplace
from mpc.sessions.channel import ChannelTimeout

JOB = b"\x0a" * 32
ACCEPT = jobs.accept(Accept(JOB, 1), party=identifier("tax"))


@dataclass
class World:
    """Chain, registry and facts in one, as a test tells them."""

    record: Job = field(default_factory=lambda: Job(attempt=1, state=JobState.PROPOSED, deadline=10**9))
    refusing: dict[str, str] = field(default_factory=dict)
    faults: list[Exception] = field(default_factory=list)
    submitted: list[Operation] = field(default_factory=list)

    def submit(self, operation, *, timeout_s=30.0):
        if "all" in self.refusing:
            raise BackendError("chain: unreachable")
        self.submitted.append(operation)
        reason = self.refusing.get(operation.method, "")
        return Receipt(operation.op_id, bytes(32), 1, bytes(32), 0, not reason, reason, ())

    def now(self):
        if self.faults:
            raise self.faults.pop(0)
        return self

    def job(self, job):
        return self.record


@pytest.fixture
def world():
    return World()


@pytest.fixture
def desk(world, tmp_path):
    journal = NodeJournal(tmp_path / "journal.sqlite")
    place = Workplace(
        party="tax",
        genesis=bytes(32),
        codes={},
        chain=world,
        registry=world,
        guard=Guard("tax", {}, tmp_path, 10, entries=tmp_path),
        journal=journal,
        post=Post("tax", key("tax", "seal"), lambda envelopes: None),
        signer=key("tax", "statement").signer(),
        assets={},
        state=tmp_path,
        message_timeout_s=30.0,
        step_timeout_s=0.2,
        rest=lambda seconds: False,
    )
    yield Desk(place, JOB, 1)
    journal.close()


def said(desk):
    return (desk.report.directory / "progress.jsonl").read_text()


def test_an_accepted_call_is_done(desk, world):
    desk.submit(ACCEPT)
    assert world.submitted == [ACCEPT]


def test_a_call_that_the_contract_refuses_is_a_refusal_with_its_reason(desk, world):
    world.refusing["accept"] = "job: authorization revoked"
    with pytest.raises(Refused, match="revoked") as fault:
        desk.submit(ACCEPT)
    assert fault.value.code == code("job: authorization revoked")


def test_a_reason_of_any_length_and_alphabet_is_repeated_short(desk, world):
    """An RPC that answers with a book, or with other letters, fills no log and stops no thread."""
    world.refusing["accept"] = world.refusing["refuse"] = world.refusing["abort"] = "拒绝" * 100_000
    with pytest.raises(Refused) as fault:
        desk.submit(ACCEPT)
    assert fault.value.code == b"?" * 32
    assert len(str(fault.value)) < 300
    desk.refuse(fault.value)
    desk.abort("timeout", VerificationError("x" * 100_000))
    assert len(desk.place.journal.refusals()[0].reason) < 300
    assert len(said(desk)) < 20_000
    assert [call.method for call in world.submitted] == ["accept", "refuse", "abort", "abort"]


@pytest.mark.parametrize("record", [{"state": JobState.ABORTED}, {"state": JobState.REFUSED}, {"attempt": 2}])
def test_a_call_for_an_attempt_that_is_over_came_too_late(desk, world, record):
    world.refusing["accept"] = "job: state"
    world.record = replace(world.record, **record)
    with pytest.raises(Superseded):
        desk.submit(ACCEPT)


def test_waiting_ends_when_it_is_proven(desk, world):
    world.record = replace(world.record, state=JobState.ACCEPTED)
    desk.wait_for("acceptance", lambda job: job.state is JobState.ACCEPTED)


def test_waiting_survives_a_chain_that_is_gone_for_a_moment(desk, world):
    world.faults = [BackendError("chain: unreachable")] * 3
    desk.wait_for("acceptance", lambda job: True)
    assert world.faults == []


def test_waiting_does_not_survive_a_chain_that_lies(desk, world):
    world.faults = [VerificationError("view: the chain forked")]
    with pytest.raises(VerificationError, match="forked"):
        desk.wait_for("acceptance", lambda job: True)


def test_waiting_is_bounded_and_says_for_what(desk, world):
    with pytest.raises(ChannelTimeout, match="acceptance"):
        desk.wait_for("acceptance", lambda job: False)


def test_waiting_ends_with_the_attempt(desk, world):
    world.record = replace(world.record, state=JobState.ABORTED)
    with pytest.raises(Superseded, match="aborted"):
        desk.wait_for("acceptance", lambda job: False)


def test_waiting_ends_when_the_node_stops(desk, world):
    stopping = Desk(replace(desk.place, rest=lambda seconds: True, step_timeout_s=3600.0), JOB, 1)
    with pytest.raises(ChannelTimeout):
        stopping.wait_for("acceptance", lambda job: False)


def test_a_refusal_is_recorded_here_and_on_chain(desk, world):
    desk.refuse(Refused(code("authorization: expired"), "authorization: expired (tax, list)"))
    (call,) = world.submitted
    assert (call.method, call.args[1]) == ("refuse", code("authorization: expired"))
    assert desk.place.journal.refusals()[0].reason == "authorization: expired (tax, list)"
    assert "refused" in said(desk)


def test_a_job_that_somebody_else_ended_is_not_refused_once_more(desk, world):
    desk.refuse(Refused(OVER, "job: nothing to do in state refused"))
    assert world.submitted == []
    assert desk.place.journal.refusals() == []
    assert "ended" in said(desk)
    world.refusing["accept"] = "job: state"  # the contract's own words, of an attempt that goes on, are another thing
    with pytest.raises(Refused) as fault:
        desk.submit(ACCEPT)
    desk.refuse(fault.value)
    assert [call.method for call in world.submitted] == ["accept", "refuse"]


def test_once_somebody_has_opened_a_refusal_becomes_an_abort_with_the_same_ground(desk, world):
    world.refusing["refuse"] = "job: state"
    desk.refuse(Refused(code("authorization: revoked"), "authorization: revoked"))
    assert [call.method for call in world.submitted] == ["refuse", "abort"]
    assert world.submitted[1].args[2] == code("authorization: revoked")


def test_an_end_that_cannot_be_recorded_is_reported_and_harms_nobody(desk, world):
    world.refusing["all"] = "unreachable"
    desk.abort("fault: BackendError", BackendError("chain: unreachable"))
    assert "not recorded on chain" in said(desk)


@pytest.mark.parametrize("change", ["aborted", "stopping"])
def test_a_channel_closes_when_the_attempt_or_the_node_ends(desk, world, monkeypatch, change):
    monkeypatch.setattr("mpc.node.attempts.desk.WATCH_S", 0.01)
    stopping = threading.Event()
    own = Desk(replace(desk.place, rest=lambda seconds: stopping.is_set()), JOB, 1)
    from contracts.parties.record import Keys

    keys = {"finance": Keys(key("finance", "statement").public, key("finance", "seal").public, bytes(32))}
    with own.channel(keys, own.before_session) as channel:
        if change == "stopping":
            stopping.set()
        else:
            world.record = replace(world.record, state=JobState.ABORTED)
        with pytest.raises(ChannelTimeout):
            channel.receive("finance", "keys", limit=10)  # would wait for 30 seconds


def test_mail_before_a_session_has_its_own_name_for_each_attempt(desk):
    other = Desk(desk.place, JOB, 2)
    assert desk.before_session == Desk(desk.place, JOB, 1).before_session
    assert len({desk.before_session, other.before_session, Desk(desk.place, bytes(32), 1).before_session}) == 3
