"""Authorizations that end in the middle of a job, liars on every line, spoilt tables: each node stops by itself."""

import time

import pytest
from city import City
from meddling import Acting, Forked, OldState, OtherNetwork, Remembering, late, on_first
from townspecs import OFFICE, REGISTRARS, registrars, sums

from contracts.authorizations import client as authorizations
from contracts.authorizations.record import AuthorizationState
from contracts.authorizations.terms import identifier
from contracts.jobs.record import JobState
from ledger import canonical
from mpc.node.attempts import desk as desk_module
from mpc.node.attempts.attempt import AttemptRun
from mpc.node.attempts.desk import Desk
from mpc.node.attempts.frame import SPECIFICATION
from mpc.node.registry import ProvenRegistry
from mpc.sessions.channel import ChannelTimeout

pytestmark = pytest.mark.slow
QUESTION = sums(edges=())
BEFORE_DATA = {"specification"}
FIRST = REGISTRARS[0]


@pytest.fixture(scope="module")
def city(tmp_path_factory):
    with registrars(tmp_path_factory.mktemp("city"), patience_s=20.0) as founded:
        yield founded


@pytest.fixture(scope="module")
def shared(city):
    """One question under authorizations that nobody ends."""
    return city.authorized(QUESTION)


@pytest.fixture(autouse=True)
def fresh(city, monkeypatch):
    monkeypatch.setattr(desk_module, "WATCH_S", 0.2)
    for department in city.departments.values():
        department.messages.clear()
        department.on_message = lambda message: None
    city.carrier.carry = lambda mailbox, envelope: [(mailbox, envelope)]
    city.patience_s = 20.0


def stop(city: City, spec, method: str, code: str = FIRST) -> None:
    """Let an owner's officer suspend or revoke its authorization."""
    source = next(source for source in spec.sources if source.party == code)
    build = {"suspend": authorizations.suspend, "revoke": authorizations.revoke}[method]
    if method == "revoke":
        city.file_end(code, spec.recipient, source.authorization)
    city.call(code, build(source.authorization, b"\1" * 32, op_id=city.number()))


def sent(city: City) -> set[str]:
    return set().union(*(department.sent() for department in city.departments.values()))


@pytest.mark.parametrize(("method", "state"), [("suspend", "suspended"), ("revoke", "revoked")])
def test_without_authorization_at_the_start_a_node_refuses_on_chain(city, method, state):
    spec = city.authorized(QUESTION)
    job = city.propose(spec)
    stop(city, spec, method)
    city.run(spec, job)
    assert city.job(job).state is JobState.REFUSED
    assert city.reason(job) == f"authorization: {state}"
    assert sent(city) <= BEFORE_DATA
    refusals = [refusal for code in REGISTRARS for refusal in city[code].journal.refusals() if refusal.job == job]
    assert all(state in refusal.reason for refusal in refusals)
    assert refusals


@pytest.mark.parametrize("code", [*REGISTRARS, OFFICE])
def test_every_node_refuses_alone(city, code):
    """The others are not even running: no coordinator, no majority."""
    spec = city.authorized(QUESTION)
    job = city.propose(spec)
    stop(city, spec, "revoke", REGISTRARS[1])
    for party in spec.parties:
        city[party].hand_in(spec)
    assert city[code].run(job) is None
    record = city.job(job)
    assert (record.state, record.by) == (JobState.REFUSED, identifier(code))
    assert city.reason(job) == "authorization: revoked"
    assert sent(city) <= BEFORE_DATA


@pytest.mark.parametrize("method", ["accept", "commit"])
def test_revoked_behind_the_guards_back_the_contract_refuses_and_nothing_leaves(city, method):
    spec = city.authorized(QUESTION)
    job = city.propose(spec)
    chain = Acting(city[FIRST].chain, before={method: lambda: stop(city, spec, "revoke")})
    assert city.run(spec, job, places={FIRST: {"chain": chain}}) is None
    assert city.job(job).state is JobState.REFUSED
    assert "revoked" in city.reason(job)
    assert sent(city) <= BEFORE_DATA


@pytest.mark.parametrize("method", ["suspend", "revoke"])
@pytest.mark.parametrize("code", REGISTRARS[:2])
def test_stopped_after_the_commitments_no_node_opens(city, method, code):
    """Attack 23: the coordinator says nothing; every owner asks the chain again before its pads leave."""
    spec = city.authorized(QUESTION)
    job = city.propose(spec)
    done: list[str] = []

    def on_message(message):
        if message.step == "partial" and not done:
            done.append(message.step)
            stop(city, spec, method, code)

    city[code].on_message = on_message
    assert city.run(spec, job) is None
    assert done
    assert city.job(job).state in (JobState.REFUSED, JobState.ABORTED)
    assert "authorization" in city.reason(job)
    assert "masked" in sent(city)
    assert "open" not in sent(city)
    assert all(city.authorization(source.authorization).uses == 0 for source in spec.sources)


