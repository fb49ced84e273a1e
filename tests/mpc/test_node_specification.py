"""Where a node gets a job's specification from, and what it does not take for one."""

from dataclasses import dataclass, field, replace

import pytest
from department import key
from specs import join

from contracts.authorizations.terms import identifier
from contracts.jobs.record import Job, JobState
from contracts.parties.record import Keys
from ledger import canonical
from mpc.node.attempts import specification
from mpc.node.attempts.desk import Desk
from mpc.node.attempts.frame import SPECIFICATION
from mpc.node.guarding.guard import Guard, Refused, code
from mpc.node.memory.journal import NodeJournal
from mpc.node.messages.post import Post
from mpc.node.workplace import Workplace
from mpc.relay.store import Held
from mpc.sessions.channel import ChannelTimeout
from mpc.spec import job as job_spec

JOB = b"\x0a" * 32
SPEC = join()
OFFICE = SPEC.recipient


@dataclass
class World:
    """Registry and facts in one: the job, and the keys of everybody."""

    record: Job = field(
        default_factory=lambda: Job(
            requester=identifier(OFFICE), spec=job_spec.digest(SPEC), attempt=1, state=JobState.PROPOSED
        )
    )

    def now(self):
        return self

    def job(self, job):
        return self.record

    def keys(self, party):
        found = next(code for code in SPEC.parties if identifier(code) == party)
        return Keys(key(found, "statement").public, key(found, "seal").public, bytes(32), since=1)


class Town:
    """Desks of all parties whose mail is delivered at once."""

    def __init__(self, directory):
        self.world, self.desks, self.journals = World(), {}, []
        posts = {}

        def put(envelopes):
            for mailbox, envelope in envelopes:
                posts[mailbox].settle(Held(1, envelope))

        for code_ in SPEC.parties:
            posts[code_] = Post(code_, key(code_, "seal"), put)
            journal = NodeJournal(directory / code_ / "journal.sqlite")
            self.journals.append(journal)
            self.desks[code_] = Desk(self._place(directory / code_, code_, journal, posts[code_]), JOB, 1)

    def _place(self, home, code_, journal, post):
        return Workplace(
            party=code_,
            genesis=bytes(32),
            codes={identifier(party): party for party in SPEC.parties},
            chain=None,
            registry=self.world,
            guard=Guard(code_, {}, home, 10, entries=home),
            journal=journal,
            post=post,
            signer=key(code_, "statement").signer(),
            assets={},
            state=home,
            message_timeout_s=0.2,
            step_timeout_s=0.2,
            rest=lambda seconds: False,
        )

    def hand_in(self, data):
        path = self.desks[OFFICE].place.specification_path(job_spec.digest(SPEC))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


@pytest.fixture
def town(tmp_path):
    made = Town(tmp_path)
    yield made
    for journal in made.journals:
        journal.close()


def refused(desk, ground, text):
    with pytest.raises(Refused, match=text) as fault:
        specification.obtain(desk)
    assert fault.value.code == code(ground)


def test_the_requesters_node_hands_it_to_all_others_who_keep_it(town):
    town.hand_in(canonical.encode(SPEC.json()))
    assert specification.obtain(town.desks[OFFICE]) == SPEC
    for party in ("finance", "tax"):
        assert specification.obtain(town.desks[party]) == SPEC
        assert specification.obtain(town.desks[party]) == SPEC  # from its own disk, for a later attempt


def test_without_one_from_its_officer_the_requesters_node_refuses(town):
    refused(town.desks[OFFICE], "job: specification", "was not handed the specification")


@pytest.mark.parametrize(
    ("data", "text"),
    [
        (canonical.encode(replace(SPEC, minimum=11).json()), "not the one proposed"),
        (b"{}", "cannot be read"),
        (canonical.encode(SPEC.json()) + b" ", "cannot be read"),
    ],
)
def test_what_is_not_the_proposed_one_is_refused(town, data, text):
    town.hand_in(data)
    refused(town.desks[OFFICE], "job: specification", text)


def test_a_requester_that_nobody_knows_is_refused(town):
    town.world.record = replace(town.world.record, requester=identifier("stranger"))
    refused(town.desks["tax"], "job: requester", "not a party this node knows")


def test_waiting_for_it_is_bounded(town):
    with pytest.raises(ChannelTimeout, match="specification"):
        specification.obtain(town.desks["tax"])


def test_a_refused_one_is_not_kept(town):
    town.hand_in(canonical.encode(replace(SPEC, minimum=11).json()))
    office, keys = town.desks[OFFICE], {"tax": town.world.keys(identifier("tax"))}
    with office.channel(keys, office.before_session) as way:
        way.send("tax", SPECIFICATION, canonical.encode(replace(SPEC, minimum=11).json()))
    refused(town.desks["tax"], "job: specification", "not the one proposed")
    assert not town.desks["tax"].place.specification_path(job_spec.digest(SPEC)).exists()