def test_without_the_last_look_at_the_chain_pads_leave_after_a_revocation(city, monkeypatch):
    """Attack 23 with its defence switched off: the office gets figures under an authorization that has ended."""
    spec = city.authorized(QUESTION)
    job = city.propose(spec)
    done: list[str] = []

    def on_message(message):
        if message.step == "partial" and not done:
            done.append(message.step)
            stop(city, spec, "revoke")

    city[FIRST].on_message = on_message
    monkeypatch.setattr(AttemptRun, "_announce", lambda run, mandate, asset: None)
    city.run(spec, job)
    assert city.authorization(spec.sources[0].authorization).state is AuthorizationState.REVOKED
    assert all("open" in city[code].sent() for code in REGISTRARS)
    assert city.job(job).state is JobState.REFUSED  # the contract still keeps the release off the books
    assert city.reason(job) == "job: state"  # released without an opening


def test_neighbour_suspended_and_resumed_in_time_is_answered(city):
    spec = city.authorized(QUESTION)
    job = city.propose(spec)
    stop(city, spec, "suspend")
    city.call(FIRST, authorizations.resume(spec.sources[0].authorization, op_id=city.number()))
    assert city.run(spec, job) is not None
    assert city.job(job).state is JobState.RELEASED


@pytest.mark.parametrize("liar", [Remembering, OldState, Forked, OtherNetwork])
def test_a_lying_rpc_gets_nothing_from_a_node(city, tmp_path, liar):
    """The authorization is revoked; the RPC of one node shows it a world in which it is not."""
    spec = city.authorized(QUESTION)
    job = city.propose(spec)
    lying = liar(city[FIRST].chain)
    city[FIRST].hand_in(spec)
    stop(city, spec, "revoke")
    for _ in range(120):  # the chain's clock goes on
        city.clock.tick()
    city.authorized(QUESTION)  # and so does the chain
    view = city.view(lying, tmp_path / "belief.sqlite", max_age_s=90.0)
    assert city[FIRST].run(job, registry=ProvenRegistry(view)) is None
    view.close()
    assert "VerificationError" in city.reason(job) or city.job(job).state is JobState.PROPOSED
    assert "accepted" not in city[FIRST].said(job)
    assert city[FIRST].sent() == set()


def test_a_node_that_sees_only_an_old_world_cannot_be_made_to_open(city, tmp_path, shared):
    """Cut off after the commitments: the head it believes in grows old, and then it stops."""
    spec = shared
    job = city.propose(spec)
    late_s = 0.0
    view = city.view(city[FIRST].chain, tmp_path / "belief.sqlite", max_age_s=90.0, late=lambda: late_s)

    def on_message(message):
        nonlocal late_s
        if message.step == "partial":
            late_s = 200.0

    city[FIRST].on_message = on_message
    assert city.run(spec, job, places={FIRST: {"registry": ProvenRegistry(view)}}) is None
    view.close()
    assert city.reason(job) == "fault: VerificationError"
    assert "open" not in sent(city)


def test_another_specification_than_the_proposed_one_is_refused(city):
    spec = city.authorized(QUESTION)
    job = city.propose(spec)
    other = city.authorized(sums(low=5, edges=()))
    office = Desk(city[OFFICE].workplace(), job, 1)
    keys = {FIRST: office.facts().keys(identifier(FIRST))}
    with office.channel(keys, office.before_session) as channel:
        channel.send(FIRST, SPECIFICATION, canonical.encode(other.json()))
    assert city[FIRST].run(job) is None
    assert city.reason(job) == "job: specification"
    assert city[FIRST].sent() == set()


def test_an_unreadable_specification_is_refused(city):
    spec = city.authorized(QUESTION)
    job = city.propose(spec)
    office = Desk(city[OFFICE].workplace(), job, 1)
    keys = {FIRST: office.facts().keys(identifier(FIRST))}
    with office.channel(keys, office.before_session) as channel:
        channel.send(FIRST, SPECIFICATION, b"{}")
    assert city[FIRST].run(job) is None
    assert city.reason(job) == "job: specification"


@pytest.mark.parametrize(
    "courier",
    [
        lambda: on_first(FIRST, REGISTRARS[1], lambda envelope: []),
        lambda: on_first(FIRST, REGISTRARS[1], lambda envelope: [(REGISTRARS[1], envelope[:-1])]),
        lambda: on_first(FIRST, REGISTRARS[1], lambda envelope: [(REGISTRARS[2], envelope)]),
        lambda: late(FIRST, REGISTRARS[1]),
    ],
    ids=["drops", "truncates", "misdirects", "reorders"],
)
def test_a_courier_can_only_stop_a_job(city, shared, courier):
    spec = shared
    job = city.propose(spec)
    for party in spec.parties:
        city[party].hand_in(spec)
    city.patience_s = 3.0
    city.carrier.carry = courier()
    assert city.run(spec, job) is None
    assert city.job(job).state is JobState.ABORTED
    # A gap shows at the next message, or nobody sends one any more. No party is accused: it was the courier.
    assert city.reason(job) in (f"message from {FIRST}", "timeout: keys", "timeout: confirm")
    assert "open" not in sent(city)
    assert "masked" not in city[REGISTRARS[1]].sent()


def test_a_courier_that_repeats_everything_changes_nothing(city, shared):
    spec = shared
    job = city.propose(spec)
    city.carrier.carry = lambda mailbox, envelope: [(mailbox, envelope)] * 2
    assert city.run(spec, job) is not None


def test_mail_of_one_job_is_refused_in_another(city, shared):
    """Attack 13: every envelope of a finished job, put again during the next one."""
    spec = shared
    city.carrier.stored.clear()
    assert city.ask(spec)[1] is not None
    old = list(city.carrier.stored)
    assert len(old) > 10
    city.carrier.carry = lambda mailbox, envelope: [*old, (mailbox, envelope)]
    assert city.ask(spec)[1] is not None


@pytest.mark.parametrize(
    ("line", "where"),
    [
        ("1000000099,1,12x", "line 72: column 'price' is not a number"),
        ("1000000099,1,1000000001", "line 72: column 'price' is outside"),
        ("1000000099,7,12", "line 72: column 'borough' does not match"),
        ("1000000099,1,\xff", "not UTF-8 text"),
    ],
)
def test_a_fault_in_a_table_ends_the_job_and_stays_with_its_owner(city, shared, line, where):
    spec = shared
    job = city.propose(spec)
    file = city[FIRST].assets["sales-1"].file
    whole = file.read_bytes()
    try:
        file.write_bytes(whole + line.encode("latin-1") + b"\n")
        assert city.run(spec, job) is None
    finally:
        file.write_bytes(whole)
    said = city[FIRST].said(job).replace("\\", "")
    assert where in said
    assert "sales-1.csv" in said
    assert city.job(job).state is JobState.REFUSED
    assert city.reason(job) == "input: own table"  # the same for every fault, and none of them in the choice of a job
    assert sent(city) <= BEFORE_DATA


def test_a_table_without_a_declared_column_or_without_rows_ends_the_job(city, shared):
    spec = shared
    file = city[FIRST].assets["sales-1"].file
    whole = file.read_bytes()
    try:
        for content, where in ((b"bbl,borough\n", "column 'price' is missing"), (b"", "the file is empty")):
            file.write_bytes(content)
            job = city.propose(spec)
            assert city.run(spec, job) is None
            assert where in city[FIRST].said(job).replace("\\", "")
    finally:
        file.write_bytes(whole)


def test_a_node_that_is_told_to_stop_ends_its_wait_and_the_attempt(city, shared):
    spec = shared
    job = city.propose(spec)
    for party in spec.parties:
        city[party].hand_in(spec)
    city.patience_s = 120.0
    city.carrier.carry = lambda mailbox, envelope: [] if mailbox == FIRST else [(mailbox, envelope)]

    def on_message(message):
        if message.step == "keys":
            city[FIRST].stopping.set()

    city[FIRST].on_message = on_message
    start = time.monotonic()
    try:
        assert city.run(spec, job) is None
    finally:
        city[FIRST].stopping.clear()
    assert time.monotonic() - start < 60
    assert city.job(job).state is JobState.ABORTED
    assert (city.job(job).by, city.reason(job)) == (identifier(FIRST), "timeout: keys")


def test_a_wait_for_the_others_is_bounded_and_named(city, shared):
    spec = shared
    job = city.propose(spec)
    city[FIRST].hand_in(spec)
    city.patience_s = 1.0
    assert city[FIRST].run(job) is None
    assert city.reason(job) == "timeout: accepted by all"
    with pytest.raises(ChannelTimeout, match="something"):
        Desk(city[FIRST].workplace(), city.propose(spec), 1).wait_for("something", lambda found: False)
